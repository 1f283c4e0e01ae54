/** What is played, once with each fault at each message: a scenario is generated from nothing but what it sends. */
import type { Fault } from './faults.js'
import type { Place, Stage } from './stage.js'

/** What goes wrong, and at which message. */
export interface Strike {
  place: Place
  fault: Fault
}

export interface Scenario {
  name: string
  /**
   * Plays it, with a fault or with none.
   *
   * @returns In a word or two what it came to; `not met`: the message was never sent
   * @throws {Error} What must never be
   */
  play: (strike?: Strike) => Promise<{ outcome: string, stage: Stage }>
}
