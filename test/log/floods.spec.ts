import { MemoryDatastore } from 'datastore-core'
import { describe, expect, it } from 'vitest'
import { encode } from '../../src/codec/index.js'
import { decodeOp, MembershipLog, opIdOf, signingBytes } from '../../src/log/index.js'
import { MAX_LEAVES, MAX_LOST } from '../../src/log/history.js'
import { admit, emptyReplica, forge, hexToBytes, inviteTo, party, people, replica, rolesOf } from './people.js'
import type { AnyOp, Op, SignedOp } from '../../src/log/index.js'
import type { Person } from './people.js'

async function unknownOp (author: Person, genesis: string, parents: string[], mark: number): Promise<SignedOp> {
  const body = encode([1, 99, [...parents].sort().map(hexToBytes), hexToBytes(author.key), [mark]])

  return { body, sig: await author.privateKey.sign(signingBytes(genesis, body)) }
}

describe('Floods', () => {
  it('thousands of LEAVEs by one reader: few are kept, the same one counts everywhere', async () => {
    const [alice, bob] = await people('Alice', 'Bob') as [Person, Person]
    const log = await party(alice)
    await admit(log, bob, 'reader')
    const places = log.since([]).map(({ id }) => id).slice(-1)

    for (let i = 0; i < 40; i++) {
      places.push((await log.append('INVITE', inviteTo('reader'))).id)
    }

    // every subset of parents is another op
    const leaves: Op[] = []

    for (let i = 0; i < 600; i++) {
      const one = places[i % places.length]!
      const other = places[Math.floor(i / places.length)]!
      leaves.push(await forge(bob, log.key, 'LEAVE', [...new Set([one, other])], {}))
    }

    const known = log.since([]).map(op => op.signed)
    const sorted = [...new Map(leaves.map(op => [op.id, op])).values()].sort((a, b) => a.id < b.id ? 1 : -1)
    // the worst order: each lower than all before
    const logs = await Promise.all([sorted, [...sorted].reverse()].map(async (order) => {
      const datastore = new MemoryDatastore()
      const copy = await emptyReplica(log.get(log.key) as AnyOp<'GENESIS'>, { ...alice, datastore })
      await copy.receive(known)

      for (const leave of order) {
        await copy.receive([leave.signed])
      }

      expect(copy.size).toBeLessThanOrEqual(known.length + 1 + MAX_LEAVES)
      expect(copy.member(bob.key)).toBeUndefined()

      const again = await MembershipLog.open({ ...alice, datastore }, log.key)
      expect(again.stateHash()).toBe(copy.stateHash())
      expect(again.size).toBe(copy.size)
      await again.append('INVITE', inviteTo('reader'))
      await MembershipLog.open({ ...alice, datastore }, log.key)

      return copy
    }))

    expect(logs[0]?.stateHash()).toBe(logs[1]?.stateHash())
    expect([...logs[0]?.voids().values() ?? []].every(({ because }) => because === sorted.at(-1)?.id)).toBe(true)
  })

  it('void ops that a removed admin goes on signing: few are kept, until another member builds on one', async () => {
    const [alice, bob, carol] = await people('Alice', 'Bob', 'Carol') as [Person, Person, Person]
    const log = await party(alice)
    const joined = await admit(log, bob, 'admin')
    await log.append('REMOVE', { member: bob.key })
    const chain: Op[] = []

    for (let i = 0; i < MAX_LOST + 50; i++) {
      chain.push(await forge(bob, log.key, 'INVITE', [chain.at(-1)?.id ?? joined.id], inviteTo('reader')))
    }

    for (const op of chain) {
      await log.receive([op.signed])
    }

    expect(log.size).toBe(4 + MAX_LOST)
    expect(rolesOf(log, bob, carol)).toEqual({ Bob: undefined, Carol: undefined })

    // Alice's other replica had seen all of it before the removal: what she hangs on it brings it in
    const other = await emptyReplica(log.get(log.key) as AnyOp<'GENESIS'>, { ...alice, datastore: new MemoryDatastore() })
    await other.receive([...log.since([]).slice(0, 3).map(({ signed }) => signed), ...chain.map(op => op.signed)])
    const after = await other.append('INVITE', inviteTo('writer'))
    await log.receive([after.signed])
    expect(log.wanted()).toEqual([chain[MAX_LOST]?.id])

    for (let missing = log.wanted(); missing.length > 0; missing = log.wanted()) {
      await log.receive(missing.map(id => other.get(id)!.signed))
    }

    expect(log.get(after.id)).toBeDefined()
    await other.receive(log.since([]).map(({ signed }) => signed))
    expect(other.stateHash()).toBe(log.stateHash())
  })

  it('orphans from one peer: capped by bytes, and those of others stay', async () => {
    const [alice, bob] = await people('Alice', 'Bob') as [Person, Person]
    const log = await party(alice)
    const honest = await forge(alice, log.key, 'INVITE', ['aa'.repeat(32)], inviteTo('reader'))
    await log.receive([honest.signed], { from: 'alice' })
    const orphans: SignedOp[] = []

    for (let i = 0; i < 1500; i++) {
      orphans.push((await forge(bob, log.key, 'REVOKE', [i.toString(16).padStart(64, 'b')], { invite: '00'.repeat(32), reason: 'x'.repeat(250) })).signed)
    }

    for (let i = 0; i < orphans.length; i += 100) {
      await log.receive(orphans.slice(i, i + 100), { from: 'bob' })
    }

    const { waiting } = await log.receive([])
    expect(waiting).toBeLessThan(1200)
    expect(log.isWaiting(honest.signed)).toBe(true)
  })

  it('thousands of heads: an op names sixteen of them, its author\'s own among them, and all is well', async () => {
    const [alice, bob] = await people('Alice', 'Bob') as [Person, Person]
    const log = await party(alice)
    const joined = await admit(log, bob, 'admin')
    const heads = await Promise.all(Array.from({ length: 1000 }, async () => forge(bob, log.key, 'INVITE', [joined.id], inviteTo('reader'))))
    await log.receive(heads.map(op => op.signed))
    expect(log.heads.length).toBe(1000)

    const one = await log.append('INVITE', inviteTo('writer'))
    const two = await log.append('INVITE', inviteTo('writer'))
    expect(one.parents.length).toBe(16)
    expect(two.parents).toContain(one.id)
    expect(log.forks().get(bob.key)).toBeDefined()
    expect(log.forks().get(alice.key)).toBeUndefined()
  })

  it('an op over the size limit, or that is no op, is refused without a throw', async () => {
    const [alice] = await people('Alice') as [Person]
    const log = await party(alice)
    const long = await forge(alice, log.key, 'REVOKE', [log.key], { invite: log.key, reason: 'x' }).then(({ signed }) => ({ ...signed, body: new Uint8Array(5000) }))

    for (const signed of [long, { body: new Uint8Array(), sig: new Uint8Array() }, { body: encode({}), sig: new Uint8Array(64) }, { body: encode([1, 1, [1], null, []]), sig: new Uint8Array(64) }]) {
      expect(await log.receive([signed])).toMatchObject({ accepted: [], refused: 1 })
    }
  })
})

describe('A newer plus-one', () => {
  it('its ops are kept unjudged with what hangs on them, also over a restart, and the party says so', async () => {
    const [alice, bob, eve] = await people('Alice', 'Bob', 'Eve') as [Person, Person, Person]
    const log = await party(alice)
    const joined = await admit(log, bob, 'writer')
    const newer = await unknownOp(bob, log.key, [joined.id], 1)
    const onTop = await forge(alice, log.key, 'REMOVE', [opIdOf(newer.body)], { member: bob.key })

    await log.receive([onTop.signed, newer])
    expect(log.needsNewer).toBe(true)
    expect(log.member(bob.key)).toBeDefined()

    const again = await MembershipLog.open(alice, log.key)
    expect(again.needsNewer).toBe(true)
    await again.append('INVITE', inviteTo('reader'))

    // a stranger's are refused, and one author's are capped
    const copy = await replica(log, eve)
    expect(await copy.receive([await unknownOp(eve, log.key, [joined.id], 2)])).toMatchObject({ refused: 1 })
    await copy.receive(await Promise.all(Array.from({ length: 200 }, async (_, i) => unknownOp(bob, log.key, [joined.id], i))))
    expect(copy.needsNewer).toBe(true)
  })

  it('bytes that are not canonical are refused', async () => {
    const [alice] = await people('Alice') as [Person]
    const log = await party(alice)
    const { body } = (await forge(alice, log.key, 'INVITE', [log.key], inviteTo('reader'))).signed
    // the version as a two-byte integer: the same value, another encoding
    const loose = new Uint8Array([body[0]!, 0x18, ...body.slice(1)])

    expect(() => decodeOp({ body: loose, sig: new Uint8Array(64) })).toThrow(expect.objectContaining({ name: 'ProtocolError' }))
  })
})
