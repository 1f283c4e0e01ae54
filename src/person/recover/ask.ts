/** Who has the words asks one member: in which parties has their key a seat? */
import { drive } from '../../pake/machine.js'
import { assertSecure } from '../../network/secure.js'
import { FrameStream } from '../../streams/frame-stream.js'
import { timeout } from '../../async/clock.js'
import { MAX_FRAME, RECOVER_PROTOCOL, STEP_TIMEOUT } from './constants.js'
import { device } from './machines.js'
import type { Seat } from './frames.js'
import type { Clock } from '../../async/clock.js'
import type { Connection, PeerId, PrivateKey } from '@libp2p/interface'

export interface AskInit {
  /** Its id on this node. @default RECOVER_PROTOCOL */
  protocol?: string
  self: PeerId
  recovery: PrivateKey
  clock: Clock
  signal: AbortSignal
}

/**
 * @throws {NothingHereError} The key has no seat in a party of that member.
 * @throws {BusyError}
 * @throws {StreamEnd} The stream was lost.
 * @throws {ProtocolError} Or the connection is not encrypted.
 * @throws the signal's reason
 */
export async function askForSeats (connection: Connection, { protocol = RECOVER_PROTOCOL, self, recovery, clock, signal }: AskInit): Promise<Seat[]> {
  assertSecure(connection)
  const stream = await connection.newStream(protocol, { signal: AbortSignal.any([signal, timeout(clock, STEP_TIMEOUT)]), runOnLimitedConnection: true })
  const frames = new FrameStream(stream, MAX_FRAME, clock)
  const ends = { device: self.toMultihash().bytes, member: connection.remotePeer.toMultihash().bytes }

  try {
    return await drive(device(ends, recovery.publicKey.raw), async (effect): Promise<unknown> => {
      switch (effect.type) {
        case 'send': return frames.send(effect.frame, signal, STEP_TIMEOUT)
        case 'receive': return frames.receive(STEP_TIMEOUT, signal)
        case 'sign': return recovery.sign(effect.bytes)
      }
    })
  } finally {
    await frames.close(signal)
  }
}
