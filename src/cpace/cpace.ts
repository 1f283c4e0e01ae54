/**
 * CPACE-RISTR255-SHA512 of draft-irtf-cfrg-cpace-21, initiator-responder, with
 * explicit key confirmation in which the responder confirms first. The session
 * key leaves this file only to who has seen the other side's tag hold.
 *
 * JavaScript cannot promise constant time or erased memory: bigints are
 * immutable and engines copy. Scalars are dropped after use, and tags are
 * compared without an early exit; see docs/attacks.md for what that leaves.
 */
import { equalBytes } from '@noble/curves/utils.js'
import { hmac } from '@noble/hashes/hmac.js'
import { sha512 } from '@noble/hashes/sha2.js'
import { concatBytes, randomBytes, utf8ToBytes } from '@noble/hashes/utils.js'
import { CPaceError } from './errors.js'
import { calculateGenerator, DSI, sampleScalar, scalarMult, scalarMultVfy } from './group.js'
import { lvCat, transcriptIr } from './strings.js'
import type { RandomBytes } from './group.js'

/** DSI_ISK (section 7.2). */
const DSI_ISK = concatBytes(DSI, utf8ToBytes('_ISK'))

/** The label of mac_key (section 10.4, "Key confirmation"). */
const MAC_LABEL = utf8ToBytes('CPaceMac')

/** Bytes of a tag: HMAC-SHA512. */
export const TAG_LENGTH = 64

/** The inputs of one side (section 4.1). */
export interface CPaceInit {
  /** PRS, the password-related string. */
  prs: Uint8Array
  /** CI, the channel identifier. */
  ci: Uint8Array
  /** sid, the session id: unique to the run. */
  sid: Uint8Array
  /** This side's associated data, ADa or ADb. */
  ad: Uint8Array
  /** @default @noble/hashes' randomBytes, which is the platform's: 64 bytes are drawn for the scalar */
  random?: RandomBytes
}

/** One side before the other's share came: a scalar that can be used once. */
class Side {
  readonly share: Uint8Array
  readonly #sid: Uint8Array
  #scalar: bigint | undefined

  constructor ({ prs, ci, sid, random = randomBytes }: CPaceInit) {
    this.#sid = sid
    this.#scalar = sampleScalar(random)
    this.share = scalarMult(this.#scalar, calculateGenerator(prs, ci, sid))
  }

  /** K for the other's share; uses the scalar up, whatever comes of it. */
  agree (theirs: Uint8Array): Uint8Array {
    const scalar = this.#scalar
    this.#scalar = undefined

    if (scalar == null) {
      throw new CPaceError('used')
    }

    if (equalBytes(theirs, this.share)) {
      throw new CPaceError('reflected')
    }

    return scalarMultVfy(scalar, theirs)
  }

  /** Of K and the transcript, 64 bytes each: ISK, and mac_key (section 10.4). */
  keys (k: Uint8Array, transcript: Uint8Array): { sessionKey: Uint8Array, macKey: Uint8Array } {
    const sessionKey = intermediateSessionKey(this.#sid, k, transcript)

    return { sessionKey, macKey: macKeyOf(this.#sid, sessionKey) }
  }
}

/** ISK (section 7.2), 64 bytes. For this folder and its tests: do not export it further. */
export function intermediateSessionKey (sid: Uint8Array, k: Uint8Array, transcript: Uint8Array): Uint8Array {
  return sha512(concatBytes(lvCat(DSI_ISK, sid, k), transcript))
}

function macKeyOf (sid: Uint8Array, isk: Uint8Array): Uint8Array {
  return sha512(concatBytes(MAC_LABEL, sid, isk))
}

/** A side's tag (section 10.4): HMAC-SHA512 over the message that it sent. */
function tagOf (macKey: Uint8Array, share: Uint8Array, ad: Uint8Array): Uint8Array {
  return hmac(sha512, macKey, lvCat(share, ad))
}

/** What the initiator has once the responder's tag held. */
export interface Confirmed {
  /** Ta, 64 bytes. */
  tag: Uint8Array
  /** ISK, 64 bytes: the responder has it too. */
  sessionKey: Uint8Array
}

/** Side A: sends Ya first and, having verified Tb, Ta last. */
export class CPaceInitiator {
  /** Ya, 32 bytes. */
  readonly share: Uint8Array
  readonly #side: Side
  readonly #ad: Uint8Array

  constructor (init: CPaceInit) {
    this.#side = new Side(init)
    this.#ad = init.ad
    this.share = this.#side.share
  }

  /**
   * Verifies Tb, and only then gives Ta.
   *
   * @param yb - The responder's share, 32 bytes
   * @param adb - The responder's associated data, built here, not taken from the wire
   * @param tb - The responder's tag, 64 bytes
   * @returns Ta and ISK, 64 bytes each
   * @throws {CPaceError} The share is bad, the tag does not hold, or the run was finished before.
   */
  confirm (yb: Uint8Array, adb: Uint8Array, tb: Uint8Array): Confirmed {
    const k = this.#side.agree(yb)
    const { sessionKey, macKey } = this.#side.keys(k, transcriptIr(this.share, this.#ad, yb, adb))

    if (!equalBytes(tb, tagOf(macKey, yb, adb))) {
      throw new CPaceError('unconfirmed')
    }

    return { tag: tagOf(macKey, this.share, this.#ad), sessionKey }
  }
}

/** What the responder has once it knows Ya. */
export interface CPaceResponse {
  /** Yb, 32 bytes. */
  share: Uint8Array
  /** Tb, 64 bytes. */
  tag: Uint8Array
  /** Does Ta hold? In constant time for 64 bytes. */
  verify (ta: Uint8Array): boolean
  /** ISK, 64 bytes, where Ta holds: only then has the initiator it, too. */
  sessionKey (ta: Uint8Array): Uint8Array | undefined
}

/** Side B: answers Ya with Yb and Tb, then verifies Ta. */
export class CPaceResponder {
  readonly #side: Side
  readonly #ad: Uint8Array

  constructor (init: CPaceInit) {
    this.#side = new Side(init)
    this.#ad = init.ad
  }

  /**
   * @param ya - The initiator's share, 32 bytes
   * @param ada - The initiator's associated data, built here, not taken from the wire
   * @throws {CPaceError} The share is bad, or the run was finished before.
   */
  respond (ya: Uint8Array, ada: Uint8Array): CPaceResponse {
    const { share } = this.#side
    const k = this.#side.agree(ya)
    const { sessionKey, macKey } = this.#side.keys(k, transcriptIr(ya, ada, share, this.#ad))
    const expected = tagOf(macKey, ya, ada)
    const verify = (ta: Uint8Array): boolean => equalBytes(ta, expected)

    return {
      share,
      tag: tagOf(macKey, share, this.#ad),
      verify,
      sessionKey: ta => verify(ta) ? sessionKey : undefined
    }
  }
}
