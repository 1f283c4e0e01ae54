/** What is new here and is told on one stream: in bursts, and not what came from there; or withheld, and compared in a while. */
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex } from '@noble/hashes/utils.js'
import { GATHER } from './constants.js'
import { slotOf } from './sets.js'
import type { Items } from './frames.js'
import type { SignedOp } from './interface.js'
import type { Laters } from './laters.js'
import type { Item, SyncSet } from './sets.js'

/** Items that came from the other side and are not told back, at most; it may be told of those before. */
const MAX_THEIRS = 8192

export interface TellingInit {
  sets: SyncSet[]
  /** Is the other side told of what is new, as it comes? */
  isTold: () => boolean
  /** When others who are not told of what is new are compared with, too. @default at once */
  laters?: Laters
  tell: (set: number, items: Item[]) => void
  compare: (set: number) => void
  /** All that there is now was handed to `tell` or `compare`. */
  done: () => void
}

export class Telling {
  readonly #init: TellingInit
  /** What ends the watching of each set. One of which something is withheld is not watched: all of it is compared, and of hundreds of streams few are told. */
  readonly #watched = new Map<SyncSet, () => void>()
  /** Names of items that came from there. */
  readonly #theirs = new Set<string>()
  /** What is new, until it is told. */
  readonly #fresh = new Map<number, Map<string, Item>>()
  /** Sets of which it was not told what is new. */
  readonly #withheld = new Set<SyncSet>()
  #callOff: (() => void) | undefined
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor (init: TellingInit) {
    this.#init = init
    init.sets.forEach((set) => { this.#watch(set) })
  }

  /** Is there something that is told in a moment? */
  get isGathering (): boolean { return this.#timer != null }

  /** Is there something that the other side is not told? */
  get isWithholding (): boolean { return this.#withheld.size > 0 }

  /** Whether the other side is told may be otherwise now: what was kept from it is compared. */
  retell (): void {
    if (this.isWithholding && this.#init.isTold()) {
      this.#compareWithheld()
    }
  }

  /** Items that came from the other side: it has them. */
  remember ({ ops, records }: Items): void {
    if (this.#theirs.size + ops.length + records.length > MAX_THEIRS) {
      this.#theirs.clear()
    }

    ops.forEach((op) => { this.#theirs.add(nameOfOp(op)) })
    records.forEach((record) => { this.#theirs.add(bytesToHex(sha256(record)).slice(0, 32)) })
  }

  end (): void {
    this.#watched.forEach(unwatch => { unwatch() })
    clearTimeout(this.#timer)
    this.#callOff?.()
  }

  #watch (set: SyncSet): void {
    this.#watched.set(set, set.watch((items) => { this.#gather(set, items) }))
  }

  /** What comes in a burst is told in one frame. */
  #gather (set: SyncSet, items: Item[]): void {
    if (!this.#init.isTold()) {
      this.#withhold(set)

      return
    }

    const fresh = items.filter(item => !this.#theirs.delete(nameOf(item)))
    const gathered = this.#fresh.get(set.number) ?? new Map<string, Item>()
    this.#fresh.set(set.number, gathered)
    fresh.forEach(item => { gathered.set(slotOf(item), item) })
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined
      this.#fresh.forEach((items, set) => { this.#init.tell(set, [...items.values()]) })
      this.#fresh.clear()
      this.#init.done()
    }, GATHER)
  }

  /** It hears of it from others, or by a comparison in a while, wherever it stands. */
  #withhold (set: SyncSet): void {
    this.#withheld.add(set)
    this.#watched.get(set)?.()
    this.#watched.delete(set)
    this.#callOff ??= this.#init.laters?.add(() => { this.#compareWithheld() })
  }

  #compareWithheld (): void {
    this.#callOff?.()
    this.#callOff = undefined
    const withheld = [...this.#withheld]
    this.#withheld.clear()
    withheld.forEach((set) => {
      this.#watch(set)
      this.#init.compare(set.number)
    })
    this.#init.done()
  }
}

function nameOf (item: Item): string {
  return 'op' in item ? nameOfOp(item.op.signed) : item.record.id
}

/** Half a signature names an op well enough: who sends another op with it is not told of one. */
function nameOfOp ({ sig }: SignedOp): string {
  return bytesToHex(sig.subarray(0, 32))
}
