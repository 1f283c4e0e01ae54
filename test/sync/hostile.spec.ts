/** Eve is a member, and sends what costs her little and others much. */
import { describe, expect, it, vi } from 'vitest'
import { ProtocolError } from '../../src/errors.js'
import { Comparison } from '../../src/sync/compare.js'
import { Outgoing } from '../../src/sync/flow.js'
import { greet } from '../../src/sync/greeting.js'
import { SyncMachine } from '../../src/sync/machine.js'
import { ProgressWatch } from '../../src/sync/progress-watch.js'
import { STALL_TIMEOUT } from '../../src/sync/constants.js'
import { RefusalCode, SyncRefusedError } from '../../src/sync/index.js'
import { NO_FINGERPRINT, SPLIT_BYTES } from '../../src/sync/tree.js'
import { keyOf } from './fake-log.js'
import { contentOf, grow, meet, replica, wire } from './replicas.js'
import type { Frame } from '../../src/sync/frames.js'
import type { Item } from '../../src/sync/sets.js'
import type { Replica } from './replicas.js'

const salt = new Uint8Array(16)
const unknown = 'ee'.repeat(32)

/** Alice's side of a stream with Eve. */
function machineOf ({ kept, log }: Replica, listener = true): SyncMachine {
  return new SyncMachine({ sets: kept.sets, salt, listener, turn: kept.turns.turn(), size: () => log.size, evidence: () => [] })
}

async function party (authors: number, each = 1): Promise<Replica> {
  const alice = replica('Alice')

  for (let nth = 0; nth < authors; nth++) {
    await grow(alice, `Author ${nth}`, each)
  }

  return alice
}

describe('What Carol floods while Eve does not read', () => {
  const profile = (sequence: number): Item => ({ record: { key: keyOf('Carol'), sequence, id: sequence.toString(16).padStart(32, '0') } })
  const other: Item = { record: { key: keyOf('Bob'), sequence: 1, id: 'b'.repeat(32) } }

  it('waits as one update: the newest', () => {
    const outgoing = new Outgoing(1, 1, [other, profile(0)], 8192)
    expect(outgoing.peek()).toBe(other)
    outgoing.sent(100)

    for (let sequence = 1; sequence <= 10_000; sequence++) {
      outgoing.append([profile(sequence)])
    }

    expect(outgoing.waiting).toBe(1)
    expect(outgoing.peek()).toEqual(profile(10_000))
    outgoing.sent(100)
    outgoing.append([profile(10_001), other])
    expect(outgoing.waiting).toBe(2)
    outgoing.drop(item => item === other)
    outgoing.append([profile(10_002)])
    expect(outgoing.waiting).toBe(1)
  })

  it('comes as few records when she reads again', async () => {
    const [alice, eve] = [replica('Alice'), replica('Eve', ['Alice', 'Eve', 'Carol'])]
    alice.log.standings.set(keyOf('Eve'), { is: 'member' })
    await alice.profiles.put('Carol', 1)
    const disk = Promise.withResolvers<void>()
    const keep = eve.profiles.keep.bind(eve.profiles)
    eve.profiles.keep = async (records) => {
      await disk.promise

      return keep(records)
    }
    const meeting = await meet(eve, alice)
    await vi.waitFor(() => { expect(meeting.wire.frames.some(({ kind }) => kind === 'items')).toBe(true) })

    for (let sequence = 2; sequence <= 10_000; sequence++) {
      await alice.profiles.put('Carol', sequence)
    }

    disk.resolve()
    await vi.waitFor(() => { expect(eve.profiles.records.get(keyOf('Carol'))?.entry.sequence).toBe(10_000) })
    meeting.wire.close()
    await meeting.over
    const sent = meeting.wire.frames.flatMap(frame => frame.kind === 'items' ? frame.items.records : [])
    // of a burst of 20 ms the newest
    expect(sent.length).toBeLessThan(300)
  })
})

describe('That another node uses Alice\'s key', () => {
  const inUse: Frame = { kind: 'refusal', refusal: { code: RefusalCode.IN_USE } }

  it('Eve says once on a stream, which goes on; with the second time it ends', async () => {
    const alice = replica('Alice')
    const told = vi.fn()
    const { wire: { ends: [eve] }, over } = await meet(replica('Bob'), alice, { mute: true, onInUse: told })
    await eve.write(inUse, {})
    await eve.write({ kind: 'pull', pull: { pull: 1, set: 0, window: 8192, heads: ['ff'.repeat(32)], ranges: [] } }, {})
    await vi.waitFor(async () => { expect((await eve.read({}))?.kind).toBe('items') })

    await eve.write(inUse, {})
    expect((await over)[1]).toMatchObject({ status: 'rejected', reason: { name: 'ProtocolError' } })
    expect(told).toHaveBeenCalledOnce()
  })

  it('Eve does not say in place of a Hello: there is no stream yet that would go on', async () => {
    const made = wire()
    const greeted = greet(made.ends[0], replica('Alice').kept, {})
    await made.ends[1].write(inUse, {})
    await expect(greeted).rejects.toThrow(ProtocolError)
  })
})

describe('A stream that stands still while something is owed', () => {
  const owing = { stallTimeout: 20 }

  it('ends: Eve never acknowledges', async () => {
    const alice = replica('Alice')
    const meeting = await meet(replica('Bob'), alice, { mute: true, ...owing })
    await alice.log.append('Alice', 'news')
    const [, end] = await meeting.over
    expect(end).toMatchObject({ status: 'rejected', reason: { name: 'TimeoutError', message: expect.stringContaining('took nothing, or said nothing') as string } })
  })

  it('ends: Eve does not go on comparing', async () => {
    const alice = await party(20)
    const meeting = await meet(replica('Bob'), alice, { mute: true, ...owing })
    const [, end] = await meeting.over
    expect(end).toMatchObject({ status: 'rejected', reason: { name: 'TimeoutError', message: expect.stringContaining('took nothing, or said nothing') as string } })
  })

  it('stays where nothing is owed, where it moves, and where what was owed at one look is another thing at the next', () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })

    try {
      const [ack, answer] = [{ owed: false, moved: 0 }, { owed: false, moved: 0 }]
      const stalled = vi.fn()
      const watch = new ProgressWatch(STALL_TIMEOUT, () => [{ ...ack }, { ...answer }], stalled)
      vi.advanceTimersByTime(10 * STALL_TIMEOUT)
      ack.owed = true
      vi.advanceTimersByTime(STALL_TIMEOUT)
      Object.assign(ack, { owed: false })
      answer.owed = true
      vi.advanceTimersByTime(STALL_TIMEOUT)

      for (let look = 0; look < 10; look++) {
        answer.moved++
        vi.advanceTimersByTime(STALL_TIMEOUT)
      }

      expect(stalled).not.toHaveBeenCalled()
      vi.advanceTimersByTime(5 * STALL_TIMEOUT)
      expect(stalled).toHaveBeenCalledOnce()
      watch.stop()
    } finally {
      vi.useRealTimers()
    }
  })

  it('waits for a slow disk of its own', async () => {
    const [alice, bob] = [await party(20), replica('Bob')]
    const disk = Promise.withResolvers<void>()
    alice.log.onReceive = async () => disk.promise
    await grow(bob, 'Bob', 3)
    const meeting = await meet(bob, alice)
    await vi.waitFor(() => { expect(bob.log.size).toBe(24) })
    // Bob's news wait here to be stored: what Alice owes herself
    await vi.waitFor(() => { expect(meeting.sessions[1]?.owed.some(({ owed }) => owed)).toBe(false) })
    expect(contentOf(alice)).not.toBe(contentOf(bob))
    disk.resolve()
    await vi.waitFor(() => { expect(contentOf(alice)).toBe(contentOf(bob)) })
    meeting.wire.close()
    await meeting.over
  })
})

describe('What Eve sends and never reads', () => {
  it('is not answered without end: Summaries', async () => {
    const machine = machineOf(await party(40))
    const flood = (): void => {
      for (let nth = 0; nth < 1000; nth++) {
        machine.receive({ kind: 'summary', set: 0, summary: { start: true, heads: [unknown] } })
      }
    }
    expect(flood).toThrow(SyncRefusedError)
    expect(machine.out.length).toBeLessThan(10)
  })

  it('is not answered without end: Items', async () => {
    const alice = await party(1)
    const machine = machineOf(alice)
    const items = { pull: 0, set: 0, ops: [], records: [], last: false, items: 0, bytes: 0 }
    expect(() => machine.receive({ kind: 'items', items })).toThrow(ProtocolError)
    const { signed } = [...alice.log.ops.values()][0]!

    for (let nth = 0; nth < 1000; nth++) {
      const load = machine.receive({ kind: 'items', items: { ...items, ops: [signed] } })
      machine.stored({ load: load!, refused: 0 })
    }

    const acks = machine.out.filter((frame): frame is Extract<Frame, { kind: 'ack' }> => frame.kind === 'ack')
    expect(acks).toEqual([{ kind: 'ack', pull: 0, bytes: 1000 * (signed.body.length + signed.sig.length) }])
  })

  it('ends with the last Items of a Pull', async () => {
    const machine = machineOf(await party(1))
    machine.receive({ kind: 'summary', set: 0, summary: { start: true, nodes: [{ prefix: '', kind: 'more' }] } })
    expect(machine.out.some(({ kind }) => kind === 'pull')).toBe(true)
    const end = { pull: 1, set: 0, ops: [], records: [], last: true, items: 0, bytes: 0 }
    machine.receive({ kind: 'items', items: end })
    expect(() => machine.receive({ kind: 'items', items: end })).toThrow(ProtocolError)
  })
})

describe('What Eve asks for', () => {
  it('costs each chain once, however often she names it', async () => {
    const { kept, log } = await party(100)
    const [set] = kept.sets
    const after = vi.spyOn(log, 'after')
    const ranges = [...Array.from({ length: 1000 }, () => ({ prefix: '', have: [] })), { prefix: keyOf('Author 1'), have: [] }]
    expect(set!.select([], ranges)).toHaveLength(101)
    expect(after).toHaveBeenCalledTimes(101)
  })

  it('is not gone through to say that there is more', async () => {
    const { kept: { sets: [set] } } = await party(600)
    const under = vi.spyOn(set!.tree, 'under')
    const comparison = new Comparison(set!, salt, true)
    const fingerprints = new Uint8Array(SPLIT_BYTES)
    expect(NO_FINGERPRINT).toBe('00'.repeat(8))
    const { reply } = comparison.receive({ start: true, nodes: Array.from({ length: 100 }, () => ({ prefix: '', kind: 'split' as const, fingerprints })) })
    expect(reply?.nodes?.every(({ kind }) => kind === 'more')).toBe(true)
    expect(under).not.toHaveBeenCalled()
  })
})
