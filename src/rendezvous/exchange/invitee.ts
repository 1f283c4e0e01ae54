/**
 * The invitee's side of the exchange (docs/short-codes.md, "The exchange"), for one
 * stream with one candidate. It confirms first, and takes a code only from who has
 * shown that it knows the words, and only that candidate's own.
 */
import { equalBytes } from '@noble/curves/utils.js'
import { parseCode } from '../../codec/index.js'
import { ProtocolError } from '../../errors.js'
import { perform } from '../../pake/machine.js'
import { NONCE_LENGTH } from '../../pake/constants.js'
import { respond } from '../../pake/index.js'
import { runOf } from './binding.js'
import { VERSION } from './constants.js'
import { decodeFrame, encodeFrame } from './frames.js'
import { refusalError, WrongWordsError } from './refusals.js'
import type { CommonEffect, Ends, Handshake } from '../../pake/index.js'
import type { InvitationCode } from '../../codec/index.js'
import type { DecodedFrame } from './frames.js'

export type InviteeEffect = CommonEffect
  /** Counts a candidate who will be able to test one guess; throws when this code has had its share. */
  | { type: 'release' }

export interface InviteeInit {
  ends: Ends
  nameplate: string
  /** The two secret words, as ostrich-violin. */
  words: string
  random: (bytes: number) => Uint8Array
}

type Side<T> = Handshake<InviteeEffect, T>

const send = (frame: Uint8Array): Side<void> => perform<void, InviteeEffect>({ type: 'send', frame })

function * receive (): Side<DecodedFrame> {
  const frame = decodeFrame(yield * perform<Uint8Array, InviteeEffect>({ type: 'receive', wait: 'step' }))

  if (frame.type === 'REFUSAL') {
    throw refusalError(frame.body.code)
  }

  return frame
}

/**
 * Two round trips with one candidate.
 *
 * @returns The full code
 * @throws {WrongWordsError} The words are not the candidate's: mistyped, or it only claims the nameplate.
 */
export function * invitee ({ ends, nameplate, words, random }: InviteeInit): Side<InvitationCode> {
  const nonce = random(NONCE_LENGTH)
  yield * send(encodeFrame('HELLO', { version: VERSION, nameplate, nonce }))

  const offer = yield * receive()

  if (offer.type !== 'OFFER') {
    throw new ProtocolError()
  }

  const response = respond(runOf(ends, nameplate, words, { inviter: offer.body.nonce, invitee: nonce }, random), offer.body.share)
  yield * perform<void, InviteeEffect>({ type: 'release' })
  yield * send(encodeFrame('ANSWER', { share: response.share, tag: response.tag }))

  const reply = yield * receive()

  if (reply.type !== 'CODE') {
    throw new ProtocolError()
  }

  if (!response.verify(reply.body.tag)) {
    throw new WrongWordsError()
  }

  const code = parseCode(reply.body.code)

  if (!equalBytes(code.inviter.toMultihash().bytes, ends.inviter)) {
    throw new ProtocolError('The inviter sent a code that names another; ask for the full code')
  }

  return code
}
