/** One redemption at the invitee, as an app has it: the person's PIN, and what becomes of it. */
import { utf8ToBytes } from '@noble/hashes/utils.js'
import { raceSignal } from 'race-signal'
import { normalizePin } from '../codec/index.js'
import { copyOf } from '../log/terms.js'
import { AlreadyMemberError, InvitationDeclinedError, InviterUnreachableError } from '../errors.js'
import { StreamEnd } from '../pake/machine.js'
import { MAX_REASON } from '../invitation/constants.js'
import { timeout } from '../async/clock.js'
import { Observable, quietly } from '../interface/observable.js'
import { Answers } from './answers.js'
import type { OpenStreamOptions } from './connection/open-stream.js'
import type { HandshakesComponents, HandshakesInit } from './handshakes.js'
import type { Join } from './joining.js'
import type { Clock, InvitationPreview, Party, DialOptions, DialProgress, RedeemCallbacks, RedeemOptions, Redemption, RedemptionSnapshot, RedemptionState } from '../interface/index.js'
import type { InvitationCode } from '../codec/index.js'
import type { Redeeming, Shown } from './invited-person.js'
import type { InviteeOutcome } from '../invitation/index.js'
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

export class LocalRedemption extends Observable<RedemptionSnapshot> implements Redemption {
  readonly #components: RedemptionComponents
  readonly #init: RedemptionInit
  readonly #answers: Answers
  readonly #stop = new AbortController()
  readonly #shown: Shown = {}
  #state: RedemptionState = 'connecting'

  constructor (components: RedemptionComponents, init: RedemptionInit) {
    super()
    this.#components = components
    this.#init = init
    this.#answers = new Answers(init.clock)
    init.signal.addEventListener('abort', this.#onAbort, { once: true })
  }

  get state (): RedemptionState { return this.#state }
  get data (): Uint8Array | undefined { return copyOf(this.#shown.data ?? this.#shown.preview?.data) }
  /** Was a no said, and no PIN given since? */
  get declines (): boolean { return this.#answers.declines }

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

    return this.#shown.preview
  }

  async setPin (pin: string, options?: AbortOptions): Promise<Party> {
    await this.#until(() => this.#state === 'pin-required' || this.#state === 'admitted', options)
    const { party, preview } = this.#shown

    if (party != null) {
      return party
    }

    if (this.#answers.pin != null) {
      throw new TypeError('One PIN at a time: wait for the last one\'s answer')
    }

    const given = this.#answers.givePin(preview?.pin === false ? '' : normalizePin(pin, preview?.pin))
    this.#become('authenticating')
    this.#answers.say({ pin: given.pin })

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

    this.#answers.declines = this.#answers.pin == null
    await this.#until(() => this.#state === 'pin-required' || this.#state === 'waiting', options)
    this.#answers.decline(reason)
    await this.#until(() => this.#state === 'declined', options)
  }

  async cancel (): Promise<void> {
    if (!this.#answers.say({ cancel: true })) {
      this.#stop.abort(abortError())
    }
  }

  protected override snapshot (): RedemptionSnapshot {
    const { preview, attemptsLeft, comparison, error, party } = this.#shown

    return { state: this.#state, preview, attemptsLeft, comparison, error, party }
  }

  readonly #onAbort = (): void => { this.#stop.abort(this.#init.signal.reason) }

  readonly #progress = (event: DialProgress): void => { quietly(() => this.#init.onProgress?.(event)) }

  async #handshakes (given: InvitationCode | Resolve): Promise<InviteeOutcome<Party>> {
    const { protocol, searchFor, clock, stepTimeout, connectTimeout, profiles, recovery, guesses, seen, ownParty, assertMayJoin, join } = this.#init
    const { signal } = this.#stop
    const onProgress = this.#progress
    const code = typeof given === 'function' ? await given({ signal: AbortSignal.any([signal, timeout(clock, connectTimeout)]), onProgress }) : given
    const { GivenPins, Handshakes, InvitedPerson } = await import('./invitee.js')
    const init = { protocol, code, more: searchFor(code), clock, stepTimeout, connectTimeout, signal, onProgress, profiles, recovery, seen, ownParty, assertMayJoin, join }

    return new Handshakes(this.#components, init, new InvitedPerson(this.#redeeming(), new GivenPins(this.#components.datastore, guesses, code.secret))).run()
  }

  /** This one, as a handshake leads it on. */
  #redeeming (): Redeeming {
    return {
      shown: this.#shown,
      answers: this.#answers,
      signal: this.#stop.signal,
      onAttemptFailed: event => this.#init.onAttemptFailed?.(event),
      state: () => this.#state,
      become: (state) => { this.#become(state) },
      changed: () => { this.changed() }
    }
  }

  #become (state: RedemptionState): void {
    if (this.#state !== state) {
      this.#state = state
      this.changed()
    }
  }

  /** Exactly once: `run` calls it as its last step. */
  #end (state: RedemptionState, error?: Error, party?: Party): void {
    const given = this.#answers.takePin()
    this.#shown.error = error
    this.#shown.party = party
    this.#answers.hangUp()
    // secrets go with the end, and so does the node's hold on it
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
        met.reject(this.#shown.error ?? new AlreadyMemberError(this.#shown.party))
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
