/** Makes one document show what another shows, by edits: what a reader wrote is taken back in this way. */
import * as Y from 'yjs'
import { common, textDifference } from '../documents/difference.js'
import type { TextPiece } from '../documents/difference.js'

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
    const edits = textDifference(piecesOf(from), piecesOf(to), shown)
    to.applyDelta(edits.map(edit => 'insert' in edit ? { ...edit, insert: copyOf(edit.insert) } : edit))
  } else if (hasItems(to)) {
    mirrorItems(itemsOf(from), to)
  }

  const [entries, old] = [entriesOf(from), entriesOf(to)]
  const put = (key: string, value: unknown): unknown => to instanceof Y.Map ? to.set(key, value) : (to as Y.XmlElement).setAttribute(key, value as string)
  const drop = (key: string): unknown => to instanceof Y.Map ? to.delete(key) : (to as Y.XmlElement).removeAttribute(key)
  old.forEach((_, key) => { if (!entries.has(key)) drop(key) })
  entries.forEach((value, key) => {
    if (isAlike(value, old.get(key))) {
      mirrorType(value as AnyType, old.get(key) as AnyType)
    } else if (!old.has(key) || shown(value) !== shown(old.get(key))) {
      put(key, copyOf(value))
    }
  })
}

function mirrorItems (wanted: unknown[], to: Y.Array<unknown>): void {
  const there = to.toArray()
  const { start, end } = common(wanted.map(shown), there.map(shown))
  const [fresh, stale] = [wanted.slice(start, wanted.length - end), there.slice(start, there.length - end)]

  if (fresh.length === stale.length && fresh.every((value, at) => isAlike(value, stale[at]))) {
    fresh.forEach((value, at) => { mirrorType(value as AnyType, stale[at] as AnyType) })
  } else {
    to.delete(start, stale.length)
    to.insert(start, fresh.map(copyOf))
  }
}

const hasItems = (type: unknown): type is Y.Array<unknown> => type instanceof Y.Array || type instanceof Y.XmlFragment
const itemsOf = (type: unknown): unknown[] => hasItems(type) ? type.toArray() : []
const piecesOf = (type: unknown): TextPiece[] => type instanceof Y.Text ? type.toDelta() as TextPiece[] : []

function entriesOf (type: AnyType): Map<string, unknown> {
  return new Map(type instanceof Y.Map ? type.entries() : 'getAttributes' in type ? Object.entries((type as Y.XmlElement).getAttributes()) : [])
}

/** All that is seen of a value, as text: the same for the same. */
function shown (value: unknown): string {
  const seen = value instanceof Y.AbstractType
    ? [value.constructor.name, (value as Y.XmlElement).nodeName, piecesOf(value).map(({ insert, attributes }) => [shown(insert), shown(attributes)]), itemsOf(value).map(shown), [...entriesOf(value)].map(([key, value]) => [key, shown(value)]).sort()]
    : value instanceof Y.Doc ? `document ${value.guid}` : value

  return JSON.stringify(seen, (_, part: object | null | undefined | bigint) => typeof part === 'bigint' ? `${part}n` : part?.constructor === Object ? Object.entries(part).sort() : part) ?? 'undefined'
}

function copyOf (value: unknown): unknown {
  return value instanceof Y.AbstractType ? value.clone() : value instanceof Y.Doc ? new Y.Doc({ guid: value.guid }) : value
}

/** Are these types of one kind, in which something may be another? */
function isAlike (one: unknown, two: unknown): boolean {
  return one instanceof Y.AbstractType && one.constructor === two?.constructor && (one as Y.XmlElement).nodeName === (two as Y.XmlElement).nodeName
}
