/** All of the matrix, as docs/faults.md has it: `npm run faults`. `ONLY=` takes the cells in whose name it is, and tells of each. */
import { cellsOf, lines, run, titleOf } from './matrix.js'
import { allowed, tablesOf } from './table.js'

export default async function faults (print: (text: string) => void): Promise<void> {
  const begun = process.cpuUsage()
  const only = process.env.ONLY ?? ''
  const played = await lines()
  const cells = cellsOf(played).filter(cell => titleOf(cell).includes(only))
  const results = await run(cells)
  const isAllowed = await allowed()
  const { user, system } = process.cpuUsage(begun)

  if (only === '') {
    print(tablesOf(played, results))
  }

  for (const { cell, outcome, said, problem } of results) {
    const listed = outcome == null || isAllowed(cell, outcome)

    if (problem != null || !listed || only !== '') {
      print(`${titleOf(cell)}: ${problem ?? `${outcome ?? 'not sent'} (${said ?? ''})`}${problem != null ? ' <- must never be' : listed ? '' : ' <- not in docs/faults.md'}`)
    }
  }

  const bad = results.filter(({ problem }) => problem != null).length
  print(`\n${cells.length} cells, ${bad} with what must never be; ${((user + system) / 1e6).toFixed(1)} s of processor time`)
}
