/** Who comes into a party gets its key: with the Grant, or by asking; and what was before only where the party shares it. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { utf8ToBytes } from '@noble/hashes/utils.js'
import { createNetwork } from '../../src/testing/index.js'
import { join } from '../helpers/parties.js'
import type { Party } from '../../src/index.js'
import type { LocalParty } from '../../src/parties/party.js'
import type { Network, TestNode } from '../../src/testing/index.js'

const NOTE = utf8ToBytes('the meeting is on Monday')

let network: Network

beforeEach(() => { network = createNetwork() })

afterEach(async () => { await network.stop() })

/** Nobody can ask for a key: what is here came in another way. */
function silence (): () => void {
  return network.meddle(({ protocol }) => protocol.includes('/keys/') ? 'lose' : undefined)
}

/** Both seal under the same key. */
async function agreed (...parties: Party[]): Promise<void> {
  await vi.waitFor(() => { expect(new Set(parties.map(({ epoch }) => epoch.id ?? 'none'))).toEqual(new Set([parties[0]!.epoch.id])) })
  expect(parties[0]!.epoch.id).toBeDefined()
}

/** Secrets that a node has. */
async function secretsOf (party: Party): Promise<number> {
  return (await (party as LocalParty).keys()).keyring.all().length
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

describe('A party that shares no history', () => {
  /** Alice and Bob have a party; Carol was in it, and is removed; Dave joins after. */
  async function told (history: boolean): Promise<{ alice: Party, bob: Party, dave: Party, first: Uint8Array, nodes: TestNode[] }> {
    const nodes = await Promise.all([network.node(), network.node(), network.node(), network.node()])
    const [alice, bob, carol, dave] = nodes as [TestNode, TestNode, TestNode, TestNode]
    const party = await alice.services.parties.create({ name: 'Book club', history })
    const bobs = await join(party, bob)
    await join(party, carol)
    const first = await party.seal(NOTE)
    const before = party.epoch.id
    await party.remove(carol.peerId)
    expect(party.epoch.id).not.toBe(before)
    const daves = await join(party, dave)
    await agreed(party, bobs, daves)

    return { alice: party, bob: bobs, dave: daves, first, nodes }
  }

  it('gives a newcomer nothing older than their admission: not with the Grant, and not by asking', async () => {
    const { alice, bob, dave, first } = await told(false)
    expect([alice, bob, dave].map(({ epoch }) => epoch.history)).toEqual([false, false, false])

    expect((await dave.open(await alice.seal(NOTE))).bytes).toEqual(NOTE)
    expect((await bob.open(first)).bytes).toEqual(NOTE)
    const asked = new AbortController()
    const opening = dave.open(first, { signal: asked.signal })
    expect(await secretsOf(dave)).toBe(1)
    asked.abort()
    await expect(opening).rejects.toThrow()
  })
})
