/** Which form of code a text has, told without the word list. */

/** Characters of a short code as typed: four words of at most 8 letters, and what stands between them. */
const MAX_SHORT = 64

/**
 * Is this four words, and so a short code (docs/short-codes.md, "The words"), if anything? A full code has no four words,
 * but digits and 96 characters at least. Needs no word list: whether the words are of it is `parseShortCode`'s question.
 */
export function looksLikeShortCode (text: string): boolean {
  return text.length <= MAX_SHORT && /^\P{L}*(\p{L}+\P{L}+){3}\p{L}+\P{L}*$/u.test(text.normalize('NFKC').replace(/\p{Cf}/gu, '')) && !/[2-7]/.test(text)
}
