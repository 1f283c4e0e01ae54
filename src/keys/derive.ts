/**
 * What is derived of an epoch's secret, each for one purpose (docs/keys.md, "Derivation"): HKDF-SHA256 (RFC 5869)
 * without a salt. The label and what a key is bound to are its info, as lv_cat.
 */
import { hkdf } from '@noble/hashes/hkdf.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { concatBytes, hexToBytes, utf8ToBytes } from '@noble/hashes/utils.js'
import { lvCat } from '../cpace/index.js'
import { hkdfOfMany } from './hkdf.js'
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

export function derive (secret: Uint8Array, purpose: keyof typeof LABELS, bound: Uint8Array[] = [], length: number = SECRET_LENGTH): Uint8Array {
  return hkdf(sha256, secret, undefined, lvCat(LABELS[purpose], ...bound), length)
}

/** The same of many secrets, 32 bytes each, which are bound to one thing more. @param length - Bytes of that: 127 at most, whose length is one byte */
export function deriveMany (purpose: keyof typeof LABELS, bound: Uint8Array[], length: number): (secret: Uint8Array, last: Uint8Array) => Uint8Array {
  return hkdfOfMany(concatBytes(lvCat(LABELS[purpose], ...bound), Uint8Array.of(length)), length)
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
