/**
 * Parties of 5, 50 and 500 nodes whose links the policy draws: half of the nodes
 * restart, at other addresses; then the party is divided for an hour. How long until
 * it is one piece again, what a node asks and keeps, and how an op goes through it.
 */
import { MAX_LINKS } from '../../src/meeting/links/constants.js'
import { quantile, table } from '../bench/measure.js'
import { grown, seeded, untilOnePiece } from '../meeting/simulated.js'
import type { Print } from '../bench/measure.js'
import type { SimulatedParty } from '../meeting/simulated.js'

const SIZES = [5, 50, 500]
const RUNS = 10
/** A bound that any graph of this degree should be near: the logarithm to the base of the links that an op goes on by. */
const BRANCHES = 3

interface Run {
  /** ms; undefined: never */
  restarted: number | undefined
  healed: number | undefined
  /** Asks a node makes until a quarter of an hour after the restart. */
  asked: number
  links: { least: number, mean: number, most: number }
  hops: number
  sends: number
  reached: boolean
}

export default async function simulate (print: Print): Promise<void> {
  for (const size of SIZES) {
    const runs = Array.from({ length: RUNS }, (_, seed) => run(size, seed))
    const many = (of: (run: Run) => number | undefined): string => {
      const values = runs.flatMap(run => of(run) ?? [])

      return values.length < RUNS ? `${RUNS - values.length} never` : `${seconds(quantile(values, 0.5))} (at most ${seconds(Math.max(...values))})`
    }

    print(`${size} members\n`)
    print(table([
      ['', ''],
      ['one piece after half restarted elsewhere', many(({ restarted }) => restarted)],
      ['one piece after an hour in two halves', many(({ healed }) => healed)],
      ['asks a node, until 15 min after the restart', quantile(runs.map(({ asked }) => asked), 0.5).toFixed(1)],
      ['links, least / mean / most', `${Math.min(...runs.map(({ links }) => links.least))} / ${quantile(runs.map(({ links }) => links.mean), 0.5).toFixed(1)} / ${Math.max(...runs.map(({ links }) => links.most))} of ${MAX_LINKS}`],
      ['an op reaches all', runs.every(({ reached }) => reached) ? 'yes' : 'no'],
      ['hops, at most', `${Math.max(...runs.map(({ hops }) => hops))} (log₃ ${size} = ${(Math.log(size) / Math.log(BRANCHES)).toFixed(1)})`],
      ['sends of one node, at most', String(Math.max(...runs.map(({ sends }) => sends)))]
    ]))
    print('')
  }
}

function run (size: number, seed: number): Run {
  const random = seeded(1000 * size + seed)
  const party = grown(size, random)
  const restarting = party.nodes.filter(() => random() < 0.5)
  restarting.forEach(node => { party.stop(node) })
  party.runTo(party.now + 20_000)
  party.nodes.forEach((node) => { node.asked = 0 })
  const staying = new Set(party.online.map(({ name }) => name))
  restarting.forEach((node) => { party.start(node, [...node.known.keys()].some(name => staying.has(name))) })
  const restarted = untilOnePiece(party)
  party.runTo(party.now + 900_000)
  const counts = party.nodes.map(({ links }) => links.size)
  const asked = party.nodes.reduce((sum, { asked }) => sum + asked, 0) / size
  const routes = party.nodes.filter(() => random() < 50 / size).map(node => party.reach(node))
  const hops = Math.max(0, ...routes.flatMap(route => [...route.values()]))

  return {
    restarted,
    asked,
    links: { least: Math.min(...counts), mean: counts.reduce((sum, count) => sum + count, 0) / size, most: Math.max(...counts) },
    hops,
    sends: Math.max(...counts),
    reached: routes.every(route => route.size === size),
    healed: heal(party)
  }
}

/** Divides the party for an hour. @returns How long it is in pieces after that, ms */
function heal (party: SimulatedParty): number | undefined {
  party.divide(place => place % 2)
  party.runTo(party.now + 3_600_000)
  party.divide(() => 0)

  return untilOnePiece(party, 1_000)
}

function seconds (ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`
}
