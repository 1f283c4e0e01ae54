/** All invitations of a party that its log tells of, whoever made them; those of this node with what it alone knows. */
import { peerIdOf } from '../log/terms.js'
import { at } from '../async/clock.js'
import { Observable } from '../interface/observable.js'
import { invitationItem } from './invitation-item.js'
import { insertRow, pageOf } from './paging.js'
import { statusOf } from './status.js'
import type { Clock, Invitation, InvitationItem, InvitationList, InvitationPage, InvitationStatus, ListOptions } from '../interface/index.js'
import type { OwnInvitation } from './invitation-item.js'
import type { Row } from './paging.js'
import type { Key, LogEvents, MemberChange, MembershipLog, Op, OpId, PersonId } from '../log/index.js'
import type { PeerId } from '@libp2p/interface'

const DEFAULT_LIMIT = 50

export interface InvitationsComponents {
  log: MembershipLog
  clock: Clock
  /** An invitation of anyone has ended. */
  ended: (item: InvitationItem) => void
}

/** What is kept of each invitation: its item is made where it is shown, and lasts as long as someone holds it. */
interface Entry extends Row {
  readonly author: Key
  readonly speaker: PersonId
  /** 0: never */
  readonly expiresAt: number
  status: InvitationStatus
  /** Its end was told, or is history. */
  told: boolean
  item?: WeakRef<InvitationItem>
}

export class LocalInvitations extends Observable<readonly Invitation[]> implements InvitationList {
  readonly #components: InvitationsComponents
  readonly #own = new Map<OpId, OwnInvitation>()
  readonly #entries = new Map<OpId, Entry>()
  /** Oldest first. */
  readonly #rows: Entry[] = []
  /** By the person for whom they speak. */
  readonly #authors = new Map<PersonId, PeerId>()
  /** Not looked at since they changed. */
  readonly #stale = new Set<OpId>()
  /** This node's own among those that changed: not told yet. */
  readonly #followed = new Set<OwnInvitation>()
  /** Not told yet. */
  readonly #ended = new Set<Entry>()
  #mine: readonly Invitation[] | undefined
  #state: 'loading' | 'running' | 'stopped' = 'loading'
  #scheduled = false
  /** Was the log complete when it was last looked at? What comes before is history. */
  #synced = false
  /** When the next one expires, and what calls that off. */
  #deadline = Number.POSITIVE_INFINITY
  #callOff = (): void => {}

  constructor (components: InvitationsComponents) {
    super()
    this.#components = components
    const { log } = components
    const follow = ({ detail: { op } }: LogEvents['void' | 'unvoid']): void => { this.#follow(inviteOf(op)) }

    log.addEventListener('ops', ({ detail }) => { detail.forEach(op => { this.#follow(inviteOf(op)) }) })
    log.addEventListener('void', follow)
    log.addEventListener('unvoid', follow)
    log.addEventListener('members', ({ detail }) => { this.#followMembers(detail) })
  }

  /** This node's own are here: from now on changes and ends are told. What ended while it was stopped is history. */
  begin (): void {
    this.#state = 'loading'
    this.#mine = undefined
    this.reset()

    for (const { id } of this.#components.log.invites()) {
      this.#stale.add(id)
    }

    this.#refresh()
    this.#state = 'running'
    this.#notify()
  }

  stop (): void {
    this.#state = 'stopped'
    this.#callOff()
    this.#deadline = Number.POSITIVE_INFINITY
  }

  add (invitation: OwnInvitation): void {
    this.#own.set(invitation.id, invitation)
    this.refresh(invitation.id)
  }

  /** One of this node's own changed. */
  refresh (id: OpId): void {
    this.#mine = undefined
    this.reset()
    this.#touch(id)
  }

  /** The log told of something that this invitation may rest on. */
  #follow (id: OpId | undefined): void {
    const own = this.#own.get(id ?? '')
    this.#touch(id)

    if (own != null) {
      this.#followed.add(own)
    }
  }

  list ({ status = 'all', limit = DEFAULT_LIMIT, cursor, until }: ListOptions = {}): InvitationPage {
    this.#refresh()
    const { rows, nextCursor } = pageOf(this.#rows, { limit, cursor, until, matches: row => status === 'all' || row.status === status })

    return { items: rows.map(row => this.#itemOf(row)), ...(nextCursor == null ? {} : { nextCursor }) }
  }

  get (id: string): OwnInvitation | undefined {
    return this.#own.get(id)
  }

  protected override snapshot (): readonly Invitation[] {
    // others' changes leave it as it is
    this.#mine ??= [...this.#own.values()]

    return this.#mine
  }

  #touch (id: OpId | undefined): void {
    if (id != null) {
      this.#stale.add(id)
      this.#notify()
    }
  }

  /** Who loses, or regains, the right to invite takes their invitations along. */
  #followMembers (changes: MemberChange[]): void {
    const speakers = new Set(changes.map(({ person }) => person).filter(person => this.#authors.has(person)))

    if (speakers.size > 0) {
      this.#rows.forEach(({ id, speaker }) => { if (speakers.has(speaker)) { this.#follow(id) } })
    }
  }

  /** Tells once, of all that changes in this turn. */
  #notify (): void {
    if (this.#state !== 'running' || this.#scheduled) {
      return
    }

    this.#scheduled = true
    queueMicrotask(() => {
      this.#scheduled = false

      if (this.#state === 'running') {
        this.#refresh()
        this.#followed.forEach(own => { own.follow() })
        this.#followed.clear()
        this.changed()
        const ended = [...this.#ended].filter(({ status }) => status !== 'pending')
        this.#ended.clear()
        ended.forEach((entry) => {
          entry.told = true
          this.#components.ended(this.#itemOf(entry))
        })
      }
    })
  }

  /** Looks anew at all that changed. */
  #refresh (): void {
    const { log, clock } = this.#components
    const isHistory = this.#state !== 'running' || !this.#synced
    this.#synced = log.synced

    if (clock.now() >= this.#deadline) {
      this.#expire(clock.now())
    }

    for (const id of this.#stale) {
      const entry = this.#look(id)

      if (entry?.status === 'pending') {
        // its next end is another
        entry.told = false
      }

      if (entry == null || entry.status === 'pending' || entry.told) {
        continue
      }

      if (isHistory) {
        entry.told = true
      } else {
        this.#ended.add(entry)
      }
    }

    this.#stale.clear()
  }

  #look (id: OpId): Entry | undefined {
    const { log, clock } = this.#components
    const record = log.invite(id)
    let entry = this.#entries.get(id)

    if (record == null) {
      return undefined
    }

    if (entry == null) {
      const { author, speaker, createdAt, expiresAt } = record
      entry = { id, createdAt, author, speaker, expiresAt, status: 'pending', told: false, item: undefined }
      this.#entries.set(id, entry)
      insertRow(this.#rows, entry)

      if (!this.#authors.has(speaker)) {
        this.#authors.set(speaker, peerIdOf(log.firstKeyOf(speaker) ?? author))
      }
    }

    entry.item = undefined
    entry.status = statusOf(log, { invite: record, isOver: record.expiresAt !== 0 && clock.now() >= record.expiresAt, counted: this.#own.get(id)?.counted })

    if (entry.status === 'pending' && entry.expiresAt !== 0 && entry.expiresAt < this.#deadline) {
      this.#wakeAt(entry.expiresAt)
    }

    return entry
  }

  #itemOf (entry: Entry): InvitationItem {
    const held = entry.item?.deref()

    if (held != null) {
      return held
    }

    const { id, speaker, createdAt, expiresAt, status } = entry
    const item = invitationItem({ log: this.#components.log, id, createdAt, expiresAt, status, createdBy: this.#authors.get(speaker) as PeerId, own: this.#own.get(id) })
    entry.item = new WeakRef(item)

    return item
  }

  /** Marks those whose time is over, and waits for the next. */
  #expire (now: number): void {
    const waiting = this.#rows.filter(({ status, expiresAt }) => status === 'pending' && expiresAt !== 0)
    waiting.forEach(({ id, expiresAt }) => { if (expiresAt <= now) { this.#stale.add(id) } })
    this.#wakeAt(waiting.reduce((next, { expiresAt }) => expiresAt > now ? Math.min(next, expiresAt) : next, Number.POSITIVE_INFINITY))
  }

  #wakeAt (moment: number): void {
    this.#callOff()
    this.#deadline = moment

    if (moment !== Number.POSITIVE_INFINITY && this.#state !== 'stopped') {
      this.#callOff = at(this.#components.clock, moment, () => { this.#notify() })
    }
  }
}

/** The invitation that an op is about. */
function inviteOf (op: Op): OpId | undefined {
  switch (op.kind) {
    case 'INVITE': return op.id
    case 'ADMIT':
    case 'LINK':
    case 'REVOKE': return op.payload.invite
    default: return undefined
  }
}
