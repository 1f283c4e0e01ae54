import { MemoryDatastore } from 'datastore-core'
import { describe, expect, it } from 'vitest'
import { MembershipLog, shownHash } from '../../src/log/index.js'
import { admission, admit, emptyReplica, forge, inviteTo, party, people, person, replica, rolesOf } from './people.js'
import type { AnyOp, VoidReason } from '../../src/log/index.js'
import type { Person } from './people.js'

describe('A log tells an app', () => {
  it('that Carol\'s admission came from someone who had been removed; Alice takes her in anew', async () => {
    const [alice, bob, carol] = await people('Alice', 'Bob', 'Carol') as [Person, Person, Person]
    const alices = await party(alice)
    await admit(alices, bob, 'admin')
    const bobs = await replica(alices, bob)
    const removal = await alices.append('REMOVE', { person: bob.id })
    const carols = await admit(bobs, carol, 'writer')
    const told: Array<{ op: string, reason: VoidReason, because?: string }> = []
    alices.addEventListener('void', ({ detail: { op, reason, because } }) => { told.push({ op: op.kind, reason, because }) })

    await alices.receive(bobs.since(alices.heads).map(op => op.signed))
    expect(told).toContainEqual({ op: 'ADMIT', reason: 'author-removed', because: removal.id })

    await alices.append('READOPT', { admit: carols.id })
    expect(rolesOf(alices, carol)).toEqual({ Carol: 'writer' })
    expect(alices.member(carol.key)).toMatchObject({ admit: carols.id, invitedBy: bob.id })
  })

  it('who came, went and changed', async () => {
    const [alice, bob] = await people('Alice', 'Bob') as [Person, Person]
    const log = await party(alice)
    const changes: string[][] = []
    log.addEventListener('members', ({ detail }) => { changes.push(detail.map(({ person, member }) => `${person} ${member?.role}`)) })
    await admit(log, bob, 'writer')
    await log.append('SET_ROLE', { person: bob.id, role: 'admin' })
    await log.append('REMOVE', { person: bob.id })

    expect(changes).toEqual([[`${bob.id} writer`], [`${bob.id} admin`], [`${bob.id} undefined`]])
    await expect(log.append('REMOVE', { person: bob.id })).rejects.toMatchObject({ name: 'NotPermittedError' })
  })

  it('that Bob forked his chain, once, with the evidence, also after a restart', async () => {
    const [alice, bob] = await people('Alice', 'Bob') as [Person, Person]
    const log = await party(alice)
    const joined = await admit(log, bob, 'admin')
    const ops = await Promise.all([1, 2, 3].map(async () => forge(bob, log, 'INVITE', [joined.id], inviteTo('reader'))))
    const told: string[][] = []
    log.addEventListener('fork', ({ detail: { author, ops: [one, other] } }) => { told.push([author, one.id, other.id]) })

    for (const { signed } of ops) {
      await log.receive([signed])
    }

    expect(told).toEqual([[bob.key, ops[0]!.id, ops[1]!.id]])
    expect((await MembershipLog.open(alice, log.key)).forks().get(bob.key)).toEqual([ops[0]!.id, ops[1]!.id])
    expect([...log.voids()]).toEqual([])
  })

  it('an append that the disk refused is gone for good', async () => {
    class FullDisk extends MemoryDatastore {
      full = false

      override batch (): ReturnType<MemoryDatastore['batch']> {
        const batch = super.batch()

        return { ...batch, commit: async () => { if (this.full) { throw new Error('disk full') } await batch.commit() } }
      }
    }

    const disk = new FullDisk()
    const alice = await person('Alice', disk)
    const [bob, carol] = await people('Bob', 'Carol') as [Person, Person]
    const log = await party(alice)
    const invite = await log.append('INVITE', inviteTo('writer'))
    disk.full = true
    await expect(log.append('ADMIT', await admission(log, invite, bob))).rejects.toMatchObject({ name: 'StorageError' })
    disk.full = false
    await log.append('ADMIT', await admission(log, invite, carol))

    expect(rolesOf(log, bob, carol)).toEqual({ Bob: undefined, Carol: 'writer' })
  })
})

describe('What an inviter\'s authority rests on can be checked offline', () => {
  const cases: Record<string, (log: MembershipLog, bob: Person) => Promise<unknown>> = {
    'an owner\'s admission as admin': async (log, bob) => admit(log, bob, 'admin'),
    'an owner\'s promotion': async (log, bob) => {
      await admit(log, bob, 'reader')
      await log.append('SET_ROLE', { person: bob.id, role: 'admin' })
    },
    'an owner\'s READOPT': async (log, bob) => {
      // void: one use, spent twice
      const invite = await log.append('INVITE', inviteTo('admin'))
      const [carol, alice] = await people('Carol', 'Alice') as [Person, Person]
      const ops = await Promise.all([carol, bob].map(async who => forge(alice, log, 'ADMIT', [invite.id], await admission(log, invite, who))))
      await log.receive(ops.map(op => op.signed))
      const lost = ops.find(({ id }) => log.voids().has(id))

      if (lost?.payload.first === bob.key) {
        await log.append('READOPT', { admit: lost.id })
      }
    }
  }

  for (const [name, promote] of Object.entries(cases)) {
    it(`by ${name}`, async () => {
      const [alice, bob, dave] = await people('Alice', 'Bob', 'Dave') as [Person, Person, Person]
      const log = await party(alice)
      await log.append('INVITE', inviteTo('reader'))
      await promote(log, bob)
      const bobs = await replica(log, bob)
      const invite = await bobs.append('INVITE', inviteTo('writer'))
      const op = await bobs.append('ADMIT', await admission(bobs, invite, dave))
      const { acceptance, transcript } = op.payload
      const grant = { admit: op.signed, authority: bobs.authority(invite.id) }
      const accepted = { genesis: log.key, invite: invite.id, role: 'writer' as const, preview: shownHash(log.genesis), transcript, acceptance }

      const checked = await MembershipLog.check(grant, { inviter: bob.key, first: dave.key, accepted })
      expect(checked.inviterRole).toBe('admin')
      expect(grant.authority.length).toBeLessThanOrEqual(5)

      // without what made Bob an admin it does not hold
      const less = { ...grant, authority: [grant.authority[0]!, grant.authority.at(-1)!] }
      await expect(MembershipLog.check(less, { inviter: bob.key, first: dave.key, accepted })).rejects.toMatchObject({ name: 'ProtocolError' })

      // Dave goes on from the Grant alone, and is settled when the past comes
      const daves = await MembershipLog.join({ ...dave, datastore: new MemoryDatastore() }, checked)
      expect(daves.synced).toBe(false)
      expect(rolesOf(daves, alice, bob, dave)).toEqual({ Alice: 'owner', Bob: 'admin', Dave: 'writer' })
      await daves.receive(bobs.since([]).map(({ signed }) => signed))
      expect(daves.synced).toBe(true)
      expect(daves.stateHash()).toBe(bobs.stateHash())
      expect(daves.proof()?.authority.length).toBe(grant.authority.length)
    })
  }

  it('an op replayed from another party, and a forged GENESIS, are nothing', async () => {
    const [alice, eve] = await people('Alice', 'Eve') as [Person, Person]
    const log = await party(alice)
    const other = await MembershipLog.create({ ...alice, datastore: new MemoryDatastore() }, { name: 'Other', kind: 'group', nonce: '11'.repeat(16) })
    const invite = await other.append('INVITE', inviteTo('admin'))
    expect(await log.receive([invite.signed])).toMatchObject({ accepted: [], refused: 1 })

    const genesis = log.get(log.key) as AnyOp<'GENESIS'>
    await expect(emptyReplica({ ...genesis, signed: { ...genesis.signed, sig: await eve.privateKey.sign(genesis.signed.body) } }, eve)).rejects.toMatchObject({ name: 'ProtocolError' })
    const forged = await forge(eve, log, 'GENESIS', [], { ...genesis.payload, owners: [{ first: eve.key }] })
    expect(await log.receive([forged.signed])).toMatchObject({ accepted: [], refused: 1 })
  })
})
