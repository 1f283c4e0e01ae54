/** What came is checked and stored, in order: the next batch is verified while this one is stored. */
import parallel from 'it-parallel'
import { pipe } from 'it-pipe'
import { BATCH, OPS } from './constants.js'
import type { FromOptions, RecordSet, SyncableLog } from './interface.js'
import type { Load, Stored } from './asking.js'

/** Batches whose signatures are verified at once, at most. */
const AHEAD = 2

export interface LoadReceiverInit {
  log: SyncableLog
  records: RecordSet[]
  options: FromOptions
  /** Called for each Load, when it is durable. */
  onStored: (stored: Stored) => void
}

/** Loads of one set and channel, taken together. */
interface Batch {
  set: number
  loads: Load[]
}

type Keep = () => Promise<Omit<Stored, 'load'>>

export class LoadReceiver {
  #loads: Load[] = []
  #wake = Promise.withResolvers<void>()
  #ended = false

  /** What the other side may send is bounded by its windows, and so is this. */
  push (load: Load): void {
    this.#loads.push(load)
    this.#wake.resolve()
  }

  /** Nothing more comes. */
  end (): void {
    this.#ended = true
    this.#wake.resolve()
  }

  /** Resolves when all is stored. @throws {StorageError} */
  async run ({ log, records, options, onStored }: LoadReceiverInit): Promise<void> {
    await pipe(
      this.#batches(),
      source => each(source, batch => async () => ({ batch, keep: await check(batch, log, records, options) })),
      source => parallel(source, { concurrency: AHEAD, ordered: true }),
      async (source) => {
        for await (const { batch: { loads }, keep } of source) {
          options.signal?.throwIfAborted()
          const { refused, ...stored } = await keep()

          // what did not hold is laid to the first of them
          loads.forEach((load, at) => { onStored({ ...stored, load, refused: at === 0 ? refused : 0 }) })
        }
      }
    )
  }

  /** All that is there of one set, up to a batch. */
  async * #batches (): AsyncGenerator<Batch> {
    while (true) {
      const [first] = this.#loads

      if (first == null) {
        if (this.#ended) {
          return
        }

        await this.#wake.promise
        this.#wake = Promise.withResolvers()
        continue
      }

      const { set, pull } = first.items
      const loads: Load[] = []

      for (let bytes = 0; bytes < BATCH; bytes += loads.at(-1)?.bytes ?? 0) {
        const next = this.#loads[0]

        if (next?.items.set !== set || next.items.pull !== pull) {
          break
        }

        this.#loads.shift()
        loads.push(next)
      }

      yield { set, loads }
    }
  }
}

async function check ({ set, loads }: Batch, log: SyncableLog, records: RecordSet[], options: FromOptions): Promise<Keep> {
  if (set === OPS) {
    const ops = loads.flatMap(({ items }) => items.ops)

    if (ops.length === 0) {
      return async () => ({ refused: 0 })
    }

    const verified = await log.verify(ops, options)

    return async () => {
      const { accepted, ...received } = await log.receive(verified, options)

      return { ...received, kept: accepted }
    }
  }

  return async () => {
    const taken = loads.flatMap(({ items }) => items.records)
    const kept = await records.find(({ number }) => number === set)?.keep(taken, options)

    return { refused: 0, ...kept }
  }
}

async function * each <T, U> (source: AsyncIterable<T>, map: (value: T) => U): AsyncGenerator<U> {
  for await (const value of source) {
    yield map(value)
  }
}
