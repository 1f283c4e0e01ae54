/** A rendezvous point: the service that serves `/rendezvous/1.0.0`. */
import { serviceCapabilities, TimeoutError } from '@libp2p/interface'
import { lpStream, Queue, UnexpectedEOFError } from '@libp2p/utils'
import { utf8ToBytes } from '@noble/hashes/utils.js'
import { decodeLength } from '../../codec/index.js'
import { systemClock } from '../../async/clock.js'
import { originOf } from '../../limits/origin.js'
import {
  DEFAULT_TTL, IDLE_TIMEOUT, MAX_INBOUND_STREAMS, MAX_MESSAGE_LENGTH, MAX_NAMESPACE_LENGTH, MAX_PEERS_PER_QUERY, MAX_RECORD_LENGTH, MAX_REGISTRATIONS,
  MAX_REGISTRATIONS_PER_PEER, MAX_REQUEST_LENGTH, MAX_TTL, MIN_TTL, RENDEZVOUS_PROTOCOL, REQUEST_TIMEOUT
} from './constants.js'
import { Cookies } from './cookies.js'
import { RendezvousStatusError, ResponseStatus } from './errors.js'
import { Message } from './pb/message.js'
import { openRecord } from './records.js'
import { Registrations } from './registrations.js'
import { Visitors } from './visitors.js'
import type { Visitor } from './visitors.js'
import type { Holder } from '../../limits/shares.js'
import type { RendezvousServer, RendezvousServerComponents, RendezvousServerInit } from './interface.js'
import type { Connection, Logger, PeerId, Startable, Stream } from '@libp2p/interface'

/** How often what has lapsed is forgotten, ms; it is not given out either way. */
const EXPIRY_INTERVAL = 60_000

/** What a DISCOVER_RESPONSE adds to each record, bytes at most: tags, lengths, namespace, TTL. */
const OVERHEAD = MAX_NAMESPACE_LENGTH + 32

export class RendezvousService implements RendezvousServer, Startable {
  readonly [Symbol.toStringTag] = '@libp2p/rendezvous'
  readonly [serviceCapabilities]: string[] = ['@libp2p/rendezvous']
  readonly #components: RendezvousServerComponents
  readonly #init: Required<RendezvousServerInit>
  readonly #log: Logger
  readonly #registrations: Registrations
  /** One write after the other: limits hold under parallel requests. */
  readonly #writes = new Queue({ concurrency: 1 })
  #cookies = new Cookies()
  readonly #visitors = new Visitors()
  #running: AbortController | undefined
  #timer: unknown

  constructor (components: RendezvousServerComponents, init: RendezvousServerInit = {}) {
    this.#components = components
    this.#registrations = new Registrations(components.datastore)
    this.#log = components.logger.forComponent('libp2p:rendezvous:server')
    this.#init = {
      maxRegistrations: init.maxRegistrations ?? MAX_REGISTRATIONS,
      maxRegistrationsPerPeer: init.maxRegistrationsPerPeer ?? MAX_REGISTRATIONS_PER_PEER,
      minTtl: init.minTtl ?? MIN_TTL,
      maxTtl: init.maxTtl ?? MAX_TTL,
      mayListAll: init.mayListAll ?? (() => false),
      clock: init.clock ?? systemClock
    }
  }

  get size (): number { return this.#registrations.size }

  isStarted (): boolean {
    return this.#running != null
  }

  async start (): Promise<void> {
    if (this.#running != null) {
      return
    }

    this.#running = new AbortController()
    this.#cookies = new Cookies()
    await this.#registrations.load(this.#init.clock.now(), async (record) => {
      const { id, seqNumber } = await openRecord(record)

      return { peer: id.toString(), seqNumber }
    })
    this.#expire()
    await this.#components.registrar.handle(RENDEZVOUS_PROTOCOL, (stream, connection) => {
      this.#serve(stream, connection).catch((err: Error) => {
        this.#log('a request of %p failed - %e', connection.remotePeer, err)
        stream.abort(err)
      })
    }, { maxInboundStreams: MAX_INBOUND_STREAMS })
  }

  async stop (): Promise<void> {
    await this.#components.registrar.unhandle(RENDEZVOUS_PROTOCOL)
    this.#running?.abort(new DOMException('The node stopped', 'AbortError'))
    this.#running = undefined
    this.#init.clock.clearTimeout(this.#timer)
    await this.#writes.onIdle()
    this.#registrations.clear()
  }

  /** As many requests as the client likes on one stream, one after the other. */
  async #serve (stream: Stream, { remotePeer, remoteAddr }: Connection): Promise<void> {
    const messages = lpStream(stream, { maxDataLength: MAX_REQUEST_LENGTH, lengthDecoder: decodeLength })
    const visitor = { peer: remotePeer.toString(), origin: originOf(remoteAddr), stream }
    this.#visitors.enter(visitor)

    try {
      while (true) {
        const request = await this.#within(IDLE_TIMEOUT, async signal => messages.read({ signal })).catch((err: Error) => {
          // the client has all that it asked for
          if (err instanceof UnexpectedEOFError) {
            return undefined
          }

          throw err
        })

        if (request == null) {
          break
        }

        await this.#within(REQUEST_TIMEOUT, async signal => this.#visitors.work(visitor, signal, async () => {
          const answer = await this.#answer(Message.decode(request), remotePeer, visitor)

          if (answer != null) {
            await messages.write(Message.encode(answer), { signal })
          }
        }))
      }

      await this.#within(REQUEST_TIMEOUT, async signal => stream.close({ signal }))
    } finally {
      this.#visitors.leave(visitor)
    }
  }

  /** Waits for what a client does, up to a while, ms, and no longer than the node runs. */
  async #within <T> (ms: number, wait: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const { clock } = this.#init
    const over = new AbortController()
    const timer = clock.setTimeout(() => { over.abort(new TimeoutError('The client took too long')) }, ms)

    try {
      return await wait(this.#running == null ? over.signal : AbortSignal.any([over.signal, this.#running.signal]))
    } finally {
      clock.clearTimeout(timer)
    }
  }

  async #answer ({ type, register, unregister, discover }: Message, peer: PeerId, visitor: Visitor): Promise<Message | undefined> {
    if (type === Message.MessageType.REGISTER && register != null) {
      return { type: Message.MessageType.REGISTER_RESPONSE, registerResponse: await this.#status(async () => ({ ttl: await this.#register(register, peer, visitor) })) }
    }

    if (type === Message.MessageType.UNREGISTER && unregister != null) {
      await this.#writes.add(async () => this.#registrations.delete(unregister.ns ?? '', peer.toString()))
      return undefined
    }

    if (type === Message.MessageType.DISCOVER && discover != null) {
      return { type: Message.MessageType.DISCOVER_RESPONSE, discoverResponse: { registrations: [], ...await this.#status(async () => this.#discover(discover, peer)) } }
    }

    throw new Error('Not a request of /rendezvous/1.0.0')
  }

  async #status <T> (work: () => Promise<T>): Promise<T | { status: ResponseStatus, statusText: string }> {
    try {
      return { status: ResponseStatus.OK, ...await work() }
    } catch (err) {
      if (err instanceof RendezvousStatusError) {
        return { status: err.status, statusText: err.text }
      }

      this.#log.error('a request could not be served - %e', err)

      return { status: ResponseStatus.E_INTERNAL_ERROR, statusText: '' }
    }
  }

  async #register ({ ns, signedPeerRecord, ttl = DEFAULT_TTL }: Message.Register, peer: PeerId, { peer: id, origin }: Visitor): Promise<number> {
    const { clock, maxRegistrations, minTtl, maxTtl } = this.#init
    const namespace = namespaceOf(ns)

    if (ttl < minTtl || ttl > maxTtl) {
      throw new RendezvousStatusError(ResponseStatus.E_INVALID_TTL, `from ${minTtl} to ${maxTtl} seconds`)
    }

    // a flood costs a point no signatures
    this.#assertShare(namespace, id)
    const record = await opened(signedPeerRecord)

    if (!record.id.equals(peer)) {
      throw new RendezvousStatusError(ResponseStatus.E_NOT_AUTHORIZED, 'a peer registers itself alone')
    }

    await this.#writes.add(async () => {
      const before = this.#registrations.get(namespace, id)
      // of this peer's streams another one may have come first
      this.#assertShare(namespace, id)

      if (before == null && this.#registrations.size >= maxRegistrations) {
        await this.#registrations.expire(clock.now())

        if (this.#registrations.size >= maxRegistrations) {
          await this.#makeRoom({ peer: id, origin })
        }
      }

      if (before != null && before.seqNumber > record.seqNumber) {
        throw new RendezvousStatusError(ResponseStatus.E_INVALID_SIGNED_PEER_RECORD, 'a newer record of this peer is registered')
      }

      await this.#registrations.put({ ns: namespace, peer: id, origin, record: record.bytes, seqNumber: record.seqNumber, expiresAt: clock.now() + ttl * 1000 })
    })

    return ttl
  }

  /** @throws {RendezvousStatusError} The peer has all that it may, and this would be one more. */
  #assertShare (namespace: string, peer: string): void {
    const { maxRegistrationsPerPeer } = this.#init

    if (this.#registrations.get(namespace, peer) == null && this.#registrations.countOf(peer) >= maxRegistrationsPerPeer) {
      throw new RendezvousStatusError(ResponseStatus.E_NOT_AUTHORIZED, `a peer has at most ${maxRegistrationsPerPeer} registrations`)
    }
  }

  /** @throws {RendezvousStatusError} Nobody has more, nor is away. */
  async #makeRoom (newcomer: Holder): Promise<void> {
    const connected = new Set(this.#components.connectionManager.getConnections().map(({ remotePeer }) => remotePeer.toString()))
    const registration = this.#registrations.yielding(newcomer, connected)

    if (registration == null) {
      throw new RendezvousStatusError(ResponseStatus.E_UNAVAILABLE, 'this rendezvous point is full')
    }

    await this.#registrations.delete(registration.ns, registration.peer)
  }

  async #discover ({ ns, limit, cookie }: Message.Discover, peer: PeerId): Promise<Omit<Message.DiscoverResponse, 'status'>> {
    const now = this.#init.clock.now()

    if (ns == null && !this.#init.mayListAll(peer)) {
      throw new RendezvousStatusError(ResponseStatus.E_NOT_AUTHORIZED, 'name a namespace')
    }

    const namespace = ns == null ? undefined : namespaceOf(ns)
    const read = cookie == null ? 0 : this.#cookies.read(namespace, cookie)

    if (read == null) {
      throw new RendezvousStatusError(ResponseStatus.E_INVALID_COOKIE, 'ask again without it')
    }

    const registrations: Message.Register[] = []
    const most = Math.min(limit ?? MAX_PEERS_PER_QUERY, MAX_PEERS_PER_QUERY)
    let last = read
    let length = 0

    for (const registration of this.#registrations.since(namespace, read)) {
      if (registrations.length >= most || length + registration.record.length + OVERHEAD > MAX_MESSAGE_LENGTH) {
        break
      }

      last = registration.number

      if (registration.expiresAt > now) {
        length += registration.record.length + OVERHEAD
        registrations.push({ ns: registration.ns, signedPeerRecord: registration.record as Uint8Array<ArrayBuffer>, ttl: Math.ceil((registration.expiresAt - now) / 1000) })
      }
    }

    return { registrations, cookie: this.#cookies.bake(namespace, last) as Uint8Array<ArrayBuffer> }
  }

  #expire (): void {
    const { clock } = this.#init
    this.#timer = clock.setTimeout(() => {
      this.#writes.add(async () => this.#registrations.expire(clock.now())).catch((err: unknown) => { this.#log.error('lapsed registrations stay for now - %e', err) })
      this.#expire()
    }, EXPIRY_INTERVAL)
  }
}

/** @throws {RendezvousStatusError} */
function namespaceOf (ns: string | undefined): string {
  if (ns == null || ns === '' || utf8ToBytes(ns).length > MAX_NAMESPACE_LENGTH) {
    throw new RendezvousStatusError(ResponseStatus.E_INVALID_NAMESPACE, `1 to ${MAX_NAMESPACE_LENGTH} bytes`)
  }

  return ns
}

/** @throws {RendezvousStatusError} */
async function opened (bytes: Uint8Array | undefined): Promise<{ id: PeerId, seqNumber: bigint, bytes: Uint8Array }> {
  try {
    if (bytes != null && bytes.length <= MAX_RECORD_LENGTH) {
      return { ...await openRecord(bytes), bytes: Uint8Array.from(bytes) }
    }
  } catch {
    // told below
  }

  throw new RendezvousStatusError(ResponseStatus.E_INVALID_SIGNED_PEER_RECORD, `a signed peer record, at most ${MAX_RECORD_LENGTH} bytes`)
}
