import fc from 'fast-check'
import { MemoryDatastore } from 'datastore-core'
import { describe, expect, it } from 'vitest'
import { plans, shuffled } from './histories.js'
import { begin, reopened, said, signed } from './signed-plans.js'

/** `npm run fuzz COUNT` asks for more; `SEED=… npm run fuzz` repeats one. */
const RUNS = Math.ceil(Number(globalThis.process?.env.FUZZ ?? 40) / 2)
const TIMEOUT = Math.max(60_000, RUNS * 2000)
const MOST = 25

function settings (): fc.Parameters<unknown> {
  return { numRuns: RUNS, ...(globalThis.process?.env.SEED == null ? {} : { seed: Number(globalThis.process.env.SEED) }) }
}

describe('Whatever is signed, by whom, on which past', () => {
  it('a log says the same in every order of arrival, and after a restart', async () => {
    await fc.assert(fc.asyncProperty(plans(MOST), async (plan) => {
      const { genesis, ops } = signed(plan)
      const atOnce = await begin(genesis, new MemoryDatastore())
      await atOnce.receive(ops)

      const datastore = new MemoryDatastore()
      let bit = await begin(genesis, datastore)
      const mixed = shuffled(ops, plan.order)

      for (const [i, op] of mixed.entries()) {
        // twice now and then, as networks do
        await bit.receive(i % 5 === 0 ? [op, op] : [op])

        if (i === mixed.length >> 1) {
          const live = said(bit)
          bit = await reopened(bit, datastore)
          expect(said(bit)).toEqual(live)
        }
      }

      // what was pending at the restart is brought again by sync
      await bit.receive(mixed)
      expect(said(bit)).toEqual(said(atOnce))

      const again = await reopened(bit, datastore)
      expect(said(again)).toEqual(said(bit))
      await again.verifyAll()
    }), settings())
  }, TIMEOUT)

  it('a disk that fails in the middle changes nothing', async () => {
    await fc.assert(fc.asyncProperty(plans(MOST), async (plan) => {
      const { genesis, ops } = signed(plan)
      const datastore = new FailingDatastore()
      const log = await begin(genesis, datastore)
      const half = ops.length >> 1
      await log.receive(ops.slice(0, half))
      const before = said(log)

      datastore.fails = true
      await log.receive(ops.slice(half)).catch((err: Error) => { expect(err.name).toBe('StorageError') })
      expect(said(log)).toEqual(before)

      datastore.fails = false
      await log.receive(ops.slice(half))
      const atOnce = await begin(genesis, new MemoryDatastore())
      await atOnce.receive(ops)
      expect(said(log)).toEqual(said(atOnce))
    }), settings())
  }, TIMEOUT)
})

class FailingDatastore extends MemoryDatastore {
  fails = false

  override batch (): ReturnType<MemoryDatastore['batch']> {
    const batch = super.batch()

    return {
      ...batch,
      commit: async () => {
        if (this.fails) {
          throw new Error('disk full')
        }

        await batch.commit()
      }
    }
  }
}
