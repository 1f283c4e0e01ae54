/** Who follows a document here, and what each has to be told yet: one message at a time, made when it can be taken. */
import { encodeAwarenessUpdate } from 'y-protocols/awareness'
import * as Y from 'yjs'
import type { Copy } from './copy.js'
import type { Awareness } from 'y-protocols/awareness'

/** What a message is, its first byte: y-protocols' second step of sync, or an update; or who is there. */
export const [DOCUMENT, AWARENESS] = [0, 1]

/** Bytes of updates that wait for who takes them slowly; beyond, it gets all that it lacked when it asked, as that is then. */
const MOST_WAITING = 1024 * 1024

interface Follower {
  peer: string
  /** Not told yet; undefined: all that it lacked when it asked. */
  updates: Uint8Array[] | undefined
  /** Clients of whose presence it has not been told. */
  clients: Set<number>
  wake: () => void
}

export class Followers {
  readonly #copy: Copy
  readonly #awareness: Awareness
  readonly #all = new Set<Follower>()

  constructor (copy: Copy, awareness: Awareness) {
    this.#copy = copy
    this.#awareness = awareness
  }

  /** What is told to one who knows so much already, until the signal aborts. */
  async * tell (peer: string, stateVector: Uint8Array, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    const follower: Follower = { peer, updates: undefined, clients: new Set(this.#awareness.getStates().keys()), wake: () => {} }
    signal.addEventListener('abort', () => { follower.wake() })
    this.#all.add(follower)

    try {
      while (!signal.aborted) {
        const woken = new Promise<void>((resolve) => { follower.wake = resolve })
        const message = this.#next(follower, stateVector)

        if (message == null) {
          await woken
        } else {
          yield message
        }
      }
    } finally {
      this.#all.delete(follower)
    }
  }

  /** The document has changed, by what `teller` said or here. */
  update (update: Uint8Array, teller?: string): void {
    for (const follower of this.#all) {
      if (follower.peer !== teller && follower.updates != null) {
        const updates = [...follower.updates, update]
        follower.updates = updates.reduce((sum, { length }) => sum + length, 0) > MOST_WAITING ? undefined : updates
        follower.wake()
      }
    }
  }

  /** This node may write from now on: what it has counts. */
  all (): void {
    this.#all.forEach((follower) => {
      follower.updates = undefined
      follower.wake()
    })
  }

  /** Somebody's presence has changed, by what `teller` said or here. Of itself a node tells also who has just said that it is gone. */
  presence (clients: number[], teller?: string): void {
    for (const follower of this.#all) {
      clients.filter(client => follower.peer !== teller || client === this.#awareness.clientID).forEach((client) => { follower.clients.add(client) })
      follower.wake()
    }
  }

  #next (follower: Follower, stateVector: Uint8Array): Uint8Array | undefined {
    const { updates, clients } = follower

    if (this.#copy.canWrite && updates?.length !== 0) {
      follower.updates = []

      return framed(DOCUMENT, updates == null ? this.#copy.since(stateVector) : Y.mergeUpdates(updates))
    }

    if (clients.size > 0) {
      follower.clients = new Set()

      return framed(AWARENESS, encodeAwarenessUpdate(this.#awareness, [...clients]))
    }

    return undefined
  }
}

function framed (kind: number, body: Uint8Array): Uint8Array {
  const message = new Uint8Array(body.length + 1)
  message[0] = kind
  message.set(body, 1)

  return message
}
