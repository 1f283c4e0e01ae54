import fc from 'fast-check'
import { MemoryDatastore } from 'datastore-core'
import { describe, expect, it } from 'vitest'
import { MembershipLog } from '../../src/log/index.js'
import { cast, enact, plans, shuffled } from './histories.js'
import { emptyReplica } from './people.js'
import type { Case } from './histories.js'

/** `FUZZ=5000 npm run fuzz` asks for more; `SEED=… npm run fuzz` repeats one. */
const RUNS = Number(globalThis.process?.env.FUZZ ?? 40)
const TIMEOUT = Math.max(20_000, RUNS * 400)

function settings (runs = RUNS): fc.Parameters<unknown> {
  return { numRuns: runs, ...(globalThis.process?.env.SEED == null ? {} : { seed: Number(globalThis.process.env.SEED) }) }
}

/** A log's view in the reference's words. */
function said (log: MembershipLog): object {
  return {
    members: new Map([...log.members()].map(({ key, role, grant }) => [key, { role, grant: grant ?? '' }])),
    voids: new Map([...log.voids()].map(([id, { reason }]) => [id, reason])),
    kept: new Set(log.since([]).map(({ id }) => id)),
    revoked: new Set([...log.invites()].filter(({ revokedBy }) => revokedBy != null).map(({ id }) => id)),
    used: new Map([...log.invites()].map(({ id, usedBy }) => [id, usedBy.length]))
  }
}

function expected ({ outcome: { members, voids, kept, revoked, used } }: Case): object {
  return { members, voids, kept, revoked, used: new Map([...used].map(([id, admits]) => [id, admits.length])) }
}

describe('Whatever is signed, by whom, on which past', () => {
  it('a log says what the rules say, in every order of arrival, and after a restart', async () => {
    const [alice] = await cast()

    await fc.assert(fc.asyncProperty(plans(40), async (plan) => {
      const story = await enact(plan)
      const signed = story.ops.slice(1).map(op => op.signed)

      const atOnce = await emptyReplica(story.genesis, { ...alice!, datastore: new MemoryDatastore() })
      await atOnce.receive(signed)
      expect(said(atOnce)).toEqual(expected(story))

      const datastore = new MemoryDatastore()
      let bit = await emptyReplica(story.genesis, { ...alice!, datastore })
      const mixed = shuffled(signed, plan.order)

      for (const [i, op] of mixed.entries()) {
        // twice now and then, as networks do
        await bit.receive(i % 5 === 0 ? [op, op] : [op])

        if (i === mixed.length >> 1) {
          const live = said(bit)
          bit = await MembershipLog.open({ ...alice!, datastore }, story.genesis.id)
          expect(said(bit)).toEqual(live)
        }
      }

      // what waited at the restart is brought again by sync
      await bit.receive(mixed)
      expect(said(bit)).toEqual(expected(story))
      expect(bit.stateHash()).toBe(atOnce.stateHash())

      const again = await MembershipLog.open({ ...alice!, datastore }, story.genesis.id)
      expect(said(again)).toEqual(said(bit))
      expect(again.stateHash()).toBe(bit.stateHash())
      await again.verifyAll()
    }), settings())
  }, TIMEOUT)

  it('nobody holds a rank that no chain of authorised ops gave', async () => {
    await fc.assert(fc.asyncProperty(plans(40), async (plan) => {
      const { ops, outcome, genesis } = await enact(plan)

      for (const [key, { role, grant }] of outcome.members) {
        const op = ops.find(({ id }) => id === grant)
        const granted = genesis.payload.owners.includes(key) || (op != null && outcome.kept.has(op.id) && !outcome.voids.has(op.id))
        const giver = op == null ? 'owner' : genesis.payload.owners.includes(op.author) ? 'owner' : 'admin'

        expect(granted).toBe(true)
        expect(genesis.payload.kind === 'contact' || role !== 'owner' || op == null).toBe(true)
        expect(giver === 'owner' || role === 'writer' || role === 'reader').toBe(true)
      }
    }), settings(Math.ceil(RUNS / 2)))
  }, TIMEOUT)

  it('a disk that fails in the middle changes nothing', async () => {
    const [alice] = await cast()

    await fc.assert(fc.asyncProperty(plans(30), async (plan) => {
      const story = await enact(plan)
      const signed = story.ops.slice(1).map(op => op.signed)
      const datastore = new FailingDatastore()
      const log = await emptyReplica(story.genesis, { ...alice!, datastore })
      const half = signed.length >> 1
      await log.receive(signed.slice(0, half))
      const before = said(log)

      datastore.fails = true
      await log.receive(signed.slice(half)).then(() => expect(said(log)).toEqual(before), (err: Error) => { expect(err.name).toBe('StorageError') })
      expect(said(log)).toEqual(before)

      datastore.fails = false
      await log.receive(signed.slice(half))
      expect(said(log)).toEqual(expected(story))
    }), settings(Math.ceil(RUNS / 2)))
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
