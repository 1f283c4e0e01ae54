/**
 * A wrap set: an epoch's secret, sealed to each key of each member (docs/keys.md, "The wrap set"). It is kept beside the log,
 * by its hash, which the REKEY names.
 */
import { chacha20poly1305 } from '@noble/ciphers/chacha.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, concatBytes, hexToBytes } from '@noble/hashes/utils.js'
import { equals } from 'uint8arrays/equals'
import { lvCat } from '../cpace/index.js'
import { ProtocolError } from '../errors.js'
import { boundTo, commitmentOf, derive, deriveMany, SECRET_LENGTH } from './derive.js'
import { fromEd25519, MAX_IMPORTED, newOnce, sharedSecret } from './x25519.js'
import type { EpochSecret, Rekeying } from './derive.js'
import type { Secret } from './x25519.js'
import type { Key, OpId } from '../log/index.js'
import type { AbortOptions } from '@libp2p/interface'

const VERSION = 1

/** Bytes: version, ephemeral key, how many wraps (uint24) and predecessors (uint8). */
const HEADER_LENGTH = 1 + 32 + 3 + 1

/** Bytes of an Ed25519 key. */
const KEY_LENGTH = 32

const TAG_LENGTH = 8
const SEALED_LENGTH = SECRET_LENGTH + 16

/** Bytes of one wrap: the tag of its key, and the secret with its own tag. */
export const WRAP_LENGTH = TAG_LENGTH + SEALED_LENGTH

/** Bytes of one predecessor: the id of its REKEY, and its secret. */
const PREDECESSOR_LENGTH = 32 + SEALED_LENGTH

/** Secrets of the epochs before it in a wrap set. */
export const MAX_PREDECESSORS = 255

/** A member's keys that a secret is sealed to. */
export const MAX_KEYS = 8

/** Each key of it serves once, so that its nonce need not differ. */
const NONCE = new Uint8Array(12)

/** Wraps that are computed side by side. */
const AT_ONCE = 256

export interface WrapInit extends AbortOptions {
  /** 32 random bytes. */
  secret: Uint8Array
  rekeying: Rekeying
  /** Members' Ed25519 keys. */
  recipients: readonly Key[]
  /** Secrets of the epochs that this one follows, for who may read what was before; of these the first MAX_PREDECESSORS. */
  predecessors?: readonly EpochSecret[]
  /** The ephemeral key, 32 bytes; for test vectors alone. */
  ephemeral?: Uint8Array
  onProgress?: (done: number, all: number) => void
}

/** What is given to a REKEY, and the set itself. */
export interface Wraps {
  /** 32 bytes, hex, each. */
  payload: { commitment: string, wraps: string }
  bytes: Uint8Array
}

/** Seals a secret to members. @throws the signal's reason */
export async function wrap ({ secret, rekeying, recipients, predecessors = [], ephemeral, signal, onProgress }: WrapInit): Promise<Wraps> {
  const once = await newOnce(ephemeral)
  const wrapKey = wrapKeys(rekeying, once.point)
  const wraps: Uint8Array[] = []
  // more than are kept would only drive each other out, and those of other parties
  const isKept = recipients.length <= MAX_IMPORTED
  const sealed = async (some: readonly Key[]): Promise<Uint8Array[]> => {
    const points = fromEd25519(some)

    return Promise.all(some.map(async (key, i) => {
      const shared = await sharedSecret(once, points[i] as Uint8Array, isKept)
      const recipient = hexToBytes(key)
      const wrapped = new Uint8Array(WRAP_LENGTH)
      wrapped.set(tagOf(recipient))
      chacha20poly1305(wrapKey(shared, recipient), NONCE).encrypt(secret, wrapped.subarray(TAG_LENGTH))

      return wrapped
    }))
  }

  // the next are begun while these are computed
  for (let at = 0, next = sealed(recipients.slice(0, AT_ONCE)); at < recipients.length; at += AT_ONCE) {
    signal?.throwIfAborted()
    const ready = next
    next = sealed(recipients.slice(at + AT_ONCE, at + 2 * AT_ONCE))
    next.catch(() => {})
    wraps.push(...await ready)
    onProgress?.(wraps.length, recipients.length)
  }

  const before = predecessors.slice(0, MAX_PREDECESSORS)
  const header = Uint8Array.of(VERSION, ...once.point, wraps.length >>> 16, (wraps.length >>> 8) & 0xff, wraps.length & 0xff, before.length)
  const bytes = concatBytes(
    header,
    ...wraps.sort(compareBytes),
    ...before.map(({ rekey, secret: old }) => concatBytes(hexToBytes(rekey), chacha20poly1305(historyKey(secret, rekeying, rekey), NONCE).encrypt(old)))
  )

  return { payload: { commitment: bytesToHex(commitmentOf(secret, rekeying)), wraps: hashOf(bytes) }, bytes }
}

/** By which a wrap set is kept and asked for: SHA-256, hex. */
export function hashOf (bytes: Uint8Array): string {
  return bytesToHex(sha256(bytes))
}

/** How long a set for so many keys and predecessors may be: a longer one is refused unread. */
export function mostBytes (recipients: number, predecessors: number): number {
  return HEADER_LENGTH + recipients * WRAP_LENGTH + Math.min(predecessors, MAX_PREDECESSORS) * PREDECESSOR_LENGTH
}

export interface UnwrapInit {
  bytes: Uint8Array
  rekeying: Rekeying
  /** The REKEY's commitment, hex. */
  commitment: string
  /** This node's key, in both forms. */
  key: Key
  own: Secret
}

/**
 * What a wrap set holds for one key, checked against the commitment.
 *
 * @returns undefined: nothing for this key
 * @throws {ProtocolError} It is no wrap set, or what it holds for this key is not the secret that the REKEY commits to.
 */
export async function unwrap ({ bytes, rekeying, commitment, key, own }: UnwrapInit): Promise<Uint8Array | undefined> {
  const { point, wraps } = read(bytes)
  const tag = tagOf(hexToBytes(key))
  const mine = wraps.filter(wrapped => equals(wrapped.subarray(0, TAG_LENGTH), tag))

  if (mine.length === 0) {
    return undefined
  }

  const sealing = wrapKeys(rekeying, point)(await sharedSecret(own, point), hexToBytes(key))

  for (const wrapped of mine) {
    const secret = opened(sealing, wrapped.subarray(TAG_LENGTH))

    if (secret != null && holds(secret, rekeying, commitment)) {
      return secret
    }
  }

  throw new ProtocolError('A wrap set does not hold the secret that its REKEY commits to; ask another member for it')
}

/** Is this the secret that a REKEY commits to? */
export function holds (secret: Uint8Array, rekeying: Rekeying, commitment: string): boolean {
  return secret.length === SECRET_LENGTH && bytesToHex(commitmentOf(secret, rekeying)) === commitment
}

/**
 * Secrets of the epochs before, for who has this one's. Each is to be checked against its own REKEY: `holds`.
 *
 * @throws {ProtocolError} It is no wrap set.
 */
export function predecessorsOf (bytes: Uint8Array, secret: Uint8Array, rekeying: Rekeying): EpochSecret[] {
  return read(bytes).predecessors.flatMap((predecessor) => {
    const rekey: OpId = bytesToHex(predecessor.subarray(0, 32))
    const old = opened(historyKey(secret, rekeying, rekey), predecessor.subarray(32))

    return old == null ? [] : [{ rekey, secret: old }]
  })
}

/** @throws {ProtocolError} */
function read (bytes: Uint8Array): { point: Uint8Array, wraps: Uint8Array[], predecessors: Uint8Array[] } {
  const count = ((bytes[33] ?? 0) << 16) | ((bytes[34] ?? 0) << 8) | (bytes[35] ?? 0)
  const before = bytes[36] ?? 0

  if (bytes[0] !== VERSION || bytes.length !== mostBytes(count, before)) {
    throw new ProtocolError('This is no wrap set, or one of a newer plus-one; update this app')
  }

  const end = HEADER_LENGTH + count * WRAP_LENGTH

  return {
    point: bytes.subarray(1, 33),
    wraps: Array.from({ length: count }, (_, i) => bytes.subarray(HEADER_LENGTH + i * WRAP_LENGTH, HEADER_LENGTH + (i + 1) * WRAP_LENGTH)),
    predecessors: Array.from({ length: before }, (_, i) => bytes.subarray(end + i * PREDECESSOR_LENGTH, end + (i + 1) * PREDECESSOR_LENGTH))
  }
}

/**
 * By shared secret and recipient. All are bound to the REKEY's place and the ephemeral key, and each to the recipient's
 * Ed25519 key: X25519 does not tell two keys apart that differ in the sign alone.
 */
function wrapKeys (rekeying: Rekeying, point: Uint8Array): (shared: Uint8Array, recipient: Uint8Array) => Uint8Array {
  return deriveMany('wrap', [sha256(lvCat(...boundTo(rekeying), point))], KEY_LENGTH)
}

function historyKey (secret: Uint8Array, rekeying: Rekeying, rekey: OpId): Uint8Array {
  return derive(secret, 'history', [...boundTo(rekeying), hexToBytes(rekey)])
}

/** By which a recipient finds its wrap: wrap sets are given to members alone, who know the keys. Of several that begin alike each is tried. */
function tagOf (key: Uint8Array): Uint8Array {
  return key.subarray(0, TAG_LENGTH)
}

function opened (key: Uint8Array, sealed: Uint8Array): Uint8Array | undefined {
  try {
    return chacha20poly1305(key, NONCE).decrypt(sealed)
  } catch {
    return undefined
  }
}

function compareBytes (a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < a.length; i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0)

    if (difference !== 0) {
      return difference
    }
  }

  return 0
}
