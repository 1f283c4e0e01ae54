/**
 * Which connected devices of a party's members serve a protocol to this node, as each of them tells on a stream of its own
 * (docs/guarded-streams.md, "Who serves it").
 */
import { delay, timeout } from '../async/clock.js'
import { NotMemberError, ProtocolError } from '../errors.js'
import { Allowance } from '../limits/allowance.js'
import { keyOf, peerIdOf } from '../log/terms.js'
import { bestConnection } from '../network/best-connection.js'
import { BEGINNINGS, GREETING_TIMEOUT, MAX_WATCHES, WATCH_AGAIN, WATCH_STOOD } from './constants.js'
import { openerOf, questionOf, refusalIn } from './greeting.js'
import { roleOf } from './role.js'
import type { Clock } from '../async/clock.js'
import type { PartyTopology } from '../interface/index.js'
import type { LogEvents, MembershipLog } from '../log/index.js'
import type { Connection, Libp2pEvents, Logger, PeerId, TypedEventTarget } from '@libp2p/interface'
import type { ConnectionManager } from '@libp2p/interface-internal'

export interface ServingInit {
  log: MembershipLog
  protocol: string
  /** Also over a relay's connections that are limited? */
  limited: boolean
  peerId: PeerId
  connectionManager: ConnectionManager
  events: TypedEventTarget<Libp2pEvents>
  clock: Clock
  logger: Logger
  /** The id of the protocol by which it is asked. */
  serving: string
}

interface Watched {
  peer: PeerId
  life: AbortController
  /** What it said last, and what apps were told. */
  says: boolean
  serves: boolean
  /** Is it told of later, as it began too often? */
  isLate: boolean
  /** Looks again now. */
  again: () => void
}

export class Serving {
  readonly #init: ServingInit
  readonly #watched = new Map<string, Watched>()
  readonly #topologies = new Set<PartyTopology>()
  /** How often each began to serve it lately: also over its connections. */
  readonly #begun: Allowance
  #isOver = false

  constructor (init: ServingInit) {
    this.#init = init
    this.#begun = new Allowance(init.clock, BEGINNINGS)
    init.log.addEventListener('members', this.#onMembers)
    init.events.addEventListener('connection:open', this.#onConnection)
    init.events.addEventListener('peer:disconnect', this.#onDisconnect)
    init.connectionManager.getConnections().forEach(({ remotePeer }) => { this.#meet(remotePeer) })
  }

  get size (): number { return this.#topologies.size }

  /** Whoever serves it is told of, now and from now on. */
  add (topology: PartyTopology): void {
    this.#topologies.add(topology)
    this.#watched.forEach(({ peer, serves }) => { if (serves) this.#tell(topology, 'onConnect', peer) })
  }

  /** Nothing is told any more. */
  remove (topology: PartyTopology): void {
    this.#topologies.delete(topology)
  }

  /** Everybody who serves it is gone. */
  stop (): void {
    const { log, events } = this.#init
    log.removeEventListener('members', this.#onMembers)
    events.removeEventListener('connection:open', this.#onConnection)
    events.removeEventListener('peer:disconnect', this.#onDisconnect)
    this.#isOver = true
    this.#watched.forEach((watched) => { this.#leave(watched) })
  }

  /** libp2p lists the connection then, too, but since its last start it may be told of it after this. */
  readonly #onConnection = ({ detail: { remotePeer } }: Libp2pEvents['connection:open']): void => { queueMicrotask(() => { this.#meet(remotePeer) }) }

  readonly #onDisconnect = ({ detail }: Libp2pEvents['peer:disconnect']): void => { this.#leave(this.#watched.get(detail.toString())) }

  readonly #onMembers = ({ detail }: LogEvents['members']): void => {
    this.#watched.forEach((watched) => { if (!this.#isMember(watched.peer)) this.#leave(watched) })
    detail.flatMap(({ keys }) => keys).forEach((key) => { this.#meet(peerIdOf(key)) })
  }

  /** Somebody may serve it. */
  #meet (peer: PeerId): void {
    const name = peer.toString()
    const known = this.#watched.get(name)

    if (known != null) {
      known.again()
    } else if (!this.#isOver && this.#connectionOf(peer) != null && this.#isMember(peer)) {
      const watched: Watched = { peer, life: new AbortController(), says: false, serves: false, isLate: false, again: () => {} }
      this.#watched.set(name, watched)
      this.#follow(watched).catch((err: unknown) => { this.#init.logger.error('who serves a protocol is not known - %e', err) })
    }
  }

  /** It serves nothing any more, from now on. */
  #leave (watched: Watched | undefined): void {
    if (watched != null) {
      this.#watched.delete(watched.peer.toString())
      watched.life.abort()
      this.#show(watched, false)
    }
  }

  /** Asks it for as long as it is connected and a member. */
  async #follow (watched: Watched): Promise<void> {
    const { clock } = this.#init
    const { peer, life: { signal } } = watched
    const [first, longest] = WATCH_AGAIN

    for (let wait: number = first; ; wait = Math.min(2 * wait, longest)) {
      const again = Promise.withResolvers<void>()
      watched.again = again.resolve
      const connection = this.#connectionOf(peer)

      if (signal.aborted) {
        return
      }

      if (connection == null) {
        this.#leave(watched)
        return
      }

      const asked = clock.elapsed()
      await this.#ask(watched, connection).catch(() => { /* it went, or does not know yet who is a member */ })
      this.#show(watched, false)
      wait = clock.elapsed() - asked > WATCH_STOOD ? first : wait
      await Promise.race([again.promise, delay(clock, wait * (1 + Math.random()) / 2, signal)]).catch(() => { /* it is asked no more */ })
    }
  }

  /** @returns Never: it throws when the stream ends, for whatever reason */
  async #ask (watched: Watched, connection: Connection): Promise<never> {
    const { log, protocol, limited, peerId, clock, serving } = this.#init
    const { peer, life: { signal } } = watched
    const stream = await connection.newStream(serving, { signal, runOnLimitedConnection: limited, maxOutboundStreams: MAX_WATCHES })
    const end = (): void => { stream.abort(new Error('It is watched no more')) }
    signal.addEventListener('abort', end, { once: true })

    try {
      const frames = openerOf(stream)
      let patience = AbortSignal.any([signal, timeout(clock, GREETING_TIMEOUT)])
      await frames.write(questionOf(log.key, keyOf(peerId), keyOf(peer), protocol), { signal: patience })

      for (;;) {
        const refusal = refusalIn((await frames.read({ signal: patience })).subarray(), protocol)

        if (refusal instanceof NotMemberError || refusal instanceof ProtocolError) {
          throw refusal
        }

        // it may say more whenever that changes
        signal.throwIfAborted()
        patience = signal
        this.#show(watched, refusal == null)
      }
    } finally {
      signal.removeEventListener('abort', end)
      end()
    }
  }

  /** It says that. An app follows who serves it at a cost: of who begins again and again it is told now and then. */
  #show (watched: Watched, says: boolean): void {
    watched.says = says

    if (says && !watched.serves && this.#begun.isSpent(watched.peer.toString())) {
      this.#showLater(watched)
    } else if (watched.serves !== says) {
      watched.serves = says

      if (says) {
        const peer = watched.peer.toString()
        this.#begun.take({ peer, origin: peer })
      }

      this.#topologies.forEach((topology) => { this.#tell(topology, says ? 'onConnect' : 'onDisconnect', watched.peer) })
    }
  }

  #showLater (watched: Watched): void {
    const { clock } = this.#init

    if (!watched.isLate) {
      watched.isLate = true
      delay(clock, BEGINNINGS.window, watched.life.signal).then(() => {
        watched.isLate = false
        this.#show(watched, watched.says)
      }, () => { /* it is asked no more */ })
    }
  }

  #tell (topology: PartyTopology, what: 'onConnect' | 'onDisconnect', peer: PeerId): void {
    try {
      topology[what]?.(peer)
    } catch (err) {
      this.#init.logger.error('%s of a topology failed - %e', what, err)
    }
  }

  #isMember (peer: PeerId): boolean {
    return roleOf(this.#init.log, peer) != null
  }

  /** The one to ask on: not over a relay, where there is another. */
  #connectionOf (peer: PeerId): Connection | undefined {
    const { connectionManager, limited } = this.#init
    const best = bestConnection(connectionManager, peer)

    return best?.limits == null || limited ? best : undefined
  }
}
