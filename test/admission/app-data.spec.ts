import { generateKeyPair } from '@libp2p/crypto/keys'
import { utf8ToBytes } from '@noble/hashes/utils.js'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { story } from '../helpers/parties.js'
import type { LocalParty } from '../../src/parties/party.js'
import type { Story } from '../helpers/parties.js'

let told: Story

afterEach(async () => told.network.stop())

const bytes = utf8ToBytes
const full = (fill: number): Uint8Array => new Uint8Array(512).fill(fill)

describe('The app of a party', () => {
  it('is shown before the PIN, and is the same for all members, after a restart too', async () => {
    told = await story()
    const { network, alice, bob } = told
    const party = await alice.services.parties.create({ name: 'Notes', app: bytes('automerge:4NMNnkMhL8jXrdJ9jamS58PAVdXu') })
    const { code, pin } = await party.invite()
    expect((await bob.services.parties.lookup(code)).party).toEqual({ key: party.key, name: 'Notes', kind: 'group', app: party.app })
    const joined = await bob.services.parties.redeem(code).setPin(pin)
    expect(joined.app).toEqual(bytes('automerge:4NMNnkMhL8jXrdJ9jamS58PAVdXu'))
    await bob.stop()
    await bob.start()
    expect((await bob.services.parties.open(party.key)).app).toEqual(party.app)

    // Bob, who did not make it, tells Carol the same
    await (party as LocalParty).setRole(bob.peerId, 'admin')
    await bob.dial(alice.getMultiaddrs())
    await vi.waitFor(() => { expect(joined.role).toBe('admin') })
    const carol = await network.node()
    const second = await joined.invite()
    expect((await carol.services.parties.redeem(second.code).setPin(second.pin)).app).toEqual(party.app)
  })

  it('may be none, or no bytes, which is not the same', async () => {
    told = await story()
    const { alice, bob } = told

    for (const app of [undefined, new Uint8Array()]) {
      const party = await alice.services.parties.create({ name: 'Notes', app })
      const { code, pin } = await party.invite()
      expect((await bob.services.parties.lookup(code)).party.app).toEqual(app)
      expect((await bob.services.parties.redeem(code).setPin(pin)).app).toEqual(app)
    }
  })

  it('is the app\'s to change nowhere: not by the bytes that it gave, nor by those that it read', async () => {
    told = await story()
    const app = bytes('notes')
    const party = await told.alice.services.parties.create({ name: 'Notes', app })
    app.fill(0)
    party.app?.fill(0)
    expect(party.app).toEqual(bytes('notes'))
  })

  it('has 512 bytes at most', async () => {
    told = await story()
    await expect(told.alice.services.parties.create({ name: 'Notes', app: new Uint8Array(513) })).rejects.toThrow(/^A party's app data is a Uint8Array of at most 512 bytes/)
    await expect(told.alice.services.parties.create({ name: 'Notes', app: 'notes' as unknown as Uint8Array })).rejects.toMatchObject({ name: 'RangeError' })
    await expect(told.party.invite({ data: new Uint8Array(513) })).rejects.toThrow(/^An invitation's data is a Uint8Array of at most 512 bytes/)
    expect(await told.alice.services.parties.list()).toHaveLength(1)
    expect(told.party.invitations.list().items).toEqual([])
  })
})

describe('The data of an invitation', () => {
  it('is shown to Bob before the PIN, and read at both ends', async () => {
    told = await story()
    const { alice, bob, party } = told
    const data = bytes('https://notes.example/page/7')
    const invitation = await party.invite({ data })
    expect(invitation.data).toEqual(data)
    expect((await bob.services.parties.lookup(invitation.code)).data).toEqual(data)

    const redemption = bob.services.parties.redeem(invitation.code)
    expect(redemption.data).toBeUndefined()
    expect((await redemption.ready())?.data).toEqual(data)
    expect(redemption.data).toEqual(data)
    const joined = await redemption.setPin(invitation.pin)
    expect(redemption.data).toEqual(data)
    await vi.waitFor(() => { expect(joined.invitations.list().items).toMatchObject([{ id: invitation.id, data }]) })
    expect(party.invitations.list().items[0]?.data).toEqual(data)

    // as the next start has it, and a fresh code after that
    await alice.stop()
    await alice.start()
    const restored = party.invitations.get(invitation.id)
    expect(restored?.data).toEqual(data)
    expect((await restored?.renew())?.data).toEqual(data)
    expect((await party.invite()).data).toBeUndefined()
  })

  it('is not known to who does not hold the secret: an outsider sees nothing, and a member all', async () => {
    told = await story()
    const { bob, party } = told
    const [first, second] = [await party.invite({ data: bytes('one') }), await party.invite({ data: bytes('two') })]
    expect((await bob.services.parties.lookup(first.code)).data).toEqual(bytes('one'))
    const joined = await bob.services.parties.redeem(first.code).setPin(first.pin)
    await vi.waitFor(() => { expect(joined.invitations.list().items.map(({ id, data }) => [id, data])).toContainEqual([second.id, bytes('two')]) })
  })

  it('comes with a Grant that is repeated, to a node that was shown nothing', async () => {
    told = await story()
    const { network, party } = told
    const privateKey = await generateKeyPair('Ed25519')
    const invitation = await party.invite({ data: bytes('page 7') })
    const bob = await network.node({ privateKey })
    await bob.services.parties.redeem(invitation.code).setPin(invitation.pin)
    await bob.stop()

    // his store was lost, his key was not
    const again = (await network.node({ privateKey })).services.parties.redeem(invitation.code)
    expect(await again.ready()).toBeUndefined()
    expect(again.data).toEqual(bytes('page 7'))
  })

  it('fills its frames: the largest app and data that there may be, with all else at its longest', async () => {
    told = await story({ profile: { displayName: 'A'.repeat(256), picture: 'p'.repeat(512) } })
    const { alice, bob } = told
    const party = await alice.services.parties.create({ name: 'N'.repeat(256), picture: 'p'.repeat(512), app: full(1) })
    const invitation = await party.invite({ data: full(2) })
    const redemption = bob.services.parties.redeem(invitation.code)
    expect(await redemption.ready()).toMatchObject({ party: { app: full(1) }, data: full(2) })
    expect((await redemption.setPin(invitation.pin)).app).toEqual(full(1))
  })
})
