/** How a guarded stream begins, at both ends: which party it is for, and yes or why not (docs/guarded-streams.md). */
import { lpStream } from '@libp2p/utils'
import { UnsupportedProtocolError } from '@libp2p/interface'
import { concatBytes, hexToBytes, utf8ToBytes } from '@noble/hashes/utils.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { decodeLength } from '../codec/index.js'
import { NotMemberError, ProtocolError, RoleTooLowError } from '../errors.js'
import { ROLES } from '../interface/index.js'
import { MAX_ANSWER, MAX_UNREAD, NAME_LENGTH, STREAM_LABEL } from './constants.js'
import type { Role } from '../interface/index.js'
import type { Key, OpId } from '../log/index.js'
import type { Stream } from '@libp2p/interface'
import type { LengthPrefixedStream } from '@libp2p/utils'

/** The first byte of the answer; they are never given another meaning. */
export const Answer = {
  YES: 0,
  /** The opener is no member, or there is no such party: the same word for both. */
  NOT_A_MEMBER: 1,
  /** The next byte is the least role that may, as a number of the log. */
  ROLE_TOO_LOW: 2,
  /** The party is there, and has no handler for this protocol. */
  NOT_SERVED: 3
} as const

export type Verdict =
  | { is: typeof Answer.YES }
  | { is: typeof Answer.NOT_A_MEMBER }
  | { is: typeof Answer.ROLE_TOO_LOW, needed: Role }
  | { is: typeof Answer.NOT_SERVED }

/**
 * What a party is called on a stream between two: only who knows the party can tell which it is, and no two pairs of peers say the same.
 *
 * @param party - The id of the GENESIS
 * @returns 32 bytes
 */
export function nameOf (party: OpId, opener: Key, listener: Key): Uint8Array {
  return sha256(concatBytes(utf8ToBytes(STREAM_LABEL), hexToBytes(party), hexToBytes(opener), hexToBytes(listener)))
}

/** What who asks whether a protocol is served says first: of which party, and of which protocol. */
export function questionOf (party: OpId, opener: Key, listener: Key, protocol: string): Uint8Array {
  return concatBytes(nameOf(party, opener, listener), utf8ToBytes(protocol))
}

/** A stream as its opener has it until it is answered. */
export function openerOf (stream: Stream): LengthPrefixedStream<Stream> {
  return lpStream(stream, { maxDataLength: MAX_ANSWER, lengthDecoder: decodeLength })
}

/** A stream as its listener has it until it knows what it is for. */
export function listenerOf (stream: Stream, most = NAME_LENGTH): LengthPrefixedStream<Stream> {
  return lpStream(stream, { maxDataLength: most, maxBufferSize: MAX_UNREAD, lengthDecoder: decodeLength })
}

/** The answer, with its length in front. */
export function encodeVerdict (verdict: Verdict): Uint8Array {
  return verdict.is === Answer.ROLE_TOO_LOW ? Uint8Array.of(2, verdict.is, ROLES.indexOf(verdict.needed)) : Uint8Array.of(1, verdict.is)
}

/** What the opener is told by an answer; undefined: yes. */
export function refusalIn (answer: Uint8Array, protocol: string): Error | undefined {
  const needed = ROLES[answer[1] ?? -1]

  if (answer[0] === Answer.ROLE_TOO_LOW && needed != null) {
    return new RoleTooLowError(needed)
  }

  if (answer.length !== 1) {
    return new ProtocolError()
  }

  switch (answer[0]) {
    case Answer.YES: return undefined
    case Answer.NOT_A_MEMBER: return new NotMemberError()
    case Answer.NOT_SERVED: return new UnsupportedProtocolError(`The other side does not handle ${protocol} for this party; see that its app calls party.handle()`)
    default: return new ProtocolError()
  }
}
