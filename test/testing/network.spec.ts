import { lpStream } from '@libp2p/utils'
import { MemoryDatastore } from 'datastore-core'
import { Key } from 'interface-datastore'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createNetwork, FailingStore, FakeClock } from '../../src/testing/index.js'
import type { Network, TestNode } from '../../src/testing/index.js'
import type { Stream } from '@libp2p/interface'

const ECHO = '/test/echo/1.0.0'

let clock: FakeClock
let network: Network
let alice: TestNode
let bob: TestNode

beforeEach(async () => {
  clock = new FakeClock()
  network = createNetwork({ clock, meet: false })
  ;[alice, bob] = await Promise.all([network.node(), network.node()])
})

afterEach(async () => network.stop())

/** What Alice heard, in order. */
async function listen (): Promise<string[]> {
  const heard: string[] = []
  await alice.handle(ECHO, async (stream: Stream) => {
    const frames = lpStream(stream)

    try {
      while (true) {
        heard.push(new TextDecoder().decode((await frames.read()).subarray()))
      }
    } catch {
      heard.push('end')
    }
  })

  return heard
}

async function say (...words: string[]): Promise<Stream> {
  const stream = await bob.dialProtocol(alice.getMultiaddrs(), ECHO)
  const frames = lpStream(stream)

  for (const word of words) {
    await frames.write(new TextEncoder().encode(word))
  }

  return stream
}

describe('A network of nodes in memory', () => {
  it('delivers a message as late as its latency says, in order, and ends a stream after what was sent on it', async () => {
    const heard = await listen()
    const stream = await say('one')
    await vi.waitFor(() => { expect(heard).toEqual(['one']) })
    network.latency = 100
    const frames = lpStream(stream)
    await frames.write(new TextEncoder().encode('two'))
    await frames.write(new TextEncoder().encode('three'))
    const closed = stream.close()
    clock.advance(99)
    await new Promise(resolve => setTimeout(resolve, 0))
    expect(heard).toEqual(['one'])
    clock.advance(1)
    await closed
    await vi.waitFor(() => { expect(heard).toEqual(['one', 'two', 'three', 'end']) })
  })

  it.each([
    ['is lost', 'lose', ['one', 'three']],
    ['is overtaken', 'swap', ['one', 'three', 'two']],
    ['comes twice', 'twice', ['one', 'two', 'two', 'three']],
    ['is the end of its connection, before it came', 'cut', ['one', 'end']],
    ['is the end of its connection, once it came', 'cut-after', ['one', 'two', 'end']]
  ] as const)('has a message that %s', async (_, fate, expected) => {
    const heard = await listen()
    network.meddle(({ protocol, number, data }) => protocol === ECHO && number === 1 ? fate === 'twice' ? [data, data] : fate : undefined)
    await say('one', 'two', 'three').catch(() => {})
    await vi.waitFor(() => { expect(heard).toEqual(expected) })
  })

  it('holds a message as long as a test likes, and what is behind it', async () => {
    const heard = await listen()
    const held = Promise.withResolvers<undefined>()
    network.meddle(({ protocol, number }) => protocol === ECHO && number === 1 ? held.promise : undefined)
    await say('one', 'two', 'three')
    await vi.waitFor(() => { expect(heard).toEqual(['one']) })
    held.resolve(undefined)
    await vi.waitFor(() => { expect(heard).toEqual(['one', 'two', 'three']) })
  })

  it('is parted and heals: who is on the other side cannot be reached meanwhile', async () => {
    const heard = await listen()
    await say('one')
    await vi.waitFor(() => { expect(heard).toEqual(['one']) })
    network.partition([alice])
    await vi.waitFor(() => { expect(heard).toEqual(['one', 'end']) })
    await expect(say('two')).rejects.toThrow()
    network.partition()
    await say('three')
    await vi.waitFor(() => { expect(heard).toContain('three') })
  })

  it('loses as chance has it, and with the same seed the same again', async () => {
    const losses = async (): Promise<number> => {
      const own = createNetwork({ meet: false, loss: 0.2, seed: 7 })
      const [one, two] = await Promise.all([own.node(), own.node()])
      let came = 0
      await two.handle(ECHO, (stream) => { stream.addEventListener('message', () => { came++ }) })
      await one.dialProtocol(two.getMultiaddrs(), ECHO).catch(() => {})
      await own.stop()

      return came
    }

    expect(await losses()).toBe(await losses())
  })

  it('kills a node: nothing more of it is stored, and it comes back with its key, its address and what was stored by then', async () => {
    const party = await alice.services.parties.create({ name: 'Book club' })
    const { peerId } = alice
    const address = alice.getMultiaddrs().map(String)
    network.kill(alice)
    await alice.services.parties.create({ name: 'Too late' }).catch(() => {})
    await expect(bob.dial(alice.getMultiaddrs())).rejects.toThrow()
    alice = await network.restart(alice)
    expect(alice.peerId.equals(peerId)).toBe(true)
    expect(alice.getMultiaddrs().map(String)).toEqual(address)
    expect((await alice.services.parties.list()).map(({ key, name }) => [key, name])).toEqual([[party.key, 'Book club']])
    await bob.dial(alice.getMultiaddrs())
  })
})

describe('A store that fails', () => {
  it('at the write that a test names, for as many as it says, with as much written as it says', async () => {
    const inner = new MemoryDatastore()
    const store = new FailingStore(inner)
    const put = async (...names: string[]): Promise<void> => {
      const batch = store.batch()
      names.forEach((name) => { batch.put(new Key(name), new Uint8Array([1])) })
      await batch.commit()
    }
    const has = async (...names: string[]): Promise<boolean[]> => Promise.all(names.map(async name => inner.has(new Key(name))))

    store.fail({ after: 1, times: 1, applied: 2 })
    await put('a')
    await expect(put('b', 'c', 'd')).rejects.toMatchObject({ code: 'ENOSPC' })
    await put('e')
    expect(await has('a', 'b', 'c', 'd', 'e')).toEqual([true, true, true, false, true])
    store.fail()
    await expect(store.put(new Key('f'), new Uint8Array())).rejects.toMatchObject({ code: 'ENOSPC' })
    store.recover()
    await store.put(new Key('f'), new Uint8Array())
    expect(store.writes).toBe(5)
  })
})

describe('A clock that stands still', () => {
  it('lets time pass, or is set: then timers fire when they would have', () => {
    const fired: string[] = []
    const start = clock.now()
    clock.setTimeout(() => { fired.push('after a second') }, 1000)
    clock.jump(3_600_000)
    expect(clock.now()).toBe(start + 3_600_000)
    expect(fired).toEqual([])
    expect(clock.next).toBe(1000)
    clock.jump(-7_200_000)
    clock.advance(1000)
    expect(fired).toEqual(['after a second'])
    expect(clock.now()).toBe(start - 3_600_000 + 1000)
  })
})
