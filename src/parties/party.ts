/** One party as its node has it: the log's view, and this node's invitations. */
import { bytesToHex, randomBytes } from '@noble/hashes/utils.js'
import { createPin, DEFAULT_PIN, encodeCode, isPinShape } from '../codec/index.js'
import { NotPermittedError } from '../errors.js'
import { DEFAULT_ATTEMPTS, DEFAULT_LIFETIME, lookupIdOf, SECRET_LENGTH } from '../invitation/index.js'
import { mayInvite, rankOf } from '../log/index.js'
import { LocalInvitation } from '../admission/invitation.js'
import { LocalInvitations } from '../admission/invitations.js'
import { KIND_DEFAULTS } from '../interface/index.js'
import { Observable } from '../observable.js'
import { memberOf, peerIdOf } from './peers.js'
import { protect } from './protect.js'
import { encodeInvitation, invitationKey } from '../admission/records.js'
import type { ChangeResult, Clock, InvitationItem, InviteOptions, Member, Party, PartyKind, PartySnapshot, Profile, ProtectOptions, Role, SyncProgress, VoidedOp } from '../interface/index.js'
import type { ProtectComponents } from './protect.js'
import type { InvitationRecord } from '../admission/records.js'
import type { LogEvents, MemberKey, MembershipLog, Payloads } from '../log/index.js'
import type { AbortOptions, PeerId } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { Datastore } from 'interface-datastore'

/** The last moment that a code can carry, ms since 1970: 48 bits. */
const LAST_MOMENT = 2 ** 48 - 1

/** Wrong PINs that an invitation may allow, at most: a 6-digit PIN falls to half a million. */
const MAX_ATTEMPTS = 10

const MAX_USES = 10_000

/** How long a change of membership waits for what others have, ms. */
const CATCH_UP_TIMEOUT = 3_000

export interface PartyComponents extends ProtectComponents {
  peerId: PeerId
  datastore: Datastore
  clock: Clock
  /** Where this node can be dialled now. */
  addresses: () => Multiaddr[]
  /** This node's signed profile record. */
  profile: () => Uint8Array
  /** What a member shows of themselves. */
  profileOf: (key: MemberKey) => Profile
  /** Waits, a little, for what connected members have. */
  catchUp: (log: MembershipLog, timeout: number, signal?: AbortSignal) => Promise<void>
  /** This node is not a member any more. */
  removed: (party: LocalParty) => void
  /** Serves a new invitation. */
  serve: (invitation: LocalInvitation) => void
  linkBase?: string
  shortCode: (invitation: LocalInvitation) => string | undefined
  publish: (invitation: LocalInvitation, options?: AbortOptions) => Promise<string>
  changed: (invitation: LocalInvitation) => void
  ended: (party: LocalParty, item: InvitationItem) => void
}

export class LocalParty extends Observable<PartySnapshot> implements Party {
  readonly invitations: LocalInvitations
  readonly log: MembershipLog
  readonly #components: PartyComponents
  #progress: SyncProgress | undefined

  /** Set once what others have of this node's own ops was asked for: a store that came back older must not fork its chain. */
  #fresh: Promise<void> | undefined

  constructor (components: PartyComponents, log: MembershipLog, isNew: boolean) {
    super()
    this.#fresh = isNew ? Promise.resolve() : undefined
    this.log = log
    this.#components = components
    this.invitations = new LocalInvitations({ log, clock: components.clock, ended: item => { components.ended(this, item) } })
    log.addEventListener('ops', ({ detail }) => {
      this.changed()

      for (const op of detail) {
        if (op.kind === 'REVOKE' && op.author !== log.self) {
          this.invitations.get(op.payload.invite)?.overrule()
        }
      }
    })
    log.addEventListener('members', () => { this.#follow() })
  }

  get key (): string { return this.log.key }
  get name (): string { return this.log.name }
  get kind (): PartyKind { return this.log.kind }
  get picture (): string | undefined { return this.log.picture }
  get self (): PeerId { return this.#components.peerId }
  get role (): Role | undefined { return this.log.member(this.log.self)?.role }
  get members (): readonly Member[] { return this.getSnapshot().members }
  get ownProfile (): Uint8Array { return this.#components.profile() }

  async invite (options: InviteOptions = {}): Promise<LocalInvitation> {
    const { peerId, clock } = this.#components
    const { role = KIND_DEFAULTS[this.kind].role, attempts = DEFAULT_ATTEMPTS, approval = options.approve != null, signal } = options
    const uses = options.uses ?? (options.to == null ? KIND_DEFAULTS[this.kind].uses : 1)
    const shape = options.pin === false ? false : { ...DEFAULT_PIN, ...options.pin }
    const target = options.to == null ? undefined : memberOf(options.to)
    const createdAt = clock.now()
    const expiresAt = deadlineOf(options.expiration, createdAt)

    inRange('uses', uses, MAX_USES)
    inRange('attempts', attempts, MAX_ATTEMPTS)

    if (shape !== false && !isPinShape(shape)) {
      throw new RangeError('A PIN has 4 to 32 characters, of 2 to 64 different ones that stay as they are when typed; or pin: false')
    }

    if (target != null && (uses !== 1 || this.log.member(target) != null)) {
      throw new RangeError('An invitation to one peer has one use, and that peer is not a member yet')
    }

    if (!mayInvite(this.kind, this.role, role)) {
      throw new NotPermittedError(`${this.role == null ? 'Who is not a member' : `A member of role ${this.role}`} may not invite to ${role}; ask an owner or an admin`)
    }

    await this.freshen()
    const secret = randomBytes(SECRET_LENGTH)
    const code = encodeCode({ secret, inviter: peerId, addresses: this.#components.addresses(), expiresAt })
    let record: InvitationRecord | undefined

    await this.log.append('INVITE', { lookupId: bytesToHex(lookupIdOf(secret)), role, uses, createdAt, expiresAt: expiresAt ?? 0, target }, {
      signal,
      with: (batch, { id }) => {
        record = {
          party: this.key, id, secret, pin: shape === false ? '' : createPin(shape), shape, code, role, createdAt, attempts, target, approval,
          ledger: { status: 'pending', attemptsLeft: attempts, starts: 0, uses, used: 0, expiresAt }
        }
        batch.put(invitationKey(record), encodeInvitation(record))
      }
    })

    const invitation = this.load(record as unknown as InvitationRecord)
    invitation.on(options)
    await invitation.start()

    return invitation
  }

  async remove (member: PeerId, options: AbortOptions = {}): Promise<ChangeResult> {
    return this.#change('REMOVE', { member: memberOf(member) }, options)
  }

  async setRole (member: PeerId, role: Role, options: AbortOptions = {}): Promise<ChangeResult> {
    return this.#change('SET_ROLE', { member: memberOf(member), role }, options)
  }

  async leave (options: AbortOptions = {}): Promise<void> {
    await this.#change('LEAVE', {}, options)
  }

  async readopt (admit: string, options: AbortOptions = {}): Promise<void> {
    await this.#change('READOPT', { admit }, options)
  }

  async revoke (invitation: string, { reason = '', ...options }: AbortOptions & { reason?: string } = {}): Promise<void> {
    const own = this.invitations.get(invitation)

    if (own != null) {
      await own.cancel(options)
    } else {
      await this.#change('REVOKE', { invite: invitation, reason }, options)
    }
  }

  async protect (protocol: string, { role = 'reader' }: ProtectOptions = {}): Promise<() => Promise<void>> {
    return protect(this.#components, this.log, protocol, role)
  }

  /** An invitation from its record, served from now on. */
  load (record: InvitationRecord): LocalInvitation {
    const invitation = new LocalInvitation(this.#components, this, record)
    this.invitations.add(invitation)
    this.#components.serve(invitation)
    invitation.subscribe(() => { this.#components.changed(invitation) })

    return invitation
  }

  profileOf (key: MemberKey): Profile {
    return this.#components.profileOf(key)
  }

  /** A profile changed. */
  refresh (): void {
    this.changed()
  }

  /** The log comes in. */
  progressed ({ done, all }: SyncProgress): void {
    this.#progress = done < all ? { done, all } : undefined
    this.changed()
  }

  /** Once after a start, before the first op of this node: waits, a little, for its newest ones from others. */
  async freshen (): Promise<void> {
    this.#fresh ??= this.#components.catchUp(this.log, CATCH_UP_TIMEOUT)
    await this.#fresh
  }

  /** Writes a change on top of all that connected members have, and tells what it voided. */
  async #change <K extends 'REMOVE' | 'SET_ROLE' | 'LEAVE' | 'READOPT' | 'REVOKE'> (kind: K, payload: Payloads[K], options: AbortOptions): Promise<ChangeResult> {
    await this.#components.catchUp(this.log, CATCH_UP_TIMEOUT, options.signal)

    const voided: VoidedOp[] = []
    const remember = ({ detail }: LogEvents['void']): void => { voided.push(voidedOf(detail)) }
    this.log.addEventListener('void', remember)

    try {
      await this.log.append(kind, payload, options)
    } finally {
      this.log.removeEventListener('void', remember)
    }

    return { voided }
  }

  /** The log took a right away: what rested on it ends. */
  #follow (): void {
    this.changed()
    const { role } = this

    for (const invitation of this.invitations.own()) {
      if (invitation.status === 'pending' && !mayInvite(this.kind, role, invitation.role)) {
        invitation.overrule()
      }
    }

    if (role == null) {
      this.#components.removed(this)
    }
  }

  protected override snapshot (): PartySnapshot {
    const self = memberOf(this.self)
    const members = [...this.log.members()]
      .sort((a, b) => rankOf(a.role) - rankOf(b.role))
      .map(({ key, role, invitedBy }): Member => ({ peerId: peerIdOf(key), role, profile: this.#components.profileOf(key), invitedBy: invitedBy == null ? undefined : peerIdOf(invitedBy), self: key === self }))

    return { key: this.key, name: this.name, kind: this.kind, members, role: this.role, synced: this.log.synced, progress: this.#progress }
  }
}

/** A void op as apps see it. */
export function voidedOf ({ op, reason }: LogEvents['void']['detail']): VoidedOp {
  const member = 'member' in op.payload ? op.payload.member : undefined

  return { id: op.id, kind: op.kind, author: peerIdOf(op.author), member: member == null ? undefined : peerIdOf(member), reason }
}

function inRange (what: string, value: number, max: number): void {
  if (!Number.isInteger(value) || value < 1 || value > max) {
    throw new RangeError(`An invitation's ${what} is a whole number from 1 to ${max}`)
  }
}

/** @throws {RangeError} A past or nonsensical date. */
function deadlineOf (expiration: InviteOptions['expiration'], now: number): number | undefined {
  if (expiration === 'never') {
    return undefined
  }

  const moment = expiration == null ? now + DEFAULT_LIFETIME : Math.floor(Number(expiration))

  if (!(moment > now && moment <= LAST_MOMENT)) {
    throw new RangeError('An invitation\'s expiration is a Date, or ms since 1970 as Date.now() gives, in the future; or \'never\'')
  }

  return moment
}
