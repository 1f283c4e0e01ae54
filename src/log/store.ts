/**
 * Where a log lies in the node's datastore, all under one prefix: `op/<place>`,
 * one op or a full record of them; `lost/<place>`, what of such a record's ops is
 * void and why; `grant`, while its past is not here; `held/<id>`, what only a
 * newer plus-one can judge.
 */
import { Key } from 'interface-datastore'
import { utf8ToBytes } from '@noble/hashes/utils.js'
import { decodeStrict, encode } from '../codec/index.js'
import { StorageError } from '../errors.js'
import { MAX_BODY } from './op.js'
import { encodeRecord, RECORD_SIZE } from './record.js'
import { DAMAGED, LOGS, readable, writeBatch } from './datastore.js'
import { stored } from '../storage.js'
import type { Entry } from './entry.js'
import type { Void } from './evaluation.js'
import type { Grant } from './grant.js'
import type { Graph } from './graph.js'
import type { OpId } from './kinds.js'
import type { SignedOp } from './op.js'
import type { AbortOptions } from '@libp2p/interface'
import type { Batch, Datastore } from 'interface-datastore'

/** Bytes of a stored grant or held op, at most. */
const MAX_STORED = 16 * MAX_BODY

export interface Stored {
  /** Records by their first place, in order. */
  records: Array<{ place: number, bytes: Uint8Array }>
  lost: Map<number, Void>
  held: SignedOp[]
  grant?: Grant
}

export class LogStore {
  readonly #datastore: Datastore
  readonly #root: string

  constructor (datastore: Datastore, key: OpId) {
    this.#datastore = datastore
    this.#root = `${LOGS}/${key}`
  }

  /** Puts what the graph has from a place on: costs the same at any size. */
  putOps (batch: Batch, graph: Graph, from: number): void {
    const full = graph.end - graph.end % RECORD_SIZE

    for (let start = from - from % RECORD_SIZE; start < full; start += RECORD_SIZE) {
      // they lay alone until now
      for (let place = start + 1; place < from; place++) {
        batch.delete(this.#placeKey('op', place))
      }

      this.#put(batch, graph, start, start + RECORD_SIZE)
    }

    for (let place = Math.max(from, full); place < graph.end; place++) {
      this.#put(batch, graph, place, place + 1)
    }
  }

  /** Puts what is void now, where that changed for some of them. */
  putLost (batch: Batch, graph: Graph, changed: Iterable<Entry>, voidOf: (entry: Entry) => Void | undefined): void {
    for (const start of new Set([...changed].map(({ place }) => place - place % RECORD_SIZE))) {
      const lost = graph.entries.slice(start, start + RECORD_SIZE).flatMap((entry) => {
        const why = voidOf(entry)

        return why == null ? [] : [[entry.place, why.reason, why.because]]
      })

      if (lost.length === 0) {
        batch.delete(this.#placeKey('lost', start))
      } else {
        batch.put(this.#placeKey('lost', start), utf8ToBytes(JSON.stringify(lost)))
      }
    }
  }

  putGrant (batch: Batch, { admit, authority }: Grant): void {
    batch.put(this.#key('grant'), encode([admit, ...authority].map(op => [op.body, op.sig])))
  }

  deleteGrant (batch: Batch): void {
    batch.delete(this.#key('grant'))
  }

  putHeld (batch: Batch, id: OpId, op: SignedOp): void {
    batch.put(this.#key(`held/${id}`), encode([op.body, op.sig]))
  }

  deleteHeld (batch: Batch, id: OpId): void {
    batch.delete(this.#key(`held/${id}`))
  }

  /** Writes all that `fill` puts, or nothing. @throws {StorageError} */
  async write (fill: (batch: Batch) => void, options?: AbortOptions): Promise<void> {
    await writeBatch(this.#datastore, fill, options)
  }

  /** @throws {StorageError} */
  async load (options?: AbortOptions): Promise<Stored> {
    const entries: Array<[string, Uint8Array]> = []

    await stored(async () => {
      for await (const { key, value } of this.#datastore.query({ prefix: `${this.#root}/` }, options)) {
        entries.push([key.toString().slice(this.#root.length + 1), value])
      }
    }, undefined, options)

    entries.sort(([a], [b]) => a < b ? -1 : 1)

    return readable(() => {
      const bytesOf = (name: string): Uint8Array | undefined => entries.find(([key]) => key === name)?.[1]
      const under = (prefix: string): Array<[string, Uint8Array]> => entries.filter(([key]) => key.startsWith(prefix))
      const grant = bytesOf('grant')
      const [admit, ...authority] = grant == null ? [] : (decodeStrict(grant, MAX_STORED) as unknown[]).map(signedOp)
      const lost = under('lost/').flatMap(([, bytes]) => JSON.parse(new TextDecoder().decode(bytes)) as Array<[number, Void['reason'], OpId | null]>)

      return {
        records: under('op/').map(([key, bytes]) => ({ place: Number(key.slice(3)), bytes })),
        lost: new Map(lost.map(([place, reason, because]) => [place, { reason, ...(because == null ? {} : { because }) }])),
        held: under('held/').map(([, bytes]) => signedOp(decodeStrict(bytes, MAX_STORED))),
        ...(admit == null ? {} : { grant: { admit, authority } })
      }
    })
  }

  #put (batch: Batch, graph: Graph, from: number, to: number): void {
    batch.put(this.#placeKey('op', from), encodeRecord(graph.entries.slice(from, to)))
  }

  #placeKey (what: 'op' | 'lost', place: number): Key {
    return this.#key(`${what}/${place.toString().padStart(10, '0')}`)
  }

  #key (name: string): Key {
    return new Key(`${this.#root}/${name}`, false)
  }
}

function signedOp (value: unknown): SignedOp {
  if (!Array.isArray(value) || !(value[0] instanceof Uint8Array) || !(value[1] instanceof Uint8Array)) {
    throw new StorageError(DAMAGED)
  }

  return { body: value[0], sig: value[1] }
}
