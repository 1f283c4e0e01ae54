/**
 * What is derived from the code's secret (docs/handshake.md, "Frames"): the lookup
 * id, and the MACs of Knock, Welcome, Retry, Waiting and a repeated Grant.
 * HKDF-SHA256 (RFC 5869) with a label for each purpose and direction.
 */
import { hkdf } from '@noble/hashes/hkdf.js'
import { hmac } from '@noble/hashes/hmac.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { concatBytes, utf8ToBytes } from '@noble/hashes/utils.js'
import { base32nopad } from '@scure/base'
import { lvCat } from '../cpace/strings.js'
import { HASH_LENGTH, LOOKUP_ID_LENGTH } from './constants.js'
import type { Ends } from '../pake/index.js'

const LABELS = {
  lookup: 'plus-one/invite/1 lookup id',
  rendezvous: 'plus-one/invite/1 rendezvous id',
  knock: 'plus-one/invite/1 invitee-to-inviter knock',
  welcome: 'plus-one/invite/1 inviter-to-invitee welcome',
  retry: 'plus-one/invite/1 inviter-to-invitee retry',
  waiting: 'plus-one/invite/1 inviter-to-invitee waiting',
  grant: 'plus-one/invite/1 inviter-to-invitee repeated grant'
}

/** Made once for each secret, and kept as long as that is: an inviter asks again for each frame of each guest. */
const derived = new WeakMap<Uint8Array, Map<string, Uint8Array>>()

/** What is left of a secret by `spentOf`, in this order. */
const SPENT: ReadonlyArray<[label: string, length: number]> = [[LABELS.lookup, LOOKUP_ID_LENGTH], [LABELS.knock, HASH_LENGTH], [LABELS.grant, HASH_LENGTH]]

/** Bytes of that. */
export const SPENT_LENGTH = LOOKUP_ID_LENGTH + 2 * HASH_LENGTH

/**
 * What is kept of a secret once its invitation has ended, 80 bytes, in its place: by it who holds the secret is known,
 * told the end, and sent again the Grant that got lost. Neither the secret nor its code follows from it.
 */
export function spentOf (secret: Uint8Array): Uint8Array {
  return isSpent(secret) ? secret : concatBytes(...SPENT.map(([label, length]) => derive(secret, label, length)))
}

export function isSpent (secret: Uint8Array): boolean {
  return secret.length === SPENT_LENGTH
}

function partOf (spent: Uint8Array, label: string): Uint8Array {
  const i = SPENT.findIndex(([kept]) => kept === label)
  const [, length] = SPENT[i] ?? []

  if (length == null) {
    throw new RangeError('The invitation has ended: nothing else is derived from its secret any more')
  }

  const start = SPENT.slice(0, i).reduce((sum, [, length]) => sum + length, 0)

  return spent.subarray(start, start + length)
}

function derive (secret: Uint8Array, label: string, length: number = HASH_LENGTH): Uint8Array {
  if (isSpent(secret)) {
    return partOf(secret, label)
  }

  const known = derived.get(secret)
  const key = known?.get(label) ?? hkdf(sha256, secret, undefined, utf8ToBytes(label), length)

  // the lookup id is made for each invitation, and most have no guest; who has one is asked for more of them
  if (known != null || label !== LABELS.lookup) {
    derived.set(secret, (known ?? new Map<string, Uint8Array>()).set(label, key))
  }

  return key
}

/** The id by which an inviter finds an invitation, 16 bytes: tells nothing of the secret. */
export function lookupIdOf (secret: Uint8Array): Uint8Array {
  return derive(secret, LABELS.lookup, LOOKUP_ID_LENGTH)
}

/**
 * The name under which the inviter of a full code is found when the code's own
 * addresses lead nowhere any more: base32 of 16 bytes. Tells nothing of the secret,
 * and is another than the lookup id, which no third party sees.
 */
export function rendezvousIdOf (secret: Uint8Array): string {
  return base32nopad.encode(derive(secret, LABELS.rendezvous, LOOKUP_ID_LENGTH)).toLowerCase()
}

/**
 * A frame's MAC, 32 bytes: HMAC-SHA256 (RFC 2104) over both PeerIds, the frame's
 * body, and what came before it on this stream (Welcome and a repeated Grant cover
 * the Knock; Retry all since; Waiting that and the transcript hash).
 */
export function macOf (secret: Uint8Array, frame: 'knock' | 'welcome' | 'retry' | 'waiting' | 'grant', ends: Ends, body: Uint8Array, before: Uint8Array[] = []): Uint8Array {
  return hmac(sha256, derive(secret, LABELS[frame]), lvCat(ends.inviter, ends.invitee, body, ...before))
}
