/** Makes one document show what another shows, by edits: what a reader wrote is taken back in this way. */
import * as Y from 'yjs'

type List = Y.Array<unknown> | Y.XmlFragment
type AnyType = Y.AbstractType<unknown>

/** The whole of `to` shows the whole of `from`; what both begin and end with, and types that are at the same place, stay as they are. */
export function mirror (from: Y.Doc, to: Y.Doc): void {
  for (const name of new Set([...to.share.keys(), ...from.share.keys()])) {
    // as whoever used it first said, on either side; of one that nobody used nothing is shown
    const kind = [to, from].map(doc => doc.share.get(name)?.constructor).find(kind => kind != null && kind !== Y.AbstractType) as (new () => AnyType) | undefined

    if (kind != null) {
      mirrorType(from.get(name, kind), to.get(name, kind))
    }
  }
}

function mirrorType (from: AnyType, to: AnyType): void {
  if (from instanceof Y.Text && to instanceof Y.Text) {
    mirrorText(from, to)
  } else if (isList(from) && isList(to)) {
    mirrorList(from, to)
  }

  if (from instanceof Y.Map && to instanceof Y.Map) {
    mirrorEntries([...from.entries()], [...to.entries()], (key, value) => to.set(key, value), (key) => { to.delete(key) })
  } else if (hasAttributes(from) && hasAttributes(to)) {
    mirrorEntries(Object.entries(from.getAttributes()), Object.entries(to.getAttributes()), (key, value) => { to.setAttribute(key, value) }, (key) => { to.removeAttribute(key) })
  }
}

function mirrorEntries (from: Array<[string, unknown]>, to: Array<[string, unknown]>, set: (key: string, value: unknown) => void, remove: (key: string) => void): void {
  const [wanted, there] = [new Map(from), new Map(to)]
  there.forEach((_, key) => { if (!wanted.has(key)) remove(key) })
  wanted.forEach((value, key) => { settle(value, there.get(key), there.has(key), () => { set(key, copyOf(value)) }) })
}

function mirrorList (from: List, to: List): void {
  const [wanted, there] = [from.toArray(), to.toArray()] as [unknown[], unknown[]]
  const { start, end } = common(wanted.map(shown), there.map(shown))
  const [fresh, stale] = [wanted.slice(start, wanted.length - end), there.slice(start, there.length - end)]

  if (fresh.length === stale.length && fresh.every((value, at) => isAlike(value, stale[at]))) {
    fresh.forEach((value, at) => { mirrorType(value as AnyType, stale[at] as AnyType) })
  } else {
    to.delete(start, stale.length)
    ;(to as Y.Array<unknown>).insert(start, fresh.map(copyOf))
  }
}

function mirrorText (from: Y.Text, to: Y.Text): void {
  const [wanted, there] = [unitsOf(from), unitsOf(to)]
  const { start, end } = common(wanted.map(({ name }) => name), there.map(({ name }) => name))
  const length = (units: Unit[]): number => units.reduce((sum, { insert }) => sum + (typeof insert === 'string' ? insert.length : 1), 0)
  const stale = length(there.slice(start, there.length - end))

  if (stale > 0 || wanted.length > start + end) {
    to.applyDelta([
      { retain: length(wanted.slice(0, start)) },
      { delete: stale },
      ...wanted.slice(start, wanted.length - end).map(({ insert, attributes }) => ({ insert: copyOf(insert), attributes }))
    ].filter(op => !('retain' in op && op.retain === 0) && !('delete' in op && op.delete === 0)))
  }
}

/** Of two values at one place: nothing to do, the same type with something else in it, or another value. */
function settle (wanted: unknown, there: unknown, isThere: boolean, replace: () => void): void {
  if (isThere && isAlike(wanted, there)) {
    mirrorType(wanted as AnyType, there as AnyType)
  } else if (!isThere || shown(wanted) !== shown(there)) {
    replace()
  }
}

interface Unit {
  insert: unknown
  attributes?: Record<string, unknown>
  /** The same for the same. */
  name: string
}

/** A text by characters (never half of one) and embeds, each with its format. */
function unitsOf (text: Y.Text): Unit[] {
  return (text.toDelta() as Array<Omit<Unit, 'name'>>).flatMap(({ insert, attributes }) => (typeof insert === 'string' ? [...insert] : [insert])
    .map(insert => ({ insert, attributes, name: shown(insert) + shown(attributes) })))
}

/** How much two lists have in common at the start, and at the end. */
function common (one: string[], two: string[]): { start: number, end: number } {
  const least = Math.min(one.length, two.length)
  let [start, end] = [0, 0]
  while (start < least && one[start] === two[start]) start++
  while (end < least - start && one.at(-1 - end) === two.at(-1 - end)) end++

  return { start, end }
}

/** All that is seen of a value, as text: the same for the same. */
function shown (value: unknown): string {
  if (value instanceof Y.Doc) {
    return `document ${value.guid}`
  }

  if (value instanceof Y.AbstractType) {
    const parts = value instanceof Y.Text ? unitsOf(value).map(({ name }) => name) : isList(value) ? (value.toArray()).map(shown) : []
    const entries = value instanceof Y.Map ? [...value.entries()] : hasAttributes(value) ? Object.entries(value.getAttributes()) : []

    return JSON.stringify([value.constructor.name, (value as Y.XmlElement).nodeName, parts, entries.map(([key, value]) => [key, shown(value)]).sort()])
  }

  return JSON.stringify(value, (_, part: unknown) => typeof part === 'bigint' ? `${part}n` : isPlain(part) ? Object.entries(part).sort() : part) ?? 'undefined'
}

function copyOf (value: unknown): unknown {
  return value instanceof Y.AbstractType ? value.clone() : value instanceof Y.Doc ? new Y.Doc({ guid: value.guid }) : value
}

function isAlike (one: unknown, two: unknown): boolean {
  return one instanceof Y.AbstractType && two instanceof Y.AbstractType && one.constructor === two.constructor && (one as Y.XmlElement).nodeName === (two as Y.XmlElement).nodeName
}

function isList (type: unknown): type is List {
  return type instanceof Y.Array || type instanceof Y.XmlFragment
}

function hasAttributes (type: unknown): type is Y.XmlElement | Y.XmlText {
  return type instanceof Y.XmlElement || type instanceof Y.XmlText
}

function isPlain (value: unknown): value is object {
  return value != null && Object.getPrototypeOf(value) === Object.prototype
}
