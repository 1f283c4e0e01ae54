/** A REKEY is made where it will stand: alone, or behind what makes it owed and in one batch with that. */
import { describe, expect, it } from 'vitest'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { MemoryDatastore } from 'datastore-core'
import { Key as StoreKey } from 'interface-datastore'
import { keyOf, MembershipLog, personIdOf } from '../../src/log/index.js'
import { FailingStore } from '../../src/testing/index.js'
import { admission, admit, emptyReplica, forge, inviteTo, linking, party, people, person, signedOps } from './people.js'
import type { MakeRekey, Op, RekeyPlace } from '../../src/log/index.js'
import type { Person } from './people.js'

const SECRET = new StoreKey('/plus-one/secret')
const payload = { commitment: 'ab'.repeat(32), wraps: 'cd'.repeat(32) }

/** Makes one, and remembers where. */
function maker (): { places: RekeyPlace[], make: MakeRekey } {
  const places: RekeyPlace[] = []

  return {
    places,
    make: async (place) => {
      places.push(place)

      return { payload, signed: () => {}, with: (batch, rekey) => { batch.put(SECRET, new TextEncoder().encode(rekey)) } }
    }
  }
}

it('Alice makes the first one: it is bound to her GENESIS, sealed to her, and written with what belongs to it', async () => {
  const [alice] = await people('Alice')
  const log = await party(alice!)
  const { places, make } = maker()
  const rekey = await log.rekey(make)

  expect(places).toEqual([{ genesis: log.key, author: alice!.key, previous: log.key, recipients: [alice!.key], follows: [], isFirst: true, isLast: true }])
  expect(rekey).toMatchObject({ kind: 'REKEY', payload, previous: log.key })
  expect(log.rekeys()).toEqual([rekey])
  expect(new TextDecoder().decode(await alice!.datastore.get(SECRET))).toContain(rekey?.id)
  expect(await log.rekey(async () => undefined)).toBeUndefined()
})

it('Alice removes Carol: the REKEY stands on the REMOVE, is for those who stay, and others hear of both at once', async () => {
  const [alice, bob, carol] = await people('Alice', 'Bob', 'Carol')
  const log = await party(alice!)
  const first = await log.rekey(maker().make)
  await admit(log, bob!, 'writer')
  await admit(log, carol!, 'writer')
  const told: Op[][] = []
  log.addEventListener('ops', ({ detail }) => { told.push(detail) })
  const { places, make } = maker()
  const remove = await log.append('REMOVE', { person: carol!.id }, { rekey: make })

  expect(places).toEqual([{ genesis: log.key, author: alice!.key, previous: remove.id, recipients: log.recipients(), follows: [first?.id], isFirst: true, isLast: true }])
  expect(places[0]?.recipients.sort()).toEqual([alice!.key, bob!.key].sort())
  expect(told.map(ops => ops.map(({ kind }) => kind))).toEqual([['REMOVE', 'REKEY']])
  expect(log.indebted()).toBeUndefined()

  const opened = await MembershipLog.open(alice!, log.key)
  expect([opened.rekeys().map(({ id }) => id), opened.stateHash()]).toEqual([log.rekeys().map(({ id }) => id), log.stateHash()])
  await opened.verifyAll()
})

it('Bob, a writer, leaves: nobody asks him for a REKEY, and he may make none', async () => {
  const [alice, bob] = await people('Alice', 'Bob')
  const log = await party(alice!)
  await log.rekey(maker().make)
  await admit(log, bob!, 'writer')
  const bobs = await emptyReplica(log.genesis, bob!)
  await bobs.receive(signedOps(log))
  const { places, make } = maker()
  await expect(bobs.rekey(make)).rejects.toMatchObject({ name: 'NotPermittedError' })
  await bobs.append('LEAVE', {}, { rekey: make })

  expect([places, bobs.memberCount]).toEqual([[], 1])
})

it('Alice\'s disk is full, or her REKEY cannot be made: Carol is not removed either', async () => {
  const datastore = new FailingStore()
  const [alice, carol] = [await person('Alice', datastore), await person('Carol')]
  const log = await party(alice)
  const first = await log.rekey(maker().make)
  await admit(log, carol, 'writer')
  const before = log.stateHash()
  datastore.fail()
  await expect(log.append('REMOVE', { person: carol.id }, { rekey: maker().make })).rejects.toMatchObject({ name: 'StorageError' })
  datastore.recover()
  await expect(log.append('REMOVE', { person: carol.id }, { rekey: async () => { throw new RangeError('no chance') } })).rejects.toThrow('no chance')
  expect([log.stateHash(), log.rekeys()]).toEqual([before, [first]])

  await log.append('REMOVE', { person: carol.id }, { rekey: maker().make })
  await (await MembershipLog.open(alice, log.key)).verifyAll()
  expect(log.memberCount).toBe(1)
})

it('of more ends than fit some are not in its past: it is not for Carol, whom those admit', async () => {
  const [alice, bob, carol] = await people('Alice', 'Bob', 'Carol')
  const log = await party(alice!)
  await admit(log, bob!, 'admin')
  const { heads } = log
  const invite = await forge(bob!, log, 'INVITE', heads, inviteTo('writer'))
  const carols = await forge(bob!, log, 'ADMIT', [invite.id], await admission(log, invite, carol!, bob!.key), { previous: invite.id })
  const others = await Promise.all(Array.from({ length: 20 }, async () => forge(bob!, log, 'INVITE', heads, inviteTo('writer'))))
  await log.receive([invite, carols, ...others].map(({ signed }) => signed))
  const { places, make } = maker()
  const rekey = await log.rekey(make)

  expect(log.recipients()).toContain(carol!.key)
  expect(places[0]?.recipients).not.toContain(carol!.key)
  expect(places[0]?.recipients).toEqual(log.recipients(rekey?.id))
})

it('of more ends than fit one is Carol\'s REMOVE: it stands on that, so it is not for her, nor does it hold what was rotated beside it', async () => {
  const [alice, bob, carol] = await people('Alice', 'Bob', 'Carol')
  const log = await party(alice!)
  await log.rekey(maker().make)
  await admit(log, bob!, 'admin')
  await admit(log, carol!, 'writer')
  const { heads } = log
  const remove = await forge(bob!, log, 'REMOVE', heads, { person: carol!.id })
  await log.receive([remove.signed])
  await log.receive((await Promise.all(Array.from({ length: 20 }, async () => forge(bob!, log, 'INVITE', heads, inviteTo('writer'))))).map(({ signed }) => signed))
  const { places, make } = maker()
  const rekey = await log.rekey(make)

  expect(rekey?.parents).toContain(remove.id)
  expect([places.length, places[0]?.recipients]).toEqual([1, log.recipients(rekey?.id)])
  expect(places[0]?.recipients.sort()).toEqual([alice!.key, bob!.key].sort())
  expect(log.indebted()).toBeUndefined()
})

describe('Mallory, a reader, makes more ends before each rotation than an op has parents', () => {
  interface Flooded {
    alice: Person
    bob: Person
    carol: Person
    mallory: Person
    log: MembershipLog
    /** Mallory links so many devices, each beside the others. */
    flood: (count: number, isUnlinked?: boolean) => Promise<void>
  }

  async function flooded (): Promise<Flooded> {
    const [alice, bob, carol, mallory] = await people('Alice', 'Bob', 'Carol', 'Eve') as [Person, Person, Person, Person]
    const log = await party(alice)
    await log.rekey(maker().make)
    await admit(log, bob, 'admin')
    await admit(log, carol, 'writer')
    const joined = await admit(log, mallory, 'reader')

    return {
      alice,
      bob,
      carol,
      mallory,
      log,
      flood: async (count, isUnlinked = false) => {
        const ops = await Promise.all(Array.from({ length: count }, async () => {
          const device = await stranger()
          const link = await forge(mallory, log, 'LINK', [joined.id], await linking(log, device, mallory, mallory.key))

          return isUnlinked ? [link, await forge(mallory, log, 'UNLINK', [link.id], { key: device.key }, { previous: link.id })] : [link]
        }))
        await log.receive(ops.flat().map(({ signed }) => signed))
      }
    }
  }

  it('Carol\'s older LEAVE is in the past of the REKEY that pays for it, and nothing more is owed, however many come later', async () => {
    const { log, carol, flood } = await flooded()
    const leave = await forge(carol, log, 'LEAVE', log.heads, {})
    await log.receive([leave.signed])
    await flood(40)
    const { places, make } = maker()
    const rekey = await log.rekey(make)
    expect([places.length, log.isAncestor(leave.id, rekey!.id), log.indebted()]).toEqual([1, true, undefined])

    await flood(40)
    expect(log.indebted()).toBeUndefined()
  })

  it('each of them a device that is out again: all are brought together in one batch, of which the last alone is sealed to members', async () => {
    const { log, alice, carol, flood } = await flooded()
    const leave = await forge(carol, log, 'LEAVE', log.heads, {})
    await log.receive([leave.signed])
    await flood(60, true)
    const told: Op[][] = []
    log.addEventListener('ops', ({ detail }) => { told.push(detail) })
    const { places, make } = maker()
    const rekey = await log.rekey(make)

    // 61 ends and one to begin with: 16, then 15 with what came before
    expect(places.map(({ recipients, isLast }) => [recipients.length, isLast])).toEqual([[0, false], [0, false], [0, false], [3, true]])
    expect(told.map(ops => ops.map(({ kind }) => kind))).toEqual([['REKEY', 'REKEY', 'REKEY', 'REKEY']])
    expect([log.heads, log.indebted()]).toEqual([[rekey?.id], undefined])
    expect(log.rekeys()).toEqual([rekey])
    expect(log.recipients(rekey?.id)).toEqual(places.at(-1)?.recipients)
    await (await MembershipLog.open(alice, log.key)).verifyAll()
  })

  it('the second of them cannot be made: none is there', async () => {
    const { log, flood } = await flooded()
    await flood(60, true)
    const before = [log.size, log.heads.length, log.stateHash()]
    const { make } = maker()
    await expect(log.rekey(async place => place.isLast ? Promise.reject(new RangeError('no chance')) : make(place))).rejects.toThrow('no chance')

    expect([log.size, log.heads.length, log.stateHash()]).toEqual(before)
  })

  it('what made Eve a member turned out void: it is paid once, too', async () => {
    const { log, alice, bob, flood } = await flooded()
    const eve = await stranger()
    const { heads } = log
    const invite = await forge(bob, log, 'INVITE', heads, inviteTo('writer'))
    await log.receive([invite.signed])
    const eves = await forge(bob, log, 'ADMIT', [invite.id], await admission(log, invite, eve, bob.key), { previous: invite.id })
    const removal = await forge(alice, log, 'REMOVE', heads, { person: bob.id })
    await log.receive([eves, removal].map(({ signed }) => signed))
    await flood(40)
    expect(log.voidOf(eves.id)).toMatchObject({ reason: 'author-removed' })
    await log.rekey(maker().make)

    expect(log.indebted()).toBeUndefined()
  })
})

/** Somebody whom nobody has seen before. */
async function stranger (): Promise<Person> {
  const privateKey = await generateKeyPair('Ed25519')
  const key = keyOf(privateKey)

  return { name: 'a stranger', id: personIdOf(key), key, privateKey, datastore: new MemoryDatastore() }
}
