/** PeerIds and member keys: the same Ed25519 key in two spellings. */
import { publicKeyFromRaw } from '@libp2p/crypto/keys'
import { peerIdFromPublicKey } from '@libp2p/peer-id'
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js'
import { UnsupportedKeyError } from '../errors.js'
import type { MemberKey } from './op.js'
import type { Ed25519PeerId, PeerId, PrivateKey } from '@libp2p/interface'

/** The PeerId of a member. */
export function peerIdOf (key: MemberKey): Ed25519PeerId {
  return peerIdFromPublicKey(publicKeyFromRaw(hexToBytes(key))) as Ed25519PeerId
}

/** The member key of a peer, or of a node's own private key. @throws {UnsupportedKeyError} It is not Ed25519. */
export function memberKeyOf ({ type, publicKey }: PeerId | PrivateKey): MemberKey {
  if (type !== 'Ed25519' || publicKey == null) {
    throw new UnsupportedKeyError()
  }

  return bytesToHex(publicKey.raw)
}
