/** The recovery key in each seat: put there by who takes the seat, and by nobody else. */
import { generateKeyPair } from '@libp2p/crypto/keys'
import { bytesToHex, hexToBytes, randomBytes } from '@noble/hashes/utils.js'
import { MemoryDatastore } from 'datastore-core'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { encodeCode } from '../../src/codec/index.js'
import { lookupIdOf } from '../../src/invitation/index.js'
import { keyOf, MembershipLog } from '../../src/log/index.js'
import { LocalRecovery } from '../../src/person/index.js'
import { createNetwork } from '../../src/testing/index.js'
import { lies } from '../helpers/attackers.js'
import { join } from '../helpers/parties.js'
import type { Key, SignedOp } from '../../src/log/index.js'
import type { Party } from '../../src/index.js'
import type { LocalParty } from '../../src/parties/party.js'
import type { Network, TestNode } from '../../src/testing/index.js'
import type { PrivateKey } from '@libp2p/interface'
import type { Datastore } from 'interface-datastore'

let network: Network

beforeEach(() => { network = createNetwork({ meet: false }) })

afterEach(async () => {
  vi.restoreAllMocks()
  await network.stop()
})

interface Device {
  node: TestNode
  privateKey: PrivateKey
  datastore: Datastore
  /** The recovery key of its words. */
  recovery: Key
}

async function device (init: Partial<Pick<Device, 'privateKey' | 'datastore'>> = {}): Promise<Device> {
  const { privateKey = await generateKeyPair('Ed25519'), datastore = new MemoryDatastore() } = init
  const node = await network.node({ privateKey, datastore })
  await node.services.parties.list()

  return { node, privateKey, datastore, recovery: await recoveryIn(datastore) }
}

async function recoveryIn (datastore: Datastore): Promise<Key> {
  const recovery = new LocalRecovery(datastore)
  await recovery.load()

  return recovery.key ?? ''
}

const logOf = (party: Party): MembershipLog => (party as LocalParty).log
const bytesOf = ({ body, sig }: SignedOp): SignedOp => ({ body: new Uint8Array(body), sig: new Uint8Array(sig) })
const seatOf = (party: Party, { node }: Device): Key | undefined => logOf(party).member(keyOf(node.peerId))?.recovery

describe('Each seat carries the recovery key of who takes it', () => {
  it('the founder\'s, and of who comes by a code, as every replica has it', async () => {
    const [alice, bob, carol] = [await device(), await device(), await device()]
    const party = await alice.node.services.parties.create({ name: 'Book club' })
    const bobs = await join(party, bob.node, 'admin')
    const carols = await join(bobs, carol.node)

    for (const replica of [party, bobs, carols]) {
      await vi.waitFor(() => { expect([alice, bob, carol].map(who => seatOf(replica, who))).toEqual([alice.recovery, bob.recovery, carol.recovery]) })
    }
  })

  it('of who comes by a direct invitation, without a PIN', async () => {
    const [alice, bob] = [await device(), await device()]
    const party = await alice.node.services.parties.create({ name: 'Book club' })
    await alice.node.dial(bob.node.getMultiaddrs())
    await party.invite({ to: bob.node.peerId, pin: false })
    await vi.waitFor(() => { expect(bob.node.services.parties.received.getSnapshot()).toHaveLength(1) })
    await bob.node.services.parties.received.getSnapshot()[0]?.accept().accept()
    expect(seatOf(party, bob)).toBe(bob.recovery)
  })

  it('also where the Grant was lost, and comes again', async () => {
    const [alice, bob] = [await device(), await device()]
    const party = await alice.node.services.parties.create({ name: 'Book club' })
    const { code, pin } = await party.invite()
    const joining = vi.spyOn(MembershipLog, 'join').mockRejectedValueOnce(new TypeError('the page was closed'))
    await expect(bob.node.services.parties.redeem(code).setPin(pin)).rejects.toThrow(TypeError)
    expect(seatOf(party, bob)).toBe(bob.recovery)
    joining.mockRestore()

    const redemption = bob.node.services.parties.redeem(code)
    await redemption.ready()
    expect(redemption.state).toBe('admitted')
    expect(seatOf(redemption.getSnapshot().party as Party, bob)).toBe(bob.recovery)
  })
})

describe('Bob lost his store, and his node drew other words since', () => {
  it('the seat that comes back is the one that he took, with its recovery key; what he joins from now on has the new one', async () => {
    const alice = await device()
    const party = await alice.node.services.parties.create({ name: 'Book club' })
    const bob = await device()
    await join(party, bob.node)
    await bob.node.stop()
    const again = await device({ privateKey: bob.privateKey })
    expect(again.recovery).not.toBe(bob.recovery)

    const back = await join(party, again.node)
    expect([seatOf(back, again), seatOf(party, again), back.members.length]).toEqual([bob.recovery, bob.recovery, 2])
    const other = await join(await alice.node.services.parties.create({ name: 'Chess' }), again.node)
    expect(seatOf(other, again)).toBe(again.recovery)
  })

  it('and founded the party: the same', async () => {
    const [bob, alice] = [await device(), await device()]
    const party = await bob.node.services.parties.create({ name: 'Book club' })
    const alices = await join(party, alice.node, 'admin')
    await bob.node.stop()
    const again = await device({ privateKey: bob.privateKey })
    const back = await join(alices, again.node)
    expect([seatOf(back, again), back.role]).toEqual([bob.recovery, 'owner'])
  })
})

describe('Alice\'s store is of before there were words', () => {
  it('her seat has no recovery key, and goes on working; her new ones have it', async () => {
    const privateKey = await generateKeyPair('Ed25519')
    const datastore = new MemoryDatastore()
    const before = await network.node({ privateKey, datastore })
    await before.services.parties.list()
    await before.stop()
    const log = await MembershipLog.create({ privateKey, datastore }, { name: 'Book club', kind: 'group', nonce: '00'.repeat(16) })

    const alice = await device({ privateKey, datastore })
    const party = await alice.node.services.parties.open(log.key)
    const bob = await device()
    const bobs = await join(party, bob.node)
    expect([seatOf(bobs, alice), seatOf(bobs, bob), party.role]).toEqual([undefined, bob.recovery, 'owner'])
    expect(seatOf(await alice.node.services.parties.create({ name: 'Chess' }), alice)).toBe(alice.recovery)
  })

  it('she leaves, and is invited again: another seat, for which she speaks from then on', async () => {
    const privateKey = await generateKeyPair('Ed25519')
    const bob = await device()
    const party = await bob.node.services.parties.create({ name: 'Book club' })
    const first = await device({ privateKey })
    await (await join(party, first.node, 'admin')).leave()
    await vi.waitFor(() => { expect(party.members).toHaveLength(1) })
    await first.node.stop()

    const alice = await device({ privateKey })
    const back = await join(party, alice.node, 'admin')
    expect([back.role, seatOf(back, alice)]).toEqual(['admin', alice.recovery])
    const carol = await device()
    await join(back, carol.node)
    await vi.waitFor(() => { expect(party.members).toHaveLength(3) })
    await back.leave()
    await vi.waitFor(() => { expect(party.members).toHaveLength(2) })
  })
})

describe('Eve invites Bob, and would own his seat', () => {
  async function trap (recovery: Key | undefined): Promise<{ log: MembershipLog, code: string }> {
    const eve = await device()
    const log = logOf(await eve.node.services.parties.create({ name: 'Book club' }))
    const secret = randomBytes(16)
    const invite = await log.append('INVITE', { lookupId: bytesToHex(lookupIdOf(secret)), role: 'writer', uses: 9, hosts: [], createdAt: Date.now(), expiresAt: 0 })
    await lies(eve.node, {
      secret,
      pin: '123456',
      offer: { genesis: hexToBytes(log.key), invite: hexToBytes(invite.id) },
      grant: async ({ acceptance, transcript }, guest) => {
        const { signed } = await log.append('ADMIT', { invite: invite.id, first: keyOf(guest), ...(recovery == null ? {} : { recovery }), acceptance, transcript: bytesToHex(transcript), after: 0 })

        return { tag: new Uint8Array(), admit: bytesOf(signed), authority: log.authority(invite.id).map(bytesOf), heads: [] }
      }
    })

    return { log, code: encodeCode({ secret, inviter: eve.node.peerId, addresses: eve.node.getMultiaddrs() }) }
  }

  it('with her recovery key in his seat, or none: his side refuses, as does every replica', async () => {
    const bob = await device()

    for (const recovery of [await recoveryIn(new MemoryDatastore()), undefined]) {
      const { log, code } = await trap(recovery)
      await expect(bob.node.services.parties.redeem(code).setPin('123456')).rejects.toMatchObject({ name: 'ProtocolError' })
      expect(await bob.node.services.parties.list()).toEqual([])

      const carol = await MembershipLog.begin({ privateKey: await generateKeyPair('Ed25519'), datastore: new MemoryDatastore() }, log.genesis.signed)
      await carol.receive(log.since([]).map(({ signed }) => signed))
      expect([log.memberCount, carol.memberCount, carol.member(keyOf(bob.node.peerId))]).toEqual([2, 1, undefined])
    }
  })

  it('by telling him that he founded the party with her, and lost it: he takes no seat that has a recovery key of hers', async () => {
    const eve = await device()
    const bob = await device()

    for (const [recovery, taken] of [[eve.recovery, false], [undefined, true], [bob.recovery, true]] as const) {
      const log = await MembershipLog.create({ privateKey: eve.privateKey, datastore: new MemoryDatastore() }, {
        name: 'Book club', kind: 'group', nonce: bytesToHex(randomBytes(16)),
        owners: [{ first: keyOf(eve.node.peerId) }, { first: keyOf(bob.node.peerId), ...(recovery == null ? {} : { recovery }) }]
      })
      const secret = randomBytes(16)
      await lies(eve.node, {
        secret,
        pin: '123456',
        offer: { genesis: hexToBytes(log.key) },
        preview: { member: true },
        grant: () => ({ tag: new Uint8Array(), admit: bytesOf(log.genesis.signed), authority: [bytesOf(log.genesis.signed)], heads: [] })
      })
      const code = encodeCode({ secret, inviter: eve.node.peerId, addresses: eve.node.getMultiaddrs() })
      const joined = await bob.node.services.parties.redeem(code).setPin('123456').catch((err: unknown) => err)
      expect(joined).toMatchObject(taken ? { key: log.key } : { name: 'ProtocolError' })
    }
  })
})
