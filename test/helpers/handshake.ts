/** A stage for the two pure machines: no network, no storage, no clock; a test moves every frame itself. */
import { sha512 } from '@noble/hashes/sha2.js'
import { randomBytes } from '@noble/hashes/utils.js'
import { ProtocolError } from '../../src/errors.js'
import { decodeFrame, encodeBody, encodeFrame } from '../../src/invitation/frames.js'
import { invitee, inviter, previewer } from '../../src/invitation/machines.js'
import { ledger, lookupIdOf } from '../../src/invitation/index.js'
import { macOf } from '../../src/invitation/keys.js'
import { Intent, RefusalCode } from '../../src/invitation/pb/message.js'
import type { DecodedFrame } from '../../src/invitation/frames.js'
import type { EpochSecret } from '../../src/keys/index.js'
import type { Ends, Handshake } from '../../src/pake/index.js'
import type { GrantFrame, InviteeEffect, InviteeOutcome, InviterEffect, InviterOutcome, Ledger, PinAnswer, Session, Welcomed } from '../../src/invitation/index.js'
import type { Knock } from '../../src/invitation/pb/message.js'

export type Bytes = Uint8Array<ArrayBuffer>

export const NOW = Date.UTC(2030, 0, 1)
export const PIN = '204958'
export const WRONG = '204959'

/** Bytes that protons takes. */
export const own = (bytes: Uint8Array): Bytes => new Uint8Array(bytes)

/** Ends told apart by one byte. */
export const endsOf = (inviter: string, invitee: string): Ends => ({ inviter: new TextEncoder().encode(inviter), invitee: new TextEncoder().encode(invitee) })

export const ENDS = endsOf('alice', 'bob')

/** Bob's recovery key. */
export const RECOVERY = new Uint8Array(32).fill(5)

/** Stands for the signature: whoever holds the transcript, and the recovery key, can check it. */
export const signed = (transcript: Uint8Array, recovery: Uint8Array = RECOVERY): Bytes => own(sha512(Uint8Array.from([...transcript, ...recovery])))

type Sync<E> = (effect: E) => unknown

/** Runs one side until it waits for a frame or for its person. */
export class Actor<E extends { type: string }, R> {
  /** Every effect that it asked for, in order. */
  readonly effects: string[] = []
  readonly sent: Bytes[] = []
  waits: 'receive' | 'pin' | 'waiting' | 'approve' | undefined
  result: R | undefined
  /** What its screen showed last while a person decided. */
  comparison = ''
  error: Error | undefined
  readonly #side: Handshake<E, R>
  readonly #perform: Sync<E>

  constructor (side: Handshake<E, R>, perform: Sync<E>) {
    this.#side = side
    this.#perform = perform
    this.#advance(() => side.next())
  }

  /** Types of the frames that it sent. */
  get said (): string[] {
    return this.sent.map(frame => decodeFrame(frame).type)
  }

  /** The frame that it sent last, decoded. */
  get last (): DecodedFrame {
    return decodeFrame(this.sent.at(-1) ?? new Uint8Array())
  }

  get over (): boolean {
    return this.waits == null
  }

  /** Gives what it waits for. */
  take (answer: unknown): this {
    this.#advance(() => this.#side.next(answer))
    return this
  }

  /** Fails what it waits for. */
  fail (err: Error): this {
    this.#advance(() => this.#side.throw(err))
    return this
  }

  #advance (move: () => IteratorResult<E, R>): void {
    this.waits = undefined

    try {
      let step = move()

      while (step.done !== true) {
        const effect = step.value as E & { type: string, frame?: Bytes }
        this.effects.push(effect.type)
        this.comparison = (effect as { comparison?: string }).comparison ?? this.comparison

        if (effect.type === 'receive' || effect.type === 'pin' || effect.type === 'waiting' || effect.type === 'approve') {
          this.waits = effect.type
          return
        }

        let answer: unknown

        try {
          answer = this.#perform(effect)
        } catch (err) {
          step = this.#side.throw(err)
          continue
        }

        if (effect.type === 'send' && effect.frame != null) {
          this.sent.push(own(effect.frame))
        }

        step = this.#side.next(answer)
      }

      this.result = step.value
    } catch (err) {
      this.error = err as Error
    }
  }
}

/** What Alice has between streams: one invitation. */
export class AliceWorld {
  readonly secret: Uint8Array
  ledger: Ledger = { status: 'pending', attemptsLeft: 3, uses: 1, used: 0 }
  session: Session | undefined
  /** Handshakes that were begun. */
  starts = 0
  /** A person has to say yes. */
  approval = false
  /** Who was admitted, and by what. */
  admitted: GrantFrame | undefined
  admissions = 0
  /** The party's key. */
  secrets: EpochSecret[] = [{ rekey: '0c'.repeat(32), secret: new Uint8Array(32).fill(13) }]
  /** Thrown by the next effect of this type. */
  fails: { [type: string]: Error } = {}

  constructor (secret: Uint8Array = randomBytes(16)) {
    this.secret = secret
  }

  fresh (): Session {
    return {
      attemptsLeft: this.ledger.attemptsLeft,
      offer: {
        genesis: new Uint8Array(32).fill(1),
        invite: new Uint8Array(32).fill(2),
        lookupId: lookupIdOf(this.secret),
        secret: this.secret,
        pin: PIN,
        preview: { name: 'Book club', kind: 1, memberCount: 1, profile: new Uint8Array(), role: 2, expiresAt: 0n, pinLength: 6, pinAlphabet: '0123456789', approval: this.approval, picture: '', member: false }
      }
    }
  }

  /** Serves one more stream. */
  serve (ends: Ends = ENDS): Actor<InviterEffect, InviterOutcome> {
    return new Actor(inviter({ ends, random: randomBytes }), effect => this.#perform(effect))
  }

  #perform (effect: InviterEffect): unknown {
    const failure = this.fails[effect.type]

    if (failure != null) {
      throw failure
    }

    switch (effect.type) {
      case 'find': return String(effect.lookupId) === String(lookupIdOf(this.secret)) ? { secret: this.secret } : undefined
      case 'preview':
        ledger.assertPending(this.ledger, NOW)
        return this.fresh()
      case 'repeat': return this.admitted
      case 'begin': {
        const opening = this.session?.opening

        if (opening == null || String(opening.knock) !== String(effect.knock)) {
          ledger.assertPending(this.ledger, NOW)
          this.starts++
          this.session = this.fresh()
        }

        return this.session
      }
      case 'accepted': return String(effect.acceptance) === String(signed(effect.transcript, effect.recovery))
      case 'spend':
        this.ledger = ledger.spend(this.ledger, NOW)
        return this.ledger.attemptsLeft
      case 'wrong':
        this.ledger = ledger.wrong(this.ledger)
        return undefined
      case 'right':
        this.ledger = ledger.right(this.ledger)
        return undefined
      case 'admit':
        this.ledger = ledger.admit(this.ledger, this.approval)
        this.admissions++
        this.admitted = {
          tag: new Uint8Array(),
          admit: { body: own(effect.transcript), sig: own(effect.acceptance) },
          authority: [{ body: new Uint8Array(3).fill(7), sig: new Uint8Array(64).fill(8) }],
          heads: [new Uint8Array(32).fill(9)]
        }
        return { grant: this.admitted, secrets: this.secrets }
      case 'declined':
        this.ledger = ledger.end(this.ledger, 'declined')
        return undefined
      default: return undefined
    }
  }
}

/** What Bob has between streams. */
export class BobWorld {
  readonly secret: Uint8Array
  readonly nonce = randomBytes(32)
  released = 0
  told: number[] = []
  stored: GrantFrame | undefined
  /** The party's key, as it came with the Grant. */
  secrets: readonly EpochSecret[] | undefined
  welcomed: Welcomed | undefined

  constructor (secret: Uint8Array) {
    this.secret = secret
  }

  redeem (ends: Ends = ENDS): Actor<InviteeEffect, InviteeOutcome<string>> {
    return new Actor(invitee<string>(this.#init(ends)), effect => this.#perform(effect))
  }

  look (ends: Ends = ENDS): Actor<InviteeEffect, Welcomed> {
    return new Actor(previewer(this.#init(ends)), effect => this.#perform(effect))
  }

  #init (ends: Ends) {
    return { ends, secret: this.secret, random: randomBytes, profile: () => new Uint8Array(), nonce: this.nonce }
  }

  #perform (effect: InviteeEffect): unknown {
    switch (effect.type) {
      case 'welcomed':
        this.welcomed = effect.welcomed
        return undefined
      case 'release':
        this.released++
        return undefined
      case 'accept': return { acceptance: signed(effect.transcript), recovery: RECOVERY }
      case 'wrong':
        this.told.push(effect.attemptsLeft)
        return undefined
      case 'store': {
        const { admit } = effect.grant

        // what src/log checks, in one line: the ADMIT is over this transcript and this acceptance
        if (admit == null || String(admit.sig) !== String(signed(admit.body)) || (effect.accepted != null && String(effect.accepted.transcript) !== String(admit.body))) {
          throw new ProtocolError('not what was accepted')
        }

        this.stored = effect.grant
        this.secrets = effect.secrets
        return 'in the party'
      }
      default: return undefined
    }
  }
}

export type AliceActor = ReturnType<AliceWorld['serve']>
export type BobActor = ReturnType<BobWorld['redeem']>

/** Alice and Bob with the same secret, each at the start of a stream. */
export function scene (): { alice: AliceWorld, bob: BobWorld, a: AliceActor, b: BobActor } {
  const alice = new AliceWorld()
  const bob = new BobWorld(alice.secret)

  return { alice, bob, a: alice.serve(), b: bob.redeem() }
}

/** Hands the last frame of one side to the other. */
export function pass (from: { sent: Bytes[] }, to: { take: (frame: unknown) => unknown }): void {
  to.take(from.sent.at(-1))
}

/** To Bob's PIN box. */
export function toPin ({ a, b }: { a: AliceActor, b: BobActor }): void {
  pass(b, a)
  pass(a, b)
}

/** The person types. */
export function type (b: BobActor, answer: PinAnswer): void {
  b.take(answer)
}

/** The whole run with the right PIN. */
export function run (parts: { a: AliceActor, b: BobActor }): void {
  toPin(parts)
  type(parts.b, { pin: PIN })
  pass(parts.b, parts.a)
  pass(parts.a, parts.b)
  pass(parts.b, parts.a)
}

/** A Knock as anyone could build it who has this secret. */
export function knock (secret: Uint8Array, ends: Ends, fields: Partial<Knock> = {}, key: Uint8Array = secret): Bytes {
  const body = encodeBody('KNOCK', { version: 1, lookupId: own(lookupIdOf(secret)), intent: Intent.REDEEM, nonce: own(randomBytes(32)), ...fields })

  return own(encodeFrame('KNOCK', body, macOf(key, 'knock', ends, body)))
}

/** One sample of each type of frame. */
export function samples (): Record<DecodedFrame['type'], Bytes> {
  const { a, b } = scene()
  toPin({ a, b })
  type(b, { pin: WRONG })
  pass(b, a)
  pass(a, b)
  type(b, { pin: PIN })
  pass(b, a)
  pass(a, b)
  const [first, answer, , ack] = b.sent as [Bytes, Bytes, Bytes, Bytes]
  const [welcome, retry, grant] = a.sent as [Bytes, Bytes, Bytes]

  return {
    KNOCK: first,
    WELCOME: welcome,
    ANSWER: answer,
    GRANT: grant,
    ACK: ack,
    RETRY: retry,
    WAITING: own(encodeFrame('WAITING', encodeBody('WAITING', { tag: own(randomBytes(64)), nonce: own(randomBytes(32)) }))),
    DECLINE: own(encodeFrame('DECLINE', encodeBody('DECLINE', { reason: 'no time' }))),
    CANCEL: own(encodeFrame('CANCEL')),
    REFUSAL: own(encodeFrame('REFUSAL', encodeBody('REFUSAL', { code: RefusalCode.EXPIRED })))
  }
}
