/** Random histories with signatures that hold, and what a log says of one. */
import { ed25519 } from '@noble/curves/ed25519.js'
import { bytesToNumberLE, numberToBytesLE } from '@noble/curves/utils.js'
import { generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import { sha256, sha512 } from '@noble/hashes/sha2.js'
import { bytesToHex, concatBytes, hexToBytes, utf8ToBytes } from '@noble/hashes/utils.js'
import { acceptanceBytes, decodeOp, encodeOpBody, linkBytes, MembershipLog, opIdOf, personIdOf, shownHash, signingBytes } from '../../src/log/index.js'
import { build, CAST, tell } from './histories.js'
import type { AnyOp, Key, Op, OpId, SignedOp } from '../../src/log/index.js'
import type { Draft, Plan } from './histories.js'
import type { Op as ReferenceOp } from './reference-ops.js'
import type { Datastore } from 'interface-datastore'

const seedOf = (name: string): Uint8Array => sha256(utf8ToBytes(name))
const { Fn, BASE } = ed25519.Point
const keys = new Map<string, Key>()
const secrets = new Map<string, ReturnType<typeof ed25519.utils.getExtendedPublicKey>>()
const somebody = generateKeyPairFromSeed('Ed25519', seedOf('somebody'))

function secretOf (name: string): ReturnType<typeof ed25519.utils.getExtendedPublicKey> {
  const secret = secrets.get(name) ?? ed25519.utils.getExtendedPublicKey(seedOf(name))
  secrets.set(name, secret)

  return secret
}

function keyOf (name: string): Key {
  const key = keys.get(name) ?? bytesToHex(secretOf(name).pointBytes)
  keys.set(name, key)

  return key
}

/** As `ed25519.sign` (RFC 8032 section 5.1.6), which derives the key anew each time: half of all that signing costs. */
function signatureOf (name: string, message: Uint8Array): Uint8Array {
  const { prefix, scalar, pointBytes } = secretOf(name)
  const number = (...parts: Uint8Array[]): bigint => Fn.create(bytesToNumberLE(sha512(concatBytes(...parts))))
  const r = number(prefix, message)
  const commitment = BASE.multiplyUnsafe(r).toBytes()

  return concatBytes(commitment, numberToBytesLE(Fn.create(r + number(commitment, pointBytes, message) * scalar), 32))
}

const personOf = ({ first, recovery }: { first: string, recovery?: string }): string => personIdOf(keyOf(first), recovery == null ? undefined : keyOf(recovery))

export interface SignedHistory {
  genesis: AnyOp<'GENESIS'>
  ops: SignedOp[]
}

/** A random history with signatures that hold, as far as one is willing. */
export function signed (plan: Plan): SignedHistory {
  return sign(tell(plan).drafts)
}

/** Drafts as they would be signed: keys and acceptances are their names'. */
export function sign (drafts: Draft[]): SignedHistory {
  const made = new Map<OpId, Op>()
  const genesis = (): AnyOp<'GENESIS'> => [...made.values()][0] as AnyOp<'GENESIS'>
  const ids: OpId[] = []

  build(drafts, {
    keyOf,
    acceptanceOf: (op, by) => {
      const name = [...keys].find(([, key]) => key === by)?.[0] ?? by
      const bytes = op.kind === 'ADMIT' ? admitBytes(op as ReferenceOp<'ADMIT'>) : linkBytes(genesis().id, speakerOf(op as ReferenceOp<'LINK'>), op.author)

      return bytesToHex(signatureOf(name, bytes))
    },
    idOf: (op, draft: Draft) => {
      const payload = { ...op.payload, ...('acceptance' in op.payload ? { acceptance: hexToBytes(op.payload.acceptance) } : {}) }
      // a home is a function of its recovery key
      const nonce = op.kind === 'GENESIS' && (op as ReferenceOp<'GENESIS'>).payload.kind === 'person' ? { nonce: '00'.repeat(16) } : {}
      const body = encodeOpBody(op.kind, op, { ...payload, ...nonce })
      const id = opIdOf(body)
      made.set(id, decodeOp({ body, sig: signatureOf(draft.author, signingBytes(op.kind === 'GENESIS' ? id : genesis().id, body)) }) as Op)
      ids.push(id)

      return id
    }
  })

  function admitBytes ({ author, payload: { invite, first, recovery, transcript } }: ReferenceOp<'ADMIT'>): Uint8Array {
    const { role } = (made.get(invite) as AnyOp<'INVITE'>).payload

    return acceptanceBytes({ genesis: genesis().id, invite, first, recovery, inviter: author, role, preview: shownHash(genesis()), transcript })
  }

  function speakerOf ({ author, speaker }: ReferenceOp<'LINK'>): string {
    return speaker ?? Object.values(CAST).filter(({ first }) => keyOf(first) === author).map(personOf)[0] ?? ''
  }

  return { genesis: genesis(), ops: ids.slice(1).map(id => made.get(id)!.signed) }
}

export function said (log: MembershipLog): object {
  return { state: log.stateHash(), members: [...log.members()].sort((a, b) => a.person < b.person ? -1 : 1), voids: new Map([...log.voids()].sort()), kept: log.since([]).map(({ id }) => id).sort() }
}

export async function begin (genesis: AnyOp<'GENESIS'>, datastore: Datastore): Promise<MembershipLog> {
  return MembershipLog.begin({ datastore, privateKey: await somebody }, genesis.signed)
}

export async function reopened (log: MembershipLog, datastore: Datastore): Promise<MembershipLog> {
  return MembershipLog.open({ datastore, privateKey: await somebody }, log.key)
}
