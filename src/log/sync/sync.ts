/** Keeps this node's logs together with those of members that it is connected to. */
import { bytesToHex } from '@noble/hashes/utils.js'
import { TypedEventEmitter } from 'main-event'
import { raceSignal } from 'race-signal'
import { NotPermittedError, ProtocolError } from '../../errors.js'
import { isMember } from './membership.js'
import { channelOf, Session } from './session.js'
import type { Progress, ProfileStore } from './session.js'
import type { MembershipLog } from '../log.js'
import type { MemberKey, Op } from '../op.js'
import type { ComponentLogger, Connection, Logger, PeerId, Startable, Stream } from '@libp2p/interface'
import type { ConnectionManager, Registrar } from '@libp2p/interface-internal'

/** The log protocol's id (DESIGN section 6). */
export const LOG_PROTOCOL = '/plus-one/log/1.0.0'

/** How long new ops gather before they are told, ms: a burst is one message, and an admission is acknowledged first. */
const GATHER = 20

/** How long the other side may take to say hello, ms. */
const HELLO_TIMEOUT = 10_000

/** Waits before a lost stream is opened again on a connection that stands, ms: they double up to the second. */
const BACKOFF = [250, 60_000] as const

export interface LogSyncComponents {
  registrar: Registrar
  connectionManager: ConnectionManager
  logger: ComponentLogger
}

export interface LogSyncEvents {
  'progress': CustomEvent<Progress & { party: string }>
}

/** A log and what is known of its streams. */
interface Kept {
  log: MembershipLog
  sessions: Map<MemberKey, { session: Session, stream: Stream }>
  /** Members that are being dialled, or waited for. */
  dialling: Set<MemberKey>
  /** Members whose dial is being answered. */
  answering: Set<MemberKey>
  news: Op[]
  profiles: Array<{ records: Uint8Array[], from?: Session }>
  timer?: ReturnType<typeof setTimeout>
}

export class LogSync extends TypedEventEmitter<LogSyncEvents> implements Startable {
  readonly #components: LogSyncComponents
  readonly #profiles: ProfileStore
  readonly #log: Logger
  readonly #kept = new Map<string, Kept>()
  #stopped = new AbortController()
  #topology: string | undefined

  constructor (components: LogSyncComponents, profiles: ProfileStore) {
    super()
    this.#components = components
    this.#profiles = profiles
    this.#log = components.logger.forComponent('plus-one:sync')
  }

  async start (): Promise<void> {
    const { registrar } = this.#components
    this.#stopped = new AbortController()

    await registrar.handle(LOG_PROTOCOL, (stream, connection) => {
      this.#answer(stream, connection).catch(err => { this.#ended(stream, connection.remotePeer, err as Error) })
    }, { runOnLimitedConnection: true, maxInboundStreams: 256 })
    this.#topology = await registrar.register(LOG_PROTOCOL, {
      notifyOnLimitedConnection: true,
      onConnect: (peerId) => { this.#kept.forEach(kept => { this.#dial(kept, peerId) }) }
    })
  }

  async stop (): Promise<void> {
    this.#stopped.abort(new DOMException('The node stopped', 'AbortError'))
    this.#kept.forEach(({ timer }) => { clearTimeout(timer) })
    this.#kept.clear()
    await this.#components.registrar.unhandle(LOG_PROTOCOL)

    if (this.#topology != null) {
      this.#components.registrar.unregister(this.#topology)
    }
  }

  /** Keeps this log together with others' from now on. */
  add (log: MembershipLog): void {
    const kept: Kept = { log, sessions: new Map(), dialling: new Set(), answering: new Set(), news: [], profiles: [] }
    this.#kept.set(log.key, kept)
    this.#gather(kept, [])
    log.addEventListener('ops', ({ detail }) => { this.#gather(kept, detail) }, { signal: this.#stopped.signal })
  }

  /** Tells connected members of profiles, after the ops that made their owners members. */
  tell (records: Uint8Array[], from?: Session): void {
    this.#kept.forEach((kept) => {
      if (from == null || from.log === kept.log) {
        kept.profiles.push({ records, from })
        this.#gather(kept, [])
      }
    })
  }

  /**
   * Waits until what connected members have is here, or none answers: so that
   * what is written next has seen it.
   *
   * @param timeout - ms
   */
  async catchUp (log: MembershipLog, timeout: number, signal?: AbortSignal): Promise<void> {
    const kept = this.#kept.get(log.key)
    const late = AbortSignal.any([AbortSignal.timeout(timeout), ...(signal == null ? [] : [signal])])

    if (kept == null) {
      return
    }

    const sessions = (): Array<Promise<void>> => [...kept.sessions.values()].map(async ({ session }) => session.caughtUp)
    this.#dialAll(kept)

    try {
      // streams that are being opened count too
      while (kept.dialling.size + kept.answering.size > 0 && kept.sessions.size === 0) {
        await raceSignal(new Promise(resolve => setTimeout(resolve, GATHER)), late)
      }

      await raceSignal(Promise.all(sessions()), late)
    } catch {
      signal?.throwIfAborted()
    }
  }

  #gather (kept: Kept, ops: Op[]): void {
    kept.news.push(...ops)

    if (kept.timer == null) {
      kept.timer = setTimeout(() => {
        kept.timer = undefined
        this.#publish(kept, kept.news.splice(0), kept.profiles.splice(0))
      }, GATHER)

      if (typeof kept.timer === 'object') {
        kept.timer.unref()
      }
    }
  }

  /** Pushes to whom there is a stream, and opens one to members who have none. */
  #publish (kept: Kept, ops: Op[], profiles: Kept['profiles']): void {
    const { log, sessions } = kept
    const options = { signal: this.#stopped.signal }

    for (const [key, { session, stream }] of sessions) {
      session.push(ops, options)
        .then(async () => {
          for (const { records, from } of profiles) {
            if (from !== session) {
              await session.pushProfiles(records, options)
            }
          }

          if (log.member(key) == null) {
            // it was told of its removal, and gets nothing more
            sessions.delete(key)
            await stream.close()
          }
        })
        .catch(err => { stream.abort(err as Error) })
    }

    this.#dialAll(kept)
  }

  #dialAll (kept: Kept): void {
    new Map(this.#components.connectionManager.getConnections().map(({ remotePeer }) => [remotePeer.toString(), remotePeer]))
      .forEach(peer => { this.#dial(kept, peer) })
  }

  #dial (kept: Kept, peer: PeerId, wait: number = BACKOFF[0]): void {
    const key = memberOf(peer)

    if (key == null || kept.log.member(key) == null || kept.sessions.has(key) || kept.dialling.has(key) || kept.answering.has(key) || this.#stopped.signal.aborted) {
      return
    }

    const connections = this.#components.connectionManager.getConnections(peer).filter(({ status }) => status === 'open')
    const connection = connections.find(({ limits }) => limits == null) ?? connections[0]

    if (connection == null) {
      return
    }

    kept.dialling.add(key)
    this.#open(kept, connection, key)
      .catch(err => { this.#log('could not sync with %p - %e', peer, err) })
      .finally(() => {
        const timer = setTimeout(() => {
          kept.dialling.delete(key)
          this.#dial(kept, peer, Math.min(2 * wait, BACKOFF[1]))
        }, wait)

        if (typeof timer === 'object') {
          timer.unref()
        }
      })
  }

  async #open (kept: Kept, connection: Connection, key: MemberKey): Promise<void> {
    const signal = this.#stopped.signal
    const stream = await connection.newStream(LOG_PROTOCOL, { signal: AbortSignal.any([signal, AbortSignal.timeout(HELLO_TIMEOUT)]), runOnLimitedConnection: true })

    try {
      const channel = channelOf(stream)
      const session = this.#session(kept, key, channel)
      const hello = { signal: AbortSignal.any([signal, AbortSignal.timeout(HELLO_TIMEOUT)]) }
      const proof = kept.log.proof()
      await session.hello(hello, proof == null ? [] : [...proof.authority, proof.admit])
      const first = await channel.read(hello)

      await this.#run(kept, key, session, stream, first)
    } catch (err) {
      this.#ended(stream, connection.remotePeer, err as Error)
    }
  }

  async #answer (stream: Stream, { remotePeer }: Connection): Promise<void> {
    const key = memberOf(remotePeer) ?? ''
    const channel = channelOf(stream)
    const hello = { signal: AbortSignal.any([this.#stopped.signal, AbortSignal.timeout(HELLO_TIMEOUT)]) }
    const first = await channel.read(hello)

    if (first.hello == null) {
      throw new ProtocolError('A log stream begins with a Hello')
    }

    const kept = this.#kept.get(bytesToHex(first.hello.party))

    if (kept?.log.hasLeft(key) === true && !await isMember(kept.log, key, first.hello.proof)) {
      await this.#session(kept, key, channel).farewell(first.hello.known.map(bytesToHex), hello)
      await stream.close(hello)
      return
    }

    if (kept == null || !await isMember(kept.log, key, first.hello.proof)) {
      await channel.write({ profiles: [], refused: true }, hello)
      throw new NotPermittedError('A peer that is not a member asked for a party\'s log')
    }

    if (kept.sessions.has(key) || kept.answering.has(key) || (kept.dialling.has(key) && kept.log.self < key)) {
      // there is, or will be, the other one: ops need not come twice
      await stream.close(hello)
      return
    }

    kept.answering.add(key)

    try {
      const session = this.#session(kept, key, channel)
      await session.hello(hello)
      await this.#run(kept, key, session, stream, first)
    } finally {
      kept.answering.delete(key)
    }
  }

  #session (kept: Kept, peer: MemberKey, channel: ReturnType<typeof channelOf>): Session {
    return new Session(channel, {
      log: kept.log,
      peer,
      profiles: this.#profiles,
      onProgress: progress => { this.safeDispatchEvent('progress', { detail: { ...progress, party: kept.log.key } }) },
      onProfiles: (records, from) => { this.tell(records, from) }
    })
  }

  /** Runs a session until its stream ends. */
  async #run (kept: Kept, key: MemberKey, session: Session, stream: Stream, first: Parameters<Session['run']>[0]): Promise<void> {
    const mine = { session, stream }
    kept.sessions.set(key, mine)

    try {
      await session.run(first, { signal: this.#stopped.signal })
    } finally {
      if (kept.sessions.get(key) === mine) {
        kept.sessions.delete(key)
      }
    }
  }

  #ended (stream: Stream, peer: PeerId, err: Error): void {
    this.#log('a log stream with %p ended - %e', peer, err)

    if (err.name === 'NotPermittedError') {
      stream.close().catch(() => {})
    } else {
      stream.abort(err)
    }
  }
}

function memberOf (peer: PeerId): MemberKey | undefined {
  return peer.type === 'Ed25519' ? bytesToHex(peer.publicKey.raw) : undefined
}
