import { describe, expect, it } from 'vitest'
import { admission, admit, inviteTo, linking, party, people, person, replica, rolesOf, signedOps } from './people.js'

describe('an op that the words sign, in place of the device\'s own key', () => {
  it('links the device, unlinks another, and speaks of nothing else', async () => {
    const words = await person('Alice\'s words')
    const phone = await person('Alice', undefined, words)
    const laptop = await person('Alice\'s laptop')
    const log = await party(phone)
    const mine = await replica(log, laptop)
    const signer = words.privateKey

    await expect(mine.append('INVITE', inviteTo('writer'))).rejects.toMatchObject({ name: 'NotPermittedError' })
    const link = await mine.append('LINK', await linking(mine, laptop, phone, words.key), { signer, speaker: phone.id })
    expect(link.author).toBe(words.key)
    await mine.append('INVITE', inviteTo('writer'))
    await expect(mine.append('INVITE', inviteTo('writer'), { signer, speaker: phone.id })).rejects.toMatchObject({ name: 'NotPermittedError' })
    await mine.append('UNLINK', { key: phone.key }, { signer, speaker: phone.id })

    expect(mine.keysOf(phone.id)).toEqual([laptop.key])
    expect(mine.keyRecordsOf(phone.id)).toEqual([
      { key: phone.key, class: 1, stands: false, linkedBy: [] },
      { key: laptop.key, class: 1, stands: true, linkedBy: [words.key] }
    ])
    await log.receive(signedOps(mine))
    expect(log.stateHash()).toBe(mine.stateHash())
  })
})

describe('what an UNLINK would void', () => {
  it('is what its key signed that it does not rest on, and is told before it is signed', async () => {
    const [alice, bob, carol, laptop] = await people('Alice', 'Bob', 'Carol', 'Alice\'s laptop')
    const log = await party(alice!)
    await log.append('LINK', await linking(log, laptop!, alice!))
    const thief = await replica(log, laptop!)
    await admit(thief, bob!, 'writer')
    const lost = await thief.append('INVITE', inviteTo('writer'))
    const admitted = await thief.append('ADMIT', await admission(thief, lost, carol!))
    await log.receive(signedOps(thief))
    const before = log.stateHash()
    const saying = [{ kind: 'UNLINK', payload: { key: laptop!.key } }] as const

    expect(log.wouldVoid(saying)).toEqual([])
    expect(log.wouldVoid(saying, { without: [lost.id] }).map(({ op, reason }) => [op.id, reason])).toEqual([[lost.id, 'key-unlinked'], [admitted.id, 'key-unlinked']])
    expect(log.stateHash()).toBe(before)
    expect(() => thief.wouldVoid([{ kind: 'UNLINK', payload: { key: alice!.key } }])).toThrow(expect.objectContaining({ name: 'NotPermittedError' }))

    await log.append('UNLINK', { key: laptop!.key }, { without: [lost.id] })
    expect(rolesOf(log, alice!, bob!, carol!)).toEqual({ Alice: 'owner', Bob: 'writer', Carol: undefined })
  })
})
