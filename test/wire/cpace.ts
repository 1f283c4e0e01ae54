/** CPACE-RISTR255-SHA512 of draft-irtf-cfrg-cpace-21, as docs/handshake.md, "CPace" binds it; both sides at once, from what they drew. */
import { ristretto255, ristretto255_hasher } from '@noble/curves/ed25519.js'
import { hmac } from '@noble/hashes/hmac.js'
import { sha512 } from '@noble/hashes/sha2.js'
import { concat, lvCat, must, utf8 } from './bytes.js'
import type { Ends } from './codes.js'

const { Point } = ristretto255
const DSI = utf8('CPaceRistretto255')

export interface Run {
  protocol: string
  ends: Ends
  /** PRS: the PIN, or the secret words. */
  password: string
  /** What CI holds behind the ends. */
  bound: Uint8Array[]
  nonces: Ends
}

/** What comes of a run. */
export interface Keys {
  ci: Uint8Array
  sid: Uint8Array
  /** ISK, 64 bytes. */
  isk: Uint8Array
  /** Ya and Yb, Ta and Tb. */
  shares: Ends
  tags: Ends
}

/** A scalar of 64 drawn bytes: little-endian, mod the group's order. */
function scalarOf (drawn: Uint8Array): bigint {
  return drawn.reduceRight((value, byte) => value * 256n + BigInt(byte), 0n) % Point.Fn.ORDER
}

/** The draft's generator: DSI and PRS fill SHA-512's first block of 128 bytes. */
function generatorOf (prs: Uint8Array, ci: Uint8Array, sid: Uint8Array): InstanceType<typeof Point> {
  const padding = new Uint8Array(Math.max(0, 128 - 1 - lvCat(prs).length - lvCat(DSI).length))

  return ristretto255_hasher.deriveToCurve!(sha512(lvCat(DSI, prs, padding, ci, sid)))
}

/** @param drawn - 64 bytes by each side */
export function keysOf ({ protocol, ends, password, bound, nonces }: Run, drawn: Ends): Keys {
  const ci = lvCat(utf8(protocol), utf8('inviter'), ends.inviter, utf8('invitee'), ends.invitee, ...bound)
  const sid = concat(nonces.inviter, nonces.invitee)
  const generator = generatorOf(utf8(password), ci, sid)
  const [a, b] = [scalarOf(drawn.inviter), scalarOf(drawn.invitee)]
  const [ya, yb] = [generator.multiply(a), generator.multiply(b)]
  const k = yb.multiply(a)
  must(k.equals(ya.multiply(b)), 'the two sides have one point')
  const messages = { inviter: lvCat(ya.toBytes(), lvCat(utf8('inviter'), ends.inviter)), invitee: lvCat(yb.toBytes(), lvCat(utf8('invitee'), ends.invitee)) }
  const isk = sha512(concat(lvCat(utf8('CPaceRistretto255_ISK'), sid, k.toBytes()), messages.inviter, messages.invitee))
  const macKey = sha512(concat(utf8('CPaceMac'), sid, isk))

  return { ci, sid, isk, shares: { inviter: ya.toBytes(), invitee: yb.toBytes() }, tags: { inviter: hmac(sha512, macKey, messages.inviter), invitee: hmac(sha512, macKey, messages.invitee) } }
}
