/** Connections that meeting opens, and ends when nothing needs them; an app's own ones are left alone. */
import { delay, timeout } from '../../async/clock.js'
import { peerIdOf } from '../../log/terms.js'
import { bestConnection } from '../../network/best-connection.js'
import { addressOf } from './addresses.js'
import { BACKOFF, DIAL_TIMEOUT, LINGER } from './constants.js'
import { untilConnected } from './until-connected.js'
import type { Clock } from '../../async/clock.js'
import type { Key } from '../../log/index.js'
import type { MeetingComponents } from './interface.js'
import type { PeerRecords } from './records.js'
import type { AbortOptions, Connection, Logger } from '@libp2p/interface'

export interface DialsInit {
  components: Pick<MeetingComponents, 'connectionManager' | 'events' | 'peerStore'>
  clock: Clock
  random: () => number
  records: PeerRecords
  log: Logger
  /** Does meeting need this member's connection? */
  isNeeded: (key: Key) => boolean
  /** Protocols whose streams need no connection kept open. */
  background: string[]
}

export class Dials {
  readonly #init: DialsInit
  readonly #opened = new Set<Connection>()
  readonly #timers = new Map<Key, unknown>()

  constructor (init: DialsInit) {
    this.#init = init
  }

  connectionTo (key: Key): Connection | undefined {
    return bestConnection(this.#init.components.connectionManager, peerIdOf(key))
  }

  /** @throws Nobody answers where this member is known to be. */
  async dial (key: Key, { signal }: AbortOptions = {}): Promise<Connection> {
    const there = this.connectionTo(key)

    if (there != null) {
      return there
    }

    const { components: { connectionManager, peerStore }, clock, records } = this.#init
    const options = { signal: AbortSignal.any([timeout(clock, DIAL_TIMEOUT), ...signal == null ? [] : [signal]]) }
    const peer = peerIdOf(key)
    const multiaddrs = records.addresses(key).map(address => addressOf(key, address))

    // beside what is known of it otherwise
    if (multiaddrs.length > 0) {
      await peerStore.merge(peer, { multiaddrs }, options)
    }

    try {
      const before = connectionManager.getConnections(peer)
      const connection = await connectionManager.openConnection(peer, options)

      // it may have come from there meanwhile, or been opened by an app
      if (connection.direction === 'outbound' && !before.includes(connection)) {
        this.#opened.add(connection)
        connection.addEventListener('close', () => { this.#opened.delete(connection) }, { once: true })
      }

      return connection
    } catch (err) {
      signal?.throwIfAborted()
      records.missed(key)
      throw err
    }
  }

  /** Dials a member until it is connected. @throws the signal's reason */
  async reach (key: Key, signal: AbortSignal): Promise<void> {
    const { components, clock, random, log } = this.#init

    for (let longest: number = BACKOFF[0]; this.connectionTo(key) == null; longest = Math.min(2 * longest, BACKOFF[1])) {
      try {
        await this.dial(key, { signal })
      } catch (err) {
        signal.throwIfAborted()
        log('could not reach a member yet - %e', err)
        const over = new AbortController()
        const waiting = AbortSignal.any([signal, over.signal])
        // or it dials this node
        await Promise.race([untilConnected(components, key, waiting), delay(clock, random() * longest, waiting)])
          .finally(() => { over.abort() })
      }
    }
  }

  /** A member's connection may be needed no more: it ends, after a while, unless somebody uses it then. */
  letGo (key: Key): void {
    if (!this.#timers.has(key) && [...this.#opened].some(({ remotePeer }) => remotePeer.equals(peerIdOf(key)))) {
      this.#timers.set(key, this.#init.clock.setTimeout(() => {
        this.#timers.delete(key)
        this.#close(key)
      }, LINGER))
    }
  }

  stop (): void {
    this.#timers.forEach(timer => { this.#init.clock.clearTimeout(timer) })
    this.#timers.clear()
    this.#opened.clear()
  }

  #close (key: Key): void {
    if (this.#init.isNeeded(key)) {
      return
    }

    for (const connection of this.#opened) {
      const isUsed = connection.streams.some(({ protocol }) => protocol !== '' && !this.#init.background.includes(protocol))

      if (connection.remotePeer.equals(peerIdOf(key)) && isUsed) {
        this.letGo(key)
      } else if (connection.remotePeer.equals(peerIdOf(key))) {
        connection.close().catch((err: unknown) => { this.#init.log('could not close a connection to %p - %e', connection.remotePeer, err) })
      }
    }
  }
}
