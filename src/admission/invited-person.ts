/** What a handshake asks of the person who redeems, and what it has shown to them. Loaded with the first redemption. */
import { WrongPinError } from '../errors.js'
import { quietly } from '../interface/observable.js'
import type { Answers } from './answers.js'
import type { GivenPins } from './given-pins.js'
import type { Invited } from './handshakes.js'
import type { InvitationPreview, RedeemCallbacks, RedemptionSnapshot, RedemptionState } from '../interface/index.js'
import type { PinAnswer, WaitAnswer } from '../invitation/index.js'

/** What an app is shown of a redemption, beside its state. */
export interface Shown extends Omit<RedemptionSnapshot, 'state'> {
  /** What the inviter's app gave with the invitation. */
  data?: Uint8Array
}

/** The redemption, as the handshake leads it on. */
export interface Redeeming {
  readonly shown: Shown
  readonly answers: Answers
  readonly signal: AbortSignal
  readonly onAttemptFailed: RedeemCallbacks['onAttemptFailed']
  state: () => RedemptionState
  become: (state: RedemptionState) => void
  /** Tells that `shown` is another. */
  changed: () => void
}

export class InvitedPerson implements Invited {
  readonly #redeeming: Redeeming
  readonly #pins: GivenPins
  /** Attempts left before an Answer whose reply was lost. */
  #unanswered: number | undefined

  constructor (redeeming: Redeeming, pins: GivenPins) {
    this.#redeeming = redeeming
    this.#pins = pins
  }

  isIdle (): boolean {
    return this.#redeeming.state() === 'pin-required' && this.#redeeming.answers.no == null
  }

  askedAt (): number {
    return this.#redeeming.answers.askedAt
  }

  declines (): boolean {
    return this.#redeeming.answers.declines
  }

  welcome (preview: InvitationPreview): void {
    this.#redeeming.shown.preview = preview
    this.#redeeming.changed()
  }

  invitedWith (data: Uint8Array | undefined): void {
    this.#redeeming.shown.data = data
  }

  async pin (attemptsLeft: number, spoke: () => Promise<PinAnswer>): Promise<PinAnswer> {
    const { shown, answers, become } = this.#redeeming
    shown.attemptsLeft = attemptsLeft

    if (this.#unanswered != null && attemptsLeft < this.#unanswered) {
      // the lost Answer may have been counted: trying it again is the person's to decide
      this.#reject(new WrongPinError(attemptsLeft, `The connection was lost while the PIN was checked; it may have been wrong (${attemptsLeft} left): check it and type it again`))
    }

    this.#unanswered = undefined

    if (answers.no != null) {
      return answers.no
    }

    if (answers.pin != null) {
      return { pin: answers.pin.pin }
    }

    become('pin-required')

    return Promise.race([this.nextAnswer(), spoke()])
  }

  async release (): Promise<void> {
    await this.#pins.give()
    this.#unanswered = this.#redeeming.shown.attemptsLeft
    this.#redeeming.become('authenticating')
  }

  async wrong (attemptsLeft: number): Promise<void> {
    this.#unanswered = undefined
    this.#redeeming.shown.attemptsLeft = attemptsLeft
    await this.#pins.assertMore()
    this.#redeeming.become('pin-required')
    this.#reject(new WrongPinError(attemptsLeft))
  }

  async waiting (comparison: string, spoke: () => Promise<WaitAnswer>): Promise<WaitAnswer> {
    const { shown, become } = this.#redeeming
    await this.#pins.reset()
    this.#unanswered = undefined
    shown.comparison = comparison
    become('waiting')

    try {
      return await Promise.race([this.nextAnswer(), spoke()]) as WaitAnswer
    } finally {
      this.hungUp()
      shown.comparison = undefined
    }
  }

  async nextAnswer (): Promise<PinAnswer> {
    return this.#redeeming.answers.next(this.#redeeming.signal)
  }

  hungUp (): void {
    this.#redeeming.answers.hangUp()
  }

  #reject (error: WrongPinError): void {
    const { shown, answers, changed, onAttemptFailed } = this.#redeeming
    const given = answers.takePin()
    shown.error = error
    changed()
    given?.reject(error)
    quietly(() => onAttemptFailed?.({ attemptsLeft: error.attemptsLeft }))
  }
}
