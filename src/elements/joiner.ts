/** Joining with a node: does what the machine of joining asks for, and tells it what came of it. */
import { at, systemClock } from '../async/clock.js'
import { Observable } from '../interface/observable.js'
import { begin, next } from './joining.js'
import type { Joining, JoiningEffect, JoiningEvent } from './joining.js'
import type { Clock } from '../async/clock.js'
import type { DialProgress, Parties, Redemption } from '../interface/index.js'

export interface JoinerInit {
  /** Is there a network? `send({ type: 'online', … })` tells of it later. @default true */
  online?: boolean
  clock?: Clock
}

export class Joiner extends Observable<Joining> {
  readonly #parties: Parties
  readonly #clock: Clock
  #joining: Joining
  /** What runs of this turn. */
  #running = new AbortController()
  #redemption: Redemption | undefined
  #callOff: (() => void) | undefined

  constructor (parties: Parties, { online, clock = systemClock }: JoinerInit = {}) {
    super()
    this.#parties = parties
    this.#clock = clock
    this.#joining = begin(online)
  }

  send (event: JoiningEvent): void {
    const before = this.#joining
    const [after, effects] = next(before, event)
    this.#joining = after
    effects.forEach(effect => { this.#do(effect) })

    if (after !== before) {
      this.#watchTheTime()
      this.changed()
    }
  }

  /** Ends what runs, and tells nothing more of it. */
  close (): void {
    this.send({ type: 'cancel' })
    this.#callOff?.()
  }

  protected override snapshot (): Joining {
    return this.#joining
  }

  #do (effect: JoiningEffect): void {
    switch (effect.type) {
      case 'stop':
        this.#running.abort()
        this.#running = new AbortController()
        this.#redemption = undefined
        break
      case 'look':
        this.#look(effect)
        break
      case 'redeem':
        this.#redeem(effect)
        break
      case 'give-pin':
        this.#answer(effect.turn, async redemption => redemption.setPin(effect.pin))
        break
      case 'accept':
        this.#answer(effect.turn, async redemption => redemption.accept())
        break
      case 'decline':
        this.#decline(effect)
        break
    }
  }

  #look ({ turn, invitation }: JoiningEffect & { type: 'look' }): void {
    const { signal } = this.#running
    const looked = typeof invitation === 'string'
      ? this.#parties.lookup(invitation, { signal, onProgress: (progress) => { this.send({ type: 'progress', turn, progress }) } })
      : invitation.preview({ signal })

    looked.then((preview) => { this.send({ type: 'looked', turn, preview }) }, (error: Error) => { this.send({ type: 'failed', turn, error }) })
  }

  #redeem ({ turn, invitation, seen }: JoiningEffect & { type: 'redeem' }): void {
    const options = { signal: this.#running.signal, seen, onProgress: (progress: DialProgress) => { this.send({ type: 'progress', turn, progress }) } }

    try {
      const redemption = this.#redemption = typeof invitation === 'string' ? this.#parties.redeem(invitation, options) : invitation.accept(options)
      const tell = (): void => { this.send({ type: 'told', turn, snapshot: redemption.getSnapshot() }) }
      redemption.subscribe(tell)
      tell()
    } catch (err) {
      this.send({ type: 'failed', turn, error: err as Error })
    }
  }

  /** What becomes of an answer the redemption's snapshot tells, but for a PIN that never left. */
  #answer (turn: number, answer: (redemption: Redemption) => Promise<unknown>): void {
    if (this.#redemption != null) {
      answer(this.#redemption).catch((error: Error) => { this.send({ type: 'pin-refused', turn, error }) })
    }
  }

  #decline ({ turn, invitation, reason, redeeming }: JoiningEffect & { type: 'decline' }): void {
    const { signal } = this.#running
    // one by a code is told, or it fails; one that was handed over may be told later
    const declined: Promise<boolean | void> = redeeming
      ? this.#redemption?.decline(reason, { signal }) ?? Promise.resolve()
      : typeof invitation === 'string' ? this.#parties.decline(invitation, reason, { signal }) : invitation.decline(reason, { signal })

    declined.then((told) => { this.send({ type: 'declined', turn, told: told !== false }) }, (error: Error) => { this.send({ type: 'failed', turn, error }) })
  }

  /** Asks again when the time is over that was told: once, as its inviter's clock may be another. */
  #watchTheTime (): void {
    const { state, preview, turn } = this.#joining
    this.#callOff?.()
    this.#callOff = state === 'preview' && preview?.expiresAt != null && preview.expiresAt > this.#clock.now()
      ? at(this.#clock, preview.expiresAt, () => { this.send({ type: 'overdue', turn }) })
      : undefined
  }
}
