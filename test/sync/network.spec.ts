/** Whatever happens to the wires and the nodes of a party, its members come to have the same. */
import fc from 'fast-check'
import { MemoryDatastore } from 'datastore-core'
import { describe, expect, it } from 'vitest'
import { person } from '../log/people.js'
import { contentOf, EVENT_COUNT, PartyNodes, toldAtOnce } from './party-nodes.js'

/** A hundredth as many as histories: `FUZZ=10000 npm run fuzz` asks for 100. */
const RUNS = globalThis.process?.env.FUZZ == null ? 3 : Math.max(3, Math.ceil(Number(globalThis.process.env.FUZZ) / 100))
const NAMES = ['Alice', 'Bob', 'Carol', 'Dave', 'Eve', 'Frank', 'Bob\'s laptop']
const MOST_ROUNDS = 8

const events = fc.array(fc.record({ what: fc.nat(EVENT_COUNT - 1), at: fc.nat(60), other: fc.nat(60), a: fc.nat(200), b: fc.nat(200) }), { minLength: 30, maxLength: 100, size: 'max' })

describe('A party of several nodes', () => {
  it('comes to one log, one state and the same profiles, whatever was written, cut off, split and restarted', async () => {
    await fc.assert(fc.asyncProperty(events, async (story) => {
      const party = new PartyNodes(await Promise.all(NAMES.map(async name => person(name))))
      await party.begin()

      for (const event of story) {
        await party.happen(event)
      }

      expect(await party.settle(MOST_ROUNDS)).toBeLessThan(MOST_ROUNDS)
      const members = party.members()

      for (const node of members) {
        await node.restart()
        expect(contentOf(node)).toBe(contentOf(members[0]!))
      }

      expect(await toldAtOnce(members[0]!, await person('Grace', new MemoryDatastore()))).toBe(members[0]!.log.stateHash())
      await party.stop()
    }), { numRuns: RUNS, ...(globalThis.process?.env.SEED == null ? {} : { seed: Number(globalThis.process.env.SEED) }) })
  }, Math.max(60_000, RUNS * 3000))
})
