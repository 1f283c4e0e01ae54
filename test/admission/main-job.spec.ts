import { afterEach, describe, expect, it, vi } from 'vitest'
import { createNetwork } from '../../src/testing/index.js'
import type { Network, TestNode } from '../../src/testing/index.js'

let network: Network

async function two (): Promise<[TestNode, TestNode]> {
  network = createNetwork()
  return Promise.all([network.node({ profile: { displayName: 'Alice' } }), network.node({ profile: { displayName: 'Bob' } })])
}

afterEach(async () => network.stop())

describe('Alice invites Bob', () => {
  it('with a code and a PIN, and both have the same members', async () => {
    const [alice, bob] = await two()
    const party = await alice.services.parties.create({ name: 'Book club' })
    const onDone = vi.fn()
    const invitation = await party.invite({ role: 'writer', onDone })
    const redemption = bob.services.parties.redeem(invitation.code)
    const joined = await redemption.setPin(invitation.pin)

    await vi.waitFor(() => { expect(onDone).toHaveBeenCalledOnce() })
    expect(joined.key).toBe(party.key)
    expect(joined.members.map(({ peerId, role }) => [peerId.toString(), role])).toEqual([
      [alice.peerId.toString(), 'owner'],
      [bob.peerId.toString(), 'writer']
    ])
    expect(party.members.map(({ peerId, role }) => [peerId.toString(), role])).toEqual(joined.members.map(({ peerId, role }) => [peerId.toString(), role]))
    expect(invitation.status).toBe('used')
    expect(redemption.state).toBe('admitted')
  })

  it('and he knows her by the name that she showed him as soon as he is in, before the two have synced', async () => {
    const [alice, bob] = await two()
    const party = await alice.services.parties.create({ name: 'Book club' })
    const { code, pin } = await party.invite()
    let names: unknown
    bob.services.parties.addEventListener('party', ({ detail: { members } }) => { names = members.map(({ profile }) => profile.displayName) })
    await bob.services.parties.redeem(code).setPin(pin)

    expect(names).toEqual(['Alice', 'Bob'])
  })
})
