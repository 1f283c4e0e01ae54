/** Opens a guarded stream to another member, which is told for which party it is (docs/guarded-streams.md). */
import { NotMemberError, ProtocolError } from '../errors.js'
import { keyOf } from '../log/terms.js'
import { GREETING_TIMEOUT } from './constants.js'
import { nameOf, openerOf, refusalIn } from './greeting.js'
import { deadline } from './reception.js'
import { roleOf } from './role.js'
import type { Clock } from '../async/clock.js'
import type { OpenStreamOptions } from '../interface/index.js'
import type { MembershipLog } from '../log/index.js'
import type { PeerId, Stream } from '@libp2p/interface'
import type { ConnectionManager } from '@libp2p/interface-internal'

/** The names of what a stream that ends unanswered throws. */
const BROKEN = ['UnexpectedEOFError', 'StreamResetError', 'StreamStateError', 'StreamClosedError', 'TimeoutError', 'InvalidDataLengthError', 'InvalidMessageLengthError', 'InvalidDataLengthLengthError']

export interface OpeningInit {
  peerId: PeerId
  connectionManager: ConnectionManager
  clock: Clock
}

/**
 * @throws {NotMemberError} One of the two is no member, as far as the other knows.
 * @throws {RoleTooLowError}
 */
export async function openStream ({ peerId, connectionManager, clock }: OpeningInit, log: MembershipLog, peer: PeerId, protocol: string | string[], { signal, ...options }: OpenStreamOptions = {}): Promise<Stream> {
  if (roleOf(log, peer) == null) {
    throw new NotMemberError('This peer is not a member of the party, as far as this node knows; see party.members')
  }

  const connection = await connectionManager.openConnection(peer, { signal })
  const stream = await connection.newStream(protocol, { ...options, signal })
  const { late, callOff } = deadline(clock, GREETING_TIMEOUT)
  const patience = { signal: signal == null ? late : AbortSignal.any([late, signal]) }
  const frames = openerOf(stream)

  try {
    await frames.write(nameOf(log.key, keyOf(peerId), keyOf(peer)), patience)
    const refusal = refusalIn((await frames.read(patience)).subarray(), stream.protocol)

    if (refusal != null) {
      throw refusal
    }

    return frames.unwrap()
  } catch (err) {
    stream.abort(err as Error)
    signal?.throwIfAborted()
    throw BROKEN.includes((err as Error).name) ? new ProtocolError('The stream ended before it was answered; the other side was busy, or runs no current plus-one: try again', { cause: err }) : err
  } finally {
    callOff()
  }
}
