/** dag-cbor, strict (docs/wire.md, "Encodings"): one value has one encoding, and no other bytes are read. */
import { concat, hex, must, Reader, utf8 } from './bytes.js'

export type Value = number | string | boolean | null | Uint8Array | Value[] | { [field: string]: Value }

export function decode (bytes: Uint8Array): Value {
  const reader = new Reader(bytes)
  const value = read(reader)
  reader.end()
  must(hex(encode(value)) === hex(bytes), 'not the one encoding of this value')

  return value
}

function read (reader: Reader): Value {
  const first = reader.byte()
  const major = first >> 5

  if (major === 7) {
    return readSimple(reader, first & 31)
  }

  const count = countOf(reader, first & 31)

  switch (major) {
    case 0: return count
    case 1: return -1 - count
    case 2: return reader.take(count)
    case 3: return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(reader.take(count))
    case 4: return Array.from({ length: count }, () => read(reader))
    case 5: return Object.fromEntries(Array.from({ length: count }, () => [read(reader) as string, read(reader)]))
    default: throw new RangeError(`no value of ours has the major type ${major}`)
  }
}

function countOf (reader: Reader, low: number): number {
  must(low <= 27, 'a length that does not end')

  return low < 24 ? low : reader.number(2 ** (low - 24))
}

function readSimple (reader: Reader, low: number): Value {
  switch (low) {
    case 20: return false
    case 21: return true
    case 22: return null
    case 27: return new DataView(reader.take(8).buffer).getFloat64(0)
    default: throw new RangeError(`no value of ours is simple ${low}`)
  }
}

export function encode (value: Value): Uint8Array {
  if (value === null || typeof value === 'boolean') {
    return Uint8Array.of(value === null ? 0xf6 : value ? 0xf5 : 0xf4)
  } else if (typeof value === 'number') {
    return Number.isSafeInteger(value) ? head(value < 0 ? 1 : 0, value < 0 ? -1 - value : value) : float(value)
  } else if (typeof value === 'string') {
    return concat(head(3, utf8(value).length), utf8(value))
  } else if (value instanceof Uint8Array) {
    return concat(head(2, value.length), value)
  } else if (Array.isArray(value)) {
    return concat(head(4, value.length), ...value.map(encode))
  }

  // shorter keys first, then by their bytes
  const fields = Object.entries(value).map(([name, of]) => ({ name: utf8(name), of })).sort((a, b) => a.name.length - b.name.length || (hex(a.name) < hex(b.name) ? -1 : 1))

  return concat(head(5, fields.length), ...fields.flatMap(({ name, of }) => [head(3, name.length), name, encode(of)]))
}

/** The shortest form of a length or a number. */
function head (major: number, count: number): Uint8Array {
  const size = count < 24 ? 0 : count < 2 ** 8 ? 1 : count < 2 ** 16 ? 2 : count < 2 ** 32 ? 4 : 8
  const bytes = new Uint8Array(9)
  new DataView(bytes.buffer).setBigUint64(1, BigInt(count))

  return concat(Uint8Array.of(major * 32 + (size === 0 ? count : 24 + Math.log2(size))), bytes.subarray(9 - size))
}

function float (value: number): Uint8Array {
  const bytes = new Uint8Array(9)
  bytes[0] = 0xfb
  new DataView(bytes.buffer).setFloat64(1, value)

  return bytes
}

/** A list of so many elements. */
export function list (value: Value | undefined, length?: number): Value[] {
  must(Array.isArray(value) && (length == null || value.length === length), `not a list of ${length ?? 'elements'}`)

  return value
}

/** Bytes: so many, where that is said. */
export function bytes (value: Value | undefined, length?: number): Uint8Array {
  must(value instanceof Uint8Array && (length == null || value.length === length), `not ${length ?? ''} bytes`)

  return value
}

/** Text of so many bytes of UTF-8. */
export function text (value: Value | undefined, least: number, most: number): string {
  must(typeof value === 'string' && utf8(value).length >= least && utf8(value).length <= most, `not a text of ${least} to ${most} bytes`)

  return value
}

export function count (value: Value | undefined, least = 0, most = Number.MAX_SAFE_INTEGER): number {
  must(Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most, `not a number from ${least} to ${most}`)

  return value as number
}
