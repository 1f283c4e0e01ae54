/** A REKEY is made where it will stand: alone, or behind what makes it owed and in one batch with that. */
import { expect, it } from 'vitest'
import { Key as StoreKey } from 'interface-datastore'
import { MembershipLog } from '../../src/log/index.js'
import { FailingStore } from '../../src/testing/index.js'
import { admission, admit, emptyReplica, forge, inviteTo, party, people, person, signedOps } from './people.js'
import type { MakeRekey, Op, RekeyPlace } from '../../src/log/index.js'

const SECRET = new StoreKey('/plus-one/secret')
const payload = { commitment: 'ab'.repeat(32), wraps: 'cd'.repeat(32) }

/** Makes one, and remembers where. */
function maker (): { places: RekeyPlace[], make: MakeRekey } {
  const places: RekeyPlace[] = []

  return {
    places,
    make: async (place) => {
      places.push(place)

      return { payload, with: (batch, rekey) => { batch.put(SECRET, new TextEncoder().encode(rekey)) } }
    }
  }
}

it('Alice makes the first one: it is bound to her GENESIS, sealed to her, and written with what belongs to it', async () => {
  const [alice] = await people('Alice')
  const log = await party(alice!)
  const { places, make } = maker()
  const rekey = await log.rekey(make)

  expect(places).toEqual([{ genesis: log.key, author: alice!.key, previous: log.key, recipients: [alice!.key], follows: [] }])
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

  expect(places).toEqual([{ genesis: log.key, author: alice!.key, previous: remove.id, recipients: log.recipients(), follows: [first?.id] }])
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

it('of more ends than fit one is Carol\'s REMOVE: it is not for her either, nor does it hold what was rotated beside it', async () => {
  const [alice, bob, carol] = await people('Alice', 'Bob', 'Carol')
  const log = await party(alice!)
  const first = await log.rekey(maker().make)
  await admit(log, bob!, 'admin')
  await admit(log, carol!, 'writer')
  const { heads } = log
  const remove = await forge(bob!, log, 'REMOVE', heads, { person: carol!.id })
  const apart = await forge(bob!, log, 'REKEY', heads, payload)
  const others = await Promise.all(Array.from({ length: 20 }, async () => forge(bob!, log, 'INVITE', heads, inviteTo('writer'))))
  await log.receive([remove.signed, apart.signed])
  await log.receive(others.map(({ signed }) => signed))
  const { places, make } = maker()
  const rekey = await log.rekey(make)

  expect(log.recipients(rekey?.id)).toContain(carol!.key)
  expect(places[0]?.recipients.sort()).toEqual([alice!.key, bob!.key].sort())
  // a set that holds what is not in its past is longer than that explains
  expect(log.isBefore(apart.id, rekey!.id)).toBe(false)
  expect(places[0]?.follows).toEqual([first?.id])
})
