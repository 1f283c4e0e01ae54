/** Who has shown the PIN of one invitation and waits for a person's yes or no. */
import { quietly } from '../interface/observable.js'
import { NoAnswerError } from '../invitation/index.js'
import type { Candidate, InvitationCallbacks } from '../interface/index.js'
import type { Key } from '../log/index.js'

interface WaitingCandidate extends PromiseWithResolvers<boolean> {
  candidate: Candidate
  signal: AbortSignal
}

export class Candidates {
  readonly #waiting = new Map<Key, WaitingCandidate>()
  readonly #changed: () => void

  constructor (changed: () => void) {
    this.#changed = changed
  }

  list (): readonly Candidate[] {
    return [...this.#waiting.values()].map(({ candidate }) => candidate)
  }

  /**
   * Waits for an answer to a candidate.
   *
   * @throws {NoAnswerError} A callback threw.
   * @throws the signal's reason.
   */
  async ask (key: Key, candidate: Candidate, callbacks: Iterable<InvitationCallbacks>, signal: AbortSignal): Promise<boolean> {
    signal.throwIfAborted()
    const waiting: WaitingCandidate = { candidate, signal, ...Promise.withResolvers<boolean>() }
    const abort = (): void => { waiting.reject(signal.reason) }
    signal.addEventListener('abort', abort, { once: true })
    this.#waiting.set(key, waiting)
    this.#changed()

    for (const each of callbacks) {
      put(waiting, each)
    }

    try {
      return await waiting.promise
    } finally {
      signal.removeEventListener('abort', abort)

      if (this.#waiting.get(key) === waiting) {
        this.#waiting.delete(key)
      }

      this.#changed()
    }
  }

  /** A person's answer; false if nobody waits by this key. */
  answer (key: Key, approved: boolean): boolean {
    const waiting = this.#waiting.get(key)
    waiting?.resolve(approved)

    return waiting != null
  }

  /** Callbacks that were added later are asked about those who wait. */
  askAll (callbacks: InvitationCallbacks): void {
    this.#waiting.forEach((waiting) => { put(waiting, callbacks) })
  }
}

function put ({ candidate, signal, resolve, reject }: WaitingCandidate, callbacks: InvitationCallbacks): void {
  const ask = async (): Promise<void> => {
    const answer: unknown = await callbacks.approve?.(candidate, { signal })

    if (typeof answer === 'boolean') {
      resolve(answer)
    }
  }

  ask().catch((err: unknown) => {
    reject(new NoAnswerError())

    // what an app does with an aborted signal is not its fault
    if (!signal.aborted) {
      quietly(() => { throw err })
    }
  })
}
