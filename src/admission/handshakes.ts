/** The handshakes of one redemption: one stream after the other, until one settles it. */
import { bytesToHex, randomBytes } from '@noble/hashes/utils.js'
import { InviterUnreachableError } from '../errors.js'
import { drive, StreamEnd } from '../pake/machine.js'
import { NONCE_LENGTH } from '../pake/constants.js'
import { InviterBusyError, lookupIdOf, MAX_INVITER_FRAME, NoAnswerError } from '../invitation/index.js'
import { invitee } from '../invitation/machines.js'
import { after, delay, timeout } from '../async/clock.js'
import { FrameStream } from '../streams/frame-stream.js'
import { CodeTurn } from './code-turn.js'
import { reachInviter, streamOn } from './connection/open-stream.js'
import { Joining } from './joining.js'
import { previewOf } from './preview.js'
import type { OpenStreamComponents, OpenStreamOptions } from './connection/open-stream.js'
import type { Joiner, JoiningComponents, JoiningInit } from './joining.js'
import type { Clock, DialProgress, InvitationPreview, Party } from '../interface/index.js'
import type { InviteeEffect, InviteeOutcome, PinAnswer, WaitAnswer, Welcomed } from '../invitation/index.js'

/** Waits before another try to connect, ms: none, then the first, doubling up to the second. */
const BACKOFF = [250, 4_000] as const

export type HandshakesComponents = OpenStreamComponents & JoiningComponents

/** At the PIN box, after its stream was lost: waits before the inviter is looked for again, ms, the first, doubling up to the second. */
const RETURN = [1_000, 30_000] as const

/** What a handshake asks of the person who redeems, and tells them. */
export interface Invited extends Joiner {
  /** Is the PIN box open, and nobody's PIN on its way? */
  isIdle: () => boolean
  /** When a PIN was last given, by `clock.elapsed()`: from there on it is tried for `connectTimeout`. */
  askedAt: () => number
  welcome: (preview: InvitationPreview) => void
  /** Asks for a PIN; `spoke`: the inviter was faster. */
  pin: (attemptsLeft: number, spoke: () => Promise<{ frame: Uint8Array }>) => Promise<PinAnswer>
  /** A PIN is about to be given away. */
  release: () => Promise<void>
  wrong: (attemptsLeft: number) => Promise<void>
  waiting: (comparison: string, spoke: () => Promise<{ frame: Uint8Array }>) => Promise<WaitAnswer>
  /** What a person does next; rejects with the signal's reason. */
  nextAnswer: () => Promise<PinAnswer>
  /** The stream has ended: nobody listens to answers. */
  hungUp: () => void
}

export interface HandshakesInit extends JoiningInit {
  /** Invitations' id. */
  protocol: string
  /** What looks for the inviter's addresses of now, if anything does. */
  more: OpenStreamOptions['more']
  clock: Clock
  /** ms */
  stepTimeout: number
  connectTimeout: number
  signal: AbortSignal
  onProgress: (event: DialProgress) => void
}

export class Handshakes {
  readonly #components: HandshakesComponents
  readonly #init: HandshakesInit
  readonly #invited: Invited
  readonly #nonce = randomBytes(NONCE_LENGTH)
  readonly #turn: CodeTurn
  readonly #joining: Joining
  /** When the inviter was last reached, by `clock.elapsed()`. */
  #reachedAt = Number.NEGATIVE_INFINITY

  constructor (components: HandshakesComponents, init: HandshakesInit, invited: Invited) {
    this.#components = components
    this.#init = init
    this.#invited = invited
    this.#turn = new CodeTurn(components, bytesToHex(lookupIdOf(init.code.secret)))
    this.#joining = new Joining(components, init, invited)
  }

  /** Opens streams until one settles it; a lost stream is not an end. */
  async run (): Promise<InviteeOutcome<Party>> {
    try {
      return await this.#run()
    } finally {
      this.#turn.end()
    }
  }

  async #run (): Promise<InviteeOutcome<Party>> {
    const { clock, connectTimeout, signal } = this.#init
    let since = this.#since
    let wait = 0
    let pause: number = RETURN[0]

    while (true) {
      try {
        return await this.#handshake()
      } catch (err) {
        this.#turn.release()

        if (!(err instanceof StreamEnd || err instanceof InviterUnreachableError) || err instanceof NoAnswerError) {
          throw err
        }

        if (since !== this.#since) {
          // it was reached, or asked anew, since the last try
          since = this.#since
          wait = 0
          pause = RETURN[0]
        }

        if (this.#invited.isIdle()) {
          // with a PIN at once; without one now and then, to hear how the invitation ended meanwhile; whose place was given away leaves it to others
          const answer = await this.#answered(err instanceof InviterBusyError ? Number.POSITIVE_INFINITY : pause)
          pause = Math.min(2 * pause, RETURN[1])

          // a no has to be told: as a PIN, it looks for the inviter at once
          if (answer != null && 'cancel' in answer) {
            return { type: 'cancelled' }
          }
        } else if (clock.elapsed() + wait > since + connectTimeout) {
          throw err
        } else {
          await delay(clock, wait, signal)
          wait = Math.min(Math.max(2 * wait, BACKOFF[0]), BACKOFF[1])
        }
      }
    }
  }

  /** What the person did within so many ms, if anything. */
  async #answered (ms: number): Promise<PinAnswer | undefined> {
    const late = Promise.withResolvers<undefined>()
    const callOff = after(this.#init.clock, ms, () => { late.resolve(undefined) })

    try {
      return await Promise.race([this.#invited.nextAnswer(), late.promise])
    } finally {
      callOff()
      this.#invited.hungUp()
    }
  }

  get #since (): number {
    return Math.max(this.#reachedAt, this.#invited.askedAt())
  }

  /** One stream, from Knock to its end. */
  async #handshake (): Promise<InviteeOutcome<Party>> {
    const { protocol, clock, code, more, signal, stepTimeout, connectTimeout, onProgress, profiles } = this.#init
    const deadline = (): AbortSignal => AbortSignal.any([signal, timeout(clock, connectTimeout)])
    const connection = await reachInviter(this.#components, code, { signal: deadline(), onProgress, more })
    // a no waits for nobody
    await (this.#invited.declines() ? undefined : this.#turn.take(signal))
    this.#turn.knock()
    const stream = await streamOn(connection, protocol, deadline())
    const frames = new FrameStream(stream, MAX_INVITER_FRAME, clock)

    try {
      const outcome = await drive(invitee<Party>({
        ends: { inviter: connection.remotePeer.toMultihash().bytes, invitee: this.#components.peerId.toMultihash().bytes },
        secret: code.secret,
        random: randomBytes,
        profile: () => profiles.own,
        nonce: this.#nonce
      }), async effect => this.#perform(effect, frames))

      if (outcome.type === 'declined') {
        // a connection may be dead, and nobody told yet: the inviter has heard the no once it ends its half
        await frames.ended(stepTimeout, signal)
      }

      return outcome
    } finally {
      this.#invited.hungUp()
      await frames.close()
    }
  }

  async #perform (effect: InviteeEffect, frames: FrameStream): Promise<unknown> {
    const { signal, stepTimeout } = this.#init
    const spoke = async (): Promise<{ frame: Uint8Array }> => ({ frame: await frames.peek() })

    switch (effect.type) {
      case 'send': return frames.send(effect.frame, signal)
      case 'receive': return frames.receive(effect.wait === 'step' ? stepTimeout : Number.POSITIVE_INFINITY, signal)
      case 'welcomed': return this.#welcome(effect.welcomed)
      case 'pin': return this.#pin(effect.attemptsLeft, spoke)
      case 'release': return this.#release()
      case 'wrong': return this.#invited.wrong(effect.attemptsLeft)
      case 'waiting': return this.#invited.waiting(effect.comparison, spoke)
      case 'accept': return this.#joining.accept(effect)
      case 'store': return this.#joining.store(effect)
    }
  }

  async #pin (...asked: Parameters<Invited['pin']>): Promise<PinAnswer> {
    const answer = this.#invited.pin(...asked)

    if (this.#invited.isIdle()) {
      // a person may take their time
      this.#turn.release()
    }

    return answer
  }

  async #release (): Promise<void> {
    await this.#turn.take(this.#init.signal)

    if (!this.#turn.isLast) {
      // this one's place is gone, and a PIN that is sent to it would be given away for nothing
      throw new StreamEnd()
    }

    await this.#invited.release()
  }

  async #welcome (welcomed: Welcomed): Promise<void> {
    this.#joining.welcome(welcomed)
    this.#reachedAt = this.#init.clock.elapsed()
    this.#invited.welcome(await previewOf(welcomed, this.#init.code.inviter))
  }
}
