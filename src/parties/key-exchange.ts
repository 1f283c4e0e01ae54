/** What a node's parties ask members for, and are asked: secrets of their epochs, over `/plus-one/keys/1.0.0` (docs/keys.md, "Asking"). Loaded with the first party. */
import { MAX_INBOUND_STREAMS } from '../keys/asking/constants.js'
import { KeyAnswers } from './key-answers.js'
import { KeyAsker } from './key-asker.js'
import type { Clock } from '../async/clock.js'
import type { PartiesComponents } from '../interface/index.js'
import type { OpId } from '../log/index.js'
import type { Protocol } from '../network/protocols.js'
import type { PartyKeys } from './party-keys.js'
import type { Logger } from '@libp2p/interface'

export interface KeyExchangeInit {
  clock: Clock
  protocol: Protocol
}

export class KeyExchange {
  readonly #components: PartiesComponents
  readonly #init: KeyExchangeInit
  readonly #log: Logger
  readonly #parties = new Map<OpId, PartyKeys>()
  readonly #answers: KeyAnswers
  readonly #running = new AbortController()

  constructor (components: PartiesComponents, init: KeyExchangeInit) {
    this.#components = components
    this.#init = init
    this.#log = components.logger.forComponent('plus-one:keys')
    this.#answers = new KeyAnswers({ clock: init.clock, parties: () => this.#parties.values() })
  }

  async start (): Promise<void> {
    const { id, limits } = this.#init.protocol
    await this.#components.registrar.handle(id, (stream, connection) => {
      this.#answers.answer(stream, connection, this.#running).catch((err: unknown) => { this.#log('could not answer %p - %e', connection.remotePeer, err) })
    }, { runOnLimitedConnection: true, maxInboundStreams: MAX_INBOUND_STREAMS, ...limits })
  }

  async stop (): Promise<void> {
    this.#running.abort(new DOMException('The node stopped', 'AbortError'))
    await this.#components.registrar.unhandle(this.#init.protocol.id)
  }

  /** Members are asked for what this party lacks, and answered, until the signal aborts. */
  add (keys: PartyKeys, { signal }: { signal: AbortSignal }): void {
    const { connectionManager, events } = this.#components
    const { clock, protocol } = this.#init
    const until = AbortSignal.any([signal, this.#running.signal])

    if (!until.aborted) {
      this.#parties.set(keys.log.key, keys)
      until.addEventListener('abort', () => { this.#parties.delete(keys.log.key) }, { once: true })
      keys.ask(new KeyAsker({ log: keys.log, keyring: keys.keyring, history: () => keys.epoch.history, clock, protocol: protocol.id, connectionManager, events, logger: this.#log, signal: until }))
    }
  }
}
