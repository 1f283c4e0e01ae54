/**
 * The frames of the handshake as typed values (docs/handshake.md, "Frames"):
 * lengths and limits are checked here, once, for both sides. Decoding is total:
 * whatever comes, it gives a frame or throws a ProtocolError.
 */
import { TAG_LENGTH } from '../cpace/index.js'
import { ProtocolError } from '../errors.js'
import { MAX_GRANTED_LENGTH } from '../keys/grant-secrets.js'
import { NONCE_LENGTH, SHARE_LENGTH } from '../pake/constants.js'
import { HASH_LENGTH, KEY_LENGTH, LOOKUP_ID_LENGTH, MAX_AUTHORITY, MAX_DATA, MAX_HEADS, MAX_PROFILE_RECORD, MAX_REASON, SIGNATURE_LENGTH } from './constants.js'
import { Answer, Decline, Frame, FrameType, Grant, Knock, Refusal, Retry, Waiting, Welcome } from './pb/message.js'
import type { Preview } from './pb/message.js'
import type { AnyBytes } from '../codec/index.js'

export { FrameType }

/** What each type's body holds; ACK and CANCEL have none. */
export interface Bodies {
  KNOCK: Knock
  WELCOME: Welcome
  ANSWER: Answer
  GRANT: Grant
  ACK: undefined
  RETRY: Retry
  WAITING: Waiting
  DECLINE: Decline
  CANCEL: undefined
  REFUSAL: Refusal
}

export type FrameName = keyof Bodies

/** As they are sent: bytes in any buffer. Of a Grant what is known before its secrets are sealed. */
export type GrantFrame = AnyBytes<Omit<Grant, 'secrets'>>
export type PreviewFrame = AnyBytes<Preview>

/** A frame as it came: its body decoded, and the bytes that its MAC covers. */
export type DecodedFrame = { [K in FrameName]: { type: K, body: Bodies[K], bytes: Uint8Array, mac: Uint8Array } }[FrameName]

const codecs = { KNOCK: Knock, WELCOME: Welcome, ANSWER: Answer, GRANT: Grant, RETRY: Retry, WAITING: Waiting, DECLINE: Decline, REFUSAL: Refusal }

type WithBody = keyof typeof codecs

function need (holds: boolean, what: string): void {
  if (!holds) {
    throw new ProtocolError(`The other side sent a bad ${what}; check that both run a current plus-one`)
  }
}

const checks: { [K in WithBody]: (body: Bodies[K]) => void } = {
  KNOCK: ({ lookupId, nonce }) => {
    need(lookupId.length === LOOKUP_ID_LENGTH && nonce.length === NONCE_LENGTH, 'Knock')
  },
  WELCOME: ({ genesis, invite, nonce, share, preview }) => {
    need(genesis.length === HASH_LENGTH && invite.length === HASH_LENGTH && nonce.length === NONCE_LENGTH, 'Welcome')
    need((share.length === 0 || share.length === SHARE_LENGTH) && preview != null, 'Welcome')
    need(preview?.recovery == null || preview.recovery.length === KEY_LENGTH, 'preview')
    need(preview != null && preview.profile.length <= MAX_PROFILE_RECORD && preview.expiresAt <= BigInt(Number.MAX_SAFE_INTEGER), 'preview')
    need([preview?.app, preview?.data].every(data => data == null || data.length <= MAX_DATA), 'preview')
  },
  ANSWER: ({ share, tag, acceptance, profile, recovery }) => {
    need(share.length === SHARE_LENGTH && tag.length === TAG_LENGTH && acceptance.length === SIGNATURE_LENGTH, 'Answer')
    need(recovery.length === 0 || recovery.length === KEY_LENGTH, 'Answer')
    need(profile.length <= MAX_PROFILE_RECORD, 'profile record')
  },
  GRANT: ({ tag, admit, authority, heads, secrets }) => {
    need((tag.length === 0 || tag.length === TAG_LENGTH) && admit != null, 'Grant')
    need([admit, ...authority].every(op => op?.sig.length === SIGNATURE_LENGTH), 'Grant')
    need(heads.every(head => head.length === HASH_LENGTH), 'Grant')
    // a repeated one has no session key to seal them under
    need(secrets.length <= (tag.length === 0 ? 0 : MAX_GRANTED_LENGTH), 'Grant')
  },
  RETRY: ({ nonce, share }) => {
    need(nonce.length === NONCE_LENGTH && share.length === SHARE_LENGTH, 'Retry')
  },
  WAITING: ({ tag, nonce }) => {
    need(tag.length === TAG_LENGTH && nonce.length === NONCE_LENGTH, 'Waiting')
  },
  DECLINE: ({ reason }) => {
    need(reason.length <= MAX_REASON, 'Decline')
  },
  REFUSAL: () => {}
}

function isType (type: string): type is FrameName {
  return type in checks || type === 'ACK' || type === 'CANCEL'
}

function hasBody (type: FrameName): type is WithBody {
  return type in codecs
}

/**
 * Reads one frame.
 *
 * @throws {ProtocolError} Truncated, of an unknown type, or of wrong lengths.
 */
export function decodeFrame (bytes: Uint8Array): DecodedFrame {
  try {
    const { type, body, mac } = Frame.decode(bytes)
    need(isType(type), 'frame')

    if (!isType(type) || !hasBody(type)) {
      need(body.length === 0, 'frame')
      return { type, body: undefined, bytes: body, mac } as DecodedFrame
    }

    const decoded = codecs[type].decode(body, { limits: { authority: MAX_AUTHORITY, heads: MAX_HEADS } })
    const check = checks[type] as (body: unknown) => void
    check(decoded)

    return { type, body: decoded, bytes: body, mac } as DecodedFrame
  } catch (err) {
    throw err instanceof ProtocolError ? err : new ProtocolError(undefined, { cause: err })
  }
}

/** A body's bytes, which its MAC will cover. */
export function encodeBody <K extends WithBody> (type: K, body: Partial<AnyBytes<Bodies[K]>>): Uint8Array {
  const encode = codecs[type].encode as (body: object) => Uint8Array

  return encode(body)
}

/** One frame's bytes, without the length prefix. */
export function encodeFrame (type: FrameName, body: Uint8Array = new Uint8Array(), mac: Uint8Array = new Uint8Array()): Uint8Array {
  const encode = Frame.encode as (frame: AnyBytes<Frame>) => Uint8Array

  return encode({ type: FrameType[type], body, mac })
}
