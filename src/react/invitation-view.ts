/** What one hook shows of a party's invitations: the pages asked for, live, and the optimistic changes over them. */
import { Listeners } from '../interface/observable.js'
import type { InvitationFeed } from './feed.js'
import type { InvitationItem, InvitationList, InvitationStatus } from '../interface/index.js'

/** Must be pure: it is applied again whenever what lies under it changes. */
export type Updater = (previous: readonly InvitationItem[]) => readonly InvitationItem[]

/** A live list of invitations, and what to do with them. */
export interface UseInvitationsResult {
  /** Newest first. Live: rows come, change and go by themselves, also when they expire. */
  invitations: readonly InvitationItem[]
  /** Until the party is there, or is known not to be. */
  loading: boolean
  loadingMore: boolean
  /** Are there any after those shown? */
  hasMore: boolean
  /** What failed last. It is tried again by itself, and by `refetch`. */
  error?: Error
  /** Back to the first page. Never rejects. */
  refetch: () => Promise<void>
  /** One page more; while one is under way, and after the last, nothing. Never rejects. */
  fetchMore: () => Promise<void>
  /**
   * Shows a change before it is made.
   *
   * @returns What takes back this change alone, in any order, and nothing of what came meanwhile. A change that the list itself shows by then is over by itself.
   */
  applyOptimistic: (updater: Updater) => () => void
}

export type Feed = Pick<InvitationFeed, keyof InvitationFeed>

interface Change {
  updater: Updater
  /** Has it ever changed anything? */
  worked: boolean
}

/** The most that one call of `list` gives. */
const CHUNK = 1000

export class InvitationView {
  readonly #feed: Feed
  readonly #status: InvitationStatus | 'all'
  readonly #limit: number
  readonly #listeners = new Listeners()
  readonly #initial: UseInvitationsResult
  #result: UseInvitationsResult
  #changes: readonly Change[] = []
  #unsubscribe = (): void => {}
  /** The feed's, when it was last read. */
  #seen: { list: InvitationList | undefined, version: number } | undefined
  #base: readonly InvitationItem[] = []
  /** Asked for; 0: none was read. */
  #pages = 0
  /** Where the last of them ends; undefined: with the list. */
  #end: string | undefined
  #more: Promise<void> | undefined
  #failure: Error | undefined

  constructor (feed: Feed, status: InvitationStatus | 'all', limit: number) {
    this.#feed = feed
    this.#status = status
    this.#limit = limit
    const { refetch, fetchMore, applyOptimistic } = this
    this.#initial = { invitations: [], loading: true, loadingMore: false, hasMore: false, error: undefined, refetch, fetchMore, applyOptimistic }
    this.#result = this.#initial
  }

  shows (feed: Feed, status: InvitationStatus | 'all', limit: number): boolean {
    return this.#feed === feed && this.#status === status && Object.is(this.#limit, limit)
  }

  subscribe = (listener: () => void): (() => void) => {
    if (this.#listeners.size === 0) {
      this.#unsubscribe = this.#feed.subscribe(() => { this.#listeners.tell() })
    }

    const remove = this.#listeners.add(listener)

    return () => {
      remove()

      if (this.#listeners.size === 0) {
        this.#unsubscribe()
      }
    }
  }

  getSnapshot = (): UseInvitationsResult => {
    const { list, version } = this.#feed

    if (this.#seen?.list !== list || this.#seen?.version !== version) {
      this.#seen = { list, version }
      this.#read(list)
    }

    return this.#result
  }

  /** On a server, and while a page is hydrated. */
  getServerSnapshot = (): UseInvitationsResult => this.#initial

  refetch = async (): Promise<void> => {
    this.#pages = 0
    this.#failure = undefined
    this.#more = undefined
    await this.#feed.reload()
    this.#again()
  }

  fetchMore = async (): Promise<void> => {
    if (this.#more == null && this.getSnapshot().hasMore) {
      const more = Promise.resolve().then(() => {
        if (this.#more === more) {
          this.#more = undefined
          this.#again((list) => {
            this.#end = list.list({ status: this.#status, limit: this.#limit, cursor: this.#end }).nextCursor
            this.#pages++
          })
        }
      })
      this.#more = more
      this.#show(this.#result.hasMore)
      this.#listeners.tell()
    }

    await this.#more
  }

  applyOptimistic = (updater: Updater): (() => void) => {
    const change: Change = { updater, worked: false }
    this.#changes = [...this.#changes, change]
    this.#again()

    return () => {
      if (this.#changes.includes(change)) {
        this.#changes = this.#changes.filter(other => other !== change)
        this.#again()
      }
    }
  }

  #again (before?: (list: InvitationList) => void): void {
    this.#read(this.#feed.list, before)
    this.#listeners.tell()
  }

  #read (list: InvitationList | undefined, before?: (list: InvitationList) => void): void {
    if (list == null) {
      const { error } = this.#feed

      if (error != null) {
        this.#feed.failed()
      }

      this.#show(false, error)

      return
    }

    try {
      before?.(list)
      this.#base = this.#shown(list)
      const hasMore = this.#end != null && list.list({ status: this.#status, limit: 1, cursor: this.#end }).items.length > 0
      this.#feed.succeeded()
      this.#show(hasMore)
    } catch (err) {
      // another limit is another view
      if (!(err instanceof RangeError)) {
        this.#feed.failed()
      }

      // what was shown stays
      this.#show(this.#result.hasMore, err as Error)
    }
  }

  /**
   * The rows of the pages asked for. What comes live is shown beside them, but of a
   * flood no more than one page; where rows go, the next ones move up.
   */
  #shown (list: InvitationList): InvitationItem[] {
    const full = this.#pages * this.#limit

    if (this.#pages > 0) {
      const rows = this.#rows(list)

      if (rows.length <= full + this.#limit && (rows.length >= full || this.#end == null)) {
        return rows
      }
    }

    this.#end = undefined
    const wanted = Math.max(1, this.#pages)

    for (this.#pages = 0; this.#pages === 0 || (this.#pages < wanted && this.#end != null); this.#pages++) {
      this.#end = list.list({ status: this.#status, limit: this.#limit, cursor: this.#end }).nextCursor
    }

    return this.#rows(list)
  }

  #rows (list: InvitationList): InvitationItem[] {
    const rows: InvitationItem[] = []
    let cursor: string | undefined

    do {
      const { items, nextCursor } = list.list({ status: this.#status, limit: CHUNK, cursor, until: this.#end })
      rows.push(...items)
      cursor = nextCursor
    } while (cursor != null && rows.length <= (this.#pages + 1) * this.#limit)

    return rows
  }

  #show (hasMore: boolean, error?: Error): void {
    const invitations = this.#changed()
    const loading = this.#feed.list == null && error == null
    const next = { ...this.#initial, invitations, loading, loadingMore: this.#more != null, hasMore, error: error ?? this.#failure }
    const before = this.#result

    if (areSame(before.invitations, invitations)) {
      next.invitations = before.invitations
    }

    if (!(Object.keys(next) as Array<keyof UseInvitationsResult>).every(key => before[key] === next[key])) {
      this.#result = next
    }
  }

  /** The rows with all changes that are not over. */
  #changed (): readonly InvitationItem[] {
    let rows = this.#base

    for (const change of this.#changes) {
      const next = this.#apply(change, rows)
      const works = next != null && !areSame(next, rows)

      // one that changes nothing, here or by itself, was overtaken by the list
      if (next == null || (change.worked && !works && areSame(this.#apply(change, this.#base) ?? [], this.#base))) {
        this.#changes = this.#changes.filter(other => other !== change)
      } else {
        change.worked ||= works
        rows = next
      }
    }

    return rows
  }

  /** undefined: the updater failed. */
  #apply ({ updater }: Change, rows: readonly InvitationItem[]): readonly InvitationItem[] | undefined {
    try {
      return unique(updater([...rows]), this.#base)
    } catch (err) {
      this.#failure = err as Error

      return undefined
    }
  }
}

/** Each id once: the list's own row before one that was put in ahead of it. */
function unique (rows: readonly InvitationItem[], own: readonly InvitationItem[]): readonly InvitationItem[] {
  if (new Set(rows.map(({ id }) => id)).size === rows.length) {
    return rows
  }

  const kept = new Map<string, InvitationItem>()

  for (const row of rows) {
    const before = kept.get(row.id)

    if (before == null || (own.includes(row) && !own.includes(before))) {
      kept.delete(row.id)
      kept.set(row.id, row)
    }
  }

  return [...kept.values()]
}

function areSame (a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((one, i) => one === b[i])
}
