/** A direct invitation at its inviter: handed over on each connection with whom it is for, until it is answered. */
import { lpStream } from '@libp2p/utils'
import { utf8ToBytes } from '@noble/hashes/utils.js'
import { decodeLength } from '../../codec/index.js'
import { peerIdOf } from '../../log/terms.js'
import { bestConnection } from '../../network/best-connection.js'
import { assertSecure } from '../../network/secure.js'
import { HANDING_TIMEOUT } from './constants.js'
import type { DirectInvitationsInit } from './interface.js'
import type { LocalInvitation } from '../invitation.js'
import type { Key } from '../../log/index.js'
import type { Connection } from '@libp2p/interface'

/** The first wait before what failed is handed over again, ms; it doubles up to the second. */
const BACKOFF = [1_000, 60_000] as const

type Targeted = LocalInvitation & { target: Key }

export class Delivery {
  readonly #init: Pick<DirectInvitationsInit, 'components' | 'protocol' | 'log' | 'clock' | 'invitations'>
  /** Where each was handed over last: who has a new connection may have lost it. */
  readonly #handed = new WeakMap<LocalInvitation, Connection>()
  /** Targets to whom something is being handed, and what gives that up. */
  readonly #busy = new Map<Key, { connection?: Connection, over: AbortController }>()
  readonly #running = new AbortController()
  #retry: unknown
  #wait: number = BACKOFF[0]

  constructor (init: Pick<DirectInvitationsInit, 'components' | 'protocol' | 'log' | 'clock' | 'invitations'>) {
    this.#init = init
  }

  stop (): void {
    this.#running.abort()
    this.#init.clock.clearTimeout(this.#retry)
    this.#retry = undefined
  }

  /** Hands this member what is for it, now if it is connected, else as soon as it is. */
  deliver (key: Key): void {
    this.#wait = BACKOFF[0]
    this.#deliver(key)
  }

  #deliver (key: Key): void {
    const handing = this.#busy.get(key)

    if (handing != null) {
      // what came in between is found by the next look
      this.#later()

      // who has come again, as a page that was loaded anew, hears nothing on the connection of before
      if (handing.connection != null && handing.connection !== bestConnection(this.#init.components.connectionManager, peerIdOf(key))) {
        handing.over.abort(new Error('There is a newer connection'))
      }

      return
    }

    const over = new AbortController()
    this.#busy.set(key, { over })
    this.#handAll(key, over.signal).catch(() => {}).finally(() => { this.#busy.delete(key) })
  }

  async #handAll (key: Key, over: AbortSignal): Promise<void> {
    const peer = peerIdOf(key)

    for (const invitation of this.#owed().filter(({ target }) => target === key)) {
      const connection = bestConnection(this.#init.components.connectionManager, peer)

      if (connection == null) {
        this.#later()
        return
      }

      Object.assign(this.#busy.get(key) ?? {}, { connection })
      await this.#hand(invitation, connection, over).catch((err: unknown) => {
        this.#init.log('a direct invitation was not handed to %p - %e', peer, err)
        this.#later()
      })

      if (over.aborted) {
        return
      }
    }
  }

  /** Connections come and go under what is handed over, and not each one that comes is told of: looks again. */
  #later (): void {
    if (this.#retry == null && !this.#running.signal.aborted) {
      this.#retry = this.#init.clock.setTimeout(() => {
        this.#retry = undefined
        this.#wait = Math.min(2 * this.#wait, BACKOFF[1])
        new Set(this.#owed().map(({ target }) => target)).forEach(key => { this.#deliver(key) })
      }, this.#wait)
    }
  }

  /** What nobody has answered, and was not handed over on a connection that is still there. */
  #owed (): Targeted[] {
    return [...this.#init.invitations()].filter((invitation): invitation is Targeted =>
      invitation.target != null && invitation.status === 'pending' && this.#handed.get(invitation)?.status !== 'open')
  }

  async #hand (invitation: LocalInvitation, connection: Connection, over: AbortSignal): Promise<void> {
    assertSecure(connection)
    const signal = AbortSignal.any([this.#running.signal, over, AbortSignal.timeout(HANDING_TIMEOUT)])
    const stream = await connection.newStream(this.#init.protocol.id, { signal, runOnLimitedConnection: true })
    const messages = lpStream(stream, { maxDataLength: 0, lengthDecoder: decodeLength })

    try {
      await messages.write(utf8ToBytes(invitation.code), { signal })
      await messages.read({ signal })
      this.#handed.set(invitation, connection)
      invitation.delivered()
      await stream.close({ signal })
    } catch (err) {
      stream.abort(err as Error)
      throw err
    }
  }
}
