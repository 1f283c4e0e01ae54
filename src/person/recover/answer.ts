/** Who is asked: streams of strangers, of whom each has its share of places and of proofs that are looked at. */
import { bytesToHex, randomBytes } from '@noble/hashes/utils.js'
import { Allowance } from '../../limits/allowance.js'
import { originOf } from '../../limits/origin.js'
import { Shares } from '../../limits/shares.js'
import { verify } from '../../log/ed25519.js'
import { assertSecure } from '../../network/secure.js'
import { drive, StreamEnd } from '../../pake/machine.js'
import { FrameStream } from '../../streams/frame-stream.js'
import { MAX_FRAME, MAX_PROOFS, MAX_PROOFS_OF_PEER, MAX_STREAMS, MAX_STREAMS_OF_PEER, PROOFS_WINDOW, STEP_TIMEOUT } from './constants.js'
import { BusyError } from './errors.js'
import { member } from './machines.js'
import type { MemberEffect } from './machines.js'
import type { Seat } from './frames.js'
import type { Clock } from '../../async/clock.js'
import type { Key } from '../../log/index.js'
import type { Holder } from '../../limits/shares.js'
import type { Connection, PeerId, Stream } from '@libp2p/interface'

export interface AnsweringInit {
  self: PeerId
  clock: Clock
  /**
   * The seats of a recovery key that a peer proved, in parties of this node; that peer is entitled to their logs from
   * now on, for a while.
   */
  seatsOf: (recovery: Key, peer: PeerId) => Seat[]
}

interface Visitor extends Holder {
  stream: Stream
  /** Its proof has come, and is looked at. */
  isBusy: boolean
}

export class Answering {
  readonly #init: AnsweringInit
  readonly #visitors = new Shares<Visitor>()
  /** Proofs of keys that have no seat here. */
  readonly #proofs: Allowance

  constructor (init: AnsweringInit) {
    this.#init = init
    this.#proofs = new Allowance(init.clock, { ofPeer: MAX_PROOFS_OF_PEER, window: PROOFS_WINDOW })
  }

  /** Serves one stream until it ends; rejects with what went wrong, after the other side was told. */
  async answer (stream: Stream, connection: Connection, { signal }: { signal: AbortSignal }): Promise<void> {
    const { self, clock } = this.#init
    const peer = connection.remotePeer
    const visitor: Visitor = { peer: peer.toString(), origin: originOf(connection.remoteAddr), stream, isBusy: false }

    try {
      assertSecure(connection)
      this.#enter(visitor)
    } catch (err) {
      stream.abort(err as Error)
      throw err
    }

    const frames = new FrameStream(stream, MAX_FRAME, clock)

    try {
      await drive(member({ device: peer.toMultihash().bytes, member: self.toMultihash().bytes }, randomBytes), async (effect: MemberEffect): Promise<unknown> => {
        switch (effect.type) {
          case 'send': return frames.send(effect.frame, signal, STEP_TIMEOUT)
          case 'receive': return frames.receive(STEP_TIMEOUT, signal)
          case 'count': return this.#count(visitor)
          case 'verify': return verify(effect.key, effect.bytes, effect.signature)
          case 'find': return this.#find(visitor, effect.key, peer)
        }
      })
    } catch (err) {
      if (err instanceof StreamEnd) {
        stream.abort(err)
      }

      throw err
    } finally {
      this.#visitors.delete(visitor)
      await frames.close(signal)
    }
  }

  /** Where all places are taken, who has most of them gives one up, first one that waits for a proof. @throws {BusyError} */
  #enter (visitor: Visitor): void {
    const isFull = this.#visitors.size >= MAX_STREAMS
    const others = [...this.#visitors].filter(({ peer }) => peer === visitor.peer)
    const gone = others.length >= MAX_STREAMS_OF_PEER ? others[0] : isFull ? this.#visitors.yielding(visitor, ({ isBusy }) => !isBusy) : undefined

    if (gone == null && isFull) {
      throw new BusyError()
    }

    if (gone != null) {
      this.#visitors.delete(gone)
      gone.stream.abort(new BusyError())
    }

    this.#visitors.add(visitor)
  }

  /** @throws {BusyError} */
  #count (visitor: Visitor): void {
    if (!this.#proofs.has(visitor, MAX_PROOFS)) {
      throw new BusyError()
    }

    visitor.isBusy = true
    this.#proofs.take(visitor)
  }

  #find (visitor: Visitor, key: Uint8Array, peer: PeerId): Seat[] {
    const seats = this.#init.seatsOf(bytesToHex(key), peer)

    if (seats.length > 0) {
      this.#proofs.giveBack(visitor.peer)
    }

    return seats
  }
}
