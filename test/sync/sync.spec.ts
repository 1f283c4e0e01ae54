import { describe, expect, it, vi } from 'vitest'
import { Turns } from '../../src/sync/turns.js'
import { FakeClock } from '../../src/testing/index.js'
import { contentOf, grow, meet, replica, sync } from './replicas.js'

const most = (came: Map<string, number>): number => Math.max(0, ...came.values())

describe('Two replicas come to have the same', () => {
  it('Bob has nothing, and gets all, with progress', async () => {
    const [alice, bob] = [replica('Alice'), replica('Bob')]
    await grow(alice, 'Alice', 3000)
    const { progress } = await sync(bob, alice)
    expect(contentOf(bob)).toBe(contentOf(alice))
    expect(most(bob.log.came)).toBe(1)
    expect(alice.log.came.size).toBe(0)
    expect(progress.at(-1)).toMatchObject({ set: 0, items: { done: 3000, all: 3000 } })
    expect(progress.at(-1)?.bytes.done).toBe(progress.at(-1)?.bytes.all)
  })

  it('what was written apart comes together, each op once', async () => {
    const [alice, bob] = [replica('Alice'), replica('Bob')]
    await grow(alice, 'Alice', 40)
    await sync(bob, alice)
    bob.log.came.clear()
    await grow(alice, 'Alice', 30)
    await grow(bob, 'Bob', 20)
    await sync(alice, bob)
    expect(contentOf(bob)).toBe(contentOf(alice))
    expect([bob.log.came.size, alice.log.came.size]).toEqual([30, 20])
    expect(most(bob.log.came) + most(alice.log.came)).toBe(2)
  })

  it('profiles come after the ops that make their owners members, and only those that are missing', async () => {
    const [alice, bob] = [replica('Alice'), replica('Bob')]
    await grow(alice, 'Alice', 10)

    for (let nth = 0; nth < 300; nth++) {
      await alice.profiles.put(`member ${nth}`, 1)
    }

    const order: string[] = []
    bob.log.addEventListener('ops', () => { order.push('ops') })
    bob.profiles.addEventListener('records', () => { order.push('profiles') })
    await sync(bob, alice)
    expect(contentOf(bob)).toBe(contentOf(alice))
    expect(order.slice(0, 2)).toEqual(['ops', 'profiles'])

    await alice.profiles.put('member 7', 2, 'a new name')
    await bob.profiles.put('member 9', 2, 'another')
    await sync(bob, alice)
    expect(contentOf(bob)).toBe(contentOf(alice))
    expect([bob.profiles.came.size, alice.profiles.came.size]).toEqual([1, 1])
  })

  it('of two heads that both sides have not, and of 2,000, only what is missing is sent', async () => {
    const [alice, bob] = [replica('Alice'), replica('Bob')]
    const base = await alice.log.append('Alice', 'base')

    for (let nth = 0; nth < 2000; nth++) {
      await alice.log.append(`author ${nth % 50}`, `head ${nth}`, { parents: [base.id] })
    }

    await sync(bob, alice)
    expect(bob.log.size).toBe(alice.log.size)
    bob.log.came.clear()
    await alice.log.append('author 3', 'news', { parents: [base.id] })
    await bob.log.append('author 4', 'news of Bob', { parents: [base.id] })
    await sync(bob, alice)
    expect(contentOf(bob)).toBe(contentOf(alice))
    expect([bob.log.came.size, alice.log.came.size]).toEqual([1, 1])
  })

  it('a long chain that its author forked is not sent again', async () => {
    const [alice, bob] = [replica('Alice'), replica('Bob')]
    await grow(alice, 'Carol', 1000)
    await sync(bob, alice)
    bob.log.came.clear()
    const tip = alice.log.heads[0]!
    const middle = alice.log.ops.get(tip)!
    await alice.log.append('Carol', 'one way', { parents: [tip], previous: tip })
    await bob.log.append('Carol', 'the other', { parents: [tip], previous: tip })
    await sync(bob, alice)
    expect(contentOf(bob)).toBe(contentOf(alice))
    expect(bob.log.chain(middle.author)).toHaveLength(2)
    expect(bob.log.came.size + alice.log.came.size).toBeLessThanOrEqual(4)
  })

  it('ops whose past was lost on the way are looked for again', async () => {
    const [alice, bob] = [replica('Alice'), replica('Bob')]
    await grow(alice, 'Alice', 20)
    const meeting = await meet(bob, alice)
    await vi.waitFor(() => { expect(bob.log.size).toBe(21) })
    const lost = await alice.log.append('Alice', 'one')
    bob.log.lose.add(lost.id)
    const after = await alice.log.append('Alice', 'two')
    expect(after.parents).toEqual([lost.id])
    await vi.waitFor(() => { expect(contentOf(bob)).toBe(contentOf(alice)) })
    expect(bob.log.came.get(lost.id)).toBe(2)
    meeting.wire.close()
    await meeting.over
  })
})

describe('What is new is told while the stream is open', () => {
  it('to the other side, once, and not back', async () => {
    const [alice, bob] = [replica('Alice'), replica('Bob')]
    const meeting = await meet(bob, alice)
    await alice.log.append('Alice', 'news')
    await bob.log.append('Bob', 'other news')
    await alice.profiles.put('Alice', 1)
    await vi.waitFor(() => {
      expect(contentOf(bob)).toBe(contentOf(alice))
      expect(bob.profiles.records.size).toBe(1)
    })
    await new Promise(resolve => setTimeout(resolve, 60))
    expect(most(bob.log.came) + most(alice.log.came)).toBe(2)
    expect(alice.profiles.came.size).toBe(0)
    meeting.wire.close()
    await meeting.over
  })

  it('profiles that came before the ops that make their owners members are looked for again', async () => {
    const [alice, bob] = [replica('Alice'), replica('Bob')]
    bob.profiles.stands = key => bob.log.chain(key).length > 0
    const { wire, over } = await meet(bob, alice)

    // more ops than news may have, and a profile, which may have
    for (let nth = 0; nth < 600; nth++) {
      await grow(alice, 'Alice', 1)
    }

    await grow(alice, 'Carol', 1)
    await alice.profiles.put('Carol', 1)
    await vi.waitFor(() => { expect(contentOf(bob)).toBe(contentOf(alice)) })
    expect(bob.profiles.records.size).toBe(1)

    // and of one who never becomes a member not again and again
    await alice.profiles.put('Eve', 1)

    for (let nth = 0; nth < 40; nth++) {
      await grow(alice, 'Alice', 1)
      await vi.waitFor(() => { expect(bob.log.size).toBe(alice.log.size) })
    }

    expect(Math.max(...bob.profiles.came.values())).toBeLessThan(10)
    wire.close()
    await over
  })

  it('a burst that is longer than the window is compared and asked for', async () => {
    const [alice, bob] = [replica('Alice'), replica('Bob')]
    const meeting = await meet(bob, alice)
    await grow(alice, 'Alice', 800)
    await vi.waitFor(() => { expect(contentOf(bob)).toBe(contentOf(alice)) })
    expect(most(bob.log.came)).toBe(1)
    expect(meeting.wire.frames.some(frame => frame.kind === 'pull')).toBe(true)
    meeting.wire.close()
    await meeting.over
  })
})

describe('Windows', () => {
  it('no more is on its way than was asked for, while the disk is slow', async () => {
    const [alice, bob] = [replica('Alice'), replica('Bob')]
    await grow(alice, 'Alice', 2000)
    const disk = Promise.withResolvers<void>()
    bob.log.onReceive = async () => disk.promise
    const meeting = await meet(bob, alice, { window: 32_768 })
    await vi.waitFor(() => { expect(meeting.wire.frames.filter(({ kind }) => kind === 'items').length).toBeGreaterThan(0) })
    await new Promise(resolve => setTimeout(resolve, 30))
    expect(meeting.wire.bytes).toBeLessThan(32_768 + 16_384)
    disk.resolve()
    await vi.waitFor(() => { expect(contentOf(bob)).toBe(contentOf(alice)) })
    meeting.wire.close()
    await meeting.over
  })

  it('cut off anywhere, it goes on where it was', async () => {
    const [alice, bob] = [replica('Alice'), replica('Bob')]
    await grow(alice, 'Alice', 1500)
    let streams = 0

    for (let last = -1; contentOf(bob) !== contentOf(alice); streams++) {
      await sync(bob, alice, { cut: 9, window: 32_768 })
      expect(bob.log.size).toBeGreaterThan(last)
      last = bob.log.size
    }

    expect(streams).toBeGreaterThan(2)
    expect(most(bob.log.came)).toBe(1)
  })

  it('of three that have it all, the newcomer asks one', async () => {
    const carol = replica('Carol', ['Alice', 'Bob', 'Carol', 'Dave'])
    const others = ['Alice', 'Bob', 'Dave'].map(name => replica(name, ['Alice', 'Bob', 'Carol', 'Dave']))

    for (let nth = 0; nth < 1500; nth++) {
      const op = await others[0]!.log.append('Alice', `op ${nth}`)
      await others[1]!.log.receive([op])
      await others[2]!.log.receive([op])
    }

    others.forEach(({ log }) => { log.came.clear() })
    const meetings = await Promise.all(others.map(async other => meet(carol, other, { window: 32_768 })))
    await vi.waitFor(() => { expect(carol.log.size).toBe(1501) })
    await Promise.all(meetings.flatMap(({ sessions }) => sessions.map(async session => session.caughtUp())))
    expect(most(carol.log.came)).toBe(1)
    expect(others.map(({ log }) => log.came.size)).toEqual([0, 0, 0])
    expect(meetings.map(({ wire }) => wire.bytes).sort((a, b) => a - b)[1]).toBeLessThan(2000)

    // and what comes now is told to all
    await others[2]!.log.append('Dave', 'news')
    await vi.waitFor(() => { expect(others.map(({ log }) => log.size)).toEqual([1502, 1502, 1502]) })

    for (const { wire, over } of meetings) {
      wire.close()
      await over
    }
  })

  it('one that is asked and does not answer gives way to another', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })

    try {
      const turns = new Turns()
      const [one, other] = [turns.turn(), turns.turn()]
      const woken: string[] = []
      other.wake = () => { woken.push('other') }
      expect(one.take()).toBe(true)
      expect(other.take()).toBe(false)
      vi.advanceTimersByTime(4000)
      expect(one.take(8192)).toBe(true)
      vi.advanceTimersByTime(2000)
      expect([woken.length, other.take()]).toEqual([1, false])
      vi.advanceTimersByTime(5000)
      expect([woken.length, other.take(), one.take()]).toEqual([2, true, false])
    } finally {
      vi.useRealTimers()
    }
  })

  it('it gives way as soon where the clock was set back by a year meanwhile', () => {
    const clock = new FakeClock()
    const turns = new Turns(clock)
    const [one, other] = [turns.turn(), turns.turn()]
    expect([one.take(), other.take()]).toEqual([true, false])
    clock.jump(-365 * 86_400_000)
    clock.advance(5000)
    expect(other.take()).toBe(true)
  })

  it('one that gives little, or what is here, gives way too', () => {
    vi.useFakeTimers()

    try {
      const turns = new Turns()
      const [eve, bob] = [turns.turn(), turns.turn()]
      expect(eve.take()).toBe(true)

      for (let nth = 0; nth < 4; nth++) {
        vi.advanceTimersByTime(4000)
        expect(eve.take(8192)).toBe(true)
        expect(bob.take()).toBe(false)
      }

      vi.advanceTimersByTime(4000)
      expect(eve.take(400)).toBe(true)
      expect(bob.take()).toBe(false)
      vi.advanceTimersByTime(1000)
      expect(eve.take(400)).toBe(true)
      expect(bob.take()).toBe(true)
      expect(eve.take(8192)).toBe(false)
    } finally {
      vi.useRealTimers()
    }
  })
})
