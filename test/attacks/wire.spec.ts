/** Eve between them, beside them and on the wire. */
import { noise } from '@libp2p/noise'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { plaintext } from '@libp2p/plaintext'
import { randomBytes } from '@noble/hashes/utils.js'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { encodeCode, parseCode } from '../../src/codec/index.js'
import { transcriptHash } from '../../src/invitation/binding.js'
import { decodeFrame, encodeBody, encodeFrame } from '../../src/invitation/frames.js'
import { INVITE_PROTOCOL, MAX_INVITEE_FRAME } from '../../src/invitation/index.js'
import { macOf } from '../../src/invitation/keys.js'
import { createNetwork } from '../../src/testing/index.js'
import { knock, own } from '../helpers/handshake.js'
import type { Hand } from '../helpers/attackers.js'
import { accept, codeNaming, idOf, knockAt, lies, stranger, takeOver, unharmed } from '../helpers/attackers.js'
import type { Invitation, Party } from '../../src/index.js'
import type { DecodedFrame } from '../../src/invitation/frames.js'
import type { GrantFrame } from '../../src/invitation/index.js'
import type { Network, TestNode } from '../../src/testing/index.js'
import type { Libp2p } from '@libp2p/interface'

let network: Network
let alice: TestNode
let party: Party
let invitation: Invitation
const strangers: Libp2p[] = []

async function eveWith (init: Parameters<typeof stranger>[0] = {}): Promise<Libp2p> {
  const eve = await stranger(init)
  strangers.push(eve)
  return eve
}

beforeEach(async () => {
  network = createNetwork()
  alice = await network.node()
  party = await alice.services.parties.create({ name: 'Book club' })
  invitation = await party.invite()
})

/** After each of Eve's attacks Bob still comes in by the same code, and the next guest by another. */
afterEach(async () => {
  try {
    const before = party.members.length
    expect(before).toBe(1)
    if (invitation.status === 'pending') {
      const bob = await network.node()
      await bob.services.parties.redeem(invitation.code).setPin(invitation.pin)
      expect(party.members.map(({ peerId }) => peerId.toString())).toEqual([alice.peerId.toString(), bob.peerId.toString()])
    }
    await unharmed(network, party)
  } finally {
    await Promise.all(strangers.splice(0).map(async node => node.stop()))
    await network.stop()
  }
})

describe('Eve sits between Alice and Bob', () => {
  /** Every frame on, both ways, unread. */
  async function relay (eve: Libp2p): Promise<string[]> {
    const seen: string[] = []
    await takeOver(eve, async (bobs) => {
      const alices = await knockAt(eve, alice)
      const pump = async (from: Hand, to: Hand): Promise<void> => {
        while (true) {
          const frame = await from.raw()
          seen.push(decodeFrame(frame).type)
          await to.send(frame)
        }
      }
      await Promise.race([pump(bobs, alices), pump(alices, bobs)]).catch(() => {})
      await Promise.allSettled([bobs.stream.close(), alices.stream.close()])
    })
    return seen
  }

  it('and passes on each frame unread: the MACs are over the PeerIds, so Alice does not know her', async () => {
    const eve = await eveWith()
    const seen = await relay(eve)
    const bob = await network.node()
    await expect(bob.services.parties.redeem(codeNaming(eve, invitation.code)).ready()).rejects.toMatchObject({ name: 'InvitationNotFoundError' })
    expect(seen).toEqual(['KNOCK', 'REFUSAL'])
    expect(invitation.getSnapshot()).toMatchObject({ status: 'pending', attemptsLeft: 3 })
  })

  for (const acceptanceBy of ['bob', 'eve'] as const) {
    it(`and has the code but not the PIN, makes every MAC anew${acceptanceBy === 'eve' ? ', and signs the acceptance herself' : ''}: Bob's tag is for other PeerIds`, async () => {
      const eveKey = await generateKeyPair('Ed25519')
      const eve = await eveWith({ privateKey: eveKey })
      const { secret } = parseCode(invitation.code)
      const toAlice = { inviter: idOf(alice.peerId), invitee: idOf(eve.peerId) }
      let answered: DecodedFrame | undefined

      await takeOver(eve, async (bobs, guest) => {
        const toBob = { inviter: idOf(eve.peerId), invitee: idOf(guest) }
        const alices = await knockAt(eve, alice)
        const first = await bobs.receive()
        await alices.send(encodeFrame('KNOCK', first.bytes, macOf(secret, 'knock', toAlice, first.bytes)))
        const welcome = await alices.receive()
        await bobs.send(encodeFrame('WELCOME', welcome.bytes, macOf(secret, 'welcome', toBob, welcome.bytes, [first.bytes])))
        const answer = await bobs.receive()

        if (answer.type === 'ANSWER' && welcome.type === 'WELCOME') {
          const { share } = answer.body
          const transcript = transcriptHash([first.bytes, welcome.bytes], share)
          const acceptance = acceptanceBy === 'bob'
            ? answer.body.acceptance
            : own(await accept({ peerId: eve.peerId, privateKey: eveKey }, alice, welcome.body.genesis, welcome.body.invite, transcript))
          await alices.send(encodeFrame('ANSWER', encodeBody('ANSWER', { ...answer.body, ...(acceptanceBy === 'bob' ? {} : { recovery: own(new Uint8Array()) }), acceptance })))
          answered = await alices.receive()
          await bobs.send(encodeFrame(answered.type, answered.bytes, answered.mac))
        }
      })

      const bob = await network.node()
      const redemption = bob.services.parties.redeem(codeNaming(eve, invitation.code))
      await expect(redemption.setPin(invitation.pin)).rejects.toMatchObject({ name: 'ProtocolError' })
      expect(answered?.type).toBe(acceptanceBy === 'bob' ? 'REFUSAL' : 'RETRY')
      // what Eve signs herself is a guess of hers; what Bob signed for another key is none
      expect(invitation.getSnapshot()).toMatchObject({ attemptsLeft: acceptanceBy === 'bob' ? 3 : 2, status: 'pending', usedBy: [] })
      expect(await bob.services.parties.list()).toEqual([])
    })
  }

  it('at the address in the code: Bob connects to no other PeerId than the code names', async () => {
    const eve = await eveWith()
    const seen = await relay(eve)
    const bob = await network.node()
    const here = eve.getMultiaddrs().map(address => address.decapsulate('/p2p'))
    const code = encodeCode({ secret: parseCode(invitation.code).secret, inviter: alice.peerId, addresses: here })
    await expect(bob.services.parties.lookup(code)).rejects.toMatchObject({ name: 'ProtocolError' })
    await expect(bob.services.parties.redeem(code).setPin(invitation.pin)).rejects.toMatchObject({ name: 'ProtocolError' })
    expect(seen).toEqual([])
  })
})

describe('codes that lead elsewhere', () => {
  it('a code with another secret: Alice does not know it', async () => {
    const bob = await network.node()
    const code = codeNaming(alice, invitation.code, randomBytes(16))
    await expect(bob.services.parties.redeem(code).setPin(invitation.pin)).rejects.toMatchObject({ name: 'InvitationNotFoundError' })
    await expect(bob.services.parties.lookup(code)).rejects.toMatchObject({ name: 'InvitationNotFoundError' })
    expect(invitation.getSnapshot().attemptsLeft).toBe(3)
  })

  it('the code of one party with the PIN of another: a wrong PIN there, nothing here', async () => {
    const other = await (await alice.services.parties.create({ name: 'Chess' })).invite()
    const bob = await network.node()
    const redemption = bob.services.parties.redeem(other.code)
    await expect(redemption.setPin(other.pin === invitation.pin ? '000000' : invitation.pin)).rejects.toMatchObject({ name: 'WrongPinError' })
    expect(other.getSnapshot().attemptsLeft).toBe(2)
    expect(invitation.getSnapshot().attemptsLeft).toBe(3)
    await redemption.cancel()
  })

  it('Bob\'s own admission to an old party, given again for a new code: refused, for it is another invitation', async () => {
    const bob = await network.node()
    const chess = await alice.services.parties.create({ name: 'Chess' })
    const old = await chess.invite()
    await bob.services.parties.redeem(old.code).setPin(old.pin)
    // Alice turned false: she repeats the old Grant at the new code
    const { log } = chess as unknown as { log: { member: (key: string) => { admit: string }, get: (id: string) => { signed: { body: Uint8Array, sig: Uint8Array } }, authority: (id: string) => Array<{ body: Uint8Array, sig: Uint8Array }> } }
    const wire = ({ body, sig }: { body: Uint8Array, sig: Uint8Array }) => ({ body: own(body), sig: own(sig) })
    const { raw } = bob.peerId.publicKey as { raw: Uint8Array }
    const grant: GrantFrame = {
      tag: new Uint8Array(),
      admit: wire(log.get(log.member([...raw].map(byte => byte.toString(16).padStart(2, '0')).join('')).admit).signed),
      authority: log.authority(old.id).map(wire),
      heads: []
    }
    const serving = parseCode(invitation.code)
    await lies(alice, { secret: serving.secret, repeat: () => grant })
    const onDone = vi.fn()
    const redemption = bob.services.parties.redeem(invitation.code, { onDone })
    const outcome = await redemption.ready().then(() => redemption.state, (err: unknown) => (err as Error).name)
    await alice.stop()
    alice = await network.node()
    party = await alice.services.parties.create({ name: 'Book club' })
    invitation = await party.invite()
    expect(outcome).toBe('ProtocolError')
    expect(onDone).not.toHaveBeenCalled()
  })
})

describe('keys and connections', () => {
  it('an insecure connection is refused on both sides, and the stream ends at once', async () => {
    const open = { connectionEncrypters: [plaintext()] }
    const [anna, bob] = await Promise.all([network.node(open), network.node(open)])
    const here = await anna.services.parties.create({ name: 'Open air' })
    const bare = await here.invite()
    await expect(bob.services.parties.redeem(bare.code).setPin(bare.pin)).rejects.toMatchObject({ name: 'ProtocolError' })
    await expect(bob.services.parties.lookup(bare.code)).rejects.toMatchObject({ name: 'ProtocolError' })

    const eve = await eveWith(open)
    const hand = await knockAt(eve, anna)
    await hand.send(knock(parseCode(bare.code).secret, { inviter: idOf(anna.peerId), invitee: idOf(eve.peerId) })).catch(() => {})
    expect(await hand.ended()).toBe('ended')
    expect(bare.getSnapshot()).toMatchObject({ status: 'pending', attemptsLeft: 3, guests: 0 })
  })

  it('a guest whose key is not Ed25519 is told so; a node with such a key does not start', async () => {
    const privateKey = await generateKeyPair('secp256k1')
    const eve = await eveWith({ privateKey })
    const hand = await knockAt(eve, alice)
    const reply = await hand.receive()
    expect(reply).toMatchObject({ type: 'REFUSAL', body: { code: 'UNSUPPORTED_KEY' } })
    expect(await hand.ended()).toBe('ended')
    await expect(network.node({ privateKey })).rejects.toMatchObject({ name: 'UnsupportedKeyError' })
  })

  it('Alice cannot redeem her own code', async () => {
    await expect(alice.services.parties.redeem(invitation.code).ready()).rejects.toMatchObject({ name: 'NotPermittedError' })
  })
})

describe('what Eve writes on the wire', () => {
  it('an unknown id, a wrong MAC, no MAC, a Knock of Bob\'s: the very same bytes', async () => {
    const eve = await eveWith({ connectionEncrypters: [noise()] })
    const ends = { inviter: idOf(alice.peerId), invitee: idOf(eve.peerId) }
    const { secret } = parseCode(invitation.code)
    const bob = await network.node()
    const frames = [
      knock(randomBytes(16), ends),
      knock(secret, ends, {}, randomBytes(16)),
      encodeFrame('KNOCK', decodeFrame(knock(secret, ends)).bytes),
      knock(secret, { inviter: idOf(alice.peerId), invitee: idOf(bob.peerId) })
    ]
    const replies = []

    for (const frame of frames) {
      const hand = await knockAt(eve, alice)
      await hand.send(frame)
      replies.push(await hand.raw())
      expect(await hand.ended()).toBe('ended')
    }

    expect(new Set(replies.map(String)).size).toBe(1)
    expect(decodeFrame(replies[0] as Uint8Array)).toMatchObject({ type: 'REFUSAL', body: { code: 'NOT_FOUND' } })
  })

  const first: Record<string, (hand: Hand) => Promise<void>> = {
    'a frame longer than any may be': async hand => hand.send(new Uint8Array(MAX_INVITEE_FRAME + 1)),
    'a length of gigabytes': async (hand) => { hand.stream.send(Uint8Array.of(255, 255, 255, 255, 15)) },
    'a length without end': async (hand) => { hand.stream.send(new Uint8Array(20).fill(255)) },
    'an empty frame': async hand => hand.send(new Uint8Array()),
    noise: async hand => hand.send(randomBytes(100)),
    'an Answer': async hand => hand.send(encodeFrame('ANSWER', encodeBody('ANSWER', { share: own(randomBytes(32)), tag: own(randomBytes(64)), acceptance: own(randomBytes(64)) }))),
    'an Ack': async hand => hand.send(encodeFrame('ACK')),
    'half a frame and then an end': async (hand) => { hand.stream.send(Uint8Array.of(40, 1, 2, 3)); await hand.stream.close() },
    'nothing but an end': async hand => hand.stream.close()
  }

  for (const [name, send] of Object.entries(first)) {
    it(`${name}: refused, the stream ended, no attempt spent`, async () => {
      const eve = await eveWith()
      const hand = await knockAt(eve, alice)
      await send(hand)
      expect(['a REFUSAL', 'ended']).toContain(await hand.ended())
      expect(await hand.ended()).toBe('ended')
      expect(invitation.getSnapshot()).toMatchObject({ status: 'pending', attemptsLeft: 3, guests: 0 })
    })
  }

  it('two frames in one write, and one frame byte by byte: both are read', async () => {
    const eve = await network.node()
    const { secret } = parseCode(invitation.code)
    const frame = knock(secret, { inviter: idOf(alice.peerId), invitee: idOf(eve.peerId) })
    const slow = await knockAt(eve, alice)
    for (const byte of [frame.length & 127 | 128, frame.length >> 7, ...frame]) {
      slow.stream.send(Uint8Array.of(byte))
    }
    expect((await slow.receive()).type).toBe('WELCOME')
    slow.stream.abort(new Error('enough'))
    await vi.waitFor(() => { expect(invitation.getSnapshot().guests).toBe(0) })
    const twice = await knockAt(eve, alice)
    const both = Uint8Array.of(frame.length & 127 | 128, frame.length >> 7, ...frame, 2, 8, 9)
    twice.stream.send(both)
    expect((await twice.receive()).type).toBe('WELCOME')
    expect(await twice.ended()).toBe('ended')
  })

  it('a silent guest holds no place for long, and others are served meanwhile', async () => {
    const eve = await eveWith()
    const hands = await Promise.all(Array.from({ length: 20 }, async () => knockAt(eve, alice)))
    const bob = await network.node()
    await expect(bob.services.parties.lookup(invitation.code)).resolves.toMatchObject({ party: { name: 'Book club' } })
    hands.forEach(({ stream }) => { stream.abort(new Error('bored')) })
  })

  it('a Welcome that cannot be shown, or a Grant of garbage: a named error for Bob, and no party of his', async () => {
    const eve = await network.node()
    const secret = randomBytes(16)
    const code = codeNaming(eve, '', secret)
    const bob = await network.node()

    for (const preview of [{ name: '' }, { kind: 3 }, { role: 4 }, { pinLength: 0 }, { pinLength: 4_000_000_000 }, { pinAlphabet: '' }, { profile: own(randomBytes(90)) }, { name: 'x'.repeat(2000) }]) {
      await lies(eve, { secret, preview })
      const outcome = await bob.services.parties.redeem(code).ready().catch((err: unknown) => err as Error)
      expect(outcome, Object.keys(preview)[0]).toMatchObject({ name: 'ProtocolError' })
      await expect(bob.services.parties.lookup(code)).rejects.toMatchObject({ name: 'ProtocolError' })
    }

    const garbage = [randomBytes(0), randomBytes(40), Uint8Array.of(0x86, 1, 2, 3, 4, 5, 6), Uint8Array.of(0xa1, 0x61, 0x61, 1)]

    for (const body of garbage) {
      const guest = await network.node()
      await lies(eve, { secret, pin: '123456', grant: () => ({ tag: new Uint8Array(), admit: { body: own(body), sig: own(randomBytes(64)) }, authority: [{ body: own(body), sig: own(randomBytes(64)) }], heads: [] }) })
      await expect(guest.services.parties.redeem(code).setPin('123456')).rejects.toMatchObject({ name: 'ProtocolError' })
      expect(await guest.services.parties.list()).toEqual([])
    }
  })

  it('a peer without the protocol: a named error', async () => {
    const eve = await eveWith()
    await eve.unhandle(INVITE_PROTOCOL).catch(() => {})
    const bob = await network.node({ connectTimeout: 300 })
    await expect(bob.services.parties.lookup(codeNaming(eve, invitation.code))).rejects.toMatchObject({ name: 'InviterUnreachableError' })
  })
})
