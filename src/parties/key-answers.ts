/** Who is asked for secrets and wrap sets: each member by what its key stands for at that moment, within its share of bytes; strangers learn nothing (docs/keys.md, "Asking"). */
import { equals } from 'uint8arrays/equals'
import { COST_OF_ASK, MAX_FRAME, MAX_STREAMS, MAX_STREAMS_OF_PEER, STEP_TIMEOUT } from '../keys/asking/constants.js'
import { KeysRefusalCode } from '../keys/asking/frames.js'
import { answerer } from '../keys/asking/machines.js'
import { Quota } from '../keys/asking/quota.js'
import { originOf } from '../limits/origin.js'
import { Shares } from '../limits/shares.js'
import { keyOf } from '../log/terms.js'
import { nameOf } from '../meeting/greeting.js'
import { assertSecure } from '../network/secure.js'
import { drive, StreamEnd } from '../pake/machine.js'
import { FrameStream } from '../streams/frame-stream.js'
import type { Clock } from '../async/clock.js'
import type { Answer, Ask } from '../keys/asking/frames.js'
import type { Keyring } from '../keys/keyring.js'
import type { Holder } from '../limits/shares.js'
import type { Key } from '../log/index.js'
import type { PartyKeys } from './party-keys.js'
import type { AbortOptions, Connection, Stream } from '@libp2p/interface'

export interface KeyAnswersInit {
  clock: Clock
  /** Those of all parties of this node. */
  parties: () => Iterable<PartyKeys>
}

interface Visitor extends Holder {
  key: Key
  stream: Stream
  /** Of a party of this node: who is none waits for nothing. */
  isMember: boolean
}

const UNKNOWN: Answer = { kind: 'refusal', code: KeysRefusalCode.UNKNOWN }
const BUSY: Answer = { kind: 'refusal', code: KeysRefusalCode.BUSY }

export class KeyAnswers {
  readonly #init: KeyAnswersInit
  readonly #visitors = new Shares<Visitor>()
  readonly #quota = new Quota()
  /** The wrap set that was read last, and of which party it is. */
  #read: { keyring: Keyring, hash: string, bytes: Uint8Array } | undefined

  constructor (init: KeyAnswersInit) {
    this.#init = init
  }

  /** Serves one stream until it ends; rejects with what went wrong, after the other side was told. */
  async answer (stream: Stream, connection: Connection, { signal }: { signal: AbortSignal }): Promise<void> {
    const visitor = this.#enter(stream, connection)
    const frames = new FrameStream(stream, MAX_FRAME, this.#init.clock)

    try {
      await drive(answerer(), async (effect): Promise<unknown> => {
        switch (effect.type) {
          case 'send': return frames.send(effect.frame, signal, STEP_TIMEOUT)
          case 'receive': return frames.receive(STEP_TIMEOUT, signal)
          case 'look': return this.#look(visitor, effect.ask, signal)
        }
      })
    } catch (err) {
      if (!(err instanceof StreamEnd)) {
        throw err
      }

      // who asked ends it; who says nothing keeps no half of it
      if ((err.cause as Error | undefined)?.name !== 'UnexpectedEOFError') {
        stream.abort(err)
      }
    } finally {
      this.#visitors.delete(visitor)
      this.#read = this.#visitors.size === 0 ? undefined : this.#read
      await frames.close(signal)
    }
  }

  /** Where all places are taken, who has most of them gives one up, first one that is no member. @throws {RangeError} */
  #enter (stream: Stream, connection: Connection): Visitor {
    const { remotePeer, remoteAddr } = connection
    const key = remotePeer.type === 'Ed25519' ? keyOf(remotePeer) : ''
    const visitor = { peer: remotePeer.toString(), origin: originOf(remoteAddr), key, stream, isMember: this.#partiesOf(key).length > 0 }

    try {
      assertSecure(connection)
      const isFull = this.#visitors.size >= MAX_STREAMS
      const [oldest] = this.#visitors.ofPeer(visitor.peer) >= MAX_STREAMS_OF_PEER ? [...this.#visitors].filter(({ peer }) => peer === visitor.peer) : []
      const gone = oldest ?? (isFull ? this.#visitors.yielding(visitor, ({ isMember }) => !isMember) : undefined)

      if (gone == null && isFull) {
        throw new RangeError('Too many ask for keys at once')
      }

      if (gone != null) {
        this.#visitors.delete(gone)
        gone.stream.abort(new RangeError('Another one asks for keys'))
      }
    } catch (err) {
      stream.abort(err as Error)
      throw err
    }

    this.#visitors.add(visitor)

    return visitor
  }

  /** Those in which a key stands for a member. */
  #partiesOf (key: Key): PartyKeys[] {
    return [...this.#init.parties()].filter(({ log }) => log.membersOf(key).length > 0)
  }

  async #look (visitor: Visitor, ask: Ask, signal: AbortSignal): Promise<Answer> {
    const { key } = visitor
    const keys = this.#partiesOf(key).find(({ log }) => equals(nameOf(log.key, key, log.self), ask.party))

    if (keys == null) {
      return UNKNOWN
    }

    // devices are free to link: all of a person's have one share
    const person = keys.log.membersOf(key)[0]?.person ?? visitor.peer

    if (!this.#quota.take(person, COST_OF_ASK + (ask.kind === 'piece' ? ask.length : 0), this.#init.clock.elapsed())) {
      return BUSY
    }

    if (ask.kind === 'secrets') {
      const isGiven = keys.log.givenTo(key, keys.epoch.history)

      return { kind: 'secrets', secrets: keys.keyring.secretsOf(ask.rekeys.filter(isGiven)) }
    }

    const bytes = await this.#setOf(keys, ask.wraps, { signal })

    // it may have been removed while that was read
    return keys.log.membersOf(key).length === 0 ? UNKNOWN : { kind: 'piece', size: bytes.length, bytes: bytes.subarray(ask.from, ask.from + ask.length) }
  }

  /** The last one is at hand while anybody asks: it is read once, not for each piece. */
  async #setOf ({ keyring }: PartyKeys, hash: string, options: AbortOptions): Promise<Uint8Array> {
    if (this.#read?.hash === hash && this.#read.keyring === keyring) {
      return this.#read.bytes
    }

    const bytes = await keyring.wrapSet(hash, options)

    // one that is not here may come
    if (bytes != null) {
      this.#read = { keyring, hash, bytes }
    }

    return bytes ?? new Uint8Array()
  }
}
