import { MemoryDatastore } from 'datastore-core'
import { describe, expect, it, vi } from 'vitest'
import { encode } from '../../src/codec/index.js'
import { decodeOp, MembershipLog, opIdOf, signingBytes } from '../../src/log/index.js'
import { History, MAX_LOST } from '../../src/log/history.js'
import { admission, admit, emptyReplica, forge, hexToBytes, inviteTo, linking, party, people, replica, rolesOf, signedOps } from './people.js'
import { Party, SHAPES } from './flood-shapes.js'
import type { Op, SignedOp } from '../../src/log/index.js'
import type { Person } from './people.js'

async function unknownOp (author: Person, genesis: string, parents: string[], mark: number): Promise<SignedOp> {
  const body = encode([2, 99, [...parents].sort().map(hexToBytes), hexToBytes(author.key), null, null, [mark], {}])

  return { body, sig: await author.privateKey.sign(signingBytes(genesis, body)) }
}

describe('Floods', () => {
  it('hundreds of LEAVEs by one reader, each on another past: it is gone, the same on every replica', async () => {
    const [alice, bob] = await people('Alice', 'Bob') as [Person, Person]
    const log = await party(alice)
    await admit(log, bob, 'reader')
    const places = log.heads

    for (let i = 0; i < 40; i++) {
      places.push((await log.append('INVITE', inviteTo('reader'))).id)
    }

    const leaves: Op[] = []

    for (let i = 0; i < 600; i++) {
      const parents = [places[i % places.length]!, places[Math.floor(i / places.length)]!]
      leaves.push(await forge(bob, log, 'LEAVE', [...new Set(parents)], {}))
    }

    const known = signedOps(log)
    const logs = await Promise.all([leaves, [...leaves].reverse()].map(async (order) => {
      const copy = await emptyReplica(log.genesis, { ...alice, datastore: new MemoryDatastore() })
      await copy.receive(known)

      for (const leave of order) {
        await copy.receive([leave.signed])
      }

      expect(copy.member(bob.id)).toBeUndefined()
      expect(copy.standingOf(bob.key)).toMatchObject({ is: 'removed' })

      return copy
    }))

    expect(logs[0]?.stateHash()).toBe(logs[1]?.stateHash())
    expect(logs[0]?.voids().size).toBe(0)
  })

  it('void ops that a removed admin goes on signing: few are kept, until another member builds on one', async () => {
    const [alice, bob, carol] = await people('Alice', 'Bob', 'Carol') as [Person, Person, Person]
    const log = await party(alice)
    const joined = await admit(log, bob, 'admin')
    await log.append('REMOVE', { person: bob.id })
    const chain: Op[] = []

    for (let i = 0; i < MAX_LOST + 50; i++) {
      const before = chain.at(-1)
      chain.push(await forge(bob, log, 'INVITE', [before?.id ?? joined.id], inviteTo('reader'), { previous: before?.id }))
    }

    for (const op of chain) {
      await log.receive([op.signed])
    }

    expect(log.size).toBe(4 + MAX_LOST)
    expect(rolesOf(log, bob, carol)).toEqual({ Bob: undefined, Carol: undefined })

    // Alice's other replica had seen all of it before the removal: what she hangs on it brings it in
    const other = await emptyReplica(log.genesis, { ...alice, datastore: new MemoryDatastore() })
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

  it('void ops that an unlinked key goes on signing: few are kept, and the person\'s other key is not held to that', async () => {
    const [alice, bob, laptop] = await people('Alice', 'Bob', 'Bob\'s laptop') as [Person, Person, Person]
    const log = await party(alice)
    const joined = await admit(log, bob, 'admin')
    const link = await forge(bob, log, 'LINK', [joined.id], await linking(log, laptop, bob, bob.key))
    await log.receive([link.signed])
    const unlink = await forge(bob, log, 'UNLINK', [link.id], { key: laptop.key })
    await log.receive([unlink.signed])
    const chain: Op[] = []

    for (let i = 0; i < MAX_LOST + 50; i++) {
      const before = chain.at(-1)
      chain.push(await forge(laptop, log, 'INVITE', [before?.id ?? link.id], inviteTo('reader'), { previous: before?.id, speaker: bob.id }))
    }

    await log.receive(chain.map(op => op.signed))
    expect(log.size).toBe(5 + MAX_LOST)
    expect(log.voids().size).toBe(MAX_LOST)

    const honest = await forge(bob, log, 'INVITE', [unlink.id], inviteTo('writer'))
    expect(await log.receive([honest.signed])).toMatchObject({ accepted: [{ id: honest.id }], refused: 0 })
  })

  it('orphans from one peer: capped by bytes, and those of others stay', async () => {
    const [alice, bob] = await people('Alice', 'Bob') as [Person, Person]
    const log = await party(alice)
    const honest = await forge(alice, log, 'INVITE', ['aa'.repeat(32)], inviteTo('reader'))
    await log.receive([honest.signed], { from: 'alice' })
    const orphans: SignedOp[] = []

    for (let i = 0; i < 1500; i++) {
      orphans.push((await forge(bob, log, 'REVOKE', [i.toString(16).padStart(64, 'b')], { invite: '00'.repeat(32), reason: 'x'.repeat(250) })).signed)
    }

    for (let i = 0; i < orphans.length; i += 100) {
      await log.receive(orphans.slice(i, i + 100), { from: 'bob' })
    }

    const { pending } = await log.receive([])
    expect(pending).toBeLessThan(1200)
    expect(log.isPending(honest.signed)).toBe(true)
  })

  it('a thousand heads: what an honest op rests on is among its sixteen parents, and all is well', async () => {
    const [alice, bob, carol] = await people('Alice', 'Bob', 'Carol') as [Person, Person, Person]
    const log = await party(alice)
    const joined = await admit(log, bob, 'admin')
    const invite = await forge(bob, log, 'INVITE', [joined.id], inviteTo('writer'))
    await log.receive([invite.signed])
    const carols = await forge(bob, log, 'ADMIT', [invite.id], await admission(log, invite, carol, bob.key))
    await log.receive([carols.signed])
    const heads = await Promise.all(Array.from({ length: 1000 }, async () => forge(bob, log, 'INVITE', [joined.id], inviteTo('reader'))))
    await log.receive(heads.map(op => op.signed))
    expect(log.heads.length).toBe(1001)

    // Carol's ADMIT is one of the oldest heads
    const removal = await log.append('REMOVE', { person: carol.id })
    expect(removal.parents).toContain(carols.id)
    expect(removal.parents.length).toBe(16)
    expect(log.member(carol.id)).toBeUndefined()

    const two = await log.append('REMOVE', { person: bob.id })
    expect(two.parents).toContain(removal.id)
    expect(rolesOf(log, bob, carol)).toEqual({ Bob: undefined, Carol: undefined })
    expect(log.forks().get(bob.key)).toBeDefined()
    expect(log.forks().get(alice.key)).toBeUndefined()
  })

  it('an op over the size limit, or that is no op, is refused without a throw', async () => {
    const [alice] = await people('Alice') as [Person]
    const log = await party(alice)
    const long = await forge(alice, log, 'REVOKE', [log.key], { invite: log.key, reason: 'x' }).then(({ signed }) => ({ ...signed, body: new Uint8Array(5000) }))

    for (const signed of [long, { body: new Uint8Array(), sig: new Uint8Array() }, { body: encode({}), sig: new Uint8Array(64) }, { body: encode([2, 1, [1], null, []]), sig: new Uint8Array(64) }]) {
      expect(await log.receive([signed])).toMatchObject({ accepted: [], refused: 1 })
    }
  })
})

describe('What one member signs', () => {
  // what it costs is measured: npm run bench log
  it('of whatever shape, is taken in whole', () => {
    for (const [name, shape] of Object.entries(SHAPES)) {
      const told = new Party()
      shape(told, 500)
      const history = new History(told.genesis)

      for (const op of told.ops.slice(1)) {
        const judged = history.judge(op)

        if (typeof judged !== 'string') {
          history.take(judged)
        }
      }

      expect({ name, kept: history.graph.end }).toEqual({ name, kept: told.ops.length })
    }
  })

  it('is not gone through at each op that comes, to see whether it is one too many', () => {
    const told = new Party()
    SHAPES['UNLINKs of a laptop, beside an owner\'s SET_ROLE that saw what it signed']?.(told, 800)
    const history = new History(told.genesis)
    const asked = vi.spyOn(history.view, 'voidOf')

    for (const op of told.ops.slice(1)) {
      const judged = history.judge(op)

      if (typeof judged === 'string' || history.isSurplus(judged)) {
        throw new Error('it is to be kept')
      }

      history.take(judged)
    }

    expect(asked.mock.calls.length).toBeLessThan(2 * told.ops.length)
  })
})

describe('A newer plus-one', () => {
  it('its ops are kept unjudged with what hangs on them, also over a restart, and the party says so', async () => {
    const [alice, bob, eve] = await people('Alice', 'Bob', 'Eve') as [Person, Person, Person]
    const log = await party(alice)
    const joined = await admit(log, bob, 'writer')
    const newer = await unknownOp(bob, log.key, [joined.id], 1)
    const onTop = await forge(alice, log, 'REMOVE', [opIdOf(newer.body)], { person: bob.id })

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
    const { body } = (await forge(alice, log, 'INVITE', [log.key], inviteTo('reader'))).signed
    // the version as a two-byte integer: the same value, another encoding
    const loose = new Uint8Array([body[0]!, 0x18, ...body.slice(1)])

    expect(() => decodeOp({ body: loose, sig: new Uint8Array(64) })).toThrow(expect.objectContaining({ name: 'ProtocolError' }))
  })
})
