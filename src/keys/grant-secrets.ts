/**
 * The current secrets for who is just admitted (docs/keys.md, "In the Grant"): sealed under a key that hangs on the code's
 * secret and on what both sides made of the PIN, so that who breaks the connection's encryption later still lacks it.
 */
import { chacha20poly1305 } from '@noble/ciphers/chacha.js'
import { bytesToHex, concatBytes, hexToBytes } from '@noble/hashes/utils.js'
import { ProtocolError } from '../errors.js'
import { derive, SECRET_LENGTH } from './derive.js'
import type { EpochSecret } from './derive.js'
import type { OpId } from '../log/index.js'

/** Secrets in a Grant: concurrent REKEYs that are current; who lacks others asks for them. */
export const MAX_GRANTED = 16

const ENTRY_LENGTH = 32 + SECRET_LENGTH

/** Bytes of it, at most. */
export const MAX_GRANTED_LENGTH = MAX_GRANTED * ENTRY_LENGTH + 16

/** The key serves once: the ADMIT is in it. */
const NONCE = new Uint8Array(12)

export interface GrantKeyInit {
  /** The code's, 16 bytes. */
  codeSecret: Uint8Array
  /** The handshake's session key (ISK), 64 bytes. */
  sessionKey: Uint8Array
  /** SHA-256 of the handshake's public transcript. */
  transcript: Uint8Array
  admit: OpId
}

function keyOf ({ codeSecret, sessionKey, transcript, admit }: GrantKeyInit): Uint8Array {
  return derive(concatBytes(codeSecret, sessionKey), 'grant', [transcript, hexToBytes(admit)])
}

/** Seals the first MAX_GRANTED of them. */
export function sealSecrets (secrets: readonly EpochSecret[], init: GrantKeyInit): Uint8Array {
  return chacha20poly1305(keyOf(init), NONCE).encrypt(concatBytes(...secrets.slice(0, MAX_GRANTED).flatMap(({ rekey, secret }) => [hexToBytes(rekey), secret])))
}

/** What was granted: nothing is done with it before it is checked against its REKEY, which comes by sync. @throws {ProtocolError} */
export function openSecrets (sealed: Uint8Array, init: GrantKeyInit): EpochSecret[] {
  if (sealed.length > MAX_GRANTED_LENGTH || (sealed.length - 16) % ENTRY_LENGTH !== 0) {
    throw new ProtocolError('The Grant holds no secrets of the party\'s key')
  }

  try {
    const bytes = chacha20poly1305(keyOf(init), NONCE).decrypt(sealed)

    return Array.from({ length: bytes.length / ENTRY_LENGTH }, (_, i) => {
      const entry = bytes.subarray(i * ENTRY_LENGTH, (i + 1) * ENTRY_LENGTH)

      return { rekey: bytesToHex(entry.subarray(0, 32)), secret: entry.slice(32) }
    })
  } catch (err) {
    throw new ProtocolError('The secrets in the Grant were changed on their way', { cause: err })
  }
}
