/** Invitations of this node at both ends: served to guests, handed over directly, found by short codes, looked up and redeemed. */
import { bytesToHex } from '@noble/hashes/utils.js'
import { encodeCode, parseInvitation } from '../codec/index.js'
import { lookupIdOf } from '../invitation/keys.js'
import { timeout } from '../async/clock.js'
import { quietly } from '../interface/observable.js'
import { Blocked } from './blocked.js'
import { SerialQueue } from '../async/serial-queue.js'
import { DirectInvitations } from './direct/index.js'
import { admissionMetrics } from './metrics.js'
import { loadInvitations } from './records.js'
import { LocalRedemption } from './redemption.js'
import { ShortCodes } from './short-codes/index.js'
import type { Clock } from '../async/clock.js'
import type { Protocol } from '../network/protocols.js'
import type { InvitationCode } from '../codec/index.js'
import { AlreadyMemberError } from '../errors.js'
import type { DamagedRecordError } from '../errors.js'
import type { DialOptions, DialProgress, Invitation, InvitationLookup, InvitationPreview, InviteOptions, Party, ReceivedInvitation, RedeemOptions, Rendezvous, Subscribable } from '../interface/index.js'
import type { Key } from '../log/index.js'
import type { Join } from './handshakes.js'
import type { InvitationComponents, LocalInvitation } from './invitation.js'
import type { InvitingParty } from './inviting-party.js'
import type { AdmissionMetrics } from './metrics.js'
import type { ProfileBook } from './profile-book.js'
import type { RedemptionComponents } from './redemption.js'
import type { Resolve } from './short-codes/index.js'
import type { AbortOptions, ComponentLogger, Connection, Logger, Metrics, PeerId, Stream } from '@libp2p/interface'
import type { AddressManager, Registrar } from '@libp2p/interface-internal'

export interface AdmissionComponents extends RedemptionComponents {
  registrar: Registrar
  addressManager: AddressManager
  logger: ComponentLogger
  metrics?: Metrics
}

export interface AdmissionInit {
  clock: Clock
  /** ms, as the other times here: see PartiesInit. */
  stepTimeout: number
  pinTimeout: number
  approvalTimeout: number
  connectTimeout: number
  linkBase?: string
  protocols: Record<'invite' | 'direct' | 'code', Protocol>
  rendezvous: Rendezvous[]
  profiles: ProfileBook
  /** The recovery key that seats of this node's person carry; undefined: none. */
  recovery: () => Key | undefined
  /** Is this key in a party of this node? */
  isMember: (key: Key) => boolean
  /** Resolves when the parties are loaded. */
  ready: (options?: AbortOptions) => Promise<void>
  /** The party by the id of its GENESIS, if this node has it and thinks itself a member. */
  ownParty: (genesis: string) => Party | undefined
  /** May this node become a device of that home? @throws {OtherPersonError} */
  assertMayJoin: (home: string) => void
  join: Join
  /** An inviter says that this node is a member, by another device of its person. */
  isElsewhere: () => void
  onInvitation: (invitation: Invitation) => void
  onReceived: (invitation: ReceivedInvitation) => void
}

export class Admission {
  readonly #components: AdmissionComponents
  readonly #init: AdmissionInit
  readonly #log: Logger
  /** By lookup id, ended ones too: who has shown the secret is told what ended it. */
  readonly #served = new Map<string, LocalInvitation>()
  readonly #redemptions = new Set<LocalRedemption>()
  readonly #guesses = new SerialQueue()
  readonly #shortCodes: ShortCodes
  readonly #direct: DirectInvitations
  readonly #blocked: Blocked
  readonly #metrics: AdmissionMetrics | undefined
  #shared: InvitationComponents | undefined
  #running = new AbortController()

  constructor (components: AdmissionComponents, init: AdmissionInit) {
    const { clock, stepTimeout, rendezvous, protocols } = init
    this.#components = components
    this.#init = init
    this.#log = components.logger.forComponent('plus-one:admission')
    this.#blocked = new Blocked(components.datastore)
    this.#metrics = admissionMetrics(components.metrics)
    const assertFree = (peer: PeerId): void => { this.#blocked.assertFree(peer) }
    this.#shortCodes = new ShortCodes({ components, protocol: protocols.code, rendezvous, clock, stepTimeout, log: this.#log, guesses: this.#guesses, assertFree, addresses: () => components.addressManager.getAddresses() })
    this.#direct = new DirectInvitations({
      components,
      protocol: protocols.direct,
      admission: this,
      log: this.#log,
      clock,
      invitations: () => this.#served.values(),
      isMember: init.isMember,
      ready: init.ready,
      assertFree,
      received: init.onReceived
    })
  }

  async start (): Promise<void> {
    this.#running = new AbortController()
    await this.#shortCodes.start()
    await this.#components.registrar.handle(this.#init.protocols.invite.id, (stream, connection) => {
      this.#serve(stream, connection).catch(err => { this.#log('a handshake with %p ended - %e', connection.remotePeer, err) })
    }, { runOnLimitedConnection: true, ...this.#init.protocols.invite.limits })
    await this.#direct.start()
  }

  /** The store is this node's now: what it holds of no party in particular. @throws {StorageError} */
  async open (): Promise<void> {
    await this.#blocked.load()
    await this.#direct.load()
  }

  async stop (): Promise<void> {
    await this.#components.registrar.unhandle(this.#init.protocols.invite.id)
    await this.#direct.stop()
    await this.#shortCodes.stop()
    this.#running.abort(new DOMException('The node stopped', 'AbortError'))
    this.#served.forEach(invitation => { invitation.stop() })
    await Promise.allSettled([...this.#redemptions].map(async redemption => redemption.cancel()))
    this.#served.clear()
    this.#blocked.clear()
  }

  /** Direct invitations that await a yes or no here. */
  get received (): Subscribable<readonly ReceivedInvitation[]> {
    return this.#direct
  }

  /** From whom this node wants nothing more. */
  get blocked (): Subscribable<readonly PeerId[]> {
    return this.#blocked
  }

  /** Refuses a peer from now on; what it sent directly is gone. @throws {StorageError} */
  async block (peer: PeerId, options?: AbortOptions): Promise<void> {
    await this.#blocked.add(peer, options)
    await this.#direct.forgetAll(peer)
  }

  /** @throws {StorageError} */
  async unblock (peer: PeerId, options?: AbortOptions): Promise<void> {
    await this.#blocked.delete(peer, options)
  }

  /** A new invitation, served from now on. */
  async invite (party: InvitingParty, options: InviteOptions): Promise<LocalInvitation> {
    options.signal?.throwIfAborted()
    const { createInvitation, LocalInvitation } = await import('./inviter.js')
    const record = await createInvitation(party, options, this.#components.addressManager.getAddresses(), this.#init.clock.now())
    const invitation = this.#serveInvitation(new LocalInvitation(this.#invitationComponents(), party, record))
    invitation.on(options)
    await invitation.start()

    if (options.signal?.aborted === true) {
      // who asked for it was told, and has no code
      await invitation.cancel().catch(() => {})
      options.signal.throwIfAborted()
    }

    return invitation
  }

  /** A party's invitations come back after a restart. @returns Those that cannot be read */
  async load (party: InvitingParty): Promise<DamagedRecordError[]> {
    const { invitations: records, damaged } = await loadInvitations(this.#components.datastore, party.key)

    if (records.length === 0) {
      return damaged
    }

    const { LocalInvitation } = await import('./inviter.js')

    // a load that failed is gone on with
    for (const record of records.filter(({ secret }) => !this.#served.has(bytesToHex(lookupIdOf(secret))))) {
      const invitation = this.#serveInvitation(new LocalInvitation(this.#invitationComponents(), party, record))
      await invitation.start()
      this.#shortCodes.restore(invitation)
    }

    return damaged
  }

  /** A party is none of this node's any more: what is open of its invitations ends with this error, and nothing more is written of them. */
  async forget (party: InvitingParty, error: Error): Promise<void> {
    const invitations = [...this.#served.values()].filter(invitation => invitation.party === party)
    invitations.forEach(({ lookupId }) => { this.#served.delete(lookupId) })
    await Promise.all(invitations.map(async (invitation) => {
      await invitation.forget(error)
      await this.#shortCodes.forget(invitation).catch(err => { this.#log('a short code was not withdrawn - %e', err) })
    }))
    // what fails here is deleted with the rest
    await this.#direct.forgetThose(new Set([...party.log.invites()].map(({ lookupId }) => lookupId)))
      .catch(err => { this.#log('received invitations are still here - %e', err) })
  }

  /** The store is to be wiped: what goes on ends, and nothing is known of it any more. */
  async reset (): Promise<void> {
    this.#redemptions.forEach((redemption) => { redemption.cancel().catch(() => {}) })
    this.#blocked.clear()
    await this.#direct.clear()
  }

  async lookup (text: string, options: AbortOptions & DialOptions = {}): Promise<InvitationLookup> {
    const code = await this.whole(this.parse(text), options)

    return { code: encodeCode(code), ...await this.preview(code, options) }
  }

  /** What a code leads to. @throws as `Parties.lookup` */
  async preview (code: InvitationCode, options: AbortOptions & DialOptions = {}): Promise<InvitationPreview> {
    const { clock, stepTimeout } = this.#init
    const signal = this.#signal(options.signal)
    const [{ previewOfCode }] = await Promise.all([import('./lookup.js'), this.#init.ready({ signal })])
    this.#blocked.assertFree(code.inviter)

    return previewOfCode(this.#components, code, {
      protocol: this.#init.protocols.invite.id,
      clock,
      stepTimeout,
      signal,
      deadline: this.#deadline(signal),
      onProgress: reporting(options),
      more: this.#shortCodes.searchFor(code)
    })
  }

  /** Begins to redeem. */
  redeem (code: InvitationCode | Resolve, options: RedeemOptions = {}): LocalRedemption {
    if (typeof code !== 'function') {
      this.#blocked.assertFree(code.inviter)
    }

    const { clock, stepTimeout, connectTimeout, profiles, recovery, ownParty, assertMayJoin, join } = this.#init
    const redemption = new LocalRedemption(this.#components, {
      ...options,
      protocol: this.#init.protocols.invite.id,
      searchFor: code => this.#shortCodes.searchFor(code),
      clock,
      stepTimeout,
      connectTimeout,
      signal: this.#signal(options.signal),
      profiles,
      recovery,
      guesses: this.#guesses,
      ownParty,
      assertMayJoin,
      join
    })

    this.#redemptions.add(redemption)
    redemption.run(code).finally(() => {
      this.#redemptions.delete(redemption)
      const { error } = redemption.getSnapshot()

      if (error instanceof AlreadyMemberError && error.party == null && !redemption.declines) {
        this.#init.isElsewhere()
      }
    }).catch(() => {})

    return redemption
  }

  /** Says no, to the inviter too. */
  async decline (code: InvitationCode | Resolve, reason?: string, options?: AbortOptions): Promise<void> {
    const redemption = this.redeem(code)

    try {
      await redemption.decline(reason, options)
    } finally {
      await redemption.cancel()
    }
  }

  /** A full code; or how a short one becomes one. @throws {InvalidCodeError} Neither. */
  parse (text: string): InvitationCode | Resolve {
    return this.#shortCodes.resolverOf(text) ?? parseInvitation(text)
  }

  /** The full code: of a short one its inviter is asked. */
  async whole (code: InvitationCode | Resolve, options: AbortOptions & DialOptions): Promise<InvitationCode> {
    if (typeof code !== 'function') {
      return code
    }

    const signal = this.#signal(options.signal)
    await this.#init.ready({ signal })

    return code({ signal: this.#deadline(signal), onProgress: reporting(options) })
  }

  /** A connection to whom a code names, to ask for something else than the invitation: that is left as it is. */
  async reach (code: InvitationCode, options: AbortOptions & DialOptions): Promise<Connection> {
    const { raceDials } = await import('./connection/dial-race.js')
    this.#blocked.assertFree(code.inviter)

    return raceDials(this.#components, {
      peer: code.inviter,
      addresses: code.addresses,
      signal: this.#deadline(this.#signal(options.signal)),
      onProgress: reporting(options),
      more: this.#shortCodes.searchFor(code)
    })
  }

  /** What all invitations share: made with the first one. */
  #invitationComponents (): InvitationComponents {
    const { clock, linkBase, profiles } = this.#init
    this.#shared ??= { datastore: this.#components.datastore, clock, linkBase, profiles, metrics: this.#metrics, shortCodes: this.#shortCodes, onChange: (...changed) => { this.#changed(...changed) } }

    return this.#shared
  }

  #changed (invitation: LocalInvitation, wasOpen: boolean): void {
    this.#init.onInvitation(invitation)

    if (invitation.status !== 'pending') {
      this.#shortCodes.withdraw(invitation)
    } else if (!wasOpen) {
      // what had ended it turned out void
      this.#shortCodes.restore(invitation)
    }
  }

  #serveInvitation (invitation: LocalInvitation): LocalInvitation {
    invitation.party.invitations.add(invitation)
    this.#served.set(invitation.lookupId, invitation)

    if (invitation.target != null) {
      this.#direct.deliver(invitation.target)
    }

    return invitation
  }

  async #serve (stream: Stream, connection: Connection): Promise<void> {
    const { clock, stepTimeout, pinTimeout, approvalTimeout, profiles, ready } = this.#init
    const [{ serve }] = await Promise.all([import('./serve.js'), ready()]).catch((err: Error) => {
      stream.abort(err)
      throw err
    })

    try {
      this.#blocked.assertFree(connection.remotePeer)
    } catch (err) {
      stream.abort(err as Error)
      throw err
    }

    await serve(stream, connection, {
      self: this.#components.peerId,
      clock,
      stepTimeout,
      pinTimeout,
      approvalTimeout,
      signal: this.#running.signal,
      find: lookupId => this.#served.get(lookupId)?.server,
      keepProfile: async (sealed, key) => { await profiles.put(sealed, key) }
    })
  }

  /** What the node's stop, or the caller, ends. */
  #signal (signal?: AbortSignal): AbortSignal {
    return signal == null ? this.#running.signal : AbortSignal.any([this.#running.signal, signal])
  }

  #deadline (signal: AbortSignal): AbortSignal {
    return AbortSignal.any([signal, timeout(this.#init.clock, this.#init.connectTimeout)])
  }
}

/** An app's callback: what it throws harms nothing. */
function reporting ({ onProgress }: DialOptions): (event: DialProgress) => void {
  return (event) => { quietly(() => onProgress?.(event)) }
}
