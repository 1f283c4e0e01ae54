import { generateKeyPair } from '@libp2p/crypto/keys'
import { multiaddr } from '@multiformats/multiaddr'
import { MemoryDatastore } from 'datastore-core'
import { describe, expect, it } from 'vitest'
import { FakeClock } from '../../src/testing/index.js'
import { keyOf } from '../../src/log/terms.js'
import { addressOf, chooseAddresses, openRecord, sealRecord } from '../../src/meeting/links/addresses.js'
import { MAX_BYTES, MAX_OF_PARTY, MAX_RECORD, MAX_RECORDS } from '../../src/meeting/links/constants.js'
import { PeerRecords } from '../../src/meeting/links/records.js'
import type { KeepOptions } from '../../src/meeting/links/records.js'
import type { PrivateKey } from '@libp2p/interface'

const RELAYED = multiaddr('/dns4/relay.example/tcp/443/wss/p2p/12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp/p2p-circuit')
const PUBLIC = multiaddr('/ip4/8.8.8.8/tcp/4001')
const HOME = multiaddr('/ip4/192.168.1.20/tcp/4001')
const NAMED = multiaddr('/dns4/laptop.local/tcp/4001')

interface Story {
  datastore: MemoryDatastore
  clock: FakeClock
  records: PeerRecords
  connected: Set<string>
  /** Who is a member. */
  members: Set<string>
  /** A new member's key. */
  member: () => Promise<PrivateKey>
  keep: (bytes: Uint8Array, options?: Partial<KeepOptions>) => Promise<boolean>
}

async function allOf <T> (items: Iterable<T> | AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []

  for await (const item of items) {
    all.push(item)
  }

  return all
}

function story (): Story {
  const datastore = new MemoryDatastore()
  const clock = new FakeClock()
  const connected = new Set<string>()
  const members = new Set<string>()
  const records = new PeerRecords({ datastore, clock, isConnected: key => connected.has(key) })

  return {
    datastore,
    clock,
    records,
    connected,
    members,
    member: async () => {
      const key = await generateKeyPair('Ed25519')
      members.add(keyOf(key))

      return key
    },
    keep: async (bytes, options = {}) => records.keep(bytes, { scope: 'all', isMember: key => members.has(key), ...options })
  }
}

describe('What a node tells of where it is', () => {
  it('is at most 1 KiB, signed, and says no more than it may', async () => {
    const key = await generateKeyPair('Ed25519')
    const many = Array.from({ length: 40 }, (_, nth) => [RELAYED, multiaddr(`/ip4/8.8.8.8/tcp/${nth + 1}`), HOME]).flat()
    const record = await sealRecord(chooseAddresses(many, 'all'), 1n, key)
    expect(record.length).toBeLessThanOrEqual(MAX_RECORD)
    expect(await openRecord(record)).toMatchObject({ key: keyOf(key), sequence: 1n })
    expect(chooseAddresses([HOME, NAMED, PUBLIC, RELAYED], 'public')).toEqual([PUBLIC, RELAYED])
    expect(chooseAddresses([HOME, NAMED, PUBLIC, RELAYED], 'all')).toEqual([PUBLIC, RELAYED, HOME, NAMED])
    record[record.length - 1]! ^= 1
    await expect(openRecord(record)).rejects.toMatchObject({ name: 'ProtocolError' })
    await expect(openRecord(new Uint8Array(MAX_RECORD + 1))).rejects.toMatchObject({ name: 'ProtocolError' })
  })

  it('is dialled as that peer, and nobody else', async () => {
    const [bob, eve] = [await generateKeyPair('Ed25519'), await generateKeyPair('Ed25519')]
    const dialled = addressOf(keyOf(bob), addressOf(keyOf(eve), RELAYED))
    expect(dialled.getComponents().at(-1)?.value).toBe(addressOf(keyOf(bob), PUBLIC).getComponents().at(-1)?.value)
  })
})

describe('Records of where members are', () => {
  it('the newest of each counts, until its member is none', async () => {
    const { records, member, members, keep, datastore } = story()
    const bob = await member()
    expect(await keep(await sealRecord([HOME], 2n, bob))).toBe(true)
    expect(await keep(await sealRecord([PUBLIC], 1n, bob))).toBe(false)
    expect(records.addresses(keyOf(bob))).toEqual([HOME])
    expect(await keep(await sealRecord([PUBLIC], 3n, bob))).toBe(true)
    expect(records.addresses(keyOf(bob))).toEqual([PUBLIC])
    const eve = await generateKeyPair('Ed25519')
    expect(await keep(await sealRecord([HOME], 1n, eve))).toBe(false)
    members.delete(keyOf(bob))
    await records.retain(key => members.has(key))
    expect([...records.keys('all')]).toEqual([])
    expect(await allOf(datastore.queryKeys({}))).toEqual([])
  })

  it('an unlinked key pins nothing with a sequence number of its own, nor does a clock that was wrong', async () => {
    const { records, member, members, keep } = story()
    const [phone, laptop] = [await member(), await member()]
    await keep(await sealRecord([HOME], 2n ** 63n, phone))
    await keep(await sealRecord([HOME], 5n, laptop))
    members.delete(keyOf(phone))
    await records.retain(key => members.has(key))
    expect(await keep(await sealRecord([PUBLIC], 2n ** 63n + 1n, phone))).toBe(false)
    expect(await keep(await sealRecord([PUBLIC], 6n, laptop))).toBe(true)
    // who shows its own is believed, also where its clock went back
    expect(await keep(await sealRecord([RELAYED], 4n, laptop))).toBe(false)
    expect(await keep(await sealRecord([RELAYED], 4n, laptop), { from: keyOf(laptop) })).toBe(true)
    expect(records.addresses(keyOf(laptop))).toEqual([RELAYED])
  })

  it('a community is told of no address at home, and takes none', async () => {
    const { records, member, keep } = story()
    const bob = await member()
    await keep(await sealRecord([HOME, PUBLIC], 1n, bob))
    expect(records.get(keyOf(bob), 'public')).toBeUndefined()
    expect([...records.keys('public')]).toEqual([])
    await expect(keep(await sealRecord([HOME, PUBLIC], 2n, bob), { scope: 'public' })).rejects.toMatchObject({ name: 'ProtocolError' })
    await keep(await sealRecord([PUBLIC], 2n, bob), { scope: 'public' })
    expect(records.get(keyOf(bob), 'public')).toBeDefined()
    expect(records.addresses(keyOf(bob))).toEqual([HOME, PUBLIC])
  })

  it('are there after a restart, but for what is damaged', async () => {
    const { datastore, clock, member, keep } = story()
    const [bob, carol] = [await member(), await member()]
    await keep(await sealRecord([HOME], 1n, bob))
    await keep(await sealRecord([HOME], 1n, carol))
    const [first] = await allOf(datastore.query({}))
    await datastore.put(first!.key, Uint8Array.of(1, 2, 3))
    const records = new PeerRecords({ datastore, clock, isConnected: () => false })
    await records.load()
    const left = [...records.keys('all')]
    expect(left).toHaveLength(1)
    expect(records.addresses(left[0] ?? '')).toEqual([HOME])
    expect(await allOf(datastore.queryKeys({}))).toHaveLength(1)
  })

  it('of whom nobody reached, nobody is told, until it is seen again', async () => {
    const { records, member, keep } = story()
    const bob = await member()
    await keep(await sealRecord([HOME], 1n, bob))
    records.missed(keyOf(bob))
    expect(records.get(keyOf(bob), 'all')).toBeUndefined()
    expect(records.addresses(keyOf(bob))).toEqual([HOME])
    await records.saw(keyOf(bob))
    expect(records.get(keyOf(bob), 'all')).toBeDefined()
  })

  it('have bounds by party, by number and by bytes; connected members go last, the absent first', async () => {
    const { records, clock, connected, member, keep } = story()
    const big = Array.from({ length: 5 }, (_, nth) => multiaddr(`/dns4/${`relay-${nth}`.repeat(16)}.example/tcp/443`))
    const friend = await member()
    connected.add(keyOf(friend))
    await keep(await sealRecord([HOME], 1n, friend))

    for (let party = 0; party < 5; party++) {
      const ofParty = new Set<string>()

      for (let nth = 0; nth < MAX_OF_PARTY + 10; nth++) {
        const key = await generateKeyPair('Ed25519')
        ofParty.add(keyOf(key))
        clock.advance(1)
        expect(await keep(await sealRecord(big, 1n, key), { isMember: key => ofParty.has(key) })).toBe(true)
      }

      const kept = [...records.keys('all')].filter(key => ofParty.has(key))
      expect(kept.length).toBeLessThanOrEqual(MAX_OF_PARTY)
      expect(kept).toEqual([...ofParty].slice(-kept.length))
    }

    expect(records.size.records).toBeLessThanOrEqual(MAX_RECORDS)
    expect(records.size.bytes).toBeLessThanOrEqual(MAX_BYTES)
    expect([...records.keys('all')]).toContain(keyOf(friend))
  })
})
