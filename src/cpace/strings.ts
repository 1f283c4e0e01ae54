/** String functions of draft-irtf-cfrg-cpace-21, by the draft's names (appendix A). */
import { concatBytes } from '@noble/hashes/utils.js'

/** prepend_len (appendix A.1.1): the data behind its length as unsigned LEB128. */
export function prependLen (data: Uint8Array): Uint8Array {
  const length: number[] = []
  let rest = data.length

  do {
    const low = rest & 0x7f
    rest >>>= 7
    length.push(rest === 0 ? low : low | 0x80)
  } while (rest !== 0)

  return concatBytes(Uint8Array.from(length), data)
}

/** lv_cat (appendix A.1.3): each part behind its length, so that no two lists give the same bytes. */
export function lvCat (...parts: Uint8Array[]): Uint8Array {
  return concatBytes(...parts.map(prependLen))
}

/** transcript_ir (appendix A.3.4): the initiator's message, then the responder's. */
export function transcriptIr (ya: Uint8Array, ada: Uint8Array, yb: Uint8Array, adb: Uint8Array): Uint8Array {
  return concatBytes(lvCat(ya, ada), lvCat(yb, adb))
}

/**
 * generator_string (section 8.1, appendix A.2): zero bytes fill the hash's first block after
 * DSI and PRS, so that what follows never shares a block with the password.
 *
 * @param blockSize - s_in_bytes, the hash's input block (SHA-512: 128 bytes)
 */
export function generatorString (dsi: Uint8Array, prs: Uint8Array, ci: Uint8Array, sid: Uint8Array, blockSize: number): Uint8Array {
  const padding = Math.max(0, blockSize - 1 - prependLen(prs).length - prependLen(dsi).length)

  return lvCat(dsi, prs, new Uint8Array(padding), ci, sid)
}
