/** Redemptions of one code side by side on this node: one at a time is between its Knock and the inviter's verdict. */
import { raceSignal } from 'race-signal'
import { SerialQueue } from '../async/serial-queue.js'

/** What the redemptions of one code share. */
interface Shared {
  queue: SerialQueue
  /** Redemptions of it that go on. */
  users: number
  /** Who knocked last: the inviter has one place for this node's key, and whoever had it before is out. */
  last?: CodeTurn
}

/** By node, and there by lookup id. */
const nodes = new WeakMap<object, Map<string, Shared>>()

/**
 * The turn of one redemption. Without it two of one code would push each other out of the inviter's place while a PIN is on its
 * way, and each PIN that is given away counts: so a person would lock themselves out with the right one.
 */
export class CodeTurn {
  readonly #shared: Shared
  readonly #end: () => void
  #release: (() => void) | undefined

  /** @param node - Any object that is this node's alone */
  constructor (node: object, lookupId: string) {
    const codes = nodes.get(node) ?? new Map<string, Shared>()
    const shared = this.#shared = codes.get(lookupId) ?? { queue: new SerialQueue(), users: 0 }
    nodes.set(node, codes.set(lookupId, shared))
    shared.users++
    this.#end = () => {
      if (--shared.users === 0) {
        codes.delete(lookupId)
      }
    }
  }

  /** Did no other redemption of this code knock since this one did? */
  get isLast (): boolean { return this.#shared.last === this }

  /** Waits for the turn, and has it until `release`; nothing if it has it. @throws the signal's reason */
  async take (signal: AbortSignal): Promise<void> {
    if (this.#release != null) {
      return
    }

    const held = this.#shared.queue.hold(async () => {})

    try {
      this.#release = (await raceSignal(held, signal)).release
    } catch (err) {
      held.then(({ release }) => { release() }, () => {})
      throw err
    }
  }

  /** This redemption is about to knock. */
  knock (): void {
    this.#shared.last = this
  }

  release (): void {
    this.#release?.()
    this.#release = undefined
  }

  /** The redemption is over. */
  end (): void {
    this.release()
    this.#end()
  }
}
