/** The client of `/rendezvous/1.0.0`: one request, and its answer, on a stream of its own, as rust-libp2p does. */
import { InvalidMessageError } from '@libp2p/interface'
import { lpStream } from '@libp2p/utils'
import { MAX_MESSAGE_LENGTH, REQUEST_TIMEOUT, RENDEZVOUS_PROTOCOL } from './constants.js'
import { RendezvousStatusError, ResponseStatus } from './errors.js'
import { Message } from './pb/message.js'
import { openRecord, sealRecord } from './records.js'
import type { Discovered, DiscoveredPeer, DiscoverOptions, RegisterOptions, RendezvousClientComponents, RendezvousPoint } from './interface.js'
import type { RecordForm } from './records.js'
import type { AbortOptions } from '@libp2p/interface'

/** Registers with rendezvous points, and asks them (docs/rendezvous.md). */
export class RendezvousClient {
  readonly #components: RendezvousClientComponents
  /** Points that read rust-libp2p's form of peer records alone. */
  readonly #routingState = new Set<string>()

  constructor (components: RendezvousClientComponents) {
    this.#components = components
  }

  /**
   * Registers this node, with its addresses of now, under a namespace.
   *
   * A point that does not read the standard form of a peer record, as
   * rust-libp2p's do not, and hang up, is given theirs.
   *
   * @returns Seconds that the registration lives: register again before they are over
   * @throws {RendezvousStatusError}
   */
  async register (point: RendezvousPoint, namespace: string, options: RegisterOptions = {}): Promise<number> {
    const known = this.#routingState.has(point.toString())

    try {
      return await this.#register(point, namespace, known ? 'routing-state' : 'standard', options)
    } catch (err) {
      if (known || !isUnread(err)) {
        throw err
      }

      const ttl = await this.#register(point, namespace, 'routing-state', options)
      this.#routingState.add(point.toString())

      return ttl
    }
  }

  async #register (point: RendezvousPoint, namespace: string, form: RecordForm, { ttl, signal }: RegisterOptions): Promise<number> {
    const { peerId, privateKey, addressManager } = this.#components
    const signedPeerRecord = await sealRecord(peerId, privateKey, addressManager.getAddresses(), { form, signal }) as Uint8Array<ArrayBuffer>
    const { registerResponse } = await this.#request(point, { type: Message.MessageType.REGISTER, register: { ns: namespace, signedPeerRecord, ttl } }, { signal })

    assertOk(registerResponse)

    if (registerResponse.ttl == null) {
      throw new InvalidMessageError('The rendezvous point did not say how long the registration lives')
    }

    return registerResponse.ttl
  }

  /** Takes a registration back. The protocol has no answer to that. */
  async unregister (point: RendezvousPoint, namespace: string, options: AbortOptions = {}): Promise<void> {
    await this.#send(point, { type: Message.MessageType.UNREGISTER, unregister: { ns: namespace } }, options)
  }

  /**
   * Who is registered under a namespace. Registrations that are not signed by the
   * peer that they are about are left out.
   *
   * @throws {RendezvousStatusError}
   */
  async discover (point: RendezvousPoint, namespace: string, { limit, cookie, signal }: DiscoverOptions = {}): Promise<Discovered> {
    const { discoverResponse } = await this.#request(point, {
      type: Message.MessageType.DISCOVER,
      discover: { ns: namespace, limit, cookie: cookie as Uint8Array<ArrayBuffer> | undefined }
    }, { signal })

    assertOk(discoverResponse)

    const peers = await Promise.all(discoverResponse.registrations.slice(0, limit).map(async ({ ns, signedPeerRecord, ttl }): Promise<DiscoveredPeer | undefined> => {
      try {
        return ns === namespace && signedPeerRecord != null ? { ...await openRecord(signedPeerRecord, { signal }), ttl: ttl ?? 0 } : undefined
      } catch {
        signal?.throwIfAborted()
        return undefined
      }
    }))

    return { peers: peers.filter(peer => peer != null), cookie: discoverResponse.cookie }
  }

  async #request (point: RendezvousPoint, message: Message, options: AbortOptions): Promise<Message> {
    const answer = await this.#send(point, message, options, true)

    return Message.decode(answer)
  }

  async #send (point: RendezvousPoint, message: Message, options: AbortOptions, isAnswered: true): Promise<Uint8Array>
  async #send (point: RendezvousPoint, message: Message, options: AbortOptions): Promise<undefined>
  async #send (point: RendezvousPoint, message: Message, options: AbortOptions, isAnswered = false): Promise<Uint8Array | undefined> {
    const timeout = AbortSignal.timeout(REQUEST_TIMEOUT)
    const signal = options.signal == null ? timeout : AbortSignal.any([options.signal, timeout])
    const connection = await this.#components.connectionManager.openConnection(point, { signal })
    const stream = await connection.newStream(RENDEZVOUS_PROTOCOL, { signal })

    try {
      const messages = lpStream(stream, { maxDataLength: MAX_MESSAGE_LENGTH })
      await messages.write(Message.encode(message), { signal })
      const answer = isAnswered ? (await messages.read({ signal })).subarray() : undefined
      await stream.close({ signal })

      return answer
    } catch (err) {
      stream.abort(err as Error)
      throw err
    }
  }
}

/** Was a REGISTER not understood? rust-libp2p ends the stream then, others have a status for it. */
function isUnread (err: unknown): boolean {
  return err instanceof RendezvousStatusError
    ? err.status === ResponseStatus.E_INVALID_SIGNED_PEER_RECORD
    : ['StreamResetError', 'StreamClosedError', 'UnexpectedEOFError'].includes((err as Error).name)
}

function assertOk <T extends { status?: ResponseStatus, statusText?: string }> (response: T | undefined): asserts response is T {
  if (response?.status == null) {
    throw new InvalidMessageError('The rendezvous point sent no answer to what was asked')
  }

  if (response.status !== ResponseStatus.OK) {
    throw new RendezvousStatusError(response.status, response.statusText)
  }
}
