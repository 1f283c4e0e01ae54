/** Words of BIP-39's English list, as a person types them. Apart from index.ts: the list is loaded where words are made or read. */
import { wordlist } from '@scure/bip39/wordlists/english.js'

export { wordlist }

/** No two words share their first four letters (BIP-39, "Wordlist", characteristic a). */
const PREFIX = 4

/** By the whole word, and by its first four letters. */
const known = new Map(wordlist.flatMap(word => [[word, word], [word.slice(0, PREFIX), word]]))

/**
 * What was typed, word by word: any case, whatever stands between.
 *
 * @param most - Characters that are read
 */
export function typedWords (text: string, most: number): string[] {
  return text.slice(0, most).normalize('NFKC').replace(/\p{Cf}/gu, '').toLowerCase().split(/\P{L}+/u).filter(word => word !== '')
}

/** The word of the list that was meant; its first four letters are enough. undefined: there is none. */
export function wordOf (typed: string): string | undefined {
  return known.get(typed) ?? (typed.length > PREFIX ? known.get(typed.slice(0, PREFIX)) : undefined)
}
