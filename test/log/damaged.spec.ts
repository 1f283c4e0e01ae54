import fc from 'fast-check'
import { generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import { describe, expect, it } from 'vitest'
import { MembershipLog } from '../../src/log/index.js'
import { Disk, DiskDatastore } from '../helpers/disk.js'
import { plans } from './histories.js'
import { begin, reopened, said, signed } from './signed-plans.js'
import type { Payloads } from '../../src/log/index.js'

/** A log of some ops, void ones among them, and the disk that it lies on. */
async function stored (): Promise<{ log: MembershipLog, disk: Disk, ops: ReturnType<typeof signed>['ops'] }> {
  const isRich = async (ops: ReturnType<typeof signed>): Promise<{ log: MembershipLog, disk: Disk } | undefined> => {
    const disk = new Disk()
    const log = await begin(ops.genesis, new DiskDatastore(disk))
    await log.receive(ops.ops)

    return log.size > 8 && log.voids().size > 1 ? { log, disk } : undefined
  }

  for (const plan of fc.sample(plans(14), { numRuns: 400, seed: 11 })) {
    const history = signed(plan)
    const found = await isRich(history)

    if (found != null) {
      return { ...found, ops: history.ops }
    }
  }

  throw new Error('No such history')
}

/** `npm run fuzz COUNT` asks for more; `SEED=… npm run fuzz` repeats one. */
const RUNS = Number(globalThis.process?.env.FUZZ ?? 200)

describe('A log of which a record is damaged', () => {
  it('says so, whichever bit it is; keeps what is damaged, and is whole again as other members send what it lacks', async () => {
    const { log, disk, ops } = await stored()
    const before = said(log)
    const bits = [...disk.content].flatMap(([key, { length }]) => Array.from({ length: length * 8 }, (_, bit) => ({ key, bit })))

    await fc.assert(fc.asyncProperty(fc.nat({ max: bits.length - 1 }), async (nth) => {
      const { key, bit } = bits[nth]!
      const other = disk.content.get(key)!.slice()
      other[bit >> 3]! ^= 1 << bit % 8
      const damaged = new Disk([...disk.content, [key, other]])
      const again = await reopened(log, new DiskDatastore(damaged))
      expect(again.damaged.map(error => error.key)).toContain(key)
      expect(damaged.content.get(key.replace('/plus-one', '/plus-one/damaged'))).toEqual(other)

      if (!isSaid(said(again), before)) {
        await expect(again.verifyAll()).rejects.toMatchObject({ name: 'DamagedRecordError' })
      }

      await again.receive(ops)
      expect(said(again)).toEqual(before)
      await again.verifyAll()

      const once = await reopened(log, new DiskDatastore(damaged))
      expect(once.damaged).toEqual([])
      expect(said(once)).toEqual(before)
      await once.verifyAll()
    }), { numRuns: RUNS, ...(globalThis.process?.env.SEED == null ? {} : { seed: Number(globalThis.process.env.SEED) }) })
  }, Math.max(60_000, RUNS * 500))

  it('goes on from what others have, where a record is missing', async () => {
    const { log, disk, ops } = await stored()
    const before = said(log)

    for (const key of disk.content.keys()) {
      const less = new Disk([...disk.content].filter(([other]) => other !== key))
      const again = await reopened(log, new DiskDatastore(less))

      if (!isSaid(said(again), before)) {
        await expect(again.verifyAll()).rejects.toMatchObject({ name: 'DamagedRecordError' })
      }

      await again.receive(ops)
      expect(said(again)).toEqual(before)
      await again.verifyAll()
    }
  })
})

function isSaid (a: object, b: object): boolean {
  try {
    expect(a).toEqual(b)
    return true
  } catch {
    return false
  }
}

describe('Two batches of one log, of which a disk kept a part each', () => {
  it('no op gets another parent than it has: what does not follow on what lies before it is received anew', async () => {
    const privateKey = await generateKeyPairFromSeed('Ed25519', new Uint8Array(32).fill(1))
    const invite = (nth: number): Payloads['INVITE'] => ({ lookupId: nth.toString(16).padStart(32, '0'), role: 'writer', uses: 1, hosts: [], createdAt: 0, expiresAt: 0 })
    const write = async (disk: Disk, ...invites: number[]): Promise<MembershipLog> => {
      const log = await MembershipLog.create({ datastore: new DiskDatastore(disk), privateKey }, { name: 'Book club', kind: 'group', nonce: '00'.repeat(16) })

      for (const nth of invites) {
        await log.append('INVITE', invite(nth))
      }

      return log
    }
    const [disk, other] = [new Disk(), new Disk()]
    const log = await write(disk, 1, 2)
    const others = await write(other, 3)
    const ops = [...log.since([]), ...others.since([])].map(({ signed }) => signed)
    const key = `/plus-one/log/${log.key}/op/0000000001`
    disk.content.set(key, other.content.get(key) ?? new Uint8Array())

    const again = await MembershipLog.open({ datastore: new DiskDatastore(disk), privateKey }, log.key)
    // the parent of her second one is not here
    expect(again.since([]).map(({ id }) => id)).toEqual(others.since([]).map(({ id }) => id))
    expect(again.damaged).not.toEqual([])

    await again.receive(ops)
    expect(again.since([])).toHaveLength(4)
    await again.verifyAll()
  })
})
