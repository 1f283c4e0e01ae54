/** Direct invitations of this node, at both ends: what they are made of is loaded with the first one. */
import { DIRECT_PROTOCOL } from '../../invitation/index.js'
import { keyOf } from '../../log/terms.js'
import { Observable } from '../../observable.js'
import type { DirectExchange, DirectInit } from './exchange.js'
import type { ReceivedInvitation } from '../../interface/index.js'
import type { Key } from '../../log/index.js'
import type { Connection, PeerId, Stream } from '@libp2p/interface'
import type { Registrar } from '@libp2p/interface-internal'

export interface DirectInvitationsInit extends DirectInit {
  components: DirectInit['components'] & { registrar: Registrar }
}

export class DirectInvitations extends Observable<readonly ReceivedInvitation[]> {
  readonly #init: DirectInvitationsInit
  #exchange: Promise<DirectExchange> | undefined
  #received: readonly ReceivedInvitation[] = []
  #topology = ''

  constructor (init: DirectInvitationsInit) {
    super()
    this.#init = init
  }

  async start (): Promise<void> {
    const { registrar } = this.#init.components
    await registrar.handle(DIRECT_PROTOCOL, (stream, connection) => { this.#take(stream, connection) }, { runOnLimitedConnection: true })
    this.#topology = await registrar.register(DIRECT_PROTOCOL, {
      notifyOnLimitedConnection: true,
      onConnect: (peer) => { this.#onConnect(peer) }
    })
    await this.#exchange?.then(exchange => { exchange.start() })
  }

  async stop (): Promise<void> {
    const { registrar } = this.#init.components
    registrar.unregister(this.#topology)
    await registrar.unhandle(DIRECT_PROTOCOL)
    await this.#exchange?.then(exchange => { exchange.stop() })
  }

  /** Hands this member what is for it, now if it is connected, else as soon as it is. */
  deliver (key: Key): void {
    this.#load().then(exchange => { exchange.deliver(key) }).catch((err: unknown) => { this.#init.log('direct invitations could not be handed over - %e', err) })
  }

  protected override snapshot (): readonly ReceivedInvitation[] {
    return this.#received
  }

  #onConnect (peer: PeerId): void {
    const key = peer.type === 'Ed25519' ? keyOf(peer) : undefined

    if (key != null && [...this.#init.invitations()].some(({ target }) => target === key)) {
      this.deliver(key)
    }
  }

  #take (stream: Stream, connection: Connection): void {
    this.#load().then(async exchange => exchange.take(stream, connection)).catch((err: Error) => {
      this.#init.log('a direct invitation of %p was not taken - %e', connection.remotePeer, err)
      stream.abort(err)
    })
  }

  async #load (): Promise<DirectExchange> {
    this.#exchange ??= import('./exchange.js').then(({ DirectExchange }) => {
      const exchange = new DirectExchange(this.#init)
      exchange.subscribe(() => {
        this.#received = exchange.getSnapshot()
        this.changed()
      })

      return exchange
    })

    return this.#exchange
  }
}
