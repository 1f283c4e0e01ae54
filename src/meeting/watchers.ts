/** Members who asked whether a protocol is served to them: each is told, and again when that is another (docs/guarded-streams.md, "Who serves it"). */
import { NotMemberError } from '../errors.js'
import { MAX_WATCHES } from './constants.js'
import { Answer, encodeVerdict } from './greeting.js'
import type { MembershipLog, OpId } from '../log/index.js'
import type { Verdict } from './greeting.js'
import type { PeerId, Stream } from '@libp2p/interface'

/** Somebody who asked. */
interface Watcher {
  log: MembershipLog
  protocol: string
  peer: PeerId
  stream: Stream
}

type Judge = (log: MembershipLog, protocol: string, peer: PeerId) => Verdict

export class Watchers {
  readonly #judge: Judge
  /** And what each was told last. */
  readonly #told = new Map<Watcher, Uint8Array>()

  /** @param judge - What a stream of that protocol would be answered now */
  constructor (judge: Judge) {
    this.#judge = judge
  }

  /** It is told from now on. @throws {RangeError} It has gone, or asks too much. */
  add (watcher: Watcher): void {
    const { stream, peer } = watcher

    // libp2p counts those of a connection
    if (stream.status !== 'open' || [...this.#told.keys()].filter(other => other.peer.equals(peer)).length >= MAX_WATCHES) {
      throw new RangeError('Who asked has gone, or asks too much')
    }

    this.#told.set(watcher, Uint8Array.of())
    stream.addEventListener('close', () => { this.#told.delete(watcher) }, { once: true })
    stream.addEventListener('remoteCloseWrite', () => { stream.abort(new Error('It is watched no more')) }, { once: true })
    this.#look(watcher)
  }

  /** The members of this party are others, or what it serves. */
  review (party: OpId): void {
    [...this.#told.keys()].filter(({ log }) => log.key === party).forEach((watcher) => { this.#look(watcher) })
  }

  /** Nobody is told of this party any more. */
  forget (party: OpId): void {
    [...this.#told.keys()].filter(({ log }) => log.key === party).forEach(({ stream }) => { stream.abort(new NotMemberError()) })
  }

  #look (watcher: Watcher): void {
    const { log, protocol, peer, stream } = watcher
    const verdict = this.#judge(log, protocol, peer)
    const answer = encodeVerdict(verdict)

    if (verdict.is === Answer.NOT_A_MEMBER) {
      stream.abort(new NotMemberError())
    } else if (answer.join() !== this.#told.get(watcher)?.join()) {
      this.#told.set(watcher, answer)
      stream.send(answer)
    }
  }
}
