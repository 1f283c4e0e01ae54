/** The invitee's half of short codes: whoever claims the nameplate is asked, and the one who knows the words gives the full code. */
import { Queue } from '@libp2p/utils'
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, randomBytes, utf8ToBytes } from '@noble/hashes/utils.js'
import { raceSignal } from 'race-signal'
import { CodeContestedError, InvitationLockedError, InvitationNotFoundError, InviterUnreachableError } from '../../errors.js'
import { drive, StreamEnd } from '../../pake/machine.js'
import { rendezvousIdOf } from '../../invitation/index.js'
import { invitee, MAX_CANDIDATES, MAX_INVITER_FRAME, WrongWordsError } from '../../rendezvous/exchange/index.js'
import { encodeShortCode, parseShortCode } from '../../rendezvous/words.js'
import { openStream, throwIfGivenUp } from '../connection/open-stream.js'
import { loadGuesses, storeGuesses } from '../records.js'
import { FrameStream } from '../../streams/frame-stream.js'
import type { OpenStreamComponents } from '../connection/open-stream.js'
import type { Protocol } from '../../network/protocols.js'
import type { SerialQueue } from '../../async/serial-queue.js'
import type { Clock, DialOptions, DialProgress } from '../../interface/index.js'
import type { InvitationCode } from '../../codec/index.js'
import type { Rendezvous } from '../../rendezvous/interface.js'
import type { ShortCode } from '../../rendezvous/words.js'
import type { AbortOptions, PeerInfo } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { Datastore } from 'interface-datastore'

/** Candidates that are dialled at once. */
const CONCURRENCY = 4

/** Addresses of one candidate that are dialled: who claims a nameplate has no way to have others dialled at length. */
const MAX_ADDRESSES = 8

export interface ShortCodeResolverInit {
  protocol: Protocol
  components: OpenStreamComponents & { datastore: Datastore }
  rendezvous: Rendezvous
  clock: Clock
  stepTimeout: number
  /** The node's one line in which guesses given away are counted. */
  guesses: SerialQueue
}

/** What is being looked for, by whoever typed it: each guess at the words is given away once. */
interface Search {
  code: Promise<InvitationCode>
  /** Ends it, once nobody waits for it any more. */
  over: AbortController
  told: DialProgress[]
  listeners: Set<(event: DialProgress) => void>
}

export class ShortCodeResolver {
  readonly #init: ShortCodeResolverInit
  /** By the four words. */
  readonly #searches = new Map<string, Search>()

  constructor (init: ShortCodeResolverInit) {
    this.#init = init
  }

  /** Where the inviter of a full code says it is now; ends when the signal aborts. */
  async * addressesOf ({ inviter, secret }: InvitationCode, signal: AbortSignal): AsyncGenerator<Multiaddr[]> {
    for await (const { id, multiaddrs } of this.#init.rendezvous.find(rendezvousIdOf(secret), { signal })) {
      if (id.equals(inviter)) {
        yield multiaddrs.slice(0, MAX_ADDRESSES)
      }
    }
  }

  /**
   * A short code's full code. Who asks for one that is being looked for hears what comes of that.
   *
   * @throws {InvalidCodeError} No short code; or the words are not those of the one who answered.
   * @throws {RendezvousError} No rendezvous could be asked.
   * @throws {InvitationNotFoundError} Nobody is found under the nameplate.
   * @throws {CodeContestedError} Several claim it, and none knows the words.
   * @throws {InvitationLockedError} As many candidates as may test a guess were asked with this code, or it is locked.
   * @throws {InviterUnreachableError}
   */
  async resolve (text: string, { signal, onProgress }: Required<AbortOptions> & DialOptions): Promise<InvitationCode> {
    const short = parseShortCode(text)
    const search = this.#searches.get(encodeShortCode(short)) ?? this.#search(short)
    const listener = (event: DialProgress): void => { onProgress?.(event) }
    search.told.forEach(listener)
    search.listeners.add(listener)

    try {
      return await raceSignal(search.code, signal)
    } catch (err) {
      throwIfGivenUp(signal)
      throw signal.aborted ? new InviterUnreachableError('Nobody who was found under this short code answered in time; try again, or use the full code', { cause: err }) : err
    } finally {
      search.listeners.delete(listener)

      if (search.listeners.size === 0) {
        this.#end(short, search)
      }
    }
  }

  #search (short: ShortCode): Search {
    const code = Promise.withResolvers<InvitationCode>()
    const search: Search = { code: code.promise, over: new AbortController(), told: [], listeners: new Set() }
    this.#searches.set(encodeShortCode(short), search)
    this.#find(short, search, code.resolve).then(code.reject, code.reject).finally(() => { this.#end(short, search) })

    return search
  }

  #end (short: ShortCode, search: Search): void {
    search.over.abort()

    if (this.#searches.get(encodeShortCode(short)) === search) {
      this.#searches.delete(encodeShortCode(short))
    }
  }

  /** @returns What it means that nobody who was found gave the code */
  async #find (short: ShortCode, { over: { signal }, told, listeners }: Search, give: (code: InvitationCode) => void): Promise<unknown> {
    const onProgress = (event: DialProgress): void => {
      told.push(event)
      listeners.forEach((listener) => { listener(event) })
    }
    const dials = new Queue<void>({ concurrency: CONCURRENCY })
    const failures: unknown[] = []
    const asked: Array<Promise<void>> = []
    let found = 0
    onProgress({ type: 'finding' })

    for await (const peer of this.#init.rendezvous.find(short.nameplate, { signal })) {
      if (peer.id.equals(this.#init.components.peerId)) {
        continue
      }

      if (++found === 2) {
        onProgress({ type: 'contested' })
      }

      asked.push(dials.add(async () => { give(await this.#ask(peer, short, signal, onProgress)) }).catch((err: unknown) => { failures.push(err) }))
    }

    await Promise.all(asked)

    return failed(found, failures)
  }

  /** Runs the exchange with one candidate. */
  async #ask (peer: PeerInfo, short: ShortCode, signal: AbortSignal, onProgress: DialOptions['onProgress']): Promise<InvitationCode> {
    signal.throwIfAborted()
    const { components, clock, stepTimeout } = this.#init
    const { stream, connection } = await openStream(components, this.#init.protocol.id, peer.id, peer.multiaddrs.slice(0, MAX_ADDRESSES), { signal, onProgress })
    const frames = new FrameStream(stream, MAX_INVITER_FRAME, clock)

    try {
      const code = await drive(invitee({
        ends: { inviter: connection.remotePeer.toMultihash().bytes, invitee: components.peerId.toMultihash().bytes },
        ...short,
        random: randomBytes
      }), async (effect) => {
        switch (effect.type) {
          case 'send': return frames.send(effect.frame, signal)
          case 'receive': return frames.receive(stepTimeout, signal)
          case 'release': return this.#count(short, asked => asked + 1)
        }
      })
      // who gave the code knows the words: nothing was given away
      await this.#count(short, () => 0)

      return code
    } finally {
      await frames.close()
    }
  }

  /** How many candidates were able to test a guess at this code, restarts included. */
  async #count (short: ShortCode, next: (asked: number) => number): Promise<void> {
    const { components: { datastore }, guesses } = this.#init
    const id = bytesToHex(sha256(utf8ToBytes(encodeShortCode(short))))

    await guesses.add(async () => {
      const asked = next(await loadGuesses(datastore, id))

      if (asked > MAX_CANDIDATES) {
        throw new InvitationLockedError(`${MAX_CANDIDATES} of those who claim this short code were asked, and no more are; ask the inviter for the full code`)
      }

      await storeGuesses(datastore, id, asked)
    })
  }
}

/** What it means that nobody who was found gave the code. */
function failed (found: number, failures: unknown[]): unknown {
  if (found === 0) {
    return new InvitationNotFoundError('Nobody is found under the first two words: check them, and that the inviter is online')
  }

  if (found > 1 && failures.some(err => err instanceof WrongWordsError)) {
    return new CodeContestedError({ cause: new AggregateError(failures) })
  }

  const told = failures.find(err => err instanceof InvitationLockedError) ?? failures.find(err => !(err instanceof InviterUnreachableError)) ?? failures[0]

  return told instanceof StreamEnd ? new InviterUnreachableError(undefined, { cause: told }) : told
}
