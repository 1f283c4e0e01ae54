/** The party's key by docs/keys.md and docs/handshake.md, "The party's key". */
import { chacha20poly1305, xchacha20poly1305 } from '@noble/ciphers/chacha.js'
import { ed25519, x25519 } from '@noble/curves/ed25519.js'
import { hkdf } from '@noble/hashes/hkdf.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { concat, hex, isSame, lvCat, must, Reader, unhex, utf8 } from './bytes.js'
import { bytesOf, decode, encode, listOf, messageOf } from './protobuf.js'
import type { Message, Schema } from './protobuf.js'

export interface EpochSecret {
  /** Hex, both. */
  rekey: string
  secret: string
}

/** Of a REKEY: what its author knows before it is signed. */
export interface Rekeying {
  genesis: string
  author: string
  previous?: string
}

const NO_NONCE = new Uint8Array(12)

function derive (secret: Uint8Array, label: string, bound: Uint8Array[] = [], length = 32): Uint8Array {
  return hkdf(sha256, secret, undefined, lvCat(utf8(label), ...bound), length)
}

function placeOf ({ genesis, author, previous = '' }: Rekeying): Uint8Array[] {
  return [unhex(genesis), unhex(author), unhex(previous)]
}

export function commitmentOf (secret: Uint8Array, rekeying: Rekeying): Uint8Array {
  return derive(secret, 'plus-one/epoch/1', placeOf(rekeying))
}

export interface Epoch {
  id: Uint8Array
  sealing: Uint8Array
  meeting: Uint8Array
}

/** Of one secret, or of several concurrent ones, by their REKEYs' ids. */
export function epochOf (secrets: EpochSecret[]): Epoch {
  const sorted = secrets.toSorted((a, b) => a.rekey < b.rekey ? -1 : 1)
  const all = concat(...sorted.map(({ secret }) => unhex(secret)))

  return { id: sha256(concat(...sorted.map(({ rekey }) => unhex(rekey)))).subarray(0, 16), sealing: derive(all, 'plus-one/seal/1'), meeting: derive(all, 'plus-one/meet/1', [], 16) }
}

export interface WrapSet {
  ephemeral: Uint8Array
  wraps: Array<{ tag: string, sealed: Uint8Array }>
  predecessors: Array<{ rekey: string, sealed: Uint8Array }>
}

export function readWrapSet (bytes: Uint8Array): WrapSet {
  const reader = new Reader(bytes)
  must(reader.byte() === 1, 'version')
  const ephemeral = reader.take(32)
  const wraps = reader.number(3)
  const predecessors = reader.byte()
  const set = {
    ephemeral,
    wraps: Array.from({ length: wraps }, () => ({ tag: hex(reader.take(8)), sealed: reader.take(48) })),
    predecessors: Array.from({ length: predecessors }, () => ({ rekey: hex(reader.take(32)), sealed: reader.take(48) }))
  }
  reader.end()

  return set
}

/** The secret for this member. @param seed - Of its Ed25519 key */
export function unwrap (set: WrapSet, rekeying: Rekeying, seed: Uint8Array): Uint8Array {
  const key = ed25519.getPublicKey(seed)
  const shared = x25519.getSharedSecret(ed25519.utils.toMontgomerySecret(seed), set.ephemeral)
  const sealing = derive(shared, 'plus-one/wrap/1', [sha256(lvCat(...placeOf(rekeying), set.ephemeral)), key])
  const mine = set.wraps.find(({ tag }) => tag === hex(key.subarray(0, 8)))
  must(mine != null, 'a wrap for this key')

  return chacha20poly1305(sealing, NO_NONCE).decrypt(mine.sealed)
}

/** Secrets of the epochs before, for who has this one's. */
export function predecessorsOf (set: WrapSet, rekeying: Rekeying, secret: Uint8Array): EpochSecret[] {
  return set.predecessors.map(({ rekey, sealed }) => {
    const sealing = derive(secret, 'plus-one/history/1', [...placeOf(rekeying), unhex(rekey)])

    return { rekey, secret: hex(chacha20poly1305(sealing, NO_NONCE).decrypt(sealed)) }
  })
}

/** Opens bytes that were sealed under an epoch. */
export function open (sealed: Uint8Array, epoch: Epoch, genesis: string, associatedData: Uint8Array): Uint8Array {
  const header = sealed.subarray(0, 41)
  must(header[0] === 1 && isSame(header.subarray(1, 17), epoch.id), 'version and epoch')

  return xchacha20poly1305(epoch.sealing, header.subarray(17), lvCat(unhex(genesis), header, associatedData)).decrypt(sealed.subarray(41))
}

export interface GrantKey {
  codeSecret: Uint8Array
  isk: Uint8Array
  transcript: Uint8Array
  /** The id of the ADMIT. */
  admit: string
}

/** What a Grant brings. */
export function openGranted (sealed: Uint8Array, { codeSecret, isk, transcript, admit }: GrantKey): EpochSecret[] {
  must(sealed.length <= 16 * 64 + 16, 'at most 16 secrets')
  const sealing = derive(concat(codeSecret, isk), 'plus-one/grant/1', [transcript, unhex(admit)])

  return secretsOf(chacha20poly1305(sealing, NO_NONCE).decrypt(sealed))
}

/** Each a REKEY's id and its secret, one after the other. */
export function secretsOf (bytes: Uint8Array): EpochSecret[] {
  must(bytes.length % 64 === 0, 'ids and secrets')

  return Array.from({ length: bytes.length / 64 }, (_, i) => ({ rekey: hex(bytes.subarray(64 * i, 64 * i + 32)), secret: hex(bytes.subarray(64 * i + 32, 64 * i + 64)) }))
}

const ASK: Schema = { 1: ['party', 'bytes'], 2: ['rekeys', ['bytes']], 3: ['wraps', 'bytes'], 4: ['from', 'number'], 5: ['length', 'number'] }
const FRAME: Schema = {
  1: ['ask', ASK], 2: ['secrets', { 1: ['secrets', [{ 1: ['rekey', 'bytes'], 2: ['secret', 'bytes'] }]] }], 3: ['piece', { 1: ['size', 'number'], 2: ['bytes', 'bytes'] }],
  4: ['refusal', { 1: ['code', 'number'] }]
}

/** A frame of /plus-one/keys/1.0.0. */
export function readAsking (frame: Uint8Array): object {
  const { ask, secrets, piece, refusal } = decode(FRAME, frame)
  const message = { ask, secrets, piece, refusal }
  must(isSame(encode(FRAME, message), frame), 'fields by number')

  if (ask != null) {
    const { from, length } = messageOf(message, 'ask')
    const rekeys = listOf(messageOf(message, 'ask'), 'rekeys') as Uint8Array[]
    const wraps = bytesOf(messageOf(message, 'ask'), 'wraps', 0, 32)
    must((rekeys.length === 0) !== (wraps.length === 0) && rekeys.length <= 256 && (length as number) <= 32_768, 'secrets, or a piece')

    return { is: 'ask', party: hex(bytesOf(messageOf(message, 'ask'), 'party', 32)), ...(rekeys.length > 0 ? { rekeys: rekeys.map(hex) } : { wraps: hex(wraps), from, length }) }
  } else if (secrets != null) {
    return { is: 'secrets', secrets: (listOf(messageOf(message, 'secrets'), 'secrets') as Message[]).map(one => ({ rekey: hex(bytesOf(one, 'rekey', 32)), secret: hex(bytesOf(one, 'secret', 32)) })) }
  } else if (piece != null) {
    return { is: 'piece', size: messageOf(message, 'piece').size, bytes: hex(bytesOf(messageOf(message, 'piece'), 'bytes')) }
  }

  return { is: 'refusal', code: messageOf(message, 'refusal').code }
}
