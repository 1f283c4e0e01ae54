/**
 * The inviter's side of the handshake (docs/handshake.md), for one stream. The
 * order of its lines is the protocol: nothing stored is touched before the MAC
 * holds, an attempt is spent for good before the tag is looked at, and nothing
 * derived from the session key leaves before the invitee's tag is verified.
 */
import { equalBytes } from '@noble/curves/utils.js'
import { InvitationLockedError, InvitationNotFoundError, ProtocolError } from '../errors.js'
import { perform } from '../pake/machine.js'
import { NONCE_LENGTH } from '../pake/constants.js'
import { confirm, initiate, refusing, VersionError } from '../pake/index.js'
import { sealSecrets } from '../keys/grant-secrets.js'
import { comparisonOf, grantKeyOf, runOf, transcriptHash } from './binding.js'
import { VERSION } from './constants.js'
import { decodeFrame, encodeBody, encodeFrame } from './frames.js'
import { macOf } from './keys.js'
import { Intent } from './pb/message.js'
import { refusalCode } from './refusals.js'
import type { DecodedFrame, GrantFrame, PreviewFrame } from './frames.js'
import type { CPaceInitiator } from '../cpace/index.js'
import type { EpochSecret } from '../keys/derive.js'
import type { CommonEffect, Ends, Handshake } from '../pake/index.js'
import type { Answer, Knock } from './pb/message.js'

/** What the machine needs to know of an invitation. */
export interface Offer {
  genesis: Uint8Array
  invite: Uint8Array
  lookupId: Uint8Array
  secret: Uint8Array
  /** Empty: none is asked for. */
  pin: string
  /** The op that gave the name and picture of the preview, where it is not the GENESIS; for the ADMIT. */
  info?: string
  preview: Omit<PreviewFrame, 'attemptsLeft'>
}

/** A CPace run that waits for its Answer, and the Knock that it answers. */
export interface Opening {
  knock: Uint8Array
  nonce: Uint8Array
  cpace: CPaceInitiator
}

/** A handshake that was begun and counted. */
export interface Session {
  offer: Offer
  attemptsLeft: number
  /** Set while unanswered: the same Knock, come again, is given the same Welcome and counts no second start. */
  opening?: Opening
}

export type InviterEffect = CommonEffect
  /** The invitation with this lookup id, ended ones too → `{ secret }` or undefined. Reads memory only. */
  | { type: 'find', lookupId: Uint8Array }
  /** For a preview: throws what ended the invitation → Session. Consumes nothing. */
  | { type: 'preview' }
  /** Was this peer admitted by it before (and is still a member)? → its Grant, or undefined. */
  | { type: 'repeat' }
  /** Counts a start, durably; throws what ended the invitation, or InviterBusyError → Session. */
  | { type: 'begin', knock: Uint8Array }
  /** Is the acceptance this peer's signature over this transcript, and its recovery key (empty: none)? → boolean */
  | { type: 'accepted', acceptance: Uint8Array, transcript: Uint8Array, recovery: Uint8Array }
  /** Takes one attempt, durably; throws what ended the invitation → attempts left */
  | { type: 'spend' }
  /** The guess was wrong: tells the owner, locks at 0. */
  | { type: 'wrong' }
  /** The guess was right, and a person has to approve: gives the attempt back, durably. */
  | { type: 'right' }
  /** Asks that person → Verdict; throws what ended the wait. */
  | { type: 'approve', comparison: string, profile: Uint8Array }
  /** Admits the peer: ADMIT, use, the attempt's return, in one durable batch → Admitted */
  | { type: 'admit', acceptance: Uint8Array, transcript: Uint8Array, recovery: Uint8Array, profile: Uint8Array }
  /** The invitee said no. */
  | { type: 'declined', reason: string }

/** What became of an admission. */
export interface Admitted {
  /** Without tag and secrets. */
  grant: GrantFrame
  /** The party's key as it is now, for the new member. */
  secrets: readonly EpochSecret[]
}

/** What the person at the inviter's side said of a candidate; `frame`: the candidate spoke first. */
export type Verdict = { approved: boolean } | { frame: Uint8Array }

/** How a stream ended well. */
export type InviterOutcome = 'previewed' | 'admitted' | 'repeated' | 'cancelled' | 'declined' | 'refused'

export interface InviterInit {
  ends: Ends
  random: (bytes: number) => Uint8Array
}

type Side<T> = Handshake<InviterEffect, T>

const send = (frame: Uint8Array): Side<void> => perform<void, InviterEffect>({ type: 'send', frame })

function * receive (wait: 'step' | 'person'): Side<DecodedFrame> {
  return decodeFrame(yield * perform<Uint8Array, InviterEffect>({ type: 'receive', wait }))
}

/** Serves one stream. What it throws was told to the guest as a Refusal first, where the stream still stands. */
export function inviter (init: InviterInit): Side<InviterOutcome> {
  return refusing(serve(init), err => send(encodeFrame('REFUSAL', encodeBody('REFUSAL', { code: refusalCode(err) }))))
}

function * serve ({ ends, random }: InviterInit): Side<InviterOutcome> {
  const first = yield * receive('step')

  if (first.type !== 'KNOCK') {
    throw new ProtocolError()
  }

  const knock: Knock = first.body

  if (knock.version !== VERSION) {
    throw new VersionError()
  }

  const found = yield * perform<{ secret: Uint8Array } | undefined, InviterEffect>({ type: 'find', lookupId: knock.lookupId })

  // the same answer for an unknown id and a wrong MAC
  if (found == null || !equalBytes(first.mac, macOf(found.secret, 'knock', ends, first.bytes))) {
    throw new InvitationNotFoundError()
  }

  if (knock.intent === Intent.PREVIEW) {
    const session = yield * perform<Session, InviterEffect>({ type: 'preview' })
    yield * send(welcome(session, ends, first.bytes, random(NONCE_LENGTH)).frame)
    return 'previewed'
  }

  const repeated = yield * perform<GrantFrame | undefined, InviterEffect>({ type: 'repeat' })

  if (repeated != null) {
    const body = encodeBody('GRANT', repeated)
    yield * send(encodeFrame('GRANT', body, macOf(found.secret, 'grant', ends, body, [first.bytes])))
    yield * acknowledged()
    return 'repeated'
  }

  const session = yield * perform<Session, InviterEffect>({ type: 'begin', knock: first.bytes })

  return yield * authenticate(session, ends, first, random)
}

/** From the CPace share on: Welcome, then an Answer for each PIN. */
function * authenticate (session: Session, ends: Ends, knock: DecodedFrame & { type: 'KNOCK' }, random: InviterInit['random']): Side<InviterOutcome> {
  const { offer } = session
  const bodies = [knock.bytes]
  const start = (nonce: Uint8Array): CPaceInitiator => initiate(runOf(ends, offer.secret, offer.pin, { inviter: nonce, invitee: knock.body.nonce }, random))

  let { nonce, cpace } = session.opening ??= opened(start, knock.bytes, random)
  const opening = welcome(session, ends, knock.bytes, nonce, cpace.share)
  bodies.push(opening.body)
  yield * send(opening.frame)

  while (true) {
    const frame = yield * receive('person')

    if (frame.type !== 'ANSWER') {
      return yield * departed(frame)
    }

    session.opening = undefined
    const { share, tag, acceptance, recovery, profile }: Answer = frame.body
    const transcript = transcriptHash(bodies, share)

    if (!(yield * perform<boolean, InviterEffect>({ type: 'accepted', acceptance, transcript, recovery }))) {
      throw new ProtocolError('The guest\'s acceptance is not its own signature over this handshake')
    }

    const attemptsLeft = yield * perform<number, InviterEffect>({ type: 'spend' })
    const confirmed = confirm(cpace, ends, share, tag)

    if (confirmed != null) {
      if (offer.preview.approval) {
        const end = yield * approved(offer.secret, ends, [...bodies, transcript], confirmed.tag, profile, random)

        if (end != null) {
          return end
        }
      }

      const { grant, secrets } = yield * perform<Admitted, InviterEffect>({ type: 'admit', acceptance, transcript, recovery, profile })
      const sealed = secrets.length === 0 ? new Uint8Array() : sealSecrets(secrets, grantKeyOf(offer.secret, confirmed.sessionKey, transcript, grant))
      yield * send(encodeFrame('GRANT', encodeBody('GRANT', { ...grant, tag: confirmed.tag, secrets: sealed })))
      yield * acknowledged()
      return 'admitted'
    }

    yield * perform<void, InviterEffect>({ type: 'wrong' })

    if (attemptsLeft <= 0) {
      throw new InvitationLockedError()
    }

    nonce = random(NONCE_LENGTH)
    cpace = start(nonce)
    const body = encodeBody('RETRY', { attemptsLeft, nonce, share: cpace.share })
    const mac = macOf(offer.secret, 'retry', ends, body, bodies)
    bodies.push(body)
    // who comes again after a lost Retry finds its run unanswered, as after a lost Welcome
    session.opening = { knock: knock.bytes, nonce, cpace }
    session.attemptsLeft = attemptsLeft
    yield * send(encodeFrame('RETRY', body, mac))
  }
}

/** The guest says something else than was asked for: it goes. */
function * departed (frame: DecodedFrame): Side<InviterOutcome> {
  if (frame.type === 'CANCEL') {
    return 'cancelled'
  }

  if (frame.type === 'DECLINE') {
    yield * perform<void, InviterEffect>({ type: 'declined', reason: frame.body.reason })
    return 'declined'
  }

  throw new ProtocolError()
}

/** A person decides about who has shown the PIN; undefined: yes. */
function * approved (secret: Uint8Array, ends: Ends, before: Uint8Array[], tag: Uint8Array, profile: Uint8Array, random: InviterInit['random']): Side<InviterOutcome | undefined> {
  yield * perform<void, InviterEffect>({ type: 'right' })
  const nonce = random(NONCE_LENGTH)
  const body = encodeBody('WAITING', { tag, nonce })
  yield * send(encodeFrame('WAITING', body, macOf(secret, 'waiting', ends, body, before)))
  const verdict = yield * perform<Verdict, InviterEffect>({ type: 'approve', comparison: comparisonOf(before.at(-1) as Uint8Array, nonce), profile })

  if ('frame' in verdict) {
    return yield * departed(decodeFrame(verdict.frame))
  }

  if (!verdict.approved) {
    yield * send(encodeFrame('DECLINE'))
    return 'refused'
  }

  return undefined
}

function opened (start: (nonce: Uint8Array) => CPaceInitiator, knock: Uint8Array, random: InviterInit['random']): Opening {
  const nonce = random(NONCE_LENGTH)

  return { knock, nonce, cpace: start(nonce) }
}

function welcome ({ offer, attemptsLeft }: Session, ends: Ends, knock: Uint8Array, nonce: Uint8Array, share: Uint8Array = new Uint8Array()): { body: Uint8Array, frame: Uint8Array } {
  const body = encodeBody('WELCOME', {
    genesis: offer.genesis,
    invite: offer.invite,
    preview: { ...offer.preview, attemptsLeft },
    nonce,
    share
  })

  return { body, frame: encodeFrame('WELCOME', body, macOf(offer.secret, 'welcome', ends, body, [knock])) }
}

/** Waits for the Ack. The ADMIT is durable: a lost Ack takes nothing back. */
function * acknowledged (): Side<void> {
  try {
    yield * receive('step')
  } catch {
    // the member is in the log either way
  }
}
