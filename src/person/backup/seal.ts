/** A file that the recovery words alone open (docs/persons.md, "Backups"): sealed to their X25519 key, whose public half devices keep. */
import { chacha20poly1305 } from '@noble/ciphers/chacha.js'
import { x25519 } from '@noble/curves/ed25519.js'
import { hkdf } from '@noble/hashes/hkdf.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { concatBytes, utf8ToBytes } from '@noble/hashes/utils.js'
import { InvalidBackupError } from '../../errors.js'

/** The layout below. */
const VERSION = 1

/** X25519 keys, bytes (RFC 7748 section 5). */
const KEY_LENGTH = 32

/** Bytes of Poly1305's tag (RFC 8439 section 2.5). */
const TAG_LENGTH = 16

/** In front of what is sealed. */
const HEAD_LENGTH = 1 + KEY_LENGTH

/** Bytes of a backup, at most: 1 MiB. */
export const MAX_BACKUP = 1_048_576

/** Bytes that can be sealed into one. */
export const MAX_SEALED = MAX_BACKUP - HEAD_LENGTH - TAG_LENGTH

const LABEL = utf8ToBytes('plus-one/backup/1 seal')

/** A key serves once, since each file has an ephemeral key of its own: the nonce can be zero. */
const NONCE = new Uint8Array(12)

/**
 * Version 1 ‖ ephemeral X25519 public key ‖ ChaCha20-Poly1305 (RFC 8439) of the content, with what stands before as associated data.
 *
 * @param to - The backup key's public half
 * @param content - At most `MAX_SEALED` bytes
 */
export function sealBackup (to: Uint8Array, content: Uint8Array): Uint8Array {
  const { secretKey, publicKey } = x25519.keygen()
  const head = concatBytes(Uint8Array.of(VERSION), publicKey)

  return concatBytes(head, chacha20poly1305(keyOf(secretKey, to, publicKey, to), NONCE, head).encrypt(content))
}

/** @param secret - The backup key @throws {InvalidBackupError} */
export function openBackup (secret: Uint8Array, sealed: Uint8Array): Uint8Array {
  if (sealed.length < HEAD_LENGTH + TAG_LENGTH || sealed.length > MAX_BACKUP) {
    throw new InvalidBackupError()
  }

  if (sealed[0] !== VERSION) {
    throw new InvalidBackupError('This backup is of another version of plus-one; update this app', 'version')
  }

  const head = sealed.subarray(0, HEAD_LENGTH)
  const ephemeral = head.subarray(1)

  try {
    return chacha20poly1305(keyOf(secret, ephemeral, ephemeral, x25519.getPublicKey(secret)), NONCE, head).decrypt(sealed.subarray(HEAD_LENGTH))
  } catch {
    throw new InvalidBackupError('This backup is not of these recovery words, or was damaged; look for the one that your last device wrote, or recover with an invitation code', 'words')
  }
}

/** HKDF-SHA256 of the shared secret; an all-zero one is refused by X25519. */
function keyOf (own: Uint8Array, theirs: Uint8Array, ephemeral: Uint8Array, to: Uint8Array): Uint8Array {
  return hkdf(sha256, x25519.getSharedSecret(own, theirs), undefined, concatBytes(LABEL, ephemeral, to), 32)
}
