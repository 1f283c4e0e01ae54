/** One stream between two replicas, after the Hellos: what is compared, asked for, sent and acknowledged. Pure: frames in, frames out. */
import { ProtocolError } from '../errors.js'
import { Asking } from './asking.js'
import { Comparisons } from './comparisons.js'
import { MAX_ITEM, OPS, WINDOW } from './constants.js'
import { Early } from './early.js'
import { Sender } from './sender.js'
import type { Load, Stored } from './asking.js'
import type { Summary } from './compare.js'
import type { ComparisonsInit } from './comparisons.js'
import type { Outgoing } from './flow.js'
import type { Frame, Pull } from './frames.js'
import type { OpId, Progress } from './interface.js'
import type { RefusalInit } from './refusal.js'
import type { Item } from './sets.js'
import type { Turn } from './turns.js'

export interface MachineInit extends ComparisonsInit {
  turn: Turn
  /** Bytes of a Pull's window. @default 262144 */
  window?: number
  /** What one whose membership ended is shown: these ops with their past. */
  evidence: (of: OpId[], known: OpId[]) => Item[]
}

export class SyncMachine {
  /** Frames of control that are to be sent, in this order, before any items. */
  readonly out: Frame[] = []
  readonly #init: MachineInit
  readonly #comparisons: Comparisons
  readonly #asking: Asking
  /** Another stream asked while this one had to: what it lacks now is compared anew. */
  #waited = false
  readonly #sender = new Sender()
  readonly #early = new Early()
  /** What this side was refused for, or the other one. */
  #refused: RefusalInit | undefined
  #refusing: { ops: OpId[], shown: boolean } | undefined

  constructor (init: MachineInit) {
    this.#init = init
    this.#comparisons = new Comparisons(init, this.out)
    this.#asking = new Asking(init.sets, init.window ?? WINDOW)
  }

  /** Is all here that the other side had when it was last asked? */
  get caughtUp (): boolean {
    return !this.#comparisons.pending && !this.#asking.busy
  }

  /** Is all here that the other side, which is a member, had when it was last asked? */
  get agrees (): boolean {
    return this.caughtUp && this.#refused == null && this.#refusing == null
  }

  /** Nothing is to come any more, either way. */
  get over (): boolean {
    return this.#refused != null ? !this.#asking.pulling : this.#refusing?.shown === true && !this.#sender.isServing
  }

  /** Compares a set as it is at this moment, told or not. */
  look (set: number = OPS): void {
    if (this.#refused == null && this.#refusing == null) {
      this.#comparisons.compare(set)
    }
  }

  /** Bytes that the other side has not acknowledged. */
  get inFlight (): number { return this.#sender.inFlight }

  /** Bytes that it acknowledged. */
  get acknowledged (): number { return this.#sender.acknowledged }

  /** Has the other side acknowledged all that it was to be told, and is nothing more being looked for? */
  get delivered (): boolean {
    return this.inFlight === 0 && this.out.length === 0 && !this.#sender.isBehind && this.sending() == null && this.caughtUp
  }

  /** Is it the other side's turn to say something? */
  get awaits (): boolean {
    return this.#asking.waiting || this.#comparisons.pending
  }

  /** Why this side was refused. */
  get refused (): RefusalInit | undefined { return this.#refused }

  /** What of the newest Pull came so far. */
  get progress (): Progress | undefined { return this.#asking.progress }

  /** What is sent next, of a Pull or as news; it stays until `sent`. */
  sending (): Outgoing | undefined {
    return this.#sender.next(!this.#comparisons.active)
  }

  /** These sets differ, by the Hellos: the listener begins to compare them. */
  begin (sets: number[]): void {
    this.#comparisons.begin(sets)
  }

  /**
   * Items were handed over.
   *
   * @param last - And there are no more of this Pull
   */
  sent (outgoing: Outgoing, bytes: number, last: boolean): void {
    if (this.#sender.sent(outgoing, bytes, last)) {
      this.#settle()
    }
  }

  /** New items here; those that came from the other side are not among them. */
  tell (set: number, items: Item[]): void {
    if (this.#refused == null && this.#refusing == null && this.#comparisons.set(set) != null) {
      this.#sender.tell(set, items, this.#init.turn.free)
      this.#settle()
    }
  }

  /** It may be this stream's turn. */
  poke (): void {
    this.#settle()
  }

  /**
   * The other side is no member (any more): nothing is told but why.
   *
   * @param show - May it ask for the ops that say so?
   * @param said - It has been told
   */
  refuse (refusal: RefusalInit, show: boolean, said = false): void {
    if (!said) {
      this.out.push({ kind: 'refusal', refusal })
    }

    this.#refusing = { ops: refusal.ops ?? [], shown: !show || (refusal.ops ?? []).length === 0 }
    this.#stop()
  }

  /**
   * @returns Items that are to be stored; then `stored` is called.
   * @throws {ProtocolError} The frame has no place here.
   * @throws {SyncRefusedError} More came than was asked for, or than is answered while nothing is taken.
   */
  receive (frame: Frame): Load | undefined {
    switch (frame.kind) {
      case 'summary': this.#onSummary(frame.set, frame.summary)
        break
      case 'pull': this.#onPull(frame.pull)
        break
      case 'ack': this.#sender.ack(frame.pull, frame.bytes)
        this.#settle()
        break
      case 'refusal': this.#onRefusal(frame.refusal)
        break
      // what was on its way to one who is no member any more is passed over
      case 'items': return this.#refusing == null ? this.#asking.take(frame.items) : undefined
      case 'hello':
      case 'proof': throw new ProtocolError('A stream is greeted once')
      default: unknownFrame(frame)
    }

    return undefined
  }

  /** @throws {SyncRefusedError} Too much of it did not hold. */
  stored (stored: Stored): void {
    const { items: { pull }, bytes } = stored.load
    this.#asking.stored(stored)
    this.#early.stored(stored, this.#init.size())

    if (pull !== 0) {
      this.#init.turn.take(stored.kept === 0 ? 0 : bytes)
    }

    this.#acknowledge(pull, bytes)
    this.#settle()
  }

  #onSummary (number: number, summary: Summary): void {
    if (this.#refused != null || this.#refusing != null) {
      return
    }

    const wanted = this.#comparisons.receive(number, summary)

    if (wanted != null) {
      this.#asking.want(number, wanted)
    }

    this.#settle()
  }

  #onPull (asked: Pull): void {
    const { pull, set: number, window, heads, ranges } = asked
    const set = this.#comparisons.set(number)

    if (this.#refused != null) {
      return
    }

    if (set == null || this.#sender.isServing || pull === 0 || window < MAX_ITEM) {
      throw new ProtocolError('A Pull asks for one set at a time, with a window of 8192 bytes at least')
    }

    if (this.#refusing?.shown === true) {
      throw new ProtocolError('Nothing more is shown')
    }

    this.#sender.answer(asked, this.#refusing == null ? set.select(heads, ranges) : this.#init.evidence(this.#refusing.ops, heads))

    if (this.#refusing != null) {
      this.#refusing.shown = true
    }
  }

  /** What the other side shows is asked for once; then the stream is over. */
  #onRefusal (refusal: RefusalInit): void {
    const ops = this.#comparisons.set(OPS)
    this.#refused = refusal
    this.#stop()

    if (ops != null && (refusal.ops ?? []).some(id => !ops.has(id))) {
      this.out.push({ kind: 'pull', pull: this.#asking.ask({ set: OPS, heads: ops.heads() ?? [], ranges: [] }) })
    }
  }

  /** Of a Pull, or of the news, one Ack waits at most: it grows. */
  #acknowledge (pull: number, bytes: number): void {
    const waiting = this.out.find(frame => frame.kind === 'ack' && frame.pull === pull)

    if (waiting?.kind === 'ack') {
      waiting.bytes += bytes
    } else {
      this.out.push({ kind: 'ack', pull, bytes })
    }
  }

  /** What follows from what happened: the next Pull, the next comparison. */
  #settle (): void {
    this.#sender.settle()

    if (this.#refused != null || this.#refusing != null || this.#asking.pulling) {
      return
    }

    if (this.#asking.busy) {
      // records may rest on ops that are being looked for
      if (this.#comparisons.isFree(OPS)) {
        this.#askNext()
      }
    } else if (this.caughtUp && this.#asking.takeOrphans() && this.#comparisons.isStale) {
      // something between is missing: look again, while looking helps
      this.#comparisons.compare(OPS)
    } else if (this.caughtUp) {
      this.#early.due(this.#init.size()).forEach(set => { this.#comparisons.compare(set) })
    }

    if (this.caughtUp) {
      this.#init.turn.release()
    }

    if (this.#init.turn.free) {
      this.#sender.behind(set => this.#comparisons.isFree(set)).forEach(set => { this.#comparisons.compare(set) })
    } else if (this.#sender.isBehind) {
      this.#init.turn.wait()
    }
  }

  #askNext (): void {
    if (!this.#init.turn.take()) {
      this.#waited = true
    } else if (this.#waited) {
      this.#waited = false
      this.#asking.cancel().forEach(set => { this.#comparisons.compare(set) })
    } else {
      const pull = this.#asking.next()

      if (pull != null) {
        this.out.push({ kind: 'pull', pull })
      }
    }
  }

  #stop (): void {
    this.#comparisons.stop()
    this.#asking.cancel()
    this.#sender.stop()
  }
}

function unknownFrame (frame: never): never {
  throw new RangeError(`No frame is ${JSON.stringify(frame)}`)
}
