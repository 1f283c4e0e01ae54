/** One redemption at the invitee, as an app has it: the person's PIN, and what becomes of it. */
import { utf8ToBytes } from '@noble/hashes/utils.js'
import { raceSignal } from 'race-signal'
import { normalizePin } from '../codec/index.js'
import { copyOf } from '../log/terms.js'
import { AlreadyMemberError, InvitationDeclinedError, InviterUnreachableError, WrongPinError } from '../errors.js'
import { StreamEnd } from '../pake/machine.js'
import { MAX_REASON } from '../invitation/constants.js'
import { timeout } from '../async/clock.js'
import { Observable, quietly } from '../interface/observable.js'
import { GivenPins } from './given-pins.js'
import type { OpenStreamOptions } from './connection/open-stream.js'
import type { HandshakesComponents, HandshakesInit, Invited } from './handshakes.js'
import type { Join } from './joining.js'
import type { Clock, InvitationPreview, Party, DialOptions, DialProgress, RedeemCallbacks, RedeemOptions, Redemption, RedemptionSnapshot, RedemptionState } from '../interface/index.js'
import type { InvitationCode } from '../codec/index.js'
import type { InviteeOutcome, PinAnswer, WaitAnswer } from '../invitation/index.js'
import type { SerialQueue } from '../async/serial-queue.js'
import type { ProfileBook } from './profile-book.js'
import type { Resolve } from './short-codes/index.js'
import type { AbortOptions } from '@libp2p/interface'
import type { Datastore } from 'interface-datastore'

export interface RedemptionComponents extends HandshakesComponents {
  datastore: Datastore
}

export interface RedemptionInit extends RedeemCallbacks, DialOptions {
  /** Invitations' id. */
  protocol: string
  /** What looks for the inviter's addresses of now, if anything does. */
  searchFor: (code: InvitationCode) => OpenStreamOptions['more']
  clock: Clock
  stepTimeout: number
  connectTimeout: number
  signal: AbortSignal
  profiles: ProfileBook
  recovery: HandshakesInit['recovery']
  /** The node's one line in which PINs given away are counted. */
  guesses: SerialQueue
  seen?: RedeemOptions['seen']
  ownParty: HandshakesInit['ownParty']
  assertMayJoin: HandshakesInit['assertMayJoin']
  join: Join
}

/** A PIN that was given, and the promise that its giver holds. */
interface PendingPin extends PromiseWithResolvers<Party> {
  pin: string
}

export class LocalRedemption extends Observable<RedemptionSnapshot> implements Redemption {
  /** Was a no said, and no PIN given since? What this node was given before is not taken again then. */
  declines = false
  readonly #components: RedemptionComponents
  readonly #init: RedemptionInit
  readonly #stop = new AbortController()
  #state: RedemptionState = 'connecting'
  #preview: InvitationPreview | undefined
  #attemptsLeft: number | undefined
  #error: Error | undefined
  #party: Party | undefined
  #data: Uint8Array | undefined
  #comparison: string | undefined
  #given: PendingPin | undefined
  /** Answers the machine that waits at the PIN. */
  #ask: ((answer: PinAnswer) => void) | undefined
  /** A no that was said while the inviter was looked for again. */
  #no: { decline: string } | undefined
  /** When a PIN was last given, or a no said, by `clock.elapsed()`. */
  #askedAt: number
  /** Attempts left before an Answer whose reply was lost. */
  #unanswered: number | undefined

  constructor (components: RedemptionComponents, init: RedemptionInit) {
    super()
    this.#components = components
    this.#init = init
    this.#askedAt = init.clock.elapsed()
    init.signal.addEventListener('abort', this.#onAbort, { once: true })
  }

  get state (): RedemptionState { return this.#state }
  get data (): Uint8Array | undefined { return copyOf(this.#data ?? this.#preview?.data) }

  /** Runs to its end; never rejects. @param code - Or how a short code becomes one: held until the end alone */
  async run (code: InvitationCode | Resolve): Promise<void> {
    try {
      this.#init.signal.throwIfAborted()
      const outcome = await this.#handshakes(code)

      if (outcome.type === 'admitted') {
        this.#end('admitted', undefined, outcome.stored)
      } else if (outcome.type === 'declined') {
        this.#end('declined', new InvitationDeclinedError('You declined the invitation; to join after all, ask for a new code'))
      } else {
        this.#end('cancelled', abortError())
      }
    } catch (err) {
      const error = err instanceof StreamEnd ? new InviterUnreachableError(undefined, { cause: err }) : err as Error
      const ends: Record<string, RedemptionState> = { InvitationExpiredError: 'expired', InvitationDeclinedError: 'declined' }
      this.#end(this.#stop.signal.aborted ? 'cancelled' : ends[error.name] ?? 'failed', error)
    }
  }

  async ready (options?: AbortOptions): Promise<InvitationPreview | undefined> {
    await this.#until(() => this.#state === 'pin-required' || this.#state === 'admitted', options)

    return this.#preview
  }

  async setPin (pin: string, options?: AbortOptions): Promise<Party> {
    await this.#until(() => this.#state === 'pin-required' || this.#state === 'admitted', options)

    if (this.#party != null) {
      return this.#party
    }

    if (this.#given != null) {
      throw new TypeError('One PIN at a time: wait for the last one\'s answer')
    }

    const given: PendingPin = { pin: this.#preview?.pin === false ? '' : normalizePin(pin, this.#preview?.pin), ...Promise.withResolvers<Party>() }
    given.promise.catch(() => {})
    this.#given = given
    this.declines = false
    this.#askedAt = this.#init.clock.elapsed()
    this.#become('authenticating')
    this.#answer({ pin: given.pin })

    return raceSignal(given.promise, options?.signal)
  }

  async accept (options?: AbortOptions): Promise<Party> {
    const preview = await this.ready(options)

    if (preview != null && preview.pin !== false) {
      throw new TypeError('This invitation asks for a PIN: call setPin')
    }

    return this.setPin('', options)
  }

  async decline (reason: string = '', options?: AbortOptions): Promise<void> {
    if (utf8ToBytes(reason).length > MAX_REASON) {
      throw new RangeError(`A reason has at most ${MAX_REASON} bytes of UTF-8; shorten it`)
    }

    this.declines = this.#given == null
    await this.#until(() => this.#state === 'pin-required' || this.#state === 'waiting', options)
    this.#no = { decline: reason }
    this.#askedAt = this.#init.clock.elapsed()
    this.#answer(this.#no)
    await this.#until(() => this.#state === 'declined', options)
  }

  async cancel (): Promise<void> {
    if (this.#ask != null) {
      this.#ask({ cancel: true })
    } else {
      this.#stop.abort(abortError())
    }
  }

  protected override snapshot (): RedemptionSnapshot {
    return { state: this.#state, preview: this.#preview, attemptsLeft: this.#attemptsLeft, comparison: this.#comparison, error: this.#error, party: this.#party }
  }

  readonly #onAbort = (): void => { this.#stop.abort(this.#init.signal.reason) }

  readonly #progress = (event: DialProgress): void => { quietly(() => this.#init.onProgress?.(event)) }

  async #handshakes (given: InvitationCode | Resolve): Promise<InviteeOutcome<Party>> {
    const { protocol, searchFor, clock, stepTimeout, connectTimeout, profiles, recovery, guesses, seen, ownParty, assertMayJoin, join } = this.#init
    const { signal } = this.#stop
    const onProgress = this.#progress
    const code = typeof given === 'function' ? await given({ signal: AbortSignal.any([signal, timeout(clock, connectTimeout)]), onProgress }) : given
    const { Handshakes } = await import('./invitee.js')
    const init = { protocol, code, more: searchFor(code), clock, stepTimeout, connectTimeout, signal, onProgress, profiles, recovery, seen, ownParty, assertMayJoin, join }

    return new Handshakes(this.#components, init, this.#invited(new GivenPins(this.#components.datastore, guesses, code.secret))).run()
  }

  /** What a handshake has to do with the person. */
  #invited (pins: GivenPins): Invited {
    return {
      isIdle: () => this.#state === 'pin-required' && this.#no == null,
      askedAt: () => this.#askedAt,
      welcome: (preview) => {
        this.#preview = preview
        this.changed()
      },
      pin: async (attemptsLeft, spoke) => this.#askPin(attemptsLeft, spoke),
      declines: () => this.declines,
      invitedWith: (data) => { this.#data = data },
      release: async () => {
        await pins.give()
        this.#unanswered = this.#attemptsLeft
        this.#become('authenticating')
      },
      wrong: async (attemptsLeft) => {
        this.#unanswered = undefined
        this.#attemptsLeft = attemptsLeft
        await pins.assertMore()
        this.#become('pin-required')
        this.#reject(new WrongPinError(attemptsLeft))
      },
      waiting: async (comparison, spoke) => {
        await pins.reset()
        return this.#wait(comparison, spoke)
      },
      nextAnswer: async () => this.#nextAnswer(),
      hungUp: () => { this.#ask = undefined }
    }
  }

  async #askPin (attemptsLeft: number, spoke: () => Promise<PinAnswer>): Promise<PinAnswer> {
    this.#attemptsLeft = attemptsLeft

    if (this.#unanswered != null && attemptsLeft < this.#unanswered) {
      // the lost Answer may have been counted: trying it again is the person's to decide
      this.#reject(new WrongPinError(attemptsLeft, `The connection was lost while the PIN was checked; it may have been wrong (${attemptsLeft} left): check it and type it again`))
    }

    this.#unanswered = undefined

    if (this.#no != null) {
      return this.#no
    }

    if (this.#given != null) {
      return { pin: this.#given.pin }
    }

    this.#become('pin-required')

    return Promise.race([this.#nextAnswer(), spoke()])
  }

  async #wait (comparison: string, spoke: () => Promise<WaitAnswer>): Promise<WaitAnswer> {
    this.#unanswered = undefined
    this.#comparison = comparison
    this.#become('waiting')

    try {
      return await Promise.race([this.#nextAnswer(), spoke()]) as WaitAnswer
    } finally {
      this.#ask = undefined
      this.#comparison = undefined
    }
  }

  async #nextAnswer (): Promise<PinAnswer> {
    return this.#no ?? raceSignal(new Promise<PinAnswer>(resolve => {
      this.#ask = (answer) => {
        this.#ask = undefined
        resolve(answer)
      }
    }), this.#stop.signal)
  }

  #answer (answer: PinAnswer): void {
    this.#ask?.(answer)
  }

  #reject (error: WrongPinError): void {
    const given = this.#given
    this.#given = undefined
    this.#error = error
    this.changed()
    given?.reject(error)
    quietly(() => this.#init.onAttemptFailed?.({ attemptsLeft: error.attemptsLeft }))
  }

  #become (state: RedemptionState): void {
    if (this.#state !== state) {
      this.#state = state
      this.changed()
    }
  }

  /** Exactly once: `run` calls it as its last step. */
  #end (state: RedemptionState, error?: Error, party?: Party): void {
    const given = this.#given
    this.#error = error
    this.#party = party
    this.#ask = undefined
    // secrets go with the end, and so does the node's hold on it
    this.#given = undefined
    this.#init.signal.removeEventListener('abort', this.#onAbort)
    this.#become(state)

    if (party != null) {
      given?.resolve(party)
      quietly(() => this.#init.onDone?.({ party }))
    } else if (error != null) {
      given?.reject(error)
      quietly(() => { if (state === 'expired') { this.#init.onExpiration?.() } else { this.#init.onError?.(error) } })
    }
  }

  /** Waits for a condition; rejects with what ended the redemption. */
  async #until (holds: () => boolean, { signal }: AbortOptions = {}): Promise<void> {
    const met = Promise.withResolvers<void>()
    const check = (): void => {
      if (holds()) {
        met.resolve()
      } else if (!LIVE.includes(this.#state)) {
        met.reject(this.#error ?? new AlreadyMemberError(this.#party))
      }
    }
    const unsubscribe = this.subscribe(check)
    check()

    try {
      await raceSignal(met.promise, signal)
    } finally {
      unsubscribe()
    }
  }
}

const LIVE: RedemptionState[] = ['connecting', 'pin-required', 'authenticating', 'waiting']

function abortError (): Error {
  return new DOMException('The redemption was cancelled', 'AbortError')
}
