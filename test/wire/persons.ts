/** What comes of recovery words, what devices tell each other, a recovery and a backup, by docs/persons.md. */
import { chacha20poly1305 } from '@noble/ciphers/chacha.js'
import { ed25519, x25519 } from '@noble/curves/ed25519.js'
import { hkdf } from '@noble/hashes/hkdf.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { mnemonicToEntropy } from '@scure/bip39'
import { wordlist } from '@scure/bip39/wordlists/english.js'
import { concat, hex, isSame, lvCat, must, unhex, utf8 } from './bytes.js'
import { bytes, count, decode as decodeCbor, list, text } from './cbor.js'
import { verify } from './ed25519.js'
import { secretsOf } from './keys.js'
import { homeBodyOf, idOf, personIdOf } from './ops.js'
import { bytesOf, decode, encode, listOf, messageOf } from './protobuf.js'
import { openEnvelope } from './records.js'
import type { EpochSecret } from './keys.js'
import type { Message, Schema } from './protobuf.js'

export interface Keys {
  recovery: { seed: string, key: string }
  backup: { secret: string, publicKey: string }
  home: { genesis: string, body: string, seat: string }
}

export function keysOf (words: string): Keys {
  const entropy = mnemonicToEntropy(words, wordlist)
  const seed = hkdf(sha256, entropy, undefined, utf8('plus-one/recovery/1'), 32)
  const secret = hkdf(sha256, entropy, undefined, utf8('plus-one/backup/1'), 32)
  const key = ed25519.getPublicKey(seed)
  const body = homeBodyOf(key)

  return {
    recovery: { seed: hex(seed), key: hex(key) },
    backup: { secret: hex(secret), publicKey: hex(x25519.getPublicKey(secret)) },
    home: { genesis: idOf(body), body: hex(body), seat: personIdOf(key, key) }
  }
}

/** Did the recovery key sign this backup key? */
export function isBackupOf (key: Uint8Array, publicKey: Uint8Array, signature: Uint8Array): boolean {
  return verify(key, concat(utf8('plus-one-backup/1\0'), publicKey), signature)
}

export interface DeviceRecord {
  device: string
  sequence: number
  slot: string
  /** As the page's table has it. */
  fact: object
}

export function readDeviceRecord (sealed: Uint8Array, home: string): DeviceRecord {
  must(sealed.length <= 8192, 'at most 8,192 bytes')
  const { key, payload } = openEnvelope(sealed, 'plus-one-device/1', utf8('/plus-one/device/1'))
  const [kind, of, sequence, fact] = list(decodeCbor(payload), 4)
  must(hex(bytes(of, 32)) === home, 'of this home')
  const tuple = list(fact)
  const party = kind === 0 ? new Uint8Array() : bytes(tuple[0], 32)
  const record = { device: hex(key), sequence: count(sequence, 1), slot: hex(sha256(concat(utf8('plus-one-device/1\0'), key, party))) }

  switch (kind) {
    case 0: {
      const [name, addedAt, backup] = list(fact, 3)
      const [publicKey, signature] = backup === null ? [] : list(backup, 2)

      return { ...record, fact: { kind, name: text(name, 0, 64), addedAt: count(addedAt), ...(backup === null ? {} : { backup: { publicKey: hex(bytes(publicKey, 32)), signature: hex(bytes(signature, 64)) } }) } }
    }
    case 1: {
      const [, body, sig, first] = list(fact, 4)
      must(idOf(bytes(body)) === hex(party), 'the GENESIS of this party')

      return { ...record, fact: { kind, party: hex(party), body: hex(bytes(body)), sig: hex(bytes(sig, 64)), first: hex(bytes(first, 32)) } }
    }
    case 2: {
      const accepted = list(list(fact, 2)[1]).map(one => list(one, 2)).map(([by, acceptance]) => ({ key: hex(bytes(by, 32)), acceptance: hex(bytes(acceptance, 64)) }))
      must(accepted.length <= 64 && accepted.every(({ key: by }, i) => i === 0 || by > accepted[i - 1]!.key), 'ascending, at most 64')

      return { ...record, fact: { kind, party: hex(party), accepted } }
    }
    case 3:
      list(fact, 1)
      return { ...record, fact: { kind, party: hex(party) } }
    default: throw new RangeError('a kind that is known')
  }
}

const SEAT: Schema = { 1: ['body', 'bytes'], 2: ['sig', 'bytes'], 3: ['left', 'bool'] }

const RECOVER: Schema = {
  1: ['challenge', { 1: ['nonce', 'bytes'] }], 2: ['proof', { 1: ['key', 'bytes'], 2: ['signature', 'bytes'] }], 3: ['seats', { 1: ['seats', [SEAT]], 2: ['last', 'bool'] }],
  4: ['refusal', { 1: ['code', 'number'] }]
}

export interface Recovery {
  /** What was signed. */
  proof: string
  key: string
  seats: Array<{ body: string, sig: string, left: boolean }>
}

/** A whole recovery: Challenge, Proof, Seats. PeerIds are multihashes. */
export function followRecovery (frames: Uint8Array[], device: Uint8Array, member: Uint8Array): Recovery {
  const read = frames.map(frame => decode(RECOVER, frame))
  must(read.every((frame, i) => isSame(encode(RECOVER, { ...frame }), frames[i]!)), 'fields by number')
  const nonce = bytesOf(messageOf(read[0]!, 'challenge'), 'nonce', 32)
  const proof = messageOf(read[1]!, 'proof')
  const key = bytesOf(proof, 'key', 32)
  const signed = concat(utf8('plus-one-recover/1\0'), lvCat(device, member, nonce, key))
  must(verify(key, signed, bytesOf(proof, 'signature', 64)), 'the proof')
  const told = read.slice(2).map(frame => messageOf(frame, 'seats'))
  must(told.every(({ last }, i) => last === (i === told.length - 1)), 'the last frame says so')

  return {
    proof: hex(signed), key: hex(key),
    seats: told.flatMap(seats => listOf(seats, 'seats') as Message[]).map(seat => ({ body: hex(bytesOf(seat, 'body')), sig: hex(bytesOf(seat, 'sig', 64)), left: seat.left as boolean }))
  }
}

export interface Backup {
  at: number
  parties: Array<{ key: string, records: string[], secrets: EpochSecret[] }>
}

/** Opens a backup. @param secret - The backup key */
export function openBackup (sealed: Uint8Array, secret: Uint8Array): Backup {
  const head = sealed.subarray(0, 33)
  must(head[0] === 1 && sealed.length <= 1_048_576, 'version, and at most 1 MiB')
  const ephemeral = head.subarray(1)
  const sealing = hkdf(sha256, x25519.getSharedSecret(secret, ephemeral), undefined, concat(utf8('plus-one/backup/1 seal'), ephemeral, x25519.getPublicKey(secret)), 32)
  const [at, parties, records] = list(decodeCbor(chacha20poly1305(sealing, new Uint8Array(12), head).decrypt(sealed.subarray(33))), 3)
  const all = list(records).map(record => hex(bytes(record)))
  must(all.every(record => unhex(record).length <= 1024), 'records of 1,024 bytes')

  return {
    at: count(at),
    parties: list(parties).map(party => list(party)).map(([id, places, secrets = new Uint8Array()]) => ({
      key: hex(bytes(id, 32)), records: list(places).map(place => all[count(place, 0, all.length - 1)]!), secrets: secretsOf(bytes(secrets))
    }))
  }
}
