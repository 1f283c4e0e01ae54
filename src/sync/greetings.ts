/** Streams that are being greeted: a few of a stranger at once, of a member as many as it opens. */
import { MAX_GREETINGS } from './constants.js'
import type { Key } from './interface.js'

export class Greetings {
  readonly #isMember: (key: Key) => boolean
  /** By the peer's key. */
  readonly #open = new Map<Key, number>()

  constructor (isMember: (key: Key) => boolean) {
    this.#isMember = isMember
  }

  /** @throws {RangeError} A stranger opens too many streams. */
  async greet <T> (key: Key, greet: () => Promise<T>): Promise<T> {
    const others = this.#open.get(key) ?? 0

    if (others >= MAX_GREETINGS && !this.#isMember(key)) {
      throw new RangeError('A stranger opens too many streams')
    }

    this.#open.set(key, others + 1)

    try {
      return await greet()
    } finally {
      const left = (this.#open.get(key) ?? 1) - 1

      if (left > 0) {
        this.#open.set(key, left)
      } else {
        this.#open.delete(key)
      }
    }
  }
}
