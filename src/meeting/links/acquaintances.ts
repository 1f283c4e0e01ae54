/** Whom of its parties' members this node could meet: those of whom it has a record, and those who are connected. Kept as keys change: of hundreds who are connected one comes or goes. */
import { keyOf } from '../../log/terms.js'
import type { Key, OpId } from '../../log/index.js'
import type { Meetable } from './interface.js'
import type { Candidate } from './party-links.js'
import type { PeerRecords } from './records.js'
import type { AbortOptions, PeerId, PeerStore } from '@libp2p/interface'
import type { ConnectionManager } from '@libp2p/interface-internal'

/** Those of one party. */
interface Known {
  byKey: Map<Key, Candidate>
  /** The same as a list, once it is asked for. */
  list: Candidate[] | undefined
}

export interface AcquaintancesInit {
  components: { connectionManager: ConnectionManager, peerStore: PeerStore }
  records: PeerRecords
  parties: () => Iterable<Meetable>
}

export class Acquaintances {
  readonly #init: AcquaintancesInit
  /** Connected members whose record was taken from identify. */
  readonly #learned = new Set<string>()
  /** Keys of all who are connected. */
  readonly #here = new Set<Key>()
  /** Of those parties of which it was asked. */
  readonly #known = new Map<OpId, Known>()

  constructor (init: AcquaintancesInit) {
    this.#init = init
  }

  /** Begins anew with those who are connected; who comes and goes from now on is told by `connected` and `parted`. */
  start (): void {
    this.#known.clear()
    this.#here.clear()
    this.#init.components.connectionManager.getConnections().forEach(({ remotePeer }) => {
      if (remotePeer.type === 'Ed25519') {
        this.#here.add(keyOf(remotePeer))
      }
    })
  }

  /** Without the party's own key: the same list until it changes. */
  of (party: Meetable): readonly Candidate[] {
    const known = this.#of(party)
    known.list ??= [...known.byKey.values()]

    return known.list
  }

  /** How many they are. */
  countOf (party: Meetable): number {
    return this.#of(party).byKey.size
  }

  /** A party is none of this node's any more, or is read anew. */
  forget (party: OpId): void {
    this.#known.delete(party)
  }

  /** These keys may stand for others now, or for nobody; or there is a record of theirs, or none any more. */
  changed (keys: readonly Key[]): void {
    for (const party of this.#init.parties()) {
      const known = this.#known.get(party.key)

      // whose kin somebody is rests on this node's own person
      if (keys.includes(party.self)) {
        this.#known.delete(party.key)
      } else if (known != null) {
        keys.forEach((key) => { this.#look(party, known, key) })
      }
    }
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

  /** A peer's first connection is there. */
  connected (peer: PeerId): void {
    if (peer.type === 'Ed25519') {
      this.#here.add(keyOf(peer))
      this.changed([keyOf(peer)])
    }
  }

  /** A peer's last connection ended. @throws {StorageError} */
  async parted (peer: PeerId, { signal }: AbortOptions): Promise<void> {
    if (peer.type !== 'Ed25519') {
      return
    }

    const key = keyOf(peer)
    this.#here.delete(key)
    this.changed([key])
    // who joined and left at once is found again, too
    const isNew = !this.#learned.delete(peer.toString()) && this.#isMember(key) && this.#init.records.addresses(key).length === 0
    const record = isNew ? await this.#recordOf(peer) : undefined

    if (record != null) {
      await this.#keep(peer, record, signal)
    }
  }

  async #recordOf (peer: PeerId): Promise<Uint8Array | undefined> {
    return (await this.#init.components.peerStore.get(peer).catch(() => undefined))?.peerRecordEnvelope
  }

  async #keep (peer: PeerId, record: Uint8Array, signal: AbortSignal | undefined): Promise<void> {
    // libp2p keeps none whose signature it did not verify
    await this.#init.records.keep(record, { scope: 'all', isMember: key => this.#isMember(key), from: keyOf(peer), isVerified: true, signal })
  }

  #isMember (key: Key): boolean {
    return [...this.#init.parties()].some(party => key !== party.self && party.kinOf(key) != null)
  }

  /** Is a key's node connected? */
  isHere (key: Key): boolean {
    return this.#here.has(key)
  }

  /** Members who can be dialled through this relay. */
  behind (relay: PeerId): Set<Key> {
    return this.#init.records.behind(relay.toString())
  }

  #of (party: Meetable): Known {
    let known = this.#known.get(party.key)

    if (known == null) {
      known = { byKey: new Map(), list: undefined }
      this.#known.set(party.key, known)

      for (const key of [...this.#init.records.keys('all'), ...this.#here]) {
        this.#look(party, known, key)
      }
    }

    return known
  }

  #look (party: Meetable, known: Known, key: Key): void {
    const isKnown = key !== party.self && (this.#here.has(key) || this.#init.records.has(key))
    const is = isKnown ? party.kinOf(key) : undefined

    if (known.byKey.get(key)?.is === is) {
      return
    }

    known.list = undefined

    if (is == null) {
      known.byKey.delete(key)
    } else {
      known.byKey.set(key, { key, is })
    }
  }
}
