/**
 * The full invitation code (docs/codes.md, "The full code"): everything that an
 * invitee needs to find the inviter, in base32, with a checksum that tells a
 * mistyped code from an unknown one before any dial.
 *
 * Layout, in bytes: version 1 ‖ secret 16 ‖ inviter's Ed25519 key 32 ‖ expiry 6
 * (ms since 1970, big-endian; 0: never) ‖ n 1 ‖ n × (length 1 ‖ multiaddr, the
 * inviter's PeerId at its end left out) ‖ checksum 4. What is said in another way
 * than encodeCode would is refused: one invitation has one code.
 */
import { publicKeyFromRaw } from '@libp2p/crypto/keys'
import { peerIdFromPublicKey } from '@libp2p/peer-id'
import { CODE_P2P, multiaddr } from '@multiformats/multiaddr'
import { ed25519 } from '@noble/curves/ed25519.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { concatBytes, utf8ToBytes } from '@noble/hashes/utils.js'
import { base32nopad } from '@scure/base'
import { equals } from 'uint8arrays/equals'
import { InvalidCodeError } from '../errors.js'
import type { Ed25519PeerId, PeerId } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'

/** The layout above. */
export const CODE_VERSION = 1

/** Addresses in a code, at most (docs/codes.md, "The full code"). */
export const MAX_ADDRESSES = 4

/** Characters of input that are looked at, spaces and link included; 4 long relayed addresses need under 900. */
export const MAX_CODE_TEXT = 2048

const SECRET_LENGTH = 16
const KEY_LENGTH = 32
const EXPIRY_LENGTH = 6
/** A wrong character passes unnoticed once in 2³². Every version ends so: an unknown one is told from a mistyped one. */
const CHECKSUM_LENGTH = 4
const HEAD_LENGTH = 1 + SECRET_LENGTH + KEY_LENGTH + EXPIRY_LENGTH + 1
const CHECKSUM_LABEL = utf8ToBytes('plus-one/code/1 checksum')

/** What a code says. */
export interface InvitationCode {
  /** 16 random bytes. */
  secret: Uint8Array
  /** Pinned when dialling. */
  inviter: Ed25519PeerId
  /** Where to dial, each ending in the inviter's PeerId; may be empty. */
  addresses: Multiaddr[]
  /** ms since 1970; undefined: never. A hint: the inviter's clock judges. */
  expiresAt?: number
}

/** A code's input; `addresses` may end in the inviter's PeerId or not. */
export interface CodeInit {
  secret: Uint8Array
  inviter: PeerId
  addresses: Multiaddr[]
  expiresAt?: number
}

/**
 * The code, in capitals: a QR code's dense alphanumeric mode. The first 4
 * addresses are kept, in the caller's order; of those that end in another's
 * PeerId, or take more than 255 bytes, none is.
 *
 * @throws {InvalidCodeError} What is given cannot be put into a code.
 */
export function encodeCode ({ secret, inviter, addresses, expiresAt = 0 }: CodeInit): string {
  if (secret.length !== SECRET_LENGTH || inviter.type !== 'Ed25519' || !Number.isInteger(expiresAt) || expiresAt < 0 || expiresAt >= 2 ** 48) {
    throw new InvalidCodeError('An invitation code needs a 16-byte secret, an Ed25519 inviter and an expiry in ms since 1970')
  }

  const expiry = new Uint8Array(8)
  new DataView(expiry.buffer).setBigUint64(0, BigInt(expiresAt))

  const kept = addresses.map(address => routeOf(address, inviter)).filter(bytes => bytes.length > 0 && bytes.length < 256).slice(0, MAX_ADDRESSES)
  const body = concatBytes(
    Uint8Array.of(CODE_VERSION),
    secret,
    inviter.publicKey.raw,
    expiry.subarray(2),
    Uint8Array.of(kept.length),
    ...kept.flatMap(bytes => [Uint8Array.of(bytes.length), bytes])
  )

  return base32nopad.encode(concatBytes(body, checksum(body)))
}

/**
 * Reads a code out of what a person pasted or typed: a link, or the code, with
 * spaces, hyphens, any quotes, invisible characters and any case; 0, 1 and 8,
 * which base32 has not, are read as O, I and B.
 *
 * @throws {InvalidCodeError} Its message and `reason` say what is wrong.
 */
export function parseCode (text: string): InvitationCode {
  if (text.length > MAX_CODE_TEXT) {
    throw new InvalidCodeError('This is too long for an invitation code; copy the code alone', 'too-long')
  }

  const characters = codePart(text.normalize('NFKC').replace(/[\s\p{Cf}\p{Pi}\p{Pf}"'`<>]/gu, ''))
    .replace(/[\p{Pd}.,;_()[\]]/gu, '')
    .toUpperCase()
    .replace(/0/g, 'O').replace(/1/g, 'I').replace(/8/g, 'B')

  if (characters === '') {
    throw new InvalidCodeError('There is no invitation code in this; copy it again, whole', 'empty')
  }

  const stranger = /[^A-Z2-7]/u.exec(characters)

  if (stranger != null) {
    throw new InvalidCodeError('An invitation code has only letters and the digits 2 to 7; copy it again, whole', 'characters')
  }

  return decodeCode(bytesOf(characters))
}

/** What may hold the code in a link: its fragment, or what follows a custom scheme. */
function codePart (text: string): string {
  const fragment = text.indexOf('#')

  if (fragment >= 0) {
    return text.slice(fragment + 1)
  }

  if (text.includes('://')) {
    throw new InvalidCodeError('This link has lost what followed its #; copy the whole link', 'no-fragment')
  }

  return text.replace(/^[a-z][a-z0-9+.-]*:/i, '')
}

function bytesOf (characters: string): Uint8Array {
  try {
    return base32nopad.decode(characters)
  } catch {
    throw mistyped()
  }
}

function mistyped (): InvalidCodeError {
  return new InvalidCodeError('This code was mistyped or cut; compare it with the original, or copy it again, whole', 'checksum')
}

function decodeCode (bytes: Uint8Array): InvitationCode {
  const body = bytes.subarray(0, -CHECKSUM_LENGTH)

  if (!equals(checksum(body), bytes.subarray(-CHECKSUM_LENGTH))) {
    throw mistyped()
  }

  if (body[0] !== CODE_VERSION) {
    throw new InvalidCodeError('This code is of another version of plus-one; update this app', 'version')
  }

  if (body.length < HEAD_LENGTH) {
    throw new InvalidCodeError(undefined, 'layout')
  }

  const view = new DataView(body.buffer, body.byteOffset, body.length)
  const expiryAt = 1 + SECRET_LENGTH + KEY_LENGTH
  const expiresAt = view.getUint16(expiryAt) * 2 ** 32 + view.getUint32(expiryAt + 2)
  const inviter = inviterOf(body.subarray(1 + SECRET_LENGTH, expiryAt))

  return {
    secret: body.slice(1, 1 + SECRET_LENGTH),
    inviter,
    addresses: addressesOf(body.subarray(HEAD_LENGTH), body[HEAD_LENGTH - 1] ?? 0, inviter),
    expiresAt: expiresAt === 0 ? undefined : expiresAt
  }
}

/** The rule for members' keys (docs/codes.md, "The full code"): canonical, on the curve, not of small order; libp2p looks at the length alone. */
function inviterOf (raw: Uint8Array): Ed25519PeerId {
  try {
    if (!ed25519.Point.fromBytes(raw).isSmallOrder()) {
      return peerIdFromPublicKey(publicKeyFromRaw(raw)) as Ed25519PeerId
    }
  } catch {}

  throw new InvalidCodeError('This code names no valid inviter; ask for a new one', 'inviter')
}

function addressesOf (bytes: Uint8Array, count: number, inviter: PeerId): Multiaddr[] {
  const addresses: Multiaddr[] = []
  let at = 0

  try {
    for (let i = 0; i < count; i++) {
      const length = bytes[at] ?? 0
      const route = bytes.subarray(at + 1, at + 1 + length)
      const address = withPeer(multiaddr(route), inviter)

      if (length === 0 || !equals(routeOf(address, inviter), route)) {
        break
      }

      addresses.push(address)
      at += 1 + length
    }
  } catch {}

  if (at !== bytes.length || addresses.length !== count || count > MAX_ADDRESSES) {
    throw new InvalidCodeError('This code holds an address that this app cannot read; ask for a new one, or update the app', 'address')
  }

  return addresses
}

function checksum (body: Uint8Array): Uint8Array {
  return sha256(concatBytes(CHECKSUM_LABEL, body)).subarray(0, CHECKSUM_LENGTH)
}

function endsIn (address: Multiaddr, peer: PeerId): boolean {
  const last = address.getComponents().at(-1)

  return last?.code === CODE_P2P && last.value === peer.toString()
}

/** The address's bytes without the peer at its end; none where it then ends in a PeerId, and so leads to another. */
function routeOf (address: Multiaddr, peer: PeerId): Uint8Array {
  const route = endsIn(address, peer) ? address.decapsulateCode(CODE_P2P) : address

  return route.getComponents().at(-1)?.code === CODE_P2P ? new Uint8Array() : route.bytes
}

function withPeer (address: Multiaddr, peer: PeerId): Multiaddr {
  return address.encapsulate(`/p2p/${peer.toString()}`)
}
