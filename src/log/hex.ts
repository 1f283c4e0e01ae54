/** Bytes as lowercase hex, made at once: a text that is put together digit by digit keeps all its beginnings, and a log has many. */

const DIGITS = [...'0123456789abcdef'].map(digit => digit.charCodeAt(0))

/** @param bytes - Few: ids, keys */
export function hexOf (bytes: Uint8Array): string {
  const codes: number[] = []

  for (const byte of bytes) {
    codes.push(DIGITS[byte >> 4] ?? 0, DIGITS[byte & 15] ?? 0)
  }

  return String.fromCharCode(...codes)
}
