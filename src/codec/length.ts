/** Length prefixes of frames: unsigned varints, as libp2p writes them. */
import type { Uint8ArrayList } from 'uint8arraylist'

/** Bytes of a prefix: 4 × 7 bits, 256 MiB; every protocol here allows far less. */
const MAX_PREFIX = 4

/** The prefix does not end, or says more than any frame may have. */
class LengthError extends Error {
  override readonly name = 'InvalidMessageLengthError'
}

/**
 * For `lpStream` and `pbStream`, whose own decoder asks for more bytes of a
 * prefix as long as there is no end to it.
 *
 * @throws {RangeError} More bytes are needed.
 * @throws {LengthError} No more will be read.
 */
export function decodeLength (prefix: Uint8Array | Uint8ArrayList): number {
  let length = 0

  for (const [place, byte] of [...prefix.subarray()].entries()) {
    length += (byte & 0x7f) * 2 ** (7 * place)

    if (byte < 0x80) {
      return length
    }
  }

  throw prefix.byteLength < MAX_PREFIX ? new RangeError('The length prefix goes on') : new LengthError('The length prefix is too long')
}
