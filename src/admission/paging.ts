/** Pages through rows in the order of when they were made: pure. A cursor names a place in that order and no row, so it holds whatever comes or changes. */
import { placeOf } from '../log/sorted.js'

export interface Row {
  readonly id: string
  /** ms since 1970 */
  readonly createdAt: number
}

export interface Page<R extends Row> {
  rows: R[]
  /** Where the next page begins; undefined: this is the last. */
  nextCursor?: string
}

export interface PageInit<R extends Row> {
  limit: number
  /** Of the page before. */
  cursor?: string
  /** Where to stop: what `nextCursor` of the last page was, of rows that are read again. */
  until?: string
  matches?: (row: R) => boolean
}

/** The most rows of a page. */
export const MAX_LIMIT = 1000

const CURSOR = /^([0-9a-z]{1,11})-([0-9a-f]{64})$/

/** Older first, then by id: the same on every replica. */
function compare (a: Row, b: Row): number {
  return a.createdAt - b.createdAt || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0)
}

/** Puts a row where it belongs, oldest first: a new one mostly at the end. */
export function insertRow <R extends Row> (rows: R[], row: R): void {
  rows.splice(placeOf<Row>(rows, row, compare), 0, row)
}

/**
 * A page of rows, newest first.
 *
 * @param rows - Oldest first
 * @throws {RangeError} A limit not from 1 to 1000, or what is no cursor.
 */
export function pageOf <R extends Row> (rows: readonly R[], { limit, cursor, until, matches = () => true }: PageInit<R>): Page<R> {
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_LIMIT) {
    throw new RangeError(`The limit of a page is a whole number from 1 to ${MAX_LIMIT}`)
  }

  const page: R[] = []
  const start = cursor == null ? rows.length : placeOf<Row>(rows, decodeCursor(cursor), compare)
  const end = until == null ? 0 : placeOf<Row>(rows, decodeCursor(until), compare)

  for (let place = start - 1; place >= end; place--) {
    const row = rows[place] as R

    if (matches(row)) {
      if (page.length === limit) {
        return { rows: page, nextCursor: encodeCursor(page.at(-1) as R) }
      }

      page.push(row)
    }
  }

  return { rows: page }
}

function encodeCursor ({ createdAt, id }: Row): string {
  return `${createdAt.toString(36)}-${id}`
}

function decodeCursor (cursor: string): Row {
  const [, createdAt = '', id = ''] = CURSOR.exec(cursor) ?? []

  if (id === '') {
    throw new RangeError('This is not the cursor of a page; give nextCursor as it came, or none for the first page')
  }

  return { createdAt: Number.parseInt(createdAt, 36), id }
}
