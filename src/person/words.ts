/** Recovery words (docs/persons.md, "Recovery words"): 12 words of BIP-39 from 16 random bytes, and back. Brings the word list: loaded when words are asked for. */
import { entropyToMnemonic, mnemonicToEntropy } from '@scure/bip39'
import { typedWords, wordlist, wordOf } from '../codec/wordlist.js'
import { InvalidWordsError } from '../errors.js'

/** Words for 16 bytes: 128 bits and 4 of checksum, 11 bits a word (BIP-39, "Generating the mnemonic"). */
export const WORDS = 12

/** Characters that are read of what was typed: 12 words of at most 8 letters, and what stands between them. */
const MAX_TEXT = 1024

/** The 12 words. @param entropy - 16 bytes */
export function wordsOf (entropy: Uint8Array): string[] {
  return entropyToMnemonic(entropy, wordlist).split(' ')
}

/**
 * Reads 12 words as a person types them: any case, whatever stands between them, the first four letters of a word are enough.
 *
 * @returns The 16 bytes from which they were made
 * @throws {InvalidWordsError} `reason` says why: `count`, `word` (and `place`, which), `checksum`. It quotes none.
 */
export function entropyOf (text: string): Uint8Array {
  const typed = typedWords(text, MAX_TEXT)

  if (typed.length !== WORDS) {
    throw new InvalidWordsError(`Recovery words are ${WORDS}, and these are ${typed.length}; type all of them, in the order in which you wrote them down`, 'count')
  }

  const words = typed.map((word, i) => {
    const found = wordOf(word)

    if (found == null) {
      throw new InvalidWordsError(`Word ${i + 1} is not one of those that recovery words are made of; look at its first four letters again`, 'word', i + 1)
    }

    return found
  })

  try {
    return mnemonicToEntropy(words.join(' '), wordlist)
  } catch {
    throw new InvalidWordsError('One of these words is another than you wrote down, or two have changed places; compare them, one by one', 'checksum')
  }
}

/** Is this the word, as a person types it? */
export function isWord (typed: string, word: string): boolean {
  return wordOf(typedWords(typed, MAX_TEXT).join('')) === word
}
