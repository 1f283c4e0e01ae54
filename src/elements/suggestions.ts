/** Which words may have been meant, where one of a short code's four is none of the list. Loaded then: the list is large. */
import { typedWords, wordlist, wordOf } from '../codec/wordlist.js'

/** Words in a short code. */
const WORDS = 4

/** Characters that are read of what was typed. */
const MAX_TEXT = 256

/** How many are offered: up to five are equally near where a first letter is mistaken, as of "xall" (ball, call, fall, hall, wall). */
const MOST = 5

/** How many letters may be wrong in one. */
const MOST_WRONG = 2

/** The code with its first unknown word mended, the likeliest first; none where all are known, or words are missing. */
export function suggestionsFor (text: string): string[] {
  const typed = typedWords(text, MAX_TEXT)
  const place = typed.findIndex(word => wordOf(word) == null)
  const wrong = typed[place]

  if (typed.length !== WORDS || wrong == null) {
    return []
  }

  return wordlist
    .map(word => ({ word, distance: distance(wrong, word) }))
    .filter(({ distance }) => distance <= MOST_WRONG)
    .sort((a, b) => a.distance - b.distance)
    .slice(0, MOST)
    .map(({ word }) => typed.with(place, word).join(' '))
}

/** Levenshtein's: letters that were left out, put in or mistaken. */
function distance (a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)

  for (const [i, letter] of [...a].entries()) {
    const next = [i + 1]

    for (const [j, other] of [...b].entries()) {
      next.push(Math.min((row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1, (row[j] ?? 0) + (letter === other ? 0 : 1)))
    }

    row = next
  }

  return row.at(-1) ?? 0
}
