/**
 * What members' devices that have the same thing open tell each other. Who listens opens the stream, so that the other end's guard judges it, and
 * ends it as soon as it may not (docs/documents.md, "Another library").
 */
import { ProtocolError } from '../errors.js'
import { Followers } from './followers.js'
import { lifeOf, messagesOf, PIECE } from './messages.js'
import { shelfOf } from './shelf.js'
import type { Audience } from './followers.js'
import type { Shelf } from './shelf.js'
import type { Party } from '../interface/index.js'
import type { PeerId, Stream } from '@libp2p/interface'

/** Documents of one party that a device may follow over one connection; libp2p's default is 32 streams. */
const MAX_STREAMS = 256

/** How long until somebody who could not be followed is tried again, ms: doubled each time, up to the second. */
const [FIRST_WAIT, LONGEST_WAIT] = [250, 60_000]

/** What a channel is for, and what is done with what it brings. */
export interface ChannelInit {
  party: Party
  /** An id of libp2p: guarded streams of it carry all channels of all parties that are of one kind. */
  protocol: string
  /** Which of them; 1 to 255 bytes of UTF-8. */
  name: string
  /** Said first of all to who is followed, at most 256 KiB. @default nothing */
  greet?: (peer: PeerId) => Uint8Array
  /** What it takes to follow it: when that is another, it is followed anew. Looked at after each change of the party, and by `review`. */
  terms?: (peer: PeerId) => string
  /** Bytes that it may say at once. */
  most: (peer: PeerId) => number
  /** It says something. @throws whatever is wrong with that: it is left, and followed again later */
  take: (peer: PeerId, message: Uint8Array) => void
  /** It is followed no more: it went, is no member any more, or does not have this open. */
  gone?: (peer: PeerId) => void
  /** It follows this device from now on, or anew. @returns What it is told first */
  welcome: (peer: PeerId, greeting: Uint8Array) => Uint8Array[]
  /** Both follow each other, from now on or anew: what is told now is heard at both ends. */
  met?: (peer: PeerId) => void
  /** They do not any more. */
  parted?: (peer: PeerId) => void
  /** Bytes that wait for who takes them slowly; beyond, it is welcomed anew, once it has what is on its way. */
  mostWaiting: number
  /**
   * What `peer` says is nothing (`ProtocolError`, with the cause), or ends each time before all of it is here (libp2p's
   * `LimitedConnectionError`): it is tried again later. Or, without `peer`, the party cannot be served: the node handles the protocol by
   * itself, or has forgotten the party (`PartyForgottenError`, and the channel has stopped).
   */
  failed: (error: Error, peer?: PeerId) => void
}

interface Followed {
  peer: PeerId
  terms: string
  /** Has it said something, be it nothing? */
  isHeard: boolean
  life: AbortController
}

/** Keeps a stream to and from each device of a party's members that has a channel of the same protocol and name, for as long as the log says so. */
export class Channel {
  readonly #init: ChannelInit
  readonly #shelf: Shelf
  readonly #followed = new Map<string, Followed>()
  readonly #followers: Followers
  readonly #met = new Set<string>()
  /** How often a device in a row could not say all that it began to: over another connection, too. */
  readonly #cuts = new Map<string, number>()
  readonly #life = new AbortController()

  /** @throws {TypeError} This party has that channel already. @throws {RangeError} No such name. */
  constructor (init: ChannelInit) {
    const { party, protocol, name, failed } = init
    const { signal } = this.#life
    this.#init = init
    this.#followers = new Followers(init, (peer) => { this.#meet(peer) })
    this.#shelf = shelfOf(party, protocol)
    this.#shelf.put(name, this, failed, async shelf => party.handle(protocol, async (stream, { remotePeer }) => Channel.#answer(shelf, stream, remotePeer), {
      maxInboundStreams: MAX_STREAMS,
      maxOutboundStreams: MAX_STREAMS,
      runOnLimitedConnection: true
    }))

    signal.addEventListener('abort', party.subscribe(() => { this.#changed() }))
    party.topology(protocol, {
      notifyOnLimitedConnection: true,
      onConnect: (peer) => { this.#begin(peer) },
      onDisconnect: (peer) => { this.#end(peer) }
    }, { signal }).then((end) => { signal.addEventListener('abort', () => { end().catch(failed) }) }, (err: Error) => { if (!signal.aborted) failed(err) })
  }

  /** Followers are told something, each in turn with what was told before. */
  tell (message: Uint8Array, audience: Audience = {}): void {
    this.#followers.tell(message, audience)
  }

  /** All followers are welcomed anew. */
  renew (): void {
    this.#followers.renew()
  }

  /** Who is followed on other terms than those of now is followed anew. */
  review (): void {
    for (const { peer, terms } of this.#followed.values()) {
      if (this.#init.terms?.(peer) !== terms) {
        this.#begin(peer)
      }
    }
  }

  /** Nobody is told anything any more, nor followed. */
  stop (): void {
    const { party, protocol, name, failed } = this.#init
    this.#life.abort()
    this.#followed.forEach(({ life }) => { life.abort() })
    this.#followers.stop()
    this.#followed.clear()
    this.#shelf.take(name, failed, async () => party.unhandle(protocol))
  }

  #blame (error: Error, peer: PeerId): void {
    const name = peer.toString()

    if (error instanceof ProtocolError) {
      this.#init.failed(error, peer)
    } else if (error.name === 'LimitedConnectionError') {
      const cuts = 1 + (this.#cuts.get(name) ?? 0)
      this.#cuts.set(name, cuts)

      // once may be an accident
      if (cuts === 2) {
        this.#init.failed(error, peer)
      }
    }
  }

  static async #answer (shelf: Shelf, stream: Stream, peer: PeerId): Promise<void> {
    const messages = messagesOf(stream)
    const life = lifeOf(stream)

    try {
      const [name, greeting = new Uint8Array()] = await messages.receive(() => PIECE, life)
      const channel = await shelf.find(new TextDecoder().decode(name), peer.toString(), life.signal)
      await channel.#followers.serve(peer, greeting, messages, life)
    } finally {
      stream.abort(new Error('It is served no more'))
    }
  }

  /** The party is another one: maybe none of this node's. */
  #changed (): void {
    const { party, protocol, failed } = this.#init
    this.review()

    // who left, or was removed, may come back; a party that was forgotten refuses, and is done for
    if (party.role == null) {
      party.topology(protocol, { notifyOnLimitedConnection: true }).then(async end => end()).catch((err: Error) => {
        if (!this.#life.signal.aborted) {
          this.stop()
          failed(err)
        }
      })
    }
  }

  #begin (peer: PeerId): void {
    const name = peer.toString()
    this.#followed.get(name)?.life.abort()

    if (!this.#life.signal.aborted) {
      const followed: Followed = { peer, terms: this.#init.terms?.(peer) ?? '', isHeard: false, life: new AbortController() }
      this.#followed.set(name, followed)
      this.#meet(peer)
      this.#follow(followed).catch(this.#init.failed)
    }
  }

  #end (peer: PeerId): void {
    const name = peer.toString()
    this.#followed.get(name)?.life.abort()
    this.#followed.delete(name)
    this.#gone(peer)
  }

  #gone (peer: PeerId): void {
    this.#meet(peer)
    this.#init.gone?.(peer)
  }

  /** Does it follow this device, and this device it? */
  #meet (peer: PeerId): void {
    const { met, parted } = this.#init
    const name = peer.toString()
    const isMet = this.#followers.has(name) && this.#followed.get(name)?.isHeard === true

    if (isMet !== this.#met.has(name)) {
      this.#met[isMet ? 'add' : 'delete'](name)
      ;(isMet ? met : parted)?.(peer)
    }
  }

  async #follow (followed: Followed): Promise<void> {
    const { peer, life: { signal } } = followed
    const again = async (wait: number): Promise<void> => new Promise((resolve) => {
      const timer = setTimeout(resolve, wait * (1 + Math.random()) / 2)
      signal.addEventListener('abort', () => { clearTimeout(timer); resolve() }, { once: true })
    })
    const cuts = this.#cuts.get(peer.toString()) ?? 0

    if (cuts > 1) {
      await again(Math.min(FIRST_WAIT * 2 ** cuts, LONGEST_WAIT))
    }

    for (let wait = FIRST_WAIT; !signal.aborted; wait = Math.min(2 * wait, LONGEST_WAIT)) {
      await this.#listen(followed, () => { wait = FIRST_WAIT }).catch(() => { /* it went, does not serve this any more, or said what nobody understands */ })

      if (!signal.aborted) {
        followed.isHeard = false
        this.#gone(peer)
        await again(wait)
      }
    }
  }

  async #listen (followed: Followed, onMessages: () => void): Promise<void> {
    const { peer, life: { signal } } = followed
    const { party, protocol, name, greet, most, take } = this.#init
    const stream = await party.newStream(peer, protocol, { signal, maxOutboundStreams: MAX_STREAMS, runOnLimitedConnection: true })

    try {
      const life = AbortSignal.any([signal, lifeOf(stream).signal])
      const messages = messagesOf(stream)
      await messages.send([new TextEncoder().encode(name), greet?.(peer) ?? new Uint8Array()], { signal: life })

      for (;;) {
        const said = await messages.receive(() => most(peer), { signal: life })
        life.throwIfAborted()
        this.#cuts.delete(peer.toString())
        followed.isHeard = true
        this.#meet(peer)

        for (const message of said) {
          life.throwIfAborted()
          takeFrom(peer, message, take)
        }

        onMessages()
      }
    } catch (err) {
      this.#blame(err as Error, peer)
      throw err
    } finally {
      stream.abort(new Error('This is not followed any more'))
    }
  }
}

/** @throws {ProtocolError} */
function takeFrom (peer: PeerId, message: Uint8Array, take: ChannelInit['take']): void {
  try {
    take(peer, message)
  } catch (err) {
    throw new ProtocolError('A member says what is nothing to this document; see cause', { cause: err })
  }
}
