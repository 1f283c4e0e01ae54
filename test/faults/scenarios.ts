/** What is played, once with each fault at each message: a scenario is generated from nothing but what it sends. */
import type { Fault } from './faults.js'
import type { Place, Stage } from './stage.js'

/** What goes wrong, and at which message. */
export interface Strike {
  place: Place
  fault: Fault
}

/** What a scenario came to. */
export type Outcome =
  /** What it comes to without a fault; nobody noticed. */
  | 'as ever'
  /** Bob was asked for a PIN again that was right, and it went on. */
  | 'asked again'
  /** It ended with an error, or with the process; the next try, by the same code, went well. */
  | 'tried again'
  /** The invitation had ended; the next one went well. */
  | 'new code'
  /** Nothing more came until the two were connected anew. */
  | 'next connection'

export interface Played {
  /** undefined: the message at which something was to go wrong was never sent. */
  outcome: Outcome | undefined
  /** How it ended at first: an error's name, where there was one. */
  said: string
  stage: Stage
}

export interface Scenario {
  name: string
  /**
   * Plays it, with a fault or with none.
   *
   * @throws {Error} What must never be
   */
  play: (strike?: Strike) => Promise<Played>
}
