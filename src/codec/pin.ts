/** PINs: how they are drawn, and how a typed one is read (docs/codes.md, "PINs"). */
import { randomBytes } from '@noble/hashes/utils.js'
import { PlusOneError } from '../errors.js'

/** What a PIN looks like. */
export interface PinShape {
  /** Characters, 4 to 32. */
  length: number
  /** The characters that it is made of, 2 to 64 different ones, none that reading a typed PIN changes or drops (`normalizePin`). */
  alphabet: string
}

/** 6 digits (docs/codes.md, "PINs"). */
export const DEFAULT_PIN: PinShape = { length: 6, alphabet: '0123456789' }

/** The typed text cannot be this invitation's PIN; nothing was sent, no attempt was spent. Does not quote it. */
export class InvalidPinError extends PlusOneError {
  static override readonly name = 'InvalidPinError'
  readonly code = 'ERR_INVALID_PIN'

  constructor ({ length, alphabet }: PinShape) {
    super('InvalidPinError', `The PIN has ${length} ${alphabet === DEFAULT_PIN.alphabet ? 'digits' : 'characters'}; type it as the inviter says it`)
  }
}

/** Is this a shape that PINs can have? */
export function isPinShape ({ length, alphabet }: PinShape): boolean {
  const characters = [...alphabet]

  return Number.isInteger(length) && length >= 4 && length <= 32 &&
    characters.length >= 2 && characters.length <= 64 && new Set(characters).size === characters.length &&
    fold(alphabet, alphabet) === alphabet
}

/**
 * A new PIN, each character uniform in the alphabet.
 *
 * @throws {RangeError} PINs cannot have this shape, or the random source gives no bytes.
 */
export function createPin (shape: PinShape = DEFAULT_PIN, random: (bytes: number) => Uint8Array = randomBytes): string {
  if (!isPinShape(shape)) {
    throw new RangeError('A PIN has 4 to 32 characters, of 2 to 64 different ones that stay as they are when typed; choose another length or alphabet')
  }

  const characters = [...shape.alphabet]
  // bytes past the last whole multiple are drawn again, or the first characters would come more often
  const limit = 256 - (256 % characters.length)
  let pin = ''

  for (let drawn = 0; drawn < shape.length;) {
    const [byte] = random(1)

    if (byte == null) {
      throw new RangeError('The random source is broken: it gives no bytes')
    }

    if (byte < limit) {
      pin += characters[byte % characters.length]
      drawn++
    }
  }

  return pin
}

/**
 * A typed PIN as it was drawn: spaces, hyphens, dots and invisible characters go,
 * digits of any script become ASCII, letters take the alphabet's case.
 *
 * @throws {InvalidPinError} It does not have this shape.
 */
export function normalizePin (text: string, shape: PinShape = DEFAULT_PIN): string {
  const pin = fold(text, shape.alphabet)
  const characters = [...pin]
  const alphabet = new Set(shape.alphabet)

  if (characters.length !== shape.length || !characters.every(character => alphabet.has(character))) {
    throw new InvalidPinError(shape)
  }

  return pin
}

/** What typing may change, undone. */
function fold (text: string, alphabet: string): string {
  const plain = asciiDigits(text.normalize('NFKC')).replace(/[\s\p{Pd}\p{Cf}._]/gu, '')

  if (alphabet === alphabet.toLowerCase()) {
    return plain.toLowerCase()
  }

  return alphabet === alphabet.toUpperCase() ? plain.toUpperCase() : plain
}

/** Digits stand in rows of ten, some rows side by side: a digit's value is its distance from the first, modulo 10. */
function asciiDigits (text: string): string {
  return text.replace(/[^\P{Nd}0-9]/gu, (digit) => {
    let distance = 0

    while (/\p{Nd}/u.test(String.fromCodePoint((digit.codePointAt(0) ?? 0) - distance - 1))) {
      distance++
    }

    return String(distance % 10)
  })
}
