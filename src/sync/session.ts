/** A stream and its machine: frames are read, and written while the other side takes them. */
import { TimeoutError } from '@libp2p/interface'
import { pipe } from 'it-pipe'
import { ProtocolError } from '../errors.js'
import { STALL_TIMEOUT } from './constants.js'
import { FrameWriter } from './frame-writer.js'
import { LoadReceiver } from './load-receiver.js'
import { ProgressWatch } from './progress-watch.js'
import { RefusalCode, SyncRefusedError } from './refusal.js'
import { Telling } from './telling.js'
import type { Channel } from './channel.js'
import type { Frame, Items } from './frames.js'
import type { Key, Progress, RecordSet, SyncableLog } from './interface.js'
import type { Laters } from './laters.js'
import type { SyncMachine } from './machine.js'
import type { Owed } from './progress-watch.js'
import type { RefusalInit } from './refusal.js'
import type { SyncSet } from './sets.js'
import type { Turn } from './turns.js'
import type { AbortOptions } from '@libp2p/interface'

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
  /** The other side says that another node uses this one's key. */
  onInUse?: () => void
  /** All that the other side has told of is here: at the end of a comparison, and of news. */
  onAgreed?: () => void
}

export class Session {
  readonly #init: SessionInit
  readonly #receiver = new LoadReceiver()
  readonly #telling: Telling
  readonly #writer: FrameWriter
  /** Frames that came. */
  #heard = 0
  #caughtUp = Promise.withResolvers<void>()
  #delivered = Promise.withResolvers<void>()
  #ended = false
  #progressed = false
  /** Was it told that all is here? */
  #agreed = false
  #wasInUse = false

  constructor (init: SessionInit) {
    this.#init = init
    this.#writer = new FrameWriter(init)
    init.turn.wake = () => {
      init.machine.poke()
      this.#changed()
    }
    this.#telling = new Telling({
      sets: init.sets,
      isTold: init.isTold ?? (() => true),
      laters: init.laters,
      tell: (set, items) => { init.machine.tell(set, items) },
      compare: (set) => { init.machine.look(set) },
      done: () => { this.#changed() }
    })
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
      { owed: this.#writer.isWriting, moved: this.#writer.taken },
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

  /** Whether the other side is told may be otherwise now: what was kept from it is compared. */
  retell (): void {
    this.#telling.retell()
  }

  /** Resolves when the other side has acknowledged all that is here, or the stream ended: then false. */
  async delivered (): Promise<boolean> {
    while (!this.#isDelivered && !this.#ended) {
      await this.#delivered.promise
    }

    return !this.#ended && !this.#telling.isWithholding
  }

  /** What is new is told in a burst: it may not have begun. */
  get #isDelivered (): boolean {
    return !this.#telling.isGathering && !this.#writer.isWriting && this.#init.machine.delivered
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

  /** Another node uses the other side's key: the stream goes on. */
  tellInUse (): void {
    this.#init.machine.out.push({ kind: 'refusal', refusal: { code: RefusalCode.IN_USE } })
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
      this.#writer.run(() => this.#ended || machine.over, options).finally(() => { said.abort() }),
      this.#receiver.run({ log, records, options: { ...options, from: peer }, onStored: (stored) => {
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
      this.#receiver.end()
      this.#telling.end()
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
        if (frame.kind === 'refusal' && frame.refusal.code === RefusalCode.IN_USE) {
          this.#onInUse()
          continue
        }

        this.#heard++
        const load = this.#init.machine.receive(frame)

        if (load != null) {
          this.#telling.remember(load.items)
          this.#receiver.push(load)
        }

        this.#changed()
      }
    } finally {
      this.#ended = true
      this.#receiver.end()
      this.#changed()
    }
  }

  /** @throws {ProtocolError} It was said on this stream before. */
  #onInUse (): void {
    if (this.#wasInUse) {
      throw new ProtocolError('That a key is in use is said once on a stream')
    }

    this.#wasInUse = true
    this.#init.onInUse?.()
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

    this.#writer.wake()
  }
}
