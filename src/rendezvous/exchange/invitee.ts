/**
 * The invitee's side of the exchange (DESIGN section 4, "Short"), for one stream
 * with one candidate. It confirms first, and takes a code only from who has shown
 * that it knows the words, and only that candidate's own.
 */
import { equalBytes } from '@noble/curves/utils.js'
import { parseCode } from '../../codec/index.js'
import { CPaceError, CPaceResponder } from '../../cpace/index.js'
import { ProtocolError } from '../../errors.js'
import { perform } from '../../pake/machine.js'
import { channelIdentifier, inviteeData, inviterData, passwordString, sessionId } from './binding.js'
import { NONCE_LENGTH, VERSION } from './constants.js'
import { decodeFrame, encodeFrame } from './frames.js'
import { refusalError, WrongWordsError } from './refusals.js'
import type { CPaceResponse } from '../../cpace/index.js'
import type { CommonEffect, Handshake } from '../../pake/machine.js'
import type { Ends } from './binding.js'
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
export function * invitee ({ ends, nameplate, words, random }: InviteeInit): Side<string> {
  const nonce = random(NONCE_LENGTH)
  yield * send(encodeFrame('HELLO', { version: VERSION, nameplate, nonce: nonce as Uint8Array<ArrayBuffer> }))

  const offer = yield * receive()

  if (offer.type !== 'OFFER') {
    throw new ProtocolError()
  }

  const response = respond(new CPaceResponder({ prs: passwordString(words), ci: channelIdentifier(ends, nameplate), sid: sessionId(offer.body.nonce, nonce), ad: inviteeData(ends), random }), offer.body.share, inviterData(ends))
  yield * perform<void, InviteeEffect>({ type: 'release' })
  yield * send(encodeFrame('ANSWER', { share: response.share as Uint8Array<ArrayBuffer>, tag: response.tag as Uint8Array<ArrayBuffer> }))

  const reply = yield * receive()

  if (reply.type !== 'CODE') {
    throw new ProtocolError()
  }

  if (!response.verify(reply.body.tag)) {
    throw new WrongWordsError()
  }

  if (!equalBytes(parseCode(reply.body.code).inviter.toMultihash().bytes, ends.inviter)) {
    throw new ProtocolError('The inviter sent a code that names another; ask for the full code')
  }

  return reply.body.code
}

function respond (cpace: CPaceResponder, share: Uint8Array, ada: Uint8Array): CPaceResponse {
  try {
    return cpace.respond(share, ada)
  } catch (err) {
    throw err instanceof CPaceError ? new ProtocolError('Who answered sent a bad key share; ask for the full code', { cause: err }) : err
  }
}
