/**
 * What an inviter counts of one nameplate (docs/short-codes.md, "What is counted"),
 * as pure transitions. The caller makes the next one durable before it acts on it.
 */
import { MAX_GUESSES, MAX_STARTS } from './constants.js'
import { NameplateLockedError } from './refusals.js'

export interface Guesses {
  /** Wrong guesses that may still be made; durable before a guess is looked at. */
  readonly guessesLeft: number
  /** Exchanges begun that gave no code. */
  readonly starts: number
  /** No guess is answered any more. */
  readonly locked: boolean
}

/** Of a fresh nameplate. */
export const INITIAL: Guesses = { guessesLeft: MAX_GUESSES, starts: 0, locked: false }

/** One more exchange is begun. The start past the cap locks the nameplate: see `locked` of what comes back. */
export function begin (guesses: Guesses): Guesses {
  assertUnlocked(guesses)

  return guesses.starts >= MAX_STARTS ? { ...guesses, locked: true } : { ...guesses, starts: guesses.starts + 1 }
}

/** One guess is about to be verified. */
export function spend (guesses: Guesses): Guesses {
  assertUnlocked(guesses)

  return { ...guesses, guessesLeft: guesses.guessesLeft - 1 }
}

/** The guess was wrong: at none left the nameplate is locked. */
export function wrong (guesses: Guesses): Guesses {
  return { ...guesses, locked: guesses.guessesLeft <= 0 }
}

/** The guess was right: it and its start come back. */
export function right (guesses: Guesses): Guesses {
  return { ...guesses, guessesLeft: guesses.guessesLeft + 1, starts: Math.max(0, guesses.starts - 1) }
}

/** @throws {NameplateLockedError} Also where a crash left no guess. */
export function assertUnlocked ({ locked, guessesLeft }: Guesses): void {
  if (locked || guessesLeft <= 0) {
    throw new NameplateLockedError()
  }
}
