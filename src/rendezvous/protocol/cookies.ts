/**
 * Cookies of DISCOVER: how far a client has read a namespace. They cost a point no
 * memory: 8 bytes of number, then a MAC over it and the namespace. To clients they
 * are opaque, but rust-libp2p's reads what follows the first 8 bytes as UTF-8 of at
 * most 255 characters: so the MAC is hex.
 */
import { equalBytes } from '@noble/curves/utils.js'
import { hmac } from '@noble/hashes/hmac.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, concatBytes, randomBytes, utf8ToBytes } from '@noble/hashes/utils.js'

/** Bytes of the MAC that is kept. */
const MAC_LENGTH = 16
const NUMBER_LENGTH = 8

export class Cookies {
  /** Of this run of the point: its numbers mean nothing after a restart. */
  readonly #key = randomBytes(32)

  /** @param read - The number of the last registration that was given out */
  bake (namespace: string | undefined, read: number): Uint8Array {
    const number = new Uint8Array(NUMBER_LENGTH)
    new DataView(number.buffer).setBigUint64(0, BigInt(read))

    return concatBytes(number, utf8ToBytes(this.#mac(namespace, number)))
  }

  /** The number; undefined for a cookie of another point, run or namespace. */
  read (namespace: string | undefined, cookie: Uint8Array): number | undefined {
    const number = cookie.subarray(0, NUMBER_LENGTH)

    if (cookie.length !== NUMBER_LENGTH + 2 * MAC_LENGTH || !equalBytes(cookie.subarray(NUMBER_LENGTH), utf8ToBytes(this.#mac(namespace, number)))) {
      return undefined
    }

    return Number(new DataView(number.buffer, number.byteOffset).getBigUint64(0))
  }

  #mac (namespace: string | undefined, number: Uint8Array): string {
    return bytesToHex(hmac(sha256, this.#key, concatBytes(number, utf8ToBytes(namespace == null ? 'all' : `ns ${namespace}`))).subarray(0, MAC_LENGTH))
  }
}
