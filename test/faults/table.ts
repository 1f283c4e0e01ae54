/** The matrix as docs/faults.md has it: a table for each scenario, a row for each message, a column for each fault. */
import { readFile } from 'node:fs/promises'
import { faults } from './faults.js'
import type { Outcome } from './scenarios.js'
import type { Cell, Line, Result } from './matrix.js'

export const PAGE = 'docs/faults.md'

/** How an outcome is written in a cell. */
const SIGNS: { [outcome in Outcome]: string } = { 'as ever': '·', 'asked again': 'p', 'tried again': 'r', 'new code': 'n', 'next connection': 'c' }

/** Not sent, or not in that order, when it was to go wrong. */
const NOT_MET = '–'

/** Faults as columns: what befalls a side is written for both in one, Alice's first. */
const COLUMNS = [...new Set(faults.map(({ name }) => name))]

function rowOf (place: string): string {
  const [side = '', message = ''] = place.split(': ')
  const [, name = '', after = ''] = /^\w+ (\w+)(.*)$/.exec(message) ?? []

  return `${side === 'alice' ? 'Alice' : 'Bob'}'s ${name}${after}`
}

/** Signs of each fault of a column: of the message's one, of a side's two. */
function cellOf (name: string, signOf: (at: string | undefined) => string): string {
  return faults.filter(fault => fault.name === name).map(({ at }) => signOf(at)).join(' ')
}

export function tablesOf (lines: Line[], results: Result[]): string {
  return lines.filter(({ places }) => places.length > 0).map(({ scenario, places }) => {
    const rows = places.map((place) => {
      const cells = COLUMNS.map(name => cellOf(name, (at) => {
        const its = results.filter(({ cell }) => cell.scenario === scenario && cell.place === place && cell.fault.name === name && cell.fault.at === at)
        const signs = new Set(its.map(({ outcome, problem }) => problem != null ? '!' : outcome == null ? NOT_MET : SIGNS[outcome]))

        return [...signs].sort().join('')
      }))

      return `| ${rowOf(place)} | ${cells.join(' | ')} |`
    })

    return `### ${scenario.name}\n\n| | ${COLUMNS.join(' | ')} |\n|---|${COLUMNS.map(() => '---').join('|')}|\n${rows.join('\n')}`
  }).join('\n\n')
}

/** What the page allows, by a cell's scenario, row and fault. */
export async function allowed (): Promise<(cell: Cell, outcome: Outcome) => boolean> {
  const page = await readFile(PAGE, 'utf8')
  const signs = new Map<string, string>()

  for (const section of page.split('\n### ').slice(1)) {
    const [name = ''] = section.split('\n')
    const rows = section.split('\n').filter(line => line.startsWith('| ')).map(line => line.split('|').slice(1, -1).map(cell => cell.trim()))
    const columns = rows[0]?.slice(1) ?? []

    for (const [row = '', ...cells] of rows.slice(1)) {
      cells.forEach((cell, at) => { signs.set(`${name}: ${row}: ${columns[at] ?? ''}`, cell) })
    }
  }

  return ({ scenario, place, fault }, outcome) => {
    const cell = signs.get(`${scenario.name}: ${rowOf(place)}: ${fault.name}`)
    const sign = cell?.split(' ')[fault.at === 'bob' ? 1 : 0]

    // which stream of a log speaks first is chance: a row may be there one time and not the next
    return place.includes(': log ') ? outcome === 'as ever' || outcome === 'next connection' : sign?.includes(SIGNS[outcome]) === true
  }
}
