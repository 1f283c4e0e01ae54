/** test/vectors/sync.json, by docs/sync.md alone. */
import { describe, expect, it } from 'vitest'
import vectors from '../vectors/sync.json' with { type: 'json' }
import { hex, unhex, utf8 } from './bytes.js'
import { idOf, readOp } from './ops.js'
import { openEnvelope, readProfile } from './records.js'
import { entriesOfOps, entryOfRecord, follow, readFrame } from './sync.js'
import type { Op } from '../log/reference-ops.js'
import type { Entry, Side } from './sync.js'

const { party, ops, streams } = vectors
const read = ops.map(({ body }) => readOp(unhex(body)) as Op)

function recordOf (record: Uint8Array): Entry {
  const { key } = openEnvelope(record, 'plus-one-profile/1', utf8('/plus-one/profile/1'))

  return entryOfRecord(record, hex(key), readProfile(record, key).sequence)
}

/** What one has after some records came: of each key the newest. */
function newest (entries: Entry[]): Entry[] {
  const byKey = new Map<string, Entry>()

  for (const entry of entries) {
    if ((byKey.get(entry.key)?.marks[0]?.sequence ?? -1) < entry.marks[0]!.sequence) {
      byKey.set(entry.key, entry)
    }
  }

  return [...byKey.values()]
}

function sideOf ({ ops: places, records }: { ops: number[], records: string[] }): Side {
  const own = places.map(place => read[place]!)

  return { ops: own, sets: new Map([[0, entriesOfOps(own)], [1, newest(records.map(record => recordOf(unhex(record))))]]) }
}

describe('Streams of the log protocol, by the page alone', () => {
  it.each(streams)('$name', ({ sides, frames }) => {
    const before = sides.map(side => sideOf(side.before)) as [Side, Side]
    const told = follow(frames.map(({ from, frame }) => ({ from: from === 'dialler' ? 0 : 1, bytes: unhex(frame) })), party, before)

    for (const [i, { before: had, after }] of sides.entries()) {
      const came = [...told.ops[i]!, ...i === 1 ? told.proof : []].map(body => read.findIndex(({ id }) => id === idOf(body)))
      const records = newest([...had.records.map(unhex), ...told.records[i]!].map(recordOf))

      expect([...new Set([...had.ops, ...came])].sort((a, b) => a - b)).toEqual(after.ops)
      expect(records.map(({ key, marks: [mark] }) => ({ key, ...mark })).sort(byKey)).toEqual(after.records.toSorted(byKey))
    }

    expect(frames.map(({ frame }) => readFrame(unhex(frame)).is)).toEqual(frames.map(({ is }) => is))
  })

  it('a stranger is asked to prove itself, who was removed is told by what, and whose key is in use twice is told on a stream that goes on', () => {
    const told = (name: string): number[] => {
      const { sides, frames } = streams.find(stream => stream.name === name)!

      return follow(frames.map(({ from, frame }) => ({ from: from === 'dialler' ? 0 : 1, bytes: unhex(frame) })), party, sides.map(side => sideOf(side.before)) as [Side, Side]).refusals
    }

    expect([told('who has not heard of the dialler is shown its admission'), told('who was removed sees by what'), told('another node uses the dialler\'s key')]).toEqual([[1], [4], [8]])
  })
})

function byKey (a: { key: string }, b: { key: string }): number {
  return a.key < b.key ? -1 : 1
}
