/** People for log stories: the same keys each time, a store each, and no network. */
import { generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js'
import { MemoryDatastore } from 'datastore-core'
import { acceptanceBytes, decodeOp, encodeOpBody, MembershipLog, memberKeyOf, opIdOf, signingBytes } from '../../src/log/index.js'
import type { AnyOp, MemberKey, Op, OpId, OpKind, PartyKind, Payloads, Role, SignedOp } from '../../src/log/index.js'
import type { Ed25519PrivateKey } from '@libp2p/interface'
import type { Datastore } from 'interface-datastore'

export interface Person {
  name: string
  key: MemberKey
  privateKey: Ed25519PrivateKey
  datastore: Datastore
}

const NAMES = ['Alice', 'Bob', 'Carol', 'Dave', 'Eve', 'Frank', 'Grace', 'Heidi']

export async function person (name: string, datastore: Datastore = new MemoryDatastore()): Promise<Person> {
  const privateKey = await generateKeyPairFromSeed('Ed25519', new Uint8Array(32).fill(1 + NAMES.indexOf(name)))

  return { name, key: memberKeyOf(privateKey), privateKey, datastore }
}

export async function people (...names: string[]): Promise<Person[]> {
  return Promise.all(names.map(async name => person(name)))
}

export async function party (owner: Person, kind: PartyKind = 'group', owners?: MemberKey[]): Promise<MembershipLog> {
  return MembershipLog.create(owner, { name: 'Book club', kind, nonce: '00'.repeat(16), owners })
}

let lookups = 0

export function inviteTo (role: Role, uses = 1): Payloads['INVITE'] {
  return { lookupId: (++lookups).toString(16).padStart(32, '0'), role, uses, createdAt: Date.UTC(2026, 10, 21), expiresAt: 0 }
}

/** What an ADMIT by this invite says of a willing member. */
export async function admission (log: MembershipLog, invite: AnyOp<'INVITE'>, member: Person): Promise<Payloads['ADMIT']> {
  const transcript = 'ab'.repeat(32)
  const acceptance = await member.privateKey.sign(acceptanceBytes({
    genesis: log.key, invite: invite.id, member: member.key, inviter: invite.author, role: invite.payload.role, transcript
  }))

  return { invite: invite.id, member: member.key, acceptance, transcript, after: 60_000 }
}

/** Invites and admits in one go. */
export async function admit (log: MembershipLog, member: Person, role: Role): Promise<AnyOp<'ADMIT'>> {
  const invite = await log.append('INVITE', inviteTo(role))

  return log.append('ADMIT', await admission(log, invite, member))
}

/** An op that its author signs whatever the rules say. */
export async function forge <K extends OpKind> (author: Person, genesis: OpId, kind: K, parents: OpId[], payload: Payloads[K], claimed: MemberKey = author.key): Promise<AnyOp<K>> {
  const body = encodeOpBody(kind, parents, claimed, payload)

  return decodeOp({ body, sig: await author.privateKey.sign(signingBytes(genesis, body)) }) as AnyOp<K>
}

/** A replica that has the GENESIS alone. */
export async function emptyReplica (genesis: AnyOp<'GENESIS'>, of: Person): Promise<MembershipLog> {
  return MembershipLog.begin(of, genesis.signed)
}

/** Another person's replica, with all that this log has. */
export async function replica (log: MembershipLog, of: Person): Promise<MembershipLog> {
  const copy = await emptyReplica(log.get(log.key) as AnyOp<'GENESIS'>, of)
  await copy.receive(signedOps(log))

  return copy
}

export function signedOps (log: MembershipLog): SignedOp[] {
  return log.since([]).map(op => op.signed)
}

export function rolesOf (log: MembershipLog, ...people: Person[]): Record<string, Role | undefined> {
  return Object.fromEntries(people.map(({ name, key }) => [name, log.member(key)?.role]))
}

export { bytesToHex, hexToBytes, opIdOf }
export type { Op }
