/** Who follows a channel here, and what each has to be told yet. */
import { PIECE } from './messages.js'
import type { Messages } from './messages.js'
import type { PeerId } from '@libp2p/interface'

/** A device may begin to follow so often at once, and then once in so many ms: what it is told first may be a whole document. */
const [BEGINNINGS, BEGIN_AGAIN] = [8, 10_000]

/** Whom something is for: one device, all, or all but one, by their PeerIds. */
export interface Audience {
  to?: string
  but?: string
}

interface Follower {
  waiting: Uint8Array[]
  bytes: number
  /** Too much waited for it: it has to be welcomed anew. */
  isLate: boolean
  wake: () => void
}

/** As its channel is given them. */
export interface FollowersInit {
  /** It follows this device from now on, or anew. @returns What it is told first */
  welcome: (peer: PeerId, greeting: Uint8Array) => Uint8Array[]
  /** Bytes that wait for who takes them slowly. */
  mostWaiting: number
}

export class Followers {
  readonly #init: FollowersInit
  readonly #changed: (peer: PeerId) => void
  readonly #all = new Map<string, Follower>()
  /** Their streams, also of those who wait for their turn: one of each. */
  readonly #lives = new Map<string, AbortController>()
  /** When each began last, ms: later, where it began too often. */
  readonly #begun = new Map<string, number>()

  /** @param changed - This device follows, or does not any more */
  constructor (init: FollowersInit, changed: (peer: PeerId) => void) {
    this.#init = init
    this.#changed = changed
  }

  has (name: string): boolean {
    return this.#all.has(name)
  }

  tell (message: Uint8Array, { to, but }: Audience): void {
    for (const [name, follower] of this.#all) {
      if (name !== but && (to == null || name === to)) {
        follower.waiting.push(message)
        follower.bytes += message.length
        follower.isLate ||= follower.bytes > this.#init.mostWaiting
        follower.wake()
      }
    }
  }

  renew (): void {
    this.#all.forEach((follower) => {
      follower.isLate = true
      follower.wake()
    })
  }

  stop (): void {
    this.#lives.forEach((life) => { life.abort() })
  }

  /** Somebody follows, until the stream ends; a second time, in place of the first. */
  async serve (peer: PeerId, greeting: Uint8Array, messages: Messages, life: AbortController): Promise<void> {
    const name = peer.toString()
    this.#lives.get(name)?.abort()
    this.#lives.set(name, life)
    this.#all.delete(name)
    this.#changed(peer)

    try {
      await this.#turnOf(name, life.signal)
      const welcome = this.#init.welcome(peer, greeting)
      const follower: Follower = { waiting: [], bytes: 0, isLate: false, wake: () => {} }
      this.#all.set(name, follower)
      life.signal.addEventListener('abort', () => { follower.wake() })
      this.#changed(peer)
      await messages.send(welcome, life)

      while (!life.signal.aborted && !follower.isLate) {
        const woken = new Promise<void>((resolve) => { follower.wake = resolve })

        if (follower.waiting.length > 0) {
          await messages.send(nextOf(follower), life)
        } else {
          await woken
        }
      }
    } finally {
      if (this.#lives.get(name) === life) {
        this.#lives.delete(name)
        this.#all.delete(name)
        this.#changed(peer)
      }
    }
  }

  /** Resolves when it may begin. @throws the signal's reason */
  async #turnOf (name: string, signal: AbortSignal): Promise<void> {
    const now = performance.now()
    const begun = Math.max(this.#begun.get(name) ?? -Infinity, now - BEGINNINGS * BEGIN_AGAIN) + BEGIN_AGAIN
    this.#begun.set(name, Math.min(begun, now + BEGIN_AGAIN))

    if (begun > now) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, Math.min(begun - now, BEGIN_AGAIN))
        signal.addEventListener('abort', () => { clearTimeout(timer); resolve() }, { once: true })
      })
    }

    signal.throwIfAborted()
  }
}

/** As many of those that wait as fit into a piece, one at least. */
function nextOf (follower: Follower): Uint8Array[] {
  const { waiting } = follower
  let [count, bytes] = [1, waiting[0]?.length ?? 0]
  while (count < waiting.length && bytes + waiting[count]!.length <= PIECE) bytes += waiting[count++]!.length
  follower.bytes = Math.max(0, follower.bytes - bytes)

  return waiting.splice(0, count)
}
