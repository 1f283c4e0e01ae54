/** Strict, canonical dag-cbor: one value has one encoding, and nothing else decodes. */
import * as cborg from 'cborg'
import { equals } from 'uint8arrays/equals'
import { ProtocolError } from '../errors.js'
import type { DecodeOptions, EncodeOptions } from 'cborg'

/** Arrays within arrays that any of our values has. */
const MAX_DEPTH = 8

/** Those of `@ipld/dag-cbor`, without its one tag: a CID is text or bytes here; and without bigints (docs/wire.md, "Encodings"). */
const ENCODING: EncodeOptions = {
  float64: true,
  typeEncoders: { Map: checkKeys, undefined: refuse, bigint: refuse, number: checkNumber }
}

/** The same, the other way: a whole number of 2 ** 53 or more is refused. That `undefined` is read as null makes it no canonical value: it does not re-encode to itself. */
const DECODING: DecodeOptions = {
  allowIndefinite: false,
  allowBigInt: false,
  coerceUndefinedToNull: true,
  allowNaN: false,
  allowInfinity: false,
  strict: true,
  rejectDuplicateMapKeys: true
}

/** @throws {Error} dag-cbor cannot say it: it is or holds `undefined`, a bigint, no number, or an infinite one. */
export function encode (value: unknown): Uint8Array {
  return cborg.encode(value, ENCODING)
}

/** Decodes bytes of the store, which were found canonical before. @throws {Error} They are not CBOR. */
export function decode (bytes: Uint8Array): unknown {
  return cborg.decode(bytes, DECODING)
}

/**
 * Decodes bytes that re-encode to themselves (`decode` alone takes more).
 *
 * @param maxLength - Bytes; longer input is refused unread
 * @throws {ProtocolError} Whatever is wrong with the bytes.
 */
export function decodeStrict (bytes: Uint8Array, maxLength: number): unknown {
  if (bytes.length > maxLength) {
    throw new ProtocolError(`A record of ${bytes.length} bytes is longer than the ${maxLength} allowed`)
  }

  try {
    const value: unknown = decode(bytes)

    if (isWithin(value, MAX_DEPTH) && equals(encode(value), bytes)) {
      return value
    }
  } catch (err) {
    throw new ProtocolError('A record is not dag-cbor', { cause: err })
  }

  throw new ProtocolError('A record is not canonical dag-cbor')
}

function isWithin (value: unknown, depth: number): boolean {
  if (value instanceof Uint8Array || value === null || typeof value !== 'object') {
    return true
  }

  return depth > 0 && Object.values(value).every(part => isWithin(part, depth - 1))
}

function checkKeys (map: Map<unknown, unknown>): null {
  for (const key of map.keys()) {
    if (typeof key !== 'string' || key === '') {
      throw new TypeError('dag-cbor has text as keys')
    }
  }

  return null
}

function refuse (_value: unknown, type: string): never {
  throw new TypeError(`dag-cbor has no ${type}`)
}

function checkNumber (value: number): null {
  if (!Number.isFinite(value)) {
    throw new RangeError(`dag-cbor has no ${value}`)
  }

  return null
}
