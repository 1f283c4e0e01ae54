/**
 * What an inviter counts of one nameplate (docs/short-codes.md, "What is counted"),
 * as pure transitions. The caller makes the next one durable before it acts on it.
 */
import { MAX_GUESSES } from './constants.js'
import { NameplateLockedError } from './refusals.js'

export interface Guesses {
  /** Wrong guesses that may still be made; durable before a guess is looked at. */
  readonly guessesLeft: number
  /** No guess is answered any more. */
  readonly locked: boolean
}

/** Of a fresh nameplate. */
export const INITIAL: Guesses = { guessesLeft: MAX_GUESSES, locked: false }

/** One guess is about to be verified. */
export function spend (guesses: Guesses): Guesses {
  assertUnlocked(guesses)

  return { ...guesses, guessesLeft: guesses.guessesLeft - 1 }
}

/** The guess was wrong: at none left the nameplate is locked. */
export function wrong (guesses: Guesses): Guesses {
  return { ...guesses, locked: guesses.guessesLeft <= 0 }
}

/** The guess was right: it comes back. */
export function right (guesses: Guesses): Guesses {
  return { ...guesses, guessesLeft: guesses.guessesLeft + 1 }
}

/** @throws {NameplateLockedError} Also where a crash left no guess. */
export function assertUnlocked ({ locked, guessesLeft }: Guesses): void {
  if (locked || guessesLeft <= 0) {
    throw new NameplateLockedError()
  }
}
