/** The service: keeps this node's logs in step with those of members that it is connected to. */
import { TypedEventEmitter } from 'main-event'
import { MAX_INBOUND_STREAMS, PROTOCOL } from './constants.js'
import type { Key, LogSyncComponents, LogSyncEvents, LogSyncInit, OpId, RecordSet, SyncableLog } from './interface.js'
import type { LogStreams } from './streams.js'
import type { AbortOptions, Startable } from '@libp2p/interface'

export class LogSync extends TypedEventEmitter<LogSyncEvents> implements Startable {
  readonly #components: LogSyncComponents
  readonly #init: LogSyncInit
  /** What runs the streams: a node without a party has none. */
  #streams: Promise<LogStreams> | undefined
  #isStarted = false
  #topology = ''

  constructor (components: LogSyncComponents, init: LogSyncInit = {}) {
    super()
    this.#components = components
    this.#init = init
  }

  async start (): Promise<void> {
    const { registrar } = this.#components
    const { protocol = PROTOCOL, maxInboundStreams = MAX_INBOUND_STREAMS } = this.#init
    this.#isStarted = true
    await this.#streams?.then(streams => { streams.start() })
    await registrar.handle(protocol.id, (stream, connection) => {
      this.#load().then(streams => { streams.answer(stream, connection) }).catch((err: Error) => { stream.abort(err) })
    }, { runOnLimitedConnection: true, maxInboundStreams, ...protocol.limits })
    this.#topology = await registrar.register(protocol.id, {
      notifyOnLimitedConnection: true,
      onConnect: (peer) => { this.#streams?.then(streams => { streams.connected(peer) }).catch(() => {}) }
    })
  }

  /** Who has joined and goes again at once opens no stream. */
  async beforeStop (): Promise<void> {
    await this.#streams?.then(streams => { streams.beforeStop() })
  }

  async stop (): Promise<void> {
    const { registrar } = this.#components
    this.#isStarted = false
    registrar.unregister(this.#topology)
    await registrar.unhandle((this.#init.protocol ?? PROTOCOL).id)
    await this.#streams?.then(streams => { streams.stop() })
  }

  /**
   * Keeps this log together with other members' from now on.
   *
   * @param records - What is kept beside it, each set with its number
   */
  async add (log: SyncableLog, records: RecordSet[] = []): Promise<void> {
    const streams = await this.#load()

    if (this.#isStarted) {
      streams.add(log, records)
    }
  }

  /**
   * What is new goes to these members, and to all through them: to who else is
   * connected only while they are few. Until this is called, it goes to all.
   */
  tell (party: OpId, links: ReadonlySet<Key>): void {
    this.#streams?.then(streams => { streams.tell(party, links) }).catch(() => {})
  }

  /** Its streams end. */
  async remove (party: OpId): Promise<void> {
    await this.#streams?.then(streams => { streams.remove(party) })
  }

  /**
   * Waits until what connected members have is here, or none answers: so that
   * what is written next has seen it. It resolves also where that takes longer.
   *
   * @param timeout - ms
   */
  async catchUp (party: OpId, timeout: number, options?: AbortOptions): Promise<void> {
    await this.#streams?.then(async streams => streams.catchUp(party, timeout, options))
  }

  /**
   * Waits until the members that this node has a stream with acknowledged all that is here.
   *
   * @param timeout - ms
   * @returns Those that did by then
   */
  async delivered (party: OpId, timeout: number, options?: AbortOptions): Promise<Key[]> {
    return await this.#streams?.then(async streams => streams.delivered(party, timeout, options)) ?? []
  }

  async #load (): Promise<LogStreams> {
    this.#streams ??= import('./streams.js').then(({ LogStreams }) => {
      const streams = new LogStreams(this.#components, this.#init)
      streams.addEventListener('progress', ({ detail }) => { this.safeDispatchEvent('progress', { detail }) })
      streams.addEventListener('agreed', ({ detail }) => { this.safeDispatchEvent('agreed', { detail }) })
      streams.addEventListener('refused', ({ detail }) => { this.safeDispatchEvent('refused', { detail }) })

      return streams
    })

    return this.#streams
  }
}
