/** What an inbound stream is received by until it is known for which party it is: not for long, and of a stranger not often at once. */
import { raceSignal } from 'race-signal'
import { after } from '../async/clock.js'
import { NotMemberError, ProtocolError } from '../errors.js'
import { keyOf } from '../log/terms.js'
import { CLOSE_TIMEOUT, GREETING_TIMEOUT, MAX_GREETINGS, NAME_LENGTH } from './constants.js'
import { encodeVerdict, nameOf } from './greeting.js'
import { roleOf } from './role.js'
import type { Clock } from '../async/clock.js'
import type { MembershipLog } from '../log/index.js'
import type { Verdict } from './greeting.js'
import type { AbortOptions, PeerId, Stream } from '@libp2p/interface'

export interface ReceptionInit {
  peerId: PeerId
  clock: Clock
  /** The logs of all parties of this node. */
  logs: () => Iterable<MembershipLog>
  /** Resolves when they are loaded. @throws {NotStartedError} */
  ready: (options?: AbortOptions) => Promise<void>
}

export class Reception {
  readonly #init: ReceptionInit
  /** Streams of which the party is not known yet, by their peer. */
  readonly #greeting = new Map<string, number>()

  constructor (init: ReceptionInit) {
    this.#init = init
  }

  /** @param work - What is done until it is known. @throws {NotMemberError} Too many streams of a stranger are at it. */
  async receive <T> (remotePeer: PeerId, work: (patience: { signal: AbortSignal }) => Promise<T>): Promise<T> {
    const peer = remotePeer.toString()
    const greeting = this.#greeting.get(peer) ?? 0

    if (greeting >= MAX_GREETINGS && !this.#isKnown(remotePeer)) {
      throw new NotMemberError('A stranger opens too many streams')
    }

    this.#greeting.set(peer, greeting + 1)
    const { late, callOff } = deadline(this.#init.clock, GREETING_TIMEOUT)

    try {
      return await work({ signal: late })
    } finally {
      callOff()
      const left = (this.#greeting.get(peer) ?? 1) - 1

      if (left > 0) {
        this.#greeting.set(peer, left)
      } else {
        this.#greeting.delete(peer)
      }
    }
  }

  /** The party that an opener names. @throws {ProtocolError} It is no name. */
  async find (name: Uint8Array, opener: PeerId, patience: { signal: AbortSignal }): Promise<MembershipLog | undefined> {
    if (name.length !== NAME_LENGTH) {
      throw new ProtocolError('A guarded stream begins with 32 bytes')
    }

    await raceSignal(this.#init.ready(patience), patience.signal)

    if (opener.type !== 'Ed25519') {
      return undefined
    }

    const [key, self] = [keyOf(opener), keyOf(this.#init.peerId)]

    return [...this.#init.logs()].find(log => nameOf(log.key, key, self).every((byte, at) => byte === name[at]))
  }

  /** Lets a refusal reach the other side, then ends the stream, whether that side ends its half or not. */
  async refuse (stream: Stream, verdict: Verdict): Promise<void> {
    stream.send(encodeVerdict(verdict))
    const { late, callOff } = deadline(this.#init.clock, CLOSE_TIMEOUT)
    late.addEventListener('abort', () => { stream.abort(late.reason as Error) }, { once: true })
    stream.addEventListener('close', callOff, { once: true })
    await stream.close({ signal: late })
  }

  #isKnown (peer: PeerId): boolean {
    return [...this.#init.logs()].some(log => roleOf(log, peer) != null)
  }
}

/** Aborts after so many ms, unless it is called off. */
export function deadline (clock: Clock, ms: number): { late: AbortSignal, callOff: () => void } {
  const late = new AbortController()

  return { late: late.signal, callOff: after(clock, ms, () => { late.abort(new DOMException('The other side took too long', 'TimeoutError')) }) }
}
