/** Sets of places in a graph: what lies in an op's past. In a straight history each is one number. */

/** All places below `upto`, and those in the ranges [from, to) of `more`, which ascend and do not touch. */
export interface Past {
  readonly upto: number
  /** from, to, from, to, … */
  readonly more: readonly number[]
}

const NONE: readonly number[] = []

export const EMPTY: Past = { upto: 0, more: NONE }

export function contains ({ upto, more }: Past, place: number): boolean {
  if (place < upto) {
    return true
  }

  let low = 0
  let high = more.length / 2

  while (low < high) {
    const middle = (low + high) >> 1

    if ((more[2 * middle + 1] ?? 0) <= place) {
      low = middle + 1
    } else {
      high = middle
    }
  }

  return 2 * low < more.length && (more[2 * low] ?? 0) <= place
}

/**
 * The union of pasts and of the places whose pasts they are.
 *
 * @param isHole - Says of a place that no op is there any more; it belongs to every past that reaches it
 */
export function union (parts: Array<{ place: number, past: Past }>, isHole: (place: number) => boolean): Past {
  const [only] = parts

  if (only != null && parts.length === 1 && only.place === only.past.upto && only.past.more.length === 0) {
    return { upto: only.place + 1, more: NONE }
  }

  const ranges = parts.flatMap(({ place, past: { upto, more } }) => {
    const all: Array<[number, number]> = [[0, upto], [place, place + 1]]

    for (let i = 0; i < more.length; i += 2) {
      all.push([more[i] ?? 0, more[i + 1] ?? 0])
    }

    return all
  }).sort(([a], [b]) => a - b)

  const merged: number[] = []
  let end = 0

  for (const [from, to] of ranges) {
    while (end < from && isHole(end)) {
      end++
    }

    if (from > end) {
      merged.push(end, from)
    }

    end = Math.max(end, to)
  }

  // `merged` holds the gaps' borders: end of one range, begin of the next
  merged.push(end)

  return { upto: merged[0] ?? 0, more: merged.length === 1 ? NONE : merged.slice(1) }
}

/** The places below `size` that are not in a past, in order. */
export function * gaps ({ upto, more }: Past, size: number): Iterable<number> {
  let at = upto

  for (let i = 0; i <= more.length; i += 2) {
    const next = more[i] ?? size

    for (; at < Math.min(next, size); at++) {
      yield at
    }

    at = more[i + 1] ?? size
  }
}
