/** Makes one document show what another shows, by edits: what a reader wrote is taken back in this way. */
import * as Y from 'yjs'

type AnyType = Y.AbstractType<unknown>

/** Of a text a character (never half of one) or an embed; of a list an item. */
interface Part {
  value: unknown
  attributes?: Record<string, unknown>
  /** The same for the same. */
  name: string
}

/** The whole of `to` shows the whole of `from`; what both begin and end with, and types that are at the same place, stay as they are. */
export function mirror (from: Y.Doc, to: Y.Doc): void {
  for (const name of new Set([...to.share.keys(), ...from.share.keys()])) {
    // as whoever used it first said, on either side; of one that nobody used nothing is shown
    const kind = [to, from].map(doc => doc.share.get(name)?.constructor).find(kind => kind != null && kind !== Y.AbstractType) as (new () => AnyType) | undefined

    if (kind != null) mirrorType(from.get(name, kind), to.get(name, kind))
  }
}

function mirrorType (from: AnyType, to: AnyType): void {
  const [parts, oldParts] = [partsOf(from), partsOf(to)]
  let [start, end] = [0, 0]
  while (start < parts.length && parts[start]?.name === oldParts[start]?.name) start++
  while (end < Math.min(parts.length, oldParts.length) - start && parts.at(-1 - end)?.name === oldParts.at(-1 - end)?.name) end++
  const [fresh, stale] = [parts.slice(start, parts.length - end), oldParts.slice(start, oldParts.length - end)]

  if (fresh.length === stale.length && fresh.every((part, at) => isAlike(part, stale[at]))) {
    fresh.forEach(({ value }, at) => { mirrorType(value as AnyType, stale[at]?.value as AnyType) })
  } else if (to instanceof Y.Text) {
    const length = (parts: Part[]): number => parts.reduce((sum, { value }) => sum + (typeof value === 'string' ? value.length : 1), 0)
    const before = [{ retain: length(parts.slice(0, start)) }, { delete: length(stale) }].filter(op => op.retain !== 0 && op.delete !== 0)
    to.applyDelta([...before, ...fresh.map(({ value, attributes }) => ({ insert: copyOf(value), attributes }))])
  } else {
    (to as Y.Array<unknown>).delete(start, stale.length)
    ;(to as Y.Array<unknown>).insert(start, fresh.map(({ value }) => copyOf(value)))
  }

  const [entries, oldEntries] = [entriesOf(from), entriesOf(to)]
  const put = (key: string, value: unknown): unknown => to instanceof Y.Map ? to.set(key, value) : (to as Y.XmlElement).setAttribute(key, value as string)
  const drop = (key: string): unknown => to instanceof Y.Map ? to.delete(key) : (to as Y.XmlElement).removeAttribute(key)
  oldEntries.forEach((_, key) => { if (!entries.has(key)) drop(key) })
  entries.forEach((part, key) => {
    const old = oldEntries.get(key)

    if (isAlike(part, old)) {
      mirrorType(part.value as AnyType, old?.value as AnyType)
    } else if (part.name !== old?.name) {
      put(key, copyOf(part.value))
    }
  })
}

function partsOf (type: AnyType): Part[] {
  return type instanceof Y.Text
    ? (type.toDelta() as Array<{ insert: unknown, attributes?: Part['attributes'] }>).flatMap(({ insert, attributes }) => (typeof insert === 'string' ? [...insert] : [insert]).map(value => partOf(value, attributes)))
    : type instanceof Y.Array || type instanceof Y.XmlFragment ? type.toArray().map(value => partOf(value)) : []
}

function entriesOf (type: AnyType): Map<string, Part> {
  const entries = type instanceof Y.Map ? [...type.entries()] : 'getAttributes' in type ? Object.entries((type as Y.XmlElement).getAttributes()) : []

  return new Map(entries.map(([key, value]) => [key, partOf(value)]))
}

function partOf (value: unknown, attributes?: Record<string, unknown>): Part {
  return { value, attributes, name: shown(value) + shown(attributes) }
}

/** All that is seen of a value, as text. */
function shown (value: unknown): string {
  const seen = value instanceof Y.AbstractType
    ? [value.constructor.name, (value as Y.XmlElement).nodeName, partsOf(value).map(({ name }) => name), [...entriesOf(value)].map(([key, { name }]) => [key, name]).sort()]
    : value instanceof Y.Doc ? `document ${value.guid}` : value

  return JSON.stringify(seen, (_, part: object | null | undefined | bigint) => typeof part === 'bigint' ? `${part}n` : part?.constructor === Object ? Object.entries(part).sort() : part) ?? 'undefined'
}

function copyOf (value: unknown): unknown {
  return value instanceof Y.AbstractType ? value.clone() : value instanceof Y.Doc ? new Y.Doc({ guid: value.guid }) : value
}

/** Types of one kind, in which something may be another. */
function isAlike ({ value, attributes }: Part, other?: Part): boolean {
  return value instanceof Y.AbstractType && value.constructor === other?.value?.constructor && shown(attributes) === shown(other.attributes) &&
    (value as Y.XmlElement).nodeName === (other.value as Y.XmlElement).nodeName
}
