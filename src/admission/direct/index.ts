/**
 * Direct invitations: an inviter hands the code to the peer whom it is for over a
 * connection that is there, and that peer's app says yes or no. The code lets
 * nobody else in: the INVITE names the key (docs/handshake.md, "Direct invitations").
 * What both ends are made of is loaded with the first one.
 *
 * Wire of `/plus-one/direct/1.0.0`: the inviter sends one length-prefixed message,
 * the code's text; the other side, having stored it, answers with an empty one.
 */
import { Observable } from '../../interface/observable.js'
import { keyOf } from '../../log/terms.js'
import { storedKeys } from '../../storage/records.js'
import { MAX_STREAMS, RECEIVED } from './constants.js'
import type { Delivery } from './delivery.js'
import type { Inbox } from './inbox.js'
import type { DirectInvitationsInit } from './interface.js'
import type { ReceivedInvitation } from '../../interface/index.js'
import type { Key } from '../../log/index.js'
import type { Connection, PeerId, Stream } from '@libp2p/interface'

export class DirectInvitations extends Observable<readonly ReceivedInvitation[]> {
  readonly #init: DirectInvitationsInit
  #exchange: Promise<{ delivery: Delivery, inbox: Inbox }> | undefined
  #received: readonly ReceivedInvitation[] = []
  #topology = ''

  constructor (init: DirectInvitationsInit) {
    super()
    this.#init = init
  }

  async start (): Promise<void> {
    const { protocol, components: { registrar } } = this.#init
    await registrar.handle(protocol.id, (stream, connection) => { this.#take(stream, connection) }, { runOnLimitedConnection: true, maxInboundStreams: MAX_STREAMS, ...protocol.limits })
    this.#topology = await registrar.register(protocol.id, {
      notifyOnLimitedConnection: true,
      onConnect: (peer) => { this.#onConnect(peer) }
    })
  }

  /** The store is this node's now: what awaited an answer is there again. @throws {StorageError} */
  async load (): Promise<void> {
    if ((await storedKeys(this.#init.components.datastore, RECEIVED)).length > 0) {
      await this.#load()
    }
  }

  async stop (): Promise<void> {
    const { registrar } = this.#init.components
    registrar.unregister(this.#topology)
    await registrar.unhandle(this.#init.protocol.id)
    await this.clear()
  }

  /** Hands this member what is for it, now if it is connected, else as soon as it is. */
  deliver (key: Key): void {
    this.#load().then(({ delivery }) => { delivery.deliver(key) }).catch((err: unknown) => { this.#init.log('direct invitations could not be handed over - %e', err) })
  }

  /** What a peer sent is gone, unanswered. @throws {StorageError} */
  async forgetAll (peer: PeerId): Promise<void> {
    const exchange = await this.#exchange
    await exchange?.inbox.forgetAll(peer)
  }

  /** Nothing is known of what came, nor of what is to be handed over. */
  async clear (): Promise<void> {
    const exchange = await this.#exchange?.catch(() => undefined)
    this.#exchange = undefined
    exchange?.delivery.stop()
    exchange?.inbox.stop()
  }

  /** What came by these lookup ids is gone, unanswered. @throws {StorageError} */
  async forgetThose (ids: ReadonlySet<string>): Promise<void> {
    const exchange = await this.#exchange
    await exchange?.inbox.forgetThose(ids)
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
    const take = async (): Promise<void> => {
      await this.#init.ready()
      this.#init.assertFree(connection.remotePeer)
      const { inbox } = await this.#load()
      await inbox.take(stream, connection)
    }

    take().catch((err: Error) => {
      this.#init.log('a direct invitation of %p was not taken - %e', connection.remotePeer, err)
      stream.abort(err)
    })
  }

  async #load (): Promise<{ delivery: Delivery, inbox: Inbox }> {
    this.#exchange ??= this.#open().catch((err: unknown) => {
      // the next one tries again
      this.#exchange = undefined
      throw err
    })

    return this.#exchange
  }

  async #open (): Promise<{ delivery: Delivery, inbox: Inbox }> {
    const { Delivery, Inbox } = await import('./exchange.js')
    const [delivery, inbox] = [new Delivery(this.#init), new Inbox(this.#init)]
    inbox.subscribe(() => {
      this.#received = inbox.getSnapshot()
      this.changed()
    })
    await inbox.start()

    return { delivery, inbox }
  }
}
