/** A log that is kept in step, and what is known of its streams. */
import { delay, systemClock, timeout } from '../async/clock.js'
import { Allowance } from '../limits/allowance.js'
import { FAREWELLS_WINDOW, MAX_FAREWELLS, MAX_TOLD, PROBE_TIMEOUT } from './constants.js'
import { Laters } from './laters.js'
import { answers } from './probe.js'
import { RefusalCode } from './refusal.js'
import { OpSet, Records } from './sets.js'
import { Turns } from './turns.js'
import type { Clock } from '../async/clock.js'
import type { Key, RecordSet, SyncableLog } from './interface.js'
import type { RefusalInit } from './refusal.js'
import type { Session } from './session.js'
import type { SyncSet } from './sets.js'
import type { Connection, Stream } from '@libp2p/interface'

/** Refusals in a row that show that another node has this one's place: two that dial each other at once refuse each other once. */
const TAKEN = 3

export interface Live {
  session: Session
  stream: Stream
  connection: Connection
}

export class KeptLog {
  readonly log: SyncableLog
  readonly records: RecordSet[]
  /** Streams on which something is sent, by the peer's key. */
  readonly live = new Map<Key, Live>()
  /** Members to whom a stream is being opened, or was and stands. */
  readonly opening = new Map<Key, Connection>()
  /** Members to whom one will be opened again. */
  readonly pausing = new Set<Key>()
  readonly answering = new Set<Key>()
  /** How often in a row they said that there is a stream already, where this node has none. */
  readonly #taken = new Map<Key, number>()
  /** Connections of which it is being asked whether somebody is still there. */
  readonly #probes = new Map<Connection, Promise<boolean>>()
  /** How often in a row they asked for another stream than the one that stands. */
  readonly #others = new Map<Key, number>()
  readonly turns: Turns
  /** Those who are not told of what is new. */
  readonly laters: Laters
  readonly #clock: Clock
  readonly #stopped = new AbortController()
  readonly #shown = new WeakSet<Connection>()
  readonly #farewells: Allowance
  /** Members who pass on what is new, and tell this node; undefined: all who are connected do. */
  #links: ReadonlySet<Key> | undefined
  #told: Set<Key> | undefined
  #sets: SyncSet[] | undefined

  /** @param late - How long the first of those who are not told waits, ms */
  constructor (log: SyncableLog, records: RecordSet[], clock: Clock = systemClock, late?: number) {
    this.log = log
    this.records = records
    this.#clock = clock
    this.turns = new Turns(clock)
    this.laters = new Laters(clock, late)
    this.#farewells = new Allowance(clock, { ofPeer: MAX_FAREWELLS, window: FAREWELLS_WINDOW })
  }

  get signal (): AbortSignal { return this.#stopped.signal }

  /** Made when the first stream needs them: a node that starts does not hash its logs. */
  get sets (): SyncSet[] {
    this.#sets ??= [new OpSet(this.log, this.signal), ...this.records.map(records => new Records(records, this.signal))]

    return this.#sets
  }

  /** Is this member told of what is new? Who has a link is; while there are few links, others are, too. */
  tells (key: Key): boolean {
    if (this.#links == null) {
      return true
    }

    if (this.#told == null) {
      this.#told = new Set(this.#links)

      for (const other of this.live.keys()) {
        if (this.#told.size >= MAX_TOLD) {
          break
        }

        this.#told.add(other)
      }
    }

    return this.#told.has(key)
  }

  /** Streams came or went, or links are others: who is told now hears what was kept from it. */
  retell (links: ReadonlySet<Key> | undefined = this.#links): void {
    this.#links = links
    this.#told = undefined
    this.live.forEach(({ session }) => { session.retell() })
  }

  stop (): void {
    this.laters.stop()
    this.#stopped.abort(new DOMException('The log is not kept any more', 'AbortError'))
  }

  /** May a stream be opened to this key? */
  mayOpen (key: Key, connection: Connection): boolean {
    return this.log.standingOf(key).is === 'member' && !this.opening.has(key) && !this.pausing.has(key) && !this.answering.has(key) && this.#improves(key, connection)
  }

  /** May this stream, which was opened from there, be the one? Of two that are opened at once it is the lower key's. */
  mayAnswer (key: Key, connection: Connection): boolean {
    return !this.answering.has(key) && (this.live.has(key) || !this.opening.has(key) || this.log.self > key) && this.#improves(key, connection)
  }

  /** May one whose membership ended see what ended it? Once a connection, and a few times an hour: connections cost nothing. */
  shows (key: Key, connection: Connection): boolean {
    const may = !this.#shown.has(connection) && !this.#farewells.isSpent(key)
    this.#shown.add(connection)

    if (may) {
      this.#farewells.take({ peer: key, origin: '' })
    }

    return may
  }

  /** Does the stream that stands, or is being opened, lead nowhere any more, as that of a page which was loaded again? Then its connection ends, in favour of the new one. */
  async outlives (key: Key, connection: Connection): Promise<boolean> {
    const former = this.live.get(key)?.connection ?? this.opening.get(key)

    if (former == null || former === connection) {
      return false
    }

    const probe = this.#probes.get(former) ?? answers(former, AbortSignal.any([this.signal, timeout(this.#clock, PROBE_TIMEOUT)]))
    this.#probes.set(former, probe)

    try {
      if (await probe) {
        return false
      }
    } finally {
      this.#probes.delete(former)
    }

    former.abort(new DOMException('Nobody answers there any more', 'AbortError'))

    // where its stream has yet to end, who asks comes again
    return this.mayAnswer(key, connection)
  }

  /** A stream with this member stands. */
  stands (key: Key, live: Live): void {
    this.live.set(key, live)
    this.#taken.delete(key)
    this.#others.delete(key)
    this.retell()
  }

  /** A second stream from there was refused. Is it the node of the first one that is to be told? A node that has a stream asks for no other one so often: another one of its key does. */
  isOther (key: Key, connection: Connection): boolean {
    const live = this.live.get(key)

    if (live == null || live.connection === connection) {
      return false
    }

    const others = (this.#others.get(key) ?? 0) + 1
    this.#others.set(key, others)

    return others === TAKEN
  }

  /** Is this refusal from there to be told? A second stream is nothing that an app could do something about; where there is no first one, another node of this key has it. */
  minds (key: Key, { code }: RefusalInit): boolean {
    const taken = code !== RefusalCode.DUPLICATE || this.live.has(key) || this.answering.has(key) ? 0 : (this.#taken.get(key) ?? 0) + 1
    this.#taken.set(key, taken)

    return code !== RefusalCode.DUPLICATE || taken === TAKEN
  }

  /** Waits, ms, or until it is not kept any more. */
  async pause (ms: number): Promise<void> {
    await delay(this.#clock, ms, this.signal).catch(() => {})
  }

  /** Is there no stream, or one over a connection that has ended or is limited where this one is not? */
  #improves (key: Key, { limits }: Connection): boolean {
    const live = this.live.get(key)

    return live == null || live.connection.status !== 'open' || (live.connection.limits != null && limits == null)
  }
}
