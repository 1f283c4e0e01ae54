/** Whom of its parties' members this node could meet: those of whom it has a record, and those who are connected. */
import { keyOf } from '../../log/terms.js'
import type { Key, OpId } from '../../log/index.js'
import type { Meetable } from './interface.js'
import type { Candidate } from './policy.js'
import type { PeerRecords } from './records.js'
import type { AbortOptions, PeerId, PeerStore } from '@libp2p/interface'
import type { ConnectionManager } from '@libp2p/interface-internal'

export interface AcquaintancesInit {
  components: { connectionManager: ConnectionManager, peerStore: PeerStore }
  records: PeerRecords
  parties: () => Iterable<Meetable>
}

export class Acquaintances {
  readonly #init: AcquaintancesInit
  /** Connected members whose record was taken from identify. */
  readonly #learned = new Set<string>()
  readonly #candidates = new Map<OpId, Candidate[]>()

  constructor (init: AcquaintancesInit) {
    this.#init = init
  }

  /** Read once, until `changed`. */
  of (party: Meetable): Candidate[] {
    const known = this.#candidates.get(party.key) ?? this.#some(party)
    this.#candidates.set(party.key, known)

    return known
  }

  /** Are there so many of them? */
  has (party: Meetable, count: number): boolean {
    const known = this.#candidates.get(party.key)?.length

    return known == null ? this.#some(party, count).length >= count : known >= count
  }

  /** Records, members or connections are others. */
  changed (): void {
    this.#candidates.clear()
  }

  /** Members who are connected: also those who were before they were members. @throws {StorageError} */
  async learnAll (options: AbortOptions): Promise<void> {
    await Promise.all(this.#init.components.connectionManager.getConnections().map(async ({ remotePeer }) => this.learn(remotePeer, options)))
  }

  /**
   * What identify was told of where a member is, once a connection: so one is found again whom nobody asked yet.
   *
   * @throws {StorageError}
   */
  async learn (peer: PeerId, { signal }: AbortOptions): Promise<void> {
    const { components, records, parties } = this.#init
    const isMember = (key: Key): boolean => [...parties()].some(party => key !== party.self && party.kinOf(key) != null)

    if (peer.type !== 'Ed25519' || this.#learned.has(peer.toString()) || components.connectionManager.getConnections(peer).length === 0 || !isMember(keyOf(peer))) {
      return
    }

    const record = (await components.peerStore.get(peer).catch(() => undefined))?.peerRecordEnvelope

    if (record != null) {
      this.#learned.add(peer.toString())
      await records.keep(record, { scope: 'all', isMember, from: keyOf(peer), signal })
      this.changed()
    }
  }

  /** A peer's last connection ended. */
  parted (peer: PeerId): void {
    this.#learned.delete(peer.toString())
  }

  /** Members who can be dialled through this relay. */
  behind (relay: PeerId): Set<Key> {
    return this.#init.records.behind(relay.toString())
  }

  /** So many of them, or all. */
  #some (party: Meetable, count = Number.POSITIVE_INFINITY): Candidate[] {
    const found = new Map<Key, Candidate>()

    for (const key of this.#all()) {
      const is = key === party.self || found.has(key) ? undefined : party.kinOf(key)

      if (found.size >= count) {
        break
      } else if (is != null) {
        found.set(key, { key, is })
      }
    }

    return [...found.values()]
  }

  /** Of whom there is a record, and who is connected; some of them twice. */
  * #all (): Iterable<Key> {
    const { components: { connectionManager }, records } = this.#init
    yield * records.keys('all')

    for (const { remotePeer } of connectionManager.getConnections()) {
      if (remotePeer.type === 'Ed25519') {
        yield keyOf(remotePeer)
      }
    }
  }
}
