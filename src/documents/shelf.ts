/** The channels that a party has open under one protocol, and who waits for others to be. */
import type { Channel } from './channel.js'
import type { Party } from '../interface/index.js'

/** Channels that one device may wait for, which nobody has opened here. */
const MOST_AWAITED = 32

interface Awaited {
  name: string
  by: string
  found: (channel: Channel) => void
}

const shelves = new WeakMap<Party, Map<string, Shelf>>()

export class Shelf {
  readonly #channels = new Map<string, Channel>()
  readonly #awaited = new Set<Awaited>()
  /** Handling and letting go of the protocol, in turn. */
  #turn = Promise.resolve()

  /**
   * @param handle - Begins to serve the protocol
   * @throws {TypeError} The party has that channel already. @throws {RangeError} No such name.
   */
  put (name: string, channel: Channel, failed: (err: Error) => void, handle: (shelf: Shelf) => Promise<void>): void {
    const { length } = new TextEncoder().encode(name)

    if (length < 1 || length > 255) {
      throw new RangeError('A document\'s name has 1 to 255 bytes of UTF-8; shorten it')
    }

    if (this.#channels.has(name)) {
      throw new TypeError(`The document ${name} of this party is open already: destroy that provider first, or give this one another name`)
    }

    this.#channels.set(name, channel)
    this.#awaited.forEach((awaited) => { if (awaited.name === name) awaited.found(channel) })

    if (this.#channels.size === 1) {
      this.#inTurn(async () => handle(this), failed)
    }
  }

  /** @param unhandle - Serves the protocol no more */
  take (name: string, failed: (err: Error) => void, unhandle: () => Promise<void>): void {
    if (this.#channels.delete(name) && this.#channels.size === 0) {
      this.#inTurn(unhandle, failed)
    }
  }

  /** The channel of that name, once it is open. @throws {RangeError} That device waits for too many. @throws the signal's reason */
  async find (name: string, by: string, signal: AbortSignal): Promise<Channel> {
    const channel = this.#channels.get(name)

    if (channel != null) {
      return channel
    }

    if ([...this.#awaited].filter(awaited => awaited.by === by).length >= MOST_AWAITED) {
      throw new RangeError('It waits for too many documents that are not open here')
    }

    return new Promise((resolve, reject) => {
      const end = (): void => { this.#awaited.delete(awaited) }
      const awaited: Awaited = { name, by, found: (channel) => { end(); resolve(channel) } }
      this.#awaited.add(awaited)
      signal.addEventListener('abort', () => { end(); reject(signal.reason as Error) }, { once: true })
    })
  }

  #inTurn (work: () => Promise<void>, failed: (err: Error) => void): void {
    this.#turn = this.#turn.then(work).catch(failed)
  }
}

export function shelfOf (party: Party, protocol: string): Shelf {
  const ofParty = shelves.get(party) ?? new Map<string, Shelf>()
  const shelf = ofParty.get(protocol) ?? new Shelf()
  shelves.set(party, ofParty.set(protocol, shelf))

  return shelf
}
