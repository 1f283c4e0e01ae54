import fc from 'fast-check'
import { generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import { describe, expect, it } from 'vitest'
import { MembershipLog } from '../../src/log/index.js'
import { Disk, DiskDatastore } from '../helpers/disk.js'
import { plans, shuffled } from './histories.js'
import { begin, reopened, said, signed } from './signed-plans.js'
import type { Fault } from '../helpers/disk.js'
import type { AnyOp, OpId, Payloads } from '../../src/log/index.js'

/** `npm run fuzz COUNT` asks for more; `SEED=… npm run fuzz` repeats one. */
const RUNS = Math.ceil(Number(globalThis.process?.env.FUZZ ?? 40) / 2)
const FAULTS: Fault[] = ['none', 'partly', 'after', 'torn', 'silent']

const faults = fc.array(fc.constantFrom<Fault | undefined>(undefined, undefined, ...FAULTS), { maxLength: 3 })

function settings (): fc.Parameters<unknown> {
  return { numRuns: RUNS, ...(globalThis.process?.env.SEED == null ? {} : { seed: Number(globalThis.process.env.SEED) }) }
}

async function expectTrueView (log: MembershipLog, genesis: AnyOp<'GENESIS'>): Promise<void> {
  const fresh = await begin(genesis, new DiskDatastore(new Disk()))
  await fresh.receive(log.since([]).map(({ signed }) => signed))
  expect(said(log)).toEqual(said(fresh))
}

describe('A disk that fails now and then', () => {
  it('loses nothing of what others sent and was acknowledged, and the view is what the ops mean', async () => {
    const steps = fc.array(fc.record({ faults, some: fc.nat({ max: 6 }), restart: fc.boolean() }), { minLength: 4, maxLength: 12 })

    await fc.assert(fc.asyncProperty(plans(20), steps, fc.nat(), async (plan, steps, mask) => {
      const { genesis, ops } = signed(plan)
      const disk = new Disk()
      disk.applies = nth => (mask >> nth % 8 & 1) === 1
      let log = await begin(genesis, new DiskDatastore(disk))
      const acknowledged = new Set<OpId>()
      let rest = shuffled(ops, plan.order)

      for (const { faults, some, restart } of steps) {
        disk.faults = [...faults]
        const { accepted } = await log.receive(rest.slice(0, some)).catch(() => ({ accepted: [] }))
        accepted.forEach(({ id }) => acknowledged.add(id))
        rest = [...rest.slice(some), ...rest.slice(0, some)]

        if (restart) {
          disk.faults = []
          log = await reopened(log, new DiskDatastore(disk))
          acknowledged.forEach((id) => { expect(log.has(id)).toBe(true) })
          await expectTrueView(log, genesis)
        }
      }

      disk.faults = []
      await log.receive(ops)
      const atOnce = await begin(genesis, new DiskDatastore(new Disk()))
      await atOnce.receive(ops)
      expect(said(log)).toEqual(said(atOnce))
      expect(said(await reopened(log, new DiskDatastore(disk)))).toEqual(said(atOnce))
    }), settings())
  }, Math.max(60_000, RUNS * 3000))

  it('loses none of this node\'s own ops that were acknowledged, nor forks its chain', async () => {
    const privateKey = await generateKeyPairFromSeed('Ed25519', new Uint8Array(32).fill(1))
    const invite = (nth: number): Payloads['INVITE'] => ({ lookupId: nth.toString(16).padStart(32, '0'), role: 'writer', uses: 1, hosts: [], createdAt: 0, expiresAt: 0 })

    await fc.assert(fc.asyncProperty(fc.array(fc.record({ faults, appends: fc.nat({ max: 30 }), restart: fc.boolean() }), { minLength: 3, maxLength: 8 }), fc.nat(), async (steps, mask) => {
      const disk = new Disk()
      disk.applies = nth => (mask >> nth % 8 & 1) === 1
      let datastore = new DiskDatastore(disk)
      let log = await MembershipLog.create({ datastore, privateKey }, { name: 'Book club', kind: 'group', nonce: '00'.repeat(16) })
      const acknowledged = new Set<OpId>()

      for (const { faults, appends, restart } of steps) {
        for (let nth = 0; nth < appends; nth++) {
          // in the midst of it
          if (nth === appends >> 1) {
            disk.faults = [...faults]
          }

          await log.append('INVITE', invite(nth)).then(({ id }) => { acknowledged.add(id) }, (err: Error) => { expect(err.name).toBe('StorageError') })
        }

        if (restart) {
          disk.faults = []
          datastore = new DiskDatastore(disk)
          log = await MembershipLog.open({ datastore, privateKey }, log.key)
        }

        acknowledged.forEach((id) => { expect(log.has(id)).toBe(true) })
        expect([...log.forks()]).toEqual([])
      }
    }), settings())
  }, Math.max(60_000, RUNS * 3000))
})
