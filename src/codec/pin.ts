/** PINs: how they are drawn, and how a typed one is read (DESIGN sections 1 and 2). */
import { randomBytes } from '@noble/hashes/utils.js'

/** What a PIN looks like. */
export interface PinShape {
  /** Characters, 4 to 32. */
  length: number
  /** The characters that it is made of, 2 to 64 different ones, in lower case if they are letters. */
  alphabet: string
}

/** 6 digits (DESIGN section 1). */
export const DEFAULT_PIN: PinShape = { length: 6, alphabet: '0123456789' }

/** The typed text cannot be this invitation's PIN; nothing was sent, no attempt was spent. Does not quote it. */
export class InvalidPinError extends Error {
  static override readonly name = 'InvalidPinError'
  readonly code = 'ERR_INVALID_PIN'

  constructor ({ length, alphabet }: PinShape) {
    super(`The PIN has ${length} ${alphabet === DEFAULT_PIN.alphabet ? 'digits' : 'characters'}; type it as the inviter says it`)
    this.name = 'InvalidPinError'
  }
}

/** Is this a shape that PINs can have? */
export function isPinShape ({ length, alphabet }: PinShape): boolean {
  const characters = [...alphabet]

  return Number.isInteger(length) && length >= 4 && length <= 32 &&
    characters.length >= 2 && characters.length <= 64 && new Set(characters).size === characters.length
}

/** A new PIN, each character uniform in the alphabet. */
export function createPin ({ length, alphabet }: PinShape = DEFAULT_PIN, random: (bytes: number) => Uint8Array = randomBytes): string {
  const characters = [...alphabet]
  // bytes past the last whole multiple are drawn again, or the first characters would come more often
  const limit = 256 - (256 % characters.length)
  let pin = ''

  for (let drawn = 0; drawn < length;) {
    const byte = random(1)[0] ?? 255

    if (byte < limit) {
      pin += characters[byte % characters.length]
      drawn++
    }
  }

  return pin
}

/**
 * A typed PIN as it was drawn: spaces, hyphens and dots go, digits of any script
 * become ASCII, letters take the alphabet's case.
 *
 * @throws {InvalidPinError} It does not have this shape.
 */
export function normalizePin (text: string, shape: PinShape = DEFAULT_PIN): string {
  const stripped = asciiDigits(text.normalize('NFKC')).replace(/[\s\p{Pd}._\u200b-\u200f]/gu, '')
  const pin = shape.alphabet === shape.alphabet.toLowerCase() ? stripped.toLowerCase() : stripped
  const characters = [...pin]

  if (characters.length !== shape.length || !characters.every(character => shape.alphabet.includes(character))) {
    throw new InvalidPinError(shape)
  }

  return pin
}

/** Every script's ten digits stand in a row, so a digit's value is its distance from the row's first. */
function asciiDigits (text: string): string {
  return text.replace(/\p{Nd}/gu, (digit) => {
    let value = 0

    while (value < 9 && /\p{Nd}/u.test(String.fromCodePoint((digit.codePointAt(0) ?? 0) - value - 1))) {
      value++
    }

    return digit <= '9' ? digit : String(value)
  })
}
