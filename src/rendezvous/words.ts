/**
 * Short codes, to be said aloud (docs/short-codes.md, "The words"): four words of
 * BIP-39's English list, 11 bits each. The first two, the nameplate, are public and
 * find the inviter; the last two are the password of the exchange that gives the
 * full code.
 */
import { randomBytes } from '@noble/hashes/utils.js'
import { typedWords, wordlist, wordOf } from '../codec/wordlist.js'
import { InvalidCodeError } from '../errors.js'

export { looksLikeShortCode } from '../codec/index.js'

/** Four words, read. */
export interface ShortCode {
  /** Two words, as maple-orbit: public. */
  nameplate: string
  /** Two words, as ostrich-violin: the secret of the exchange. */
  words: string
}

/** Words in a short code. */
const WORDS = 4

/** Characters that are read of what was typed. */
const MAX_TEXT = 256

const ORDINALS = ['first', 'second', 'third', 'fourth'] as const

/** A new short code: 22 public bits, 22 secret ones. */
export function createShortCode (random: (bytes: number) => Uint8Array = randomBytes): ShortCode {
  const bytes = random(2 * WORDS)
  // 2¹⁶ is a multiple of the list's 2¹¹ words: each is as likely
  const [a, b, c, d] = Array.from({ length: WORDS }, (_, i) => wordlist[((bytes[2 * i] ?? 0) * 256 + (bytes[2 * i + 1] ?? 0)) % wordlist.length])

  return { nameplate: `${a}-${b}`, words: `${c}-${d}` }
}

/** As it is shown: maple-orbit-ostrich-violin. */
export function encodeShortCode ({ nameplate, words }: ShortCode): string {
  return `${nameplate}-${words}`
}

/**
 * Reads a short code as a person types it: any case, whatever stands between the
 * words, the first four letters of a word are enough.
 *
 * @throws {InvalidCodeError} Reason `words`; tells which word is wrong by its place, and quotes none.
 */
export function parseShortCode (text: string): ShortCode {
  const typed = typedWords(text, MAX_TEXT)

  if (typed.length !== WORDS) {
    throw new InvalidCodeError(`A short code has four words, and this has ${typed.length}; ask the inviter to say all four`, 'words')
  }

  const words = typed.map((word, i) => {
    const found = wordOf(word)

    if (found == null) {
      throw new InvalidCodeError(`The ${ORDINALS[i]} word is not one of those that codes are made of; ask the inviter to spell its first four letters`, 'words')
    }

    return found
  })

  return { nameplate: `${words[0]}-${words[1]}`, words: `${words[2]}-${words[3]}` }
}

/** Words that begin so, in the list's order, for completion while typing. */
export function completeWord (prefix: string, limit = 8): string[] {
  const begins = prefix.normalize('NFKC').trim().toLowerCase()

  return begins === '' ? [] : wordlist.filter(word => word.startsWith(begins)).slice(0, limit)
}
