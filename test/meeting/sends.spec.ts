import { afterEach, expect, it, vi } from 'vitest'
import { MAX_LINKS } from '../../src/meeting/links/constants.js'
import { LOG_PROTOCOL } from '../../src/sync/constants.js'
import { decodeFrame } from '../../src/sync/frames.js'
import { createNetwork, FakeClock } from '../../src/testing/index.js'
import type { LocalParty } from '../../src/parties/party.js'
import type { Network } from '../../src/testing/index.js'

const MEMBERS = 16

let network: Network

afterEach(async () => network.stop())

/** A message without its length. */
function frameOf (data: Uint8Array): Uint8Array {
  return data.subarray(data.findIndex(byte => byte < 0x80) + 1)
}

it('an op costs each node six sends at most, however many members it is connected with, and reaches all', async () => {
  const clock = new FakeClock()
  network = createNetwork({ clock })
  const alice = await network.node()
  const party = await alice.services.parties.create({ name: 'Book club' })
  const invitation = await party.invite({ role: 'reader', uses: MEMBERS })
  const replicas = [party as LocalParty]

  for (let nth = 0; nth < MEMBERS; nth++) {
    const node = await network.node()
    replicas.push(await node.services.parties.redeem(invitation.code).setPin(invitation.pin) as LocalParty)
  }

  await vi.waitFor(() => {
    clock.advance(500)
    expect(replicas.map(({ log }) => log.size)).toEqual(replicas.map(() => MEMBERS + 3))
  })
  // from here on the clock stands still: nobody asks for another link
  await vi.waitFor(() => { expect(party.online).toHaveLength(MEMBERS) })
  let said = 0
  let before = -1
  const watched = network.meddle(() => {
    said++

    return undefined
  })
  // links are agreed
  await vi.waitFor(() => {
    const last = before
    before = said
    expect(said).toBe(last)
  }, { interval: 250, timeout: 20_000 })
  watched()
  const told = new Map<string, Set<string>>()
  network.meddle(({ from, to, protocol, data }) => {
    const frame = protocol === LOG_PROTOCOL ? decodeFrame(frameOf(data)) : undefined

    if (frame?.kind === 'items' && frame.items.pull === 0 && frame.items.ops.length > 0) {
      told.set(from.toString(), (told.get(from.toString()) ?? new Set()).add(to.toString()))
    }

    return undefined
  })
  const { id } = await party.invite()
  await vi.waitFor(() => { expect(replicas.filter(({ log }) => log.has(id))).toHaveLength(MEMBERS + 1) })
  expect(told.get(alice.peerId.toString())?.size).toBeGreaterThan(0)
  expect(Math.max(...[...told.values()].map(({ size }) => size))).toBeLessThanOrEqual(MAX_LINKS)
})
