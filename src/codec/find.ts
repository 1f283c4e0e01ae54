/** Finds the code in whatever a person pastes. */
import { InvalidCodeError } from '../errors.js'
import { parseCode } from './code.js'
import type { InvitationCode } from './code.js'

/** Characters of a pasted message, at most. */
const MAX_MESSAGE = 65_536

/** What may be a code within a message: base32 of the shortest code's 60 bytes, or more. */
const CODE = /[A-Za-z2-7]{96,}/g

/**
 * Reads an invitation out of a link (also as a URL), a QR payload, a code typed
 * with spaces, hyphens or capitals, or a message around one of these.
 *
 * @throws {InvalidCodeError} Its `reason` says what is wrong.
 */
export function parseInvitation (input: unknown): InvitationCode {
  const text = input instanceof URL ? input.href : input

  if (typeof text !== 'string') {
    throw new InvalidCodeError('An invitation code is text: pass the link or the code', 'empty')
  }

  if (text.length > MAX_MESSAGE) {
    throw new InvalidCodeError('This is too long for an invitation; copy the code alone', 'too-long')
  }

  return findCode(text).invitation
}

/**
 * The invitation in a text, and the part of the text, percent-decoded, that it is.
 *
 * @throws {InvalidCodeError} There is none.
 */
export function findCode (text: string): { invitation: InvitationCode, found: string } {
  const plain = percentDecoded(text)

  try {
    return { invitation: parseCode(plain), found: plain }
  } catch (err) {
    for (const [found] of plain.normalize('NFKC').matchAll(CODE)) {
      try {
        return { invitation: parseCode(found), found }
      } catch {
        // another word may be it
      }
    }

    throw err
  }
}

/** As a link was before it was made a URL: a code has no percent signs. */
export function percentDecoded (text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    // a sign that stands for itself
    return text
  }
}
