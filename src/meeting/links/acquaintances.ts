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
    const { connectionManager } = this.#init.components

    if (peer.type !== 'Ed25519' || this.#learned.has(peer.toString()) || connectionManager.getConnections(peer).length === 0 || !this.#isMember(keyOf(peer))) {
      return
    }

    const record = await this.#recordOf(peer)

    if (record != null) {
      this.#learned.add(peer.toString())
      await this.#keep(peer, record, signal)
    }
  }

  /** A peer's last connection ended. @throws {StorageError} */
  async parted (peer: PeerId, { signal }: AbortOptions): Promise<void> {
    // who joined and left at once is found again, too
    const isNew = !this.#learned.delete(peer.toString()) && peer.type === 'Ed25519' && this.#isMember(keyOf(peer)) && this.#init.records.addresses(keyOf(peer)).length === 0
    const record = isNew ? await this.#recordOf(peer) : undefined

    if (record != null) {
      await this.#keep(peer, record, signal)
    }
  }

  async #recordOf (peer: PeerId): Promise<Uint8Array | undefined> {
    return (await this.#init.components.peerStore.get(peer).catch(() => undefined))?.peerRecordEnvelope
  }

  async #keep (peer: PeerId, record: Uint8Array, signal: AbortSignal | undefined): Promise<void> {
    await this.#init.records.keep(record, { scope: 'all', isMember: key => this.#isMember(key), from: keyOf(peer), signal })
    this.changed()
  }

  #isMember (key: Key): boolean {
    return [...this.#init.parties()].some(party => key !== party.self && party.kinOf(key) != null)
  }

  /** Keys of all who are connected. */
  connected (): Set<Key> {
    return new Set(this.#init.components.connectionManager.getConnections().flatMap(({ remotePeer }) => remotePeer.type === 'Ed25519' ? [keyOf(remotePeer)] : []))
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
    yield * this.#init.records.keys('all')
    yield * this.connected()
  }
}
