/** Streams with members: each keeps one log in step with another replica's. Loaded with the first log, or the first stream. */
import { raceSignal } from 'race-signal'
import { TypedEventEmitter } from 'main-event'
import { systemClock, timeout } from '../async/clock.js'
import { channelOf } from './channel.js'
import { GATHER, HELLO_TIMEOUT, PROTOCOL } from './constants.js'
import { Dialler, memberKeyOf } from './dialler.js'
import { admit, greet, greetBack, readHello, refuse } from './greeting.js'
import { Greetings } from './greetings.js'
import { KeptLog } from './kept.js'
import { refusalFor, RefusalCode } from './refusal.js'
import { StreamRunner } from './stream-runner.js'
import type { Clock } from '../async/clock.js'
import type { Key, LogSyncComponents, LogSyncEvents, LogSyncInit, OpId, RecordSet, SyncableLog } from './interface.js'
import type { AbortOptions, Connection, Logger, PeerId, Stream } from '@libp2p/interface'

export class LogStreams extends TypedEventEmitter<LogSyncEvents> {
  readonly #init: LogSyncInit
  readonly #clock: Clock
  readonly #log: Logger
  readonly #dialler: Dialler
  readonly #kept = new Map<OpId, KeptLog>()
  readonly #greetings: Greetings
  readonly #runner: StreamRunner
  #stopped = new AbortController()

  constructor (components: LogSyncComponents, init: LogSyncInit) {
    super()
    this.#init = init
    this.#clock = init.clock ?? systemClock
    this.#log = components.logger.forComponent('plus-one:sync')
    this.#greetings = new Greetings(key => [...this.#kept.values()].some(({ log }) => log.standingOf(key).is === 'member'))
    this.#runner = new StreamRunner({ clock: this.#clock, log: this.#log, window: init.window, dispatch: (type, detail) => { this.safeDispatchEvent(type, { detail }) } })
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
    this.#answer(stream, connection).catch((err: unknown) => { this.#runner.end(stream, err as Error) })
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
        this.#runner.limit(live.stream, kept.signal)
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

      return 'code' in greeted ? await this.#runner.takeRefusal(introduced, greeted) : await this.#runner.run(introduced, greeted, false)
    } catch (err) {
      this.#runner.end(stream, err as Error)
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
      await this.#runner.show(introduced, former)
    } else if (!kept.mayAnswer(key, connection) && !await kept.outlives(key, connection)) {
      if (kept.isOther(key, connection)) {
        kept.live.get(key)?.session.tellInUse()
      }

      // there is, or will be, the other one: ops need not come twice
      await refuse(channel, { code: RefusalCode.DUPLICATE }, hello)
    } else {
      kept.answering.add(key)

      try {
        if (await this.#runner.run(introduced, await greetBack(channel, kept.sets, theirs, hello), true) === true) {
          this.#dialler.resume(kept, connection.remotePeer, key)
        }
      } finally {
        kept.answering.delete(key)
      }
    }
  }
}
