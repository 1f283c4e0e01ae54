/** Members seal and open under the party's key, and get from each other what they lack of it. */
import { utf8ToBytes } from '@noble/hashes/utils.js'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { FakeClock } from '../../src/testing/index.js'
import { connect, join, story } from '../helpers/parties.js'
import { rotate } from '../keys/rotating.js'
import type { Keyring } from '../../src/keys/index.js'
import type { Party } from '../../src/index.js'
import type { LocalParty } from '../../src/parties/party.js'
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
