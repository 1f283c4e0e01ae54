import { encode } from '../../src/codec/index.js'
import { decodeOp, encodeOpBody, opIdOf, personIdOf } from '../../src/log/op.js'
import { hexToBytes } from '@noble/hashes/utils.js'
import { describe, expect, it } from 'vitest'
import type { OpKind } from '../../src/log/kinds.js'
import type { Heading, Op } from '../../src/log/op.js'
import type { Payloads } from '../../src/log/payloads.js'

const [A, B, C, D] = ['aa', 'bb', 'cc', 'dd'].map(byte => byte.repeat(32)) as [string, string, string, string]
const SIG = new Uint8Array(64)
const invite: Payloads['INVITE'] = { lookupId: '11'.repeat(16), role: 'writer', uses: 3, hosts: [A, B], createdAt: 1, expiresAt: 2, target: C, data: Uint8Array.of(7) }
const examples: Payloads = {
  GENESIS: { name: 'Book club', kind: 'group', owners: [{ first: A, recovery: B }, { first: C }], nonce: '22'.repeat(16), picture: 'ipfs://bafy', app: Uint8Array.of(1, 2) },
  INVITE: invite,
  ADMIT: { invite: A, first: C, recovery: D, acceptance: SIG, transcript: B, after: 60_000 },
  REVOKE: { invite: A, reason: 'not now' },
  REMOVE: { person: C },
  SET_ROLE: { person: C, role: 'admin' },
  LEAVE: {},
  READOPT: { admit: B },
  LINK: { key: D, acceptance: SIG },
  UNLINK: { key: D },
  REKEY: { commitment: C, wraps: D },
  INFO: { name: 'Reading circle', picture: 'ipfs://bafz' }
}

function decode (body: Uint8Array): ReturnType<typeof decodeOp> {
  return decodeOp({ body, sig: SIG })
}

/** A body's tuple with some places changed. */
function altered (changes: Record<number, unknown>, kind: OpKind = 'ADMIT', heading: Heading = { parents: [A, B], previous: A, author: C, speaker: D }): Uint8Array {
  const places: unknown[] = [2, ['GENESIS', 'INVITE', 'ADMIT'].indexOf(kind), heading.parents.map(hexToBytes), hexToBytes(heading.author), 0, hexToBytes(D), [0, hexToBytes(C), null, SIG, hexToBytes(B), 1, null], {}]

  return encode(Object.assign(places, changes))
}

const refused = expect.objectContaining({ name: 'ProtocolError' }) as Error

describe('An op', () => {
  it('of every kind is read as it was written', () => {
    for (const [kind, payload] of Object.entries(examples) as Array<[OpKind, never]>) {
      const heading = kind === 'GENESIS' ? { parents: [], author: A } : { parents: [A, B], previous: B, author: C, speaker: D }
      const body = encodeOpBody(kind, heading, payload)
      expect(decode(body)).toEqual({ id: opIdOf(body), kind, ...heading, payload, signed: { body, sig: SIG } })
    }
  })

  it('says in one way what is among its parents: by its place there', () => {
    const body = encodeOpBody('ADMIT', { parents: [A, B], previous: A, author: C, speaker: D }, { ...examples.ADMIT, recovery: undefined, transcript: B, after: 1 })
    expect(body).toEqual(altered({}))

    // the same, by id
    expect(() => decode(altered({ 4: hexToBytes(A) }))).toThrow(refused)
    expect(() => decode(altered({ 6: [hexToBytes(A), hexToBytes(C), null, SIG, hexToBytes(B), 1, null] }))).toThrow(refused)
    // no such parent
    expect(() => decode(altered({ 4: 2 }))).toThrow(refused)
    // what is no parent is named by its id
    expect(decode(altered({ 4: hexToBytes(D) }))).toMatchObject({ previous: D })
  })

  it('of another layout is none', () => {
    for (const changes of [
      { 2: [B, A].map(hexToBytes) }, { 2: [A, A].map(hexToBytes) }, { 2: [] }, { 3: new Uint8Array(31) }, { 5: 7 }, { 6: null }, { 6: [0] }, { 7: null }, { 7: [] }, { 8: null },
      { 6: [0, hexToBytes(C), null, new Uint8Array(63), hexToBytes(B), 1, null] }, { 6: [0, hexToBytes(C), null, SIG, hexToBytes(B), -1, null] }
    ]) {
      expect(() => decode(altered(changes))).toThrow(refused)
    }
  })

  it('of a later version, kind or with an extension is unknown; of version 1 it is refused by name', () => {
    for (const changes of [{ 0: 3 }, { 1: 99 }, { 7: { hint: 1 } }, { 0: 3, 6: 'anything' }]) {
      expect(decode(altered(changes))).toMatchObject({ kind: 'UNKNOWN', parents: [A, B], author: C })
    }

    expect(() => decode(encode([1, 2, [hexToBytes(A)], hexToBytes(C), []]))).toThrow(/version 1/)
  })

  it('GENESIS says once, and in one way, that newcomers get no keys of what was before', () => {
    const payload = { ...examples.GENESIS, history: false as const }
    const body = encodeOpBody('GENESIS', { parents: [], author: A }, payload)
    const places = [payload.name, 1, [[hexToBytes(A), hexToBytes(B)], [hexToBytes(C), null]], hexToBytes(payload.nonce), payload.picture, payload.app]
    const genesis = (...more: unknown[]): Uint8Array => encode([2, 0, [], hexToBytes(A), null, null, [...places, ...more], {}])

    expect(decode(body)).toMatchObject({ payload })
    expect(body).toEqual(genesis(false))
    expect(decode(genesis())).toMatchObject({ payload: examples.GENESIS })

    for (const more of [[true], [null], [0], [false, false]]) {
      expect(() => decode(genesis(...more))).toThrow(refused)
    }
  })

  it('GENESIS names its author among its owners; a contact has one, and a home is a function of its recovery key', () => {
    const genesis = (payload: Partial<Payloads['GENESIS']>, author = A): Op | { kind: 'UNKNOWN' } => decode(encodeOpBody('GENESIS', { parents: [], author }, { ...examples.GENESIS, ...payload }))

    expect(() => genesis({}, D)).toThrow(refused)
    expect(() => genesis({ owners: [] })).toThrow(refused)
    expect(() => genesis({ owners: [{ first: A }, { first: A }] })).toThrow(refused)
    expect(() => genesis({ kind: 'contact' })).toThrow(refused)
    expect(genesis({ kind: 'contact', owners: [{ first: A }] })).toMatchObject({ kind: 'GENESIS' })
    expect(genesis({ kind: 'person', owners: [{ first: A, recovery: A }], nonce: '00'.repeat(16) })).toMatchObject({ kind: 'GENESIS' })
    expect(() => genesis({ kind: 'person', owners: [{ first: A, recovery: A }] })).toThrow(refused)
    expect(() => genesis({ kind: 'person', owners: [{ first: A, recovery: B }], nonce: '00'.repeat(16) })).toThrow(refused)
    // two seats may share a first key: another recovery key is another person
    expect(genesis({ owners: [{ first: A }, { first: A, recovery: B }] })).toMatchObject({ kind: 'GENESIS' })
    expect(personIdOf(A)).not.toBe(personIdOf(A, B))
  })
})
