/**
 * The invitee's side of the handshake (docs/handshake.md), for one stream. It
 * confirms first, gives away at most a few PINs per code whatever the other side
 * says, and takes a Grant only after checking that it is the one it accepted.
 */
import { equalBytes } from '@noble/curves/utils.js'
import { InvitationDeclinedError, InvitationNotFoundError, ProtocolError } from '../errors.js'
import { perform } from '../pake/machine.js'
import { respond } from '../pake/index.js'
import { openSecrets } from '../keys/grant-secrets.js'
import { comparisonOf, grantKeyOf, runOf, transcriptHash } from './binding.js'
import { VERSION } from './constants.js'
import { decodeFrame, encodeBody, encodeFrame } from './frames.js'
import { lookupIdOf, macOf } from './keys.js'
import { Intent } from './pb/message.js'
import { refusalError } from './refusals.js'
import type { Bodies, DecodedFrame } from './frames.js'
import type { EpochSecret } from '../keys/derive.js'
import type { CommonEffect, Ends, Handshake } from '../pake/index.js'
import type { Grant, Preview } from './pb/message.js'

/** What a Welcome told, after its MAC held. */
export interface Welcomed {
  genesis: Uint8Array
  invite: Uint8Array
  preview: Preview
}

/** What a person may do while it waits; `frame`: the inviter spoke first. */
export type WaitAnswer = { decline: string } | { cancel: true } | { frame: Uint8Array }

/** What a person does at the PIN box. */
export type PinAnswer = { pin: string } | WaitAnswer

export type InviteeEffect = CommonEffect
  /** Show the preview. */
  | { type: 'welcomed', welcomed: Welcomed }
  /** Ask for a PIN → PinAnswer */
  | { type: 'pin', attemptsLeft: number }
  /** Counts a PIN given away, durably; throws when this code has had its share. */
  | { type: 'release' }
  /** Signs the acceptance of this transcript → Accepted */
  | { type: 'accept', welcomed: Welcomed, transcript: Uint8Array }
  /** The PIN was wrong. */
  | { type: 'wrong', attemptsLeft: number }
  /** The PIN was right, and the inviter knows it too; the inviter's person has to approve → WaitAnswer */
  | { type: 'waiting', comparison: string }
  /** Checks and stores a Grant and its secrets; `accepted` is missing for a repeated one. Throws ProtocolError → what was stored. */
  | { type: 'store', grant: Grant, secrets: readonly EpochSecret[], accepted?: Accepted & { welcomed: Welcomed, transcript: Uint8Array } }

/** What this side signs, and for which seat. */
export interface Accepted {
  /** Ed25519, 64 bytes. */
  acceptance: Uint8Array
  /** The recovery key's public half, which it covers; empty: none. */
  recovery: Uint8Array
}

export interface InviteeInit {
  ends: Ends
  secret: Uint8Array
  random: (bytes: number) => Uint8Array
  /** This side's signed profile record, as it is when the PIN is answered with; may be empty. */
  profile: () => Uint8Array
  /** The Knock's nonce, 32 bytes: the same for each stream of one redemption, so that an unanswered Welcome can be sent again. */
  nonce: Uint8Array
}

/** How a stream ended well. */
export type InviteeOutcome<Stored> = { type: 'admitted', stored: Stored } | { type: 'cancelled' } | { type: 'declined' }

type Side<T> = Handshake<InviteeEffect, T>

const send = (frame: Uint8Array): Side<void> => perform<void, InviteeEffect>({ type: 'send', frame })

function * receive (wait: 'step' | 'person'): Side<DecodedFrame> {
  return throwIfEnded(decodeFrame(yield * perform<Uint8Array, InviteeEffect>({ type: 'receive', wait })))
}

/** Turns the inviter's ends into the errors that they are. */
function throwIfEnded (frame: DecodedFrame): DecodedFrame {
  switch (frame.type) {
    case 'REFUSAL': throw refusalError(frame.body.code)
    case 'DECLINE': throw new InvitationDeclinedError('The inviter said no; ask them why, or for a new invitation')
    case 'CANCEL': throw new InvitationNotFoundError('The inviter ended this handshake; ask for a new code')
    default: return frame
  }
}

function knockOf ({ ends, secret, nonce }: InviteeInit, intent: Intent): { body: Uint8Array, frame: Uint8Array } {
  const body = encodeBody('KNOCK', {
    version: VERSION,
    lookupId: lookupIdOf(secret),
    intent,
    nonce
  })

  return { body, frame: encodeFrame('KNOCK', body, macOf(secret, 'knock', ends, body)) }
}

/** Frames of the inviter under a MAC: of a Grant the repeated one alone, which has no tag. */
const MACS = { WELCOME: 'welcome', RETRY: 'retry', WAITING: 'waiting', GRANT: 'grant' } as const

/** The body of a frame that must be of this type, and whose MAC must hold. */
function sealed <K extends keyof typeof MACS> (init: InviteeInit, frame: DecodedFrame, type: K, before: Uint8Array[]): Bodies[K] {
  if (frame.type !== type) {
    throw new ProtocolError()
  }

  if (!equalBytes(frame.mac, macOf(init.secret, MACS[type], init.ends, frame.bytes, before))) {
    throw new ProtocolError('The other side does not hold this invitation\'s secret; ask the inviter for a new code')
  }

  return frame.body as Bodies[K]
}

function welcomedBy (init: InviteeInit, frame: DecodedFrame, knock: Uint8Array): { welcomed: Welcomed, nonce: Uint8Array, share: Uint8Array } {
  const { genesis, invite, preview, nonce, share } = sealed(init, frame, 'WELCOME', [knock])

  if (preview == null) {
    throw new ProtocolError()
  }

  return { welcomed: { genesis, invite, preview }, nonce, share }
}

/** Asks what a code leads to; one round trip. */
export function * previewer (init: InviteeInit): Side<Welcomed> {
  const knock = knockOf(init, Intent.PREVIEW)
  yield * send(knock.frame)

  return welcomedBy(init, yield * receive('step'), knock.body).welcomed
}

/** Redeems; two round trips, one of them after the PIN. */
export function * invitee <Stored> (init: InviteeInit): Side<InviteeOutcome<Stored>> {
  const knock = knockOf(init, Intent.REDEEM)
  yield * send(knock.frame)

  const first = yield * receive('step')

  if (first.type === 'GRANT') {
    return yield * settle<Stored>({ grant: sealed(init, first, 'GRANT', [knock.body]), secrets: [] })
  }

  const { welcomed, ...opening } = welcomedBy(init, first, knock.body)

  if (opening.share.length === 0) {
    throw new ProtocolError()
  }

  const bodies = [knock.body, first.bytes]
  let { nonce, share } = opening
  let attemptsLeft = welcomed.preview.attemptsLeft
  yield * perform<void, InviteeEffect>({ type: 'welcomed', welcomed })

  while (true) {
    const answer = yield * perform<PinAnswer, InviteeEffect>({ type: 'pin', attemptsLeft })

    if ('frame' in answer) {
      throwIfEnded(decodeFrame(answer.frame))
      throw new ProtocolError()
    }

    if (!('pin' in answer)) {
      return yield * depart<Stored>(answer)
    }

    yield * perform<void, InviteeEffect>({ type: 'release' })

    const cpace = respond(runOf(init.ends, init.secret, answer.pin, { inviter: nonce, invitee: init.nonce }, init.random), share)
    const transcript = transcriptHash(bodies, cpace.share)
    const accepted = yield * perform<Accepted, InviteeEffect>({ type: 'accept', welcomed, transcript })

    yield * send(encodeFrame('ANSWER', encodeBody('ANSWER', {
      share: cpace.share,
      tag: cpace.tag,
      ...accepted,
      profile: init.profile()
    })))

    let reply = yield * receive('step')

    if (reply.type === 'WAITING') {
      const { tag, nonce } = sealed(init, reply, 'WAITING', [...bodies, transcript])

      if (!cpace.verify(tag)) {
        throw notTheInviter()
      }

      const meanwhile = yield * perform<WaitAnswer, InviteeEffect>({ type: 'waiting', comparison: comparisonOf(transcript, nonce) })

      if (!('frame' in meanwhile)) {
        return yield * depart<Stored>(meanwhile)
      }

      reply = throwIfEnded(decodeFrame(meanwhile.frame))

      if (reply.type !== 'GRANT') {
        throw new ProtocolError()
      }
    }

    if (reply.type === 'GRANT') {
      const grant = reply.body
      const sessionKey = cpace.sessionKey(grant.tag)

      if (sessionKey == null) {
        throw notTheInviter()
      }

      const secrets = grant.secrets.length === 0 ? [] : openSecrets(grant.secrets, grantKeyOf(init.secret, sessionKey, transcript, grant))

      return yield * settle<Stored>({ grant, secrets, accepted: { welcomed, transcript, ...accepted } })
    }

    const retry = sealed(init, reply, 'RETRY', bodies)
    bodies.push(reply.bytes)
    ;({ nonce, share, attemptsLeft } = retry)
    yield * perform<void, InviteeEffect>({ type: 'wrong', attemptsLeft })
  }
}

/** Says no, or goes. */
function * depart <Stored> (answer: Exclude<WaitAnswer, { frame: Uint8Array }>): Side<InviteeOutcome<Stored>> {
  if ('cancel' in answer) {
    yield * send(encodeFrame('CANCEL'))
    return { type: 'cancelled' }
  }

  yield * send(encodeFrame('DECLINE', encodeBody('DECLINE', { reason: answer.decline })))
  return { type: 'declined' }
}

function notTheInviter (): ProtocolError {
  return new ProtocolError('The other side does not know the PIN: it is not your inviter; ask for a new code')
}

function * settle <Stored> (granted: Omit<InviteeEffect & { type: 'store' }, 'type'>): Side<InviteeOutcome<Stored>> {
  const stored = yield * perform<Stored, InviteeEffect>({ type: 'store', ...granted })

  try {
    yield * send(encodeFrame('ACK'))
  } catch {
    // admitted and stored: the Ack only spares the inviter a wait
  }

  return { type: 'admitted', stored }
}
