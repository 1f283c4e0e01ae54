/** What is over holds nothing: neither memory nor secrets, neither names nor places. */
import { queryObjects } from 'node:v8'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { MemoryDatastore } from 'datastore-core'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { CPaceInitiator, CPaceResponder } from '../../src/cpace/index.js'
import { GivenPins } from '../../src/admission/given-pins.js'
import { Handshakes } from '../../src/admission/handshakes.js'
import { LocalRedemption } from '../../src/admission/redemption.js'
import { createNetwork } from '../../src/testing/index.js'
import { callbacks, wrongPin } from '../helpers/parties.js'
import type { Key } from 'interface-datastore'
import type { Party } from '../../src/index.js'
import type { LocalParty } from '../../src/parties/party.js'
import type { Network, TestNode } from '../../src/testing/index.js'

let network: Network
let alice: TestNode
let bob: TestNode
let party: Party
let datastore: MemoryDatastore

beforeEach(async () => {
  network = createNetwork()
  datastore = new MemoryDatastore()
  ;[alice, bob] = await Promise.all([network.node({ datastore, privateKey: await generateKeyPair('Ed25519') }), network.node()])
  party = await alice.services.parties.create({ name: 'Book club' })
})

afterEach(async () => {
  vi.restoreAllMocks()
  await network.stop()
})

/** Objects of a class that something still holds. */
const alive = (Class: abstract new (...args: never[]) => object): number => queryObjects(Class, { format: 'count' })

const invitesOf = (): number => [...(party as LocalParty).log.invites()].length

describe('A redemption that is over', () => {
  it('is freed at once, not when the node stops; what an app still holds of it knows neither PIN nor code', async () => {
    const before = [LocalRedemption, Handshakes, GivenPins, CPaceInitiator, CPaceResponder].map(alive)
    const held = await (async () => {
      const invitation = await party.invite({ uses: 3 })
      const admitted = bob.services.parties.redeem(invitation.code)
      await admitted.ready()
      // an error that a test keeps would keep what its stack was made of
      expect(await admitted.setPin(wrongPin(invitation)).catch((err: unknown) => (err as Error).name)).toBe('WrongPinError')
      await admitted.setPin(invitation.pin)
      const cancelled = (await network.node()).services.parties.redeem(invitation.code)
      await cancelled.ready()
      await cancelled.cancel()
      await vi.waitFor(() => { expect(cancelled.state).toBe('cancelled') })
      await vi.waitFor(() => { expect(invitation.getSnapshot().guests).toBe(0) })

      return [admitted]
    })()

    // the one that Bob's app holds; its handshakes and their secrets are gone
    await vi.waitFor(() => { expect([LocalRedemption, Handshakes, GivenPins, CPaceInitiator, CPaceResponder].map((Class, nth) => alive(Class) - (before[nth] ?? 0))).toEqual([1, 0, 0, 0, 0]) })
    expect(held[0]?.state).toBe('admitted')
  })
})

describe('Alice\'s app changes its mind while it invites', () => {
  it('while the node waits for what others have: it is told at once, and there is no invitation', async () => {
    vi.spyOn(party as LocalParty, 'freshen').mockImplementation(async () => new Promise(() => {}))
    const controller = new AbortController()
    const mine = callbacks()
    const inviting = party.invite({ ...mine, signal: controller.signal })
    controller.abort(new Error('changed my mind'))
    await expect(inviting).rejects.toThrow('changed my mind')
    await expect(party.invite({ signal: controller.signal })).rejects.toThrow('changed my mind')
    expect([invitesOf(), party.invitations.getSnapshot(), mine.ends()]).toEqual([0, [], []])
  })

  it('while it is written: told at once; what was written all the same is taken back, its secrets with it', async () => {
    const disk = Promise.withResolvers<void>()
    const writing = Promise.withResolvers<void>()
    const batch = datastore.batch.bind(datastore)
    vi.spyOn(datastore, 'batch').mockImplementationOnce(() => {
      const real = batch()
      const commit = real.commit.bind(real)

      return Object.assign(real, {
        commit: async () => {
          writing.resolve()
          await disk.promise
          await commit()
        }
      })
    })
    const controller = new AbortController()
    const inviting = party.invite({ signal: controller.signal })
    await writing.promise
    controller.abort(new Error('changed my mind'))
    await expect(inviting).rejects.toThrow('changed my mind')
    disk.resolve()

    await vi.waitFor(() => { expect(party.invitations.list().items.map(({ status }) => status)).toEqual(['revoked']) })
    expect(party.invitations.getSnapshot()).toEqual([])
    expect([...datastore._all({}) as Iterable<{ key: Key }>].filter(({ key }) => key.toString().startsWith('/plus-one/invitation/'))).toEqual([])
    // the next one is as always
    const invitation = await party.invite()
    await expect(bob.services.parties.redeem(invitation.code).setPin(invitation.pin)).resolves.toMatchObject({ key: party.key })
  })
})
