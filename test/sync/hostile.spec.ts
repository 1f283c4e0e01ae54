/** Eve is a member, and sends what costs her little and others much. */
import { describe, expect, it, vi } from 'vitest'
import { ProtocolError } from '../../src/errors.js'
import { Comparison } from '../../src/sync/compare.js'
import { SyncMachine } from '../../src/sync/machine.js'
import { SyncRefusedError } from '../../src/sync/index.js'
import { NO_FINGERPRINT, SPLIT_BYTES } from '../../src/sync/tree.js'
import { keyOf } from './fake-log.js'
import { grow, replica } from './replicas.js'
import type { Frame } from '../../src/sync/frames.js'
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
