/** What the person who redeems says to a handshake: a PIN, a no, a cancel; and who waits to hear it. */
import { raceSignal } from 'race-signal'
import type { Clock, Party } from '../interface/index.js'
import type { PinAnswer } from '../invitation/index.js'

/** A PIN that was given, and the promise that its giver holds. */
export interface PendingPin extends PromiseWithResolvers<Party> {
  pin: string
}

export class Answers {
  /** Was a no said, and no PIN given since? What this node was given before is not taken again then. */
  declines = false
  /** When a PIN was last given, or a no said, by `clock.elapsed()`. */
  askedAt: number
  /** On its way. */
  pin: PendingPin | undefined
  /** Said while the inviter was looked for again, too. */
  no: { decline: string } | undefined
  readonly #clock: Clock
  /** Answers the machine that waits. */
  #ask: ((answer: PinAnswer) => void) | undefined

  constructor (clock: Clock) {
    this.#clock = clock
    this.askedAt = clock.elapsed()
  }

  /** Waits for what is said next: a no that nobody heard is. @throws the signal's reason. */
  async next (signal: AbortSignal): Promise<PinAnswer> {
    return this.no ?? raceSignal(new Promise<PinAnswer>(resolve => {
      this.#ask = (answer) => {
        this.hangUp()
        resolve(answer)
      }
    }), signal)
  }

  /** Who waited does so no more. */
  hangUp (): void {
    this.#ask = undefined
  }

  /** @returns Did anybody wait? */
  say (answer: PinAnswer): boolean {
    const ask = this.#ask
    ask?.(answer)

    return ask != null
  }

  /** Keeps a PIN, which is still to be said. */
  givePin (pin: string): PendingPin {
    const given: PendingPin = { pin, ...Promise.withResolvers<Party>() }
    given.promise.catch(() => {})
    this.pin = given
    this.declines = false
    this.askedAt = this.#clock.elapsed()

    return given
  }

  decline (reason: string): void {
    this.no = { decline: reason }
    this.askedAt = this.#clock.elapsed()
    this.say(this.no)
  }

  /** The PIN is on its way no more: its giver is to be told why. */
  takePin (): PendingPin | undefined {
    const given = this.pin
    this.pin = undefined

    return given
  }
}
