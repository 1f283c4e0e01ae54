/** Ops of each kind, bodies that are none, ids of persons, and signatures that hold or do not (docs/membership-log.md, "Format"). */
import { ed25519 } from '@noble/curves/ed25519.js'
import { bytesToNumberLE, numberToBytesLE } from '@noble/curves/utils.js'
import { sha512 } from '@noble/hashes/sha2.js'
import { concatBytes, hexToBytes, utf8ToBytes } from '@noble/hashes/utils.js'
import { encode } from '../../../src/codec/index.js'
import { acceptanceBytes, decodeOp, encodeOpBody, linkBytes, opIdOf, personIdOf, previewHash, signingBytes, verify } from '../../../src/log/index.js'
import { actor, bytesOf, hex, NOW, shown } from './cast.js'
import type { Actor } from './cast.js'
import type { Heading, OpKind, Payloads } from '../../../src/log/index.js'

export async function ops () {
  const [alice, bob, words, laptop] = await Promise.all(['Alice', 'Bob', 'Bob\'s words', 'Bob\'s laptop'].map(async name => actor(name))) as [Actor, Actor, Actor, Actor]
  const ids = ['a parent', 'another parent', 'an op elsewhere', 'a genesis', 'a transcript'].map(name => hex(bytesOf(name))) as [string, string, string, string, string]
  const [one, other, elsewhere, genesis, transcript] = ids
  const person = personIdOf(bob.key, words.key)
  const shownAs = { name: 'Book club', kind: 'group', picture: 'ipfs://bafy', app: bytesOf('an app\'s', 8) } as const
  const accepted = { genesis, invite: one, first: bob.key, recovery: words.key, inviter: alice.key, role: 'writer', preview: previewHash(shownAs), transcript } as const
  const sign = async (who: Actor, bytes: Uint8Array): Promise<Uint8Array> => Uint8Array.from(await who.privateKey.sign(bytes))
  const acceptance = await sign(bob, acceptanceBytes(accepted))
  const linked = await sign(laptop, linkBytes(genesis, person, bob.key))

  const payloads: Payloads = {
    GENESIS: { ...shownAs, owners: [{ first: alice.key }, { first: bob.key, recovery: words.key }], nonce: hex(bytesOf('a nonce', 16)) },
    INVITE: { lookupId: hex(bytesOf('a lookup id', 16)), role: 'writer', uses: 300, hosts: [person, elsewhere].sort(), createdAt: NOW, expiresAt: NOW + 1, target: bob.key, data: Uint8Array.of() },
    ADMIT: { invite: one, first: bob.key, recovery: words.key, acceptance, transcript, after: 70_000, info: elsewhere },
    REVOKE: { invite: elsewhere, reason: 'später' },
    REMOVE: { person },
    SET_ROLE: { person, role: 'admin' },
    LEAVE: {},
    READOPT: { admit: other },
    LINK: { key: laptop.key, acceptance: linked },
    UNLINK: { key: laptop.key },
    REKEY: { commitment: hex(bytesOf('a commitment')), wraps: hex(bytesOf('a wrap set')) },
    INFO: { name: 'Reading circle 📚', picture: 'ipfs://bafz' }
  }

  const made = async (kind: OpKind, payload: Payloads[OpKind], heading: Heading) => {
    const body = encodeOpBody(kind, heading, payload as Payloads['LEAVE'])
    const party = kind === 'GENESIS' ? opIdOf(body) : genesis
    const { signed: _, ...op } = decodeOp({ body, sig: new Uint8Array(64) })

    return { op: plain(op), body: hex(body), sig: hex(await sign(alice, signingBytes(party, body))) }
  }

  const all = await Promise.all((Object.keys(payloads) as OpKind[]).flatMap(kind => kind === 'GENESIS'
    ? [
        made(kind, payloads.GENESIS, { parents: [], author: alice.key }),
        made(kind, { name: 'g', kind: 'community', owners: [{ first: alice.key }], nonce: '00'.repeat(16), history: false }, { parents: [], author: alice.key })
      ]
    : [made(kind, payloads[kind], { parents: [one, other], author: alice.key, previous: one }), made(kind, payloads[kind], { parents: [elsewhere], author: alice.key, previous: other, speaker: person })]))

  return {
    page: 'docs/membership-log.md',
    actors: { alice: shown(alice), bob: shown(bob), words: shown(words), laptop: shown(laptop) },
    genesis,
    persons: [{ first: bob.key, recovery: words.key, id: person }, { first: bob.key, recovery: null, id: personIdOf(bob.key) }],
    acceptance: { ...accepted, shown: { ...shownAs, app: hex(shownAs.app) }, bytes: hex(acceptanceBytes(accepted)), signature: hex(acceptance) },
    link: { genesis, person, linking: bob.key, bytes: hex(linkBytes(genesis, person, bob.key)), signature: hex(linked) },
    ops: all,
    unknown: unknown(one, alice).map(body => ({ body: hex(body), id: opIdOf(body), read: decodeOp({ body, sig: new Uint8Array(64) }).kind })),
    refused: refused(ids, alice, bob).map(({ why, body }) => ({ why, body: hex(body), ...refusal(body) })),
    signatures: await signatures()
  }
}

/** Bytes as hex. */
function plain (value: unknown): unknown {
  return value instanceof Uint8Array ? hex(value)
    : Array.isArray(value) ? value.map(plain)
      : typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value).map(([name, part]) => [name, plain(part)])) : value
}

/** Bodies that only a newer plus-one can judge. */
function unknown (parent: string, { key }: Actor): Uint8Array[] {
  const heading = [[hexToBytes(parent)], hexToBytes(key)]

  return [encode([3, 6, ...heading]), encode([3, 6, ...heading, { whatever: 1 }, 'else']), encode([2, 12, ...heading, null, null, [], {}]), encode([2, 6, ...heading, null, null, [], { more: 1 }])]
}

function refused ([one, other, elsewhere]: string[], alice: Actor, bob: Actor): Array<{ why: string, body: Uint8Array }> {
  const bytes = hexToBytes
  const parents = [one!, other!].sort().map(bytes)
  const leave = (changes: Record<number, unknown> = {}): unknown[] => Object.assign([2, 6, parents, bytes(alice.key), 0, null, [], {}], changes)
  const genesis = (changes: Record<number, unknown> = {}, author = alice): unknown[] =>
    [2, 0, [], bytes(author.key), null, null, Object.assign(['Book club', 1, [[bytes(alice.key), null]], new Uint8Array(16), null, null], changes), {}]
  const invite = (changes: Record<number, unknown>): unknown[] => leave({ 1: 1, 6: Object.assign([new Uint8Array(16), 2, 1, [], new Uint8Array(6), null, null, null], changes) })
  const body = encode(leave())

  return [
    { why: 'a length that is not the shortest', body: concatBytes(Uint8Array.of(0x98, 0x08), body.subarray(1)) },
    { why: 'a byte behind the end', body: concatBytes(body, Uint8Array.of(0)) },
    { why: 'version 1', body: encode(leave({ 0: 1 })) },
    { why: 'parents that do not ascend', body: encode(leave({ 2: parents.toReversed() })) },
    { why: 'a parent twice', body: encode(leave({ 2: [parents[0], parents[0]] })) },
    { why: 'no parents', body: encode(leave({ 2: [], 4: null })) },
    { why: 'a parent that is named by its id', body: encode(leave({ 4: parents[0] })) },
    { why: 'a place that no parent has', body: encode(leave({ 4: 2 })) },
    { why: 'a payload that is too long', body: encode(leave({ 6: [1] })) },
    { why: 'an extension that is no map', body: encode(leave({ 7: [] })) },
    { why: 'nine elements', body: encode([...leave(), null]) },
    { why: 'a speaker of 31 bytes', body: encode(leave({ 5: new Uint8Array(31) })) },
    { why: 'role 4', body: encode(leave({ 1: 5, 6: [bytes(elsewhere!), 4] })) },
    { why: 'no uses', body: encode(invite({ 2: 0 })) },
    { why: 'more uses than a million', body: encode(invite({ 2: 1_000_001 })) },
    { why: 'it expires at 0, which is written as null', body: encode(invite({ 5: new Uint8Array(6) })) },
    { why: 'nine hosts', body: encode(invite({ 3: Array.from({ length: 9 }, (_, i) => new Uint8Array(32).fill(i)) })) },
    { why: 'app data of 1,025 bytes', body: encode(invite({ 7: new Uint8Array(1025) })) },
    { why: 'a party without a name', body: encode(genesis({ 0: '' })) },
    { why: 'a name of 257 bytes', body: encode(genesis({ 0: 'n'.repeat(257) })) },
    { why: 'a picture that is empty, which is written as null', body: encode(genesis({ 4: '' })) },
    { why: 'a GENESIS by who is none of its owners', body: encode(genesis({}, bob)) },
    { why: 'an owner twice', body: encode(genesis({ 2: [[bytes(alice.key), null], [bytes(alice.key), null]] })) },
    { why: 'that newcomers get older keys, which is not said', body: encode(genesis({ 6: true })) },
    { why: 'a home that is no function of its key', body: encode(genesis({ 1: 3 })) },
    { why: 'a contact of two', body: encode(genesis({ 1: 2, 2: [alice.key, bob.key].sort().map(key => [bytes(key), null]) })) },
    { why: 'a body of more than 4,096 bytes', body: encode(leave({ 2: parents, 6: [new Uint8Array(4100)] })) }
  ]
}

/** That it is one. */
function refusal (body: Uint8Array): object {
  try {
    decodeOp({ body, sig: new Uint8Array(64) })
  } catch (err) {
    return { error: (err as Error).name }
  }

  throw new Error(`This is an op: ${hex(body)}`)
}

const { Point } = ed25519
const L = Point.Fn.ORDER
const MESSAGE = utf8ToBytes('Alice admits Bob')

/** A point of order 8. */
const TORSION = Point.fromBytes(hexToBytes('26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05'))

async function signatures () {
  const sound = signature(Point.ZERO, Point.ZERO)
  const s = bytesToNumberLE(hexToBytes(sound.signature).subarray(32))
  const withS = (high: bigint): string => `${sound.signature.slice(0, 64)}${hex(numberToBytesLE(high, 32))}`
  const p = Point.Fp.ORDER

  const all = [
    { what: 'sound', ...sound },
    { what: 'S is L more', key: sound.key, signature: withS(s + L) },
    { what: 'R has a component of small order', ...signature(TORSION, Point.ZERO) },
    { what: 'the key has a component of small order', ...signature(Point.ZERO, TORSION) },
    { what: 'the key is of small order', key: hex(TORSION.toBytes()), signature: `${hex(Point.ZERO.toBytes())}${'00'.repeat(32)}` },
    { what: 'R is of small order', key: sound.key, signature: `${hex(TORSION.toBytes())}${sound.signature.slice(64)}` },
    { what: 'the key is not canonical', key: hex(numberToBytesLE(p + 3n, 32)), signature: sound.signature },
    { what: 'R is x = 0 with a sign', key: sound.key, signature: `${hex(numberToBytesLE(1n + (1n << 255n), 32))}${sound.signature.slice(64)}` },
    { what: 'another message', key: sound.key, signature: hex(ed25519.sign(utf8ToBytes('Alice admits Eve'), bytesOf('anybody'))) }
  ]

  return Promise.all(all.map(async one => ({ message: hex(MESSAGE), ...one, holds: await verify(hexToBytes(one.key), MESSAGE, hexToBytes(one.signature)) })))
}

function signature (torsion: InstanceType<typeof Point>, keyTorsion: InstanceType<typeof Point>): { key: string, signature: string } {
  const [scalar, nonce] = [0x1234567890abcdefn, 0xfedcba0987654321n]
  const key = Point.BASE.multiply(scalar).add(keyTorsion).toBytes()
  const r = Point.BASE.multiply(nonce).add(torsion).toBytes()
  const k = bytesToNumberLE(sha512(concatBytes(r, key, MESSAGE))) % L

  return { key: hex(key), signature: hex(concatBytes(r, numberToBytesLE((nonce + k * scalar) % L, 32))) }
}
