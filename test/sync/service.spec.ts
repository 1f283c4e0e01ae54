import { memory } from '@libp2p/memory'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { LOG_PROTOCOL, LogSync, RefusalCode } from '../../src/sync/index.js'
import { FakeClock } from '../../src/testing/index.js'
import { FakeRecords } from './fake-log.js'
import { keyOfNode, logOf, startNode, stopNodes, write } from './nodes.js'
import type { LogSyncComponents, LogSyncInit, RefusalInit } from '../../src/sync/index.js'
import type { FakeLog } from './fake-log.js'
import type { Node } from './nodes.js'

let addresses = 0

const node = async (init?: LogSyncInit): Promise<Node> =>
  startNode([`/memory/sync-${++addresses}`], [memory()], { sync: (components: LogSyncComponents) => new LogSync(components, init) })

afterEach(stopNodes)

describe('Connected nodes', () => {
  it('keep their logs and profiles together, over one stream, also when both dial at once', async () => {
    const [alice, bob] = await Promise.all([node(), node()])
    const logs = [logOf(alice, [alice, bob]), logOf(bob, [alice, bob])] as const
    const profiles = [new FakeRecords(), new FakeRecords()] as const
    await write(logs[0], 400)
    await profiles[0].put('Alice', 1)
    await alice.services.sync.add(logs[0], [profiles[0]])
    await bob.services.sync.add(logs[1], [profiles[1]])
    await bob.dial(alice.getMultiaddrs())
    await vi.waitFor(() => { expect(logs[1].size).toBe(401) })
    await logs[1].append('Bob', 'hello')
    await vi.waitFor(() => {
      expect(logs[0].size).toBe(402)
      expect(profiles[1].records.size).toBe(1)
    })
    const streams = alice.getConnections().flatMap(({ streams }) => streams).filter(({ protocol, status }) => protocol === LOG_PROTOCOL && status === 'open')
    expect(streams).toHaveLength(1)
    expect(Math.max(...logs[1].came.values())).toBe(1)
  })

  it('catch up before something is written on top', async () => {
    const [alice, bob] = await Promise.all([node(), node()])
    const logs = [logOf(alice, [alice, bob]), logOf(bob, [alice, bob])] as const
    await alice.services.sync.add(logs[0])
    await bob.services.sync.add(logs[1])
    await write(logs[0], 2000)
    await bob.dial(alice.getMultiaddrs())
    await bob.services.sync.catchUp(logs[0].key, 5000)
    expect(logs[1].size).toBe(2001)
  })

  it('begin no stream when one of them is about to stop; once it is back they do', async () => {
    const [alice, bob] = await Promise.all([node(), node()])
    const logs = [logOf(alice, [alice, bob]), logOf(bob, [alice, bob])] as const
    await write(logs[0], 3)
    const connection = await bob.dial(alice.getMultiaddrs())
    const opened = vi.spyOn(connection, 'newStream')
    await bob.services.sync.add(logs[1])
    await bob.services.sync.beforeStop()
    // streams are begun in the turn after a log is added
    await new Promise(resolve => setTimeout(resolve, 0))
    expect(opened).not.toHaveBeenCalled()

    await bob.stop()
    await bob.start()
    await Promise.all([alice.services.sync.add(logs[0]), bob.services.sync.add(logs[1])])
    await bob.dial(alice.getMultiaddrs())
    await vi.waitFor(() => { expect(logs[1].size).toBe(4) })
  })

  it('are told why they are refused, and tried again when they are members', async () => {
    const [alice, bob] = await Promise.all([node(), node()])
    const logs = [logOf(alice, [alice]), logOf(bob, [alice, bob])] as const
    const refused: number[] = []
    bob.services.sync.addEventListener('refused', ({ detail }: CustomEvent<RefusalInit>) => { refused.push(detail.code) })
    await alice.services.sync.add(logs[0])
    await bob.services.sync.add(logs[1])
    await write(logs[0], 3)
    await bob.dial(alice.getMultiaddrs())
    await vi.waitFor(() => { expect(refused).toEqual([RefusalCode.UNKNOWN]) })
    expect(logs[1].size).toBe(1)
    logs[0].say(keyOfNode(bob), { is: 'member' })
    await vi.waitFor(() => { expect(logs[1].size).toBe(4) })
  })

  it('are told that they were removed where they stand', async () => {
    const [alice, bob] = await Promise.all([node(), node()])
    const logs = [logOf(alice, [alice, bob]), logOf(bob, [alice, bob])] as const
    const refused: RefusalInit[] = []
    bob.services.sync.addEventListener('refused', ({ detail }: CustomEvent<RefusalInit>) => { refused.push(detail) })
    await alice.services.sync.add(logs[0])
    await bob.services.sync.add(logs[1])
    await bob.dial(alice.getMultiaddrs())
    await write(logs[0], 3)
    await vi.waitFor(() => { expect(logs[1].size).toBe(4) })
    const remove = await logs[0].append('Alice', 'remove Bob')
    logs[0].say(keyOfNode(bob), { is: 'removed', ops: [remove.id] })
    await logs[0].append('Alice', 'a secret')
    await vi.waitFor(() => {
      expect(logs[1].has(remove.id)).toBe(true)
      expect(refused[0]).toMatchObject({ code: RefusalCode.REMOVED, ops: [remove.id] })
    })
    expect(logs[1].size).toBe(5)
  })

  it('are told of what is new by links; who has none hears of it late, by a comparison', async () => {
    const [alice, bob] = await Promise.all([node({ late: 20 }), node()])
    const logs = [logOf(alice, [alice, bob]), logOf(bob, [alice, bob])] as const
    await alice.services.sync.add(logs[0])
    await bob.services.sync.add(logs[1])
    await bob.dial(alice.getMultiaddrs())
    await write(logs[0], 1)
    await vi.waitFor(() => { expect(logs[1].size).toBe(2) })
    alice.services.sync.tell(logs[0].key, new Set(Array.from({ length: 6 }, (_, nth) => `link ${nth}`)))
    await write(logs[0], 3)
    await vi.waitFor(() => { expect(logs[1].size).toBe(5) })
    expect(Math.max(...logs[1].came.values())).toBe(1)
  })

  it('hear late one after the other: ten of them within three seconds', async () => {
    const clock = new FakeClock()
    const alice = await node({ clock })
    const others = await Promise.all(Array.from({ length: 10 }, async () => node()))
    const log = logOf(alice, [alice, ...others])
    const logs = others.map(other => logOf(other, [alice, other]))
    await alice.services.sync.add(log)
    await Promise.all(others.map(async (other, nth) => {
      await other.services.sync.add(logs[nth] as FakeLog)
      await other.dial(alice.getMultiaddrs())
    }))
    await write(log, 1)
    await vi.waitFor(() => { expect(logs.map(({ size }) => size)).toEqual(Array(10).fill(2)) })
    alice.services.sync.tell(log.key, new Set(Array.from({ length: 6 }, (_, nth) => `link ${nth}`)))
    await write(log, 1)
    clock.advance(1_999)
    expect(logs.map(({ size }) => size)).toEqual(Array(10).fill(2))
    clock.advance(1)
    await vi.waitFor(() => { expect(logs.filter(({ size }) => size === 3)).toHaveLength(1) })
    clock.advance(900)
    await vi.waitFor(() => { expect(logs.map(({ size }) => size)).toEqual(Array(10).fill(3)) })
  })

  it('that stopped start again', async () => {
    const [alice, bob] = await Promise.all([node(), node()])
    const logs = [logOf(alice, [alice, bob]), logOf(bob, [alice, bob])] as const
    await alice.services.sync.add(logs[0])
    await bob.services.sync.add(logs[1])
    await bob.dial(alice.getMultiaddrs())
    await bob.stop()
    await write(logs[0], 3)
    await bob.start()
    await bob.services.sync.add(logs[1])
    await bob.dial(alice.getMultiaddrs())
    await vi.waitFor(() => { expect(logs[1].size).toBe(4) })
  })

  it('are not kept busy by a stranger who opens streams and says nothing', async () => {
    const [alice, bob, eve] = await Promise.all([node(), node(), node()])
    await alice.services.sync.add(logOf(alice, [alice, bob]))
    const flood = async (from: Node): Promise<number> => {
      const connection = await from.dial(alice.getMultiaddrs())
      const streams = await Promise.all(Array.from({ length: 40 }, async () => connection.newStream(LOG_PROTOCOL)))
      await vi.waitFor(() => { expect(streams.filter(({ status }) => status === 'open').length).toBeLessThanOrEqual(from === eve ? 16 : 40) })

      return streams.filter(({ status }) => status === 'open').length
    }
    expect(await flood(eve)).toBe(16)
    expect(await flood(bob)).toBe(40)
  })
})
