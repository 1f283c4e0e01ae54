/** The service: this node's parties, its invitations at the door, its redemptions under way. */
import { serviceCapabilities, serviceDependencies } from '@libp2p/interface'
import { Queue } from '@libp2p/utils'
import { bytesToHex, randomBytes, utf8ToBytes } from '@noble/hashes/utils.js'
import { TypedEventEmitter } from 'main-event'
import { encodeCode, looksLikeShortCode, parseInvitation } from '../codec/index.js'
import { InvalidCodeError, InviterUnreachableError, RendezvousError, StorageError } from '../errors.js'
import { drive, INVITE_PROTOCOL, MAX_INVITER_FRAME, NONCE_LENGTH, previewer, StreamEnd } from '../invitation/index.js'
import { listLogs, MAX_NAME, MAX_PICTURE, MembershipLog } from '../log/index.js'
import { LogSync } from '../log/sync/index.js'
import { combine } from '../rendezvous/combined.js'
import { systemClock } from '../clock.js'
import { mostReachable, openInviteStream } from '../admission/connection/open-stream.js'
import { DirectInvitations } from '../admission/direct.js'
import { LocalParty, voidedOf } from './party.js'
import { quietly } from '../observable.js'
import { memberOf, peerIdOf } from './peers.js'
import { previewOf } from '../admission/preview.js'
import { Profiles } from './profiles.js'
import { loadInvitations } from '../admission/records.js'
import { LocalRedemption } from '../admission/redemption.js'
import { serve } from '../admission/serve.js'
import { FrameStream } from '../admission/connection/frame-stream.js'
import { elsewhere, takeLock } from './lock.js'
import type { CreatePartyInit, InvitationLookup, Parties, PartiesEvents, PartiesInit, Party, Profile, DialOptions, DialProgress, ReceivedInvitation, Rendezvous, RedeemOptions, Redemption, Subscribable } from '../interface/index.js'
import type { LocalInvitation } from '../admission/invitation.js'
import type { ShortCodeResolver } from '../admission/short-codes/resolver.js'
import type { RedemptionInit } from '../admission/redemption.js'
import type { ShortCodePublisher } from '../admission/short-codes/publisher.js'
import type { Lock } from './lock.js'
import type { CheckedGrant, OpId } from '../log/index.js'
import type { AbortOptions, ComponentLogger, Connection, ConnectionGater, ContentRouting, Libp2pEvents, Logger, PeerId, PeerRouting, PeerStore, PrivateKey, Startable, Stream, TypedEventTarget } from '@libp2p/interface'
import type { AddressManager, ConnectionManager, Registrar, TransportManager } from '@libp2p/interface-internal'
import type { Datastore } from 'interface-datastore'

/** What a libp2p node gives its services, as far as this one, or a rendezvous of it, needs it. */
export interface PartiesComponents {
  peerId: PeerId
  privateKey: PrivateKey
  peerStore: PeerStore
  contentRouting: ContentRouting
  peerRouting: PeerRouting
  events: TypedEventTarget<Libp2pEvents>
  datastore: Datastore
  registrar: Registrar
  connectionManager: ConnectionManager
  transportManager: TransportManager
  connectionGater: ConnectionGater
  addressManager: AddressManager
  logger: ComponentLogger
}

export class PartiesService extends TypedEventEmitter<PartiesEvents> implements Parties, Startable {
  readonly [Symbol.toStringTag] = 'plus-one'
  readonly [serviceCapabilities]: string[] = ['plus-one']
  readonly [serviceDependencies]: string[] = ['@libp2p/identify']
  readonly #components: PartiesComponents
  readonly #init: Required<Omit<PartiesInit, 'profile' | 'linkBase' | 'rendezvous'>> & Pick<PartiesInit, 'linkBase'>
  readonly #rendezvous: Rendezvous[]
  /** Only with a rendezvous: loaded when the node starts. */
  #short: { codes: ShortCodePublisher, finder: ShortCodeResolver } | undefined
  readonly #log: Logger
  readonly #profiles: Profiles
  readonly #sync: LogSync
  readonly #direct: DirectInvitations
  readonly #parties = new Map<OpId, LocalParty>()
  readonly #door = new Map<string, LocalInvitation>()
  readonly #redemptions = new Set<LocalRedemption>()
  readonly #guesses = new Queue<void>({ concurrency: 1 })
  #running = new AbortController()
  #loaded: Promise<void> | undefined
  #lock: Lock | undefined

  constructor (components: PartiesComponents, init: PartiesInit = {}) {
    super()
    memberOf(components.peerId)
    this.#components = components
    this.#init = {
      stepTimeout: init.stepTimeout ?? 10_000,
      pinTimeout: init.pinTimeout ?? 300_000,
      approvalTimeout: init.approvalTimeout ?? 600_000,
      linkBase: init.linkBase,
      connectTimeout: init.connectTimeout ?? 30_000,
      clock: init.clock ?? systemClock
    }
    this.#rendezvous = (init.rendezvous ?? []).map(create => create(components))
    this.#log = components.logger.forComponent('plus-one:parties')
    this.#profiles = new Profiles(components, init.profile, () => { this.#parties.forEach(party => { party.refresh() }) })
    this.#sync = new LogSync(components, this.#profiles)
    this.#direct = new DirectInvitations({
      components,
      parties: this,
      log: this.#log,
      clock: this.#init.clock,
      invitations: () => this.#door.values(),
      received: (invitation) => { this.safeDispatchEvent('received', { detail: invitation }) }
    })
    this.#sync.addEventListener('progress', ({ detail: { party, ...progress } }) => { this.#parties.get(party)?.progressed(progress) })
  }

  isStarted (): boolean {
    return this.#loaded != null
  }

  async start (): Promise<void> {
    if (this.#loaded != null) {
      return
    }

    this.#running = new AbortController()
    this.#short ??= await this.#shortCodes()
    await this.#short?.codes.start()
    await this.#sync.start()
    this.#becomes(Promise.reject(elsewhere()))
    this.#lock = takeLock(`plus-one/${this.#components.peerId.toString()}`, () => { this.#becomes(this.#load()) }, this.#running.signal)

    if (!await this.#lock.free) {
      this.#log('another node of this key has the parties open: waiting for it to go')
    }

    await this.#components.registrar.handle(INVITE_PROTOCOL, (stream, connection) => {
      this.#serve(stream, connection).catch(err => { this.#log('a handshake with %p ended - %e', connection.remotePeer, err) })
    }, { runOnLimitedConnection: true })

    await this.#direct.start()
  }

  async stop (): Promise<void> {
    await this.#components.registrar.unhandle(INVITE_PROTOCOL)
    await this.#direct.stop()
    await this.#short?.codes.stop()
    await this.#sync.stop()
    this.#running.abort(new DOMException('The node stopped', 'AbortError'))
    this.#door.forEach(invitation => { invitation.stop() })
    await Promise.allSettled([...this.#redemptions].map(async redemption => redemption.cancel()))
    await this.#lock?.released
    this.#parties.forEach(party => { party.invitations.stop() })
    this.#door.clear()
    this.#parties.clear()
    this.#loaded = undefined
  }

  async create ({ name, kind = 'group', picture }: CreatePartyInit, options?: AbortOptions): Promise<Party> {
    if (name === '' || utf8ToBytes(name).length > MAX_NAME) {
      throw new RangeError(`A party's name has 1 to ${MAX_NAME} bytes of UTF-8`)
    }

    if (picture != null && (picture === '' || utf8ToBytes(picture).length > MAX_PICTURE)) {
      throw new RangeError(`A reference to a party's picture has 1 to ${MAX_PICTURE} bytes of UTF-8`)
    }

    await this.#ready(options)
    const log = await MembershipLog.create(this.#components, { name, kind, picture, nonce: bytesToHex(randomBytes(16)) }, options)

    return this.#add(log, true)
  }

  async open (key: string, options?: AbortOptions): Promise<Party> {
    await this.#ready(options)
    const party = this.#parties.get(key)

    if (party == null) {
      throw new StorageError('This node has no such party; see parties.list() for those that it has')
    }

    return party
  }

  async list (options?: AbortOptions): Promise<Party[]> {
    await this.#ready(options)

    return [...this.#parties.values()]
  }

  async lookup (code: string, options: AbortOptions & DialOptions = {}): Promise<InvitationLookup> {
    const named = this.#named(code)
    const signal = this.#signal(options.signal)
    await this.#ready({ signal })
    const deadline = AbortSignal.any([signal, AbortSignal.timeout(this.#init.connectTimeout)])
    const onProgress = (event: DialProgress): void => { quietly(() => options.onProgress?.(event)) }
    const parsed = typeof named === 'function' ? await named({ signal: deadline, onProgress }) : named
    const { stream, connection } = await openInviteStream(this.#components, parsed, {
      signal: deadline,
      onProgress,
      more: this.#short == null ? undefined : signal => this.#short?.finder.addressesOf(parsed, signal) ?? none()
    })
    const wire = new FrameStream(stream, MAX_INVITER_FRAME, this.#init.clock)

    try {
      const welcomed = await drive(previewer({
        ends: { inviter: connection.remotePeer.toMultihash().bytes, invitee: this.#components.peerId.toMultihash().bytes },
        secret: parsed.secret,
        random: randomBytes,
        profile: () => new Uint8Array(),
        nonce: randomBytes(NONCE_LENGTH)
      }), async (effect): Promise<unknown> => {
        switch (effect.type) {
          case 'send': return wire.send(effect.frame, signal)
          case 'receive': return wire.receive(this.#init.stepTimeout, signal)
          default: throw new TypeError('A preview has no such step')
        }
      })

      return { code: encodeCode(parsed), ...await previewOf(welcomed, parsed.inviter) }
    } catch (err) {
      throw err instanceof StreamEnd ? new InviterUnreachableError(undefined, { cause: err }) : err
    } finally {
      await wire.close()
    }
  }

  redeem (code: string, options: RedeemOptions = {}): Redemption {
    const { clock, stepTimeout, connectTimeout } = this.#init
    const redemption = new LocalRedemption(this.#components, {
      ...options,
      code: this.#named(code),
      more: this.#short == null ? undefined : (code, signal) => this.#short?.finder.addressesOf(code, signal) ?? none(),
      clock,
      stepTimeout,
      connectTimeout,
      signal: this.#signal(options.signal),
      profile: () => this.#profiles.own,
      guesses: this.#guesses,
      join: async grant => this.#join(grant)
    })

    this.#redemptions.add(redemption)
    redemption.run().finally(() => { this.#redemptions.delete(redemption) }).catch(() => {})

    return redemption
  }

  async decline (code: string, reason?: string, options?: AbortOptions): Promise<void> {
    const redemption = this.redeem(code)

    try {
      await redemption.decline(reason, options)
    } finally {
      await redemption.cancel()
    }
  }

  get received (): Subscribable<readonly ReceivedInvitation[]> {
    return this.#direct
  }

  async setProfile (profile: Profile, options?: AbortOptions): Promise<void> {
    await this.#ready(options)
    await this.#profiles.setOwn(profile)
    this.#sync.tell([this.#profiles.own])
  }

  /** A full code; or how a short one becomes one. @throws {InvalidCodeError} Neither. */
  #named (code: string): RedemptionInit['code'] {
    if (typeof code !== 'string' || !looksLikeShortCode(code)) {
      return parseInvitation(code)
    }

    const short = this.#short

    if (short == null) {
      throw new InvalidCodeError('This is a short code, and this app has no rendezvous to look it up; ask the inviter for the full code or its link', 'words')
    }

    return async options => short.finder.resolve(code, options)
  }

  /** The word list and what goes with it are loaded where they are used alone. */
  async #shortCodes (): Promise<{ codes: ShortCodePublisher, finder: ShortCodeResolver } | undefined> {
    if (this.#rendezvous.length === 0) {
      return undefined
    }

    const [{ ShortCodePublisher }, { ShortCodeResolver }] = await Promise.all([import('../admission/short-codes/publisher.js'), import('../admission/short-codes/resolver.js')])
    const common = { components: this.#components, rendezvous: combine(this.#rendezvous), clock: this.#init.clock, stepTimeout: this.#init.stepTimeout }

    return {
      codes: new ShortCodePublisher({ ...common, log: this.#log, addresses: () => mostReachable(this.#components.addressManager.getAddresses()) }),
      finder: new ShortCodeResolver({ ...common, guesses: this.#guesses })
    }
  }

  /** What the node's stop, or the caller, ends. */
  #signal (signal?: AbortSignal): AbortSignal {
    return signal == null ? this.#running.signal : AbortSignal.any([this.#running.signal, signal])
  }

  async #ready (options?: AbortOptions): Promise<void> {
    options?.signal?.throwIfAborted()

    if (this.#loaded == null) {
      throw new TypeError('The node is not started; await node.start() first')
    }

    await this.#loaded
  }

  /** What every call waits for. A failure is told to whoever waits: a damaged party must not keep the node down. */
  #becomes (loaded: Promise<void>): void {
    this.#loaded = loaded
    loaded.catch(err => { this.#log('the parties are not loaded - %e', err) })
  }

  async #load (): Promise<void> {
    await this.#profiles.load()

    for (const key of await listLogs(this.#components.datastore)) {
      const party = this.#add(await MembershipLog.open(this.#components, key), false)

      for (const record of await loadInvitations(this.#components.datastore, key)) {
        const invitation = party.load(record)
        await invitation.start()
        this.#short?.codes.restore(invitation).catch((err: unknown) => { this.#log('a short code was not published again - %e', err) })
      }

      party.invitations.begin()
    }
  }

  async #join (grant: CheckedGrant): Promise<Party> {
    await this.#ready()
    const known = this.#parties.get(grant.genesis.id)

    if (known != null) {
      await known.log.receive(grant.ops.map(op => op.signed))
      return known
    }

    return this.#add(await MembershipLog.join(this.#components, grant), true)
  }

  /** @param isNew - No older store of it can have come back */
  #add (log: MembershipLog, isNew: boolean): LocalParty {
    const { peerId, datastore, addressManager, registrar, connectionManager } = this.#components
    const party = new LocalParty({
      peerId,
      datastore,
      registrar,
      connectionManager,
      clock: this.#init.clock,
      addresses: () => mostReachable(addressManager.getAddresses()),
      profile: () => this.#profiles.own,
      catchUp: async (log, timeout, signal) => this.#sync.catchUp(log, timeout, signal),
      removed: (party) => { this.safeDispatchEvent('removed', { detail: party }) },
      profileOf: key => this.#profiles.get(key),
      linkBase: this.#init.linkBase,
      shortCode: invitation => this.#short?.codes.codeOf(invitation),
      publish: async (invitation, options) => {
        if (this.#short == null) {
          throw new RendezvousError('Short codes need a rendezvous: give parties({ rendezvous }) one, or use the full code')
        }

        return this.#short.codes.publish(invitation, options)
      },
      serve: (invitation) => {
        this.#door.set(invitation.lookupId, invitation)

        if (invitation.target != null) {
          this.#direct.deliver(peerIdOf(invitation.target))
        }
      },
      changed: (invitation) => {
        this.safeDispatchEvent('invitation', { detail: invitation })

        if (invitation.status !== 'pending') {
          this.#short?.codes.withdraw(invitation).catch((err: unknown) => { this.#log('a short code was not withdrawn - %e', err) })
        }
      },
      ended: (party, item) => { this.safeDispatchEvent('invitation:end', { detail: { party, item } }) }
    }, log, isNew)

    log.addEventListener('void', ({ detail }) => { this.safeDispatchEvent('void', { detail: { party, ...voidedOf(detail) } }) })
    log.addEventListener('unvoid', ({ detail: { op } }) => { this.safeDispatchEvent('unvoid', { detail: { party, id: op.id } }) })
    log.addEventListener('fork', ({ detail: { author, ops: [one, other] } }) => {
      this.safeDispatchEvent('fork', { detail: { party, member: peerIdOf(author), ops: [one.id, other.id] } })
    })
    if (isNew) {
      party.invitations.begin()
    }

    this.#parties.set(log.key, party)
    this.#sync.add(log)
    this.safeDispatchEvent('party', { detail: party })

    return party
  }

  async #serve (stream: Stream, connection: Connection): Promise<void> {
    await this.#ready().catch((err: Error) => {
      stream.abort(err)
      throw err
    })
    const { clock, stepTimeout, pinTimeout, approvalTimeout } = this.#init

    await serve(stream, connection, {
      self: this.#components.peerId,
      clock,
      stepTimeout,
      pinTimeout,
      approvalTimeout,
      signal: this.#running.signal,
      find: lookupId => this.#door.get(lookupId),
      profile: async (sealed, key) => {
        const isNew = await this.#profiles.put(sealed, key)

        return () => {
          if (isNew) {
            this.#sync.tell([sealed])
          }
        }
      }
    })
  }
}

async function * none (): AsyncGenerator<never> {}
