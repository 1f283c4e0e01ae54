/** How a stream begins: who dials says Hello; who answers says it too, or why not. */
import { randomBytes } from '@libp2p/crypto'
import { bytesToHex, concatBytes } from '@noble/hashes/utils.js'
import { ProtocolError } from '../errors.js'
import { refusalFor, RefusalCode, SyncRefusedError } from './refusal.js'
import type { Frame, Hello } from './frames.js'
import type { Key, OpId, Standing, SyncableLog } from './interface.js'
import type { RefusalInit } from './refusal.js'
import type { Channel } from './channel.js'
import type { SyncSet } from './sets.js'
import type { AbortOptions } from '@libp2p/interface'

/** Bytes of one side's salt. */
const SALT = 8

/** What two sides agreed on. */
export interface Greeted {
  /** Both salts, the dialler's first. */
  salt: Uint8Array
  /** Sets whose hashes differ. */
  differing: number[]
  /** What this side said of its sets: they may have changed since. */
  told: SetState[]
}

interface SetState {
  set: number
  hash: OpId
}

/** Sets that are not as this side said, and are not compared anyway. */
export function changedSince ({ told, differing }: Greeted, sets: SyncSet[]): number[] {
  const now = new Map(statesOf(sets).map(({ set, hash }) => [set, hash]))

  return told.filter(({ set, hash }) => now.get(set) !== hash && !differing.includes(set)).map(({ set }) => set)
}

/** A log with its sets. */
export interface Shelf {
  log: SyncableLog
  sets: SyncSet[]
}

/** @returns What was agreed, or why the other side refused. @throws {ProtocolError} */
export async function greet (channel: Channel, { log, sets }: Shelf, options: AbortOptions): Promise<Greeted | RefusalInit> {
  const salt = randomBytes(SALT)
  const told = statesOf(sets)
  let proof = log.proof()
  await channel.write({ kind: 'hello', hello: { party: log.key, salt, sets: told } }, options)

  while (true) {
    const frame = await channel.read(options)

    if (frame?.kind === 'hello') {
      return { salt: concatBytes(salt, frame.hello.salt), differing: frame.hello.sets.map(({ set }) => set), told }
    } else if (frame?.kind !== 'refusal' || frame.refusal.code === RefusalCode.IN_USE) {
      throw new ProtocolError('A Hello was not answered')
    }

    const { code, ops = [] } = frame.refusal
    const provable = code === RefusalCode.UNKNOWN || code === RefusalCode.REMOVED || code === RefusalCode.VOID

    // what ended a membership is not here: then it is asked for
    if (!provable || proof.length === 0 || ops.some(id => !log.has(id))) {
      return frame.refusal
    }

    await channel.write({ kind: 'proof', ops: proof }, options)
    proof = []
  }
}

/** The first frame, where it is a Hello. @throws {SyncRefusedError} */
export async function readHello (channel: Channel, options: AbortOptions): Promise<Hello> {
  const frame = await channel.read(options).catch((err: unknown) => {
    if ((err as Error).name !== 'ProtocolError') {
      throw err
    }
  })

  if (frame?.kind !== 'hello') {
    return refuse(channel, { code: RefusalCode.BAD_HELLO }, options)
  }

  return frame.hello
}

/** Says no, and ends. @throws {SyncRefusedError} Always. */
export async function refuse (channel: Channel, refusal: RefusalInit, options: AbortOptions): Promise<never> {
  await channel.write({ kind: 'refusal', refusal }, options)
  throw new SyncRefusedError(refusal)
}

/**
 * Lets a member in, or who proves to be one.
 *
 * @param party - undefined: there is no such party, and the peer is told the same as a stranger
 * @returns Nothing for a member; for who was one, what it was told and the frame in which it asks for what shows that
 * @throws {SyncRefusedError}
 */
export async function admit (channel: Channel, log: SyncableLog | undefined, peer: Key, options: AbortOptions): Promise<{ refusal: RefusalInit, asked: Frame } | undefined> {
  const stranger: Standing = { is: 'stranger' }
  let refusal = refusalFor(log?.standingOf(peer) ?? stranger)

  for (let proofs = 1; refusal != null; proofs--) {
    await channel.write({ kind: 'refusal', refusal }, options)
    const frame = await channel.read(options)

    if (frame?.kind === 'pull' && (refusal.ops ?? []).length > 0) {
      return { refusal, asked: frame }
    } else if (frame?.kind !== 'proof' || proofs === 0) {
      throw new SyncRefusedError(refusal)
    }

    refusal = refusalFor(await log?.admit(frame.ops, peer, options) ?? stranger)
  }

  return undefined
}

/** Says Hello back: which sets differ. */
export async function greetBack (channel: Channel, sets: SyncSet[], theirs: Hello, options: AbortOptions): Promise<Greeted> {
  const salt = randomBytes(SALT)
  const hashes = new Map(theirs.sets.map(({ set, hash }) => [set, hash]))
  const told = statesOf(sets)
  const differing = told.filter(({ set, hash }) => hashes.has(set) && hashes.get(set) !== hash)
  await channel.write({ kind: 'hello', hello: { party: '', salt, sets: differing } }, options)

  return { salt: concatBytes(theirs.salt, salt), differing: differing.map(({ set }) => set), told }
}

function statesOf (sets: SyncSet[]): SetState[] {
  return sets.map(({ number, tree }) => ({ set: number, hash: bytesToHex(tree.hash()) }))
}
