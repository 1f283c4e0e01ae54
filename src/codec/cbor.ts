/** Strict, canonical dag-cbor: one value has one encoding, and nothing else decodes. */
import { decode, encode } from '@ipld/dag-cbor'
import { equals } from 'uint8arrays/equals'
import { ProtocolError } from '../errors.js'

export { encode }

/** Arrays within arrays that any of our values has. */
const MAX_DEPTH = 8

/**
 * Decodes bytes that re-encode to themselves (`@ipld/dag-cbor` alone takes more).
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
