/** Bytes as docs/wire.md writes them: hex, lengths, lv_cat. Nothing of src/, as all of this folder. */
import { bytesToHex, concatBytes, hexToBytes, utf8ToBytes } from '@noble/hashes/utils.js'

export { bytesToHex as hex, concatBytes as concat, hexToBytes as unhex, utf8ToBytes as utf8 }

/** Fails a check, saying which. */
export function must (holds: boolean, what: string): asserts holds {
  if (!holds) {
    throw new RangeError(what)
  }
}

export function isSame (one: Uint8Array, other: Uint8Array): boolean {
  return bytesToHex(one) === bytesToHex(other)
}

/** An unsigned LEB128. */
export function varint (value: number): Uint8Array {
  const bytes: number[] = []

  for (let rest = value; bytes.length === 0 || rest > 0; rest = Math.floor(rest / 128)) {
    bytes.push(rest < 128 ? rest : 128 + rest % 128)
  }

  return Uint8Array.from(bytes)
}

/** Each part behind its length, as the CPace draft has it. */
export function lvCat (...parts: Uint8Array[]): Uint8Array {
  return concatBytes(...parts.flatMap(part => [varint(part.length), part]))
}

/** Big-endian, in so many bytes. */
export function bigEndian (value: number, length: number): Uint8Array {
  return hexToBytes(value.toString(16).padStart(2 * length, '0'))
}

/** Bytes that are read once, from the first to the last. */
export class Reader {
  readonly #bytes: Uint8Array
  #at = 0

  constructor (bytes: Uint8Array) {
    this.#bytes = bytes
  }

  get left (): number {
    return this.#bytes.length - this.#at
  }

  take (length: number): Uint8Array {
    must(length <= this.left, `${length} bytes are missing`)
    this.#at += length

    return this.#bytes.slice(this.#at - length, this.#at)
  }

  byte (): number {
    return this.take(1)[0] ?? 0
  }

  /** Big-endian. */
  number (length: number): number {
    return this.take(length).reduce((value, byte) => 256 * value + byte, 0)
  }

  varint (): bigint {
    let value = 0n

    for (let shift = 0n; ; shift += 7n) {
      const byte = this.byte()
      value |= BigInt(byte & 127) << shift

      if (byte < 128) {
        return value
      }
    }
  }

  end (): void {
    must(this.left === 0, `${this.left} bytes are left over`)
  }
}
