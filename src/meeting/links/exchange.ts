/** `/plus-one/meet/1.0.0`, at both ends: a member asks another one for a link, and whom else to dial (docs/meeting.md, "Asking"). */
import { lpStream } from '@libp2p/utils'
import { bytesToHex } from '@noble/hashes/utils.js'
import { equals } from 'uint8arrays/equals'
import { timeout } from '../../async/clock.js'
import { decodeLength } from '../../codec/index.js'
import { PlusOneError, ProtocolError } from '../../errors.js'
import { nameOf } from '../greeting.js'
import { ASK_TIMEOUT, GIVEN_FIRST, MAX_ASKS, MAX_FRAME, MAX_GIVEN, MAX_STRANGERS_ASKS, MAX_WAITING_ASKS } from './constants.js'
import { decodeFrame, encodeFrame, MeetRefusalCode, Wanted } from './frames.js'
import type { Clock } from '../../async/clock.js'
import type { Key, OpId } from '../../log/index.js'
import type { Scope } from './addresses.js'
import type { Answer, Ask, Frame } from './frames.js'
import type { Meetable } from './interface.js'
import type { PeerRecords } from './records.js'
import type { AbortOptions, Connection, Stream } from '@libp2p/interface'
import type { LengthPrefixedStream } from '@libp2p/utils'

/** The other side said no, and why. */
export class MeetRefusedError extends PlusOneError {
  static override readonly name = 'MeetRefusedError'
  readonly code = 'ERR_MEET_REFUSED'
  readonly reason: number

  constructor (reason: number) {
    super('MeetRefusedError', reason === MeetRefusalCode.UNKNOWN
      ? 'The other node does not know this one as a member of the party; it will when it hears from your inviter'
      : 'The other node refused to say whom to dial; it is asked again later')
    this.reason = reason
  }
}

/** A link's stream: open for as long as both want the link. */
export interface LinkStream {
  party: OpId
  key: Key
  stream: Stream
  /** Resolves when it has ended: closed by the other side, or lost. */
  ended: Promise<'closed' | 'lost'>
}

export interface ExchangeInit {
  /** Its id. */
  protocol: string
  clock: Clock
  records: PeerRecords
  random: () => number
  parties: () => Iterable<Meetable>
  /** This node's own record; empty: it can be dialled nowhere. */
  own: (scope: Scope) => Promise<Uint8Array>
  /** Somebody asks for a link: is it given? */
  offered: (party: OpId, key: Key, alone: boolean) => boolean
}

/** What one connection asked, lately. */
interface Asking {
  count: number
  /** By `clock.elapsed()`. */
  since: number
  waiting: number
}

/** How long what was asked counts, ms. */
const MINUTE = 60_000

export class Exchange {
  readonly #init: ExchangeInit
  readonly #asking = new WeakMap<Connection, Asking>()

  constructor (init: ExchangeInit) {
    this.#init = init
  }

  /**
   * Asks a member, and keeps what it says of others.
   *
   * @returns The link, where one was wanted and given
   * @throws {MeetRefusedError}
   * @throws {ProtocolError}
   */
  async ask (connection: Connection, key: Key, party: Meetable, link: Wanted, { signal }: AbortOptions): Promise<LinkStream | undefined> {
    const late = AbortSignal.any([timeout(this.#init.clock, ASK_TIMEOUT), ...signal == null ? [] : [signal]])
    const stream = await connection.newStream(this.#init.protocol, { signal: late, runOnLimitedConnection: true })

    try {
      const frames = framesOf(stream)
      const ask: Ask = { party: nameOf(party.key, party.self, key), record: await this.#init.own(party.scope), link, records: MAX_GIVEN }
      await frames.write(encodeFrame({ kind: 'ask', ask }), { signal: late })
      const frame = decodeFrame(await frames.read({ signal: late }))

      if (frame.kind === 'refusal') {
        throw new MeetRefusedError(frame.code)
      }

      if (frame.kind !== 'answer') {
        throw new ProtocolError('Who was asked whom to dial asked back')
      }

      const { linked, record, records } = frame.answer
      await this.#keep(party, [record, ...records], key, late)

      if (linked && link !== Wanted.NONE) {
        return { party: party.key, key, stream, ended: endOf(frames) }
      }

      await stream.close({ signal: late })

      return undefined
    } catch (err) {
      stream.abort(err as Error)
      throw err
    }
  }

  /**
   * Serves who asks.
   *
   * @returns The link, where one was wanted and is given
   */
  async answer (stream: Stream, connection: Connection, { signal }: AbortOptions): Promise<LinkStream | undefined> {
    const late = AbortSignal.any([timeout(this.#init.clock, ASK_TIMEOUT), ...signal == null ? [] : [signal]])
    const frames = framesOf(stream)
    const key = connection.remotePeer.type === 'Ed25519' ? bytesToHex(connection.remotePeer.publicKey.raw) : ''

    try {
      const frame = await this.#first(frames, connection, late)
      const party = frame?.kind === 'ask' ? this.#partyOf(frame.ask, key) : undefined

      const isBusy = frame == null || this.#isBusy(connection, party != null)

      if (frame?.kind !== 'ask' || party == null || isBusy) {
        const code = isBusy ? MeetRefusalCode.BUSY : frame.kind === 'ask' ? MeetRefusalCode.UNKNOWN : MeetRefusalCode.PROTOCOL
        await frames.write(encodeFrame({ kind: 'refusal', code }), { signal: late })
        await stream.close({ signal: late })

        return undefined
      }

      const { record, link, records } = frame.ask
      await this.#keep(party, [record], key, late)
      const own = await this.#init.own(party.scope)
      const linked = link !== Wanted.NONE && this.#init.offered(party.key, key, link === Wanted.ALONE)
      const answer: Answer = { linked, record: own, records: this.#given(party, key, Math.min(records, MAX_GIVEN)) }
      const kept = linked ? { party: party.key, key, stream, ended: endOf(frames) } : undefined
      await frames.write(encodeFrame({ kind: 'answer', answer }), { signal: late }).catch((err: unknown) => {
        // the link was given: its end is told like any other's
        stream.abort(err as Error)
      })

      if (!linked) {
        await stream.close({ signal: late })
      }

      return kept
    } catch (err) {
      stream.abort(err as Error)
      throw err
    }
  }

  /** The first frame; undefined: too many of this connection are awaited. */
  async #first (frames: LengthPrefixedStream<Stream>, connection: Connection, signal: AbortSignal): Promise<Frame | undefined> {
    const asking = this.#askingOf(connection)

    if (asking.waiting >= MAX_WAITING_ASKS) {
      return undefined
    }

    asking.waiting++

    try {
      return decodeFrame(await frames.read({ signal }))
    } finally {
      asking.waiting--
    }
  }

  /** The party that a member means. */
  #partyOf ({ party: name }: Ask, key: Key): Meetable | undefined {
    for (const party of this.#init.parties()) {
      if (equals(nameOf(party.key, key, party.self), name)) {
        return party.kinOf(key) == null ? undefined : party
      }
    }

    return undefined
  }

  /** Has this connection asked more than it may? */
  #isBusy (connection: Connection, isMember: boolean): boolean {
    const asking = this.#askingOf(connection)
    const now = this.#init.clock.elapsed()

    if (now - asking.since >= MINUTE) {
      Object.assign(asking, { count: 0, since: now })
    }

    asking.count++

    return asking.count > (isMember ? MAX_ASKS : MAX_STRANGERS_ASKS)
  }

  #askingOf (connection: Connection): Asking {
    const asking = this.#asking.get(connection) ?? { count: 0, since: this.#init.clock.elapsed(), waiting: 0 }
    this.#asking.set(connection, asking)

    return asking
  }

  /** What does not hold of it is passed over: the rest is welcome. */
  async #keep (party: Meetable, records: Uint8Array[], from: Key, signal: AbortSignal): Promise<void> {
    for (const record of records) {
      try {
        if (record.length > 0) {
          await this.#init.records.keep(record, { scope: party.scope, isMember: key => key !== party.self && party.kinOf(key) != null, from, signal })
        }
      } catch (err) {
        if ((err as Error).name !== 'ProtocolError') {
          throw err
        }
      }
    }
  }

  /** Records for who asks: some of its siblings and of owners and admins, then of others by lot. */
  #given (party: Meetable, asker: Key, count: number): Uint8Array[] {
    const { records, random } = this.#init
    const lots = [...records.keys(party.scope)].filter(key => key !== asker).map(key => ({ key, kin: party.kinOf(key), lot: random() }))
      .filter(({ kin }) => kin != null).sort((a, b) => a.lot - b.lot)
    const siblings = new Set(party.siblingsOf(asker))
    const first = [
      ...lots.filter(({ key }) => siblings.has(key)).slice(0, GIVEN_FIRST),
      ...lots.filter(({ kin }) => kin === 'host').slice(0, GIVEN_FIRST)
    ]

    return [...new Set([...first, ...lots].map(({ key }) => key))].flatMap(key => records.get(key, party.scope) ?? []).slice(0, count)
  }
}

function framesOf (stream: Stream): LengthPrefixedStream<Stream> {
  return lpStream(stream, { maxDataLength: MAX_FRAME, lengthDecoder: decodeLength })
}

/** Nothing more is said on a link: what comes is its end. */
async function endOf (frames: LengthPrefixedStream<Stream>): Promise<'closed' | 'lost'> {
  return frames.read().then(() => 'closed', (err: Error) => err.name === 'UnexpectedEOFError' ? 'closed' : 'lost')
}
