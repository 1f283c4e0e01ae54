/** Windows: what is on its way one way, and what may be. Pure. */
import { ProtocolError } from '../errors.js'
import { CHUNK, MAX_ITEM } from './constants.js'
import { slotOf } from './sets.js'
import type { Item } from './sets.js'

/** What one side sends in answer to a Pull, or as news. */
export class Outgoing {
  readonly pull: number
  readonly set: number
  /** Of a Pull: how many items there were when it was answered. */
  readonly items: number
  readonly bytes: number
  readonly #window: number
  /** The last frame of it went out. */
  ended = false
  #queue: Item[]
  #next = 0
  /** Where in the queue a key's record waits; made when one is appended. */
  #slots: Map<string, number> | undefined
  #begun = false
  #sent = 0
  #acked = 0

  constructor (pull: number, set: number, items: Item[], window: number) {
    this.pull = pull
    this.set = set
    this.#queue = items
    this.#window = window
    this.items = items.length
    this.bytes = items.reduce((sum, item) => sum + weigh(item), 0)
  }

  /** Is this its first frame? */
  begin (): boolean {
    const first = !this.#begun && this.pull !== 0
    this.#begun = true

    return first
  }

  get inFlight (): number { return this.#sent - this.#acked }
  get waiting (): number { return this.#queue.length - this.#next }

  /** Bytes of one frame, about: little is lost of a small window. */
  get chunk (): number { return Math.min(CHUNK, this.#window / 2) }

  /** Bytes that wait. */
  get queued (): number { return this.#queue.slice(this.#next).reduce((sum, item) => sum + weigh(item), 0) }

  /** The next item, while the window has room: the last one may go over it. */
  peek (): Item | undefined {
    return this.inFlight < this.#window ? this.#queue[this.#next] : undefined
  }

  /** The peeked item goes out, or is not there any more: 0 bytes. */
  sent (bytes: number): void {
    this.#next++
    this.#sent += bytes

    if (this.#next === this.#queue.length) {
      this.#queue = []
      this.#next = 0
      this.#slots = undefined
    }
  }

  /** A record takes the place of an older one of its key that still waits: who does not read costs one each. */
  append (items: Item[]): void {
    for (const item of items) {
      const place = 'op' in item ? undefined : this.#placeOf(item)

      if (place == null) {
        this.#queue.push(item)
      } else {
        this.#queue[place] = item
      }
    }
  }

  #placeOf (item: Item): number | undefined {
    this.#slots ??= new Map(this.#queue.map((waiting, place) => [slotOf(waiting), place]))
    const place = this.#slots.get(slotOf(item))

    if (place != null && place >= this.#next) {
      return place
    }

    this.#slots.set(slotOf(item), this.#queue.length)

    return undefined
  }

  /** Does not send what waits. */
  drop (where: (item: Item) => boolean = () => true): void {
    this.#queue = this.#queue.slice(this.#next).filter(item => !where(item))
    this.#next = 0
    this.#slots = undefined
  }

  /** @throws {ProtocolError} More was acknowledged than was sent. */
  ack (bytes: number): void {
    this.#acked += bytes

    if (this.#acked > this.#sent) {
      throw new ProtocolError('More was acknowledged than was sent')
    }
  }
}

/** What one side asked for, or takes as news. */
export class Incoming {
  readonly pull: number
  readonly window: number
  readonly done = { items: 0, bytes: 0 }
  all = { items: 0, bytes: 0 }
  /** A frame came; of the news all but empty ones may. */
  begun: boolean
  /** The last frame came. */
  last = false
  #received = 0

  constructor (pull: number, window: number) {
    this.pull = pull
    this.window = window
    this.begun = pull === 0
  }

  /** Is all stored that was asked for? */
  get finished (): boolean { return this.last && this.#received === this.done.bytes }

  /** Is all stored that came? Then the next is the other side's to send. */
  get idle (): boolean { return this.#received === this.done.bytes }

  /** @returns false: more than the window came. */
  receive (bytes: number): boolean {
    this.#received += bytes

    return this.#received - this.done.bytes <= this.window + MAX_ITEM
  }

  stored (items: number, bytes: number): void {
    this.done.items += items
    this.done.bytes += bytes
  }
}

/** Bytes of an item; of a record, which is read when it is sent, what a short one has. */
export function weigh (item: Item): number {
  return 'op' in item ? item.op.signed.body.length + item.op.signed.sig.length : 256
}
