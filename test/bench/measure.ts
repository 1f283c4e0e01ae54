/** What every benchmark is written with: a floor and its subjects, timed in turn in one run, and a table of both. */

/** Prints a line, or several. */
export type Print = (text: string) => void

/** One thing to be timed. */
export interface Subject {
  name: string

  /** Makes ready for one run, untimed, and gives what is timed. */
  prepare (): Timed | Promise<Timed>
}

/** What is timed, until its promise resolves. */
export type Timed = () => unknown

export interface Measurement {
  name: string

  /** Half of the runs were quicker (ms). */
  median: number

  /** A quarter of the runs were quicker (ms), and a quarter slower. */
  quartiles: [number, number]

  /** The median, by the first subject's. */
  ratio: number
}

/** With what the processor worked meanwhile, which tells more than the time where the machine is busy. */
export interface Worked extends Measurement {
  /** Of the process, with the threads of its cryptography (ms): a quarter of the runs took less. */
  processor: number

  /** That, by the first subject's. */
  processorRatio: number
}

export interface MeasureOptions {
  /** How often each subject runs (default 30). */
  runs?: number

  /** How often each runs before that, untimed (default 5). */
  warmups?: number

  /** How often in a row in one run, whose time is divided by it (default 1): what takes a few ms is then as warm as in use, and not as cold as right after a full garbage collection. */
  times?: number

  /** Is garbage collected before each run (default)? Of what is little JavaScript and much that is native, it measures how cold the little is: V8 lets go of code that did not run between some collections. */
  isCollected?: boolean
}

/**
 * Times the subjects round by round (first, second, …, first, second, …), so
 * that what slows the machine down for a while slows all of them. The first is the floor.
 */
export async function measure (subjects: Subject[], { runs = 30, warmups = 5, times: inARow = 1, isCollected = true }: MeasureOptions = {}): Promise<Worked[]> {
  const times = subjects.map((): number[] => [])
  const processor = subjects.map((): number[] => [])

  for (let round = -warmups; round < runs; round++) {
    for (const [i, subject] of subjects.entries()) {
      const run = await subject.prepare()

      if (isCollected) {
        globalThis.gc?.()
      }

      const worked = process.cpuUsage()
      const begun = performance.now()

      for (let nth = 0; nth < inARow; nth++) {
        await run()
      }

      const time = (performance.now() - begun) / inARow
      const { user, system } = process.cpuUsage(worked)

      if (round >= 0) {
        times[i]?.push(time)
        processor[i]?.push((user + system) / 1000 / inARow)
      }
    }
  }

  const floor = quantile(times[0] ?? [], 0.5)
  const least = quantile(processor[0] ?? [], 0.25)

  return subjects.map(({ name }, i) => {
    const own = times[i] ?? []
    const median = quantile(own, 0.5)
    const worked = quantile(processor[i] ?? [], 0.25)

    return { name, median, quartiles: [quantile(own, 0.25), quantile(own, 0.75)], ratio: median / floor, processor: worked, processorRatio: worked / least }
  })
}

/** The value below which that share of the values lies, between two neighbours by their distance. */
export function quantile (values: number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  const place = (sorted.length - 1) * share
  const below = sorted[Math.floor(place)] ?? NaN
  const above = sorted[Math.ceil(place)] ?? NaN

  return below + (above - below) * (place % 1)
}

/** The measurements as an aligned table, one row each, the floor first. */
export function report (measurements: Measurement[]): string {
  return table([
    ['', 'median', 'middle half', 'ratio'],
    ...measurements.map(({ name, median, quartiles: [low, high], ratio }) =>
      [name, milliseconds(median), `${milliseconds(low)} to ${milliseconds(high)}`, ratio.toFixed(2)])
  ])
}

/** The same by processor time. */
export function reportWorked (measurements: Worked[]): string {
  return table([['', 'processor', 'ratio'], ...measurements.map(({ name, processor, processorRatio }) => [name, milliseconds(processor), processorRatio.toFixed(2)])])
}

/** Rows of cells as aligned text: the first column to the left, the others to the right. */
export function table (rows: string[][]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map(row => (row[column] ?? '').length)))

  return rows.map(row => row
    .map((cell, column) => column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0))
    .join('  ')
    .trimEnd()
  ).join('\n')
}

function milliseconds (time: number): string {
  return `${time.toFixed(time < 10 ? 3 : 1)} ms`
}
