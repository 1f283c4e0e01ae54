/** Who comes into a party gets its key: with the Grant, or by asking; and what was before only where the party shares it. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { utf8ToBytes } from '@noble/hashes/utils.js'
import { MemoryDatastore } from 'datastore-core'
import { systemClock } from '../../src/async/clock.js'
import { MAX_FRAME } from '../../src/keys/asking/constants.js'
import { asker } from '../../src/keys/asking/machines.js'
import { keyOf } from '../../src/log/index.js'
import { nameOf } from '../../src/meeting/greeting.js'
import { drive } from '../../src/pake/machine.js'
import { PROTOCOLS } from '../../src/network/protocols.js'
import { rendezvousPoints } from '../../src/rendezvous/index.js'
import { FrameStream } from '../../src/streams/frame-stream.js'
import { createNetwork } from '../../src/testing/index.js'
import { connect, join } from '../helpers/parties.js'
import { point, stopAll } from '../helpers/rendezvous-nodes.js'
import { codeOf, wordsOn } from '../person/recover-stories.js'
import type { Party } from '../../src/index.js'
import type { EpochSecret } from '../../src/keys/index.js'
import type { LocalParty } from '../../src/parties/party.js'
import type { Network, TestNode } from '../../src/testing/index.js'

const NOTE = utf8ToBytes('the meeting is on Monday')

let network: Network

beforeEach(() => { network = createNetwork() })

afterEach(async () => {
  await network.stop()
  await stopAll()
})

/** Nobody can ask for a key: what is here came in another way. */
function silence (): () => void {
  return network.meddle(({ protocol }) => protocol.includes('/keys/') ? 'lose' : undefined)
}

/** Both seal under the same key. */
async function agreed (...parties: Party[]): Promise<void> {
  await vi.waitFor(() => { expect(new Set(parties.map(({ epoch }) => epoch.id ?? 'none'))).toEqual(new Set([parties[0]!.epoch.id])) })
  expect(parties[0]!.epoch.id).toBeDefined()
}

/** Alice and Bob share a party; Alice's phone is lost. */
async function lost (): Promise<{ bob: Party, sealed: Uint8Array, words: string, backup: Uint8Array }> {
  const [alice, bob] = await Promise.all([network.node(), network.node()])
  const party = await alice.services.parties.create({ name: 'Book club' })
  const bobs = await join(party, bob, 'admin')
  const sealed = await party.seal(NOTE)
  const [words, backup] = [await wordsOn(alice), await alice.services.parties.person.backup()]
  network.kill(alice)

  return { bob: bobs, sealed, words, backup }
}

describe('With the Grant', () => {
  it('Bob gets the key: he asks nobody, and reads what Alice seals, as she reads what he does', async () => {
    silence()
    const [alice, bob] = await Promise.all([network.node(), network.node()])
    const party = await alice.services.parties.create({ name: 'Book club' })
    const bobs = await join(party, bob)
    await agreed(party, bobs)

    expect((await bobs.open(await party.seal(NOTE))).bytes).toEqual(NOTE)
    expect((await party.open(await bobs.seal(NOTE))).bytes).toEqual(NOTE)
  })

  it('Alice goes as soon as Bob is in: he has all of the log, seals, and invites Carol, who has the same key', async () => {
    const talks = (protocol: string): boolean => protocol === PROTOCOLS.log || protocol === PROTOCOLS.keys
    network.meddle(({ protocol }) => talks(protocol) ? 'lose' : undefined)
    const [alice, bob, carol] = await Promise.all([network.node(), network.node(), network.node()])
    const party = await alice.services.parties.create({ name: 'Book club' })
    const first = await party.seal(NOTE)
    // nobody comes by this one
    await party.invite()
    const { code, pin } = await party.invite({ role: 'admin' })
    const bobs = await bob.services.parties.redeem(code).setPin(pin) as LocalParty
    network.kill(alice)

    expect(bobs.log.synced).toBe(true)
    expect((await bobs.open(first)).bytes).toEqual(NOTE)
    const next = await bobs.invite()
    const carols = await carol.services.parties.redeem(next.code).setPin(next.pin) as LocalParty
    const second = await bobs.seal(NOTE)
    network.kill(bob)

    expect(carols.log.synced).toBe(true)
    expect((await carols.open(second)).bytes).toEqual(NOTE)
  })

  it('a member who lost their store gets it again', async () => {
    silence()
    const privateKey = await generateKeyPair('Ed25519')
    const [alice, bob] = await Promise.all([network.node(), network.node({ privateKey })])
    const party = await alice.services.parties.create({ name: 'Book club' })
    await join(party, bob)
    await bob.stop()
    const bobs = await join(party, await network.node({ privateKey }))
    await agreed(party, bobs)
  })
})

/** Asks another node for secrets, by REKEYs, whatever this one is given by right. */
async function ask (node: TestNode, other: TestNode, party: string, rekeys: string[]): Promise<EpochSecret[]> {
  const connection = await node.dial(other.getMultiaddrs())
  const channel = new FrameStream(await connection.newStream(PROTOCOLS.keys), MAX_FRAME, systemClock)
  const given: EpochSecret[] = []

  await drive(asker({ party: nameOf(party, keyOf(node.peerId), keyOf(other.peerId)), piece: 1, window: 1 }), async (effect): Promise<unknown> => {
    switch (effect.type) {
      case 'send': return channel.send(effect.frame)
      case 'receive': return channel.receive(10_000, new AbortController().signal)
      case 'missing': return rekeys
      case 'secrets': return given.push(...effect.secrets)
      default: return undefined
    }
  })
  await channel.close()

  return given
}

/** Alice and Bob have a party; Carol was in it, and is removed; Dave joins after. */
async function afterCarol (history: boolean): Promise<{ alice: Party, bob: Party, dave: LocalParty, first: Uint8Array, nodes: Record<'alice' | 'bob' | 'dave', TestNode> }> {
  const [alice, bob, carol, dave] = await Promise.all([network.node(), network.node(), network.node(), network.node()])
  const party = await alice.services.parties.create({ name: 'Book club', history })
  const bobs = await join(party, bob)
  await join(party, carol)
  const first = await party.seal(NOTE)
  await party.remove(carol.peerId)
  const joined = await join(party, dave)
  await agreed(party, bobs, joined)

  return { alice: party, bob: bobs, dave: joined, first, nodes: { alice, bob, dave } }
}

describe('What was before', () => {
  it('a newcomer opens it', async () => {
    const { dave, first } = await afterCarol(true)
    expect(dave.epoch.history).toBe(true)
    expect((await dave.open(first)).bytes).toEqual(NOTE)
  })

  it('a history: false party gives a newcomer nothing older than their admission: not with the Grant, and not who asks for it', async () => {
    const { alice, bob, dave, first, nodes } = await afterCarol(false)
    expect([alice, bob, dave].map(({ epoch }) => epoch.history)).toEqual([false, false, false])
    expect((await dave.open(await alice.seal(NOTE))).bytes).toEqual(NOTE)
    expect((await bob.open(first)).bytes).toEqual(NOTE)

    expect((await dave.keys()).keyring.all()).toHaveLength(1)

    // his node asks all the same, as Bob's may
    const all = dave.log.allRekeys()
    expect(all).toHaveLength(2)
    expect((await ask(nodes.bob, nodes.alice, dave.key, all)).map(({ rekey }) => rekey)).toEqual(all)
    expect((await ask(nodes.dave, nodes.alice, dave.key, all)).map(({ rekey }) => rekey)).toEqual(all.slice(1))
  })
})

describe('Who becomes a member without a Grant asks', () => {
  it('Carol, whom Alice readopts: Bob had admitted her while Alice removed him', async () => {
    const [alice, bob, carol] = await Promise.all([network.node({ meet: false }), network.node({ meet: false }), network.node({ meet: false })])
    const party = await alice.services.parties.create({ name: 'Book club' })
    const bobs = await join(party, bob, 'admin')
    await bob.hangUp(alice.peerId)
    const carols = await join(bobs, carol)
    await carol.hangUp(bob.peerId)
    await party.remove(bob.peerId)
    await connect(carol, alice)
    await vi.waitFor(() => { expect(carols.role).toBeUndefined() })
    const sealed = await party.seal(NOTE)
    await party.readopt(carols.log.since([]).findLast(({ kind }) => kind === 'ADMIT')!.id)
    await agreed(party, carols)
    expect((await carols.open(sealed)).bytes).toEqual(NOTE)
    expect(bobs.epoch.id).not.toBe(party.epoch.id)
  })

  it('Alice\'s laptop, which her phone links', async () => {
    const [phone, laptop, bob] = await Promise.all([network.node(), network.node(), network.node()])
    const party = await phone.services.parties.create({ name: 'Book club' })
    await join(party, bob)
    const sealed = await party.seal(NOTE)
    const { code, pin } = await phone.services.parties.person.invite()
    await laptop.services.parties.redeem(code).setPin(pin)
    const laptops = await vi.waitFor(async () => laptop.services.parties.open(party.key))
    await agreed(party, laptops)
    expect((await laptops.open(sealed)).bytes).toEqual(NOTE)
  })

  it('Alice\'s new phone, which the words bring back', async () => {
    const { bob, sealed, words } = await lost()
    const phone = await network.node()
    const { parties: [party] } = await phone.services.parties.recover(words, { code: await codeOf(bob) })
    await agreed(bob, party!)
    expect((await party!.open(sealed)).bytes).toEqual(NOTE)
  })
})

describe('In a backup', () => {
  it('they lead to members who all have other addresses by now: by the names that are made of them', async () => {
    const meetingPoint = await point()
    const rendezvous = [rendezvousPoints({ points: meetingPoint.getMultiaddrs().map(String) })]
    const bobs = { datastore: new MemoryDatastore(), privateKey: await generateKeyPair('Ed25519'), rendezvous }
    const [alice, bob] = await Promise.all([network.node(), network.node(bobs)])
    const party = await alice.services.parties.create({ name: 'Book club' })
    await join(party, bob)
    const [words, backup] = [await wordsOn(alice), await alice.services.parties.person.backup()]
    network.kill(alice)
    const phone = await network.node({ rendezvous, connectTimeout: 2_000 })
    await bob.stop()
    await expect(phone.services.parties.recover(words, { backup })).rejects.toMatchObject({ name: 'MemberUnreachableError' })

    await network.node(bobs)
    const { parties } = await vi.waitFor(async () => phone.services.parties.recover(words, { backup }))
    expect(parties.map(({ key }) => key)).toEqual([party.key])
  })

  it('are the keys of all parties: what was sealed is open to who has the words, though nobody gives them', async () => {
    silence()
    const { bob, sealed, words, backup } = await lost()
    const phone = await network.node()
    const { parties: [party] } = await phone.services.parties.recover(words, { backup })
    await agreed(bob, party!)
    expect((await party!.open(sealed)).bytes).toEqual(NOTE)
  })
})
