import fc from 'fast-check'
import { Key } from 'interface-datastore'
import { describe, expect, it } from 'vitest'
import { checkVersion, readRecord, readRecords, setAside, syncTo, writeBatch } from '../../src/storage/records.js'
import { Disk, DiskDatastore } from '../helpers/disk.js'
import type { Fill } from '../../src/storage/records.js'
import type { Fault } from '../helpers/disk.js'

const FAULTS: Fault[] = ['none', 'partly', 'after', 'torn', 'silent']

const keyOf = (name: string): Key => new Key(`/plus-one/test/${name}`, false)

/** Something that counts, in memory as far as it is durable. */
class Counter {
  value = 0
  readonly #name: string
  readonly #datastore: DiskDatastore

  constructor (datastore: DiskDatastore, name: string) {
    this.#datastore = datastore
    this.#name = name
  }

  async load (): Promise<this> {
    this.value = (await readRecord(this.#datastore, keyOf(this.#name)))?.[0] ?? 0

    return this
  }

  async add (): Promise<void> {
    await writeBatch(this.#datastore, this.#putting(this.value + 1), { before: (batch) => { this.#putting(this.value)(batch) } })
    this.value++
  }

  #putting (value: number): Fill {
    return (batch) => { batch.put(keyOf(this.#name), Uint8Array.of(value)) }
  }
}

describe('A disk that fails once', () => {
  it.each(FAULTS)('%s: what is told to be written afterwards is there after a restart, and what was not is not', async (fault) => {
    const disk = new Disk()
    const datastore = new DiskDatastore(disk)
    const counter = await new Counter(datastore, 'spent').load()
    await counter.add()
    disk.faults = [fault]
    await expect(counter.add()).rejects.toMatchObject({ name: 'StorageError', message: expect.not.stringContaining('nothing was changed') as string })
    expect(counter.value).toBe(1)
    await counter.add()
    await counter.add()

    expect((await new Counter(new DiskDatastore(disk), 'spent').load()).value).toBe(3)
  })

  it.each(FAULTS)('%s: what was told to have failed is not there after a restart either, once another is told to be written', async (fault) => {
    const disk = new Disk()
    const datastore = new DiskDatastore(disk)
    const [one, other] = [new Counter(datastore, 'one'), new Counter(datastore, 'other')]
    await one.add()
    disk.faults = [fault]
    await expect(one.add()).rejects.toMatchObject({ name: 'StorageError' })
    await other.add()
    expect((await readRecords(new DiskDatastore(disk), '/plus-one/test')).records).toEqual(new Map([['one', Uint8Array.of(1)], ['other', Uint8Array.of(1)]]))
  })

  it('nothing is told to be written while it is full; then it goes on by itself', async () => {
    const disk = new Disk()
    const datastore = new DiskDatastore(disk)
    const [one, other] = [new Counter(datastore, 'one'), new Counter(datastore, 'other')]
    await one.add()
    disk.isFull = true

    for (const counter of [one, other, one, other]) {
      await expect(counter.add()).rejects.toMatchObject({ name: 'StorageError' })
    }

    disk.isFull = false
    await other.add()
    expect((await readRecords(new DiskDatastore(disk), '/plus-one/test')).records).toEqual(new Map([['one', Uint8Array.of(1)], ['other', Uint8Array.of(1)]]))
  })

  it('what fails for others who write to the same datastore loses nothing, either', async () => {
    const disk = new Disk()
    const datastore = new DiskDatastore(disk)
    const counter = await new Counter(datastore, 'spent').load()
    disk.faults = [undefined, 'torn']
    await counter.add()
    await expect(datastore.put(new Key('/peers/bob'), new Uint8Array())).rejects.toThrow()
    await counter.add()

    expect((await new Counter(new DiskDatastore(disk), 'spent').load()).value).toBe(2)
  })

  it('what must outlive a power loss is written through, where the datastore can and is told to', async () => {
    const synced: boolean[] = []
    const datastore = Object.assign(new DiskDatastore(new Disk()), { db: { del: async (_: string, { sync }: { sync: boolean }) => { synced.push(sync) } } })
    const write = async (sync: boolean): Promise<void> => { await writeBatch(datastore, (batch) => { batch.put(keyOf('spent'), Uint8Array.of(1)) }, { sync }) }
    await write(true)
    expect(synced).toEqual([])
    syncTo(datastore, true)
    await write(false)
    expect(synced).toEqual([])
    await write(true)
    expect(synced).toEqual([true])
  })

  it('who writes beside the one that failed is not told that it is written either', async () => {
    const disk = new Disk()
    const datastore = new DiskDatastore(disk)
    const counters = await Promise.all(['a', 'b', 'c', 'd'].map(async name => new Counter(datastore, name).load()))
    disk.faults = ['torn']
    const told = await Promise.allSettled(counters.map(async counter => counter.add()))
    const stored = await Promise.all(['a', 'b', 'c', 'd'].map(async name => (await new Counter(new DiskDatastore(disk), name).load()).value))
    expect(stored).toEqual(told.map(({ status }) => status === 'fulfilled' ? 1 : 0))
  })

  it('what was told to be written is never lost, whatever fails and whenever it restarts', async () => {
    const step = fc.oneof(
      { weight: 6, arbitrary: fc.record({ write: fc.array(fc.nat({ max: 3 }), { minLength: 1, maxLength: 3 }), faults: fc.array(fc.constantFrom<Fault | undefined>(undefined, ...FAULTS), { maxLength: 4 }) }) },
      { weight: 1, arbitrary: fc.constantFrom('restart' as const, 'torn by others' as const) }
    )

    await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 40 }), fc.nat(), async (steps, mask) => {
      const disk = new Disk()
      disk.applies = nth => (mask >> nth % 8 & 1) === 1
      let { datastore, counters } = await loaded(disk)
      const durable = counters.map(() => 0)
      const tried = counters.map(() => 0)
      const busy = new Set<number>()

      for (const one of steps) {
        if (one === 'torn by others') {
          disk.faults = ['torn']
          await expect(datastore.put(new Key('/peers/bob'), new Uint8Array())).rejects.toThrow()
        } else if (one === 'restart') {
          ({ datastore, counters } = await loaded(disk))

          // a write that failed may have happened, where nothing was written since
          counters.forEach(({ value }, i) => {
            expect(value).toBeGreaterThanOrEqual(durable[i]!)
            expect(value).toBeLessThanOrEqual(tried[i]!)
            durable[i] = tried[i] = value
          })
        } else {
          disk.faults = [...one.faults]
          await Promise.all([...new Set(one.write)].map(async (i) => {
            tried[i] = durable[i]! + 1
            busy.add(i)
            await counters[i]!.add().then(() => {
              durable[i]!++
              busy.delete(i)
              // what failed before is as it was
              tried.forEach((_, other) => { if (!busy.has(other)) { tried[other] = durable[other]! } })
            }, () => { busy.delete(i) })
          }))
        }
      }
    }), { numRuns: 300 })

    async function loaded (disk: Disk): Promise<{ datastore: DiskDatastore, counters: Counter[] }> {
      const datastore = new DiskDatastore(disk)

      return { datastore, counters: await Promise.all([0, 1, 2, 3].map(async i => new Counter(datastore, String(i)).load())) }
    }
  })
})

describe('A record that is damaged', () => {
  it('is noticed, whichever bit it is, and is kept apart', async () => {
    const disk = new Disk()
    await writeBatch(new DiskDatastore(disk), (batch) => { batch.put(keyOf('pin'), Uint8Array.from({ length: 40 }, (_, i) => i)) })
    const written = disk.content.get(keyOf('pin').toString())!

    for (let bit = 0; bit < written.length * 8; bit++) {
      const other = written.slice()
      other[bit >> 3]! ^= 1 << bit % 8
      const datastore = new DiskDatastore(new Disk([[keyOf('pin').toString(), other]]))
      await expect(readRecord(datastore, keyOf('pin'))).rejects.toMatchObject({ name: 'DamagedRecordError', key: '/plus-one/test/pin' })
      expect((await readRecords(datastore, '/plus-one/test')).damaged.size).toBe(1)
      await setAside(datastore, [keyOf('pin').toString()])
      expect(await readRecord(datastore, keyOf('pin'))).toBeUndefined()
      expect([...datastore.disk.content]).toEqual([['/plus-one/damaged/test/pin', other]])
    }
  })
})

describe('A store of another version', () => {
  it.each([['a newer one', [['/plus-one/version', Uint8Array.of(3)]], 3], ['one without a number', [['/plus-one/log/aa/op/0', Uint8Array.of(1)]], 1]] as const)('%s is refused by its number, and not touched', async (_, content, version) => {
    const fresh = new DiskDatastore(new Disk())
    await writeBatch(fresh, (batch) => { content.forEach(([key, value]) => { batch.put(new Key(key, false), value) }) })
    const before = new Map(fresh.disk.content)
    const datastore = new DiskDatastore(fresh.disk)
    await expect(checkVersion(datastore)).rejects.toMatchObject({ name: 'StoreVersionError', version })
    expect(datastore.disk.content).toEqual(before)
  })

  it('an empty one is marked as of this version', async () => {
    const datastore = new DiskDatastore(new Disk())
    await checkVersion(datastore)
    await checkVersion(datastore)
    expect([...datastore.disk.content.keys()]).toEqual(['/plus-one/version'])
  })
})
