import { generateKeyPair } from '@libp2p/crypto/keys'
import { plaintext } from '@libp2p/plaintext'
import { lpStream } from '@libp2p/utils'
import { hexToBytes, randomBytes } from '@noble/hashes/utils.js'
import { MemoryDatastore } from 'datastore-core'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { encodeCode, parseCode } from '../../src/codec/index.js'
import { drive, INVITE_PROTOCOL, inviter, lookupIdOf, StreamEnd } from '../../src/invitation/index.js'
import { createNetwork, FakeClock } from '../../src/testing/index.js'
import { callbacks, rolesOf, wrongPin } from './stories.js'
import type { InviterEffect } from '../../src/invitation/index.js'
import type { Network, TestNode } from '../../src/testing/index.js'
import type { Stream } from '@libp2p/interface'

let network: Network

beforeEach(() => { network = createNetwork() })
afterEach(async () => network.stop())

describe('Twenty guests guess PINs at once', () => {
  it('at most three guesses are verified; then it is locked, also after a restart', async () => {
    const disk = { datastore: new MemoryDatastore(), privateKey: await generateKeyPair('Ed25519') }
    const alice = await network.node(disk)
    const party = await alice.services.parties.create({ name: 'Book club' })
    const mine = callbacks()
    const invitation = await party.invite(mine)
    const { code, pin } = invitation
    const guests = await Promise.all(Array.from({ length: 20 }, async () => network.node()))
    const told = await Promise.all(guests.map(async (guest, i) =>
      guest.services.parties.redeem(code).setPin(wrongPin(invitation, i + 1)).catch((err: Error) => err.name)))

    // each verified guess is told to Alice, once
    expect(mine.failed).toEqual([2, 1, 0])
    expect(told.filter(name => name === 'WrongPinError')).toHaveLength(2)
    expect(told.filter(name => name === 'InvitationLockedError')).toHaveLength(18)
    expect(mine.ends()).toEqual(['onError InvitationLockedError'])
    expect(party.members).toHaveLength(1)
    await alice.stop()

    const again = await network.node(disk)
    const bob = await network.node()
    await bob.dial(again.getMultiaddrs())
    await expect(bob.services.parties.redeem(code).setPin(pin)).rejects.toMatchObject({ name: 'InvitationLockedError' })
  })
})

describe('Eve\'s node has the code, and poses as an inviter', () => {
  /** Serves a false invitation: says "wrong, 99 left" to every PIN, and remembers how often it could test a guess. */
  async function lyingInviter (): Promise<{ eve: TestNode, code: string, guesses: () => number }> {
    const eve = await network.node()
    const secret = randomBytes(16)
    let guesses = 0

    await eve.handle(INVITE_PROTOCOL, async (stream, connection) => {
      const frames = lpStream(stream)
      const attemptsLeft = 99
      const session = {
        attemptsLeft,
        offer: {
          genesis: randomBytes(32),
          invite: randomBytes(32),
          lookupId: lookupIdOf(secret),
          secret,
          pin: '000000',
          preview: { name: 'Book club', kind: 'group', memberCount: 1, profile: new Uint8Array(), role: 'writer', expiresAt: 0n, pinLength: 6, pinAlphabet: '0123456789' }
        }
      }

      await drive(inviter({ ends: { inviter: eve.peerId.toMultihash().bytes, invitee: connection.remotePeer.toMultihash().bytes }, random: randomBytes }), async (effect: InviterEffect): Promise<unknown> => {
        switch (effect.type) {
          case 'send': return frames.write(effect.frame)
          case 'receive': return frames.read().then(bytes => bytes.subarray(), () => { throw new StreamEnd() })
          case 'find': return { secret }
          case 'begin': return session
          case 'accepted': return true
          case 'spend':
            guesses++
            return attemptsLeft
          default: return undefined
        }
      }).catch(() => {})
    }, { force: true })

    return { eve, code: encodeCode({ secret, inviter: eve.peerId, addresses: eve.getMultiaddrs() }), guesses: () => guesses }
  }

  it('Bob gives her three tries, whatever she says, also after a restart and with the code typed again', async () => {
    const { code, guesses } = await lyingInviter()
    const disk = { datastore: new MemoryDatastore(), privateKey: await generateKeyPair('Ed25519') }
    const bob = await network.node(disk)
    const redemption = bob.services.parties.redeem(code)

    await expect(redemption.setPin('111111')).rejects.toMatchObject({ name: 'WrongPinError', attemptsLeft: 99 })
    await expect(redemption.setPin('111111')).rejects.toMatchObject({ name: 'WrongPinError' })
    await bob.stop()

    const again = await network.node(disk)
    await expect(again.services.parties.redeem(code).setPin('111111')).rejects.toMatchObject({ name: 'InvitationLockedError' })
    await expect(again.services.parties.redeem(code).setPin('111111')).rejects.toMatchObject({ name: 'InvitationLockedError' })
    expect(guesses()).toBe(3)
  })
})

describe('Eve sits between Alice and Bob with a PeerId of her own', () => {
  /** Forwards every frame of the invite protocol between whoever dials her and Alice. */
  async function relayTo (alice: TestNode): Promise<TestNode> {
    const eve = await network.node()

    await eve.handle(INVITE_PROTOCOL, async (stream) => {
      const onward = await eve.dialProtocol(alice.getMultiaddrs(), INVITE_PROTOCOL)
      forward(stream, onward)
      forward(onward, stream)
    }, { force: true })

    return eve
  }

  function forward (from: Stream, to: Stream): void {
    from.addEventListener('message', ({ data }) => { to.send(data) })
    from.addEventListener('close', () => { to.abort(new Error('the other side has gone')) })
  }

  it('with a code that names her, made from Alice\'s secret: neither side accepts the other', async () => {
    const alice = await network.node()
    const bob = await network.node()
    const party = await alice.services.parties.create({ name: 'Book club' })
    const mine = callbacks()
    const invitation = await party.invite(mine)
    const eve = await relayTo(alice)
    const { secret } = parseCode(invitation.code)
    const code = encodeCode({ secret, inviter: eve.peerId, addresses: eve.getMultiaddrs() })

    await expect(bob.services.parties.lookup(code)).rejects.toMatchObject({ name: 'InvitationNotFoundError' })
    await expect(bob.services.parties.redeem(code).setPin(invitation.pin)).rejects.toMatchObject({ name: 'InvitationNotFoundError' })
    expect(party.members).toHaveLength(1)
    expect(mine.failed).toEqual([])

    // and Alice's invitation is as good as before
    await expect(bob.services.parties.redeem(invitation.code).setPin(invitation.pin)).resolves.toMatchObject({ key: party.key })
  })

  it('at Alice\'s address: Bob does not connect to another PeerId than the code names', async () => {
    const alice = await network.node()
    const bob = await network.node({ connectTimeout: 200 })
    const invitation = await (await alice.services.parties.create({ name: 'Book club' })).invite()
    const eve = await relayTo(alice)
    const { secret, inviter } = parseCode(invitation.code)
    const address = eve.getMultiaddrs()[0]?.decapsulate('/p2p')
    const code = encodeCode({ secret, inviter, addresses: address == null ? [] : [address] })

    // TCP and WebRTC find out while dialling; the memory transport leaves it to us
    await expect(bob.services.parties.lookup(code)).rejects.toMatchObject({ name: 'ProtocolError' })
  })
})

describe('Whatever Eve sends, Alice\'s node goes on', () => {
  it.each([
    ['nothing of a frame', new Uint8Array()],
    ['no protobuf', Uint8Array.of(255, 255, 255)],
    ['an unknown type', Uint8Array.of(8, 99)],
    ['a frame that is not the first', Uint8Array.of(8, 5)],
    ['zeros', new Uint8Array(100)]
  ])('%s', async (_what, frame) => {
    const clock = new FakeClock()
    const alice = await network.node({ clock })
    const [eve, bob] = [await network.node(), await network.node()]
    const party = await alice.services.parties.create({ name: 'Book club' })
    const invitation = await party.invite()
    const stream = await eve.dialProtocol(alice.getMultiaddrs(), INVITE_PROTOCOL)
    const frames = lpStream(stream)
    await frames.write(frame)
    await ended(alice, eve, clock)

    await bob.services.parties.redeem(invitation.code).setPin(invitation.pin)
    expect(Object.keys(rolesOf(party))).toHaveLength(2)
  })

  /** Alice keeps no stream of Eve's, though Eve does not end hers. */
  async function ended (alice: TestNode, eve: TestNode, clock: FakeClock): Promise<void> {
    await vi.waitFor(() => {
      clock.advance(1_000)
      expect(alice.getConnections(eve.peerId).flatMap(({ streams }) => streams).filter(({ protocol }) => protocol === INVITE_PROTOCOL)).toEqual([])
    })
  }

  it('a frame longer than any may be', async () => {
    const clock = new FakeClock()
    const alice = await network.node({ clock })
    const [eve, bob] = [await network.node(), await network.node()]
    const party = await alice.services.parties.create({ name: 'Book club' })
    const invitation = await party.invite()
    const stream = await eve.dialProtocol(alice.getMultiaddrs(), INVITE_PROTOCOL)
    await lpStream(stream).write(new Uint8Array(5000)).catch(() => {})
    await ended(alice, eve, clock)

    await bob.services.parties.redeem(invitation.code).setPin(invitation.pin)
    expect(party.members).toHaveLength(2)
  })

  it('an unknown id and a wrong secret get the very same answer', async () => {
    const alice = await network.node()
    const eve = await network.node()
    const invitation = await (await alice.services.parties.create({ name: 'Book club' })).invite()
    const { inviter, addresses } = parseCode(invitation.code)
    const strange = encodeCode({ secret: hexToBytes('00'.repeat(16)), inviter, addresses })

    await expect(eve.services.parties.lookup(strange)).rejects.toMatchObject({ name: 'InvitationNotFoundError' })
    expect(invitation.getSnapshot()).toMatchObject({ attemptsLeft: 3, guests: 0 })
  })
})

describe('A key or a connection that cannot be trusted', () => {
  it('a node whose key is not Ed25519 is told at once', async () => {
    await expect(network.node({ privateKey: await generateKeyPair('secp256k1') })).rejects.toMatchObject({ name: 'UnsupportedKeyError' })
  })

  it('an insecure connection is refused, by Bob before he sends anything, and by Alice', async () => {
    const connectionEncrypters = [plaintext()]
    const alice = await network.node({ connectionEncrypters })
    const [bob, eve] = [await network.node({ connectionEncrypters }), await network.node({ connectionEncrypters })]
    const invitation = await (await alice.services.parties.create({ name: 'Book club' })).invite()

    await expect(bob.services.parties.lookup(invitation.code)).rejects.toMatchObject({ name: 'ProtocolError', message: expect.stringContaining('not encrypted') as string })
    await expect(bob.services.parties.redeem(invitation.code).setPin(invitation.pin)).rejects.toMatchObject({ name: 'ProtocolError' })

    const frames = lpStream(await eve.dialProtocol(alice.getMultiaddrs(), INVITE_PROTOCOL))
    await frames.write(new Uint8Array(10)).catch(() => {})
    await expect(frames.read()).rejects.toThrow()
    expect(invitation.getSnapshot()).toMatchObject({ attemptsLeft: 3, guests: 0 })
  })
})
