import { generateKeyPair } from '@libp2p/crypto/keys'
import { hexToBytes } from '@noble/hashes/utils.js'
import { MemoryDatastore } from 'datastore-core'
import { acceptanceBytes, decodeOp, encodeOpBody, MembershipLog, keyOf, opIdOf, signingBytes } from '../../src/log/index.js'
import { measure, report } from './measure.js'
import type { Print } from './measure.js'
import type { AnyOp, Op, OpId, OpKind, Payloads, SignedOp } from '../../src/log/index.js'
import type { Ed25519PrivateKey } from '@libp2p/interface'

const SIZES = [10, 100, 1_000, 10_000]

interface Party {
  owner: Ed25519PrivateKey
  ops: Op[]
  datastore: MemoryDatastore
  log: MembershipLog
}

async function sign <K extends OpKind> (key: Ed25519PrivateKey, genesis: OpId, kind: K, parents: OpId[], payload: Payloads[K]): Promise<AnyOp<K>> {
  const body = encodeOpBody(kind, parents, keyOf(key), payload)

  return decodeOp({ body, sig: await key.sign(signingBytes(kind === 'GENESIS' ? opIdOf(body) : genesis, body)) }) as AnyOp<K>
}

let lookups = 0

function invitation (): Payloads['INVITE'] {
  return { lookupId: (++lookups).toString(16).padStart(32, '0'), role: 'writer', uses: 1, createdAt: 1_799_996_400_000, expiresAt: 1_800_000_000_000 }
}

async function admission (genesis: OpId, invite: AnyOp<'INVITE'>, transcript = 'ab'.repeat(32)): Promise<Payloads['ADMIT']> {
  const key = await generateKeyPair('Ed25519')
  const member = keyOf(key)
  const acceptance = await key.sign(acceptanceBytes({ genesis, invite: invite.id, member, inviter: invite.author, role: 'writer', transcript }))

  return { invite: invite.id, member, acceptance, transcript, after: 600_000 }
}

/** A party in which its owner invited and admitted so many, one after another. */
async function partyOf (members: number): Promise<Party> {
  const owner = await generateKeyPair('Ed25519')
  const genesis = await sign(owner, '', 'GENESIS', [], { name: 'Book club', kind: 'group', owners: [keyOf(owner)], nonce: '00'.repeat(16) })
  const ops: Op[] = [genesis]

  for (let i = 1; i < members; i++) {
    const invite = await sign(owner, genesis.id, 'INVITE', [ops.at(-1)?.id ?? ''], invitation())
    ops.push(invite, await sign(owner, genesis.id, 'ADMIT', [invite.id], await admission(genesis.id, invite)))
  }

  const datastore = new MemoryDatastore()
  const log = await MembershipLog.begin({ datastore, privateKey: owner }, genesis.signed)
  await log.receive(ops.map(op => op.signed))

  return { owner, ops, datastore, log }
}

/** As many signatures as the ops hold, by WebCrypto alone. */
async function bare (ops: Op[], genesis: OpId): Promise<() => Promise<unknown>> {
  const all = ops.flatMap(op => [
    { key: op.author, message: signingBytes(genesis, op.signed.body), signature: op.signed.sig },
    ...(op.kind === 'ADMIT' ? [{ key: op.payload.member, message: acceptanceBytes({ genesis, invite: op.payload.invite, member: op.payload.member, inviter: op.author, role: 'writer', transcript: op.payload.transcript }), signature: op.payload.acceptance }] : [])
  ]).map(({ key, message, signature }) => ({ key: hexToBytes(key), message: new Uint8Array(message), signature: new Uint8Array(signature) }))
  const { subtle } = globalThis.crypto

  return async () => {
    for (let at = 0; at < all.length; at += 256) {
      const held = await Promise.all(all.slice(at, at + 256).map(async ({ key, message, signature }) =>
        subtle.verify('Ed25519', await subtle.importKey('raw', key, 'Ed25519', false, ['verify']), signature, message)))

      if (held.includes(false)) {
        throw new Error('a signature does not hold')
      }
    }
  }
}

/** Full check, start, one append and one received op at each size, and bytes a member. */
export default async function log (print: Print): Promise<void> {
  const parties = await Promise.all(SIZES.map(partyOf))

  for (const [i, party] of parties.entries()) {
    const size = SIZES[i] ?? 0
    const init = { datastore: party.datastore, privateKey: party.owner }
    const floor = await bare(party.ops, party.log.key)

    print(`\n${size} members: full check, start`)
    print(report(await measure([
      { name: 'floor: the same signatures, WebCrypto alone', prepare: () => floor },
      { name: 'verifyAll', prepare: () => async () => party.log.verifyAll() },
      {
        name: 'receive all',
        prepare: async () => {
          const copy = await MembershipLog.begin({ datastore: new MemoryDatastore(), privateKey: party.owner }, party.ops[0]?.signed as SignedOp)
          const signed = party.ops.slice(1).map(op => op.signed)

          return async () => copy.receive(signed)
        }
      },
      { name: 'open from the store', prepare: () => async () => MembershipLog.open(init, party.log.key) }
    ], size > 1000 ? { runs: 3, warmups: 1 } : { runs: 15, warmups: 5 })))
  }

  print('\nOne append (INVITE), at each size')
  print(report(await measure(parties.map(({ log }, i) => ({ name: `${SIZES[i]} members`, prepare: () => async () => log.append('INVITE', invitation()) })), { runs: 60, warmups: 20 })))

  print('\nOne received op (INVITE), at each size')
  print(report(await measure(parties.map(({ log, owner }, i) => ({
    name: `${SIZES[i]} members`,
    prepare: async () => {
      const { signed } = await sign(owner, log.key, 'INVITE', log.heads, invitation())

      return async () => log.receive([signed])
    }
  })), { runs: 60, warmups: 20 })))

  const { ops, datastore } = parties[2] as Party
  const members = (SIZES[2] ?? 1) - 1
  const inLog = ops.slice(1).reduce((sum, { signed }) => sum + signed.body.length + signed.sig.length, 0) / members
  let stored = 0

  for await (const { key, value } of datastore.query({})) {
    stored += key.toString().length + value.length
  }

  print(`\nBytes a member (INVITE and ADMIT): ${inLog.toFixed(0)} in the log, ${(inLog + 2 * 5).toFixed(0)} on the wire, ${(stored / members).toFixed(0)} in the store`)
}
