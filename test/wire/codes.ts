/** The full code by docs/codes.md, what is derived of its secret by docs/handshake.md, "Frames". */
import { hkdf } from '@noble/hashes/hkdf.js'
import { hmac } from '@noble/hashes/hmac.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { base32nopad } from '@scure/base'
import { concat, hex, isSame, lvCat, must, Reader, utf8 } from './bytes.js'
import { isSound } from './ed25519.js'

export interface Code {
  secret: Uint8Array
  /** The inviter's Ed25519 key. */
  inviter: Uint8Array
  /** ms since 1970; 0: never. */
  expiresAt: number
  /** Multiaddrs without the inviter's PeerId. */
  addresses: Uint8Array[]
}

const CHECKSUM = 'plus-one/code/1 checksum'

/** A multiaddr's /p2p/… of an Ed25519 key: protocol 421, then a multihash of 38 bytes. */
const P2P = 'a50326'

function checksumOf (body: Uint8Array): Uint8Array {
  return sha256(concat(utf8(CHECKSUM), body)).subarray(0, 4)
}

/** The text of these bytes, whatever they say. */
export function codeOf (body: Uint8Array): string {
  return base32nopad.encode(concat(body, checksumOf(body)))
}

export function readCode (text: string): Code {
  const bytes = base32nopad.decode(text)
  must(base32nopad.encode(bytes) === text && bytes.length > 4, 'not canonical base32')
  const body = bytes.subarray(0, -4)
  must(isSame(checksumOf(body), bytes.subarray(-4)), 'checksum')
  const reader = new Reader(body)
  must(reader.byte() === 1, 'version')
  const secret = reader.take(16)
  const inviter = reader.take(32)
  must(isSound(inviter), 'inviter')
  const expiresAt = reader.number(6)
  const count = reader.byte()
  must(count <= 4, 'addresses')
  const addresses = Array.from({ length: count }, () => reader.take(reader.byte()))
  must(addresses.every(address => address.length > 0 && hex(address.subarray(-41, -38)) !== P2P), 'address')
  reader.end()

  return { secret, inviter, expiresAt, addresses }
}

const LABELS = {
  lookup: 'plus-one/invite/1 lookup id',
  rendezvous: 'plus-one/invite/1 rendezvous id',
  knock: 'plus-one/invite/1 invitee-to-inviter knock',
  welcome: 'plus-one/invite/1 inviter-to-invitee welcome',
  retry: 'plus-one/invite/1 inviter-to-invitee retry',
  waiting: 'plus-one/invite/1 inviter-to-invitee waiting',
  grant: 'plus-one/invite/1 inviter-to-invitee repeated grant'
}

function derive (secret: Uint8Array, purpose: keyof typeof LABELS, length: number): Uint8Array {
  return hkdf(sha256, secret, undefined, utf8(LABELS[purpose]), length)
}

export function lookupIdOf (secret: Uint8Array): Uint8Array {
  return derive(secret, 'lookup', 16)
}

export function rendezvousIdOf (secret: Uint8Array): string {
  return base32nopad.encode(derive(secret, 'rendezvous', 16)).toLowerCase()
}

/** PeerIds are multihashes. */
export interface Ends {
  inviter: Uint8Array
  invitee: Uint8Array
}

export type MacOf = 'knock' | 'welcome' | 'retry' | 'waiting' | 'grant'

export function macOf (secret: Uint8Array, frame: MacOf, { inviter, invitee }: Ends, body: Uint8Array, before: Uint8Array[] = []): Uint8Array {
  return hmac(sha256, derive(secret, frame, 32), lvCat(inviter, invitee, body, ...before))
}

/** The multihash of an Ed25519 PeerId: identity, of the key's protobuf (type 1, 32 bytes). */
export function peerIdOf (key: Uint8Array): Uint8Array {
  return concat(Uint8Array.of(0x00, 0x24, 0x08, 0x01, 0x12, 0x20), key)
}
