/**
 * Both sides of the asking protocol (docs/keys.md, "Asking"), for one stream: who lacks secrets asks one member for wrap
 * sets and for the secrets themselves, who is asked answers each ask in its turn. What is given to whom, and whether it
 * holds, is said by effects.
 */
import { ProtocolError } from '../../errors.js'
import { perform } from '../../pake/machine.js'
import { MAX_ASKED } from './constants.js'
import { decodeAnswer, decodeAsk, encodeAnswer, encodeAsk, KeysRefusalCode } from './frames.js'
import type { CommonEffect, Handshake } from '../../pake/machine.js'
import type { OpId } from '../../log/index.js'
import type { EpochSecret } from '../derive.js'
import type { Answer, Ask } from './frames.js'

/** The other side said no: the code of its Refusal. */
export class KeysRefusedError extends Error {
  override readonly name = 'KeysRefusedError'
  readonly reason: number

  constructor (reason: number) {
    super(reason === KeysRefusalCode.UNKNOWN ? 'The other node does not know this one as a member of the party' : 'The other node refused to give keys; it is asked again later')
    this.reason = reason
  }
}

/** A wrap set that is asked for. */
export interface WantedSet {
  rekey: OpId
  /** Hex. */
  hash: string
  /** Bytes that it may have, at most. */
  most: number
  /** Bytes that came before, over another stream, and how many there are in all, if that was told. */
  have: number
  size?: number
}

export type AskerEffect = CommonEffect
  /** → WantedSet | undefined: the next wrap set to ask this member for; `small` ones come before the secrets, the others after them */
  | { type: 'next', small: boolean }
  /** The next bytes of that set. */
  | { type: 'piece', set: WantedSet, size: number, bytes: Uint8Array }
  /** What came of it before is of another length, so one of the two is not what it should be. */
  | { type: 'reset', set: WantedSet }
  /** All of it is here: whether it is what its hash says is still to be looked at. */
  | { type: 'whole', set: WantedSet }
  /** → OpId[]: whose secrets are still missing */
  | { type: 'missing' }
  /** Secrets that were asked for; they are still to be checked. */
  | { type: 'secrets', secrets: EpochSecret[] }

export interface AskerInit {
  /** The party's name on this stream. */
  party: Uint8Array
  /** Bytes of a piece, and pieces that are asked for ahead. */
  piece: number
  window: number
}

/**
 * Who asks.
 *
 * @throws {KeysRefusedError}
 * @throws {ProtocolError}
 */
export function * asker (init: AskerInit): Handshake<AskerEffect, void> {
  yield * sets(init, true)
  const missing = yield * perform<OpId[], AskerEffect>({ type: 'missing' })

  for (let at = 0; at < missing.length; at += MAX_ASKED) {
    const rekeys = missing.slice(at, at + MAX_ASKED)
    yield * tell({ kind: 'secrets', party: init.party, rekeys })
    const answer = yield * told()

    if (answer.kind !== 'secrets' || !answer.secrets.every(({ rekey }) => rekeys.includes(rekey))) {
      throw new ProtocolError('Who was asked for secrets gave something else')
    }

    if (answer.secrets.length > 0) {
      yield * perform<void, AskerEffect>({ type: 'secrets', secrets: answer.secrets })
    }
  }

  yield * sets(init, false)
}

function * sets (init: AskerInit, small: boolean): Handshake<AskerEffect, void> {
  for (;;) {
    const set = yield * perform<WantedSet | undefined, AskerEffect>({ type: 'next', small })

    if (set == null) {
      return
    }

    yield * fetch(init, set)
  }
}

/** Gets one wrap set, from where it was left, until it is whole or the other side does not have it. */
function * fetch ({ party, piece, window }: AskerInit, set: WantedSet): Handshake<AskerEffect, void> {
  let { have } = set
  let size = set.size ?? Number.POSITIVE_INFINITY
  let asked = have
  let underWay = 0
  let isThere = true

  // the first alone: whether it is there, and how long it is, is not known
  for (let ahead = 1; isThere && have < size; ahead = window) {
    for (; underWay < ahead && asked < size; underWay++, asked += piece) {
      yield * tell({ kind: 'piece', party, wraps: set.hash, from: asked, length: piece })
    }

    const answer = yield * told()
    underWay--

    if (answer.kind !== 'piece' || answer.size > set.most || (answer.size > 0 && answer.bytes.length !== Math.min(piece, answer.size - have))) {
      throw new ProtocolError('Who was asked for a wrap set gave something else')
    }

    isThere = answer.size === size || (answer.size > 0 && size === Number.POSITIVE_INFINITY)

    if (!isThere && answer.size > 0) {
      yield * perform<void, AskerEffect>({ type: 'reset', set })
    }

    if (isThere) {
      size = answer.size
      have += answer.bytes.length
      yield * perform<void, AskerEffect>({ type: 'piece', set, size, bytes: answer.bytes })
    }
  }

  // what was asked for ahead is answered all the same
  for (; underWay > 0; underWay--) {
    yield * told()
  }

  if (have === size) {
    yield * perform<void, AskerEffect>({ type: 'whole', set })
  }
}

function * tell (ask: Ask): Handshake<AskerEffect, void> {
  yield * perform<void, AskerEffect>({ type: 'send', frame: encodeAsk(ask) })
}

function * told (): Handshake<AskerEffect, Answer> {
  const answer = decodeAnswer(yield * perform<Uint8Array, AskerEffect>({ type: 'receive', wait: 'step' }))

  if (answer.kind === 'refusal') {
    throw new KeysRefusedError(answer.code)
  }

  return answer
}

export type AnswererEffect = CommonEffect
  /** → Answer: by what the asking key stands for at this moment */
  | { type: 'look', ask: Ask }

/** Who is asked, until the stream ends. What it throws was told to the other side first, where the stream still stands. */
export function * answerer (): Handshake<AnswererEffect, void> {
  for (;;) {
    const frame = yield * perform<Uint8Array, AnswererEffect>({ type: 'receive', wait: 'step' })
    const answer = yield * perform<Answer, AnswererEffect>({ type: 'look', ask: yield * read(frame) })
    yield * perform<void, AnswererEffect>({ type: 'send', frame: encodeAnswer(answer) })

    if (answer.kind === 'refusal') {
      return
    }
  }
}

function * read (frame: Uint8Array): Handshake<AnswererEffect, Ask> {
  try {
    return decodeAsk(frame)
  } catch (err) {
    yield * perform<void, AnswererEffect>({ type: 'send', frame: encodeAnswer({ kind: 'refusal', code: KeysRefusalCode.PROTOCOL }) })
    throw err
  }
}
