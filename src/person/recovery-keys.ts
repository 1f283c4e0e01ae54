/** The keys that come of the recovery words (docs/persons.md, "Keys"): the recovery key, and the one to which backups are sealed. */
import { generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import { x25519 } from '@noble/curves/ed25519.js'
import { hkdf } from '@noble/hashes/hkdf.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { concatBytes, hexToBytes, utf8ToBytes } from '@noble/hashes/utils.js'
import { verify } from '../log/ed25519.js'
import { keyOf } from '../log/terms.js'
import type { Key } from '../log/index.js'
import type { PrivateKey } from '@libp2p/interface'

/** Bytes from which 12 words are made. */
export const ENTROPY_LENGTH = 16

/** X25519 keys, bytes (RFC 7748 section 5). */
export const BACKUP_KEY_LENGTH = 32

const RECOVERY = utf8ToBytes('plus-one/recovery/1')
const BACKUP = utf8ToBytes('plus-one/backup/1')

/** Before the backup key, where the recovery key signs it. */
const BACKUP_PREFIX = utf8ToBytes('plus-one-backup/1\0')

/** Whoever has these has the words. */
export interface RecoveryKeys {
  /** Ed25519: outranks all devices. */
  privateKey: PrivateKey
  /** X25519, 32 bytes: opens backups. */
  backup: Uint8Array
}

/** The backup key's public half, which devices hand on. */
export interface BackupKey {
  /** X25519, 32 bytes. */
  publicKey: Uint8Array
  /** By the recovery key, 64 bytes: no device can put another in its place. */
  signature: Uint8Array
}

/** What stays of the words when they are wiped, and what other devices know of them. */
export interface PublicRecovery {
  key: Key
  backup?: BackupKey
}

/** @param entropy - 16 bytes: of the words */
export async function recoveryKeysOf (entropy: Uint8Array): Promise<RecoveryKeys> {
  const derive = (label: Uint8Array): Uint8Array => hkdf(sha256, entropy, undefined, label, 32)

  return { privateKey: await generateKeyPairFromSeed('Ed25519', derive(RECOVERY)), backup: derive(BACKUP) }
}

/** Their public halves. */
export async function publicOf ({ privateKey, backup }: RecoveryKeys): Promise<Required<PublicRecovery>> {
  const publicKey = x25519.getPublicKey(backup)

  return { key: keyOf(privateKey), backup: { publicKey, signature: Uint8Array.from(await privateKey.sign(concatBytes(BACKUP_PREFIX, publicKey))) } }
}

/** Did the recovery key sign this backup key? */
export async function isBackupOf (key: Key, { publicKey, signature }: BackupKey): Promise<boolean> {
  return publicKey.length === BACKUP_KEY_LENGTH && verify(hexToBytes(key), concatBytes(BACKUP_PREFIX, publicKey), signature)
}
