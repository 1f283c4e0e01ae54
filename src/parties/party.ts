/** One party as its node has it: the log's view, and this node's invitations. */
import { LocalInvitations } from '../admission/invitations.js'
import { LastOwnerError, NotMemberError, NotPermittedError, PartyForgottenError } from '../errors.js'
import { copyOf, keyOf, peerIdOf } from '../log/terms.js'
import { obeying } from '../obeying.js'
import { Observable } from '../observable.js'
import { RefusalCode } from '../sync/refusal.js'
import { MemberChanges } from './member-changes.js'
import { MemberList } from './member-list.js'
import { assertInfo, assertMayName } from './info.js'
import { assertMayChange, ownPerson, personNamed, rolesFor } from './named.js'
import { Presence } from '../meeting/presence.js'
import { roleOf } from '../meeting/role.js'
import type { Admission, InvitingParty } from '../admission/index.js'
import type { Clock } from '../clock.js'
import type { DamagedRecordError } from '../errors.js'
import type { DisplayNames } from './display-names.js'
import type { Agreement, ChangeResult, DeliveryOptions, ForgetOptions, HandleOptions, Invitation, InvitationItem, InviteOptions, LeaveOptions, Member, Opened, OpenStreamOptions, PartyEpoch, PartyInfo, PartyKind, PartySnapshot, Profile, ProtectOptions, Refused, Role, SealOptions, SyncProgress, VoidedOp } from '../interface/index.js'
import type { EpochSecret } from '../keys/index.js'
import type { Key, LogEvents, MakeRekey, MemberChange, MembershipLog, Op, Payloads, PersonId, WriteOptions } from '../log/index.js'
import type { MemberNetwork } from './member-network.js'
import type { PartyKeys } from './party-keys.js'
import type { RefusalInit } from '../sync/index.js'
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
  network: MemberNetwork
  openKeys: (log: MembershipLog, catchUp: () => Promise<void>) => Promise<PartyKeys>
  /** Resolves when the node's parties are loaded. @throws {NotStartedError} */
  ready: (options?: AbortOptions) => Promise<void>
  /** Aborts when the node stops. */
  running: () => AbortSignal
  connectionManager: ConnectionManager
  events: TypedEventTarget<Libp2pEvents>
}

/** What a party tells its service. */
export interface PartyInit {
  log: MembershipLog
  /** `new`: no older store of it can have come back. */
  origin: 'new' | 'stored'
  /** This node is not a member any more. */
  onRemoved: (party: LocalParty) => void
  onInvitationEnd: (party: LocalParty, item: InvitationItem) => void
  /** Who came, went, or has another role: `before` and `after`, undefined where it is none. */
  onMember: (party: LocalParty, member: Member, before: Role | undefined, after: Role | undefined) => void
  /** A member has one more device, or one less. */
  onDevice: (party: LocalParty, member: Member, device: PeerId, isLinked: boolean) => void
  /** Takes the party out of the node, and its store. */
  onForget: (party: LocalParty, options: ForgetOptions) => Promise<void>
  /** Somebody else can be reached now, or not any more. */
  onPresence: (party: LocalParty, member: Member) => void
  /** The party's key is another, or it is owed. */
  onEpoch: (party: LocalParty, epoch: PartyEpoch) => void
}

export class LocalParty extends Observable<PartySnapshot> implements InvitingParty {
  readonly invitations: LocalInvitations
  readonly log: MembershipLog
  readonly names: DisplayNames
  readonly #components: PartyComponents
  readonly #onRemoved: PartyInit['onRemoved']
  readonly #onMember: PartyInit['onMember']
  readonly #onDevice: PartyInit['onDevice']
  readonly #onForget: PartyInit['onForget']
  readonly #onEpoch: PartyInit['onEpoch']
  readonly #members: MemberList
  readonly #changes: MemberChanges
  readonly #presence: Presence
  readonly #life = new AbortController()
  #keys: Promise<PartyKeys> | undefined
  #epoch: PartyEpoch
  #online: readonly Member[] | undefined
  #progress: SyncProgress | undefined
  #agreed: Agreement | undefined
  /** Was this node a member when it was last looked? */
  #belongs: boolean
  /** Who refused this node, and why, since it became a member. */
  readonly #refusals = new Set<string>()

  /** Set once what others have of this node's own ops was asked for: a store that came back older must not fork its chain. */
  #fresh: Promise<void> | undefined

  constructor (components: PartyComponents, { log, origin, onRemoved, onInvitationEnd, onMember, onDevice, onForget, onPresence, onEpoch }: PartyInit) {
    super()
    this.#fresh = origin === 'new' ? Promise.resolve() : undefined
    this.#onRemoved = onRemoved
    this.#onMember = onMember
    this.#onDevice = onDevice
    this.#onForget = onForget
    this.#onEpoch = onEpoch
    this.log = log
    // before what is stored of the key is read
    this.#epoch = { owed: false, history: log.sharesHistory }
    this.names = components.names
    this.#components = components
    this.#belongs = log.member(log.self) != null
    // before what is told of: who listens reads them as they are then
    this.#members = new MemberList(log, components.names, person => this.#isOnline(person))
    this.#presence = new Presence({
      log,
      connectionManager: components.connectionManager,
      events: components.events,
      signal: this.life,
      onChange: (person) => {
        this.#members.met(person)
        this.changed()
        const member = this.#memberOf(person)

        if (member?.self === false) {
          onPresence(this, member)
        }
      },
      onDevice: () => { this.changed() }
    })
    this.#changes = new MemberChanges(log)
    this.invitations = new LocalInvitations({ log, clock: components.clock, ended: item => { onInvitationEnd(this, item) } })
    log.addEventListener('ops', () => { this.changed() })
    this.names.addEventListener('change', ({ detail: { key } }) => { this.showed(key) })
    log.addEventListener('members', ({ detail }) => { this.#follow(detail) })
    // where the disk fails, the next call that needs it tells
    this.#exchange().catch(() => {})
  }

  /** Its key, once what is stored of it is read. @throws {StorageError} */
  async keys (): Promise<PartyKeys> {
    this.#keys ??= this.#components.openKeys(this.log, async () => this.#catchUp()).then((keys) => {
      keys.addEventListener('epoch', () => { this.#showEpoch(keys.epoch) })
      this.#showEpoch(keys.epoch)

      return keys
    }, (err: unknown) => {
      this.#keys = undefined
      throw err
    })

    return this.#keys
  }

  /** The first one of a new party: where that fails it is made later. */
  async beginKey (): Promise<void> {
    await this.keys().then(async ({ rotations }) => rotations?.begin()).catch(() => {})
  }

  /** Makes the REKEY behind what takes somebody out, in its batch; undefined: a home has none, or what is stored of the key cannot be read. */
  async rotation (): Promise<MakeRekey | undefined> {
    return this.keys().then(({ rotations }) => rotations?.make, () => undefined)
  }

  async secrets (): Promise<readonly EpochSecret[]> {
    // who is given none asks for them
    const keyring = (await this.keys().catch(() => undefined))?.keyring

    return keyring?.secretsOf(keyring.rekeys) ?? []
  }

  /** Keeps secrets that a member gave: unused until they are checked. Where that fails they are asked for. */
  async take (secrets: readonly EpochSecret[]): Promise<void> {
    if (secrets.length > 0) {
      await this.keys().then(async ({ keyring }) => keyring.add(secrets)).catch(() => {})
    }
  }

  /** Members are asked for what is missing of it, and answered. */
  async #exchange (): Promise<void> {
    const keys = await this.keys()
    const { network, running } = this.#components
    await network.exchange(keys, { signal: AbortSignal.any([running(), this.life]) })
  }

  #showEpoch (epoch: PartyEpoch): void {
    this.#epoch = epoch
    this.changed()
    this.#onEpoch(this, epoch)
  }

  /** The node starts again: this party goes on with what is stored. @returns Display names that cannot be read @throws {StorageError} */
  async resume (): Promise<DamagedRecordError[]> {
    await this.log.reopen()
    const damaged = await this.names.load()
    damaged.push(...await this.#keys?.then(async keys => keys.reopen()) ?? [])
    await this.#exchange()
    this.#fresh = undefined
    this.#presence.reset()
    this.#members.reset()
    this.#changes.reset()
    this.#follow()

    return damaged
  }

  /** The node stops: what was being written is written when it resolves; this party shows what it knows, and writes nothing more. */
  async stop (): Promise<void> {
    this.invitations.stop()
    await this.log.close()
    await this.#keys?.then(async keys => keys.close(), () => {})
    this.#progress = undefined
    this.#agreed = undefined
    this.changed()
  }

  /**
   * It is none of this node's any more: what listens to its log hears that there is no member, what is open ends, and
   * nothing is written when it resolves.
   */
  async forgotten (): Promise<void> {
    this.#life.abort(new PartyForgottenError())
    this.invitations.stop()
    await this.log.close()
    await this.#keys?.then(async keys => keys.close(), () => {})
    this.log.safeDispatchEvent('members', { detail: [] })
    this.#progress = undefined
    this.#agreed = undefined
    this.changed()
  }

  /** Aborts when it is forgotten. */
  get life (): AbortSignal { return this.#life.signal }
  get isForgotten (): boolean { return this.life.aborted }
  get key (): string { return this.log.key }
  get name (): string { return this.log.info()?.payload.name ?? this.log.name }
  get kind (): PartyKind { return this.log.kind }
  get picture (): string | undefined { return (this.log.info() ?? this.log.genesis).payload.picture }
  get app (): Uint8Array | undefined { return copyOf(this.log.genesis.payload.app) }
  get self (): PeerId { return this.#components.peerId }
  get epoch (): PartyEpoch { return this.#epoch }
  get role (): Role | undefined { return this.isForgotten ? undefined : this.log.member(this.log.self)?.role }
  get members (): readonly Member[] { return this.isForgotten ? NOBODY : this.#members.all }
  get online (): readonly Member[] { return this.getSnapshot().online }
  get peers (): readonly PeerId[] { return this.isForgotten ? NOBODY : this.#presence.peers }
  get synced (): Agreement | undefined { return this.log.synced ? this.#agreed : undefined }

  async invite (options: InviteOptions = {}): Promise<Invitation> {
    return this.#call(options, async () => this.#components.admission.invite(this, options))
  }

  async remove (member: PeerId | Member, options: AbortOptions = {}): Promise<ChangeResult> {
    const person = personNamed(this.log, member)

    return this.#change('REMOVE', () => {
      assertMayChange(this.log, person)

      return { person }
    }, options)
  }

  async setRole (member: PeerId | Member, role: Role, options: AbortOptions = {}): Promise<ChangeResult> {
    const person = personNamed(this.log, member)

    return this.#change('SET_ROLE', () => {
      assertMayChange(this.log, person, role)

      return { person, role }
    }, options)
  }

  async setInfo (info: PartyInfo, options: AbortOptions = {}): Promise<void> {
    assertInfo(info)
    await this.#change('INFO', () => {
      assertMayName(this.log)
      const { name = this.name, picture = this.picture } = info

      return { name, ...(picture == null ? {} : { picture }) }
    }, options)
  }

  async forget (options: ForgetOptions = {}): Promise<void> {
    await obeying(options, async () => this.#onForget(this, options))
  }

  async leave ({ insist = false, member, ...options }: LeaveOptions = {}): Promise<void> {
    await this.#call(options, async () => {
      const speaker = ownPerson(this.log, member)
      const owners = [...this.log.members()].filter(({ role }) => role === 'owner')

      if (!insist && this.kind !== 'contact' && owners.length === 1 && owners[0]?.person === speaker && this.log.memberCount > 1) {
        throw new LastOwnerError()
      }

      await this.#change('LEAVE', () => ({}), { ...options, speaker })
    })
  }

  async setDisplayName (name: string, options: AbortOptions = {}): Promise<void> {
    await this.#call(options, async () => {
      if (this.role == null) {
        throw new NotMemberError('This node is no member of the party any more, and is called nothing there')
      }

      const own = this.log.member(this.log.self)

      if (own?.key !== this.log.self && own?.recovery == null) {
        throw new NotPermittedError('What a person without recovery words is called is signed by the device that it joined with; say it there')
      }

      await this.names.setOwn(name, own.recovery)
    })
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

  async readopt (admit: string, options: AbortOptions = {}): Promise<void> {
    await this.#change('READOPT', () => ({ admit }), options)
  }

  async revoke (invitation: string, { reason = '', ...options }: AbortOptions & { reason?: string } = {}): Promise<void> {
    await this.#call(options, async () => {
      const own = this.invitations.get(invitation)

      if (own != null) {
        await own.cancel(options)
      } else {
        await this.#change('REVOKE', () => ({ invite: invitation, reason }), options)
      }
    })
  }

  roleOf (peer: PeerId): Role | undefined {
    return this.isForgotten ? undefined : roleOf(this.log, peer)
  }

  memberOf (peer: PeerId): Member | undefined {
    const record = peer.type === 'Ed25519' && !this.isForgotten ? this.log.member(keyOf(peer)) : undefined

    return record == null ? undefined : this.#members.get(record.person)
  }

  async connected (peer: PeerId, options: AbortOptions = {}): Promise<void> {
    await this.#call(options, async () => {
      if (this.roleOf(peer) == null) {
        throw new NotMemberError()
      }

      if (keyOf(peer) !== this.log.self) {
        const { network, running } = this.#components
        await network.reach(keyOf(peer), { signal: AbortSignal.any([running(), this.life, ...options.signal == null ? [] : [options.signal]]) })
      }
    })
  }

  async handle (protocol: string | string[], handler: StreamHandler, options?: HandleOptions): Promise<void> {
    await obeying(options, async () => {
      this.life.throwIfAborted()
      const streams = await this.#components.network.streams()
      options?.signal?.throwIfAborted()
      await Promise.all([protocol].flat().map(async protocol => streams.handle(this.log, protocol, handler, options)))
    })
  }

  async unhandle (protocol: string | string[], options?: AbortOptions): Promise<void> {
    await obeying(options, async () => {
      const streams = await this.#components.network.streams()
      await Promise.all([protocol].flat().map(async protocol => streams.unhandle(this.key, protocol, options)))
    })
  }

  async newStream (peer: PeerId, protocol: string | string[], options?: OpenStreamOptions): Promise<Stream> {
    return this.#call(options, async () => {
      const streams = await this.#components.network.streams()

      return streams.open(this.log, peer, protocol, options)
    })
  }

  async protect (protocol: string, { role = 'reader', signal }: ProtectOptions = {}): Promise<() => Promise<void>> {
    return obeying({ signal }, async () => {
      this.life.throwIfAborted()
      const protection = await this.#components.network.protection()
      signal?.throwIfAborted()
      const unprotect = protection.protect(this.log, protocol, role)

      return async () => { unprotect() }
    })
  }

  /** Somebody shows another profile. */
  showed (key: Key): void {
    if (this.#members.showed(key)) {
      this.changed()
    }
  }

  /** The log comes in. */
  progressed ({ done, all }: SyncProgress): void {
    this.#progress = done < all ? { done, all } : undefined
    this.changed()
  }

  /** All that a member had is here. */
  agreed (peer: Key): void {
    this.#agreed = { at: this.#components.clock.now(), peer: peerIdOf(peer) }
    this.changed()
  }

  /** Has another node of this key this one's place at that member? */
  isTaken ({ code }: RefusalInit): boolean {
    return code === RefusalCode.DUPLICATE
  }

  /** Another member refused this node: what an app is told of that, once. */
  refused ({ code, because = '', ops = [] }: RefusalInit, by: Key): Refused | undefined {
    const reason = code === RefusalCode.REMOVED ? 'removed' : code === RefusalCode.VOID ? 'void' : undefined
    const said = `${by} ${reason}`

    // who does not know this node yet, or has a stream already, says nothing of its membership
    if (reason == null || this.#refusals.has(said)) {
      return undefined
    }

    this.#refusals.add(said)

    return { member: peerIdOf(by), reason, ops, ...(reason === 'void' && /^[a-z-]+$/.test(because) ? { because } : {}) }
  }

  /** Once after a start, before the first op of this node: waits, a little, for its newest ones from others; of who has just joined, for all of it. */
  async freshen (): Promise<void> {
    this.#fresh ??= this.#catchUp()
    await this.#fresh
    await (this.log.synced || this.#catchUp())
  }

  async #catchUp (options?: AbortOptions): Promise<void> {
    await this.#components.network.sync.catchUp(this.key, CATCH_UP_TIMEOUT, options)
  }

  /**
   * Writes a change on top of all that connected members have, and tells what it voided.
   *
   * @param payload - Of what is here by then; it throws where that does not allow it
   */
  async #change <K extends 'REMOVE' | 'SET_ROLE' | 'LEAVE' | 'READOPT' | 'REVOKE' | 'INFO'> (kind: K, payload: () => Payloads[K], options: AbortOptions & Pick<WriteOptions, 'speaker'>): Promise<ChangeResult> {
    return this.#call(options, async () => {
      await this.#catchUp(options)
      this.life.throwIfAborted()

      const voided: VoidedOp[] = []
      const remember = ({ detail }: LogEvents['void']): void => { voided.push(voidedOf(this.log, detail)) }
      this.log.addEventListener('void', remember)

      try {
        const rekey = await this.rotation()
        await this.log.append(kind, payload(), { ...options, rekey })
      } catch (err) {
        // then the log says that it is closed
        this.life.throwIfAborted()
        throw err
      } finally {
        this.log.removeEventListener('void', remember)
      }

      return { voided }
    })
  }

  /** A call that waits until the parties are loaded. */
  async #call <T> (options: AbortOptions | undefined, work: () => Promise<T>): Promise<T> {
    return obeying(options, async () => {
      this.life.throwIfAborted()
      await this.#components.ready(options)
      options?.signal?.throwIfAborted()
      this.life.throwIfAborted()

      return work()
    })
  }

  /** Members changed, maybe this node's own. */
  #follow (changes: readonly MemberChange[] = []): void {
    this.changed()
    this.#tellChanges(changes)
    const { role } = this

    if (role != null && !this.#belongs) {
      this.#refusals.clear()
    }

    const ended = role == null && this.#belongs
    this.#belongs = role != null

    if (ended) {
      this.#onRemoved(this)
    }
  }

  #tellChanges (changes: readonly MemberChange[]): void {
    for (const { person, before, after, linked, unlinked } of this.#changes.take(changes)) {
      const key = this.log.firstKeyOf(person)
      const role = after ?? before

      if (key != null && role != null) {
        const member = this.#members.memberOf({ person, key, role, invitedBy: this.log.member(person)?.invitedBy })
        linked.forEach((device) => { this.#onDevice(this, member, peerIdOf(device), true) })
        unlinked.forEach((device) => { this.#onDevice(this, member, peerIdOf(device), false) })

        if (before !== after) {
          this.#onMember(this, member, before, after)
        }
      }
    }
  }

  /** This node's own person is as online as the node. */
  #isOnline (person: PersonId): boolean {
    return this.#presence.has(person) || this.log.membersOf(this.log.self).some(member => member.person === person)
  }

  /** A person as its member is, or was. */
  #memberOf (person: PersonId): Member | undefined {
    const record = this.log.member(person)
    const key = this.log.firstKeyOf(person)

    return record == null && key == null ? undefined : this.#members.memberOf(record ?? { person, key: key ?? '', role: 'reader' })
  }

  protected override snapshot (): PartySnapshot {
    const { members } = this
    const online = members.filter(({ online, self }) => online && !self)

    // the same array while it is: who follows it alone is not told of more
    if (this.#online?.length !== online.length || online.some((member, place) => member !== this.#online?.[place])) {
      this.#online = online
    }

    return { key: this.key, name: this.name, kind: this.kind, picture: this.picture, members, online: this.#online, peers: this.peers, role: this.role, epoch: this.epoch, synced: this.synced, progress: this.#progress }
  }
}

/** A void op as apps see it. */
export function voidedOf (log: MembershipLog, { op, reason }: LogEvents['void']['detail']): VoidedOp {
  const member = aboutOf(log, op)

  return { id: op.id, kind: op.kind, author: peerIdOf(op.author), member: member == null ? undefined : peerIdOf(member), reason }
}

/** The first key of whom an op is about. */
function aboutOf (log: MembershipLog, op: Op): Key | undefined {
  switch (op.kind) {
    case 'ADMIT': return op.payload.first
    case 'REMOVE':
    case 'SET_ROLE': return log.firstKeyOf(op.payload.person)
    case 'LEAVE': return log.firstKeyOf(op.speaker ?? '') ?? op.author
    case 'READOPT': {
      const admit = log.get(op.payload.admit)

      return admit?.kind === 'ADMIT' ? admit.payload.first : undefined
    }
    default: return undefined
  }
}
