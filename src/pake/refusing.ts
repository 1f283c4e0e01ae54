/** What a side that serves strangers does with an error: it tells the guest, then ends. */
import { ProtocolError } from '../errors.js'
import { StreamEnd } from './machine.js'
import type { Handshake } from './machine.js'

/** The guest speaks another version of the protocol. */
export class VersionError extends ProtocolError {
  constructor () {
    super('The guest speaks another version of plus-one; update the older side')
  }
}

/**
 * Runs a side. What it throws is told to the guest first, where the stream still
 * stands, and thrown again.
 *
 * @param refuse - Sends the Refusal that an error means
 */
export function * refusing <E, R> (side: Handshake<E, R>, refuse: (error: unknown) => Handshake<E, void>): Handshake<E, R> {
  try {
    return yield * side
  } catch (err) {
    if (!(err instanceof StreamEnd)) {
      yield * refuse(err)
    }

    throw err
  }
}
