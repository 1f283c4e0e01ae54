/** Bytes as lowercase hex, made at once: a text that is put together digit by digit keeps all its beginnings, and a log has many. */

const DIGITS = [...'0123456789abcdef'].map(digit => digit.charCodeAt(0))

/** Digits of the text that is being made, by how many it has: a log opens at the rate of this. */
const drafts = new Map<number, number[]>()

/** @param bytes - Few: ids, keys */
export function hexOf (bytes: Uint8Array): string {
  const { length } = bytes
  let codes = drafts.get(length)

  if (codes == null) {
    codes = new Array<number>(2 * length).fill(0)
    drafts.set(length, codes)
  }

  for (let at = 0; at < length; at++) {
    const byte = bytes[at] as number
    codes[2 * at] = DIGITS[byte >> 4] as number
    codes[2 * at + 1] = DIGITS[byte & 15] as number
  }

  return String.fromCharCode(...codes)
}
