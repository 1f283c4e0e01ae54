/**
 * Both sides of the recovery protocol (docs/persons.md, "Recovering"), for one stream: who asks proves
 * a recovery key, who is asked names the parties in which that key has a seat. The order of the lines is
 * the protocol: nothing is looked up for a key before its proof holds.
 */
import { utf8ToBytes } from '@noble/hashes/utils.js'
import { lvCat } from '../../cpace/index.js'
import { ProtocolError } from '../../errors.js'
import { perform } from '../../pake/machine.js'
import { AROUND_SEAT, MAX_FRAME, MAX_SEATS, NONCE_LENGTH } from './constants.js'
import { BusyError, NothingHereError } from './errors.js'
import { decodeFrame, encodeFrame, RecoverRefusalCode } from './frames.js'
import type { CommonEffect, Handshake } from '../../pake/index.js'
import type { Frame, Seat } from './frames.js'

const LABEL = utf8ToBytes('plus-one-recover/1\0')

/** The PeerIds (multihashes) as the connection proved them. */
export interface RecoverEnds {
  /** Who has the words. */
  device: Uint8Array
  /** Who is asked. */
  member: Uint8Array
}

/** The bytes that the recovery key signs: good on a connection between these two alone, and for this nonce. */
export function proofBytes ({ device, member }: RecoverEnds, nonce: Uint8Array, key: Uint8Array): Uint8Array {
  const parts = lvCat(device, member, nonce, key)
  const bytes = new Uint8Array(LABEL.length + parts.length)
  bytes.set(LABEL)
  bytes.set(parts, LABEL.length)

  return bytes
}

export type DeviceEffect = CommonEffect
  /** → a signature of these bytes by the recovery key */
  | { type: 'sign', bytes: Uint8Array }

export type MemberEffect = CommonEffect
  /** Counts a proof that is to be checked; throws BusyError. */
  | { type: 'count' }
  /** → boolean: does it hold? */
  | { type: 'verify', key: Uint8Array, bytes: Uint8Array, signature: Uint8Array }
  /** → Seat[]: those of a key that was proved */
  | { type: 'find', key: Uint8Array }

/**
 * Who has the words.
 *
 * @throws {NothingHereError} The key has no seat there.
 * @throws {BusyError}
 * @throws {ProtocolError}
 */
export function * device (ends: RecoverEnds, key: Uint8Array): Handshake<DeviceEffect, Seat[]> {
  const challenge = yield * told(['challenge'])

  if (challenge.kind !== 'challenge') {
    throw new ProtocolError()
  }

  const signature = yield * perform<Uint8Array, DeviceEffect>({ type: 'sign', bytes: proofBytes(ends, challenge.nonce, key) })
  yield * perform<void, DeviceEffect>({ type: 'send', frame: encodeFrame({ kind: 'proof', key, signature }) })
  const found: Seat[] = []

  while (true) {
    const answer = yield * told(['seats'])

    if (answer.kind !== 'seats' || (answer.seats.length === 0 && !answer.last) || found.length + answer.seats.length > MAX_SEATS) {
      throw new ProtocolError()
    }

    found.push(...answer.seats)

    if (answer.last) {
      return found
    }
  }
}

/** The member's next frame. */
function * told (kinds: Array<Frame['kind']>): Handshake<DeviceEffect, Frame> {
  const frame = decodeFrame(yield * perform<Uint8Array, DeviceEffect>({ type: 'receive', wait: 'step' }))

  if (frame.kind === 'refusal') {
    throw frame.code === RecoverRefusalCode.NOTHING ? new NothingHereError() : frame.code === RecoverRefusalCode.BUSY ? new BusyError() : new ProtocolError()
  }

  if (!kinds.includes(frame.kind)) {
    throw new ProtocolError()
  }

  return frame
}

/** Who is asked. What it throws was told to the other side first, where the stream still stands. */
export function * member (ends: RecoverEnds, random: (bytes: number) => Uint8Array): Handshake<MemberEffect, void> {
  try {
    yield * answer(ends, random)
  } catch (err) {
    const code = err instanceof NothingHereError ? RecoverRefusalCode.NOTHING : err instanceof BusyError ? RecoverRefusalCode.BUSY : err instanceof ProtocolError ? RecoverRefusalCode.PROTOCOL : undefined

    if (code != null) {
      yield * perform<void, MemberEffect>({ type: 'send', frame: encodeFrame({ kind: 'refusal', code }) })
    }

    throw err
  }
}

function * answer (ends: RecoverEnds, random: (bytes: number) => Uint8Array): Handshake<MemberEffect, void> {
  const nonce = random(NONCE_LENGTH)
  yield * perform<void, MemberEffect>({ type: 'send', frame: encodeFrame({ kind: 'challenge', nonce }) })
  const frame = decodeFrame(yield * perform<Uint8Array, MemberEffect>({ type: 'receive', wait: 'step' }))

  if (frame.kind !== 'proof') {
    throw new ProtocolError()
  }

  const { key, signature } = frame
  yield * perform<void, MemberEffect>({ type: 'count' })

  if (!(yield * perform<boolean, MemberEffect>({ type: 'verify', key, bytes: proofBytes(ends, nonce, key), signature }))) {
    throw new NothingHereError()
  }

  const seats = yield * perform<Seat[], MemberEffect>({ type: 'find', key })

  if (seats.length === 0) {
    throw new NothingHereError()
  }

  for (const { some, last } of framesOf(seats.slice(0, MAX_SEATS))) {
    yield * perform<void, MemberEffect>({ type: 'send', frame: encodeFrame({ kind: 'seats', seats: some, last }) })
  }
}

/** As many in one frame as fit. */
function * framesOf (seats: Seat[]): Iterable<{ some: Seat[], last: boolean }> {
  let some: Seat[] = []
  let bytes = AROUND_SEAT

  for (const seat of seats) {
    const size = seat.genesis.body.length + AROUND_SEAT

    if (bytes + size > MAX_FRAME) {
      yield { some, last: false }
      some = []
      bytes = AROUND_SEAT
    }

    some.push(seat)
    bytes += size
  }

  yield { some, last: true }
}
