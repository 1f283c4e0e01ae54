import { afterEach, describe, expect, it, vi } from 'vitest'
import { opIdOf } from '../../src/log/index.js'
import { LOG_PROTOCOL } from '../../src/sync/index.js'
import { createNetwork } from '../../src/testing/index.js'
import { connect, rolesOf, story } from '../helpers/parties.js'
import type { Party } from '../../src/index.js'
import type { LocalParty } from '../../src/parties/party.js'
import type { TestNode } from '../../src/testing/index.js'
import type { Story } from '../helpers/parties.js'

let told: Story

afterEach(async () => told.network.stop())

describe('Members keep their logs together', () => {
  it('Bob, an admin, invites Carol; Alice learns of her, and Carol of all', async () => {
    told = await story()
    const { network, alice, bob, party } = told
    const toBob = await party.invite({ role: 'admin' })
    const bobs = await bob.services.parties.redeem(toBob.code).setPin(toBob.pin)
    const carol = await network.node()
    const toCarol = await bobs.invite({ role: 'reader' })
    const carols = await carol.services.parties.redeem(toCarol.code).setPin(toCarol.pin)

    await vi.waitFor(() => {
      expect(Object.keys(rolesOf(party))).toHaveLength(3)
      expect(rolesOf(carols)).toEqual(rolesOf(party))
      expect(rolesOf(bobs)).toEqual(rolesOf(party))
    })
    expect(rolesOf(party)[carol.peerId.toString()]).toBe('reader')
    await vi.waitFor(() => { expect(carols.synced?.peer.equals(bob.peerId)).toBe(true) })
    expect(alice.getConnections(carol.peerId)).toEqual([])
  })

  it('the newcomer opens the stream: its inviter does not ask it before it has the party', async () => {
    told = await story()
    const { alice, bob, party } = told
    const opened: string[] = []
    alice.addEventListener('connection:open', ({ detail: connection }) => {
      const newStream = connection.newStream.bind(connection)
      connection.newStream = async (protocols, options) => {
        opened.push(String(protocols))
        return newStream(protocols, options)
      }
    })
    const { code, pin } = await party.invite()
    const bobs = await bob.services.parties.redeem(code).setPin(pin)
    await vi.waitFor(() => { expect(bobs.synced).toBeDefined() })
    expect(opened).not.toContain(LOG_PROTOCOL)
  })

  it('Alice makes a change and goes at once: who is connected has acknowledged it', async () => {
    told = await story()
    const { alice, bob, party } = told
    expect(await party.delivered()).toEqual([])
    const toBob = await party.invite({ role: 'writer' })
    const bobs = await bob.services.parties.redeem(toBob.code).setPin(toBob.pin)
    await vi.waitFor(() => { expect(bobs.synced).toBeDefined() })
    await party.setRole(bob.peerId, 'admin')
    expect((await party.delivered()).map(String)).toEqual([bob.peerId.toString()])
    expect(bobs.role).toBe('admin')
    await alice.stop()

    await party.delivered({ signal: AbortSignal.abort(new Error('enough')) }).catch((err: Error) => { expect(err.message).toBe('enough') })
  })

  it('what was written apart comes together when they meet', async () => {
    told = await story()
    const { network, alice, bob, party } = told
    const toBob = await party.invite({ role: 'admin' })
    const bobs = await bob.services.parties.redeem(toBob.code).setPin(toBob.pin)
    await vi.waitFor(() => { expect(bobs.synced).toBeDefined() })
    await bob.hangUp(alice.peerId)

    const [carol, dave] = await Promise.all([network.node(), network.node()])
    const [toCarol, toDave] = [await party.invite(), await bobs.invite()]
    await carol.services.parties.redeem(toCarol.code).setPin(toCarol.pin)
    await dave.services.parties.redeem(toDave.code).setPin(toDave.pin)
    expect(Object.keys(rolesOf(party))).toHaveLength(3)
    expect(Object.keys(rolesOf(bobs))).toHaveLength(3)

    await connect(bob, alice)
    await vi.waitFor(() => {
      expect(Object.keys(rolesOf(party))).toHaveLength(4)
      expect(rolesOf(bobs)).toEqual(rolesOf(party))
    })
  })

  it('the newcomer to a large party is a member at once; the rest follows, with progress', async () => {
    told = await story()
    const { network, alice, bob, party } = told
    await Promise.all(Array.from({ length: 60 }, async () => party.invite({ role: 'reader', uses: 3 })))
    const toBob = await party.invite({ role: 'admin' })
    const bobs = await bob.services.parties.redeem(toBob.code).setPin(toBob.pin)
    await vi.waitFor(() => { expect(bobs.synced).toBeDefined() })

    const carol = await network.node()
    const seen: number[] = []
    const toCarol = await bobs.invite({})
    const carols = await carol.services.parties.redeem(toCarol.code).setPin(toCarol.pin)
    carols.subscribe(() => { seen.push(carols.getSnapshot().progress?.done ?? -1) })
    expect(rolesOf(carols)[carol.peerId.toString()]).toBe('writer')
    await vi.waitFor(() => { expect(rolesOf(carols)).toEqual(rolesOf(bobs)) })
    expect(alice.getConnections(carol.peerId)).toEqual([])
  })

  it('several parties go over one connection, each to its own members alone', async () => {
    told = await story()
    const { network, alice, bob, party } = told
    const carol = await network.node()
    const other = await alice.services.parties.create({ name: 'Choir' })
    const join = async (of: Party, node: TestNode): Promise<Party> => {
      const { code, pin } = await of.invite()

      return node.services.parties.redeem(code).setPin(pin)
    }
    const [bobsClub, bobsChoir] = [await join(party, bob), await join(other, bob)]
    const carolsChoir = await join(other, carol)

    await vi.waitFor(() => {
      expect(rolesOf(bobsChoir)).toEqual(rolesOf(other))
      expect(rolesOf(carolsChoir)).toEqual(rolesOf(other))
    })
    expect(Object.keys(rolesOf(other))).toHaveLength(3)
    expect(Object.keys(rolesOf(bobsClub))).toHaveLength(2)
    expect((await carol.services.parties.list()).map(({ name }) => name)).toEqual(['Choir'])
    expect(bob.getConnections(alice.peerId)).toHaveLength(1)
  })

  it('who joins is told of by name, in the same moment', async () => {
    told = await story()
    const { bob, party } = told
    await bob.services.parties.setProfile({ displayName: 'Bob' })
    const names: Array<string | undefined> = []
    const invitation = await party.invite({ onJoin: ({ member }) => { names.push(member.profile.displayName) } })
    const nameOf = (): string | undefined => party.members.find(({ peerId }) => peerId.equals(bob.peerId))?.profile.displayName
    invitation.subscribe(() => {
      if (invitation.getSnapshot().usedBy.length > 0) {
        names.push(nameOf())
      }
    })
    await bob.services.parties.redeem(invitation.code).setPin(invitation.pin)
    await vi.waitFor(() => { expect(names.length).toBeGreaterThan(1) })
    expect(new Set(names)).toEqual(new Set(['Bob']))
  })

  it('profiles travel beside the log, and the newest wins', async () => {
    const network = createNetwork()
    const [alice, bob, carol] = await Promise.all(['Alice', 'Bob', 'Carol'].map(async displayName => network.node({ profile: { displayName } }))) as [TestNode, TestNode, TestNode]
    const party = await alice.services.parties.create({ name: 'Book club' })
    told = { network, alice, bob, party }
    const names = (party: Party) => party.members.map(({ profile }) => profile.displayName).sort()
    const [toBob, toCarol] = [await party.invite(), await party.invite()]
    const bobs = await bob.services.parties.redeem(toBob.code).setPin(toBob.pin)
    const carols = await carol.services.parties.redeem(toCarol.code).setPin(toCarol.pin)

    await vi.waitFor(() => {
      for (const replica of [party, bobs, carols]) {
        expect(names(replica)).toEqual(['Alice', 'Bob', 'Carol'])
      }
    })

    await bob.services.parties.setProfile({ displayName: 'Robert' })
    await vi.waitFor(() => { expect(names(carols)).toEqual(['Alice', 'Carol', 'Robert']) })
  })

  it('a replica that is behind by a little is sent that little', async () => {
    told = await story()
    const { alice, bob, party } = told
    await Promise.all(Array.from({ length: 100 }, async () => party.invite()))
    const toBob = await party.invite()
    const bobs = await bob.services.parties.redeem(toBob.code).setPin(toBob.pin) as LocalParty
    await vi.waitFor(() => { expect(bobs.synced).toBeDefined() })
    await bob.hangUp(alice.peerId)
    const { id } = await party.invite()

    const received: string[] = []
    const verify = bobs.log.verify.bind(bobs.log)
    bobs.log.verify = async (ops, options) => {
      received.push(...ops.map(op => opIdOf(op.body)))
      return verify(ops, options)
    }
    await connect(bob, alice)
    await vi.waitFor(() => { expect(bobs.log.get(id)).toBeDefined() })
    expect(received).toEqual([id])
  })
})
