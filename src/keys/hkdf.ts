/** HKDF-SHA256 (RFC 5869) of many secrets: of a wrap set it is most of what is not X25519, and takes half of noble's time where nothing is made anew. */
import { sha256 } from '@noble/hashes/sha2.js'
import { concatBytes } from '@noble/hashes/utils.js'

/** Of SHA-256, in bytes. */
const BLOCK = 64
const LENGTH = 32

/** HMAC's (RFC 2104). */
const INNER = 0x36
const OUTER = 0x5c

/** The number of the one block that is expanded. */
const FIRST = Uint8Array.of(1)

/**
 * Without a salt, 32 bytes of each secret; infos begin alike.
 *
 * @param begin - Of all infos
 * @param endLength - Bytes in which infos differ, at their end
 * @returns Of a secret and its info's end
 */
export function hkdfOfMany (begin: Uint8Array, endLength: number): (secret: Uint8Array, end: Uint8Array) => Uint8Array {
  const hash = sha256.create()
  const empty = sha256.create()
  // a salt of zeros, whose blocks are hashed once
  const saltInner = sha256.create().update(new Uint8Array(BLOCK).fill(INNER))
  const saltOuter = sha256.create().update(new Uint8Array(BLOCK).fill(OUTER))
  const info = concatBytes(begin, new Uint8Array(endLength), FIRST)
  const digest = new Uint8Array(LENGTH)
  const key = new Uint8Array(LENGTH)
  const inner = new Uint8Array(BLOCK).fill(INNER)
  const outer = new Uint8Array(BLOCK).fill(OUTER)

  return (secret, end) => {
    const out = new Uint8Array(LENGTH)
    saltInner._cloneInto(hash).update(secret).digestInto(digest)
    saltOuter._cloneInto(hash).update(digest).digestInto(key)

    for (let i = 0; i < LENGTH; i++) {
      inner[i] = (key[i] as number) ^ INNER
      outer[i] = (key[i] as number) ^ OUTER
    }

    info.set(end, begin.length)
    empty._cloneInto(hash).update(inner).update(info).digestInto(digest)
    empty._cloneInto(hash).update(outer).update(digest).digestInto(out)

    return out
  }
}
