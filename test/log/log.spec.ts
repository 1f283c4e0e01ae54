import { MemoryDatastore } from 'datastore-core'
import { describe, expect, it } from 'vitest'
import { MembershipLog } from '../../src/log/index.js'
import { admission, admit, forge, inviteTo, linking, party, people, person, replica, rolesOf, signedOps } from './people.js'
import type { AnyOp } from '../../src/log/index.js'
import type { Person } from './people.js'

describe('Alice keeps a membership log', () => {
  it('she owns the party that she creates', async () => {
    const [alice] = await people('Alice')
    const log = await party(alice!)

    expect(log.key).toMatch(/^[0-9a-f]{64}$/)
    expect([...log.members()]).toEqual([{ person: alice!.id, key: alice!.key, role: 'owner', level: 0 }])
  })

  it('she invites Bob, who accepts: he is a member, and the invitation is used', async () => {
    const [alice, bob] = await people('Alice', 'Bob')
    const log = await party(alice!)
    const invite = await log.append('INVITE', inviteTo('writer'))
    const op = await log.append('ADMIT', await admission(log, invite, bob!))

    expect(log.member(bob!.key)).toEqual({ person: bob!.id, key: bob!.key, role: 'writer', level: 18, grant: op.id, admit: op.id, invitedBy: alice!.id })
    expect(log.invite(invite.id)?.usedBy).toEqual([bob!.id])
  })

  it('an admin whom she made may invite writers, not admins or owners; a writer nobody', async () => {
    const [alice, bob, carol] = await people('Alice', 'Bob', 'Carol')
    const log = await party(alice!)
    await admit(log, bob!, 'admin')
    await admit(log, carol!, 'writer')
    const [bobs, carols] = [await replica(log, bob!), await replica(log, carol!)]

    await expect(bobs.append('INVITE', inviteTo('writer'))).resolves.toBeDefined()
    await expect(bobs.append('INVITE', inviteTo('admin'))).rejects.toMatchObject({ name: 'NotPermittedError' })
    await expect(carols.append('INVITE', inviteTo('reader'))).rejects.toMatchObject({ name: 'NotPermittedError' })
    await expect(bobs.append('INVITE', inviteTo('owner'))).rejects.toMatchObject({ name: 'NotPermittedError' })
  })

  it('a contact has two owners and no third', async () => {
    const [alice, bob] = await people('Alice', 'Bob')
    const log = await party(alice!, 'contact')
    await admit(log, bob!, 'owner')

    expect(rolesOf(log, alice!, bob!)).toEqual({ Alice: 'owner', Bob: 'owner' })
    await expect(log.append('INVITE', inviteTo('owner'))).rejects.toMatchObject({ name: 'NotPermittedError' })
    await expect((await replica(log, bob!)).append('INVITE', inviteTo('owner'))).rejects.toMatchObject({ name: 'NotPermittedError' })
  })

  it('it comes back from the store as it was', async () => {
    const [alice, bob] = await people('Alice', 'Bob')
    const log = await party(alice!)
    await admit(log, bob!, 'writer')
    const again = await MembershipLog.open(alice!, log.key)

    expect([...again.members()]).toEqual([...log.members()])
    expect(again.heads).toEqual(log.heads)
    await expect(again.verifyAll()).resolves.toBeUndefined()
  })

  it('it tells when an invitation was made and who joined when, and the party\'s picture: to others, and after a restart', async () => {
    const [alice, bob, carol] = await people('Alice', 'Bob', 'Carol')
    const log = await MembershipLog.create(alice!, { name: 'Book club', kind: 'group', nonce: '00'.repeat(16), picture: 'ipfs://bafy' })
    const createdAt = 2 ** 48 - 1
    const invite = await log.append('INVITE', { ...inviteTo('writer', 2), createdAt, expiresAt: 1 })
    await log.append('ADMIT', { ...await admission(log, invite, carol!), after: 7_000 })
    await log.append('ADMIT', { ...await admission(log, invite, bob!), after: 0 })

    for (const one of [log, await replica(log, bob!), await MembershipLog.open(alice!, log.key)]) {
      expect(one.picture).toBe('ipfs://bafy')
      expect(one.invite(invite.id)).toMatchObject({ createdAt, expiresAt: 1 })
      expect(one.usesOf(invite.id)).toEqual([{ person: bob?.id, at: createdAt }, { person: carol?.id, at: createdAt + 7_000 }])
    }
  })

  it('what does not reach the store does not change it', async () => {
    class FullDisk extends MemoryDatastore {
      full = false

      override batch () {
        const batch = super.batch()
        return { ...batch, commit: async () => { if (this.full) { throw new Error('disk full') } await batch.commit() } }
      }
    }

    const disk = new FullDisk()
    const alice = await person('Alice', disk)
    const log = await party(alice)
    disk.full = true

    await expect(log.append('INVITE', inviteTo('writer'))).rejects.toMatchObject({ name: 'StorageError' })
    expect([...log.invites()]).toEqual([])

    disk.full = false
    await expect(log.append('INVITE', inviteTo('writer'))).resolves.toBeDefined()
  })

  it('a party that is not there, or is damaged, is told', async () => {
    const [alice] = await people('Alice')
    await expect(MembershipLog.open(alice!, 'ab'.repeat(32))).rejects.toMatchObject({ name: 'StorageError' })
  })
})

describe('Alice links her laptop', () => {
  it('by the acceptance that it gave her: one given to another is refused before anything is signed', async () => {
    const [alice, bob, laptop] = await people('Alice', 'Bob', 'Alice\'s laptop') as [Person, Person, Person]
    const log = await party(alice)
    await admit(log, bob, 'writer')
    const size = log.size

    await expect(log.append('LINK', await linking(log, laptop, bob, bob.key))).rejects.toMatchObject({ name: 'ProtocolError', message: expect.stringContaining('did not agree') as string })
    expect(log.size).toBe(size)

    await log.append('LINK', await linking(log, laptop, alice))
    expect(log.keysOf(alice.id)).toEqual([alice.key, laptop.key])
  })
})

describe('Bob takes ops from others', () => {
  it('in any order, duplicates and all', async () => {
    const [alice, bob, carol] = await people('Alice', 'Bob', 'Carol')
    const log = await party(alice!)
    await admit(log, bob!, 'admin')
    await admit(log, carol!, 'writer')
    const copy = await replica(await party(alice!), bob!)
    const ops = signedOps(log)

    const received = await copy.receive([...ops].reverse().concat(ops))
    expect(received.pending).toBe(0)
    expect([...copy.members()]).toEqual([...log.members()])
    expect(copy.heads).toEqual(log.heads)
  })

  it('asks for what is missing alone', async () => {
    const [alice, bob, carol] = await people('Alice', 'Bob', 'Carol')
    const log = await party(alice!)
    await admit(log, bob!, 'admin')
    const heads = log.heads
    const last = await admit(log, carol!, 'writer')

    expect(log.since(heads).map(op => op.kind)).toEqual(['INVITE', 'ADMIT'])
    expect(log.since(log.heads)).toEqual([])
    expect(log.since([last.id, 'ff'.repeat(32)])).toEqual([])
  })
})

describe('Eve writes what she may not', () => {
  async function story () {
    const [alice, bob, eve] = await people('Alice', 'Bob', 'Eve') as [never, never, never]
    const log = await party(alice)
    const invite = await log.append('INVITE', inviteTo('writer'))
    return { alice, bob, eve, log, invite } as { alice: Awaited<ReturnType<typeof person>>, bob: Awaited<ReturnType<typeof person>>, eve: Awaited<ReturnType<typeof person>>, log: MembershipLog, invite: AnyOp<'INVITE'> }
  }

  it('an op in Alice\'s name', async () => {
    const { eve, alice, log } = await story()
    const op = await forge(eve, log, 'INVITE', log.heads, inviteTo('admin'), { claimed: alice.key })
    expect(await log.receive([op.signed])).toMatchObject({ accepted: [], refused: 1, pending: 0 })
  })

  it('an ADMIT of Alice\'s invitation', async () => {
    const { eve, bob, log, invite } = await story()
    const op = await forge(eve, log, 'ADMIT', log.heads, await admission(log, invite, bob, eve.key))
    expect(await log.receive([op.signed])).toMatchObject({ accepted: [], refused: 1 })
  })

  it('Alice herself cannot admit Bob without his acceptance, nor with that of another invitation', async () => {
    const { alice, bob, eve, log, invite } = await story()
    const other = await log.append('INVITE', inviteTo('writer'))
    const willing = await admission(log, invite, bob)

    for (const payload of [
      { ...willing, first: eve.key },
      { ...willing, recovery: eve.key },
      { ...willing, invite: other.id },
      { ...willing, transcript: 'cd'.repeat(32) },
      { ...willing, acceptance: new Uint8Array(64) }
    ]) {
      const op = await forge(alice, log, 'ADMIT', log.heads, payload)
      expect(await log.receive([op.signed])).toMatchObject({ accepted: [], refused: 1 })
    }
  })

  it('an op from another party', async () => {
    const { alice, log, bob } = await story()
    const other = await MembershipLog.create(alice, { name: 'Other', kind: 'group', nonce: '11'.repeat(16) })
    const foreign = await other.append('INVITE', inviteTo('writer'))
    const sameBody = await forge(alice, other, 'INVITE', log.heads, inviteTo('admin'))

    expect(await log.receive([sameBody.signed])).toMatchObject({ accepted: [], refused: 1 })
    expect(await log.receive([foreign.signed])).toMatchObject({ accepted: [], refused: 1 })
    expect(rolesOf(log, bob)).toEqual({ Bob: undefined })
  })

  it('a signature changed in any bit: refused, and the true op is still welcome', async () => {
    const { alice, log } = await story()
    const op = await forge(alice, log, 'INVITE', log.heads, inviteTo('writer'))

    for (let bit = 0; bit < 512; bit += 7) {
      const sig = Uint8Array.from(op.signed.sig)
      sig[bit >> 3] = (sig[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      expect(await log.receive([{ body: op.signed.body, sig }])).toMatchObject({ accepted: [], refused: 1 })
    }

    expect((await log.receive([op.signed])).accepted).toHaveLength(1)
  })

  it('what hangs on a refused op is refused with it', async () => {
    const { eve, alice, log } = await story()
    const bad = await forge(eve, log, 'INVITE', log.heads, inviteTo('writer'))
    const child = await forge(alice, log, 'INVITE', [bad.id], inviteTo('writer'))

    expect(await log.receive([child.signed])).toMatchObject({ pending: 1 })
    expect(await log.receive([bad.signed])).toMatchObject({ accepted: [], refused: 2, pending: 0 })
  })

  it('more ADMITs than the invitation has uses', async () => {
    const { alice, bob, eve, log, invite } = await story()
    await log.append('ADMIT', await admission(log, invite, bob))
    const second = await forge(alice, log, 'ADMIT', log.heads, await admission(log, invite, eve))
    expect(await log.receive([second.signed])).toMatchObject({ accepted: [], refused: 1 })
  })
})

describe('Apart, Alice and her admin write concurrently', () => {
  it('an invitation spent twice by a forked chain counts once, the same on every replica', async () => {
    const [alice, bob, carol, dave] = await people('Alice', 'Bob', 'Carol', 'Dave')
    const log = await party(alice!)
    const invite = await log.append('INVITE', inviteTo('writer'))
    const ops = [
      await forge(alice!, log, 'ADMIT', [invite.id], await admission(log, invite, bob!)),
      await forge(alice!, log, 'ADMIT', [invite.id], await admission(log, invite, carol!))
    ]
    const one = await replica(log, dave!)
    await log.receive(ops.map(op => op.signed))
    await one.receive(ops.reverse().map(op => op.signed))

    expect(log.memberCount).toBe(2)
    expect([...one.members()].map(member => member.key).sort()).toEqual([...log.members()].map(member => member.key).sort())
    expect([...log.voids().values()]).toMatchObject([{ reason: 'uses' }])
  })

  it('an owner\'s revocation concurrent to an admin\'s admission wins; before it, the admission stands', async () => {
    const [alice, bob, carol] = await people('Alice', 'Bob', 'Carol')
    const log = await party(alice!)
    await admit(log, bob!, 'admin')
    const bobs = await replica(log, bob!)
    const invite = await bobs.append('INVITE', inviteTo('writer'))
    await log.receive([invite.signed])

    await log.append('REVOKE', { invite: invite.id, reason: 'not now' })
    await bobs.append('ADMIT', await admission(bobs, invite, carol!))
    await log.receive(signedOps(bobs))
    await bobs.receive(signedOps(log))

    expect(rolesOf(log, carol!)).toEqual({ Carol: undefined })
    expect(rolesOf(bobs, carol!)).toEqual({ Carol: undefined })
    expect([...log.voids().values()]).toMatchObject([{ reason: 'revoked' }])
  })
})
