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
}

export class Presence {
  readonly #init: PresenceInit
  /** The connected keys of each person who has any. */
  readonly #online = new Map<PersonId, Set<Key>>()

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

  /** Looks at all connections anew, and tells nobody. */
  reset (): void {
    this.#online.clear()
    this.#keys().forEach((key) => { this.#personsOf(key).forEach((person) => { this.#add(person, key) }) })
  }

  #connected (peer: PeerId): void {
    if (peer.type === 'Ed25519') {
      const key = keyOf(peer)

      for (const person of this.#personsOf(key)) {
        if (this.#add(person, key) === 1) {
          this.#init.onChange(person, true)
        }
      }
    }
  }

  #disconnected (peer: PeerId): void {
    if (peer.type === 'Ed25519') {
      const key = keyOf(peer)

      for (const [person, keys] of this.#online) {
        if (keys.delete(key) && keys.size === 0) {
          this.#online.delete(person)
          this.#init.onChange(person, false)
        }
      }
    }
  }

  /** Somebody is a member, or none any more, or by other keys. */
  #review (changes: MemberChange[]): void {
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
