import { generateKeyPair } from '@libp2p/crypto/keys'
import { MemoryDatastore } from 'datastore-core'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { createNetwork } from '../../src/testing/index.js'
import { connect, join, rolesOf, story } from '../helpers/parties.js'
import { checkVersion } from '../../src/storage/records.js'
import { keyOf, personIdOf } from '../../src/log/index.js'
import { admit, party as logOf, replica } from '../log/people.js'
import type { Person } from '../log/people.js'
import type { LocalParty } from '../../src/parties/party.js'
import type { MembershipLog } from '../../src/log/index.js'
import type { Network, TestNode } from '../../src/testing/index.js'
import type { Story } from '../helpers/parties.js'

let network: Network

afterEach(async () => network.stop())

interface Owners extends Story {
  carol: TestNode
  bobs: LocalParty
  carols: LocalParty
}

/** Alice founded the party and made Bob an owner, he Carol. */
async function inARow (): Promise<Owners> {
  const told = await story()
  network = told.network
  const carol = await network.node()
  const bobs = await join(told.party, told.bob, 'writer')
  const carols = await join(told.party, carol, 'writer')
  await told.party.setRole(told.bob.peerId, 'owner')
  await vi.waitFor(() => { expect(bobs.role).toBe('owner') })
  await bobs.setRole(carol.peerId, 'owner')
  await vi.waitFor(() => { expect(carols.role).toBe('owner') })

  return { ...told, carol, bobs, carols }
}

describe('Co-owners', () => {
  it('each may do to those below what an owner may, and nothing to those above or beside: the message says whom to ask', async () => {
    const { network, alice, bob, carol, party, bobs, carols } = await inARow()
    expect(carols.rolesFor()).toEqual(['owner', 'admin', 'writer', 'reader'])
    expect(bobs.rolesFor(carol.peerId)).toEqual(['owner', 'admin', 'writer', 'reader'])
    expect([bobs.rolesFor(alice.peerId), bobs.rolesFor(bob.peerId), carols.rolesFor(bob.peerId)]).toEqual([[], [], []])

    await expect(carols.remove(bob.peerId)).rejects.toMatchObject({ name: 'NotPermittedError', message: 'You are not above that owner; ask who made them one, or an owner nearer to the founders' })
    await expect(carols.setRole(bob.peerId, 'reader')).rejects.toThrow('You are not above that owner')
    await expect(bobs.remove(alice.peerId)).rejects.toThrow('Nobody is above a founder, who can only leave by themselves; ask them to')
    await expect(bobs.setRole(bob.peerId, 'admin')).rejects.toThrow('Nobody changes their own role; ask an owner who is above you, or leave')

    const dave = await network.node()
    const daves = await join(carols, dave, 'owner')
    expect(daves.role).toBe('owner')
    expect(daves.rolesFor(carol.peerId)).toEqual([])
    await vi.waitFor(() => { expect(Object.keys(rolesOf(bobs))).toHaveLength(4) })
    await bobs.setRole(carol.peerId, 'reader')
    await bobs.remove(dave.peerId)
    await vi.waitFor(() => { expect(rolesOf(party)).toEqual({ [alice.peerId.toString()]: 'owner', [bob.peerId.toString()]: 'owner', [carol.peerId.toString()]: 'reader' }) })
    await vi.waitFor(() => { expect(carols.role).toBe('reader') })
    await expect(carols.remove(bob.peerId)).rejects.toThrow('A reader may not change members; ask an owner or an admin')
    await expect(carols.invite()).rejects.toThrow('A reader may not invite; ask an owner or an admin')
  })

  it('an admin makes neither owners nor admins, and does not touch an owner', async () => {
    const { bob, carol, bobs, carols } = await inARow()
    await bobs.setRole(carol.peerId, 'admin')
    await vi.waitFor(() => { expect(carols.role).toBe('admin') })
    expect(carols.rolesFor()).toEqual(['writer', 'reader'])
    await expect(carols.invite({ role: 'owner' })).rejects.toMatchObject({ name: 'NotPermittedError', message: 'An admin may not make anybody owner; ask an owner' })
    await expect(carols.setRole(bob.peerId, 'reader')).rejects.toThrow('You are not above that owner')
  })

  it('founder Alice hands the party over and leaves: Bob goes on with it, and takes her back, below himself', async () => {
    const { network, alice, bob, party, bobs, carols } = await inARow()
    await party.leave()
    await vi.waitFor(() => { expect([bobs, carols].map(of => of.roleOf(alice.peerId))).toEqual([undefined, undefined]) })
    expect(party.role).toBeUndefined()

    const dave = await network.node()
    const daves = await join(bobs, dave, 'admin')
    await daves.invite({ role: 'reader' })
    await bobs.setRole(dave.peerId, 'owner')
    await vi.waitFor(() => { expect(daves.role).toBe('owner') })

    await join(bobs, alice, 'owner')
    await vi.waitFor(() => { expect(party.role).toBe('owner') })
    await vi.waitFor(() => { expect(party.rolesFor(bob.peerId)).toEqual([]) })
    expect(bobs.rolesFor(alice.peerId)).toContain('reader')
    await expect(party.remove(bob.peerId)).rejects.toMatchObject({ name: 'NotPermittedError' })
  })

  it('the last of them does not leave by accident', async () => {
    const { bob, carol, party, bobs, carols } = await inARow()
    await connect(bob, carol)
    await party.leave()
    await vi.waitFor(() => { expect(bobs.members).toHaveLength(2) })
    await bobs.setRole(carol.peerId, 'writer')
    await expect(bobs.leave()).rejects.toMatchObject({ name: 'LastOwnerError' })
    await bobs.leave({ insist: true })
    await vi.waitFor(() => { expect(carols.members).toHaveLength(1) })
    expect(carols.rolesFor()).toEqual([])
  })
})

async function somebody (): Promise<Person> {
  const privateKey = await generateKeyPair('Ed25519')
  const key = keyOf(privateKey)

  return { name: key, id: personIdOf(key, undefined), key, privateKey, datastore: new MemoryDatastore() }
}

describe('Owners in a row', () => {
  it('fifteen may follow a founder; the last one makes admins, and no owner: it is told whom to ask', async () => {
    network = createNetwork({ meet: false })
    const row = await Promise.all(Array.from({ length: 16 }, async () => somebody()))
    let log: MembershipLog = await logOf(row[0]!)

    for (const next of row.slice(1)) {
      await admit(log, next, 'owner')
      await checkVersion(next.datastore)
      log = await replica(log, next)
    }

    const last = row[15]!
    const node = await network.node({ datastore: last.datastore, privateKey: last.privateKey })
    const party = await node.services.parties.open(log.key) as LocalParty
    expect(party.log.member(last.id)).toMatchObject({ role: 'owner', level: 15 })
    expect(party.rolesFor()).toEqual(['admin', 'writer', 'reader'])
    const message = 'You are the 15th owner in a row, each made by the one before, and may make no more; ask an owner nearer to the founders'
    await expect(party.invite({ role: 'owner' })).rejects.toMatchObject({ name: 'NotPermittedError', message })

    const bob = await network.node()
    const bobs = await join(party, bob, 'admin')
    expect(bobs.role).toBe('admin')
    await expect(party.setRole(bob.peerId, 'owner')).rejects.toMatchObject({ name: 'NotPermittedError', message })
    await party.setRole(bob.peerId, 'writer')
    expect(party.roleOf(bob.peerId)).toBe('writer')
  })
})
