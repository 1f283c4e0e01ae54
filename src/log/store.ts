/**
 * Where a log lies in the node's datastore, all under one prefix: `genesis`; `op/<place>`,
 * one op or a full record of them; `lost/<place>`, what of such a record's ops is
 * void and why; `end`, what the rest must come to; `grant`, while its past is not
 * here; `held/<id>`, what only a newer plus-one can judge.
 */
import { Key } from 'interface-datastore'
import { utf8ToBytes } from '@noble/hashes/utils.js'
import { decodeStrict, encode } from '../codec/index.js'
import { checksum, readAside, readRecords, setAside, writeBatch } from '../storage/records.js'
import { LOGS } from './datastore.js'
import { MAX_BODY } from './op.js'
import { encodeRecord, RECORD_SIZE, recordOf, trailAfter } from './record.js'
import type { Void } from './evaluation.js'
import type { Grant } from './grant.js'
import type { History } from './history.js'
import type { OpId } from './kinds.js'
import type { SignedOp } from './op.js'
import type { Fill, Writing } from '../storage/records.js'
import type { AbortOptions } from '@libp2p/interface'
import type { Datastore } from 'interface-datastore'

/** Bytes of a stored grant or held op, at most. */
const MAX_STORED = 16 * MAX_BODY

/** Heads that are remembered, at most: an honest op joins 16. */
const MAX_HEADS = 16

type Draft = Parameters<Fill>[0]

/** What the rest of a log's records must come to. */
export interface End {
  /** Ops. */
  size: number
  /** Their ids, in their places (`trailAfter`). */
  trail: number
  /** The sum of the checksums of what is void, mod 2^32. */
  lost: number
  heads: OpId[]
}

export interface Stored {
  genesis?: SignedOp
  /** Records by their first place, in order. */
  ops: Map<number, Uint8Array>
  lost: Map<number, Void>
  /** The sum of the checksums of the records of what is void, mod 2^32. */
  lostSum: number
  /** undefined: it is damaged, or was never written. */
  end?: End
  held: SignedOp[]
  grant?: Grant
  /** Names of records that cannot be read, and what there is in their place. */
  damaged: Map<string, Uint8Array>
  /** Records of ops, and ends, that were set aside before. */
  aside: { ops: Uint8Array[], ends: End[] }
}

export class LogStore {
  readonly #datastore: Datastore
  readonly #root: string
  /** Places that lie alone, and in a full record, too: the next batch deletes them. Not the one that writes the record, of which a torn batch may keep the deletes alone. */
  #covered: number[] = []
  /** Checksums of what is void, by the first place. */
  readonly #lost = new Map<number, number>()
  /** Trails of all ops before each place, as far as they were asked for. */
  #trails = [0]

  constructor (datastore: Datastore, key: OpId) {
    this.#datastore = datastore
    this.#root = `${LOGS}/${key}`
  }

  /** Puts what the history has from a place on, and what is void now where that changed: costs the same at any size. */
  put (batch: Draft, { genesis, graph, view }: History, from: number, changed: Iterable<number>): void {
    if (from === 0) {
      batch.put(this.#key('genesis'), encode([genesis.signed.body, genesis.signed.sig]))
    }

    const full = graph.end - graph.end % RECORD_SIZE

    for (let start = from - from % RECORD_SIZE; start < full; start += RECORD_SIZE) {
      for (let place = start + 1; place < from; place++) {
        this.#covered.push(place)
      }

      batch.put(this.#placeKey('op', start), encodeRecord(graph.entries.slice(start, start + RECORD_SIZE), this.#trailAt(graph, start)))
    }

    for (let place = Math.max(from, full); place < graph.end; place++) {
      batch.put(this.#placeKey('op', place), encodeRecord(graph.entries.slice(place, place + 1), this.#trailAt(graph, place)))
    }

    for (const start of new Set([...changed].map(recordOf))) {
      const lost = this.#lostIn({ graph, view }, start)

      if (lost == null) {
        this.#lost.delete(start)
        batch.delete(this.#placeKey('lost', start))
      } else {
        this.#lost.set(start, checksum(lost))
        batch.put(this.#placeKey('lost', start), lost)
      }
    }

    batch.put(this.#key('end'), utf8ToBytes(JSON.stringify({ size: graph.end, trail: this.#trailAt(graph, graph.end), lost: sumOf(this.#lost.values()), heads: [...graph.heads].slice(0, MAX_HEADS).map(({ id }) => id) } satisfies End)))
  }

  /** Deletes what earlier batches left. */
  sweep (batch: Draft): void {
    this.#covered.forEach((place) => { batch.delete(this.#placeKey('op', place)) })
    this.#covered = []
  }

  /** Puts all of it. */
  putAll (batch: Draft, history: History): void {
    this.follow(history)
    this.put(batch, history, 0, [...history.view.lost.keys()].map(({ place }) => place))
  }

  /** What is in memory is another history now: one from before a write that failed, or one that was read. */
  follow ({ graph, view }: History, covered: number[] = []): void {
    this.#covered = covered
    this.#trails = [0]
    this.#lost.clear()

    for (const start of new Set([...view.lost.keys()].map(({ place }) => recordOf(place)))) {
      this.#lost.set(start, checksum(this.#lostIn({ graph, view }, start) ?? new Uint8Array()))
    }
  }

  putGrant (batch: Draft, { admit, authority }: Grant): void {
    batch.put(this.#key('grant'), encode([admit, ...authority].map(op => [op.body, op.sig])))
  }

  deleteGrant (batch: Draft): void {
    batch.delete(this.#key('grant'))
  }

  putHeld (batch: Draft, id: OpId, op: SignedOp): void {
    batch.put(this.#key(`held/${id}`), encode([op.body, op.sig]))
  }

  deleteHeld (batch: Draft, id: OpId): void {
    batch.delete(this.#key(`held/${id}`))
  }

  /** Writes all that `fill` puts. @throws {StorageError} */
  async write (fill: Fill, options?: Writing & AbortOptions): Promise<void> {
    await writeBatch(this.#datastore, fill, options)
  }

  /** Writes all of it anew, in place of whatever lies there. @throws {StorageError} */
  async rewrite (history: History, options?: AbortOptions): Promise<void> {
    const { records } = await readRecords(this.#datastore, this.#root, options)
    const put = new Set<string>()

    await this.write((batch) => {
      this.putAll({ put: (key, value) => { put.add(key.toString()); batch.put(key, value) }, delete: () => {} }, history)

      for (const name of records.keys()) {
        const key = this.#key(name)

        if (/^(op|lost)\//.test(name) && !put.has(key.toString())) {
          batch.delete(key)
        }
      }
    }, { ...options, before: (batch) => { this.putAll(batch, history) } })
  }

  /** Sets records aside, by their names. @throws {StorageError} */
  async setAside (names: Iterable<string>): Promise<void> {
    await setAside(this.#datastore, [...names].map(name => `${this.#root}/${name}`))
  }

  /** Names of records that hold other bytes than those of this history, are missing, or are too many. @throws {StorageError} */
  async differences (history: History, options?: AbortOptions): Promise<string[]> {
    const expected = new Map<string, Uint8Array>()
    const other = new LogStore(this.#datastore, this.#root.slice(LOGS.length + 1))
    const nameOf = (key: Key): string => key.toString().slice(this.#root.length + 1)
    other.putAll({ put: (key, value) => { expected.set(nameOf(key), value) }, delete: () => {} }, history)
    const { records, damaged } = await readRecords(this.#datastore, this.#root, options)
    const covered = new Set(this.#covered.map(place => nameOf(this.#placeKey('op', place))))
    const found = [...records].filter(([name, bytes]) => !/^(grant$|held\/)/.test(name) && !covered.has(name) && !isSame(bytes, expected.get(name)))

    return [...damaged.keys(), ...found.map(([name]) => name), ...[...expected.keys()].filter(name => !records.has(name))]
  }

  /** @throws {StorageError} */
  async load (options?: AbortOptions): Promise<Stored> {
    const { records, damaged } = await readRecords(this.#datastore, this.#root, options)
    const aside = await readAside(this.#datastore, this.#root, options)

    /** What it reads, or nothing; then it is damaged. */
    const read = <T>(name: string, from: (bytes: Uint8Array) => T): T[] => {
      const bytes = records.get(name)

      try {
        return bytes == null ? [] : [from(bytes)]
      } catch {
        damaged.set(name, bytes as Uint8Array)
        return []
      }
    }
    const under = (prefix: string): string[] => [...records.keys()].filter(name => name.startsWith(prefix))
    const [grant] = read('grant', bytes => (decodeStrict(bytes, MAX_STORED) as unknown[]).map(signedOp))
    const [genesis] = read('genesis', bytes => signedOp(decodeStrict(bytes, MAX_STORED)))
    const [end] = read('end', endOf)

    return {
      ...(genesis == null ? {} : { genesis }),
      ...(end == null ? {} : { end }),
      ops: new Map(under('op/').map(name => [placeOf(name), records.get(name) as Uint8Array])),
      lost: new Map(under('lost/').flatMap(name => read(name, lostOf).flat())),
      lostSum: sumOf(under('lost/').map(name => checksum(records.get(name) as Uint8Array))),
      held: under('held/').flatMap(name => read(name, bytes => signedOp(decodeStrict(bytes, MAX_STORED)))),
      ...(grant?.[0] == null ? {} : { grant: { admit: grant[0], authority: grant.slice(1) } }),
      damaged,
      aside: {
        ops: [...aside.records, ...aside.damaged].flatMap(([name, bytes]) => name.startsWith('op/') ? [bytes] : []),
        ends: [...aside.records].flatMap(([name, bytes]) => name === 'end' ? [endOf(bytes)] : [])
      }
    }
  }

  #trailAt ({ entries }: History['graph'], place: number): number {
    for (let next = this.#trails.length; next <= place; next++) {
      this.#trails.push(trailAfter(this.#trails[next - 1] ?? 0, entries[next - 1]?.id ?? ''))
    }

    return this.#trails[place] ?? 0
  }

  /** What is void of a record's ops. */
  #lostIn ({ graph, view }: Pick<History, 'graph' | 'view'>, start: number): Uint8Array | undefined {
    const lost = graph.entries.slice(start, start + RECORD_SIZE).flatMap((entry) => {
      const why = view.voidOf(entry)

      return why == null ? [] : [[entry.place, why.reason, why.because]]
    })

    return lost.length === 0 ? undefined : utf8ToBytes(JSON.stringify(lost))
  }

  #placeKey (what: 'op' | 'lost', place: number): Key {
    return this.#key(nameOf(what, place))
  }

  #key (name: string): Key {
    return new Key(`${this.#root}/${name}`, false)
  }
}

export function nameOf (what: 'op' | 'lost', place: number): string {
  return `${what}/${place.toString().padStart(10, '0')}`
}

function placeOf (name: string): number {
  return Number(name.slice(name.indexOf('/') + 1))
}

function sumOf (checksums: Iterable<number>): number {
  return [...checksums].reduce((sum, next) => (sum + next) >>> 0, 0)
}

function lostOf (bytes: Uint8Array): Array<[number, Void]> {
  return (JSON.parse(new TextDecoder().decode(bytes)) as Array<[number, Void['reason'], OpId | null]>)
    .map(([place, reason, because]) => [place, { reason, ...(because == null ? {} : { because }) }])
}

function endOf (bytes: Uint8Array): End {
  return JSON.parse(new TextDecoder().decode(bytes)) as End
}

function isSame (a: Uint8Array, b: Uint8Array | undefined): boolean {
  return a.length === b?.length && a.every((byte, i) => byte === b[i])
}

function signedOp (value: unknown): SignedOp {
  if (!Array.isArray(value) || !(value[0] instanceof Uint8Array) || !(value[1] instanceof Uint8Array)) {
    throw new TypeError('not an op')
  }

  return { body: value[0], sig: value[1] }
}
