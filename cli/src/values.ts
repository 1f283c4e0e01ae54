/** One option's value, read: each throws a UsageError that says what it takes. Pure, and without the library: see terms.ts. */
import { parseExpiration } from './duration.js'
import { UsageError } from './exit.js'
import type { PartyChoice } from './command.js'

/** @param label - What takes it: `--role`, or `ROLE` */
export function oneOf <T extends string> (label: string, choices: readonly T[], text: string): T {
  const found = choices.find(choice => choice === text)

  if (found == null) {
    throw new UsageError(`${label} is one of ${choices.join(', ')}, not ${JSON.stringify(text)}`)
  }

  return found
}

export function wholeNumber (option: string, text: string, min: number, max: number): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN

  if (!(value >= min && value <= max)) {
    throw new UsageError(`--${option} is a whole number from ${min} to ${max}, not ${JSON.stringify(text)}`)
  }

  return value
}

/** @param asks - The message where it is missing */
export function required <T extends string> (word: T | undefined, asks: string): T {
  if (word == null || word === '') {
    throw new UsageError(asks)
  }

  return word
}

export function partyOf ({ party, name }: { party?: string, name?: string }): PartyChoice {
  if (party != null && name != null) {
    throw new UsageError('Choose the party by --party or by --name, not both')
  }

  return { party, partyName: name }
}

export function expirationOf (text: string, now: number): number | 'never' {
  const expiration = parseExpiration(text, now)

  if (expiration == null) {
    throw new UsageError(`--expires is a time from now (10m, 1h30m, 2d), a date (2030-12-01T18:00) or never, not ${JSON.stringify(text)}`)
  }

  if (expiration !== 'never' && expiration <= now) {
    throw new UsageError(`--expires ${text} is past; give a later time`)
  }

  return expiration
}

/** undefined: it is asked for. A code pasted with spaces is many words, and a short one is four. */
export function codeOf (words: string[]): string | undefined {
  return words.length === 0 ? undefined : words.join(' ')
}
