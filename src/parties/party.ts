/** One party as its node has it: the log's view, this node's invitations, and the calls of an app. */
import { LocalInvitations } from '../admission/invitations.js'
import { obeying } from '../async/obeying.js'
import { PartyForgottenError } from '../errors.js'
import { Observable } from '../interface/observable.js'
import { copyOf, peerIdOf } from '../log/terms.js'
import { roleOf } from '../meeting/role.js'
import { callsOf } from './calls.js'
import { infoOf } from './info.js'
import { KeyAccess } from './key-access.js'
import { MembershipWriter } from './membership-writer.js'
import { personNamed, rolesFor } from './named.js'
import { PartyStreams } from './party-streams.js'
import { Roster } from './roster.js'
import { SyncState } from './sync-state.js'
import type { Admission, InvitingParty } from '../admission/index.js'
import type { Clock } from '../async/clock.js'
import type { DamagedRecordError } from '../errors.js'
import type { Agreement, ChangeResult, DeliveryOptions, ForgetOptions, HandleOptions, Invitation, InviteOptions, LeaveOptions, Member, Opened, OpenStreamOptions, PartyEpoch, PartyInfo, PartyKind, PartySnapshot, PartyTopology, Profile, ProtectOptions, Role, SealOptions, SyncProgress } from '../interface/index.js'
import type { EpochSecret } from '../keys/index.js'
import type { Key, MakeRekey, MemberChange, MembershipLog } from '../log/index.js'
import type { RefusalInit } from '../sync/index.js'
import type { Call } from './calls.js'
import type { DisplayNames } from './display-names.js'
import type { PartyNetwork } from './party-network.js'
import type { PartyKeys } from './party-keys.js'
import type { PartyListener } from './party-listener.js'
import type { AbortOptions, Libp2pEvents, PeerId, Stream, StreamHandler, TypedEventTarget } from '@libp2p/interface'
import type { ConnectionManager } from '@libp2p/interface-internal'

/** How long members have to acknowledge what they were sent, ms. */
const DELIVERY_TIMEOUT = 10_000

/** How long a change of membership waits for what others have, ms. */
const CATCH_UP_TIMEOUT = 3_000

const NOBODY: readonly never[] = []

export interface PartyComponents {
  peerId: PeerId
  clock: Clock
  admission: Admission
  names: DisplayNames
  network: PartyNetwork
  openKeys: (log: MembershipLog, catchUp: () => Promise<void>) => Promise<PartyKeys>
  /** Resolves when the node's parties are loaded. @throws {NotStartedError} */
  ready: (options?: AbortOptions) => Promise<void>
  /** Aborts when the node stops. */
  running: () => AbortSignal
  connectionManager: ConnectionManager
  events: TypedEventTarget<Libp2pEvents>
}

export interface PartyInit {
  log: MembershipLog
  /** `new`: no older store of it can have come back. */
  origin: 'new' | 'stored'
  /** Who is told of it; undefined: nobody. */
  listener?: PartyListener
  /** Takes the party out of the node, and its store. */
  onForget: (party: LocalParty, options: ForgetOptions) => Promise<void>
}

export class LocalParty extends Observable<PartySnapshot> implements InvitingParty {
  readonly invitations: LocalInvitations
  readonly log: MembershipLog
  readonly names: DisplayNames
  readonly #components: PartyComponents
  readonly #listener: PartyListener | undefined
  readonly #onForget: PartyInit['onForget']
  readonly #roster: Roster
  readonly #key: KeyAccess
  readonly #writer: MembershipWriter
  readonly #streams: PartyStreams
  readonly #sync: SyncState
  readonly #life = new AbortController()
  readonly #call: Call
  /** Was this node a member when it was last looked? */
  #belongs: boolean

  constructor (components: PartyComponents, { log, origin, listener, onForget }: PartyInit) {
    super()
    const { names, network, clock, connectionManager, events, ready, running } = components
    const { life } = this
    this.#listener = listener
    this.#onForget = onForget
    this.log = log
    this.names = names
    this.#components = components
    this.#belongs = log.member(log.self) != null
    this.#call = callsOf(ready, life)
    this.#sync = new SyncState({
      clock,
      onChange: () => { this.changed() },
      onRefused: (refused) => { listener?.onRefused(this, refused) },
      onInUse: () => { listener?.onInUse(this) }
    })
    this.#roster = new Roster({
      log,
      names,
      connectionManager,
      events,
      signal: life,
      onChange: () => { this.changed() },
      onPresence: (member) => { listener?.onPresence(this, member) },
      onDevice: (member, device, isLinked) => { listener?.onDevice(this, member, device, isLinked) },
      onMember: (member, before, after) => { listener?.onMember(this, member, before, after) }
    })
    const catchUp = async (options?: AbortOptions): Promise<void> => { await network.sync.catchUp(this.key, CATCH_UP_TIMEOUT, options) }
    this.#key = new KeyAccess({
      epoch: { owed: false, history: log.sharesHistory },
      open: async () => components.openKeys(log, catchUp),
      exchange: async keys => network.exchange(keys, { signal: AbortSignal.any([running(), life]) }),
      onEpoch: (epoch) => {
        this.changed()
        listener?.onEpoch(this, epoch)
      }
    })
    this.#writer = new MembershipWriter({ log, names, isFresh: origin === 'new', call: this.#call, catchUp, rotation: async () => this.rotation(), life })
    this.#streams = new PartyStreams({ log, network, call: this.#call, life, running })
    this.invitations = new LocalInvitations({ log, clock, ended: (item) => { listener?.onInvitationEnd(this, item) } })
    log.addEventListener('ops', () => { this.changed() })
    names.addEventListener('change', ({ detail: { key } }) => { this.showed(key) })
    log.addEventListener('members', ({ detail }) => { this.#follow(detail) })
    log.addEventListener('elsewhere', () => {
      // what a newcomer, a store that came back older or one that was damaged lacked is its own
      if (this.synced != null && log.damaged.length === 0) {
        this.#sync.taken()
      }
    })
    // where the disk fails, the next call that needs it tells
    this.#key.exchange().catch(() => {})
  }

  /** The node starts again: this party goes on with what is stored. @returns Records of it that cannot be read @throws {StorageError} */
  async resume (): Promise<DamagedRecordError[]> {
    await this.log.reopen()
    const damaged = await this.names.load()
    damaged.push(...await this.#key.reopen())
    this.#writer.reopened()
    this.#roster.reset()
    this.#follow()

    return damaged
  }

  /** The node stops: what was being written is written when it resolves; this party shows what it knows, and writes nothing more. */
  async stop (): Promise<void> {
    this.invitations.stop()
    await this.log.close()
    await this.#key.close()
    this.#sync.ended()
  }

  /**
   * It is none of this node's any more: what listens to its log hears that there is no member, what is open ends, and
   * nothing is written when it resolves.
   */
  async forgotten (): Promise<void> {
    this.#life.abort(new PartyForgottenError())
    this.invitations.stop()
    await this.log.close()
    await this.#key.close()
    this.log.safeDispatchEvent('members', { detail: [] })
    this.#sync.ended()
  }

  /** Aborts when it is forgotten. */
  get life (): AbortSignal { return this.#life.signal }
  get isForgotten (): boolean { return this.life.aborted }
  get key (): string { return this.log.key }
  get name (): string { return infoOf(this.log).name }
  get kind (): PartyKind { return this.log.kind }
  get picture (): string | undefined { return infoOf(this.log).picture }
  get app (): Uint8Array | undefined { return copyOf(this.log.genesis.payload.app) }
  get self (): PeerId { return this.#components.peerId }
  get epoch (): PartyEpoch { return this.#key.epoch }
  get role (): Role | undefined { return this.isForgotten ? undefined : this.log.member(this.log.self)?.role }
  get members (): readonly Member[] { return this.isForgotten ? NOBODY : this.#roster.members }
  get online (): readonly Member[] { return this.getSnapshot().online }
  get peers (): readonly PeerId[] { return this.isForgotten ? NOBODY : this.#roster.peers }
  get synced (): Agreement | undefined { return this.log.synced ? this.#sync.agreement : undefined }

  async invite (options: InviteOptions = {}): Promise<Invitation> {
    return this.#call(options, async () => this.#components.admission.invite(this, options))
  }

  async revoke (invitation: string, { reason = '', ...options }: AbortOptions & { reason?: string } = {}): Promise<void> {
    await this.#call(options, async () => {
      const own = this.invitations.get(invitation)
      await (own == null ? this.#writer.revoke(invitation, reason, options) : own.cancel(options))
    })
  }

  async remove (member: PeerId | Member, options: AbortOptions = {}): Promise<ChangeResult> { return this.#writer.remove(member, options) }
  async setRole (member: PeerId | Member, role: Role, options: AbortOptions = {}): Promise<ChangeResult> { return this.#writer.setRole(member, role, options) }
  async setInfo (info: PartyInfo, options: AbortOptions = {}): Promise<void> { await this.#writer.setInfo(info, options) }
  async setDisplayName (name: string, options: AbortOptions = {}): Promise<void> { await this.#writer.setDisplayName(name, options) }
  async leave (options: LeaveOptions = {}): Promise<void> { await this.#writer.leave(options) }
  async readopt (admit: string, options: AbortOptions = {}): Promise<void> { await this.#writer.readopt(admit, options) }

  async forget (options: ForgetOptions = {}): Promise<void> {
    await obeying(options, async () => this.#onForget(this, options))
  }

  profileOf (key: Key): Profile {
    return this.names.of({ keys: [], first: key })
  }

  rolesFor (member?: PeerId | Member): Role[] {
    return rolesFor(this.log, member == null ? undefined : personNamed(this.log, member))
  }

  async seal (bytes: Uint8Array, options: SealOptions = {}): Promise<Uint8Array> {
    return this.#call(options, async () => (await this.keys()).seal(bytes, options))
  }

  async open (sealed: Uint8Array, options: SealOptions = {}): Promise<Opened> {
    return this.#call(options, async () => (await this.keys()).open(sealed, options))
  }

  async delivered ({ timeout = DELIVERY_TIMEOUT, signal }: DeliveryOptions = {}): Promise<PeerId[]> {
    return obeying({ signal }, async () => {
      this.life.throwIfAborted()

      return (await this.#components.network.sync.delivered(this.key, timeout, { signal })).map(peerIdOf)
    })
  }

  roleOf (peer: PeerId): Role | undefined {
    return this.isForgotten ? undefined : roleOf(this.log, peer)
  }

  memberOf (peer: PeerId): Member | undefined {
    return this.isForgotten ? undefined : this.#roster.of(peer)
  }

  async connected (peer: PeerId, options: AbortOptions = {}): Promise<void> { await this.#streams.connected(peer, options) }
  async handle (protocol: string | string[], handler: StreamHandler, options?: HandleOptions): Promise<void> { await this.#streams.handle(protocol, handler, options) }
  async unhandle (protocol: string | string[], options?: AbortOptions): Promise<void> { await this.#streams.unhandle(protocol, options) }
  async newStream (peer: PeerId, protocol: string | string[], options?: OpenStreamOptions): Promise<Stream> { return this.#streams.open(peer, protocol, options) }
  async topology (protocol: string, topology: PartyTopology, options?: AbortOptions): Promise<() => Promise<void>> { return this.#streams.topology(protocol, topology, options) }
  async protect (protocol: string, options: ProtectOptions = {}): Promise<() => Promise<void>> { return this.#streams.protect(protocol, options) }

  /** Its key, once what is stored of it is read. @throws {StorageError} */
  async keys (): Promise<PartyKeys> { return this.#key.open() }
  /** The first key of a new party. */
  async beginKey (): Promise<void> { await this.#key.begin() }
  async rotation (): Promise<MakeRekey | undefined> { return this.#key.rotation() }
  async secrets (): Promise<readonly EpochSecret[]> { return this.#key.secrets() }
  async take (secrets: readonly EpochSecret[]): Promise<void> { await this.#key.take(secrets) }

  async freshen (): Promise<void> { await this.#writer.freshen() }

  /** Somebody shows another profile. */
  showed (key: Key): void {
    if (this.#roster.showed(key)) {
      this.changed()
    }
  }

  /** The log comes in. */
  progressed (items: SyncProgress): void { this.#sync.progressed(items) }
  /** All that a member had is here. */
  agreed (peer: Key): void { this.#sync.agreed(peer) }
  /** Another member refused this node. */
  refused (refusal: RefusalInit, by: Key): void { this.#sync.refused(refusal, by) }

  /** Members changed, maybe this node's own. */
  #follow (changes: readonly MemberChange[] = []): void {
    this.changed()
    this.#roster.changed(changes)
    const { role } = this

    if (role != null && !this.#belongs) {
      this.#sync.rejoined()
    }

    const ended = role == null && this.#belongs
    this.#belongs = role != null

    if (ended) {
      this.#listener?.onRemoved(this)
    }
  }

  protected override snapshot (): PartySnapshot {
    const { members } = this

    return { key: this.key, name: this.name, kind: this.kind, picture: this.picture, members, online: this.#roster.online(members), peers: this.peers, role: this.role, epoch: this.epoch, synced: this.synced, progress: this.#sync.progress }
  }
}
