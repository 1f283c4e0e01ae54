/** A stream and its machine: frames are read, and written while the other side takes them. */
import { TimeoutError } from '@libp2p/interface'
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex } from '@noble/hashes/utils.js'
import { pipe } from 'it-pipe'
import { ProgressWatch } from './progress-watch.js'
import { GATHER, STALL_TIMEOUT } from './constants.js'
import { Intake } from './intake.js'
import { RefusalCode, SyncRefusedError } from './refusal.js'
import type { Owed } from './progress-watch.js'
import type { Channel } from './channel.js'
import type { Frame, Items } from './frames.js'
import type { Laters } from './laters.js'
import type { Key, Progress, RecordSet, SignedOp, SyncableLog } from './interface.js'
import type { SyncMachine } from './machine.js'
import type { RefusalInit } from './refusal.js'
import { slotOf } from './sets.js'
import type { Item, SyncSet } from './sets.js'
import type { Turn } from './turns.js'
import type { Outgoing } from './flow.js'
import type { AbortOptions } from '@libp2p/interface'

/** Items that came from the other side and are not told back, at most; it may be told of those before. */
const MAX_THEIRS = 8192

export interface SessionInit {
  log: SyncableLog
  sets: SyncSet[]
  records: RecordSet[]
  peer: Key
  machine: SyncMachine
  channel: Channel
  turn: Turn
  /** Is the other side told of what is new, as it comes? @default always */
  isTold?: () => boolean
  /** When others who are not told of what is new are compared with, too. @default at once */
  laters?: Laters
  /** How long it may stand still while something is owed, ms. @default 30_000 */
  stallTimeout?: number
  onProgress?: (progress: Progress) => void
  /** All that the other side has told of is here: at the end of a comparison, and of news. */
  onAgreed?: () => void
}

export class Session {
  readonly #init: SessionInit
  readonly #intake = new Intake()
  /** Names of items that came from there. */
  readonly #theirs = new Set<string>()
  readonly #unwatch: Array<() => void>
  /** What is new, until it is told. */
  readonly #fresh = new Map<number, Map<string, Item>>()
  /** Sets of which it was not told what is new. */
  readonly #withheld = new Set<number>()
  #callOff: (() => void) | undefined
  #timer: ReturnType<typeof setTimeout> | undefined
  /** Frames that came, and that were taken there. */
  #heard = 0
  #taken = 0
  #writing = false
  #wake = Promise.withResolvers<void>()
  #caughtUp = Promise.withResolvers<void>()
  #delivered = Promise.withResolvers<void>()
  #ended = false
  #progressed = false
  /** Was it told that all is here? */
  #agreed = false

  constructor (init: SessionInit) {
    this.#init = init
    init.turn.wake = () => {
      init.machine.poke()
      this.#changed()
    }
    this.#unwatch = init.sets.map(set => set.watch((items) => { this.#gather(set.number, items) }))
  }

  get peer (): Key { return this.#init.peer }

  /** Was anything stored that came here? */
  get progressed (): boolean { return this.#progressed }

  /** Is there something to come that was asked for, or is being looked for? */
  get unfinished (): boolean { return !this.#init.machine.caughtUp }

  /** What the other side owes, each with what shows that it moves. */
  get owed (): Owed[] {
    const { machine } = this.#init

    return [
      { owed: machine.inFlight > 0, moved: machine.acknowledged },
      { owed: this.#writing, moved: this.#taken },
      { owed: machine.awaits, moved: this.#heard }
    ]
  }

  /** Asks what the other side has of this moment, told or not; resolves when that is here, or the stream ended. */
  async catchUp (): Promise<void> {
    this.#init.machine.look()
    this.#changed()
    await this.caughtUp()
  }

  /** Resolves when what the other side told of is here, or the stream ended. */
  async caughtUp (): Promise<void> {
    if (this.unfinished && !this.#ended) {
      await this.#caughtUp.promise
    }
  }

  /** It hears of it from others, or by a comparison in a while, wherever it stands. */
  #withhold (set: number): void {
    this.#withheld.add(set)
    this.#callOff ??= this.#init.laters?.add(() => { this.#compareWithheld() })
  }

  #compareWithheld (): void {
    this.#callOff?.()
    this.#callOff = undefined
    this.#withheld.forEach((set) => { this.#init.machine.look(set) })
    this.#withheld.clear()
    this.#changed()
  }

  /** Whether the other side is told may be otherwise now: what was kept from it is compared. */
  retell (): void {
    if (this.#withheld.size > 0 && this.#init.isTold?.() !== false) {
      this.#compareWithheld()
    }
  }

  /** Resolves when the other side has acknowledged all that is here, or the stream ended: then false. */
  async delivered (): Promise<boolean> {
    while (!this.#isDelivered && !this.#ended) {
      await this.#delivered.promise
    }

    return !this.#ended && this.#withheld.size === 0
  }

  /** What is new is told in a burst: it may not have begun. */
  get #isDelivered (): boolean {
    return this.#timer == null && !this.#writing && this.#init.machine.delivered
  }

  /**
   * The other side is no member any more.
   *
   * @param show - May it ask for the ops that say so?
   * @param said - It has been told
   */
  refuse (refusal: RefusalInit, show: boolean, said = false): void {
    this.#init.machine.refuse(refusal, show, said)
    this.#changed()
  }

  /**
   * Runs until the stream ends, or all was said that there is to say.
   *
   * @param first - A frame that was read already
   * @throws {SyncRefusedError} The other side refused, or was refused.
   * @throws {ProtocolError}
   * @throws {StorageError}
   */
  async run ({ signal }: AbortOptions, first?: Frame): Promise<void> {
    const { machine, channel, log, records, peer } = this.#init
    const ended = new AbortController()
    const options = { signal: signal == null ? ended.signal : AbortSignal.any([signal, ended.signal]) }
    const onAbort = (): void => { this.#changed() }
    options.signal.addEventListener('abort', onAbort, { once: true })
    const watch = new ProgressWatch(this.#init.stallTimeout ?? STALL_TIMEOUT, () => this.owed, () => { ended.abort(new TimeoutError('The other member took nothing, or said nothing, for too long')) })

    if (first == null) {
      // where nothing differs there is nothing to wait for
      this.#changed()
    }

    const said = new AbortController()
    const running = [
      pipe(this.#frames(first, AbortSignal.any([options.signal, said.signal])), async source => this.#read(source)),
      this.#write(options).finally(() => { said.abort() }),
      this.#intake.run({ log, records, options: { ...options, from: peer }, onStored: (stored) => {
        this.#progressed ||= stored.load.bytes > 0
        machine.stored(stored)
        this.#report(stored.load.items)
        this.#agreed = false
        this.#changed()
      } })
    ]

    try {
      await Promise.all(running)

      if (machine.refused != null) {
        throw new SyncRefusedError(machine.refused)
      }
    } catch (err) {
      if (err instanceof SyncRefusedError && machine.refused == null) {
        await channel.write({ kind: 'refusal', refusal: err.reason }, options).catch(() => {})
      } else if ((err as Error).name === 'ProtocolError') {
        await channel.write({ kind: 'refusal', refusal: { code: RefusalCode.PROTOCOL } }, options).catch(() => {})
      }

      throw err
    } finally {
      this.#ended = true
      ended.abort(new DOMException('The stream ended', 'AbortError'))
      this.#intake.end()
      this.#unwatch.forEach(unwatch => { unwatch() })
      clearTimeout(this.#timer)
      this.#callOff?.()
      watch.stop()
      this.#init.turn.wake = () => {}
      this.#caughtUp.resolve()
      this.#delivered.resolve()
      await Promise.allSettled(running)
      // last: what was still being stored takes the turn again
      this.#init.turn.release()
    }
  }

  /** Frames until there is nothing more to be said. */
  async * #frames (first: Frame | undefined, signal: AbortSignal): AsyncGenerator<Frame> {
    const { machine, channel } = this.#init

    if (first != null) {
      yield first
    }

    while (!machine.over) {
      const frame = await channel.read({ signal }).catch((err: unknown) => {
        if (!machine.over) {
          throw err
        }
      })

      if (frame == null) {
        return
      }

      yield frame
    }
  }

  /** Takes what comes: at once what steers, in its turn what is to be stored. */
  async #read (frames: AsyncIterable<Frame>): Promise<void> {
    try {
      for await (const frame of frames) {
        this.#heard++
        const load = this.#init.machine.receive(frame)

        if (load != null) {
          this.#remember(load.items)
          this.#intake.push(load)
        }

        this.#changed()
      }
    } finally {
      this.#ended = true
      this.#intake.end()
      this.#changed()
    }
  }

  async #write (options: AbortOptions): Promise<void> {
    const { machine, channel } = this.#init

    while (true) {
      options.signal?.throwIfAborted()
      const frame = machine.out.shift() ?? await this.#items(options)

      if (frame != null) {
        this.#writing = true
        await channel.write(frame, options).finally(() => { this.#writing = false })
        this.#taken++
      } else if (this.#ended || machine.over) {
        return
      } else {
        await this.#wake.promise
        this.#wake = Promise.withResolvers()
      }
    }
  }

  /** A frame of items, as far as the window goes. */
  async #items (options: AbortOptions): Promise<Frame | undefined> {
    const outgoing = this.#init.machine.sending()

    if (outgoing == null) {
      return undefined
    }

    const items: Items = { pull: outgoing.pull, set: outgoing.set, ops: [], records: [], last: false, items: 0, bytes: 0 }
    let bytes = 0

    for (let item = outgoing.peek(); item != null && bytes < outgoing.chunk; item = outgoing.peek()) {
      const taken = await this.#load(item, items, options)
      outgoing.sent(taken)
      bytes += taken
    }

    return this.#framed(outgoing, items, bytes)
  }

  #framed (outgoing: Outgoing, items: Items, bytes: number): Frame | undefined {
    items.last = outgoing.pull !== 0 && outgoing.waiting === 0

    if (outgoing.begin()) {
      Object.assign(items, { items: outgoing.items, bytes: outgoing.bytes })
    } else if (bytes === 0 && (!items.last || outgoing.ended)) {
      return undefined
    }

    outgoing.ended ||= items.last
    this.#init.machine.sent(outgoing, bytes, items.last)

    return { kind: 'items', items }
  }

  /** @returns The bytes that were put into the frame; 0 for a record that is not there any more. */
  async #load (item: Item, items: Items, options: AbortOptions): Promise<number> {
    if ('op' in item) {
      const { body, sig } = item.op.signed
      items.ops.push({ body, sig })

      return body.length + sig.length
    }

    const record = await this.#init.records.find(({ number }) => number === items.set)?.get(item.record.key, options)

    if (record == null) {
      return 0
    }

    items.records.push(record)

    return record.length
  }

  /** What comes in a burst is told in one frame. */
  #gather (set: number, items: Item[]): void {
    if (this.#init.isTold?.() === false) {
      this.#withhold(set)

      return
    }

    const fresh = items.filter(item => !this.#theirs.delete(nameOf(item)))
    const gathered = this.#fresh.get(set) ?? new Map<string, Item>()
    this.#fresh.set(set, gathered)
    fresh.forEach(item => { gathered.set(slotOf(item), item) })
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined
      this.#fresh.forEach((items, set) => { this.#init.machine.tell(set, [...items.values()]) })
      this.#fresh.clear()
      this.#changed()
    }, GATHER)
  }

  #remember ({ ops, records }: Items): void {
    if (this.#theirs.size + ops.length + records.length > MAX_THEIRS) {
      this.#theirs.clear()
    }

    ops.forEach((op) => { this.#theirs.add(nameOfOp(op)) })
    records.forEach((record) => { this.#theirs.add(bytesToHex(sha256(record)).slice(0, 32)) })
  }

  #report ({ pull }: Items): void {
    const { progress } = this.#init.machine

    if (progress != null && pull !== 0) {
      this.#init.onProgress?.(progress)
    }
  }

  #changed (): void {
    const agrees = !this.#ended && this.#init.machine.agrees

    if (agrees && !this.#agreed) {
      this.#init.onAgreed?.()
    }

    this.#agreed = agrees

    if (!this.unfinished || this.#ended) {
      this.#caughtUp.resolve()
      this.#caughtUp = Promise.withResolvers()
    }

    if (this.#isDelivered || this.#ended) {
      this.#delivered.resolve()
      this.#delivered = Promise.withResolvers()
    }

    this.#wake.resolve()
  }
}

function nameOf (item: Item): string {
  return 'op' in item ? nameOfOp(item.op.signed) : item.record.id
}

/** Half a signature names an op well enough: who sends another op with it is not told of one. */
function nameOfOp ({ sig }: SignedOp): string {
  return bytesToHex(sig.subarray(0, 32))
}
