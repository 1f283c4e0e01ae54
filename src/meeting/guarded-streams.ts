/**
 * Streams between members of a party: one protocol id serves all parties of a node, and each stream says first which one it is for
 * (docs/guarded-streams.md). Loaded when an app first calls `party.handle` or `party.newStream`.
 */
import { NotMemberError, RoleTooLowError } from '../errors.js'
import { isAtLeast } from '../interface/index.js'
import { MAX_INBOUND_STREAMS, MAX_OUTBOUND_STREAMS, MAX_PROTOCOL, NAME_LENGTH } from './constants.js'
import { Answer, encodeVerdict, listenerOf } from './greeting.js'
import { openStream } from './opening.js'
import { Reception } from './reception.js'
import { liveRoleOf } from './role.js'
import { Serving } from './serving.js'
import { Watchers } from './watchers.js'
import type { HandleOptions, OpenStreamOptions, PartyTopology, Role } from '../interface/index.js'
import type { MembershipLog, OpId } from '../log/index.js'
import type { Verdict } from './greeting.js'
import type { ReceptionInit } from './reception.js'
import type { AbortOptions, Connection, Libp2pEvents, Logger, PeerId, Stream, StreamHandler, TypedEventTarget } from '@libp2p/interface'
import type { ConnectionManager, Registrar } from '@libp2p/interface-internal'

export interface GuardedStreamsInit extends ReceptionInit {
  registrar: Registrar
  connectionManager: ConnectionManager
  events: TypedEventTarget<Libp2pEvents>
  logger: Logger
  /** The id of the protocol by which members ask whether a protocol is served. */
  serving: string
}

/** What one party serves under a protocol id. */
interface Served {
  handler: StreamHandler
  role: Role
  options: HandleOptions
}

/** An inbound stream that was accepted, until it closes: also when its handler has gone. */
interface Accepted {
  log: MembershipLog
  role: Role
  stream: Stream
  connection: Connection
}

export class GuardedStreams {
  readonly #init: GuardedStreamsInit
  /** By protocol id, then by party. */
  readonly #served = new Map<string, Map<OpId, Served>>()
  readonly #accepted = new Set<Accepted>()
  readonly #watchers = new Watchers((log, protocol, peer) => this.#judge(log, this.#served.get(protocol)?.get(log.key), peer))
  /** Who serves this node, by party, protocol, and whether limited connections count. */
  readonly #serving = new Map<string, Serving>()
  readonly #reception: Reception
  /** Logs whose changes are followed. */
  readonly #followed = new WeakSet<MembershipLog>()

  constructor (init: GuardedStreamsInit) {
    this.#init = init
    this.#reception = new Reception(init)
  }

  /**
   * Serves a party's members under a protocol id.
   *
   * @throws {TypeError} The party, or somebody else on this node, handles it already.
   */
  async handle (log: MembershipLog, protocol: string, handler: StreamHandler, options: HandleOptions = {}): Promise<void> {
    const { role = 'reader', force, signal } = options
    const served = this.#served.get(protocol) ?? new Map<OpId, Served>()
    const before = served.get(log.key)

    if (before != null && force !== true) {
      throw new TypeError(`This party handles ${protocol} already; take that away by unhandle(), or say force: true`)
    }

    this.#follow(log)
    served.set(log.key, { handler, role, options })
    this.#served.set(protocol, served)

    try {
      await this.#register(protocol, served, { signal })
      this.#watchers.review(log.key)
    } catch (err) {
      if (before == null) {
        await this.unhandle(log.key, protocol)
      } else {
        served.set(log.key, before)
      }

      throw err
    }
  }

  /** Takes that away; streams that are open go on, guarded as they were. */
  async unhandle (party: OpId, protocol: string, options?: AbortOptions): Promise<void> {
    const served = this.#served.get(protocol)

    if (served?.delete(party) !== true) {
      return
    }

    this.#watchers.review(party)

    if (served.size > 0) {
      await this.#register(protocol, served, options)
    } else {
      this.#served.delete(protocol)

      if (this.#isRegistered(protocol)) {
        await this.#init.registrar.unhandle(protocol, options)
      }
    }
  }

  /** The party is none of this node's any more: nothing is served for it. */
  async forget (party: OpId): Promise<void> {
    this.#serving.forEach((serving, name) => { if (name.startsWith(party)) this.#unwatch(name, serving) })
    this.#watchers.forget(party)
    await Promise.all([...this.#served.keys()].map(async protocol => this.unhandle(party, protocol)))
  }

  /**
   * Tells of each device of the members that serves a protocol to this node, for this party.
   *
   * @returns What ends it
   */
  topology (log: MembershipLog, protocol: string, topology: PartyTopology): () => void {
    const limited = topology.notifyOnLimitedConnection === true
    const name = `${log.key} ${limited} ${protocol}`
    const serving = this.#serving.get(name) ?? new Serving({ ...this.#init, log, protocol, limited })
    this.#serving.set(name, serving)
    // apart: one that is given twice is told twice
    const told = { ...topology }
    serving.add(told)

    return () => {
      serving.remove(told)

      if (serving.size === 0) {
        this.#unwatch(name, serving)
      }
    }
  }

  #unwatch (name: string, serving: Serving): void {
    serving.stop()

    if (this.#serving.get(name) === serving) {
      this.#serving.delete(name)
    }
  }

  /**
   * Opens a stream to another member, which is told for which party.
   *
   * @throws {NotMemberError} One of the two is no member, as far as the other knows.
   * @throws {RoleTooLowError}
   */
  async open (log: MembershipLog, peer: PeerId, protocol: string | string[], options?: OpenStreamOptions): Promise<Stream> {
    return openStream(this.#init, log, peer, protocol, options)
  }

  /** libp2p has one handler for a protocol, whatever number of parties has it: its limits are what they allow together. */
  async #register (protocol: string, served: Map<OpId, Served>, options: AbortOptions = {}): Promise<void> {
    const all = [...served.values()].map(({ options }) => options)
    const sum = (limits: number[]): number => limits.reduce((sum, limit) => sum + limit, 0)

    await this.#init.registrar.handle(protocol, this.#answer, {
      ...options,
      maxInboundStreams: sum(all.map(({ maxInboundStreams = MAX_INBOUND_STREAMS }) => maxInboundStreams)),
      maxOutboundStreams: sum(all.map(({ maxOutboundStreams = MAX_OUTBOUND_STREAMS }) => maxOutboundStreams)),
      runOnLimitedConnection: all.some(({ runOnLimitedConnection }) => runOnLimitedConnection === true),
      ...(this.#isRegistered(protocol) ? { force: true } : {})
    })
  }

  #isRegistered (protocol: string): boolean {
    const { registrar } = this.#init

    return registrar.getProtocols().includes(protocol) && registrar.getHandler(protocol).handler === this.#answer
  }

  /** libp2p's handler: what it throws aborts the stream. */
  readonly #answer: StreamHandler = async (stream, connection) => {
    const handle = await this.#reception.receive(connection.remotePeer, async patience => this.#greet(stream, connection, patience))
    await handle?.()
  }

  /** libp2p's handler of who asks whether a protocol is served. */
  readonly watched: StreamHandler = async (stream, connection) => {
    await this.#reception.receive(connection.remotePeer, async (patience) => {
      const first = (await listenerOf(stream, NAME_LENGTH + MAX_PROTOCOL).read(patience)).subarray()
      const log = await this.#reception.find(first.subarray(0, NAME_LENGTH), connection.remotePeer, patience)

      if (log == null || liveRoleOf(log, connection.remotePeer) == null) {
        await this.#reception.refuse(stream, { is: Answer.NOT_A_MEMBER })
      } else {
        this.#follow(log)
        this.#watchers.add({ log, protocol: new TextDecoder().decode(first.subarray(NAME_LENGTH)), peer: connection.remotePeer, stream })
      }
    })
  }

  /** @returns What hands the stream to the app; undefined: it was refused. */
  async #greet (stream: Stream, connection: Connection, patience: { signal: AbortSignal }): Promise<(() => void | Promise<void>) | undefined> {
    const frames = listenerOf(stream)
    const found = await this.#reception.find((await frames.read(patience)).subarray(), connection.remotePeer, patience)
    const served = this.#served.get(stream.protocol)?.get(found?.key ?? '')
    const verdict = this.#judge(found, served, connection.remotePeer)

    // from the answer on what comes is the app's
    frames.unwrap()

    if (verdict.is !== Answer.YES || found == null || served == null) {
      await this.#reception.refuse(stream, verdict)

      return undefined
    }

    this.#accept(found, served, stream, connection)
    stream.send(encodeVerdict(verdict))

    return () => served.handler(stream, connection)
  }

  #judge (log: MembershipLog | undefined, served: Served | undefined, opener: PeerId): Verdict {
    const role = log == null ? undefined : liveRoleOf(log, opener)

    if (role == null) {
      return { is: Answer.NOT_A_MEMBER }
    }

    if (served == null) {
      return { is: Answer.NOT_SERVED }
    }

    return isAtLeast(role, served.role) ? { is: Answer.YES } : { is: Answer.ROLE_TOO_LOW, needed: served.role }
  }

  /** From here on it ends when its peer does not qualify any more. @throws {RangeError} It is one too many, has gone, or is over a connection that the app does not want. */
  #accept (log: MembershipLog, { role, options }: Served, stream: Stream, connection: Connection): void {
    const { maxInboundStreams = MAX_INBOUND_STREAMS, runOnLimitedConnection = false } = options
    const others = [...this.#accepted].filter(other => other.log === log && other.connection === connection && other.stream.protocol === stream.protocol)

    // what libp2p allows is for all parties together
    if (stream.status !== 'open' || others.length >= maxInboundStreams || (connection.limits != null && !runOnLimitedConnection)) {
      throw new RangeError('The stream has gone, is one too many for its party, or is over a limited connection, which the app does not want')
    }

    const accepted = { log, role, stream, connection }
    this.#accepted.add(accepted)
    stream.addEventListener('close', () => { this.#accepted.delete(accepted) }, { once: true })
  }

  #follow (log: MembershipLog): void {
    if (!this.#followed.has(log)) {
      this.#followed.add(log)
      log.addEventListener('members', () => { this.#review(log) })
    }
  }

  /** Ends what was opened by who does not qualify any more. */
  #review (log: MembershipLog): void {
    this.#watchers.review(log.key)

    for (const { log: of, role, stream, connection } of this.#accepted) {
      const now = of === log ? liveRoleOf(log, connection.remotePeer) : undefined

      if (of === log && !isAtLeast(now, role)) {
        stream.abort(now == null ? new NotMemberError() : new RoleTooLowError(role))
      }
    }
  }
}
