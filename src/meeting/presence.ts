/** Which of a party's members this node is connected to, by any of their keys. */
import { keyOf, peerIdOf } from '../log/terms.js'
import type { Key, MemberChange, MembershipLog, PersonId } from '../log/index.js'
import type { Libp2pEvents, PeerId, TypedEventTarget } from '@libp2p/interface'
import type { ConnectionManager } from '@libp2p/interface-internal'

export interface PresenceInit {
  log: MembershipLog
  connectionManager: ConnectionManager
  events: TypedEventTarget<Libp2pEvents>
  /** Ends it. */
  signal?: AbortSignal
  /** Somebody can be reached now, or not any more. */
  onChange: (person: PersonId, isOnline: boolean) => void
  /** Another device of somebody who can be reached all the same. */
  onDevice: () => void
}

export class Presence {
  readonly #init: PresenceInit
  /** The connected keys of each person who has any. */
  readonly #online = new Map<PersonId, Set<Key>>()
  /** Made when asked for, once per change. */
  #peers: readonly PeerId[] | undefined

  constructor (init: PresenceInit) {
    const { log, events, signal } = init
    const options = signal == null ? {} : { signal }
    this.#init = init
    this.reset()
    events.addEventListener('peer:connect', ({ detail }) => { this.#connected(detail) }, options)
    events.addEventListener('peer:disconnect', ({ detail }) => { this.#disconnected(detail) }, options)
    log.addEventListener('members', ({ detail }) => { this.#review(detail) })
  }

  has (person: PersonId): boolean {
    return this.#online.has(person)
  }

  /** The connected keys, each once: the same array until there are others. */
  get peers (): readonly PeerId[] {
    this.#peers ??= [...new Set([...this.#online.values()].flatMap(keys => [...keys]))].map(key => peerIdOf(key))

    return this.#peers
  }

  /** Looks at all connections anew, and tells nobody. */
  reset (): void {
    this.#online.clear()
    this.#peers = undefined
    this.#keys().forEach((key) => { this.#personsOf(key).forEach((person) => { this.#add(person, key) }) })
  }

  #connected (peer: PeerId): void {
    if (peer.type === 'Ed25519') {
      const key = keyOf(peer)
      const counts = this.#personsOf(key).map(person => ({ person, count: this.#add(person, key) }))
      counts.filter(({ count }) => count === 1).forEach(({ person }) => { this.#init.onChange(person, true) })

      if (counts.some(({ count }) => count > 1)) {
        this.#init.onDevice()
      }
    }
  }

  #disconnected (peer: PeerId): void {
    if (peer.type === 'Ed25519') {
      const key = keyOf(peer)

      const persons = [...this.#online].filter(([, keys]) => keys.delete(key))
      const gone = persons.filter(([, keys]) => keys.size === 0)
      this.#peers = undefined
      gone.forEach(([person]) => { this.#online.delete(person) })
      gone.forEach(([person]) => { this.#init.onChange(person, false) })

      if (gone.length < persons.length) {
        this.#init.onDevice()
      }
    }
  }

  /** Somebody is a member, or none any more, or by other keys. */
  #review (changes: MemberChange[]): void {
    this.#peers = undefined

    for (const { person, keys } of changes) {
      const before = this.#online.delete(person)
      keys.filter(key => this.#isConnected(key) && this.#personsOf(key).includes(person)).forEach((key) => { this.#add(person, key) })

      if (before !== this.#online.has(person)) {
        this.#init.onChange(person, !before)
      }
    }
  }

  /** @returns How many keys of this person are connected now; 0: this one was before */
  #add (person: PersonId, key: Key): number {
    const keys = this.#online.get(person) ?? new Set()
    const isNew = !keys.has(key)
    this.#online.set(person, keys.add(key))
    this.#peers = undefined

    return isNew ? keys.size : 0
  }

  #keys (): Set<Key> {
    return new Set(this.#init.connectionManager.getConnections().flatMap(({ remotePeer }) => remotePeer.type === 'Ed25519' ? [keyOf(remotePeer)] : []))
  }

  #isConnected (key: Key): boolean {
    return this.#init.connectionManager.getConnections(peerIdOf(key)).length > 0
  }

  #personsOf (key: Key): PersonId[] {
    const { log } = this.#init
    const members = log.membersOf(key)

    // while the log is not here, also whom the Grant shows
    return (members.length === 0 ? [log.member(key)] : members).flatMap(member => member?.person ?? [])
  }
}
