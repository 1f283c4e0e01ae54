/** Tells of the messages that nodes of one page send each other: names and sizes, never contents. */
import { INVITE_PROTOCOL } from '../../src/invitation/constants.js'
import { decodeFrame } from '../../src/invitation/frames.js'
import type { Libp2p, StreamMiddleware } from '@libp2p/interface'

export interface Message {
  from: string
  /** KNOCK, WELCOME, … (docs/handshake.md, "Frames"). */
  name: string
  /** On the wire, with its length prefix, before encryption. */
  bytes: number
}

/** Calls `tell` for each message of a handshake that the node sends. */
export function watch (node: Libp2p, from: string, tell: (message: Message) => void): void {
  const middleware: StreamMiddleware = (stream, connection, next) => {
    // libp2p adds each inbound stream's handler to the array that it was given: the next stream gets a new one
    node.use(INVITE_PROTOCOL, [middleware])
    const send = stream.send.bind(stream)

    stream.send = (data) => {
      tell({ from, name: nameOf(data.subarray()), bytes: data.byteLength })

      return send(data)
    }

    next(stream, connection)
  }

  node.use(INVITE_PROTOCOL, [middleware])
}

/** A frame's name; its length prefix ends at the first byte below 128. */
function nameOf (message: Uint8Array): string {
  try {
    return decodeFrame(message.subarray(message.findIndex(byte => byte < 128) + 1)).type
  } catch {
    return 'unknown'
  }
}
