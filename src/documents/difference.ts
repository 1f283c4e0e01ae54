/** By which edit one text, or list, becomes another: what undoing by edits needs, in any library. */

/** A piece of a text: characters of one format, or something embedded (length 1). Quill's, and Yjs' among others: https://quilljs.com/docs/delta */
export interface TextPiece {
  insert: unknown
  attributes?: Record<string, unknown>
}

/** What is done with the next of a text: what follows is put in, stays, or goes; what comes behind all edits stays. */
export type TextEdit = TextPiece | { retain: number } | { delete: number }

/** Characters that are compared at once, as long as they are the same. */
const BLOCK = 4096

/** How many items two lists, or characters two texts, have in common at the start, and at the end; never half a character. */
export function common (one: ArrayLike<string>, two: ArrayLike<string>): { start: number, end: number } {
  const least = Math.min(one.length, two.length)
  // of a long text nearly all is the same
  const isText = typeof one === 'string' && typeof two === 'string'
  let [start, end] = [0, 0]
  while (isText && start + BLOCK <= least && one.slice(start, start + BLOCK) === two.slice(start, start + BLOCK)) start += BLOCK
  while (start < least && one[start] === two[start]) start++
  if (isFirstHalf(one[start - 1])) start--
  while (isText && end + BLOCK <= least - start && one.slice(one.length - end - BLOCK, one.length - end) === two.slice(two.length - end - BLOCK, two.length - end)) end += BLOCK
  while (end < least - start && one[one.length - 1 - end] === two[two.length - 1 - end]) end++
  if (isFirstHalf(one[one.length - 1 - end]) && end > 0) end--

  return { start, end }
}

/**
 * By this edit `there` becomes `wanted`; what both begin and end with is not in it.
 *
 * @param shown - The same for the same: of attributes, and of what is embedded
 */
export function textDifference (wanted: TextPiece[], there: TextPiece[], shown: (value: unknown) => string): TextEdit[] {
  const { start, end } = common(textOf(wanted), textOf(there))
  const both = [wanted, there].map(pieces => ({ pieces, length: lengthOf(pieces), ends: endsOf(pieces) }))
  // where the format changes in either, both are cut: then their pieces can be compared
  const heads = both.flatMap(({ ends }) => ends).filter(place => place < start).concat(start)
  const tails = both.flatMap(({ ends, length }) => ends.map(place => length - place)).filter(place => place < end).concat(end)
  const [one = [], two = []] = both.map(({ pieces, length }) => cut(pieces, [...heads, ...tails.map(place => length - place)].sort((a, b) => a - b)))
  const nameOf = ({ insert, attributes }: TextPiece): string => `${shown(attributes)} ${typeof insert === 'string' ? `"${insert}` : shown(insert)}`
  const same = common(one.map(nameOf), two.map(nameOf))
  const [retain, stale] = [lengthOf(one.slice(0, same.start)), lengthOf(two.slice(same.start, two.length - same.end))]
  const fresh = one.slice(same.start, one.length - same.end)

  return stale === 0 && fresh.length === 0 ? [] : [...retain > 0 ? [{ retain }] : [], ...stale > 0 ? [{ delete: stale }] : [], ...fresh]
}

/** @param places - In order, from the start */
function cut (pieces: TextPiece[], places: number[]): TextPiece[] {
  let [next, begin] = [0, 0]

  return pieces.flatMap(({ insert, attributes }) => {
    const parts: TextPiece[] = []
    const end = begin + sizeOf(insert)

    for (let at = begin; at < end; at = begin) {
      while (places[next] != null && places[next]! <= at) next++
      begin = Math.min(places[next] ?? end, end)
      parts.push({ insert: typeof insert === 'string' ? insert.slice(insert.length - (end - at), insert.length - (end - begin)) : insert, attributes })
    }

    return parts
  })
}

/** Something embedded is one of these, whatever it is. */
function textOf (pieces: TextPiece[]): string {
  return pieces.map(({ insert }) => typeof insert === 'string' ? insert : '\uFFFC').join('')
}

function endsOf (pieces: TextPiece[]): number[] {
  let end = 0

  return pieces.map(({ insert }) => end += sizeOf(insert))
}

function lengthOf (pieces: TextPiece[]): number {
  return pieces.reduce((sum, { insert }) => sum + sizeOf(insert), 0)
}

function sizeOf (insert: unknown): number {
  return typeof insert === 'string' ? insert.length : 1
}

function isFirstHalf (unit = ''): boolean {
  return /^[\uD800-\uDBFF]$/.test(unit)
}
