/** People for log stories: the same keys each time, a store each, and no network. */
import { generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js'
import { MemoryDatastore } from 'datastore-core'
import { acceptanceBytes, decodeOp, encodeOpBody, keyOf, linkBytes, MembershipLog, opIdOf, personIdOf, shownHash, signingBytes } from '../../src/log/index.js'
import type { AnyOp, Heading, Key, Op, OpId, OpKind, PartyKind, Payloads, PersonId, Role, SignedOp } from '../../src/log/index.js'
import type { Ed25519PrivateKey } from '@libp2p/interface'
import type { Datastore } from 'interface-datastore'

export interface Person {
  name: string
  id: PersonId
  key: Key
  /** The recovery key; without one in most stories. */
  recovery?: Person
  privateKey: Ed25519PrivateKey
  datastore: Datastore
}

const NAMES = ['Alice', 'Bob', 'Carol', 'Dave', 'Eve', 'Frank', 'Grace', 'Heidi', 'Alice\'s words', 'Alice\'s laptop', 'Bob\'s words', 'Bob\'s laptop']

export async function person (name: string, datastore: Datastore = new MemoryDatastore(), recovery?: Person): Promise<Person> {
  const privateKey = await generateKeyPairFromSeed('Ed25519', new Uint8Array(32).fill(1 + NAMES.indexOf(name)))
  const key = keyOf(privateKey)

  return { name, id: personIdOf(key, recovery?.key), key, privateKey, datastore, ...(recovery == null ? {} : { recovery }) }
}

export async function people (...names: string[]): Promise<Person[]> {
  return Promise.all(names.map(async name => person(name)))
}

export async function party (owner: Person, kind: PartyKind = 'group', owners: Person[] = [owner]): Promise<MembershipLog> {
  return MembershipLog.create(owner, { name: 'Book club', kind, nonce: '00'.repeat(16), owners: owners.map(({ key, recovery }) => ({ first: key, ...(recovery == null ? {} : { recovery: recovery.key }) })) })
}

let lookups = 0

export function inviteTo (role: Role, uses = 1): Payloads['INVITE'] {
  return { lookupId: (++lookups).toString(16).padStart(32, '0'), role, uses, hosts: [], createdAt: Date.UTC(2026, 10, 21), expiresAt: 0 }
}

/** What an ADMIT by this invitation says of a willing member. */
export async function admission (log: MembershipLog, invite: AnyOp<'INVITE'>, member: Person, inviter: Key = log.self): Promise<Payloads['ADMIT']> {
  const transcript = 'ab'.repeat(32)
  const info = log.info()
  const acceptance = await member.privateKey.sign(acceptanceBytes({
    genesis: log.key, invite: invite.id, first: member.key, recovery: member.recovery?.key, inviter, role: invite.payload.role, preview: shownHash(log.genesis, info), transcript
  }))

  return { invite: invite.id, first: member.key, recovery: member.recovery?.key, acceptance, transcript, after: 60_000, ...(info == null ? {} : { info: info.id }) }
}

/** Invites and admits in one go. */
export async function admit (log: MembershipLog, member: Person, role: Role): Promise<AnyOp<'ADMIT'>> {
  const invite = await log.append('INVITE', inviteTo(role))

  return log.append('ADMIT', await admission(log, invite, member))
}

/** A device's key, linked by the one who speaks. */
export async function linking (log: MembershipLog, device: Person, person: Person, by: Key = log.self): Promise<Payloads['LINK']> {
  return { key: device.key, acceptance: await device.privateKey.sign(linkBytes(log.key, person.id, by)) }
}

/** An op that its author signs whatever the rules say. `previous` is by default its newest op in the past of the parents, as far as they are in the log. */
export async function forge <K extends OpKind> (
  author: Person, log: MembershipLog, kind: K, parents: OpId[], payload: Payloads[K], { claimed = author.key, previous, speaker }: Partial<Heading> & { claimed?: Key } = {}
): Promise<AnyOp<K>> {
  const newest = log.evidence(parents, []).findLast(op => op.author === claimed)?.id
  const body = encodeOpBody(kind, { parents, author: claimed, previous: previous ?? newest, speaker }, payload)

  return decodeOp({ body, sig: await author.privateKey.sign(signingBytes(log.key, body)) }) as AnyOp<K>
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
  return Object.fromEntries(people.map(({ name, id }) => [name, log.member(id)?.role]))
}

export { bytesToHex, hexToBytes, opIdOf }
export type { Op }
