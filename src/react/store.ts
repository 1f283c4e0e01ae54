/** What the hooks share: a store for each node's parties, and bindings to the core's. */
import { useEffect, useRef, useSyncExternalStore } from 'react'
import { StorageError } from '../errors.js'
import { Observable } from '../interface/observable.js'
import type { Parties, Party, Subscribable } from '../interface/index.js'
import type { RefObject } from 'react'

const nothing = (): (() => void) => () => {}

/** The snapshot of something that may not be there yet; undefined on a server. */
export function useSnapshot <Snapshot> (source: Subscribable<Snapshot> | undefined): Snapshot | undefined {
  return useSyncExternalStore(source?.subscribe ?? nothing, () => source?.getSnapshot(), () => undefined)
}

/** The last value given: callbacks may change at each render without a restart. */
export function useLatest <T> (value: T): RefObject<T> {
  const latest = useRef(value)

  useEffect(() => {
    latest.current = value
  })

  return latest
}

/** The parties that a node has, by key: known once, told of from then on. */
export class PartyStore extends Observable<readonly Party[]> {
  readonly #source: Parties
  readonly #parties = new Map<string, Party>()
  #state: 'loading' | 'loaded' | Error = 'loading'
  #loading: Promise<void> | undefined
  #missing: Error | undefined

  constructor (parties: Parties) {
    super()
    this.#source = parties
    parties.addEventListener('party', ({ detail }) => { this.#add(detail) })
    parties.addEventListener('forgotten', ({ detail }) => { this.#forget(detail) })
    this.load().catch(() => {})
  }

  /** Why they could not be loaded, if so. */
  get state (): 'loading' | 'loaded' | Error {
    return this.#state
  }

  /** Learns which there are; one call at a time. Never rejects: `state` has what failed. */
  async load (): Promise<void> {
    this.#loading ??= this.#load().finally(() => { this.#loading = undefined })

    return this.#loading
  }

  async #load (): Promise<void> {
    try {
      (await this.#source.list()).forEach(party => { this.#follow(party) })
      this.#state = 'loaded'
    } catch (err) {
      this.#state = err as Error
    }

    this.changed()
  }

  /** The party, or why it is not there; undefined: that is not known yet. */
  find (key: string): Party | Error | undefined {
    return this.get(key) ?? (this.#state === 'loading' ? undefined : this.#state === 'loaded' ? this.#none() : this.#state)
  }

  /**
   * For a render that cannot go on without the party.
   *
   * @throws {Promise<void>} It is not known yet: React waits for this.
   * @throws {StorageError} This node has no such party, or its parties could not be loaded, which is tried again at each render.
   */
  need (key: string): Party {
    const found = this.find(key)

    if (found == null) {
      // what React calls suspending
      // eslint-disable-next-line @typescript-eslint/only-throw-error
      throw this.load()
    }

    if (found instanceof Error) {
      if (this.#state === found) {
        this.load().catch(() => {})
      }

      throw found
    }

    return found
  }

  get (key: string | undefined): Party | undefined {
    return key == null ? undefined : this.#parties.get(key)
  }

  /** Tells when the party is shown otherwise: lists show what it is called. */
  #follow (party: Party): void {
    const before = this.#parties.get(party.key)
    this.#parties.set(party.key, party)

    if (before !== party) {
      let shown = `${party.name}\n${party.picture ?? ''}\n${party.role ?? ''}`
      party.subscribe(() => {
        const now = `${party.name}\n${party.picture ?? ''}\n${party.role ?? ''}`

        if (now !== shown && this.#parties.get(party.key) === party) {
          shown = now
          this.changed()
        }
      })
    }
  }

  #forget (party: Party): void {
    if (this.#parties.get(party.key) === party) {
      this.#parties.delete(party.key)
      this.changed()
    }
  }

  #add (party: Party): void {
    this.#follow(party)
    this.changed()

    // they can be loaded after all, as when another tab has gone
    if (this.#state instanceof Error) {
      this.load().catch(() => {})
    }
  }

  /** The same one each time: a render that sees it again changes nothing. */
  #none (): Error {
    this.#missing ??= new StorageError('This node has no such party; join it, or see parties.list() for those that it has')

    return this.#missing
  }

  protected override snapshot (): readonly Party[] {
    return [...this.#parties.values()]
  }
}

const stores = new WeakMap<Parties, PartyStore>()

export function storeOf (parties: Parties): PartyStore {
  const store = stores.get(parties) ?? new PartyStore(parties)
  stores.set(parties, store)

  return store
}
