import { beforeAll, describe, expect, it } from 'vitest'
import { faults } from './faults.js'
import { allMessages } from './messages.js'
import { cellsOf, lines, run, titleOf } from './matrix.js'
import { allowed } from './table.js'
import type { Cell, Line } from './matrix.js'

/** Of each message so many faults, which ones by the seed; `npm run faults` plays all. */
const EACH = 2
const SEED = Number(process.env.SEED ?? 1)

let played: Line[]

beforeAll(async () => { played = await lines() }, 120_000)

/** Of each message a few faults, so that all faults are met by some. */
function sampleOf (cells: Cell[]): Cell[] {
  return cells.filter((_, at) => {
    const [message, fault] = [Math.floor(at / faults.length), at % faults.length]

    return Array.from({ length: EACH }, (_, nth) => (message * EACH + nth + SEED) * 7 % faults.length).includes(fault)
  })
}

describe('Whatever goes wrong at a message', () => {
  it('is played at every message that the protocols have: a new one is among them, or this says that no scenario sends it', async () => {
    const sent = new Set(played.flatMap(({ sent }) => sent.map(place => place.split(': ')[1]?.split(' after ')[0])))
    const all = await allMessages()

    expect(all.length).toBeGreaterThan(20)
    expect(all.filter(message => !sent.has(message))).toEqual([])
  })

  it('comes to what docs/faults.md lists for it: both sides end, once; no attempt is gained; nobody is admitted twice; the next try goes well', async () => {
    const isAllowed = await allowed()
    const results = await run(sampleOf(cellsOf(played)))
    const bad = results.filter(({ cell, outcome, problem }) => problem != null || (outcome != null && !isAllowed(cell, outcome)))

    expect(new Set(results.map(({ cell }) => cell.fault)).size).toBe(faults.length)
    expect(bad.map(({ cell, outcome, said, problem }) => `${titleOf(cell)}: ${problem ?? `${outcome ?? ''} (${said ?? ''})`}`)).toEqual([])
    expect(results.filter(({ outcome }) => outcome == null).length).toBeLessThan(results.length / 10)
  }, 180_000)
})
