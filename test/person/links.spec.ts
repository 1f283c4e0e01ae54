import { describe, expect, it } from 'vitest'
import { admission, inviteTo, linking, person, replica, signedOps } from '../log/people.js'
import { clock, meet, newWords, OwnDevice } from './own-devices.js'
import type { MembershipLog } from '../../src/log/index.js'
import type { Words } from './own-devices.js'

interface Story {
  words: Words
  phone: OwnDevice
  laptop: OwnDevice
  parties: MembershipLog[]
}

/** Alice's phone has three parties; her laptop was just linked at home. */
async function story (): Promise<Story> {
  const words = await newWords()
  const phone = await (await OwnDevice.create()).begin(words)
  const parties = [await phone.found('Book club', words), await phone.found('Family', words), await phone.found('Choir', words, 'community')]
  const laptop = await (await OwnDevice.create()).join(phone, words)

  return { words, phone, laptop, parties }
}

const sorted = (...devices: OwnDevice[]): string[] => devices.map(({ key }) => key).sort()

describe('devices of one person', () => {
  it('a new one comes into all parties, and can invite there; also into those that come later', async () => {
    const { words, phone, laptop, parties } = await story()
    expect(phone.household.devices().find(({ self }) => !self)).toMatchObject({ name: '', missing: parties.map(({ key }) => key) })
    await meet(phone, laptop)

    for (const { key } of parties) {
      expect(laptop.keysIn(key).sort()).toEqual(sorted(phone, laptop))
      await laptop.log(key)?.append('INVITE', inviteTo('writer'))
    }

    // 320 bytes, with the signature
    expect(Math.max(...parties.flatMap(log => log.since([])).filter(({ kind }) => kind === 'LINK').map(({ signed: { body, sig } }) => body.length + sig.length))).toBeLessThanOrEqual(320)

    const later = await phone.found('Chess', words)
    const hers = await laptop.found('Hiking', words)
    await meet(phone, laptop)
    expect(laptop.keysIn(later.key).sort()).toEqual(sorted(phone, laptop))
    expect(phone.keysIn(hers.key).sort()).toEqual(sorted(phone, laptop))
    expect(phone.household.devices().map(({ self, missing }) => [self, missing])).toEqual([[true, []], [false, []]])
  })

  it('one that was offline catches up as it meets the others: any of them passes on what the rest said', async () => {
    const { words, phone, laptop, parties: [party] } = await story()
    const tablet = await (await OwnDevice.create()).join(phone, words)
    await meet(phone, tablet)
    await tablet.household.setName('Tablet')
    await meet(tablet, phone)
    // the laptop meets the phone alone, and knows of the tablet then
    await meet(laptop, phone)
    expect(laptop.household.devices().map(({ name, missing }) => [name, missing.length])).toEqual([['', 0], ['', 0], ['Tablet', 0]])
    expect(laptop.keysIn(party!.key)).toHaveLength(3)

    // a party of the laptop's comes to the tablet by the phone, and the tablet's acceptance back by it
    const hers = await laptop.found('Hiking', words)
    await meet(laptop, phone)
    await meet(phone, tablet)
    expect(tablet.keysIn(hers.key)).toHaveLength(3)
  })

  it('two link the same third at once: it is one device, and nothing forks', async () => {
    const { words, phone, laptop, parties: [party] } = await story()
    await meet(phone, laptop)
    const tablet = await (await OwnDevice.create()).join(phone, words)
    await meet(phone, tablet)
    // another one, that both link before they meet
    const watch = await (await OwnDevice.create()).join(phone, words)
    await laptop.home.receive(signedOps(phone.home))
    await watch.household.records.keep(await said(phone))
    await watch.settled()
    await phone.household.records.keep(await said(watch))
    await laptop.household.records.keep(await said(watch))
    await Promise.all([phone.settled(), laptop.settled()])
    await meet(phone, laptop)
    await meet(phone, watch)

    const log = phone.log(party!.key) as MembershipLog
    expect(log.keyRecordsOf(log.member(phone.key)?.person ?? '').find(({ key }) => key === watch.key)?.stands).toBe(true)
    expect(log.forks().size).toBe(0)
    expect(watch.log(party!.key)?.stateHash()).toBe(log.stateHash())
  })

  it('killed and started again at any point of it, it goes on; nothing forks', async () => {
    const { words, phone, laptop, parties } = await story()

    for (let round = 0; round < 6; round++) {
      for (const device of [phone, laptop]) {
        await device.restart()
        const other = device === phone ? laptop : phone
        await other.household.records.keep(await said(device))
        await other.settled()
        await other.restart()
        await Promise.all(parties.map(async ({ key }) => laptop.awaited.get(key)?.receive(signedOps(phone.log(key) as MembershipLog))))
        await laptop.settled()
      }
    }

    const later = await phone.found('Chess', words)
    await meet(phone, laptop)

    for (const { key } of [...parties, later]) {
      expect(laptop.keysIn(key).sort()).toEqual(sorted(phone, laptop))
      expect(phone.log(key)?.forks().size).toBe(0)
      expect(phone.log(key)?.stateHash()).toBe(laptop.log(key)?.stateHash())
      expect(phone.log(key)?.size).toBe(2)
    }
  })

  it('links a sibling only into seats of this home: not where another person\'s recovery key is, nor where none is', async () => {
    const { words, phone, laptop } = await story()
    const before = await newWords()
    const old = await laptop.found('From before', before)
    const older = await laptop.found('Without words', undefined)
    const ours = await laptop.found('Ours', words)
    await meet(phone, laptop)
    expect(phone.log(ours.key)).toBeDefined()
    expect([old, older].map(({ key }) => [phone.log(key), phone.awaited.has(key), laptop.keysIn(key)])).toEqual([[undefined, false, [laptop.key]], [undefined, false, [laptop.key]]])
  })

  it('a party that the person leaves is no device\'s to wait for', async () => {
    const { phone, laptop, parties: [party] } = await story()
    const [bob] = [await person('Bob')]
    const log = phone.log(party!.key) as MembershipLog
    const invite = await log.append('INVITE', inviteTo('owner'))
    await log.append('ADMIT', await admission(log, invite, bob))
    await phone.settled()
    await laptop.household.records.keep(await said(phone))
    await laptop.settled()
    expect(laptop.awaited.has(party!.key)).toBe(true)
    await log.append('LEAVE', {})
    await phone.settled()
    await laptop.household.records.keep(await said(phone))
    await laptop.settled()
    expect([laptop.awaited.has(party!.key), laptop.parties.has(party!.key)]).toEqual([false, false])
  })
})

describe('a device that is lost', () => {
  it('is unlinked from the one that linked it, at home and in all parties; what it signs from then on is void', async () => {
    const { phone, laptop, parties } = await story()
    await meet(phone, laptop)
    const back = laptop.log(parties[0]!.key) as MembershipLog
    await phone.unlink(laptop)

    for (const { key } of parties) {
      expect(phone.keysIn(key)).toEqual([phone.key])
      expect(phone.log(key)?.standingOf(laptop.key).is).toBe('removed')
    }

    const op = await back.append('INVITE', inviteTo('writer'))
    await phone.log(back.key)?.receive(signedOps(back))
    expect(phone.log(back.key)?.voidOf(op.id)?.reason).toBe('key-unlinked')
    expect(phone.household.devices().map(({ peerId }) => peerId.toString())).toEqual([phone.peerId.toString()])
    // nothing of what it said is left, and nothing more is taken of it
    expect([...phone.household.records.entries()]).toHaveLength(4)
    expect(await phone.household.records.keep(await said(laptop))).toMatchObject({ kept: 0 })
  })

  it('takes the words where it came first: they are told of, and do it', async () => {
    const { words, phone, laptop, parties } = await story()
    const hers = await laptop.found('Hiking', words)
    await meet(phone, laptop)
    const plan = await phone.unlink(laptop)
    expect(plan.steps.filter(({ mayNot }) => mayNot.length > 0).map(({ log }) => log.key)).toEqual([hers.key])
    expect(phone.keysIn(hers.key)).toContain(laptop.key)

    await phone.unlink(laptop, { words: words.text.toUpperCase() })
    expect(phone.keysIn(hers.key)).toEqual([phone.key])
    expect(parties.map(({ key }) => phone.keysIn(key))).toEqual(parties.map(() => [phone.key]))
  })

  it('a stolen phone is unlinked in all parties by the words, typed on the laptop; with what it did since, where that is named', async () => {
    const { words, phone, laptop, parties: [party, ...others] } = await story()
    await meet(phone, laptop)
    await expect(laptop.unlink(phone)).rejects.toMatchObject({ name: 'NotPermittedError' })
    const eve = await person('Eve')
    const log = phone.log(party!.key) as MembershipLog
    const invite = await log.append('INVITE', inviteTo('owner'))
    await log.append('ADMIT', await admission(log, invite, eve))
    await log.append('UNLINK', { key: laptop.key })
    await laptop.log(log.key)?.receive(signedOps(log))
    expect(laptop.log(log.key)?.member(laptop.key)).toBeUndefined()

    const voided = await laptop.tryUnlink(phone, { words: words.text, without: [invite.id] })
    expect(voided.map(({ voided: { op } }) => op.kind).sort()).toEqual(['ADMIT', 'INVITE', 'UNLINK'])
    expect(laptop.log(log.key)?.member(eve.key)?.role).toBe('owner')
    await laptop.unlink(phone, { words: words.text, without: [invite.id] })
    expect(laptop.log(log.key)?.member(eve.key)).toBeUndefined()

    for (const { key } of [party!, ...others]) {
      expect(laptop.keysIn(key)).toEqual([laptop.key])
    }
  })

  it('another device follows, where it may and this one may not', async () => {
    const { words, phone, laptop } = await story()
    const tablet = await (await OwnDevice.create()).join(phone, words)
    await meet(phone, laptop)
    await meet(phone, tablet)
    const party = await tablet.found('Gardening', words)
    await meet(laptop, tablet)
    await meet(phone, tablet)
    await meet(phone, laptop)
    // of one class there, where the tablet came first: it is the tablet's to do
    const plan = await phone.unlink(laptop)
    expect(plan.steps.find(({ log }) => log.key === party.key)).toMatchObject({ may: [], mayNot: [laptop.key] })
    await meet(phone, tablet)
    expect(phone.keysIn(party.key).sort()).toEqual(sorted(phone, tablet))
  })

  it('the wrong words change nothing', async () => {
    const { phone, laptop } = await story()
    await meet(phone, laptop)
    await expect(laptop.unlink(phone, { words: (await newWords()).text })).rejects.toMatchObject({ name: 'WrongWordsError' })
    await expect(laptop.unlink(phone, { words: 'ladder' })).rejects.toMatchObject({ name: 'InvalidWordsError' })
    await expect(laptop.unlink(await OwnDevice.create())).rejects.toMatchObject({ name: 'NotLinkedError' })
    expect(laptop.household.devices()).toHaveLength(2)
  })
})

describe('a thief', () => {
  it('keys that it linked in one party alone go with the device that linked them', async () => {
    const { phone, laptop, parties: [party] } = await story()
    await meet(phone, laptop)
    const log = laptop.log(party!.key) as MembershipLog
    const [eve, frank] = [await person('Eve'), await person('Frank')]
    const alice = { ...eve, id: log.member(laptop.key)?.person ?? '' }
    await log.append('LINK', await linking(log, eve, alice))
    const hers = await replica(log, eve)
    await hers.append('LINK', await linking(hers, frank, alice))
    await phone.log(log.key)?.receive(signedOps(hers))
    expect(phone.keysIn(log.key)).toHaveLength(4)
    await phone.unlink(laptop)
    expect(phone.keysIn(log.key)).toEqual([phone.key])
  })

  it('a second device does not unlink the first, at home nor where the first one came', async () => {
    const { words, phone, laptop, parties: [party] } = await story()
    await meet(phone, laptop)
    await expect(laptop.unlink(phone)).rejects.toMatchObject({ name: 'NotPermittedError' })
    await expect(laptop.home.append('UNLINK', { key: phone.key })).rejects.toMatchObject({ name: 'NotPermittedError' })
    await expect(laptop.log(party!.key)?.append('UNLINK', { key: phone.key })).rejects.toMatchObject({ name: 'NotPermittedError' })
    const hers = await laptop.found('Hiking', words)
    await meet(phone, laptop)
    // where it came first it may, as the log has it; the words undo that device
    await laptop.log(hers.key)?.append('UNLINK', { key: phone.key })
    await phone.log(hers.key)?.receive(signedOps(laptop.log(hers.key) as MembershipLog))
    expect(phone.keysIn(hers.key, laptop.key)).toEqual([laptop.key])
    await phone.unlink(laptop, { words: words.text, without: [laptop.log(hers.key)?.heads[0] ?? ''] })
    expect(phone.keysIn(hers.key)).toEqual([phone.key])
  })

  it('an unlinked device goes on saying things, and nobody keeps them', async () => {
    const { words, phone, laptop } = await story()
    await meet(phone, laptop)
    await phone.unlink(laptop)
    const lure = await laptop.found('Lure', words)
    await laptop.settled()
    await phone.household.records.keep(await said(laptop))
    await phone.settled()
    expect(phone.awaited.has(lure.key)).toBe(false)
  })
})

describe('a full disk', () => {
  it('is waited for, and nothing is lost', async () => {
    const { words, phone } = await story()
    const store = await OwnDevice.create()
    const tablet = await store.join(phone, words)
    const batch = tablet.datastore.batch.bind(tablet.datastore)
    tablet.datastore.batch = () => { throw new Error('ENOSPC') }
    await tablet.household.records.keep(await said(phone)).catch(() => {})
    tablet.household.links.look()
    tablet.datastore.batch = batch
    clock.advance(20_000)
    await meet(phone, tablet)
    expect([...tablet.parties.keys()].sort()).toEqual([...phone.parties.keys()].sort())
  })
})

async function said (device: OwnDevice): Promise<Uint8Array[]> {
  const { records } = device.household
  const sealed = await Promise.all([...records.entries()].map(async ({ key }) => records.get(key)))

  return sealed.flatMap(bytes => bytes ?? [])
}
