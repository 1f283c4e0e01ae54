/** Opens streams to members that this node is connected to, and again when they end. */
import { systemClock, timeout } from '../async/clock.js'
import { keyOf, peerIdOf } from '../log/terms.js'
import { bestConnection } from '../network/best-connection.js'
import { BACKOFF, HELLO_TIMEOUT } from './constants.js'
import { RefusalCode, SyncRefusedError } from './refusal.js'
import type { Clock } from '../async/clock.js'
import type { Key } from './interface.js'
import type { KeptLog } from './kept.js'
import type { Connection, Logger, PeerId } from '@libp2p/interface'
import type { ConnectionManager } from '@libp2p/interface-internal'

/** Refusals that another time may end differently soon. */
const PASSING: number[] = [RefusalCode.UNKNOWN, RefusalCode.DUPLICATE]

/** Runs a stream. Was it cut off with something still to come? undefined: nothing came. */
type Open = (kept: KeptLog, connection: Connection, key: Key) => Promise<boolean | undefined>

/** A member to whom streams are kept open, one after the other. */
interface Dialled {
  kept: KeptLog
  peer: PeerId
  key: Key
  wait: number
  unfinished: boolean
}

export class Dialler {
  readonly #connections: ConnectionManager
  readonly #log: Logger
  readonly #open: Open
  readonly #clock: Clock
  #isEnding = false

  constructor ({ connectionManager }: { connectionManager: ConnectionManager }, log: Logger, open: Open, clock: Clock = systemClock) {
    this.#connections = connectionManager
    this.#log = log
    this.#open = open
    this.#clock = clock
  }

  start (): void {
    this.#isEnding = false
  }

  /** The node is about to stop: a stream that is begun now would cost both sides, and bring neither anything. Those that stand go on. */
  end (): void {
    this.#isEnding = true
  }

  /** To all who are connected, are members, and have no stream; to none where the log is not kept any more. */
  dialAll (kept: KeptLog): void {
    new Map(this.#connections.getConnections().map(({ remotePeer }) => [remotePeer.toString(), remotePeer]))
      .forEach(peer => { this.dial(kept, peer) })
  }

  /** The same a little later: who has just become a member opens one itself, and knows before that nothing of the party. */
  dialSoon (kept: KeptLog, keys: readonly Key[]): void {
    for (const key of keys) {
      const connection = bestConnection(this.#connections, peerIdOf(key))

      if (connection != null && !kept.signal.aborted && kept.mayOpen(key, connection)) {
        this.resume(kept, connection.remotePeer, key, false)
      }
    }
  }

  /**
   * @param wait - Before the next stream, when this one has ended, ms
   * @param unfinished - Was the one before cut off with something still to come?
   */
  dial (kept: KeptLog, peer: PeerId, wait: number = BACKOFF[0], unfinished = false): void {
    const key = memberKeyOf(peer)
    const connection = bestConnection(this.#connections, peer)

    if (key != null && connection != null && !this.#isEnding && !kept.signal.aborted && kept.mayOpen(key, connection)) {
      this.#keepOpen({ kept, peer, key, wait, unfinished }, connection).catch((err: unknown) => { this.#log('could not dial %p again - %e', peer, err) })
    }
  }

  /** A stream that the peer opened was cut off with something still to come here: goes on over the next one, whoever opens it. */
  resume (kept: KeptLog, peer: PeerId, key: Key, unfinished = true): void {
    this.#again({ kept, peer, key, wait: BACKOFF[0], unfinished }).catch((err: unknown) => { this.#log('could not dial %p again - %e', peer, err) })
  }

  async #keepOpen (dialled: Dialled, connection: Connection): Promise<void> {
    await this.#again({ ...dialled, ...await this.#runOne(dialled, connection) })
  }

  /** Waits, and opens the next one. A relay ends its connections: what was interrupted goes on over another one. */
  async #again ({ kept, peer, key, wait, unfinished }: Dialled): Promise<void> {
    const longer = Math.min(2 * wait, BACKOFF[1])
    kept.pausing.add(key)
    await kept.pause(wait)
    kept.pausing.delete(key)

    if (unfinished && bestConnection(this.#connections, peer) == null && !kept.signal.aborted) {
      try {
        await this.#connections.openConnection(peer, { signal: AbortSignal.any([kept.signal, timeout(this.#clock, HELLO_TIMEOUT)]) })
      } catch (err) {
        if (wait === BACKOFF[1]) {
          throw err
        }

        return this.#again({ kept, peer, key, wait: longer, unfinished })
      }
    }

    this.dial(kept, peer, longer, unfinished)
  }

  async #runOne ({ kept, peer, key, wait, unfinished: before }: Dialled, connection: Connection): Promise<{ unfinished: boolean, wait: number }> {
    kept.opening.set(key, connection)

    try {
      const unfinished = await this.#open(kept, connection, key)

      return { unfinished: unfinished ?? before, wait: unfinished == null ? wait : BACKOFF[0] }
    } catch (err) {
      this.#log('could not sync with %p - %e', peer, err)

      // a stream over a connection that is just ending says nothing of what was to come
      return err instanceof SyncRefusedError
        ? { unfinished: false, wait: PASSING.includes(err.reason.code) ? wait : BACKOFF[1] }
        : { unfinished: before, wait }
    } finally {
      kept.opening.delete(key)
    }
  }
}

/** A peer's key, as members have it; undefined: it can be none's. */
export function memberKeyOf (peer: PeerId): Key | undefined {
  return peer.type === 'Ed25519' ? keyOf(peer) : undefined
}
