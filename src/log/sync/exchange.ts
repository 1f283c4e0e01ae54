/** One exchange between two replicas, the same for both sides once they have said hello. */
import { pbStream } from '@libp2p/utils'
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js'
import { NotPermittedError, ProtocolError } from '../../errors.js'
import { checkGrant } from '../grant.js'
import { mayInvite } from '../rules.js'
import { SyncMessage } from './pb/message.js'
import type { LogOp } from './pb/message.js'
import type { MembershipLog } from '../log.js'
import type { MemberKey, SignedOp } from '../op.js'
import type { AbortOptions, Stream } from '@libp2p/interface'
import type { ProtobufMessageStream } from '@libp2p/utils'

/** Bytes of one message, at most: two exchanges fit a relay's 128 KiB beside a handshake. */
const MAX_MESSAGE = 65_536

/** Bytes of ops in one message, about. */
const CHUNK = 24_576

/** Ids in a Hello: 16 heads, and one for each doubling of the distance. */
const MAX_KNOWN = 64

/** Ops in a proof: a Grant's. */
const MAX_PROOF = 9

/** Ops in one message, at most: none is smaller than a signature. */
const MAX_OPS = 1024

export interface Progress {
  /** Ops here now. */
  done: number
  /** Ops that the other side has. */
  all: number
}

export interface ExchangeOptions extends AbortOptions {
  onProgress?: (progress: Progress) => void
}

type Messages = ProtobufMessageStream<SyncMessage, Stream>

function messages (stream: Stream): Messages {
  return pbStream(stream, { maxDataLength: MAX_MESSAGE }).pb({
    encode: SyncMessage.encode,
    decode: bytes => SyncMessage.decode(bytes, { limits: { hello: { known: MAX_KNOWN, proof: MAX_PROOF }, ops: { ops: MAX_OPS } } })
  })
}

function helloOf (log: MembershipLog, proof: SignedOp[] = []): SyncMessage {
  return {
    hello: { party: hexToBytes(log.key), known: log.landmarks().slice(0, MAX_KNOWN).map(id => hexToBytes(id) as Uint8Array<ArrayBuffer>), size: log.size, proof: proof.map(wire) },
    refused: false
  }
}

function wire ({ body, sig }: SignedOp): LogOp {
  return { body: body as Uint8Array<ArrayBuffer>, sig: sig as Uint8Array<ArrayBuffer> }
}

/**
 * Brings two replicas of a log together, as the dialer.
 *
 * @throws {NotPermittedError} The other side does not know this node as a member.
 * @throws {ProtocolError}
 * @throws {StorageError}
 */
export async function dialExchange (stream: Stream, log: MembershipLog, options: ExchangeOptions): Promise<void> {
  const channel = messages(stream)
  const proof = log.proof()
  await channel.write(helloOf(log, proof == null ? [] : [...proof.authority, proof.admit]), options)
  const { hello, refused } = await channel.read(options)

  if (refused) {
    throw new NotPermittedError('The other member does not know this node as a member of the party yet; it will when it hears from your inviter')
  }

  if (hello == null) {
    throw new ProtocolError()
  }

  await exchange(channel, log, hello.known.map(bytesToHex), hello.size, options)
}

/**
 * Answers a dialer: members only.
 *
 * @param peer - The key that the connection proved
 * @throws {NotPermittedError} Not a member, or no such party; it was told so.
 */
export async function answerExchange (stream: Stream, peer: MemberKey, find: (party: string) => MembershipLog | undefined, options: ExchangeOptions): Promise<void> {
  const channel = messages(stream)
  const { hello } = await channel.read(options)

  if (hello == null) {
    throw new ProtocolError()
  }

  const log = find(bytesToHex(hello.party))

  if (log == null || !await isMember(log, peer, hello.proof)) {
    await channel.write({ refused: true }, options)
    throw new NotPermittedError('A peer that is not a member asked for a party\'s log')
  }

  const known = hello.known.map(bytesToHex)
  await channel.write(helloOf(log), options)
  await exchange(channel, log, known, hello.size, options)
}

/** A member by this replica's view, or by an ADMIT of one who may admit, which this replica may not have seen yet. */
async function isMember (log: MembershipLog, peer: MemberKey, proof: SignedOp[]): Promise<boolean> {
  if (log.member(peer) != null) {
    return true
  }

  const admit = proof.at(-1)

  if (admit == null) {
    return false
  }

  await log.receive(proof)

  if (log.member(peer) != null) {
    return true
  }

  try {
    const author = log.waitingAuthor(admit)
    const { genesis, invite } = await checkGrant({ admit, authority: proof.slice(0, -1) }, { inviter: author ?? '', member: peer })

    return genesis.id === log.key && log.invite(invite.id)?.revokedBy == null && mayInvite(log.kind, log.member(author ?? '')?.role, invite.payload.role)
  } catch {
    return false
  }
}

/** Sends what the other side lacks while taking what this one does. */
async function exchange (channel: Messages, log: MembershipLog, known: string[], all: number, options: ExchangeOptions): Promise<void> {
  const lacking = log.since(known)

  await Promise.all([
    send(channel, lacking.map(op => op.signed), options),
    take(channel, log, all, options)
  ])
}

async function send (channel: Messages, ops: SignedOp[], options: ExchangeOptions): Promise<void> {
  let chunk: LogOp[] = []
  let bytes = 0

  for (const op of ops) {
    chunk.push(wire(op))
    bytes += op.body.length + op.sig.length

    if (bytes >= CHUNK) {
      await channel.write({ ops: { ops: chunk, last: false }, refused: false }, options)
      chunk = []
      bytes = 0
    }
  }

  await channel.write({ ops: { ops: chunk, last: true }, refused: false }, options)
}

async function take (channel: Messages, log: MembershipLog, all: number, options: ExchangeOptions): Promise<void> {
  for (let last = false; !last;) {
    const { ops } = await channel.read(options)

    if (ops == null) {
      throw new ProtocolError()
    }

    if (ops.ops.length > 0) {
      await log.receive(ops.ops, options)
      options.onProgress?.({ done: Math.min(log.size, all), all })
    }

    last = ops.last
  }
}
