/** What an app puts into a GENESIS or an INVITE: a document's id, a URL, whatever it likes. */
import { equals } from 'uint8arrays/equals'
import { MAX_APP_DATA } from './kinds.js'

/**
 * A copy: what the app does with its own bytes later changes nothing.
 *
 * @param what - Whose, for the message
 * @throws {RangeError} More than 512 bytes, or no bytes at all.
 */
export function ownData (what: string, data: Uint8Array | undefined): Uint8Array | undefined {
  if (data == null) {
    return undefined
  }

  if (!(data instanceof Uint8Array) || data.length > MAX_APP_DATA) {
    throw new RangeError(`${what} is a Uint8Array of at most ${MAX_APP_DATA} bytes: put an id or a URL there, and the rest where that leads`)
  }

  return copyOf(data)
}

/** Another buffer: a slice of Node's Buffer is none. */
export function copyOf (data: Uint8Array): Uint8Array<ArrayBuffer>
export function copyOf (data: Uint8Array | undefined): Uint8Array<ArrayBuffer> | undefined
export function copyOf (data: Uint8Array | undefined): Uint8Array<ArrayBuffer> | undefined {
  return data == null ? undefined : Uint8Array.from(data)
}

/** None is not the same as no bytes. */
export function isSameData (one: Uint8Array | undefined, other: Uint8Array | undefined): boolean {
  return one == null || other == null ? one === other : equals(one, other)
}
