/** All of the matrix, as a table: `npm run faults`; with words behind it, only cells whose name has them. */
import { cellsOf, lines, run, titleOf } from './matrix.js'

export default async function faults (print: (text: string) => void): Promise<void> {
  const begun = process.cpuUsage()
  const played = await lines()
  played.forEach(({ scenario, places, outcome }) => { print(`${scenario.name}: ${outcome}\n  ${places.join('\n  ')}`) })
  const only = process.env.ONLY ?? ''
  const cells = cellsOf(played).filter(({ scenario, place, fault }) => `${scenario.name}: ${place}: ${titleOf(fault)}`.includes(only))
  const results = await run(cells)
  results.forEach(({ cell, outcome, problem }) => {
    if (problem != null || only !== '') {
      print(`${cell.scenario.name}: ${cell.place}: ${titleOf(cell.fault)}: ${problem == null ? outcome : `!!! ${problem}`}`)
    }
  })
  const count = new Map<string, number>()
  results.forEach(({ cell, outcome }) => { const key = `${cell.scenario.name} | ${titleOf(cell.fault)} | ${outcome ?? '!!!'}`; count.set(key, (count.get(key) ?? 0) + 1) })
  count.forEach((n, key) => { print(`${key}: ${n}`) })
  const { user, system } = process.cpuUsage(begun)
  print(`${cells.length} cells, ${((user + system) / 1e6).toFixed(1)} s of processor time`)
}
