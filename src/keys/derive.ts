/**
 * What is derived of an epoch's secret, each for one purpose (docs/keys.md, "Derivation"): HKDF-SHA256 (RFC 5869)
 * without a salt. The label and what a key is bound to are its info, as lv_cat.
 */
import { sha256 } from '@noble/hashes/sha2.js'
import { concatBytes, hexToBytes, utf8ToBytes } from '@noble/hashes/utils.js'
import { lvCat } from '../cpace/index.js'
import type { Key, OpId } from '../log/index.js'

/** Bytes of a secret, of a commitment, and of all keys but the name for meeting. */
export const SECRET_LENGTH = 32

/** Bytes of the name by which members of an epoch find each other. */
const MEET_LENGTH = 16

const LABELS = {
  commitment: utf8ToBytes('plus-one/epoch/1'),
  wrap: utf8ToBytes('plus-one/wrap/1'),
  history: utf8ToBytes('plus-one/history/1'),
  seal: utf8ToBytes('plus-one/seal/1'),
  meet: utf8ToBytes('plus-one/meet/1'),
  grant: utf8ToBytes('plus-one/grant/1')
}

/** The REKEY that a secret belongs to, as its author can know it before it is signed: so that no other REKEY can carry it. */
export interface Rekeying {
  genesis: OpId
  author: Key
  /** The author key's op before it; missing where there is none. */
  previous?: OpId
}

/** HKDF-Extract has no salt. */
const NO_SALT = new Uint8Array(sha256.outputLen)

export function derive (secret: Uint8Array, purpose: keyof typeof LABELS, bound: Uint8Array[] = [], length: number = SECRET_LENGTH): Uint8Array {
  const key = hmac(NO_SALT, secret)
  const info = lvCat(LABELS[purpose], ...bound)
  const blocks: Uint8Array[] = []

  while (blocks.length * key.length < length) {
    blocks.push(hmac(key, ...blocks.slice(-1), info, Uint8Array.of(blocks.length + 1)))
  }

  key.fill(0)

  return concatBytes(...blocks).slice(0, length)
}

/** A key up to a whole block. */
function padded (key: Uint8Array, by: number): Uint8Array {
  pad.fill(by)

  for (let i = 0; i < key.length; i++) {
    pad[i] = (key[i] ?? 0) ^ by
  }

  return pad
}

const START = sha256.create()
const inner = sha256.create()
const outer = sha256.create()
const pad = new Uint8Array(sha256.blockLen)
const hash = new Uint8Array(sha256.outputLen)

/** HMAC-SHA256 (RFC 2104), of noble's hash, with nothing made anew but what it gives: a wrap set takes two for each recipient. @param key - 32 bytes */
function hmac (key: Uint8Array, ...message: Uint8Array[]): Uint8Array {
  const code = new Uint8Array(sha256.outputLen)
  START._cloneInto(inner).update(padded(key, 0x36))

  for (const part of message) {
    inner.update(part)
  }

  inner.digestInto(hash)
  padded(key, 0x5c)
  START._cloneInto(outer).update(pad).update(hash).digestInto(code)
  pad.fill(0)
  hash.fill(0)
  inner.destroy()
  outer.destroy()

  return code
}

/** A REKEY's place, as bytes to bind to. */
export function boundTo ({ genesis, author, previous }: Rekeying): Uint8Array[] {
  return [hexToBytes(genesis), hexToBytes(author), previous == null ? new Uint8Array() : hexToBytes(previous)]
}

/** What a REKEY commits to, 32 bytes: tells nothing of the secret. */
export function commitmentOf (secret: Uint8Array, rekeying: Rekeying): Uint8Array {
  return derive(secret, 'commitment', boundTo(rekeying))
}

/** A secret, and the REKEY that it is of. */
export interface EpochSecret {
  /** The REKEY's id. */
  rekey: OpId
  /** 32 bytes. */
  secret: Uint8Array
}

/** An epoch: what one or several concurrent REKEYs began, whose secrets are here. */
export interface Epoch {
  /** The first 16 bytes of SHA-256 over the sorted ids of its REKEYs. */
  id: Uint8Array
  /** XChaCha20-Poly1305, 32 bytes. */
  sealing: Uint8Array
  /** Under which members are found at a rendezvous, 16 bytes. */
  meeting: Uint8Array
}

/** Bytes of an epoch's id. */
export const EPOCH_ID_LENGTH = 16

export function epochIdOf (rekeys: readonly OpId[]): Uint8Array {
  return sha256(concatBytes(...[...rekeys].sort().map(hexToBytes))).subarray(0, EPOCH_ID_LENGTH)
}

/** The epoch of all these together: who lacks one of the secrets has none of its keys. */
export function epochOf (secrets: readonly EpochSecret[]): Epoch {
  const sorted = [...secrets].sort((a, b) => a.rekey < b.rekey ? -1 : 1)
  const all = concatBytes(...sorted.map(({ secret }) => secret))

  return { id: epochIdOf(sorted.map(({ rekey }) => rekey)), sealing: derive(all, 'seal'), meeting: derive(all, 'meet', [], MEET_LENGTH) }
}
