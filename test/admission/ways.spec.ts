import { afterEach, describe, expect, it, vi } from 'vitest'
import { encodeCode, parseCode } from '../../src/codec/index.js'
import { KIND_DEFAULTS } from '../../src/index.js'
import { FakeClock } from '../../src/testing/index.js'
import { callbacks, connect, rolesOf, story, wrongPin } from '../helpers/parties.js'
import type { Invitation, InviteOptions, ReceivedInvitation } from '../../src/index.js'
import type { LocalParty } from '../../src/parties/party.js'
import type { Story } from '../helpers/parties.js'

let told: Story

afterEach(async () => told.network.stop())

const MINUTE = 60_000

describe('The preview', () => {
  it('says all that Bob decides by, and costs nothing', async () => {
    told = await story({ profile: { displayName: 'Alice', picture: 'https://alice.example/a.png' } })
    const expiration = Date.now() + MINUTE
    const invitation = await told.party.invite({ role: 'reader', expiration, pin: { length: 8, alphabet: 'abcdef' }, approval: true })

    for (let i = 0; i < 5; i++) {
      await expect(told.bob.services.parties.lookup(invitation.link())).resolves.toMatchObject({
        code: invitation.code,
        party: { key: told.party.key, name: 'Book club', kind: 'group' },
        memberCount: 1,
        inviter: { profile: { displayName: 'Alice', picture: 'https://alice.example/a.png' } },
        role: 'reader',
        expiresAt: expiration,
        attemptsLeft: 3,
        pin: { length: 8, alphabet: 'abcdef' },
        approval: true
      })
    }

    expect(invitation.getSnapshot()).toMatchObject({ status: 'pending', attemptsLeft: 3, guests: 0 })
  })

  it('shows the party\'s picture, as a reference', async () => {
    told = await story()
    const choir = await told.alice.services.parties.create({ name: 'Choir', kind: 'community', picture: 'ipfs://bafy' })
    const { code } = await choir.invite()
    await expect(told.bob.services.parties.lookup(code)).resolves.toMatchObject({ party: { name: 'Choir', kind: 'community', picture: 'ipfs://bafy' }, role: 'reader' })
  })

  it('tells apart what an invitation has come to, and an inviter who is away', async () => {
    const clock = new FakeClock()
    told = await story({ clock, connectTimeout: 500 })
    const { alice, bob, party } = told
    const ended = async (end: (invitation: Invitation) => Promise<unknown>): Promise<string> => {
      const invitation = await party.invite({ attempts: 1 })
      await end(invitation).catch(() => {})

      return bob.services.parties.lookup(invitation.code).then(() => 'open', (err: Error) => err.name)
    }

    expect(await ended(async ({ code }) => bob.services.parties.decline(code))).toBe('InvitationDeclinedError')
    expect(await ended(async invitation => bob.services.parties.redeem(invitation.code).setPin(wrongPin(invitation)))).toBe('InvitationLockedError')
    expect(await ended(async invitation => invitation.cancel())).toBe('InvitationRevokedError')
    expect(await ended(async () => { clock.advance(2 * 60 * MINUTE) })).toBe('InvitationExpiredError')
    expect(await ended(async ({ code, pin }) => bob.services.parties.redeem(code).setPin(pin))).toBe('InvitationUsedError')

    const invitation = await party.invite()
    const { inviter, secret, addresses } = parseCode(invitation.code)
    const forged = encodeCode({ inviter, secret: secret.map(byte => byte ^ 1), addresses })
    await expect(bob.services.parties.lookup(forged)).rejects.toMatchObject({ name: 'InvitationNotFoundError' })
    await alice.stop()
    const carol = await told.network.node({ connectTimeout: 500 })
    await expect(carol.services.parties.lookup(invitation.code)).rejects.toMatchObject({ name: 'InviterUnreachableError' })
  })
})

describe('A PIN that was given', () => {
  it('is tried for as long as it was, also where somebody sets the clock', async () => {
    const clock = new FakeClock()
    told = await story({ clock })
    const { network, alice, bob, party } = told
    const { code, pin } = await party.invite({ expiration: 'never' })
    let dials = 0
    const redemption = bob.services.parties.redeem(code, { onProgress: ({ type }) => { dials += type === 'dialing' ? 1 : 0 } })
    await redemption.ready()
    network.partition([alice], [bob])
    const joining = redemption.setPin(pin)
    joining.catch(() => {})
    clock.jump(24 * 60 * MINUTE)
    const before = dials
    await vi.waitFor(() => {
      clock.advance(250)
      expect(dials).toBeGreaterThan(before + 2)
    })
    network.partition()
    await vi.waitFor(() => {
      clock.advance(1_000)
      expect(redemption.getSnapshot().state).toBe('admitted')
    })
    await expect(joining).resolves.toMatchObject({ key: party.key })
  })
})

describe('A direct invitation', () => {
  /** Alice knows Bob's PeerId, and they are connected. */
  async function direct (options: InviteOptions = {}) {
    told = await story()
    await connect(told.alice, told.bob)
    const received = new Promise<ReceivedInvitation>((resolve) => { told.bob.services.parties.addEventListener('received', ({ detail }) => { resolve(detail) }) })
    const mine = callbacks()
    const invitation = await told.party.invite({ ...mine, to: told.bob.peerId, pin: false, ...options })

    return { invitation, mine, received: await received }
  }

  it('is handed over on the connection, and answered yes without code or PIN', async () => {
    const { invitation, mine, received } = await direct()
    expect(received.from.equals(told.alice.peerId)).toBe(true)
    await expect(received.preview()).resolves.toMatchObject({ party: { name: 'Book club' }, pin: false })
    expect(told.bob.services.parties.received.getSnapshot()).toEqual([received])
    await vi.waitFor(() => { expect(invitation.getSnapshot()).toMatchObject({ delivered: true }) })

    await expect(received.accept().accept()).resolves.toMatchObject({ key: told.party.key })
    await vi.waitFor(() => { expect(mine.ends()).toEqual(['onDone']) })
    expect(told.bob.services.parties.received.getSnapshot()).toEqual([])
  })

  it('is answered no, and Alice reads why', async () => {
    const { invitation, mine, received } = await direct()
    const declined = vi.fn()
    const errors: Error[] = []
    invitation.on({ onDecline: declined, onError: error => errors.push(error) })
    await received.decline('too many books already')
    await vi.waitFor(() => { expect(mine.ends()).toEqual(['onError InvitationDeclinedError']) })
    expect(declined).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ reason: 'too many books already' }))
    expect(errors).toMatchObject([{ reason: 'too many books already' }])
    expect(told.bob.services.parties.received.getSnapshot()).toEqual([])
    expect((told.party as LocalParty).log.invite(invitation.id)?.revokedBy).toBeDefined()
  })

  it('with a PIN, yes is not enough', async () => {
    const { invitation, received } = await direct({ pin: {} })
    const redemption = received.accept()
    await expect(redemption.accept()).rejects.toThrow('asks for a PIN')
    await expect(redemption.setPin(invitation.pin)).resolves.toMatchObject({ key: told.party.key })
  })

  it('lets no other key in, nor look, though it has the code and the PIN', async () => {
    const { invitation } = await direct({ pin: {} })
    const eve = await told.network.node()
    await expect(eve.services.parties.lookup(invitation.code)).rejects.toMatchObject({ name: 'NotPermittedError' })
    await expect(eve.services.parties.redeem(invitation.code).setPin(invitation.pin)).rejects.toMatchObject({ name: 'NotPermittedError' })
    expect(invitation.getSnapshot()).toMatchObject({ status: 'pending', attemptsLeft: 3 })
    expect(told.party.members).toHaveLength(1)
  })

  it('waits for Bob to come online', async () => {
    told = await story()
    const invitation = await told.party.invite({ to: told.bob.peerId, pin: false })
    expect(invitation.getSnapshot()).toMatchObject({ delivered: false, to: told.bob.peerId })
    await connect(told.bob, told.alice)
    await vi.waitFor(() => { expect(told.bob.services.parties.received.getSnapshot()).toHaveLength(1) })
  })

  it('is handed over again when the connection failed under it, or went for a moment', async () => {
    const clock = new FakeClock()
    told = await story({ clock })
    await connect(told.alice, told.bob)
    const failing = told.alice.getConnections(told.bob.peerId).map(connection => vi.spyOn(connection, 'newStream').mockRejectedValue(new Error('the stream was reset')))
    const invitation = await told.party.invite({ to: told.bob.peerId, pin: false })
    // at once, and when Bob's node is identified, if that comes later
    await vi.waitFor(() => { expect(failing.flatMap(({ mock }) => mock.calls).filter(([protocols]) => String(protocols).includes('direct'))).not.toHaveLength(0) })
    failing.forEach(spy => { spy.mockRestore() })

    await vi.waitFor(() => {
      clock.advance(1_000)
      expect(invitation.getSnapshot().delivered).toBe(true)
    })
    expect(told.bob.services.parties.received.getSnapshot()).toHaveLength(1)
  })

  it('takes one use, and somebody who is not a member', async () => {
    told = await story()
    await expect(told.party.invite({ to: told.bob.peerId, uses: 2 })).rejects.toThrow(RangeError)
    await expect(told.party.invite({ to: told.alice.peerId })).rejects.toThrow(RangeError)
  })

  it('a stranger who floods is held at three', async () => {
    told = await story()
    await connect(told.alice, told.bob)

    for (let i = 0; i < 6; i++) {
      await told.party.invite({ to: told.bob.peerId, pin: false })
    }

    await vi.waitFor(() => { expect(told.party.invitations.getSnapshot().filter(invitation => invitation.getSnapshot().delivered)).toHaveLength(3) })
    expect(told.bob.services.parties.received.getSnapshot()).toHaveLength(3)
  })
})

describe('PINs', () => {
  it('have the length and the alphabet that were asked for', async () => {
    told = await story()
    const invitation = await told.party.invite({ pin: { length: 4, alphabet: 'ABCDEFGH' } })
    expect(invitation.pin).toMatch(/^[A-H]{4}$/)
    await expect(told.bob.services.parties.redeem(invitation.code).setPin(invitation.pin.toLowerCase())).resolves.toMatchObject({ key: told.party.key })
    await expect(told.party.invite({ pin: { length: 3 } })).rejects.toThrow(RangeError)
  })

  it('none is asked for where the inviter said so by name', async () => {
    told = await story()
    const invitation = await told.party.invite({ pin: false })
    expect(invitation.pin).toBe('')
    const redemption = told.bob.services.parties.redeem(invitation.code)
    await expect(redemption.accept()).resolves.toMatchObject({ key: told.party.key })
  })
})

describe('A fresh code for the same terms', () => {
  it('after a lock', async () => {
    told = await story()
    const mine = callbacks()
    const invitation = await told.party.invite({ ...mine, role: 'reader', uses: 3, pin: { length: 8 }, expiration: Date.now() + 10 * MINUTE })
    const redemption = told.bob.services.parties.redeem(invitation.code)

    for (let i = 1; i <= 3; i++) {
      await redemption.setPin(((Number(invitation.pin) + i) % 1e8).toString().padStart(8, '0')).catch(() => {})
    }

    await vi.waitFor(() => { expect(mine.ends()).toEqual(['onError InvitationLockedError']) })
    const done = vi.fn()
    const fresh = await invitation.renew({ onJoin: done })
    expect(fresh.code).not.toBe(invitation.code)
    expect(fresh.getSnapshot()).toMatchObject({ status: 'pending', role: 'reader', uses: 3, attemptsLeft: 3 })
    expect(fresh.pin).toHaveLength(8)
    await told.bob.services.parties.redeem(fresh.code).setPin(fresh.pin)
    await vi.waitFor(() => { expect(done).toHaveBeenCalledOnce() })
    expect(invitation.status).toBe('locked')
  })

  it('a pending one is taken back first, and what is used is not invited again', async () => {
    told = await story()
    const invitation = await told.party.invite({ uses: 3 })
    await told.bob.services.parties.redeem(invitation.code).setPin(invitation.pin)
    const fresh = await invitation.renew()
    expect(invitation.status).toBe('revoked')
    expect(fresh.getSnapshot().uses).toBe(2)
  })

  it('also of a contact, whose log has room for one open invitation', async () => {
    told = await story()
    const contact = await told.alice.services.parties.create({ name: 'Alice and Bob', kind: 'contact' })
    const invitation = await contact.invite()
    const redemption = told.bob.services.parties.redeem(invitation.code)
    for (let i = 1; i <= 3; i++) {
      await redemption.setPin(wrongPin(invitation, i)).catch(() => {})
    }
    const fresh = await invitation.renew()
    await expect(told.bob.services.parties.redeem(fresh.code).setPin(fresh.pin)).resolves.toMatchObject({ kind: 'contact', role: 'owner' })
  })
})

describe('Kinds', () => {
  it.each(['community', 'group'] as const)('a %s has its documented defaults', async (kind) => {
    told = await story()
    const party = await told.alice.services.parties.create({ name: 'A party', kind })
    expect((await party.invite()).getSnapshot()).toMatchObject(KIND_DEFAULTS[kind])
  })

  it('a contact is two, owned by both, and cannot grow to three', async () => {
    told = await story()
    const carol = await told.network.node()
    const contact = await told.alice.services.parties.create({ name: 'Alice and Bob', kind: 'contact' })
    const invitation = await contact.invite()
    const bobs = await told.bob.services.parties.redeem(invitation.code).setPin(invitation.pin)
    expect(Object.values(rolesOf(bobs))).toEqual(['owner', 'owner'])
    await expect(contact.invite()).rejects.toMatchObject({ name: 'NotPermittedError' })
    await expect(bobs.invite()).rejects.toMatchObject({ name: 'NotPermittedError' })
    await expect(contact.invite({ uses: 2 })).rejects.toMatchObject({ name: 'NotPermittedError' })
    await expect(carol.services.parties.redeem(invitation.code).setPin(invitation.pin)).rejects.toMatchObject({ name: 'InvitationUsedError' })
    expect(contact.members).toHaveLength(2)
  })

  it('owners make owners: one who is five hands from Alice still shows its right to it in the Grant', async () => {
    told = await story()
    let { party } = told

    for (let i = 0; i < 6; i++) {
      const invitation = await party.invite({ role: 'owner' })
      const next = await told.network.node()
      party = await next.services.parties.redeem(invitation.code).setPin(invitation.pin)
      // one invites when the log is here
      await vi.waitFor(() => { expect(party.synced).toBeDefined() })
    }

    expect(party.role).toBe('owner')
  })
})

describe('Many at one door', () => {
  it('50 redeemers at once, wrong PINs among them: 20 uses admit 20', async () => {
    told = await story()
    const joins = vi.fn()
    const mine = callbacks()
    const invitation = await told.party.invite({ ...mine, uses: 20, attempts: 10, onJoin: joins })
    const nodes = await Promise.all(Array.from({ length: 50 }, async () => told.network.node()))
    const outcomes = await Promise.allSettled(nodes.map(async (node, i) => node.services.parties.redeem(invitation.code).setPin(i % 10 === 3 ? wrongPin(invitation) : invitation.pin)))
    const admitted = outcomes.filter(({ status }) => status === 'fulfilled')
    expect(admitted).toHaveLength(20)
    expect(told.party.members).toHaveLength(21)
    expect((told.party as LocalParty).log.invite(invitation.id)?.usedBy).toHaveLength(20)
    await vi.waitFor(() => { expect(mine.ends()).toEqual(['onDone']) })
    expect(joins).toHaveBeenCalledTimes(20)
    expect(outcomes.filter((outcome, i) => i % 10 === 3 && outcome.status === 'fulfilled')).toEqual([])
  })
})
