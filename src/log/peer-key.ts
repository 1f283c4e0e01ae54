/** PeerIds and keys: the same Ed25519 key in two spellings. */
import { publicKeyFromRaw } from '@libp2p/crypto/keys'
import { peerIdFromPublicKey } from '@libp2p/peer-id'
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js'
import { UnsupportedKeyError } from '../errors.js'
import type { Key } from './kinds.js'
import type { Ed25519PeerId, PeerId, PrivateKey } from '@libp2p/interface'

/** The PeerId behind which a key is. */
export function peerIdOf (key: Key): Ed25519PeerId {
  return peerIdFromPublicKey(publicKeyFromRaw(hexToBytes(key))) as Ed25519PeerId
}

/** The key of a peer, or of a node's own private key. @throws {UnsupportedKeyError} It is not Ed25519. */
export function keyOf ({ type, publicKey }: PeerId | PrivateKey): Key {
  if (type !== 'Ed25519' || publicKey == null) {
    throw new UnsupportedKeyError()
  }

  return bytesToHex(publicKey.raw)
}
