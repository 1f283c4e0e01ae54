/** Who is let in on the strength of what it shows, by a replica that has not heard of it. */
import { generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import { MemoryDatastore } from 'datastore-core'
import { beforeEach, describe, expect, it } from 'vitest'
import { decodeFrame as decodeGrant, encodeBody, encodeFrame as encodeGrant } from '../../src/invitation/frames.js'
import { MAX_AUTHORITY, MAX_INVITER_FRAME } from '../../src/invitation/constants.js'
import { MAX_AUTHORITY as MAX_CHECKED } from '../../src/log/authority.js'
import { keyOf, MembershipLog, personIdOf } from '../../src/log/index.js'
import { decodeFrame, encodeFrame } from '../../src/sync/frames.js'
import { MAX_FRAME } from '../../src/sync/constants.js'
import { SyncedLog } from '../../src/sync/index.js'
import { admission, admit, forge, inviteTo, linking, party, people, person, replica, signedOps } from '../log/people.js'
import type { Person } from '../log/people.js'

let alice: Person, bob: Person, carol: Person, dave: Person

beforeEach(async () => {
  [alice, bob, carol, dave] = await people('Alice', 'Bob', 'Carol', 'Dave') as [Person, Person, Person, Person]
})

const elsewhere = (who: Person): Person => ({ ...who, datastore: new MemoryDatastore() })

/** Owners, each made by the one before. */
async function owners (count: number): Promise<Person[]> {
  return Promise.all(Array.from({ length: count }, async (_, nth) => {
    const privateKey = await generateKeyPairFromSeed('Ed25519', new Uint8Array(32).fill(100 + nth))
    const key = keyOf(privateKey)

    return { name: `Owner ${nth}`, id: personIdOf(key), key, privateKey, datastore: new MemoryDatastore() }
  }))
}

describe('What an admission rests on', () => {
  it('fits a Grant and a Proof, also of an owner of the deepest level, after a new name', async () => {
    const line = [alice, ...await owners(15)]
    let log = await party(alice)

    for (const [nth, next] of line.slice(1).entries()) {
      await admit(log, next, 'owner')
      expect(log.member(next.id)?.level).toBe(nth + 1)
      log = await replica(log, next)
    }

    await log.append('INFO', { name: 'Reading circle' })
    expect(log.canShow(MAX_INVITER_FRAME)).toBe(true)
    const invite = await log.append('INVITE', inviteTo('writer'))
    const op = await log.append('ADMIT', await admission(log, invite, dave))
    const frame = encodeGrant('GRANT', encodeBody('GRANT', { tag: new Uint8Array(), admit: op.signed, authority: log.authority(invite.id), heads: [] }))
    expect(frame.length).toBeLessThan(MAX_INVITER_FRAME)
    const { body } = decodeGrant(frame) as Extract<ReturnType<typeof decodeGrant>, { type: 'GRANT' }>
    const checked = await MembershipLog.check({ admit: body.admit!, authority: body.authority }, { inviter: log.self, first: dave.key })
    expect(checked.inviterRole).toBe('owner')
    expect(MAX_AUTHORITY).toBe(MAX_CHECKED)

    const daves = await replica(log, elsewhere(dave))
    const proof = encodeFrame({ kind: 'proof', ops: new SyncedLog(daves).proof() })
    expect(proof.length).toBeLessThan(MAX_FRAME)
    expect(decodeFrame(proof)).toMatchObject({ kind: 'proof' })
  })

  it('that fits into no Grant is refused when the invitation is made', async () => {
    const log = await party(alice)
    expect(log.canShow(9000)).toBe(true)
    expect(log.canShow(8000)).toBe(false)
  })

  it('has the name that the newcomer saw, also where the party has another one since', async () => {
    const log = await party(alice)
    await log.append('INFO', { name: 'Reading circle' })
    const invite = await log.append('INVITE', inviteTo('writer'))
    const terms = await admission(log, invite, dave)
    await log.append('INFO', { name: 'Writing circle' })
    const op = await log.append('ADMIT', terms)
    await expect(MembershipLog.check({ admit: op.signed, authority: log.authority(invite.id, terms.info) }, { inviter: alice.key, first: dave.key })).resolves.toMatchObject({ inviterRole: 'owner' })

    // Carol has not heard of Dave
    const carols = new SyncedLog(await replica(await party(elsewhere(alice)), elsewhere(carol)))
    const daves = new SyncedLog(await replica(log, elsewhere(dave)))
    expect(carols.key).toBe(daves.key)
    expect(await carols.admit(daves.proof(), dave.key)).toEqual({ is: 'member' })
  })
})

describe('Who shows an ADMIT whose past is still to come', () => {
  /** Alice's party with Carol, an admin; and Bob, removed, whom Carol admits anew out of Alice's sight. */
  async function apart (): Promise<{ log: MembershipLog, carols: MembershipLog, bobs: SyncedLog }> {
    const log = await party(alice)
    await admit(log, carol, 'admin')
    await admit(log, bob, 'writer')
    await log.append('REMOVE', { person: bob.id })
    const carols = await replica(log, carol)
    const away = await carols.append('INVITE', inviteTo('reader'))
    await carols.append('REVOKE', { invite: away.id, reason: '' })
    await admit(carols, bob, 'writer')

    return { log, carols, bobs: new SyncedLog(await replica(carols, bob)) }
  }

  it('is let in, and stays in whatever else changes', async () => {
    const { log, carols, bobs } = await apart()
    const alices = new SyncedLog(log)
    expect(alices.standingOf(bob.key).is).toBe('removed')
    expect(await alices.admit(bobs.proof(), bob.key)).toEqual({ is: 'member' })
    expect(log.member(bob.id)).toBeUndefined()
    await admit(log, dave, 'reader')
    expect(alices.standingOf(bob.key)).toEqual({ is: 'member' })
    await log.receive(signedOps(carols))
    expect(alices.standingOf(bob.key)).toMatchObject({ is: 'member' })
    expect(log.member(bob.id)?.role).toBe('writer')
  })

  it('after a removal that its inviter had not heard of: is let in until the past comes, is no member at any time, and is out then', async () => {
    const log = await party(alice)
    await admit(log, carol, 'admin')
    await admit(log, bob, 'writer')
    const carols = await replica(log, carol)
    await log.append('REMOVE', { person: bob.id })

    // Bob tells Carol that he leaves, so that she can invite him again
    await carols.receive([(await forge(bob, carols, 'LEAVE', carols.heads, {})).signed])
    await admit(carols, bob, 'writer')
    const bobs = new SyncedLog(await replica(carols, bob))
    const alices = new SyncedLog(log)

    expect(await alices.admit(bobs.proof(), bob.key)).toEqual({ is: 'member' })
    expect(log.member(bob.id)).toBeUndefined()
    await log.append('INVITE', inviteTo('reader'))
    expect(alices.standingOf(bob.key)).toEqual({ is: 'member' })

    await log.receive(signedOps(carols))
    expect(alices.standingOf(bob.key)).toMatchObject({ is: 'removed' })
    expect(log.member(bob.id)).toBeUndefined()
  })

  it('is out with the one who admitted it', async () => {
    const { log, bobs } = await apart()
    const alices = new SyncedLog(log)
    await alices.admit(bobs.proof(), bob.key)
    await log.append('REMOVE', { person: carol.id })
    expect(alices.standingOf(bob.key).is).toBe('removed')
  })

  it('is not let in by a key that was unlinked', async () => {
    const words = await person('Alice\'s words')
    const [laptop, eve] = await people('Alice\'s laptop', 'Eve') as [Person, Person]
    alice = await person('Alice', undefined, words)
    const log = await party(alice)
    await log.append('LINK', await linking(log, laptop, alice))
    const thief = await replica(log, elsewhere(laptop))
    await log.append('UNLINK', { key: laptop.key })

    // on a past that never comes
    const invite = await thief.append('INVITE', inviteTo('writer'))
    const unseen = await thief.append('INVITE', inviteTo('writer'))
    const op = await forge(laptop, thief, 'ADMIT', [unseen.id], await admission(thief, invite, eve), { speaker: alice.id })
    const alices = new SyncedLog(log)
    expect(await alices.admit([...thief.authority(invite.id), op.signed], eve.key)).toEqual({ is: 'stranger' })
    expect(log.isPending(op.signed)).toBe(true)
  })
})

describe('A key that is let in', () => {
  it('is as a member\'s while that holds, and is told of its end', async () => {
    const log = new SyncedLog(await party(alice))
    const end = new AbortController()
    let holds = true
    let told = 0
    log.addEventListener('members', () => { told++ })
    log.letIn(dave.key, () => holds, end.signal)
    expect(log.standingOf(dave.key)).toEqual({ is: 'member' })
    holds = false
    expect(log.standingOf(dave.key)).toEqual({ is: 'stranger' })
    holds = true
    end.abort()
    expect(log.standingOf(dave.key)).toEqual({ is: 'stranger' })
    expect(told).toBe(1)
  })

  it('anew is not ended by the end of the time before', async () => {
    const log = new SyncedLog(await party(alice))
    const [before, now] = [new AbortController(), new AbortController()]
    log.letIn(dave.key, () => true, before.signal)
    log.letIn(dave.key, () => true, now.signal)
    before.abort()
    expect(log.standingOf(dave.key)).toEqual({ is: 'member' })
  })
})

describe('A device shows the LINK that brought it', () => {
  /** Alice's phone and laptop are in her party, Carol is too; out of Carol's sight the laptop links the tablet, on what she lacks. */
  async function linked (): Promise<{ carols: MembershipLog, phone: MembershipLog, tablet: Person, laptop: Person, tablets: SyncedLog }> {
    const [laptop, tablet] = [{ ...bob, name: 'laptop' }, { ...dave, name: 'tablet' }]
    const phone = await party(alice)
    await admit(phone, carol, 'writer')
    await phone.append('LINK', await linking(phone, laptop, alice))
    const carols = await replica(phone, carol)
    const laptops = await replica(phone, laptop)
    await laptops.append('INVITE', inviteTo('reader'))
    await laptops.append('LINK', await linking(laptops, tablet, alice, laptop.key))

    return { carols, phone, tablet, laptop, tablets: new SyncedLog(await replica(laptops, tablet)) }
  }

  it('to a member who has not heard of it: it is let in until the past comes, and stands then', async () => {
    const { carols, tablet, tablets } = await linked()
    const synced = new SyncedLog(carols)
    expect(synced.standingOf(tablet.key)).toEqual({ is: 'stranger' })
    expect(await synced.admit(tablets.proof(), tablet.key)).toEqual({ is: 'member' })
    expect(carols.member(tablet.key)).toBeUndefined()
    await carols.receive(tablets.since([]).map(({ signed }) => signed))
    expect(synced.standingOf(tablet.key)).toMatchObject({ is: 'member' })
    expect(carols.member(tablet.key)?.person).toBe(alice.id)
  })

  it('and not where the device that linked it was unlinked, to another party, or by another key', async () => {
    const { carols, phone, tablet, laptop, tablets } = await linked()
    const synced = new SyncedLog(carols)
    expect(await synced.admit(tablets.proof(), laptop.key)).toMatchObject({ is: 'member' })
    expect(await synced.admit(tablets.proof(), 'ee'.repeat(32))).toEqual({ is: 'stranger' })
    const other = new SyncedLog(await party({ ...carol, datastore: new MemoryDatastore() }))
    expect(await other.admit(tablets.proof(), tablet.key)).toEqual({ is: 'stranger' })

    await phone.append('UNLINK', { key: laptop.key })
    await carols.receive(signedOps(phone))
    expect((await synced.admit(tablets.proof(), tablet.key)).is).not.toBe('member')
  })

  it('whose signature is another\'s: nothing', async () => {
    const { carols, tablet, tablets } = await linked()
    const proof = tablets.proof()
    const last = proof.at(-1)!
    const synced = new SyncedLog(carols)
    expect(await synced.admit([...proof.slice(0, -1), { ...last, sig: last.sig.map(byte => byte ^ 1) }], tablet.key)).toEqual({ is: 'stranger' })
  })
})
