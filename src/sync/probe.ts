/** Does a connection that stands still lead to somebody? One that lost its other end is noticed late: over WebRTC after half a minute. */
import { byteStream } from '@libp2p/utils'
import { raceSignal } from 'race-signal'
import type { Connection } from '@libp2p/interface'

/** libp2p's ping, as its connection monitor asks it. */
const PING = '/ipfs/ping/1.0.0'
const PING_LENGTH = 32

/** What the other end says where it knows no ping: by its answer, or by ending the stream. */
const SAID_SO = ['UnsupportedProtocolError', 'StreamResetError', 'UnexpectedEOFError']

/** Asks the other end for any answer; one that knows no ping says so. @param signal - Until when */
export async function answers (connection: Connection, signal: AbortSignal): Promise<boolean> {
  try {
    const stream = await raceSignal(connection.newStream(PING, { signal, runOnLimitedConnection: true }), signal)

    try {
      const bytes = byteStream(stream)
      await bytes.write(crypto.getRandomValues(new Uint8Array(PING_LENGTH)), { signal })
      await bytes.read({ bytes: PING_LENGTH, signal })
    } finally {
      stream.abort(new DOMException('It was asked for an answer only', 'AbortError'))
    }

    return true
  } catch (err) {
    return SAID_SO.includes((err as Error).name)
  }
}
