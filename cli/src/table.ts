/** Text in the columns of a terminal. Pure. */
import measure from 'fast-string-truncated-width'

/** Columns that it takes: none for what sets colours, two for wide letters and emoji. */
export function widthOf (text: string): number {
  return measure(text).width
}

/** In at most so many columns, without colours. */
export function cut (text: string, columns: number): string {
  if (widthOf(text) <= columns) {
    return text
  }

  // the limit that `measure` takes comes too late where scripts are mixed
  const fitting = [...new Intl.Segmenter().segment(text)].findLast(({ index }) => widthOf(text.slice(0, index)) < columns)

  return `${text.slice(0, fitting?.index ?? 0)}…`
}

/** A line for each row, two spaces between cells; a column is as wide as its widest cell. */
export function tableLines (rows: ReadonlyArray<readonly string[]>): string[] {
  const widths = rows.reduce<number[]>((widest, row) => row.map((cell, i) => Math.max(widest[i] ?? 0, widthOf(cell))).concat(widest.slice(row.length)), [])

  return rows.map(row => row.map((cell, i) => cell + ' '.repeat((widths[i] ?? 0) - widthOf(cell))).join('  ').trimEnd())
}
