import { publicKeyFromRaw } from '@libp2p/crypto/keys'
import { peerIdFromPublicKey } from '@libp2p/peer-id'
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js'
import { UnsupportedKeyError } from '../errors.js'
import type { MemberKey } from '../log/index.js'
import type { PeerId } from '@libp2p/interface'

/** The PeerId of a member. */
export function peerIdOf (key: MemberKey): PeerId {
  return peerIdFromPublicKey(publicKeyFromRaw(hexToBytes(key)))
}

/** The member that a peer is. @throws {UnsupportedKeyError} Its key is not Ed25519. */
export function memberOf (peerId: PeerId): MemberKey {
  if (peerId.type !== 'Ed25519') {
    throw new UnsupportedKeyError()
  }

  return bytesToHex(peerId.publicKey.raw)
}
