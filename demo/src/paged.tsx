import { searchable } from 'plus-one/elements'
import { useState } from 'react'

/** Rows of a list that are shown at first, and with each *Show more*. */
const PAGE = 20

/** A list longer than this can be searched. */
const SEARCHED_FROM = 8

interface Paged<T> {
  /** What is shown now. */
  rows: readonly T[]
  /** How many the search found. */
  found: number
  /** The field; nothing, where the list is short. */
  search: React.ReactNode
  /** How many are not shown, and a button for them. */
  more: React.ReactNode
}

/**
 * A list of any length, by pages, and searched as one types.
 *
 * @param textOf - What of a row is searched
 * @param label - The field's: "Search members"
 */
export function usePaged<T> (all: readonly T[], textOf: (row: T) => string, label: string): Paged<T> {
  const [typed, setTyped] = useState('')
  const [shown, setShown] = useState(PAGE)
  const words = searchable(typed).split(/\s+/).filter(word => word !== '')
  const found = words.length === 0 ? all : all.filter(row => words.every(word => searchable(textOf(row)).includes(word)))
  const left = found.length - shown

  return {
    rows: found.slice(0, shown),
    found: found.length,
    search: all.length < SEARCHED_FROM && typed === ''
      ? null
      : (
          <div className="search">
            <input type="search" dir="auto" aria-label={label} placeholder={label} value={typed} onChange={({ target }) => { setTyped(target.value); setShown(PAGE) }} />
            <p role="status" className="hint">{words.length === 0 ? '' : `${found.length} of ${all.length} found`}</p>
          </div>
        ),
    more: left > 0 && <p><button onClick={() => { setShown(shown + PAGE) }}>{`Show more (${left})`}</button></p>
  }
}
