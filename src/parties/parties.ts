/** The service: composes a node's parties with their sync, their profiles, and the invitations into them. */
import { serviceCapabilities, serviceDependencies } from '@libp2p/interface'
import { bytesToHex, randomBytes } from '@noble/hashes/utils.js'
import { TypedEventEmitter } from 'main-event'
import { Admission } from '../admission/admission.js'
import { systemClock } from '../clock.js'
import { DamagedRecordError, KeyInUseError, NotPermittedError, NotStartedError, StorageError } from '../errors.js'
import { keyOf, listLogs, ownData, peerIdOf } from '../log/terms.js'
import { NAMES, OPS, PROFILES } from '../sync/constants.js'
import { begunRecoveries } from '../person/recover/begun.js'
import { MAX_INBOUND_STREAMS } from '../person/recover/constants.js'
import { LocalRecovery } from '../person/recovery.js'
import { obeying } from '../obeying.js'
import { protocolsOf } from '../protocols.js'
import { checkVersion, syncTo } from '../storage.js'
import { assertInfo } from './info.js'
import { Forgetter } from './forgetter.js'
import { elsewhere, takeLock } from './lock.js'
import { partyMetrics } from './metrics.js'
import { MemberNetwork } from './member-network.js'
import { OwnHome } from './own-home.js'
import { Profiles } from './profiles.js'
import type { JoinInit } from '../admission/handshakes.js'
import type { Lock } from './lock.js'
import type { PartyMetrics } from './metrics.js'
import type { Protocol, ProtocolName } from '../protocols.js'
import type { DisplayNames } from './display-names.js'
import type { LocalParty, PartyInit } from './party.js'
import type { Recoveries } from './recoveries.js'
import type { RotationCause } from './rotations.js'
import type { Clock } from '../clock.js'
import type { CreatePartyInit, DialOptions, InvitationLookup, Parties, PartiesComponents, PartiesEvents, PartiesInit, Party, PartyKind, Profile, ReceivedInvitation, Recovered, RecoverOptions, RedeemOptions, Redemption, Rendezvous, Subscribable } from '../interface/index.js'
import type { Keyring } from '../keys/keyring.js'
import type { AnyGrant, AnyOp, Key, MembershipLog, OpId, WriteOptions } from '../log/index.js'
import type { LocalPerson } from '../person/person.js'
import type { RecordSet } from '../sync/index.js'
import type { AbortOptions, Logger, PeerId, Startable } from '@libp2p/interface'

/** How long an unlinking waits for what others have, ms. */
const CATCH_UP_TIMEOUT = 3_000

export class PartiesService extends TypedEventEmitter<PartiesEvents> implements Parties, Startable {
  readonly [Symbol.toStringTag] = 'plus-one'
  readonly [serviceCapabilities]: string[] = ['plus-one']
  readonly [serviceDependencies]: string[] = ['@libp2p/identify']
  readonly #components: PartiesComponents
  readonly #clock: Clock
  readonly #log: Logger
  readonly #profiles: Profiles
  /** Of this node's person: its key is part of each seat that is taken here. */
  readonly #recovery: LocalRecovery
  readonly #network: MemberNetwork
  readonly #admission: Admission
  /** While the node runs, once somebody recovers, here or elsewhere. */
  #recoveries: Promise<Recoveries> | undefined
  /** Parties that words bring, or brought in part. */
  readonly #recovering = new Map<OpId, 'now' | 'begun'>()
  readonly #connectTimeout: number
  readonly #rendezvous: readonly Rendezvous[]
  readonly #home: OwnHome
  /** They outlive a stop: the next start makes them live again. */
  readonly #parties = new Map<OpId, LocalParty>()
  readonly #names = new Map<OpId, DisplayNames>()
  #running = new AbortController()
  #loaded: Promise<void> | undefined
  /** Parties that are being made or joined. */
  readonly #coming = new Set<Promise<unknown>>()
  #damaged: DamagedRecordError[] = []
  /** A load that failed, as on a full disk: the next call goes on with it. */
  #failed: Promise<void> | undefined
  /** Parties that this start has loaded. */
  readonly #restored = new Set<OpId>()
  readonly #forgetter: Forgetter
  #resetting: Promise<void> | undefined
  /** Of which it was told that another node uses this key. */
  readonly #inUse = new Set<LocalParty>()
  readonly #metrics: PartyMetrics | undefined
  readonly #protocols: Record<ProtocolName, Protocol>
  #lock: Lock | undefined
  #holding = new AbortController()

  constructor (components: PartiesComponents, init: PartiesInit = {}) {
    super()
    keyOf(components.peerId)
    const { stepTimeout = 10_000, pinTimeout = 300_000, approvalTimeout = 600_000, connectTimeout = 30_000, clock = systemClock, linkBase, meet = true, durability = 'disk' } = init
    this.#components = components
    const rendezvous = (init.rendezvous ?? []).map(create => create(components))
    this.#rendezvous = rendezvous
    this.#clock = clock
    this.#connectTimeout = connectTimeout
    syncTo(components.datastore, durability === 'disk')
    this.#log = components.logger.forComponent('plus-one:parties')
    this.#profiles = new Profiles(components, init.profile)
    this.#recovery = new LocalRecovery(components.datastore)
    this.#protocols = protocolsOf(init)
    this.#metrics = partyMetrics(components.metrics, () => this.#parties.values())
    this.#network = new MemberNetwork(components, {
      protocols: this.#protocols,
      clock,
      rendezvous,
      meet,
      logs: () => [...this.#parties.values()].map(({ log }) => log),
      keyring: async party => this.#keyring(party),
      ready: async options => this.#ready(options)
    })
    this.#admission = new Admission(components, {
      stepTimeout,
      pinTimeout,
      approvalTimeout,
      connectTimeout,
      clock,
      linkBase,
      protocols: this.#protocols,
      rendezvous,
      profiles: this.#profiles,
      recovery: () => this.#recovery.key,
      isMember: key => [...this.#parties.values()].some(({ log }) => log.member(key) != null),
      ready: async options => this.#ready(options),
      join: async (grant, init) => this.#join(grant, init),
      assertMayJoin: (home) => { this.#home.assertMayJoin(home) },
      isElsewhere: () => { this.#home.remember().catch((err: unknown) => { this.#log.error('a party that was forgotten does not come back - %e', err) }) },
      ownParty: (genesis) => {
        const party = this.#parties.get(genesis) ?? this.#unlisted(genesis)

        return party?.role == null ? undefined : party
      },
      onInvitation: (invitation) => { this.safeDispatchEvent('invitation', { detail: invitation }) },
      onReceived: (invitation) => { this.safeDispatchEvent('received', { detail: invitation }) }
    })
    this.#forgetter = new Forgetter({
      components,
      admission: this.#admission,
      network: this.#network,
      profiles: this.#profiles,
      parties: this.#parties,
      hasSiblings: () => this.#home.person.devices.length > 1,
      onForgotten: (party) => {
        this.#restored.delete(party.key)
        this.#inUse.delete(party)
        this.#names.delete(party.key)

        if (party.log.kind !== 'person') {
          this.safeDispatchEvent('forgotten', { detail: party })
        }
      },
      log: this.#log
    })
    this.#home = new OwnHome({
      components,
      clock,
      log: this.#log,
      recovery: this.#recovery,
      parties: () => this.#parties.values(),
      unlisted: async (log, origin) => this.#serve(await this.#partyOf(log, origin), origin),
      resumed: async (party) => {
        this.#tellDamaged(await party.resume())
        await this.#serve(party, 'stored')
      },
      keep: async (log, records, isSibling) => this.#keep(log, isSibling, records),
      recovering: party => this.#recovering.get(party),
      begun: async party => (await this.#loadRecoveries()).release(party),
      leave: async party => this.#network.forget(party),
      list: async (log) => { await this.#adding(async () => this.#add(log, 'new', true)) },
      catchUp: async (party, options) => this.#network.sync.catchUp(party, CATCH_UP_TIMEOUT, options),
      invite: async (home, options) => this.#admission.invite(home, options),
      backup: async options => (await this.#loadRecoveries()).backup(this.#recovery.backupKey, options),
      ready: async options => this.#ready(options),
      running: () => this.#running.signal,
      damaged: (errors) => { this.#tellDamaged(errors) }
    })
    this.#profiles.addEventListener('change', ({ detail: { key } }) => { this.#parties.forEach(party => { party.showed(key) }) })
    const { sync } = this.#network
    sync.addEventListener('progress', ({ detail: { party, set, items } }) => { if (set === OPS) { this.#parties.get(party)?.progressed(items) } })
    sync.addEventListener('agreed', ({ detail: { party, peer } }) => {
      this.#metrics?.sync.increment({ agreed: true })
      this.#parties.get(party)?.agreed(peer)
    })
    sync.addEventListener('refused', ({ detail: { party: key, peer, ...reason } }) => {
      this.#metrics?.sync.increment({ refused: true })
      const party = this.#parties.get(key)
      const refused = party?.refused(reason, peer)

      if (party?.isTaken(reason) === true) {
        this.#tellInUse(party)
      } else if (party != null && refused != null) {
        this.safeDispatchEvent('refused', { detail: { party, ...refused } })
      }
    })
  }

  isStarted (): boolean {
    return this.#loaded != null
  }

  async start (): Promise<void> {
    if (this.#loaded != null) {
      return
    }

    this.#running = new AbortController()
    this.#holding = new AbortController()
    this.#damaged = []
    this.#restored.clear()
    const first = Promise.withResolvers<void>()
    this.#becomes(first.promise)
    await this.#network.start()
    await this.#admission.start()
    await this.#components.registrar.handle(this.#protocols.recover.id, (stream, connection) => {
      this.#loadRecoveries().then(async recoveries => recoveries.answer(stream, connection)).catch((err: Error) => { stream.abort(err) })
    }, { runOnLimitedConnection: true, maxInboundStreams: MAX_INBOUND_STREAMS, ...this.#protocols.recover.limits })
    this.#lock = takeLock(`plus-one/${this.#components.peerId.toString()}`, () => {
      first.resolve(this.#tryLoad())
    }, this.#holding.signal)

    if (!await this.#lock.free) {
      this.#log('another node of this key has the parties open: waiting for it to go')
      first.reject(elsewhere())
    }
  }

  async stop (): Promise<void> {
    await this.#resetting?.catch(() => {})
    const loaded = this.#loaded
    this.#loaded = undefined
    this.#running.abort(new DOMException('The node stopped', 'AbortError'))
    await loaded?.catch(() => {})
    await this.#components.registrar.unhandle(this.#protocols.recover.id)
    await this.#admission.stop()
    await this.#network.stop()
    await Promise.allSettled(this.#coming)
    await this.#recoveries?.then(async recoveries => recoveries.stop(), () => { /* it was not loaded */ })
    this.#recoveries = undefined
    await this.#home.stop()
    await Promise.all([...this.#parties.values()].map(async party => party.stop()))
    // only now: until here it wrote
    this.#holding.abort(new DOMException('The node stopped', 'AbortError'))
    await this.#lock?.released
  }

  async create ({ name, kind = 'group', picture, history = true, ...init }: CreatePartyInit, options?: AbortOptions): Promise<Party> {
    assertInfo({ name, picture })

    if ((kind as PartyKind) === 'person') {
      throw new RangeError('A party is a community, a group or a contact; the home of a person is made by person.invite()')
    }

    const app = ownData('A party\'s app data', init.app)

    return this.#call(options, async () => this.#adding(async () => {
      const { MembershipLog } = await import('./first-party.js')

      const owner = { first: keyOf(this.#components.peerId), ...(this.#recovery.key == null ? {} : { recovery: this.#recovery.key }) }

      const party = await this.#add(await MembershipLog.create(this.#components, { name, kind, picture, app, owners: [owner], nonce: bytesToHex(randomBytes(16)), ...(history ? {} : { history: false as const }) }, options), 'new')
      await party.beginKey()

      return party
    }))
  }

  async open (key: string, options?: AbortOptions): Promise<Party> {
    await this.#call(options)
    const party = this.#parties.get(key)

    if (party == null) {
      throw new StorageError('This node has no such party; see parties.list() for those that it has')
    }

    return party
  }

  async list (options?: AbortOptions): Promise<Party[]> {
    await this.#call(options)

    return [...this.#parties.values()]
  }

  async lookup (code: string, options?: AbortOptions & DialOptions): Promise<InvitationLookup> {
    return obeying(options, async () => this.#admission.lookup(code, options))
  }

  redeem (code: string, options?: RedeemOptions): Redemption {
    return this.#admission.redeem(this.#admission.parse(code), options)
  }

  async decline (code: string, reason?: string, options?: AbortOptions): Promise<void> {
    await obeying(options, async () => this.#admission.decline(this.#admission.parse(code), reason, options))
  }

  get person (): LocalPerson {
    return this.#home.person
  }

  get received (): Subscribable<readonly ReceivedInvitation[]> {
    return this.#admission.received
  }

  get damaged (): readonly DamagedRecordError[] {
    return this.#damaged
  }

  get blocked (): Subscribable<readonly PeerId[]> {
    return this.#admission.blocked
  }

  async block (peer: PeerId, options?: AbortOptions): Promise<void> {
    await this.#call(options, async () => this.#admission.block(peer, options))
  }

  async unblock (peer: PeerId, options?: AbortOptions): Promise<void> {
    await this.#call(options, async () => this.#admission.unblock(peer, options))
  }

  async recover (words: string, options: RecoverOptions): Promise<Recovered> {
    return this.#call(options, async () => this.#adding(async () => (await this.#loadRecoveries()).recover(words, options)))
  }

  get profile (): Profile {
    return this.#profiles.get(keyOf(this.#components.peerId))
  }

  async setProfile (profile: Profile, options?: AbortOptions): Promise<void> {
    await this.#call(options, async () => this.#profiles.setProfile(profile, this.#recovery.key))
  }

  /** A call that waits until the parties are loaded. */
  async #call <T = void> (options: AbortOptions | undefined, work?: () => Promise<T>): Promise<T> {
    return obeying(options, async () => {
      await this.#ready(options)
      options?.signal?.throwIfAborted()

      return work?.() as T
    })
  }

  async #ready (options?: AbortOptions): Promise<void> {
    options?.signal?.throwIfAborted()

    if (this.#loaded == null) {
      throw new NotStartedError()
    }

    if (this.#loaded === this.#failed) {
      this.#tryLoad().catch(() => {})
    }

    await this.#loaded
  }

  /** What every call waits for. A failure is told to whoever waits: a damaged party must not keep the node down. */
  #becomes (loaded: Promise<void>): void {
    this.#loaded = loaded
    loaded.catch(err => { this.#log('the parties are not loaded - %e', err) })
  }

  async #tryLoad (): Promise<void> {
    const loaded = this.#load()
    this.#becomes(loaded)
    loaded.catch(() => { this.#failed = loaded })

    return loaded
  }

  async #load (): Promise<void> {
    const { signal } = this.#running
    const { datastore } = this.#components
    this.#inUse.clear()
    await checkVersion(datastore)
    const forgotten = await this.#forgetter.begin()
    this.#tellDamaged(await this.#profiles.load())
    await this.#admission.open()
    await this.#home.load()
    this.#recovering.clear()
    ;(await begunRecoveries(datastore)).forEach(party => { this.#recovering.set(party, 'begun') })
    const keys = new Set((await listLogs(datastore)).filter(key => !this.#recovering.has(key) && !forgotten.has(key)))

    // another tab has forgotten it
    for (const [key, party] of this.#parties) {
      if (!keys.has(key)) {
        await this.#forgetter.letGo(party)
      }
    }

    for (const key of keys) {
      // the rest is loaded by the next start
      if (signal.aborted) {
        return
      }

      if (this.#restored.has(key)) {
        continue
      }

      try {
        const party = await this.#restore(key)

        if (party != null) {
          await this.#serve(party, 'stored')
        }
      } catch (err) {
        // without its GENESIS it is no party; the others are
        if (!(err instanceof DamagedRecordError)) {
          throw err
        }

        this.#tellDamaged([err])
      }

      this.#restored.add(key)
    }

    await this.#forgetter.goOn()
    await this.#home.begin()
    await this.#profiles.begin(this.#recovery.key, this.#home.person.devices.length > 1)
  }

  async reset (options?: AbortOptions): Promise<void> {
    await this.#call(options, async () => {
      await (this.#resetting ??= this.#reset(options).finally(() => { this.#resetting = undefined }))
    })
  }

  async #reset (options?: AbortOptions): Promise<void> {
    await this.#forgetter.markAll(options)
    // calls wait
    const again = Promise.withResolvers<void>()
    this.#becomes(again.promise)
    await Promise.allSettled(this.#coming)
    await Promise.all([...this.#parties.values()].map(async party => this.#forgetter.letGo(party)))
    await this.#home.forget(async home => this.#forgetter.letGo(home))
    await this.#admission.reset()
    this.#running.abort(new DOMException('The node was reset', 'AbortError'))
    this.#running = new AbortController()
    this.#recoveries = undefined
    this.#restored.clear()
    this.#damaged = []
    // it finds the mark
    again.resolve(this.#tryLoad())
    await again.promise
  }

  /** Its invitations come back. */
  async #serve (party: LocalParty, origin: PartyInit['origin']): Promise<LocalParty> {
    if (origin === 'stored') {
      this.#tellDamaged([...party.log.damaged, ...await this.#admission.load(party)])
    }

    party.invitations.begin()

    return party
  }

  /** @throws {StorageError} */
  async #keyring (party: OpId): Promise<Keyring | undefined> {
    return (await (this.#parties.get(party) ?? this.#unlisted(party))?.keys())?.keyring
  }

  /** The home, by its key. */
  #unlisted (key: OpId): LocalParty | undefined {
    const { party } = this.#home

    return party?.key === key ? party : undefined
  }

  #tellInUse (party: LocalParty): void {
    if (!this.#inUse.has(party)) {
      this.#inUse.add(party)
      this.safeDispatchEvent('key-in-use', { detail: { party, error: new KeyInUseError() } })
    }
  }

  #tellDamaged (errors: readonly DamagedRecordError[]): void {
    this.#damaged.push(...errors)

    for (const error of errors) {
      this.#log.error('%s', error.message)
      this.safeDispatchEvent('damaged', { detail: error })
    }
  }

  /** A stored party: the same object as before, where this node had it; undefined: one that is not listed. */
  async #restore (key: OpId): Promise<LocalParty | undefined> {
    const known = this.#parties.get(key)

    if (known == null) {
      const { MembershipLog } = await import('./first-party.js')
      const log = await MembershipLog.open(this.#components, key)

      return await this.#home.takes(log) ? undefined : this.#add(log, 'stored')
    }

    this.#tellDamaged(await known.resume())
    await this.#keep(known.log)

    return known
  }

  /** What is lost here, and this node signed then, comes by sync, before it signs anything. */
  async #join (grant: AnyGrant | AnyOp<'GENESIS'>, { isReturn, secrets }: JoinInit): Promise<Party> {
    await this.#ready()
    const isWhole = 'genesis' in grant

    if (isWhole && grant.admit.kind === 'LINK') {
      return this.#adding(async () => this.#home.join(grant))
    }

    const key = isWhole ? grant.genesis.id : grant.id
    await this.#forgetter.settled(key)
    const known = this.#parties.get(key)

    if (known != null) {
      await (isWhole ? known.log.rejoin(grant) : undefined)
      await known.take(secrets)

      return known
    }

    return this.#adding(async () => {
      const { deleteForgotten, MembershipLog, putGranted } = await import('./first-party.js')
      const together: WriteOptions = {
        with: (batch) => {
          putGranted(batch, key, secrets)
          deleteForgotten(batch, key)
        }
      }
      const log = isWhole ? await MembershipLog.join(this.#components, grant, together) : await MembershipLog.begin(this.#components, grant.signed, together)
      const party = await this.#add(log, isReturn ? 'stored' : 'new')

      if (isReturn) {
        party.invitations.begin()
      }

      return party
    })
  }

  async #loadRecoveries (): Promise<Recoveries> {
    this.#recoveries ??= import('./recoveries.js').then(({ Recoveries }) => new Recoveries(this.#components, {
      protocol: this.#protocols.recover.id,
      clock: this.#clock,
      connectTimeout: this.#connectTimeout,
      admission: this.#admission,
      network: this.#network,
      rendezvous: this.#rendezvous,
      running: this.#running.signal,
      logs: () => [...this.#parties.values(), ...this.#home.party == null ? [] : [this.#home.party]].map(({ log }) => log),
      ready: async options => this.#ready(options),
      person: () => ({ key: this.#recovery.key, isUsed: this.#recovery.isConfirmed || [...this.#parties.values()].some(({ role }) => role != null) }),
      awaited: async party => this.#home.take(party),
      recovering: this.#recovering,
      onEnd: () => { this.#home.recovered() },
      become: async (keys, options) => this.#home.become(keys, options),
      keyring: async party => this.#keyring(party),
      add: async log => this.#parties.get(log.key) ?? this.#add(log, 'new')
    }))

    return this.#recoveries
  }

  /** Makes a party, or several, or forgets one; a stop waits for it. */
  async #adding <T> (make: () => Promise<T>): Promise<T> {
    const coming = make()
    this.#coming.add(coming)

    try {
      return await coming
    } finally {
      this.#coming.delete(coming)
    }
  }

  /** @param tells - What is told of it; nothing of one that is not listed */
  async #partyOf (log: MembershipLog, origin: PartyInit['origin'], tells?: Omit<PartyInit, 'log' | 'origin'>): Promise<LocalParty> {
    const { LocalParty, PartyKeys } = await import('./first-party.js')
    const names = await this.#namesOf(log.key)
    const { peerId, privateKey, datastore, connectionManager, events } = this.#components
    const onForget = async (): Promise<void> => { throw new NotPermittedError('The home of a person is not forgotten by itself; parties.reset() forgets all that is here') }
    const silent = { onRemoved: () => {}, onInvitationEnd: () => {}, onMember: () => {}, onDevice: () => {}, onPresence: () => {}, onEpoch: () => {}, onForget }

    return new LocalParty({
      peerId,
      connectionManager,
      events,
      clock: this.#clock,
      admission: this.#admission,
      names,
      network: this.#network,
      openKeys: async (log, catchUp) => {
        const onRotation = (cause: RotationCause): void => { this.#metrics?.rotations.increment({ [cause]: true }) }
        const keys = await PartyKeys.open({ datastore, privateKey, log, catchUp, clock: this.#clock, logger: this.#log, onRotation })
        this.#tellDamaged(keys.keyring.damaged)

        return keys
      },
      ready: async options => this.#ready(options),
      running: () => this.#running.signal
    }, { log, origin, ...tells ?? silent })
  }

  /** @param isKept - Members keep it together already */
  async #add (log: MembershipLog, origin: PartyInit['origin'], isKept = false): Promise<LocalParty> {
    const { voidedOf } = await import('./first-party.js')
    const party = await this.#partyOf(log, origin, {
      onRemoved: (party) => { this.safeDispatchEvent('removed', { detail: party }) },
      onInvitationEnd: (party, item) => { this.safeDispatchEvent('invitation:end', { detail: { party, item } }) },
      onMember: (party, member, before, after) => {
        if (before != null && after != null) {
          this.safeDispatchEvent('member:role', { detail: { party, member, before, after } })
        } else {
          this.safeDispatchEvent(after == null ? 'member:leave' : 'member:join', { detail: { party, member } })
        }
      },
      onDevice: (party, member, device, isLinked) => { this.safeDispatchEvent(isLinked ? 'device:link' : 'device:unlink', { detail: { party, member, device } }) },
      onForget: async (party, options) => {
        await this.#ready(options)
        await this.#adding(async () => this.#forgetter.forget(party, options))
      },
      onEpoch: (party, epoch) => { this.safeDispatchEvent('epoch', { detail: { party, epoch } }) },
      onPresence: (party, member) => { this.safeDispatchEvent(member.online ? 'member:online' : 'member:offline', { detail: { party, member } }) }
    })

    log.addEventListener('members', () => { this.#home.person.follow() })
    log.addEventListener('ops', ({ detail }) => { this.#metrics?.ops.increment(detail.length) })
    log.addEventListener('void', ({ detail }) => { this.safeDispatchEvent('void', { detail: { party, ...voidedOf(log, detail) } }) })
    log.addEventListener('unvoid', ({ detail: { op } }) => { this.safeDispatchEvent('unvoid', { detail: { party, id: op.id } }) })
    log.addEventListener('elsewhere', () => {
      // what a newcomer, a store that came back older or one that was damaged lacked is its own
      if (party.synced != null && log.damaged.length === 0) {
        this.#tellInUse(party)
      }
    })
    log.addEventListener('fork', ({ detail: { author, ops: [one, other] } }) => {
      this.safeDispatchEvent('fork', { detail: { party, member: peerIdOf(author), ops: [one.id, other.id] } })
    })

    if (origin === 'new') {
      party.invitations.begin()
    }

    this.#parties.set(log.key, party)

    if (isKept) {
      this.#network.listed(log.key)
    } else {
      await this.#keep(log)
    }

    this.safeDispatchEvent('party', { detail: party })
    this.#home.follow()

    return party
  }

  /** Members keep it together, until the node stops. */
  async #keep (log: MembershipLog, isSibling?: (key: Key) => boolean, records?: RecordSet[]): Promise<void> {
    const { MemberRecords } = await import('./first-party.js')
    const { signal } = this.#running
    const person = (): Key | undefined => this.#recovery.key
    const profiles = new MemberRecords(PROFILES, log, this.#profiles, signal, person)
    const others = records ?? [new MemberRecords(NAMES, log, await this.#namesOf(log.key), signal, person)]
    await this.#network.keep(log, [profiles, ...others], signal, isSibling)
  }

  /** What members are called in one party: one object for each, listed or not yet. */
  async #namesOf (party: OpId): Promise<DisplayNames> {
    const known = this.#names.get(party)

    if (known != null) {
      return known
    }

    const { DisplayNames } = await import('./first-party.js')
    const names = new DisplayNames(this.#components, party, this.#profiles)
    this.#names.set(party, names)
    this.#tellDamaged(await names.load())

    return names
  }
}
