/** One redemption at the invitee: streams come and go, the person's PIN and the count of PINs given away stay. */
import { bytesToHex, randomBytes, utf8ToBytes } from '@noble/hashes/utils.js'
import { raceSignal } from 'race-signal'
import { normalizePin } from '../codec/index.js'
import { InvitationDeclinedError, InvitationLockedError, InviterUnreachableError, ProtocolError, WrongPinError } from '../errors.js'
import { drive, StreamEnd } from '../pake/machine.js'
import { NONCE_LENGTH } from '../pake/constants.js'
import { INVITEE_ATTEMPTS, lookupIdOf, MAX_INVITER_FRAME, MAX_REASON, NoAnswerError } from '../invitation/index.js'
import { keyOf } from '../log/terms.js'
import { delay, timeout } from '../clock.js'
import { Observable, quietly } from '../observable.js'
import { loadGuesses, storeGuesses } from './records.js'
import type * as InviteeHalf from './invitee.js'
import type { FrameStream } from './connection/frame-stream.js'
import type { OpenStreamComponents, OpenStreamOptions } from './connection/open-stream.js'
import type { Clock, InvitationPreview, Party, DialOptions, DialProgress, RedeemCallbacks, Redemption, RedemptionSnapshot, RedemptionState } from '../interface/index.js'
import type { InvitationCode } from '../codec/index.js'
import type { InviteeEffect, InviteeOutcome, PinAnswer, WaitAnswer, Welcomed } from '../invitation/index.js'
import type { CountingQueue } from './counting-queue.js'
import type { Resolve } from './short-codes/index.js'
import type { CheckedGrant } from '../log/index.js'
import type { AbortOptions, PrivateKey } from '@libp2p/interface'
import type { Datastore } from 'interface-datastore'

/** Waits before another try to connect, ms: none, then the first, doubling up to the second. */
const BACKOFF = [250, 4_000] as const

export interface RedemptionComponents extends OpenStreamComponents {
  datastore: Datastore
  privateKey: PrivateKey
}

export interface RedemptionInit extends RedeemCallbacks, DialOptions {
  /** Or how a short code becomes one. */
  code: InvitationCode | Resolve
  /** What looks for the inviter's addresses of now, if anything does. */
  searchFor: (code: InvitationCode) => OpenStreamOptions['more']
  clock: Clock
  stepTimeout: number
  connectTimeout: number
  signal: AbortSignal
  profile: () => Uint8Array
  /** The node's one line in which PINs given away are counted. */
  guesses: CountingQueue
  /** Stores the grant and gives the party. */
  join: (grant: CheckedGrant) => Promise<Party>
}

/** A PIN that was given, and the promise that its giver holds. */
interface PendingPin extends PromiseWithResolvers<Party> {
  pin: string
}

export class LocalRedemption extends Observable<RedemptionSnapshot> implements Redemption {
  readonly #components: RedemptionComponents
  readonly #init: RedemptionInit
  readonly #stop = new AbortController()
  readonly #nonce = randomBytes(NONCE_LENGTH)
  /** Loaded before the first stream. */
  #half: typeof InviteeHalf | undefined
  /** Set before the first stream. */
  #code: InvitationCode | undefined
  #state: RedemptionState = 'connecting'
  #welcomed: Welcomed | undefined
  #preview: InvitationPreview | undefined
  #attemptsLeft: number | undefined
  #error: Error | undefined
  #party: Party | undefined
  #comparison: string | undefined
  #given: PendingPin | undefined
  /** Answers the machine that waits at the PIN. */
  #ask: ((answer: PinAnswer) => void) | undefined
  /** When the inviter was last reached, or a PIN last given: from there on it is tried for `connectTimeout`. */
  #since: number
  /** Attempts left before an Answer whose reply was lost. */
  #unanswered: number | undefined

  constructor (components: RedemptionComponents, init: RedemptionInit) {
    super()
    this.#components = components
    this.#init = init
    this.#since = init.clock.now()
    init.signal.addEventListener('abort', () => { this.#stop.abort(init.signal.reason) }, { once: true })
  }

  get state (): RedemptionState { return this.#state }
  get #lookupId (): string { return bytesToHex(lookupIdOf(this.#requireCode().secret)) }

  get #loaded (): typeof InviteeHalf {
    if (this.#half == null) {
      throw new TypeError('The handshake is not loaded yet')
    }

    return this.#half
  }

  #requireCode (): InvitationCode {
    if (this.#code == null) {
      throw new TypeError('The code is not known yet')
    }

    return this.#code
  }

  /** Runs to its end; never rejects. */
  async run (): Promise<void> {
    try {
      this.#init.signal.throwIfAborted()
      const { code, connectTimeout } = this.#init
      this.#code = typeof code === 'function'
        ? await code({ signal: AbortSignal.any([this.#stop.signal, timeout(this.#init.clock, connectTimeout)]), onProgress: this.#progress })
        : code
      const outcome = await this.#untilSettled()

      if (outcome.type === 'admitted') {
        this.#end('admitted', undefined, outcome.stored)
      } else if (outcome.type === 'declined') {
        this.#end('declined', new InvitationDeclinedError('You declined the invitation'))
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
    this.#since = this.#init.clock.now()
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
      throw new RangeError(`A reason has at most ${MAX_REASON} bytes of UTF-8`)
    }

    await this.#until(() => this.#state === 'pin-required' || this.#state === 'waiting', options)
    this.#answer({ decline: reason })
    await this.#until(() => false, options).catch(() => {})
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

  readonly #progress = (event: DialProgress): void => { quietly(() => this.#init.onProgress?.(event)) }

  /** Opens streams until one settles it; a lost stream is not an end. */
  async #untilSettled (): Promise<InviteeOutcome<Party>> {
    let since = this.#since
    let wait = 0

    while (true) {
      try {
        return await this.#attempt()
      } catch (err) {
        if (!(err instanceof StreamEnd || err instanceof InviterUnreachableError) || err instanceof NoAnswerError) {
          throw err
        }

        if (since !== this.#since) {
          // it was reached, or asked anew, since the last try
          since = this.#since
          wait = 0
        }

        if (this.#state === 'pin-required') {
          // nobody waits but the person: connect again when there is a PIN
          const answer = await this.#nextAnswer()

          if ('cancel' in answer || 'decline' in answer) {
            return { type: 'cancel' in answer ? 'cancelled' : 'declined' }
          }
        } else if (this.#init.clock.now() + wait > since + this.#init.connectTimeout) {
          throw err
        } else {
          await delay(this.#init.clock, wait, this.#stop.signal)
          wait = Math.min(Math.max(2 * wait, BACKOFF[0]), BACKOFF[1])
        }
      }
    }
  }

  /** One stream, from Knock to its end. */
  async #attempt (): Promise<InviteeOutcome<Party>> {
    const { clock, searchFor } = this.#init
    const code = this.#requireCode()
    const signal = this.#stop.signal
    this.#half = await import('./invitee.js')
    const { FrameStream, invitee, openInviteStream } = this.#half
    const { stream, connection } = await openInviteStream(this.#components, code, {
      signal: AbortSignal.any([signal, timeout(clock, this.#init.connectTimeout)]),
      onProgress: this.#progress,
      more: searchFor(code)
    })
    const frames = new FrameStream(stream, MAX_INVITER_FRAME, clock)

    try {
      return await drive(invitee<Party>({
        ends: { inviter: connection.remotePeer.toMultihash().bytes, invitee: this.#components.peerId.toMultihash().bytes },
        secret: code.secret,
        random: randomBytes,
        profile: this.#init.profile,
        nonce: this.#nonce
      }), async effect => this.#perform(effect, frames))
    } finally {
      this.#ask = undefined
      await frames.close()
    }
  }

  async #perform (effect: InviteeEffect, frames: FrameStream): Promise<unknown> {
    const { stepTimeout } = this.#init
    const { acceptanceBytes, checkGrant, previewHashOf, roleOf } = this.#loaded
    const code = this.#requireCode()

    switch (effect.type) {
      case 'send': return frames.send(effect.frame, this.#stop.signal)
      case 'receive': return frames.receive(effect.wait === 'step' ? stepTimeout : Number.POSITIVE_INFINITY, this.#stop.signal)
      case 'welcomed': return this.#welcome(effect.welcomed)
      case 'pin': return this.#askPin(effect.attemptsLeft, frames)
      case 'release': return this.#release()
      case 'wrong': return this.#wrong(effect.attemptsLeft)
      case 'waiting': return this.#wait(effect.comparison, frames)
      case 'accept': return this.#components.privateKey.sign(acceptanceBytes({
        genesis: bytesToHex(effect.welcomed.genesis),
        invite: bytesToHex(effect.welcomed.invite),
        first: keyOf(this.#components.peerId),
        inviter: keyOf(code.inviter),
        role: roleOf(effect.welcomed.preview.role),
        preview: previewHashOf(effect.welcomed),
        transcript: bytesToHex(effect.transcript)
      }))
      case 'store': {
        const { grant: { admit, authority }, accepted } = effect
        const grant = await checkGrant({ admit: admit ?? { body: new Uint8Array(), sig: new Uint8Array() }, authority }, {
          inviter: keyOf(code.inviter),
          first: keyOf(this.#components.peerId),
          accepted: accepted == null
            ? undefined
            : {
                genesis: bytesToHex(accepted.welcomed.genesis),
                invite: bytesToHex(accepted.welcomed.invite),
                role: roleOf(accepted.welcomed.preview.role),
                preview: previewHashOf(accepted.welcomed),
                transcript: bytesToHex(accepted.transcript),
                acceptance: accepted.acceptance
              }
        })

        if (grant.invite.payload.lookupId !== this.#lookupId) {
          throw new ProtocolError('The Grant is for another invitation than the code; ask for a new code')
        }

        return this.#init.join(grant)
      }
    }
  }

  async #welcome (welcomed: Welcomed): Promise<void> {
    const before = this.#welcomed

    // what the person said yes to does not change under their hands
    if (before != null && (bytesToHex(before.genesis) !== bytesToHex(welcomed.genesis) || before.preview.role !== welcomed.preview.role)) {
      throw new InvitationDeclinedError('The inviter changed the invitation meanwhile; look at it again')
    }

    this.#welcomed = welcomed
    this.#since = this.#init.clock.now()
    this.#preview = await this.#loaded.previewOf(welcomed, this.#requireCode().inviter)
    this.changed()
  }

  async #askPin (attemptsLeft: number, frames: FrameStream): Promise<PinAnswer> {
    this.#attemptsLeft = attemptsLeft

    if (this.#unanswered != null && attemptsLeft < this.#unanswered) {
      // the lost Answer may have been counted: trying it again is the person's to decide
      this.#reject(new WrongPinError(attemptsLeft, `The connection was lost while the PIN was checked; it may have been wrong (${attemptsLeft} left): check it and type it again`))
    }

    this.#unanswered = undefined

    if (this.#given != null) {
      return { pin: this.#given.pin }
    }

    this.#become('pin-required')

    return Promise.race([this.#nextAnswer(), frames.peek().then(frame => ({ frame }))])
  }

  /** The inviter has shown that it knows the PIN: it was given away to nobody else. */
  async #wait (comparison: string, frames: FrameStream): Promise<WaitAnswer> {
    await this.#init.guesses.add(async () => storeGuesses(this.#components.datastore, this.#lookupId, 0))
    this.#unanswered = undefined
    this.#comparison = comparison
    this.#become('waiting')

    try {
      return await Promise.race([this.#nextAnswer(), frames.peek().then(frame => ({ frame }))]) as WaitAnswer
    } finally {
      this.#ask = undefined
      this.#comparison = undefined
    }
  }

  async #nextAnswer (): Promise<PinAnswer> {
    return raceSignal(new Promise<PinAnswer>(resolve => {
      this.#ask = (answer) => {
        this.#ask = undefined
        resolve(answer)
      }
    }), this.#stop.signal)
  }

  #answer (answer: PinAnswer): void {
    this.#ask?.(answer)
  }

  /** A false inviter must not collect PINs: at most 3 per code, whatever it says, restarts included. */
  async #release (): Promise<void> {
    const { datastore } = this.#components

    // redemptions of one code may run side by side: one counts after the other
    await this.#init.guesses.add(async () => {
      const guesses = await loadGuesses(datastore, this.#lookupId)

      if (guesses >= INVITEE_ATTEMPTS) {
        throw new InvitationLockedError(`${INVITEE_ATTEMPTS} PINs were tried with this code, and no more are given away; ask the inviter for a fresh code and PIN`)
      }

      await storeGuesses(datastore, this.#lookupId, guesses + 1)
    })

    this.#unanswered = this.#attemptsLeft
    this.#become('authenticating')
  }

  async #wrong (attemptsLeft: number): Promise<void> {
    this.#unanswered = undefined
    this.#attemptsLeft = attemptsLeft

    if (await loadGuesses(this.#components.datastore, this.#lookupId) >= INVITEE_ATTEMPTS) {
      throw new InvitationLockedError(`${INVITEE_ATTEMPTS} PINs were tried with this code, and no more are given away; ask the inviter for a fresh code and PIN`)
    }

    this.#become('pin-required')
    this.#reject(new WrongPinError(attemptsLeft))
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
    this.#error = error
    this.#party = party
    this.#ask = undefined
    this.#become(state)

    if (party != null) {
      this.#given?.resolve(party)
      quietly(() => this.#init.onDone?.({ party }))
    } else if (error != null) {
      this.#given?.reject(error)
      quietly(() => { if (state === 'expired') { this.#init.onExpiration?.() } else { this.#init.onError?.(error) } })
    }
  }

  /** Waits for a condition; rejects with what ended the redemption. */
  async #until (holds: () => boolean, { signal }: AbortOptions = {}): Promise<void> {
    const met = Promise.withResolvers<void>()
    const check = (): void => {
      if (holds()) {
        met.resolve()
      } else if (this.#error != null && !LIVE.includes(this.#state)) {
        met.reject(this.#error)
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
