import { generateKeyPair } from '@libp2p/crypto/keys'
import { lpStream } from '@libp2p/utils'
import { MemoryDatastore } from 'datastore-core'
import { bytesToHex } from '@noble/hashes/utils.js'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { createNetwork } from '../../src/testing/index.js'
import { keyOf } from '../../src/log/index.js'
import { Disk, DiskDatastore } from '../helpers/disk.js'
import { callbacks, connect, join, rolesOf } from '../helpers/parties.js'
import type { LocalParty } from '../../src/parties/party.js'
import type { Party } from '../../src/index.js'
import type { Fault } from '../helpers/disk.js'
import type { Network, TestNode } from '../../src/testing/index.js'
import type { PrivateKey } from '@libp2p/interface'
import type { Datastore } from 'interface-datastore'

const PROTOCOL = '/book-club/notes/1.0.0'

let network: Network = createNetwork({ meet: false })

afterEach(async () => {
  await network.stop()
  network = createNetwork({ meet: false })
})

/** All names below plus-one's prefix that hold one of these texts, and all values that do. */
async function traces (datastore: Datastore, ...texts: string[]): Promise<string[]> {
  const found: string[] = []

  for await (const { key, value } of datastore.query({ prefix: '/plus-one/' })) {
    const all = `${key.toString()} ${bytesToHex(value)} ${new TextDecoder().decode(value)}`

    if (texts.some(text => all.includes(text))) {
      found.push(key.toString())
    }
  }

  return found
}

interface Bob {
  alice: TestNode
  bob: TestNode
  datastore: Datastore
  party: Party
  bobs: LocalParty
}

/** Bob is in Alice's book club. */
async function member (datastore: Datastore = new MemoryDatastore(), privateKey?: PrivateKey): Promise<Bob> {
  const alice = await network.node({ profile: { displayName: 'Alice' } })
  const bob = await network.node({ datastore, ...(privateKey == null ? {} : { privateKey }), profile: { displayName: 'Bob' } })
  const party = await alice.services.parties.create({ name: 'Book club' })

  return { alice, bob, datastore, party, bobs: await join(party, bob, 'admin') }
}

describe('Bob forgets the book club that he left', () => {
  it('nothing of it is in his store: no log, invitation, profile, nor what was counted; another party\'s is', async () => {
    const { alice, bob, datastore, party, bobs } = await member()
    const carol = await network.node({ profile: { displayName: 'Carol' } })
    await join(party, carol, 'reader')
    const choir = await carol.services.parties.create({ name: 'Choir' })
    await join(choir, bob)
    await vi.waitFor(async () => { expect(await traces(datastore, `profile/${keyOf(alice.peerId)}`, `profile/${keyOf(carol.peerId)}`)).toHaveLength(2) })
    const { id } = await bobs.invite()
    const { code } = await party.invite()
    await expect(bob.services.parties.redeem(code).setPin('000000')).rejects.toThrow()
    const forgotten = vi.fn()
    bob.services.parties.addEventListener('forgotten', ({ detail }) => { forgotten(detail) })
    await bobs.leave()
    await bobs.forget()

    expect(forgotten).toHaveBeenCalledExactlyOnceWith(bobs)
    expect(await traces(datastore, party.key, id, keyOf(alice.peerId), 'Alice', 'Book club')).toEqual([])
    expect(await traces(datastore, keyOf(carol.peerId))).not.toEqual([])
    expect((await bob.services.parties.list()).map(({ name }) => name)).toEqual(['Choir'])
    await vi.waitFor(() => { expect(party.members).toHaveLength(2) })
    const again = await network.restart(bob)
    expect((await again.services.parties.list()).map(({ name }) => name)).toEqual(['Choir'])
  })

  it('where members were is forgotten with it, and they are dialled no more', async () => {
    network = createNetwork()
    const { alice, bob, datastore, party, bobs } = await member()
    await vi.waitFor(async () => { expect(await traces(datastore, `meet/all/${keyOf(alice.peerId)}`)).toHaveLength(1) })
    await bobs.forget({ insist: true })
    expect(await traces(datastore, keyOf(alice.peerId), party.key)).toEqual([])
    const carol = await network.node()
    await join(party, carol)
    await bob.services.parties.create({ name: 'Choir' })
    expect(await traces(datastore, keyOf(alice.peerId), party.key)).toEqual([])
  })

  it('what is open of it ends, and the object says so whatever it is asked', async () => {
    const { alice, bob, party, bobs } = await member()
    await alice.hangUp(bob.peerId)
    await connect(alice, bob)
    await bob.handle('/plain/1.0.0', async stream => lpStream(stream).read().then(() => {}))
    await bobs.protect('/plain/1.0.0')
    await bobs.handle(PROTOCOL, async stream => lpStream(stream).read().then(() => {}))
    const plain = await alice.dialProtocol(bob.peerId, '/plain/1.0.0')
    const guarded = await party.newStream(bob.peerId, PROTOCOL)
    const his = callbacks()
    const invitation = await bobs.invite(his)
    await vi.waitFor(() => { expect(bobs.synced).toBeDefined() })
    await expect(bobs.forget()).rejects.toMatchObject({ name: 'StillMemberError', code: 'ERR_STILL_MEMBER' })
    expect(guarded.status).toBe('open')

    await bobs.forget({ insist: true })
    await vi.waitFor(() => { expect([plain.status, guarded.status]).toEqual(['reset', 'reset']) })
    expect(his.ends()).toEqual(['onError PartyForgottenError'])
    expect(invitation.status).toBe('revoked')
    expect(bobs.getSnapshot()).toMatchObject({ members: [], online: [] })
    expect([bobs.role, bobs.roleOf(alice.peerId), bobs.memberOf(alice.peerId)]).toEqual([undefined, undefined, undefined])
    await expect(bob.services.parties.open(party.key)).rejects.toMatchObject({ name: 'StorageError' })
    const gone = { name: 'PartyForgottenError', code: 'ERR_PARTY_FORGOTTEN' }

    for (const call of [
      async () => bobs.invite(), async () => bobs.leave(), async () => bobs.setRole(alice.peerId, 'reader'), async () => bobs.remove(alice.peerId), async () => bobs.setInfo({ name: 'Other' }),
      async () => bobs.connected(alice.peerId), async () => bobs.delivered(), async () => bobs.handle(PROTOCOL, () => {}), async () => bobs.newStream(alice.peerId, PROTOCOL),
      async () => bobs.protect('/plain/1.0.0'), async () => bobs.revoke(invitation.id), async () => invitation.cancel()
    ]) {
      await expect(call()).rejects.toMatchObject(gone)
    }

    // again: nothing is left to do
    await bobs.forget()
    await expect(alice.dialProtocol(bob.peerId, '/plain/1.0.0').then(async stream => lpStream(stream).read())).rejects.toThrow()
    await expect(party.newStream(bob.peerId, PROTOCOL)).rejects.toThrow()
    // the others still have him
    expect(party.roleOf(bob.peerId)).toBe('admin')
  })

  it('invited again he is in it again, by another object, with guards of its own', async () => {
    const { alice, bob, party, bobs } = await member()
    await bob.handle('/plain/1.0.0', async (stream) => { stream.send(new Uint8Array(1)) })
    await bobs.protect('/plain/1.0.0')
    await bobs.handle(PROTOCOL, async () => {})
    await bobs.leave()
    await bobs.forget()
    await vi.waitFor(() => { expect(party.members).toHaveLength(1) })

    const again = await join(party, bob, 'writer')
    expect(again).not.toBe(bobs)
    expect(again.role).toBe('writer')
    expect(rolesOf(again)).toEqual(rolesOf(party))
    await again.handle(PROTOCOL, async () => {})
    await again.protect('/plain/1.0.0')
    await party.newStream(bob.peerId, PROTOCOL)
    await lpStream(await alice.dialProtocol(bob.peerId, '/plain/1.0.0')).read().catch((err: Error) => { expect(err.name).toBe('InvalidDataLengthLengthError') })
    await party.setRole(bob.peerId, 'admin')
    await vi.waitFor(() => { expect(again.role).toBe('admin') })
    await again.invite()
    expect(again.log.forks().size).toBe(0)
    expect(bobs.isForgotten).toBe(true)
  })

  it('a member who forgot gets it back by any code, with the seat that the others have for him', async () => {
    const { bob, party, bobs } = await member()
    await bobs.forget({ insist: true })
    const again = await join(party, bob, 'reader')
    expect(again.role).toBe('admin')
    expect(party.members).toHaveLength(2)
  })
})

describe('The disk of one who forgets', () => {
  const faults: Fault[] = ['none', 'partly', 'after', 'torn', 'silent']

  for (const fault of faults) {
    it(`fails (${fault}) at any batch, and the node dies there: the party is here, whole, or gone without a trace`, async () => {
      const privateKey = await generateKeyPair('Ed25519')
      const disk = new Disk()
      const { alice, bob, party, bobs } = await member(new DiskDatastore(disk), privateKey)
      await bobs.invite()
      await bobs.leave()
      await bob.stop()
      const before = [...disk.content]

      for (let nth = 0; nth < 8; nth++) {
        const own = new Disk(before)
        const node = await network.node({ datastore: new DiskDatastore(own), privateKey, profile: { displayName: 'Bob' } })
        const left = await node.services.parties.open(party.key)
        await vi.waitFor(async () => node.services.parties.list())
        own.faults = [...Array<Fault | undefined>(nth).fill(undefined), fault]
        const error = await left.forget().then(() => undefined, (err: Error) => err)
        expect(error == null || error.name === 'StorageError').toBe(true)
        network.kill(node)
        own.faults = []

        const after = new Disk(own.content)
        const restarted = await network.node({ datastore: new DiskDatastore(after), privateKey })
        const parties = await restarted.services.parties.list()

        if (parties.length > 0) {
          expect(error?.name).toBe('StorageError')
          await (parties[0] as LocalParty).log.verifyAll()
        } else {
          expect(await traces(new DiskDatastore(after), party.key, keyOf(alice.peerId))).toEqual([])
        }

        network.kill(restarted)
      }
    }, 60_000)
  }

  it('is full: nothing is changed, or it is gone for good and goes from the store with the next call', async () => {
    const disk = new Disk()
    const { alice, bob, party, bobs } = await member(new DiskDatastore(disk))
    await bobs.leave()
    disk.isFull = true
    await expect(bobs.forget()).rejects.toMatchObject({ name: 'StorageError' })
    expect(bobs.isForgotten).toBe(false)
    expect(bobs.getSnapshot().name).toBe('Book club')

    disk.isFull = false

    for (let nth = 0; nth < 8; nth++) {
      disk.faults = [...Array<Fault | undefined>(nth).fill(undefined), 'none']
      const error = await bobs.forget().then(() => undefined, (err: Error) => err)
      disk.faults = []
      expect(error == null || error.name === 'StorageError').toBe(true)
      expect(await bob.services.parties.list()).toHaveLength(bobs.isForgotten ? 0 : 1)
    }

    await bobs.forget()
    expect(await traces(new DiskDatastore(new Disk(disk.content)), party.key, keyOf(alice.peerId))).toEqual([])
    const again = await join(party, bob, 'writer')
    expect(again.role).toBe('writer')
  })

  it('a copy of the store that was taken in the midst of it forgets the rest as it starts', async () => {
    const privateKey = await generateKeyPair('Ed25519')
    const disk = new Disk()
    const { alice, bob, party, bobs } = await member(new DiskDatastore(disk), privateKey)
    await bobs.leave()
    const copies: Disk[] = []
    const { batches } = disk
    const watch = vi.spyOn(disk.content, 'delete').mockImplementation(function (this: Map<string, Uint8Array>, key) {
      copies.push(new Disk(this))

      return Map.prototype.delete.call(this, key)
    })
    await bobs.forget()
    watch.mockRestore()
    expect(disk.batches).toBeGreaterThan(batches)
    await bob.stop()

    for (const copy of [copies[0], copies.at(-1)] as Disk[]) {
      const node = await network.node({ datastore: new DiskDatastore(copy), privateKey })
      expect(await node.services.parties.list()).toEqual([])
      expect(await traces(new DiskDatastore(new Disk(copy.content)), party.key, keyOf(alice.peerId))).toEqual([])
      await node.stop()
    }
  })
})

describe.runIf(globalThis.navigator?.locks != null)('In two tabs', () => {
  it('one forgets: the other\'s object says so when its turn comes', async () => {
    const disk = { datastore: new MemoryDatastore(), privateKey: await generateKeyPair('Ed25519') }
    const first = await network.node(disk)
    const party = await first.services.parties.create({ name: 'Book club' })
    await first.stop()
    const second = await network.node(disk)
    await first.start()
    await expect(party.forget({ insist: true })).rejects.toMatchObject({ name: 'StorageError', message: expect.stringContaining('Another tab') as string })
    await (await second.services.parties.open(party.key)).forget({ insist: true })
    await second.stop()
    await vi.waitFor(async () => { expect(await first.services.parties.list()).toEqual([]) })
    await expect(party.invite()).rejects.toMatchObject({ name: 'PartyForgottenError' })
  })
})

describe('Bob gives his device away', () => {
  it('reset leaves nothing but a fresh node, which goes on: with other words, and in parties anew', async () => {
    const { alice, bob, datastore, party, bobs } = await member()
    const { parties } = bob.services
    await parties.block((await network.node()).peerId)
    const words = await traces(datastore, '/plus-one/person/')
    const before = await Promise.all(words.map(async name => bytesAt(datastore, name)))
    await bobs.leave()
    await bobs.delivered()
    await parties.reset()

    expect(await parties.list()).toEqual([])
    expect(parties.blocked.getSnapshot()).toEqual([])
    expect(await traces(datastore, party.key, keyOf(alice.peerId), 'Book club', '/plus-one/log/', '/plus-one/blocked/', '/plus-one/forgetting/')).toEqual([])
    const after = await Promise.all(words.map(async name => bytesAt(datastore, name)))
    before.forEach((bytes, i) => { expect(after[i]).not.toEqual(bytes) })
    await expect(bobs.invite()).rejects.toMatchObject({ name: 'PartyForgottenError' })

    await vi.waitFor(() => { expect(party.members).toHaveLength(1) })
    await connect(bob, alice)
    expect((await join(party, bob, 'writer')).role).toBe('writer')
    const own = await parties.create({ name: 'Choir' })
    await bob.stop()
    await bob.start()
    expect((await parties.list()).map(({ name }) => name).sort()).toEqual(['Book club', 'Choir'])
    expect(own.role).toBe('owner')
  })

  it('its home goes with it: it is nobody\'s device any more, and makes a home of its new words', async () => {
    const { bob, datastore } = await member()
    const { parties } = bob.services
    const invitation = await parties.person.invite()
    expect(await traces(datastore, '/plus-one/log/')).not.toEqual([])
    const words = await parties.person.recovery.words()
    await parties.reset()
    expect(await traces(datastore, '/plus-one/log/', '/plus-one/device/', '/plus-one/invitation/', '/plus-one/person/awaited', '/plus-one/person/joined')).toEqual([])
    expect(invitation.status).not.toBe('pending')
    expect(await parties.person.recovery.words()).not.toEqual(words)
    const again = await parties.person.invite()
    expect(again.status).toBe('pending')
    expect(await parties.list()).toEqual([])
  })

  it('it is a fresh node also where it had started with a home: that one does not come back, nor is a seat of the old words', async () => {
    const phone = await network.node()
    const datastore = new MemoryDatastore()
    const laptop = await network.node({ datastore })
    const { code, pin } = await phone.services.parties.person.invite()
    await laptop.services.parties.redeem(code).setPin(pin)
    const { parties } = (await network.restart(laptop)).services
    await parties.list()
    expect(parties.person.devices).toHaveLength(2)
    await parties.reset()
    expect(parties.person.devices).toHaveLength(1)
    expect(await parties.person.recovery.words()).toHaveLength(12)
    await parties.create({ name: 'Choir' })
    expect(await traces(datastore, keyOf(phone.peerId))).toEqual([])
  })

  it('and dies, or its disk fails, in the midst of it: the next start finishes it', async () => {
    const privateKey = await generateKeyPair('Ed25519')
    const disk = new Disk()
    const { bob, party } = await member(new DiskDatastore(disk), privateKey)
    await bob.stop()
    const before = [...disk.content]

    for (const fault of ['none', 'partly', 'torn'] as const) {
      for (let nth = 0; nth < 4; nth++) {
        const own = new Disk(before)
        const node = await network.node({ datastore: new DiskDatastore(own), privateKey })
        await node.services.parties.list()
        own.faults = [...Array<Fault | undefined>(nth).fill(undefined), fault]
        const error = await node.services.parties.reset().then(() => undefined, (err: Error) => err)
        expect(error == null ? undefined : error.name).toBeOneOf([undefined, 'StorageError'])
        const stillHere = await node.services.parties.list().then(list => list.length, () => undefined)
        network.kill(node)
        own.faults = []
        const disk = new DiskDatastore(new Disk(own.content))
        const restarted = await network.node({ datastore: disk, privateKey })
        const list = await restarted.services.parties.list()
        expect(list.length === 0 || (error != null && stillHere !== 0)).toBe(true)

        if (list.length === 0) {
          expect(await traces(disk, party.key, 'Book club', '/plus-one/forgetting/')).toEqual([])
        }

        network.kill(restarted)
      }
    }
  }, 60_000)
})

async function bytesAt (datastore: Datastore, name: string): Promise<string> {
  for await (const { key, value } of datastore.query({ prefix: name })) {
    if (key.toString() === name) {
      return Buffer.from(value).toString('hex')
    }
  }

  return ''
}
