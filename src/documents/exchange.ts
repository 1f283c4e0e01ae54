/**
 * Keeps a stream to each connected device of a party's members, by which this node hears of what they have, and serves theirs: who listens
 * opens the stream, so that the other end's guard judges it, and ends it as soon as it may not (docs/documents.md).
 */
import { messagesOf } from './messages.js'
import type { Messages } from './messages.js'
import type { Party } from '../interface/index.js'
import type { PeerId, Stream } from '@libp2p/interface'

/** Bytes of what a stream begins with: a name, and a document's state vector. */
const MAX_GREETING = 1024 * 1024

/** Documents of one party that a device may follow over one connection; libp2p's default is 32 streams. */
const MAX_STREAMS = 256

/** How long until somebody who could not be followed is asked again, ms: doubled each time, up to the second; and at once when it asks this node. */
const [FIRST_WAIT, LONGEST_WAIT] = [250, 60_000]

export interface ExchangeInit {
  party: Party
  protocol: string
  /** Which of the party's documents; 1 to 255 bytes of UTF-8. */
  name: string
  /** Said first of all, when a device is followed. */
  greet: (peer: PeerId) => Uint8Array
  /** What following it depends on: when that changes it is followed anew. */
  terms: (peer: PeerId) => string
  /** Bytes that it may say at once. */
  most: (peer: PeerId) => number
  /** It said something. @throws whatever is wrong with it: it is left, and followed again later */
  take: (peer: PeerId, message: Uint8Array) => void
  /** It went, is no member any more, or does not have this document open. */
  gone: (peer: PeerId) => void
  /** What it is told, until the signal aborts. */
  tell: (peer: PeerId, greeting: Uint8Array, signal: AbortSignal) => AsyncIterable<Uint8Array>
  /** The party cannot be served: the node handles the protocol by itself, or has forgotten the party. */
  failed: (error: Error) => void
}

interface Followed {
  peer: PeerId
  terms: string
  life: AbortController
  /** Asks again now. */
  again: () => void
}

/** What one party has open under one protocol, by name. */
interface Shelf {
  exchanges: Map<string, Exchange>
  /** Handling and letting go of the protocol, in turn. */
  turn: Promise<void>
}

const shelves = new WeakMap<Party, Map<string, Shelf>>()

export class Exchange {
  readonly #init: ExchangeInit
  readonly #shelf: Shelf
  readonly #followed = new Map<string, Followed>()
  readonly #told = new Map<string, AbortController>()

  /** @throws {TypeError} This document of this party is open already. @throws {RangeError} No such name. */
  constructor (init: ExchangeInit) {
    this.#init = init
    this.#shelf = shelfOf(init)
    const { length } = new TextEncoder().encode(init.name)

    if (length < 1 || length > 255) {
      throw new RangeError('A document\'s name has 1 to 255 bytes of UTF-8')
    }

    if (this.#shelf.exchanges.has(init.name)) {
      throw new TypeError(`The document ${init.name} of this party is open already: destroy that provider first, or give this one another name`)
    }

    this.#shelf.exchanges.set(init.name, this)

    if (this.#shelf.exchanges.size === 1) {
      this.#inTurn(async () => init.party.handle(init.protocol, async (stream, { remotePeer }) => answer(this.#shelf, stream, remotePeer), {
        maxInboundStreams: MAX_STREAMS,
        maxOutboundStreams: MAX_STREAMS,
        runOnLimitedConnection: true
      }))
    }
  }

  /** Follows whom there is to follow now, on the terms of now: after each change of the party or the terms. */
  review (): void {
    const { party, terms, gone } = this.#init
    const there = new Map(party.peers.filter(peer => party.roleOf(peer) != null).map(peer => [peer.toString(), peer]))

    for (const [name, followed] of this.#followed) {
      if (!there.has(name) || terms(followed.peer) !== followed.terms) {
        followed.life.abort()
        this.#followed.delete(name)
      }

      if (!there.has(name)) {
        gone(followed.peer)
      }
    }

    for (const [name, peer] of there) {
      if (!this.#followed.has(name)) {
        const followed = { peer, terms: terms(peer), life: new AbortController(), again: () => {} }
        this.#followed.set(name, followed)
        this.#follow(followed).catch(() => { /* what can go wrong is waited out there */ })
      }
    }
  }

  /** Serves and follows nobody any more. */
  stop (): void {
    const { name, party, protocol } = this.#init
    this.#shelf.exchanges.delete(name)
    this.#followed.forEach(({ life }) => { life.abort() })
    this.#told.forEach((life) => { life.abort() })
    this.#followed.clear()

    if (this.#shelf.exchanges.size === 0) {
      this.#inTurn(async () => party.unhandle(protocol))
    }
  }

  /** A device that may follow this document does; a second time, in place of the first. */
  async tell (peer: PeerId, greeting: Uint8Array, messages: Messages, life: AbortController): Promise<void> {
    const name = peer.toString()
    this.#told.get(name)?.abort()
    this.#told.set(name, life)
    // who asks has the document open: it need not be waited for
    this.#followed.get(name)?.again()

    try {
      for await (const message of this.#init.tell(peer, greeting, life.signal)) {
        await messages.send(message, life)
      }
    } finally {
      if (this.#told.get(name) === life) {
        this.#told.delete(name)
      }
    }
  }

  async #follow (followed: Followed): Promise<void> {
    const { peer, life: { signal } } = followed

    for (let wait = FIRST_WAIT; !signal.aborted; wait = Math.min(2 * wait, LONGEST_WAIT)) {
      let isAsked = false
      followed.again = () => { isAsked = true }
      await this.#listen(followed, () => { wait = FIRST_WAIT }).catch(() => { /* it went, does not have it open, or said what nobody understands */ })

      if (!signal.aborted) {
        this.#init.gone(peer)
      }

      // who asked meanwhile had it open by then
      if (!signal.aborted && !isAsked) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, wait * (1 + Math.random()) / 2)
          followed.again = () => { clearTimeout(timer); resolve() }
          signal.addEventListener('abort', followed.again, { once: true })
        })
      }
    }
  }

  async #listen ({ peer, life: { signal } }: Followed, onMessage: () => void): Promise<void> {
    const { party, protocol, name, greet, most, take } = this.#init
    const stream = await party.newStream(peer, protocol, { signal, maxOutboundStreams: MAX_STREAMS, runOnLimitedConnection: true })

    try {
      const life = AbortSignal.any([signal, lifeOf(stream).signal])
      const messages = messagesOf(stream)
      await messages.send(greetingOf(name, greet(peer)), { signal: life })

      for (;;) {
        const message = await messages.receive(() => most(peer), { signal: life })
        life.throwIfAborted()
        take(peer, message)
        onMessage()
      }
    } finally {
      stream.abort(new Error('This document is not followed any more'))
    }
  }

  #inTurn (work: () => Promise<void>): void {
    this.#shelf.turn = this.#shelf.turn.then(work).catch((err: Error) => { this.#init.failed(err) })
  }
}

async function answer (shelf: Shelf, stream: Stream, peer: PeerId): Promise<void> {
  const messages = messagesOf(stream)
  const life = lifeOf(stream)

  try {
    const first = await messages.receive(() => MAX_GREETING, life)
    const end = 1 + (first[0] ?? 0)
    await shelf.exchanges.get(new TextDecoder().decode(first.subarray(1, end)))?.tell(peer, first.subarray(end), messages, life)
  } finally {
    stream.abort(new Error('There is no such document here, or not any more'))
  }
}

function greetingOf (name: string, greeting: Uint8Array): Uint8Array {
  const named = new TextEncoder().encode(name)

  return Uint8Array.of(named.length, ...named, ...greeting)
}

/** Aborts with the stream; and the stream with it. */
function lifeOf (stream: Stream): AbortController {
  const life = new AbortController()
  stream.addEventListener('close', () => { life.abort() }, { once: true })
  life.signal.addEventListener('abort', () => { stream.abort(new Error('It is served no more')) }, { once: true })

  return life
}

function shelfOf ({ party, protocol }: ExchangeInit): Shelf {
  const ofParty = shelves.get(party) ?? new Map<string, Shelf>()
  const shelf = ofParty.get(protocol) ?? { exchanges: new Map<string, Exchange>(), turn: Promise.resolve() }
  shelves.set(party, ofParty.set(protocol, shelf))

  return shelf
}
