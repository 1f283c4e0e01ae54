/** A device of one's own is invited by the handshake that there is: what it was shown, what it signs, and what it takes for a home. */
import { generateKeyPair } from '@libp2p/crypto/keys'
import { hexToBytes, randomBytes } from '@noble/hashes/utils.js'
import { MemoryDatastore } from 'datastore-core'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { encodeCode } from '../../src/codec/index.js'
import { homeKeyOf } from '../../src/log/home.js'
import { keyOf, MembershipLog } from '../../src/log/index.js'
import { createNetwork, FakeClock } from '../../src/testing/index.js'
import { lies } from '../helpers/attackers.js'
import { callbacks, join, wrongPin } from '../helpers/parties.js'
import type { Invitation, Party } from '../../src/index.js'
import type { Key } from '../../src/log/index.js'
import type { LocalParty } from '../../src/parties/party.js'
import type { Network, NodeInit, TestNode } from '../../src/testing/index.js'

let network: Network
let phone: TestNode

beforeEach(async () => {
  network = createNetwork({ meet: false })
  phone = await network.node({ profile: { displayName: 'Alice' } })
})

afterEach(async () => {
  vi.restoreAllMocks()
  await network.stop()
})

const logOf = (party: Party): MembershipLog => (party as LocalParty).log
const homeOf = ({ party }: Invitation): MembershipLog => logOf(party)

/** Keys of the devices that stand in a home. */
const devicesIn = (home: MembershipLog): Key[] => [...home.members()].flatMap(({ person }) => home.keysOf(person))

async function lostIn (invitation: Invitation, node: TestNode): Promise<void> {
  const joining = vi.spyOn(MembershipLog, 'join').mockRejectedValueOnce(new TypeError('the page was closed'))
  await expect(node.services.parties.redeem(invitation.code).setPin(invitation.pin)).rejects.toThrow(TypeError)
  joining.mockRestore()
}

describe('Alice\'s phone invites her laptop', () => {
  it('which is shown that it becomes a device of hers; a PIN, and it is linked in her home by this invitation', async () => {
    const laptop = await network.node()
    const told = callbacks()
    const invitation = await phone.services.parties.person.invite(told)
    const preview = await laptop.services.parties.lookup(invitation.code)
    expect(preview).toMatchObject({ party: { key: invitation.party.key, name: 'home', kind: 'person' }, inviter: { profile: { displayName: 'Alice' } }, attemptsLeft: 3 })

    const home = await laptop.services.parties.redeem(invitation.code, { seen: preview }).setPin(invitation.pin)
    const key = keyOf(laptop.peerId)
    expect(home).toMatchObject({ key: invitation.party.key, kind: 'person', role: 'owner' })
    expect(devicesIn(homeOf(invitation))).toEqual([keyOf(phone.peerId), key])
    expect(homeOf(invitation).linkOf(key)?.payload.invite).toBe(invitation.id)
    await vi.waitFor(() => { expect(told.ends()).toEqual(['onDone']) })
    expect(told.joins).toMatchObject([{ member: { peerId: laptop.peerId } }])
    expect(invitation.getSnapshot()).toMatchObject({ status: 'used', usedBy: [laptop.peerId] })
  })

  it('and the laptop, linked so, invites the tablet', async () => {
    const [laptop, tablet] = [await network.node(), await network.node()]
    const first = await phone.services.parties.person.invite()
    await laptop.services.parties.redeem(first.code).setPin(first.pin)
    await vi.waitFor(() => { expect(laptop.services.parties.person.devices).toHaveLength(2) })
    const home = await laptop.services.parties.person.invite()
    const joined = await tablet.services.parties.redeem(home.code).setPin(home.pin)
    // of a chain of two LINKs: known from the Grant alone
    expect(devicesIn(logOf(joined))).toContain(keyOf(laptop.peerId))
    await vi.waitFor(() => { expect(devicesIn(homeOf(first))).toHaveLength(3) })
  })

  it('where a person says yes, both screens show the same; her no links nothing', async () => {
    const laptop = await network.node()
    const shown: string[] = []
    const invitation = await phone.services.parties.person.invite({ approve: ({ comparison }) => { shown.push(comparison); return shown.length > 1 } })
    const refused = laptop.services.parties.redeem(invitation.code)
    await expect(refused.setPin(invitation.pin)).rejects.toMatchObject({ name: 'InvitationDeclinedError' })
    expect(devicesIn(homeOf(invitation))).toEqual([keyOf(phone.peerId)])

    const redemption = laptop.services.parties.redeem(invitation.code)
    redemption.subscribe(() => { shown.push(redemption.getSnapshot().comparison ?? '') })
    await redemption.setPin(invitation.pin)
    expect(new Set(shown.filter(text => text !== '').slice(1)).size).toBe(1)
    expect(devicesIn(homeOf(invitation))).toHaveLength(2)
  })

  it('by four words, or a link without a PIN, as any other', async () => {
    const laptop = await network.node()
    const { code } = await phone.services.parties.person.invite({ pin: false })
    expect(await laptop.services.parties.redeem(code).accept()).toMatchObject({ kind: 'person' })
  })

  it('a home is made by inviting a device, and not by `create`', async () => {
    // @ts-expect-error -- as from JavaScript
    await expect(phone.services.parties.create({ name: 'home', kind: 'person' })).rejects.toMatchObject({ name: 'RangeError' })
  })
})

describe('It ends as any other', () => {
  it.each<[string, string, (invitation: Invitation, clock: FakeClock, guest: TestNode) => unknown]>([
    ['time is over', 'InvitationExpiredError', async (_, clock) => clock.advance(3_600_000)],
    ['taken back', 'InvitationRevokedError', async invitation => invitation.cancel()],
    ['three wrong PINs', 'InvitationLockedError', async (invitation, _, guest) => {
      const redemption = guest.services.parties.redeem(invitation.code)

      for (const nth of [1, 2, 3]) {
        await redemption.setPin(wrongPin(invitation, nth)).catch(() => {})
      }
    }],
    ['used by another device', 'InvitationUsedError', async (invitation, _, guest) => guest.services.parties.redeem(invitation.code).setPin(invitation.pin)]
  ])('%s', async (_, name, end) => {
    const clock = new FakeClock()
    const [own, guest, laptop] = [await network.node({ clock }), await network.node({ clock }), await network.node({ clock })]
    const invitation = await own.services.parties.person.invite()
    const { code, pin } = invitation
    await end(invitation, clock, guest)
    await expect(laptop.services.parties.redeem(code).setPin(pin)).rejects.toMatchObject({ name })
    expect(devicesIn(homeOf(invitation))).not.toContain(keyOf(laptop.peerId))
  })
})

describe('Something is lost', () => {
  async function device (init: Partial<NodeInit> = {}): Promise<{ node: TestNode, init: NodeInit }> {
    const all = { privateKey: await generateKeyPair('Ed25519'), datastore: new MemoryDatastore(), ...init }

    return { node: await network.node(all), init: all }
  }

  it('the Grant: the same LINK comes again, without a PIN', async () => {
    const laptop = await network.node()
    const invitation = await phone.services.parties.person.invite()
    await lostIn(invitation, laptop)
    const before = homeOf(invitation).size
    const redemption = laptop.services.parties.redeem(invitation.code)
    await redemption.ready()
    expect(redemption.getSnapshot()).toMatchObject({ state: 'admitted', party: { kind: 'person' } })
    expect(homeOf(invitation).size).toBe(before)
  })

  it('the laptop\'s store, its key kept: another code and its PIN bring the home back, and use nothing', async () => {
    const laptop = await device()
    const first = await phone.services.parties.person.invite()
    await laptop.node.services.parties.redeem(first.code).setPin(first.pin)
    await laptop.node.stop()

    const again = await device({ privateKey: laptop.init.privateKey })
    const invitation = await phone.services.parties.person.invite()
    expect(await again.node.services.parties.lookup(invitation.code)).toMatchObject({ isMember: true })
    const home = await again.node.services.parties.redeem(invitation.code).setPin(invitation.pin)
    expect(home.key).toBe(invitation.party.key)
    expect(devicesIn(homeOf(invitation))).toHaveLength(2)
    expect(invitation.getSnapshot()).toMatchObject({ status: 'pending', usedBy: [] })
  })

  it('the phone\'s store, which the words linked: the laptop\'s code brings it back', async () => {
    const own = await device()
    const laptop = await network.node()
    const first = await own.node.services.parties.person.invite()
    await laptop.services.parties.redeem(first.code).setPin(first.pin)
    await vi.waitFor(() => { expect(laptop.services.parties.person.devices).toHaveLength(2) })
    await own.node.stop()

    const again = await device({ privateKey: own.init.privateKey })
    const invitation = await laptop.services.parties.person.invite()
    const home = await again.node.services.parties.redeem(invitation.code).setPin(invitation.pin)
    expect(home.key).toBe(first.party.key)
    await vi.waitFor(() => { expect(devicesIn(logOf(home))).toEqual([keyOf(again.node.peerId), keyOf(laptop.peerId)]) })
  })
})

describe('What is refused, by name', () => {
  it('a device that is linked already', async () => {
    const laptop = await network.node()
    const first = await phone.services.parties.person.invite()
    await laptop.services.parties.redeem(first.code).setPin(first.pin)
    const { code } = await phone.services.parties.person.invite()
    await expect(laptop.services.parties.redeem(code).ready()).rejects.toMatchObject({ name: 'AlreadyMemberError' })
  })

  it('one that was unlinked: its key never returns', async () => {
    const laptop = await network.node()
    const first = await phone.services.parties.person.invite()
    await laptop.services.parties.redeem(first.code).setPin(first.pin)
    await homeOf(first).append('UNLINK', { key: keyOf(laptop.peerId) })
    const invitation = await phone.services.parties.person.invite()

    for (const code of [first.code, invitation.code]) {
      await expect(laptop.services.parties.redeem(code).ready()).rejects.toMatchObject({ name: 'NotPermittedError', message: expect.stringContaining('unlinked') as string })
    }
  })

  it('the recovery key asked to invite, and the recovery key as a device', async () => {
    const invitation = await phone.services.parties.person.invite()
    const home = homeOf(invitation)
    const datastore = (phone as unknown as { components: { datastore: MemoryDatastore } }).components.datastore
    const { LocalRecovery } = await import('../../src/person/index.js')
    const recovery = new LocalRecovery(datastore)
    await recovery.load()
    const privateKey = (await recovery.keys())?.privateKey
    const terms = { lookupId: '00'.repeat(16), role: 'owner' as const, uses: 1, hosts: [], createdAt: 0, expiresAt: 0 }
    await expect(home.append('INVITE', terms, { signer: privateKey })).rejects.toMatchObject({ name: 'NotPermittedError' })

    const words = await network.node({ privateKey })
    await expect(words.services.parties.redeem(invitation.code).ready()).rejects.toMatchObject({ name: 'NotPermittedError' })
  })
})

describe('Eve sends Bob the code of her device invitation', () => {
  it('as if it led into a party: he is shown what it is, and if he types the PIN all the same, no seat of his is touched', async () => {
    const [eve, bob, alice] = [await network.node(), await network.node(), await network.node()]
    const party = await alice.services.parties.create({ name: 'Book club' })
    const bobs = await join(party, bob)
    const before = logOf(party).size
    const invitation = await eve.services.parties.person.invite()
    const preview = await bob.services.parties.lookup(invitation.code)
    expect(preview.party.kind).toBe('person')
    // what he had seen elsewhere as a group he does not join as a device
    await expect(bob.services.parties.redeem(invitation.code, { seen: { ...preview, party: { ...preview.party, kind: 'group' } } }).setPin(invitation.pin)).rejects.toMatchObject({ name: 'PreviewMismatchError' })

    await bob.services.parties.redeem(invitation.code).setPin(invitation.pin).catch(() => {})
    const { person = '' } = logOf(party).member(keyOf(bob.peerId)) ?? {}
    expect(logOf(party).keysOf(person)).toEqual([keyOf(bob.peerId)])
    expect([logOf(party).size, logOf(bobs).size]).toEqual([before, before])
  })

  async function trap (init: { recovery?: Uint8Array, name?: string, kind?: number, genesis?: Uint8Array }): Promise<{ code: string, eve: TestNode }> {
    const eve = await network.node()
    const secret = randomBytes(16)
    const { genesis = new Uint8Array(32).fill(1), ...preview } = init
    await lies(eve, { secret, pin: '123456', offer: { genesis }, preview: { role: 0, ...preview } })

    return { eve, code: encodeCode({ secret, inviter: eve.peerId, addresses: eve.getMultiaddrs() }) }
  }

  it('with a home that is shown as something else, or is nobody\'s: nothing is signed', async () => {
    const recovery = keyOf(await generateKeyPair('Ed25519'))
    const home = { kind: 3, name: 'home', recovery: hexToBytes(recovery), genesis: hexToBytes(homeKeyOf(recovery)) }

    for (const wrong of [{ name: 'Book club' }, { genesis: new Uint8Array(32).fill(1) }, { recovery: undefined }, { recovery: new Uint8Array(32).fill(7) }]) {
      const { code } = await trap({ ...home, ...wrong })
      const bob = await network.node()
      await expect(bob.services.parties.lookup(code)).rejects.toMatchObject({ name: 'ProtocolError' })
      await expect(bob.services.parties.redeem(code).setPin('123456')).rejects.toMatchObject({ name: 'ProtocolError' })
    }
  })

  it('which a device of Alice\'s renamed: it is shown as a home all the same', async () => {
    const invitation = await phone.services.parties.person.invite()
    await homeOf(invitation).append('INFO', { name: 'Book club' })
    const laptop = await network.node()
    expect((await laptop.services.parties.lookup(invitation.code)).party).toEqual({ key: invitation.party.key, name: 'home', kind: 'person' })
    await expect(laptop.services.parties.redeem(invitation.code).setPin(invitation.pin)).resolves.toMatchObject({ kind: 'person' })
  })
})
