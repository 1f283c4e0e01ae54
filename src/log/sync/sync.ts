/** Keeps this node's logs together with those of members that it is connected to. */
import { bytesToHex } from '@noble/hashes/utils.js'
import { TypedEventEmitter } from 'main-event'
import { answerExchange, dialExchange } from './exchange.js'
import type { Progress } from './exchange.js'
import type { MembershipLog } from '../log.js'
import type { MemberKey } from '../op.js'
import type { ComponentLogger, Connection, Logger, PeerId, Startable, Stream } from '@libp2p/interface'
import type { ConnectionManager, Registrar } from '@libp2p/interface-internal'

/** The log protocol's id (DESIGN section 6). */
export const LOG_PROTOCOL = '/plus-one/log/1.0.0'

/** How long ops gather before they are told, ms: a burst is one exchange, and an admission is acknowledged first. */
const GATHER = 20

/** How long one exchange may take, ms; what was taken by then is kept, and the next goes on from there. */
const EXCHANGE_TIMEOUT = 60_000

export interface LogSyncComponents {
  registrar: Registrar
  connectionManager: ConnectionManager
  logger: ComponentLogger
}

export interface LogSyncEvents {
  'progress': CustomEvent<Progress & { party: string }>
}

export class LogSync extends TypedEventEmitter<LogSyncEvents> implements Startable {
  readonly #components: LogSyncComponents
  readonly #log: Logger
  readonly #logs = new Map<string, MembershipLog>()
  /** Exchanges under way, and whether another is wanted after. */
  readonly #running = new Map<string, boolean>()
  readonly #gathering = new Map<string, ReturnType<typeof setTimeout>>()
  #stopped = new AbortController()
  #topology: string | undefined

  constructor (components: LogSyncComponents) {
    super()
    this.#components = components
    this.#log = components.logger.forComponent('plus-one:sync')
  }

  async start (): Promise<void> {
    const { registrar } = this.#components
    this.#stopped = new AbortController()

    await registrar.handle(LOG_PROTOCOL, (stream, connection) => {
      this.#answer(stream, connection).catch(err => { this.#log('an exchange with %p ended - %e', connection.remotePeer, err) })
    }, { runOnLimitedConnection: true })
    this.#topology = await registrar.register(LOG_PROTOCOL, {
      notifyOnLimitedConnection: true,
      onConnect: (peerId) => { this.#logs.forEach(log => { this.#want(log, peerId) }) }
    })
  }

  async stop (): Promise<void> {
    this.#stopped.abort(new DOMException('The node stopped', 'AbortError'))
    this.#logs.clear()
    this.#gathering.forEach(timer => { clearTimeout(timer) })
    this.#gathering.clear()
    await this.#components.registrar.unhandle(LOG_PROTOCOL)

    if (this.#topology != null) {
      this.#components.registrar.unregister(this.#topology)
    }
  }

  /** Keeps this log together with others' from now on. */
  add (log: MembershipLog): void {
    const stopped = this.#stopped.signal
    this.#logs.set(log.key, log)
    this.#withAll(log)
    log.addEventListener('ops', () => { this.#withAll(log) }, { signal: stopped })
  }

  /** With every connected member, soon. */
  #withAll (log: MembershipLog): void {
    if (this.#gathering.has(log.key)) {
      return
    }

    const timer = setTimeout(() => {
      this.#gathering.delete(log.key)
      this.#withAllNow(log)
    }, GATHER)
    this.#gathering.set(log.key, timer)

    if (typeof timer === 'object') {
      timer.unref()
    }
  }

  #withAllNow (log: MembershipLog): void {
    const peers = new Map(this.#components.connectionManager.getConnections().map(({ remotePeer }) => [remotePeer.toString(), remotePeer]))
    peers.forEach(peer => { this.#want(log, peer) })
  }

  #want (log: MembershipLog, peer: PeerId): void {
    const key = memberOf(peer)

    if (key == null || log.member(key) == null || this.#stopped.signal.aborted) {
      return
    }

    const pair = `${log.key}/${key}`

    if (this.#running.has(pair)) {
      this.#running.set(pair, true)
      return
    }

    this.#running.set(pair, false)
    this.#exchange(log, peer)
      .catch(err => { this.#log('an exchange with %p ended - %e', peer, err) })
      .finally(() => {
        const again = this.#running.get(pair) === true
        this.#running.delete(pair)

        if (again) {
          this.#want(log, peer)
        }
      })
  }

  async #exchange (log: MembershipLog, peer: PeerId): Promise<void> {
    const connections = this.#components.connectionManager.getConnections(peer).filter(({ status }) => status === 'open')
    const connection = connections.find(({ limits }) => limits == null) ?? connections[0]

    if (connection == null) {
      return
    }

    const signal = AbortSignal.any([this.#stopped.signal, AbortSignal.timeout(EXCHANGE_TIMEOUT)])
    const stream = await connection.newStream(LOG_PROTOCOL, { signal, runOnLimitedConnection: true })

    await this.#finish(stream, async () => dialExchange(stream, log, { signal, onProgress: progress => { this.#progress(log, progress) } }))
  }

  async #answer (stream: Stream, { remotePeer }: Connection): Promise<void> {
    const signal = AbortSignal.any([this.#stopped.signal, AbortSignal.timeout(EXCHANGE_TIMEOUT)])

    await this.#finish(stream, async () => answerExchange(stream, memberOf(remotePeer) ?? '', party => this.#logs.get(party), { signal }))
  }

  async #finish (stream: Stream, run: () => Promise<void>): Promise<void> {
    try {
      await run()
      await stream.close({ signal: AbortSignal.timeout(5_000) })
    } catch (err) {
      if ((err as Error).name === 'NotPermittedError') {
        await stream.close({ signal: AbortSignal.timeout(5_000) }).catch(() => {})
      } else {
        stream.abort(err as Error)
      }

      throw err
    }
  }

  #progress (log: MembershipLog, progress: Progress): void {
    this.safeDispatchEvent('progress', { detail: { ...progress, party: log.key } })
  }
}

function memberOf (peer: PeerId): MemberKey | undefined {
  return peer.type === 'Ed25519' ? bytesToHex(peer.publicKey.raw) : undefined
}
