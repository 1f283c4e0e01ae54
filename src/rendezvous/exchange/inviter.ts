/**
 * The inviter's side of the exchange (docs/short-codes.md, "The exchange"), for one
 * stream. The order of its lines is the protocol: a guess is spent for good before
 * the tag is looked at, and nothing derived from the session key, nor the code,
 * leaves before the invitee's tag is verified.
 */
import { InvitationNotFoundError, ProtocolError } from '../../errors.js'
import { perform } from '../../pake/machine.js'
import { NONCE_LENGTH } from '../../pake/constants.js'
import { confirm, initiate, refusing, VersionError } from '../../pake/index.js'
import { runOf } from './binding.js'
import { VERSION } from './constants.js'
import { decodeFrame, encodeFrame } from './frames.js'
import { refusalCode, WrongWordsError } from './refusals.js'
import type { CommonEffect, Ends, Handshake } from '../../pake/index.js'
import type { DecodedFrame } from './frames.js'

/** What a nameplate gives to who knows its words. */
export interface ShortCodeOffer {
  /** The two secret words, as ostrich-violin. */
  words: string
  /** The full code. */
  code: string
}

export type InviterEffect = CommonEffect
  /** Counts a start; throws NameplateLockedError or BusyError → ShortCodeOffer, or undefined: no such nameplate */
  | { type: 'begin', nameplate: string }
  /** Takes one guess, durably; throws NameplateLockedError. */
  | { type: 'spend' }
  /** The guess was wrong: at none left a fresh code is made, and the inviter told. */
  | { type: 'wrong' }
  /** The guess was right: gives it back. */
  | { type: 'right' }

export interface InviterInit {
  ends: Ends
  random: (bytes: number) => Uint8Array
}

type Side<T> = Handshake<InviterEffect, T>

const send = (frame: Uint8Array): Side<void> => perform<void, InviterEffect>({ type: 'send', frame })

function * receive (): Side<DecodedFrame> {
  return decodeFrame(yield * perform<Uint8Array, InviterEffect>({ type: 'receive', wait: 'step' }))
}

/** Serves one stream. What it throws was told to the guest as a Refusal first, where the stream still stands. */
export function inviter (init: InviterInit): Side<void> {
  return refusing(serve(init), err => send(encodeFrame('REFUSAL', { code: refusalCode(err) })))
}

function * serve ({ ends, random }: InviterInit): Side<void> {
  const hello = yield * receive()

  if (hello.type !== 'HELLO') {
    throw new ProtocolError()
  }

  if (hello.body.version !== VERSION) {
    throw new VersionError()
  }

  const { nameplate, nonce: theirs } = hello.body
  const offer = yield * perform<ShortCodeOffer | undefined, InviterEffect>({ type: 'begin', nameplate })

  if (offer == null) {
    throw new InvitationNotFoundError()
  }

  const nonce = random(NONCE_LENGTH)
  const cpace = initiate(runOf(ends, nameplate, offer.words, { inviter: nonce, invitee: theirs }, random))
  yield * send(encodeFrame('OFFER', { nonce, share: cpace.share }))

  const answer = yield * receive()

  if (answer.type !== 'ANSWER') {
    throw new ProtocolError()
  }

  yield * perform<void, InviterEffect>({ type: 'spend' })
  const confirmed = confirm(cpace, ends, answer.body.share, answer.body.tag)

  if (confirmed == null) {
    yield * perform<void, InviterEffect>({ type: 'wrong' })
    throw new WrongWordsError()
  }

  yield * perform<void, InviterEffect>({ type: 'right' })
  yield * send(encodeFrame('CODE', { tag: confirmed.tag, code: offer.code }))
}
