/** PeerIds and keys: the same Ed25519 key in two spellings. */
import { publicKeyFromRaw } from '@libp2p/crypto/keys'
import { peerIdFromPublicKey } from '@libp2p/peer-id'
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js'
import { UnsupportedKeyError } from '../errors.js'
import type { Key } from './kinds.js'
import type { Ed25519PeerId, PeerId, PrivateKey } from '@libp2p/interface'

/** Keys whose PeerIds are kept, at most: connections and records are looked up by them all the time, and to make one takes a hash and an encoding. */
const MAX_KEPT = 1_024

/** Who was asked for last comes last. */
const peerIds = new Map<Key, Ed25519PeerId>()

/** The PeerId behind which a key is. */
export function peerIdOf (key: Key): Ed25519PeerId {
  const peerId = peerIds.get(key) ?? peerIdFromPublicKey(publicKeyFromRaw(hexToBytes(key))) as Ed25519PeerId
  peerIds.delete(key)
  peerIds.set(key, peerId)

  if (peerIds.size > MAX_KEPT) {
    const [oldest = key] = peerIds.keys()
    peerIds.delete(oldest)
  }

  return peerId
}

/** The key of a peer, or of a node's own private key. @throws {UnsupportedKeyError} It is not Ed25519. */
export function keyOf ({ type, publicKey }: PeerId | PrivateKey): Key {
  if (type !== 'Ed25519' || publicKey == null) {
    throw new UnsupportedKeyError()
  }

  return bytesToHex(publicKey.raw)
}
