/** Lists that are kept in order. */

/** Where an item stands in a list that is in this order, or would: before those that are equal to it. */
export function placeOf <T> (sorted: readonly T[], item: T, compare: (a: T, b: T) => number): number {
  let low = 0
  let high = sorted.length

  while (low < high) {
    const middle = (low + high) >> 1

    if (compare(sorted[middle] as T, item) < 0) {
      low = middle + 1
    } else {
      high = middle
    }
  }

  return low
}
