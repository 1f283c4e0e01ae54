/** Members seal and open under the party's key, and get from each other what they lack of it. */
import { generateKeyPair } from '@libp2p/crypto/keys'
import { lpStream } from '@libp2p/utils'
import { utf8ToBytes } from '@noble/hashes/utils.js'
import { MemoryDatastore } from 'datastore-core'
import { Key as StoreKey } from 'interface-datastore'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { decodeAnswer, decodeAsk, encodeAnswer, encodeAsk, KeysRefusalCode } from '../../src/keys/asking/frames.js'
import { hashOf } from '../../src/keys/index.js'
import { keyOf } from '../../src/log/index.js'
import { nameOf } from '../../src/meeting/greeting.js'
import { PROTOCOLS } from '../../src/network/protocols.js'
import { FakeClock } from '../../src/testing/index.js'
import { connect, join, story } from '../helpers/parties.js'
import { rotate } from '../keys/rotating.js'
import type { Answer, Ask } from '../../src/keys/asking/frames.js'
import type { Keyring } from '../../src/keys/index.js'
import type { Party } from '../../src/index.js'
import type { LocalParty } from '../../src/parties/party.js'
import type { Datastore } from 'interface-datastore'
import type { Network, TestNode } from '../../src/testing/index.js'
import type { RotationInit } from '../keys/rotating.js'

const note = utf8ToBytes('Bring the cake')

let network: Network
let alice: TestNode
let bob: TestNode
let party: LocalParty
/** Of who has one: it goes on while something is waited for. */
let clock: FakeClock | undefined

beforeEach(async () => {
  clock = undefined
  const made = await story()
  ;({ network, alice, bob } = made)
  party = made.party as LocalParty
})

afterEach(async () => network.stop())

const keyringOf = async (party: Party): Promise<Keyring> => (await (party as LocalParty).keys()).keyring

/** What lies on its disk. */
const storeOf = (node: TestNode): Datastore => (node as unknown as { components: { datastore: Datastore } }).components.datastore

async function keysIn (node: TestNode): Promise<string[]> {
  const keys: string[] = []

  for await (const key of storeOf(node).queryKeys({})) {
    keys.push(key.toString())
  }

  return keys
}

/** This node's member makes another key. */
async function turn (party: Party, init?: RotationInit): Promise<string> {
  return (await rotate((party as LocalParty).log, await keyringOf(party), init)).id
}

async function sameEpoch (...all: Party[]): Promise<void> {
  await vi.waitFor(() => {
    clock?.advance(1_000)
    expect(all[0]?.epoch.id).toBeDefined()
    expect(new Set(all.map(({ epoch }) => epoch.id)).size).toBe(1)
  })
}

/** Asks as anybody could who has a connection. */
async function askRaw (from: TestNode, to: TestNode, key: string, rekeys: string[], wraps?: string): Promise<Answer> {
  const stream = await from.dialProtocol(to.peerId, PROTOCOLS.keys)
  const frames = lpStream(stream)
  const name = nameOf(key, keyOf(from.peerId), keyOf(to.peerId))
  await frames.write(encodeAsk(wraps == null ? { kind: 'secrets', party: name, rekeys } : { kind: 'piece', party: name, wraps, from: 0, length: 1000 }))
  const answer = decodeAnswer((await frames.read()).subarray())
  stream.abort(new Error('that was all'))

  return answer
}

/** In place of plus-one's: answers nothing, or whatever it is told to. */
async function takeOver (eve: TestNode, look?: (ask: Ask) => Answer): Promise<void> {
  await vi.waitFor(() => { expect(eve.getProtocols()).toContain(PROTOCOLS.keys) })
  await eve.unhandle(PROTOCOLS.keys)
  await eve.handle(PROTOCOLS.keys, (stream) => {
    const frames = lpStream(stream)
    const serve = async (): Promise<void> => {
      while (look != null) {
        await frames.write(encodeAnswer(look(decodeAsk((await frames.read()).subarray()))))
      }
    }
    serve().catch(() => {})
  })
}

const unknown = { kind: 'refusal', code: KeysRefusalCode.UNKNOWN }

describe('Alice turns the party\'s key', () => {
  it('Bob gets it from her: what she seals he opens, and it says in which epoch', async () => {
    const told = vi.fn()
    bob.services.parties.addEventListener('epoch', ({ detail: { epoch } }) => { told(epoch.id) })
    const bobs = await join(party, bob)
    await turn(party)
    await sameEpoch(party, bobs)
    const sealed = await party.seal(note, { associatedData: utf8ToBytes('note 1') })

    await expect(bobs.open(sealed, { associatedData: utf8ToBytes('note 1') })).resolves.toEqual({ bytes: note, epoch: party.epoch.id })
    await expect(bobs.open(sealed)).rejects.toMatchObject({ name: 'SealError' })
    await expect(bobs.open(note)).rejects.toMatchObject({ name: 'ProtocolError' })
    expect(told).toHaveBeenLastCalledWith(bobs.epoch.id)
    expect(bobs.getSnapshot().epoch).toBe(bobs.epoch)
  })

  it('Bob seals and opens in the same moment: both wait until the key is there', async () => {
    const bobs = await join(party, bob)
    const id = await turn(party)
    const sealed = await party.seal(note)
    await vi.waitFor(() => { expect(bobs.log.get(id)).toBeDefined() })
    const [opened, his] = await Promise.all([bobs.open(sealed), bobs.seal(note)])

    expect(opened.bytes).toEqual(note)
    await expect(party.open(his)).resolves.toMatchObject({ bytes: note })
  })

  it('while she is away nobody can tell him: he is told so, and hears of the key when she is back', async () => {
    clock = new FakeClock()
    const carol = await network.node({ clock })
    const carols = await join(party, carol)
    await turn(party)
    await sameEpoch(party, carols)
    const before = await carols.seal(note)
    network.partition([carol], [alice, bob])
    await turn(party)
    const sealed = await party.seal(note)
    const failed = vi.fn()
    const opening = carols.open(sealed).catch(failed)
    await vi.waitFor(() => {
      clock?.advance(1_000)
      expect(failed).toHaveBeenCalledWith(expect.objectContaining({ name: 'KeyMissingError' }))
    })
    await opening
    await expect(carols.open(before)).resolves.toMatchObject({ bytes: note })

    network.partition()
    await connect(carol, alice)
    await sameEpoch(party, carols)
    await expect(carols.open(sealed)).resolves.toMatchObject({ bytes: note })
  })
})

describe('Bob gets the key all the same', () => {
  it('from Carol, when Alice has gone, and no wrap set is left', async () => {
    const carol = await network.node()
    const carols = await join(party, carol)
    const bobs = await join(party, bob)
    network.partition([bob], [alice, carol])
    const id = await turn(party)
    await sameEpoch(party, carols)
    await alice.stop()
    const op = carols.log.get(id)
    await storeOf(carol).delete(new StoreKey(`/plus-one/keys/${party.key}/wraps/${op?.kind === 'REKEY' ? op.payload.wraps : ''}`))
    network.partition()
    await connect(bob, carol)
    await sameEpoch(carols, bobs)
  })

  it('where Alice\'s wrap set is garbage', async () => {
    const bobs = await join(party, bob)
    await turn(party, { instead: ({ payload, bytes }) => {
      const garbage = bytes.slice().fill(7, 40)

      return { payload: { ...payload, wraps: hashOf(garbage) }, bytes: garbage }
    } })
    await sameEpoch(party, bobs)
  })

  it('though Eve, a member, answers nothing, and Mallory with other bytes', async () => {
    const [eve, mallory] = await Promise.all([network.node(), network.node()])
    await join(party, eve)
    await join(party, mallory)
    const bobs = await join(party, bob)
    await takeOver(eve)
    await takeOver(mallory, ask => ask.kind === 'piece'
      ? { kind: 'piece', size: 200, bytes: new Uint8Array(200) }
      : { kind: 'secrets', secrets: ask.rekeys.map(rekey => ({ rekey, secret: new Uint8Array(32) })) })
    await Promise.all([connect(bob, eve), connect(bob, mallory)])
    network.partition([bob, eve, mallory], [alice])
    await turn(party)
    network.partition()
    await connect(eve, alice)
    await connect(bob, eve)
    await connect(bob, mallory)
    await vi.waitFor(() => { expect(bobs.log.rekeys()).toHaveLength(1) })
    await connect(bob, alice)
    await sameEpoch(party, bobs)
    expect((await keyringOf(bobs)).all()).toHaveLength((await keyringOf(party)).all().length)
  })

  it('after 50 turns that he was away for, with all that was between', async () => {
    const bobs = await join(party, bob)
    await turn(party)
    await sameEpoch(party, bobs)
    network.partition([alice], [bob])
    const sealed = []

    for (let nth = 0; nth < 50; nth++) {
      await turn(party)
      sealed.push(await party.seal(Uint8Array.of(nth)))
    }

    network.partition()
    await connect(bob, alice)
    await sameEpoch(party, bobs)
    const opened = await Promise.all(sealed.map(async bytes => bobs.open(bytes)))
    expect(opened.map(({ bytes: [nth] }) => nth)).toEqual(sealed.map((_, nth) => nth))
  })

  it('as soon as it is heard that he is a member again', async () => {
    const bobs = await join(party, bob)
    const { admit } = bobs.log.member(bobs.log.self) ?? {}
    await party.remove(bob.peerId)
    await vi.waitFor(() => { expect(bobs.role).toBeUndefined() })
    await turn(party)
    await expect(bobs.seal(note)).rejects.toMatchObject({ name: 'NotMemberError' })
    expect(admit).toBeDefined()
    const { code, pin } = await party.invite()
    await bob.services.parties.redeem(code).setPin(pin)
    await sameEpoch(party, bobs)
  })
})

describe('Nobody else is given anything', () => {
  it('neither a stranger, nor a member of another party, nor who was removed: the same word for a party that is not there', async () => {
    const eve = await network.node()
    const eves = await join(party, eve)
    const id = await turn(party)
    await sameEpoch(party, eves)
    const op = party.log.get(id)
    const wraps = op?.kind === 'REKEY' ? op.payload.wraps : ''
    await expect(askRaw(eve, alice, party.key, [id])).resolves.toMatchObject({ kind: 'secrets', secrets: [{ rekey: id }] })
    await expect(askRaw(eve, alice, party.key, [], wraps)).resolves.toMatchObject({ kind: 'piece' })
    const other = await alice.services.parties.create({ name: 'Chess' })
    await connect(bob, alice)
    await join(other, bob)

    await expect(askRaw(bob, alice, party.key, [id])).resolves.toEqual(unknown)
    await expect(askRaw(bob, alice, party.key, [], wraps)).resolves.toEqual(unknown)
    await expect(askRaw(bob, alice, '00'.repeat(32), [id])).resolves.toEqual(unknown)
    await expect(askRaw(bob, alice, other.key, [id])).resolves.toEqual({ kind: 'secrets', secrets: [] })
    await party.remove(eve.peerId)
    await expect(askRaw(eve, alice, party.key, [id])).resolves.toEqual(unknown)
    await expect(askRaw(eve, alice, party.key, [], wraps)).resolves.toEqual(unknown)
  })

  it('nor who was removed meanwhile, from whoever has heard of it', async () => {
    const eve = await network.node()
    const bobs = await join(party, bob)
    const eves = await join(party, eve)
    await connect(bob, eve)
    await turn(party)
    await sameEpoch(party, bobs, eves)
    network.partition([alice], [bob, eve])
    await party.remove(eve.peerId)
    const id = await turn(party)
    await expect(askRaw(eve, bob, party.key, [id])).resolves.toEqual({ kind: 'secrets', secrets: [] })
    network.partition()
    await connect(bob, alice)
    await sameEpoch(party, bobs)

    await expect(askRaw(eve, bob, party.key, [id])).resolves.toEqual(unknown)
    expect((await keyringOf(eves)).has(id)).toBe(false)
  })
})

describe('Alice\'s node', () => {
  it('restarts, and opens what was sealed before; what she turns then Bob gets', async () => {
    const bobs = await join(party, bob)
    await turn(party)
    const sealed = await party.seal(note)
    const { id } = party.epoch
    alice = await network.restart(alice)
    const again = await alice.services.parties.open(party.key) as LocalParty

    await expect(again.open(sealed)).resolves.toEqual({ bytes: note, epoch: id })
    await connect(bob, alice)
    await turn(again)
    await sameEpoch(again, bobs)
  })

  it('stops, and starts again: the same', async () => {
    const bobs = await join(party, bob)
    await turn(party)
    await alice.stop()
    await expect(party.seal(note)).rejects.toMatchObject({ name: 'NotStartedError' })
    await alice.start()
    await vi.waitFor(async () => { await expect(party.seal(note)).resolves.toBeDefined() })
    await connect(bob, alice)
    await turn(party)
    await sameEpoch(party, bobs)
  })

  it('says that a secret is damaged, and has it from Bob again', async () => {
    const bobs = await join(party, bob)
    const id = await turn(party)
    await sameEpoch(party, bobs)
    await alice.stop()
    const record = new StoreKey(`/plus-one/keys/${party.key}/secret/${id}`)
    await storeOf(alice).put(record, new Uint8Array(36).fill(1))
    alice = await network.restart(alice)
    const again = await alice.services.parties.open(party.key) as LocalParty

    await vi.waitFor(() => { expect(alice.services.parties.damaged.map(({ key }) => key)).toEqual([record.toString()]) })
    expect(again.epoch.id).toBeUndefined()
    await connect(bob, alice)
    await sameEpoch(again, bobs)
  })

  it('forgets the party, and all its keys', async () => {
    const id = await turn(party)
    expect(await keysIn(alice)).toContain(`/plus-one/keys/${party.key}/secret/${id}`)
    await party.forget({ insist: true })
    expect((await keysIn(alice)).filter(key => key.includes('/keys/'))).toEqual([])
    await expect(party.seal(note)).rejects.toMatchObject({ name: 'PartyForgottenError' })
  })
})

describe.runIf(globalThis.navigator?.locks != null)('Alice has two tabs', () => {
  it('the second one goes on with what the first one turned', async () => {
    const init = { datastore: new MemoryDatastore(), privateKey: await generateKeyPair('Ed25519') }
    const first = await network.node(init)
    const made = await first.services.parties.create({ name: 'Book club' }) as LocalParty
    const second = await network.node(init)
    await turn(made)
    const sealed = await made.seal(note)
    await first.stop()

    const again = await vi.waitFor(async () => second.services.parties.open(made.key))
    await expect(again.open(sealed)).resolves.toMatchObject({ bytes: note })
  })
})

describe('Whether anybody gave what is missing', () => {
  it('is told: all who are connected were asked; nobody is, for a while; and not any more, once it is here', async () => {
    clock = new FakeClock()
    const carol = await network.node({ clock })
    const carols = await join(party, carol)
    const bobs = await join(party, bob)
    await connect(bob, carol)
    await turn(party)
    await sameEpoch(party, bobs, carols)
    network.partition([alice], [bob, carol])
    const id = await turn(party)
    const told = vi.fn()
    const keys = await carols.keys()
    keys.addEventListener('unanswered', () => { told(keys.unanswered) })
    // she hears of the REKEY, and nothing else
    await Promise.all([bobs, carols].map(async ({ log }) => log.receive([...party.log.since(carols.log.heads)].map(({ signed }) => signed))))
    await vi.waitFor(() => {
      clock?.advance(100)
      expect(told).toHaveBeenLastCalledWith([id])
    })

    network.partition([alice], [bob], [carol])
    await vi.waitFor(() => { expect(told).toHaveBeenLastCalledWith([]) })
    clock.advance(600_000)
    await vi.waitFor(() => { expect(told).toHaveBeenLastCalledWith([id]) })
    network.partition()
    await connect(carol, alice)
    await sameEpoch(party, carols)
    expect(keys.unanswered).toEqual([])
  })

  it('is looked at anew for each REKEY: an admin does not take for lost what nobody was asked for', async () => {
    // whose time stands still: she does not pay
    const carol = await network.node({ clock: new FakeClock() })
    const carols = await join(party, carol, 'admin')
    const bobs = await join(party, bob)
    await connect(bob, carol)
    network.partition([alice], [bob, carol])
    const owed: boolean[] = []
    carol.services.parties.addEventListener('epoch', ({ detail: { epoch } }) => { owed.push(epoch.owed) })
    const hear = async (): Promise<void> => {
      await turn(party)
      await Promise.all([bobs, carols].map(async ({ log }) => log.receive([...party.log.since(carols.log.heads)].map(({ signed }) => signed))))
    }
    await hear()
    await vi.waitFor(() => { expect(carols.epoch.owed).toBe(true) })
    await hear()
    await vi.waitFor(() => { expect(owed.slice(owed.indexOf(true))).toEqual([true, false, true]) })
  })
})
