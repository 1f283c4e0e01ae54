/** Ops that another key of the person signs on a device: the recovery key, which is on none. */
import { describe, expect, it } from 'vitest'
import { admit, inviteTo, linking, party, person, replica, rolesOf } from './people.js'

describe('The recovery key signs', () => {
  it('a LINK of a new phone on that phone, which may sign from then on', async () => {
    const words = await person('Alice\'s words')
    const alice = await person('Alice', undefined, words)
    const phone = { ...await person('Alice\'s laptop'), recovery: words }
    const log = await party(alice)
    const phones = await replica(log, phone)
    await expect(phones.append('INVITE', inviteTo('reader'))).rejects.toMatchObject({ name: 'NotPermittedError' })

    const link = await phones.append('LINK', await linking(phones, phone, alice, words.key), { signer: words.privateKey, speaker: alice.id })
    expect(link.author).toBe(words.key)
    await phones.append('INVITE', inviteTo('reader'))
    await log.receive(phones.since([]).map(({ signed }) => signed))
    expect(log.membersOf(phone.key).map(({ person }) => person)).toEqual([alice.id])
    expect([...log.invites()].map(({ speaker }) => speaker)).toEqual([alice.id])
  })

  it('nothing but of keys and leaving', async () => {
    const words = await person('Alice\'s words')
    const alice = await person('Alice', undefined, words)
    const log = await party(alice)
    await expect(log.append('INVITE', inviteTo('reader'), { signer: words.privateKey, speaker: alice.id })).rejects.toMatchObject({ name: 'NotPermittedError' })
  })

  it('an UNLINK beside what a thief signed: the thief\'s LEAVE, and what hangs on it, has no effect', async () => {
    const words = await person('Alice\'s words')
    const alice = await person('Alice', undefined, words)
    const bob = await person('Bob')
    const log = await party(alice)
    await admit(log, bob, 'admin')
    const bobs = await replica(log, bob)
    const leave = await log.append('LEAVE', {})
    await bobs.append('INVITE', inviteTo('writer'))
    await bobs.receive([leave.signed])
    const after = await bobs.append('INVITE', inviteTo('writer'))
    expect(rolesOf(bobs, alice, bob)).toEqual({ Alice: undefined, Bob: 'admin' })
    await expect(bobs.append('UNLINK', { key: alice.key }, { signer: words.privateKey, speaker: alice.id })).rejects.toMatchObject({ name: 'NotPermittedError' })

    const unlink = await bobs.append('UNLINK', { key: alice.key }, { signer: words.privateKey, speaker: alice.id, without: [leave.id] })
    const past = bobs.evidence([unlink.id], []).map(({ id }) => id)
    expect([past.includes(leave.id), past.includes(after.id), past.length]).toEqual([false, false, log.size - 1 + 2])
    expect(bobs.voidOf(leave.id)?.reason).toBe('key-unlinked')
    expect(rolesOf(bobs, alice, bob)).toEqual({ Alice: 'owner', Bob: 'admin' })
  })
})
