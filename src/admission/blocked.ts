/** Peers from whom this node wants nothing more: kept in its store. */
import { Key as StoreKey } from 'interface-datastore'
import { NotPermittedError } from '../errors.js'
import { Observable } from '../interface/observable.js'
import { keyOf, peerIdOf } from '../log/terms.js'
import { PREFIX, storedKeys, writeBatch } from '../storage/records.js'
import type { Key } from '../log/index.js'
import type { AbortOptions, PeerId } from '@libp2p/interface'
import type { Datastore } from 'interface-datastore'

const BLOCKED = `${PREFIX}/blocked`

/** A person here has blocked the peer. */
export class BlockedError extends NotPermittedError {
  constructor () {
    super('You have blocked this peer; unblock it to be invited by it, or to invite it')
  }
}

export class Blocked extends Observable<readonly PeerId[]> {
  readonly #datastore: Datastore
  readonly #keys = new Set<Key>()

  constructor (datastore: Datastore) {
    super()
    this.#datastore = datastore
  }

  /** @throws {StorageError} */
  async load (): Promise<void> {
    (await storedKeys(this.#datastore, BLOCKED)).forEach(key => this.#keys.add(key.name()))
    this.changed()
  }

  clear (): void {
    this.#keys.clear()
    this.changed()
  }

  /** @throws {BlockedError} */
  assertFree (peer: PeerId): void {
    // others than Ed25519 are refused where they turn up
    if (peer.type === 'Ed25519' && this.#keys.has(keyOf(peer))) {
      throw new BlockedError()
    }
  }

  /** Durable first. @throws {StorageError} */
  async add (peer: PeerId, options?: AbortOptions): Promise<void> {
    const key = keyOf(peer)
    await writeBatch(this.#datastore, (batch) => { batch.put(new StoreKey(`${BLOCKED}/${key}`), new Uint8Array()) }, options)
    this.#keys.add(key)
    this.changed()
  }

  /** @throws {StorageError} */
  async delete (peer: PeerId, options?: AbortOptions): Promise<void> {
    const key = keyOf(peer)
    const put = new StoreKey(`${BLOCKED}/${key}`)
    await writeBatch(this.#datastore, (batch) => { batch.delete(put) }, { ...options, before: (batch) => { batch.put(put, new Uint8Array()) } })
    this.#keys.delete(key)
    this.changed()
  }

  protected override snapshot (): readonly PeerId[] {
    return [...this.#keys].flatMap(key => peersOf(key))
  }
}

/** None where the store is damaged. */
function peersOf (key: Key): PeerId[] {
  try {
    return [peerIdOf(key)]
  } catch {
    return []
  }
}
