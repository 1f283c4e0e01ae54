/** What this side asks for, one Pull at a time, and what comes: of it, and as news. Pure. */
import { ProtocolError } from '../errors.js'
import { MAX_HEADS, MAX_ITEM, MAX_JUNK, NEWS_WINDOW, OPS } from './constants.js'
import { Incoming } from './flow.js'
import { RefusalCode, SyncRefusedError } from './refusal.js'
import { Wants } from './wants.js'
import type { Wanted } from './compare.js'
import type { Items, Pull } from './frames.js'
import type { Progress } from './interface.js'
import type { SyncSet } from './sets.js'

/** Items that came, and are to be checked and stored in this order. */
export interface Load {
  items: Items
  bytes: number
}

/** How the storing of a Load went. */
export interface Stored {
  load: Load
  refused: number
  /** How many of them were new, and are kept. */
  kept?: number
  /** Of ops: how many wait here for their past. */
  pending?: number
  /** Of records: how many came before the ops on which they rest. */
  early?: number
}

/** A Pull that runs, or ran last. */
interface Pulling {
  set: number
  flow: Incoming
}

export class Asking {
  /** Ops came whose past is missing. */
  #orphans = false
  /** Ops here that wait for their past. */
  #pending = 0
  readonly #wants: Wants
  readonly #window: number
  readonly #news = new Incoming(0, NEWS_WINDOW)
  #pulling: Pulling | undefined
  #newest: Pulling | undefined
  #junk = 0

  /** @param window - Bytes of items of a Pull that may be on their way */
  constructor (sets: SyncSet[], window: number) {
    this.#wants = new Wants(sets)
    this.#window = window
  }

  /** Is a Pull on its way? */
  get pulling (): boolean { return this.#pulling != null }

  /** Was something asked for of which nothing is here that is still to be stored? */
  get waiting (): boolean { return this.#pulling?.flow.idle === true }

  /** Is there anything that was asked for, or is to be? */
  get busy (): boolean { return this.pulling || this.#wants.any }

  /** What of the newest Pull came so far. */
  get progress (): Progress | undefined {
    if (this.#newest == null) {
      return undefined
    }

    const { set, flow: { done, all } } = this.#newest

    // new ones join what was told of at the beginning
    return { set, items: { done: done.items, all: Math.max(all.items, done.items) }, bytes: { done: done.bytes, all: Math.max(all.bytes, done.bytes) } }
  }

  /** Did ops come whose past is still missing? Told once. */
  takeOrphans (): boolean {
    const orphans = this.#orphans && this.#pending > 0
    this.#orphans = false

    return orphans
  }

  want (set: number, wanted: Wanted): void {
    this.#wants.add(set, wanted)
  }

  /** The next Pull, when none is on its way. */
  next (): Pull | undefined {
    const next = this.pulling ? undefined : this.#wants.next()

    return next == null ? undefined : this.ask(next)
  }

  ask ({ set, heads, ranges }: Pick<Pull, 'set' | 'heads' | 'ranges'>): Pull {
    const pull = this.#wants.number()
    this.#pulling = { set, flow: new Incoming(pull, this.#window) }
    this.#newest = this.#pulling

    return { pull, set, window: this.#window, heads: heads.slice(0, MAX_HEADS), ranges }
  }

  /** Asks for nothing more; what is on its way is passed over. @returns The sets of which more was wanted. */
  cancel (): number[] {
    this.#pulling = undefined

    return this.#wants.clear()
  }

  /**
   * @returns What is to be stored; undefined: it was on its way when the Pull was cancelled
   * @throws {ProtocolError} Nobody asked for it.
   * @throws {SyncRefusedError} It is more than was asked for.
   */
  take (items: Items): Load | undefined {
    const sizes = [...items.ops.map(({ body, sig }) => body.length + sig.length), ...items.records.map(({ length }) => length)]
    const bytes = sizes.reduce((sum, size) => sum + size, 0)
    const flow = this.#flow(items.pull)

    if (flow == null && items.pull <= this.#wants.last) {
      return undefined
    }

    if (flow == null || (items.pull !== 0 && items.set !== this.#pulling?.set) || (items.set === OPS ? items.records : items.ops).length > 0) {
      throw new ProtocolError('Items came that nobody asked for')
    }

    // one that is empty says how much will come, or that it was all
    if (flow.last || (sizes.length === 0 && !items.last && flow.begun)) {
      throw new ProtocolError('Items came after the last, or none')
    }

    flow.begun = true

    if (!flow.receive(bytes) || sizes.some(size => size > MAX_ITEM)) {
      throw new SyncRefusedError({ code: RefusalCode.LIMIT })
    }

    if (items.items > 0) {
      flow.all = { items: items.items, bytes: items.bytes }
    }

    flow.last ||= items.last

    return { items, bytes }
  }

  /** @throws {SyncRefusedError} Too much of it did not hold. */
  stored ({ load: { items, bytes }, refused, pending }: Stored): void {
    const count = items.ops.length + items.records.length
    this.#junk += count === 0 ? 0 : Math.ceil(bytes * refused / count)

    if (pending != null) {
      this.#orphans ||= pending > this.#pending
      this.#pending = pending
    }

    if (this.#junk > MAX_JUNK) {
      throw new SyncRefusedError({ code: RefusalCode.LIMIT })
    }

    this.#flow(items.pull)?.stored(count, bytes)

    if (this.#pulling?.flow.finished === true) {
      this.#pulling = undefined
    }
  }

  #flow (pull: number): Incoming | undefined {
    return pull === 0 ? this.#news : pull === this.#pulling?.flow.pull ? this.#pulling.flow : undefined
  }
}
