/** One subscription to a party's invitations, for all hooks that show them; it comes back by itself. */
import { Listeners } from '../interface/observable.js'
import { storeOf } from './store.js'
import type { PartyStore } from './store.js'
import type { InvitationList, Parties, Party } from '../interface/index.js'

/** How soon what failed is tried again, ms: doubling from the first to the second. */
const BACKOFF = [1_000, 30_000] as const

export class InvitationFeed {
  readonly #store: PartyStore
  readonly #key: string | undefined
  readonly #listeners = new Listeners()
  #version = 0
  #party: Party | undefined
  #release: (() => void) | undefined
  #unsubscribe = (): void => {}
  #retry: ReturnType<typeof setTimeout> | undefined
  #wait: number = BACKOFF[0]

  constructor (store: PartyStore, key: string | undefined) {
    this.#store = store
    this.#key = key
  }

  /** Another one at each change. */
  get version (): number {
    return this.#version
  }

  /** undefined until the party is there. */
  get list (): InvitationList | undefined {
    return this.#store.get(this.#key)?.invitations
  }

  /** Why it is not there; undefined where that is not known yet. */
  get error (): Error | undefined {
    const found = this.#key == null ? undefined : this.#store.find(this.#key)

    return found instanceof Error ? found : undefined
  }

  subscribe = (listener: () => void): (() => void) => {
    const remove = this.#listeners.add(listener)
    this.#release ??= this.#open()

    return () => {
      remove()
      // whoever takes over in this turn, as with another filter, finds it open
      queueMicrotask(() => { this.#close() })
    }
  }

  /** Tries again now what failed. */
  async reload (): Promise<void> {
    if (this.list == null) {
      await this.#store.load()
    }

    this.#changed()
  }

  /** It could not be read: tries again, later and later. A party that is not there tells when it comes. */
  failed (): void {
    if (this.#retry == null && this.#release != null && (this.list != null || this.#store.state !== 'loaded')) {
      this.#retry = setTimeout(() => {
        this.#retry = undefined
        this.#wait = Math.min(2 * this.#wait, BACKOFF[1])
        this.reload().catch(() => {})
      }, this.#wait)
    }
  }

  /** It could be read. */
  succeeded (): void {
    clearTimeout(this.#retry)
    this.#retry = undefined
    this.#wait = BACKOFF[0]
  }

  #open (): () => void {
    const unsubscribe = this.#store.subscribe(() => { this.#follow() })
    this.#follow()

    return unsubscribe
  }

  #close (): void {
    if (this.#listeners.size === 0) {
      this.#release?.()
      this.#release = undefined
      this.#unsubscribe()
      this.#unsubscribe = () => {}
      this.#party = undefined
      this.succeeded()
    }
  }

  /** The party may come later. */
  #follow (): void {
    const party = this.#store.get(this.#key)

    if (party !== this.#party) {
      this.#unsubscribe()
      this.#party = party
      this.#unsubscribe = party?.invitations.subscribe(() => { this.#changed() }) ?? (() => {})
    }

    this.#changed()
  }

  #changed (): void {
    this.#version++
    this.#listeners.tell()
  }
}

const feeds = new WeakMap<PartyStore, Map<string | undefined, InvitationFeed>>()

export function feedOf (parties: Parties, key: string | undefined): InvitationFeed {
  const store = storeOf(parties)
  const ofNode = feeds.get(store) ?? new Map<string | undefined, InvitationFeed>()
  const feed = ofNode.get(key) ?? new InvitationFeed(store, key)
  feeds.set(store, ofNode.set(key, feed))

  return feed
}
