/** Streams with members: each keeps one log in step with another replica's. Loaded with the first log, or the first stream. */
import { raceSignal } from 'race-signal'
import { TypedEventEmitter } from 'main-event'
import { systemClock, timeout } from '../async/clock.js'
import { channelOf } from './channel.js'
import { EVIDENCE_TIMEOUT, GATHER, HELLO_TIMEOUT, LIMITED_WINDOW, PROTOCOL, WINDOW } from './constants.js'
import { Dialler, memberKeyOf } from './dialler.js'
import { admit, changedSince, greet, greetBack, readHello, refuse } from './greeting.js'
import { Greetings } from './greetings.js'
import { KeptLog } from './kept.js'
import { SyncMachine } from './machine.js'
import { refusalFor, RefusalCode, SyncRefusedError } from './refusal.js'
import { Session } from './session.js'
import type { Clock } from '../async/clock.js'
import type { Frame } from './frames.js'
import type { Greeted } from './greeting.js'
import type { Key, LogSyncComponents, LogSyncEvents, LogSyncInit, OpId, RecordSet, SyncableLog } from './interface.js'
import type { RefusalInit } from './refusal.js'
import type { Channel } from './channel.js'
import type { AbortOptions, Connection, Logger, PeerId, Stream } from '@libp2p/interface'

/** A stream on which two sides were introduced. */
interface Introduced {
  kept: KeptLog
  key: Key
  stream: Stream
  connection: Connection
  channel: Channel
}

export class LogStreams extends TypedEventEmitter<LogSyncEvents> {
  readonly #init: LogSyncInit
  readonly #clock: Clock
  readonly #log: Logger
  readonly #dialler: Dialler
  readonly #kept = new Map<OpId, KeptLog>()
  readonly #greetings: Greetings
  #stopped = new AbortController()

  constructor (components: LogSyncComponents, init: LogSyncInit) {
    super()
    this.#init = init
    this.#clock = init.clock ?? systemClock
    this.#log = components.logger.forComponent('plus-one:sync')
    this.#greetings = new Greetings(key => [...this.#kept.values()].some(({ log }) => log.standingOf(key).is === 'member'))
    this.#dialler = new Dialler(components, this.#log, async (kept, connection, key) => this.#open(kept, connection, key), this.#clock)
  }

  start (): void {
    this.#stopped = new AbortController()
    this.#dialler.start()
  }

  /** Opens no more streams: the node is about to stop. */
  beforeStop (): void {
    this.#dialler.end()
  }

  stop (): void {
    this.#stopped.abort(new DOMException('The node stopped', 'AbortError'))
    this.#kept.forEach(kept => { kept.stop() })
    this.#kept.clear()
  }

  /** A peer that speaks the protocol was connected. */
  connected (peer: PeerId): void {
    this.#kept.forEach(kept => { this.#dialler.dial(kept, peer) })
  }

  /** Serves a stream that a peer opened. */
  answer (stream: Stream, connection: Connection): void {
    this.#answer(stream, connection).catch((err: unknown) => { this.#end(stream, err as Error) })
  }

  /**
   * Keeps this log together with other members' from now on.
   *
   * @param records - What is kept beside it, each set with its number
   */
  add (log: SyncableLog, records: RecordSet[] = []): void {
    this.#kept.get(log.key)?.stop()
    const kept = new KeptLog(log, records, this.#clock, this.#init.late)
    this.#kept.set(log.key, kept)
    log.addEventListener('members', ({ detail }) => { this.#review(kept, detail) }, { signal: kept.signal })
    // who waits for the party, or for an Ack, is told first; `catchUp` waits for nothing. A turn, and no while: a clock that stands has it, too
    setTimeout(() => { this.#dialler.dialAll(kept) }, 0)
  }

  /** What is new goes to these members, and to all through them. */
  tell (party: OpId, links: ReadonlySet<Key>): void {
    this.#kept.get(party)?.retell(links)
  }

  /** Its streams end. */
  remove (party: OpId): void {
    this.#kept.get(party)?.stop()
    this.#kept.delete(party)
  }

  /**
   * Waits until what connected members have is here, or none answers: so that
   * what is written next has seen it. It resolves also where that takes longer.
   *
   * @param patience - ms
   */
  async catchUp (party: OpId, patience: number, { signal }: AbortOptions = {}): Promise<void> {
    const kept = this.#kept.get(party)
    const late = AbortSignal.any([timeout(this.#clock, patience), ...(signal == null ? [] : [signal])])

    if (kept == null) {
      return
    }

    this.#dialler.dialAll(kept)

    try {
      // streams that are being opened count too
      while (kept.opening.size > 0 && kept.live.size === 0) {
        await raceSignal(new Promise(resolve => setTimeout(resolve, GATHER)), late)
      }

      await raceSignal(Promise.all([...kept.live.values()].map(async ({ session }) => session.catchUp())), late)
    } catch {
      signal?.throwIfAborted()
    }
  }

  /**
   * Waits until the members that this node has a stream with acknowledged all that is here.
   *
   * @param patience - ms
   * @returns Those that did by then
   */
  async delivered (party: OpId, patience: number, { signal }: AbortOptions = {}): Promise<Key[]> {
    const late = AbortSignal.any([timeout(this.#clock, patience), ...(signal == null ? [] : [signal])])
    const live = [...this.#kept.get(party)?.live ?? []]
    const told = await Promise.all(live.map(async ([key, { session }]) => await raceSignal(session.delivered(), late).catch(() => false) ? [key] : []))
    signal?.throwIfAborted()

    return told.flat()
  }

  /** Opens streams to new members; tells those whose membership ended of that. Of these keys alone: of hundreds who are connected one changes. */
  #review (kept: KeptLog, keys: readonly Key[]): void {
    for (const key of keys) {
      const live = kept.live.get(key)
      const refusal = live == null ? undefined : refusalFor(kept.log.standingOf(key))

      if (live != null && refusal != null) {
        kept.live.delete(key)
        kept.retell()
        live.session.refuse(refusal, kept.shows(key, live.connection))
        this.#limit(live.stream, EVIDENCE_TIMEOUT, kept.signal)
      }
    }

    this.#dialler.dialSoon(kept, keys)
  }

  /** @returns Was it cut off with something still to come? undefined: nothing came. */
  async #open (kept: KeptLog, connection: Connection, key: Key): Promise<boolean | undefined> {
    const hello = { signal: AbortSignal.any([kept.signal, timeout(this.#clock, HELLO_TIMEOUT)]) }
    const stream = await connection.newStream((this.#init.protocol ?? PROTOCOL).id, { ...hello, runOnLimitedConnection: true })

    try {
      const channel = channelOf(stream)
      const introduced = { kept, key, stream, connection, channel }
      const greeted = await greet(channel, kept, hello)

      if ('code' in greeted) {
        this.#refused(introduced, greeted)
        const session = this.#session(introduced, { salt: new Uint8Array(), differing: [], told: [] }, false)
        await session.run({ signal: AbortSignal.any([kept.signal, timeout(this.#clock, EVIDENCE_TIMEOUT)]) }, { kind: 'refusal', refusal: greeted })
      }

      return 'code' in greeted ? undefined : await this.#run(introduced, greeted, false)
    } catch (err) {
      this.#end(stream, err as Error)
      throw err
    }
  }

  async #answer (stream: Stream, connection: Connection): Promise<void> {
    const key = memberKeyOf(connection.remotePeer) ?? ''
    const channel = channelOf(stream)
    const hello = { signal: AbortSignal.any([this.#stopped.signal, timeout(this.#clock, HELLO_TIMEOUT)]) }
    const { kept, theirs, former } = await this.#greetings.greet(key, async () => {
      const theirs = await readHello(channel, hello)
      const kept = this.#kept.get(theirs.party)

      return { kept, theirs, former: await admit(channel, kept?.log, key, hello) }
    })

    if (kept == null) {
      return
    }

    const introduced = { kept, key, stream, connection, channel }

    if (former != null) {
      await this.#show(introduced, former)
    } else if (!kept.mayAnswer(key, connection) && !await kept.outlives(key, connection)) {
      if (kept.isOther(key, connection)) {
        kept.live.get(key)?.session.tellInUse()
      }

      // there is, or will be, the other one: ops need not come twice
      await refuse(channel, { code: RefusalCode.DUPLICATE }, hello)
    } else {
      kept.answering.add(key)

      try {
        if (await this.#run(introduced, await greetBack(channel, kept.sets, theirs, hello), true) === true) {
          this.#dialler.resume(kept, connection.remotePeer, key)
        }
      } finally {
        kept.answering.delete(key)
      }
    }
  }

  /** Shows one whose membership ended what ended it, where `shows` lets it. */
  async #show (introduced: Introduced, { refusal, asked }: { refusal: RefusalInit, asked: Frame }): Promise<void> {
    const { kept, key, connection, channel } = introduced

    if (!kept.shows(key, connection)) {
      await refuse(channel, { code: RefusalCode.LIMIT }, { signal: kept.signal })
    }

    const session = this.#session(introduced, { salt: new Uint8Array(), differing: [], told: [] }, true)
    session.refuse(refusal, true, true)
    await session.run({ signal: AbortSignal.any([kept.signal, timeout(this.#clock, EVIDENCE_TIMEOUT)]) }, asked)
    await introduced.stream.close()
  }

  /** Runs a stream until it ends. */
  async #run (introduced: Introduced, greeted: Greeted, listener: boolean): Promise<boolean | undefined> {
    const { kept, key, stream, connection } = introduced
    const session = this.#session(introduced, greeted, listener)
    const live = { session, stream, connection }
    const before = kept.live.get(key)
    kept.stands(key, live)
    before?.stream.abort(new DOMException('There is a better stream', 'AbortError'))

    try {
      await session.run({ signal: kept.signal })
      await stream.close()
    } catch (err) {
      if (err instanceof SyncRefusedError) {
        this.#refused(introduced, err.reason)
        throw err
      }

      this.#end(stream, err as Error)
    } finally {
      if (kept.live.get(key) === live) {
        kept.live.delete(key)
        kept.retell()
      }
    }

    return session.progressed ? session.unfinished : undefined
  }

  #session ({ kept, key, channel, connection }: Introduced, greeted: Greeted, listener: boolean): Session {
    const { log, sets, records } = kept
    const { salt, differing } = greeted
    const turn = kept.turns.turn()
    const machine = new SyncMachine({
      sets,
      salt,
      listener,
      turn,
      window: connection.limits == null ? this.#init.window ?? WINDOW : LIMITED_WINDOW,
      size: () => log.size,
      evidence: (of, known) => [...log.evidence(of, known)].map(op => ({ op }))
    })
    machine.begin(differing)
    // from here on news are told; what came since the Hello is looked for
    changedSince(greeted, sets).forEach(set => { machine.look(set) })

    return new Session({
      log, sets, records, peer: key, machine, channel, turn,
      isTold: () => kept.tells(key),
      laters: kept.laters,
      onProgress: (progress) => { this.safeDispatchEvent('progress', { detail: { ...progress, party: log.key, peer: key } }) },
      onInUse: () => { this.safeDispatchEvent('refused', { detail: { code: RefusalCode.IN_USE, party: log.key, peer: key } }) },
      onAgreed: () => { this.safeDispatchEvent('agreed', { detail: { party: log.key, peer: key } }) }
    })
  }

  #refused ({ kept, key }: Introduced, reason: RefusalInit): void {
    if (kept.minds(key, reason)) {
      this.safeDispatchEvent('refused', { detail: { ...reason, party: kept.log.key, peer: key } })
    }
  }

  /** Ends a stream that takes longer than it may. */
  #limit (stream: Stream, patience: number, signal: AbortSignal): void {
    const late = AbortSignal.any([signal, timeout(this.#clock, patience)])
    late.addEventListener('abort', () => { stream.abort(late.reason as Error) }, { once: true })
  }

  #end (stream: Stream, err: Error): void {
    this.#log('a log stream ended - %e', err)

    if (err instanceof SyncRefusedError) {
      // what was said is still to be read
      stream.close({ signal: timeout(this.#clock, HELLO_TIMEOUT) }).catch(() => {})
    } else {
      stream.abort(err)
    }
  }
}
