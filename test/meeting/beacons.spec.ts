import { generateKeyPair } from '@libp2p/crypto/keys'
import { MemoryDatastore } from 'datastore-core'
import { Key } from 'interface-datastore'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { epochOf } from '../../src/keys/index.js'
import { meetingNames } from '../../src/keys/meeting-names.js'
import { PartyNames } from '../../src/meeting/links/names.js'
import { rendezvousPoints } from '../../src/rendezvous/index.js'
import { createNetwork } from '../../src/testing/index.js'
import { join } from '../helpers/parties.js'
import { point, stopAll } from '../helpers/rendezvous-nodes.js'
import type { Network, TestNode } from '../../src/testing/index.js'

const DAY = 86_400_000

describe('Names of a party', () => {
  const party = '00'.repeat(32)
  const name = (byte: number): Uint8Array => new Uint8Array(16).fill(byte)
  const current = (...bytes: number[]): { names: Uint8Array[], isCurrent: boolean } => ({ names: bytes.map(name), isCurrent: true })
  let now: number
  let datastore: MemoryDatastore
  let names: PartyNames
  const load = async (key = party): Promise<PartyNames> => PartyNames.load({ datastore, clock: { now: () => now }, party: key })

  beforeEach(async () => {
    now = DAY
    datastore = new MemoryDatastore()
    names = await load()
  })

  it('without a key: one that says nothing of it, and that only its members can compute', async () => {
    const other = await load('00'.repeat(31) + '01')
    await Promise.all([names.follow(), other.follow()])
    expect(names.all).toEqual(['plus-one/party/1/743cwakrijq6wgnhwzjo2dui5i'])
    expect(other.all).not.toEqual(names.all)
  })

  it('with a key: that of now, and the seven before it for 90 days, over a restart', async () => {
    for (let epoch = 1; epoch <= 9; epoch++) {
      await names.follow(current(epoch))
      now += DAY
    }

    const before = names.all
    expect(before).toHaveLength(8)
    expect((await load()).all).toEqual(before)
    expect(await names.follow(current(9))).toBe(false)

    // the second of the eight is not that of now since 88 days and a bit
    now += 88 * DAY
    expect(names.all).toEqual(before.slice(0, 2))
    now += 3 * DAY
    expect(names.all).toEqual(before.slice(0, 1))
    expect((await load()).all).toEqual(names.all)
  })

  it('that came with older epochs serves these too, from then on', async () => {
    await names.follow(current(3, 2, 1))
    expect(names.all).toHaveLength(3)
    now += 91 * DAY
    await names.follow(current(3, 2, 1))
    expect(names.all).toHaveLength(1)
  })

  it('whose key of now is not here: what was before, and the id no more', async () => {
    await names.follow()
    const [byId] = names.all
    await names.follow(current(1))
    await names.follow({ names: [name(1)], isCurrent: false })
    expect(names.all).toHaveLength(2)
    now += 91 * DAY
    expect(names.all).not.toContain(byId)
    expect(names.all).toEqual([])
  })

  it('whose record is damaged are made anew', async () => {
    await names.follow(current(2, 1))
    await datastore.put(new Key(`/plus-one/beacon/${party}`), Uint8Array.of(1, 2, 3, 4, 5))
    const again = await load()
    expect(again.all).toEqual([])
    await again.follow(current(2, 1))
    expect(again.all).toEqual(names.all)
  })

  it('are made of the epochs in the log: of concurrent ones together and alone, and of those before, as far as they are here', () => {
    const [a, b, c, d] = ['aa', 'bb', 'cc', 'dd'].map(byte => byte.repeat(32)) as [string, string, string, string]
    const before: Record<string, string[]> = { [`${c},${d}`]: [b], [b]: [a], [a]: [] }
    const log = { rekeys: () => [{ id: c }, { id: d }] as never[], rekeysBefore: (rekeys: readonly string[]) => before[rekeys.join()]! }
    const secret = (rekey: string) => ({ rekey, secret: new Uint8Array(32).fill(Number.parseInt(rekey.slice(0, 2), 16)) })
    const having = (...here: string[]) => (rekeys: readonly string[]) => rekeys.filter(rekey => here.includes(rekey)).map(secret)
    const of = (...rekeys: string[]): Uint8Array => epochOf(rekeys.map(secret)).meeting

    expect(meetingNames(log, having(a, b, c, d), 8)).toEqual({ names: [of(c, d), of(c), of(d), of(b), of(a)], isCurrent: true })
    expect(meetingNames(log, having(a, c), 8)).toEqual({ names: [of(c), of(a)], isCurrent: false })
    expect(meetingNames(log, having(a, b, c, d), 2)).toEqual({ names: [of(c, d), of(c), of(d), of(b)], isCurrent: true })
  })
})

describe('At a rendezvous', () => {
  let network: Network

  afterEach(async () => {
    await network.stop()
    await stopAll()
  })

  it('members find each other who all have other addresses than before, also where the key changed while one was away', async () => {
    network = createNetwork()
    const meetingPoint = await point()
    const people = await Promise.all(['Alice', 'Bob', 'Carol'].map(async () => ({ datastore: new MemoryDatastore(), privateKey: await generateKeyPair('Ed25519') })))
    // the app's own part: which point it is
    const start = async (): Promise<TestNode[]> => Promise.all(people.map(async (person) => {
      const node = await network.node({ ...person, rendezvous: [rendezvousPoints()] })
      await node.dial(meetingPoint.getMultiaddrs())

      return node
    }))
    const [alice, bob, carol] = await start() as [TestNode, TestNode, TestNode]
    const party = await alice.services.parties.create({ name: 'Book club' })
    await join(party, bob)
    await join(party, carol)
    // one name each
    await vi.waitFor(() => { expect(meetingPoint.services.server.size).toBe(3) })
    await bob.stop()
    await party.remove(carol.peerId)
    const [carols] = await carol.services.parties.list()
    await vi.waitFor(() => { expect(carols!.role).toBeUndefined() })
    await Promise.all([alice.stop(), carol.stop()])

    people.pop()
    const again = await start()
    const parties = await Promise.all(again.map(async node => node.services.parties.open(party.key)))
    await vi.waitFor(() => { expect(parties.map(({ online }) => online.length)).toEqual([1, 1]) })
    await vi.waitFor(() => { expect(parties[1]!.epoch.id).toBe(parties[0]!.epoch.id) })
    // both under both names; of Carol, who is no member any more, none is left
    await vi.waitFor(() => { expect(meetingPoint.services.server.size).toBe(4) })
  })
})
