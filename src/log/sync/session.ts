/** One stream between two replicas of one log: what each lacks, then what is new, until the stream ends. */
import { pbStream } from '@libp2p/utils'
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js'
import { decodeLength } from '../../codec/index.js'
import { NotPermittedError, ProtocolError } from '../../errors.js'
import { opIdOf } from '../op.js'
import { SyncMessage } from './pb/message.js'
import type { LogOp } from './pb/message.js'
import type { MembershipLog } from '../log.js'
import type { MemberKey, Op, OpId, SignedOp } from '../op.js'
import type { AbortOptions, Stream } from '@libp2p/interface'
import type { ProtobufMessageStream } from '@libp2p/utils'

/** Bytes of one message, at most: two fit a relay's 128 KiB beside a handshake. */
const MAX_MESSAGE = 65_536

/** Bytes of ops or profiles in one message, about. */
const CHUNK = 24_576

/** Ids in a Hello: 16 heads, and one for each doubling of the distance. */
const MAX_KNOWN = 64

/** Ops in a proof: a Grant's. */
const MAX_PROOF = 9

/** Ops or profiles in one message, at most: none is smaller than a signature. */
const MAX_ITEMS = 1024

/** Ids that the other side is known to have, and is not told of again, at most. */
const MAX_THEIRS = 8192

export interface Progress {
  /** Ops here now. */
  done: number
  /** Ops that the other side has. */
  all: number
}

/** Profiles of a party's members, kept beside the log. */
export interface ProfileStore {
  /** What is here, in short: equal digests, equal profiles. 32 bytes. */
  digest (log: MembershipLog): Promise<Uint8Array>
  /** The signed records of members. */
  records (log: MembershipLog): AsyncIterable<Uint8Array>
  /** Keeps those that are newer and a member's; gives those that it kept. */
  keep (log: MembershipLog, records: Uint8Array[]): Promise<Uint8Array[]>
}

export interface SessionInit {
  log: MembershipLog
  peer: MemberKey
  profiles: ProfileStore
  onProgress?: (progress: Progress) => void
  /** New profiles came: others may want them. */
  onProfiles?: (records: Uint8Array[], from: Session) => void
}

type Channel = ProtobufMessageStream<SyncMessage, Stream>

export function channelOf (stream: Stream): Channel {
  return pbStream(stream, { maxDataLength: MAX_MESSAGE, lengthDecoder: decodeLength }).pb({
    encode: SyncMessage.encode,
    decode: bytes => SyncMessage.decode(bytes, { limits: { profiles: MAX_ITEMS, hello: { known: MAX_KNOWN, proof: MAX_PROOF }, ops: { ops: MAX_ITEMS } } })
  })
}

function wire ({ body, sig }: SignedOp): LogOp {
  return { body: body as Uint8Array<ArrayBuffer>, sig: sig as Uint8Array<ArrayBuffer> }
}

export class Session {
  readonly #channel: Channel
  readonly #init: SessionInit
  /** Ops that the other side has: they came from there, or answered its Hello. */
  readonly #theirs = new Set<OpId>()
  /** What is to be sent goes in turn: a large answer does not mix with news. */
  #turn: Promise<void> = Promise.resolve()
  #all = 0
  /** Ops here when the other side was last asked. */
  #askedAt = -1
  readonly #caughtUp = Promise.withResolvers<void>()

  constructor (channel: Channel, init: SessionInit) {
    this.#channel = channel
    this.#init = init
  }

  get log (): MembershipLog { return this.#init.log }
  get peer (): MemberKey { return this.#init.peer }

  /** Resolves when what the other side had at the Hello is here, or the stream ended. */
  get caughtUp (): Promise<void> { return this.#caughtUp.promise }

  /** Says what is here, which asks for what is not. */
  async hello (options: AbortOptions, proof: SignedOp[] = []): Promise<void> {
    const { log, profiles } = this.#init
    this.#askedAt = log.size

    await this.#send({
      hello: {
        party: hexToBytes(log.key),
        known: log.landmarks().slice(0, MAX_KNOWN).map(id => hexToBytes(id) as Uint8Array<ArrayBuffer>),
        size: log.size,
        proof: proof.map(wire),
        profiles: await profiles.digest(log) as Uint8Array<ArrayBuffer>
      },
      profiles: [],
      refused: false
    }, options)
  }

  /** Takes what comes until the stream ends. @throws What ended it. */
  async run (first: SyncMessage, options: AbortOptions): Promise<void> {
    try {
      for (let message = first; ; message = await this.#channel.read(options)) {
        await this.#take(message, options)
      }
    } finally {
      this.#caughtUp.resolve()
    }
  }

  /** Tells one whose membership ended of that: the ops that ended it, and what they rest on. */
  async farewell (known: OpId[], options: AbortOptions): Promise<void> {
    await this.#sendOps(this.log.farewell(this.peer, known).map(op => op.signed), true, options)
  }

  /** Pushes new ops, without those that came from there. */
  async push (ops: Op[], options: AbortOptions): Promise<void> {
    const news = ops.filter(op => !this.#theirs.delete(op.id)).map(op => op.signed)

    if (news.length > 0) {
      await this.#sendOps(news, false, options)
    }
  }

  async pushProfiles (records: Uint8Array[], options: AbortOptions): Promise<void> {
    await this.#send({ profiles: records as Array<Uint8Array<ArrayBuffer>>, refused: false }, options)
  }

  async #take ({ hello, ops, profiles, refused }: SyncMessage, options: AbortOptions): Promise<void> {
    const { log } = this.#init

    if (refused) {
      throw new NotPermittedError('The other member does not know this node as a member of the party; it will when it hears from your inviter')
    }

    if (hello != null) {
      if (bytesToHex(hello.party) !== log.key) {
        throw new ProtocolError('A log stream carries one party')
      }

      this.#all = hello.size
      await this.#answer(hello.known.map(bytesToHex), hello.profiles, options)
    }

    if (ops != null && ops.ops.length > 0) {
      this.#remember(ops.ops.map(op => opIdOf(op.body)))
      const { waiting } = await log.receive(ops.ops, { ...options, from: this.peer })
      this.#init.onProgress?.({ done: Math.min(log.size, this.#all), all: this.#all })

      if (waiting > 0 && ops.last && log.size > this.#askedAt) {
        // something between is missing: ask again, while asking helps
        await this.hello(options)
      }
    }

    if (ops?.last === true) {
      this.#caughtUp.resolve()
    }

    if (profiles.length > 0) {
      const kept = await this.#init.profiles.keep(log, profiles)

      if (kept.length > 0) {
        this.#init.onProfiles?.(kept, this)
      }
    }
  }

  async #answer (known: OpId[], digest: Uint8Array, options: AbortOptions): Promise<void> {
    const { log, profiles } = this.#init
    const lacking = log.since(known)
    this.#remember(lacking.slice(-MAX_THEIRS).map(op => op.id))
    await this.#sendOps(lacking.map(op => op.signed), true, options)

    if (bytesToHex(digest) !== bytesToHex(await profiles.digest(log))) {
      let records: Uint8Array[] = []
      let bytes = 0

      for await (const record of profiles.records(log)) {
        records.push(record)
        bytes += record.length

        if (bytes >= CHUNK) {
          await this.pushProfiles(records, options)
          records = []
          bytes = 0
        }
      }

      if (records.length > 0) {
        await this.pushProfiles(records, options)
      }
    }
  }

  async #sendOps (ops: SignedOp[], answer: boolean, options: AbortOptions): Promise<void> {
    let chunk: LogOp[] = []
    let bytes = 0

    for (const op of ops) {
      chunk.push(wire(op))
      bytes += op.body.length + op.sig.length

      if (bytes >= CHUNK) {
        await this.#send({ ops: { ops: chunk, last: false }, profiles: [], refused: false }, options)
        chunk = []
        bytes = 0
      }
    }

    if (answer || chunk.length > 0) {
      await this.#send({ ops: { ops: chunk, last: true }, profiles: [], refused: false }, options)
    }
  }

  /** Waits for the stream to drain: a slow reader slows what is made for it. */
  async #send (message: SyncMessage, options: AbortOptions): Promise<void> {
    const before = this.#turn
    const sent = before.then(async () => this.#channel.write(message, options))
    this.#turn = sent.catch(() => {})
    await sent
  }

  #remember (ids: OpId[]): void {
    if (this.#theirs.size + ids.length > MAX_THEIRS) {
      this.#theirs.clear()
    }

    ids.forEach(id => { this.#theirs.add(id) })
  }
}
