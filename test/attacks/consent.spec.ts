/** Who joins what it was not shown, or no longer said yes to: nobody. */
import { generateKeyPair } from '@libp2p/crypto/keys'
import { bytesToHex, hexToBytes, randomBytes } from '@noble/hashes/utils.js'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { encodeCode } from '../../src/codec/index.js'
import { lookupIdOf } from '../../src/invitation/index.js'
import { decodeOp, encodeOpBody, keyOf, signingBytes } from '../../src/log/index.js'
import { createNetwork } from '../../src/testing/index.js'
import { wrongPin } from '../helpers/parties.js'
import { lies } from '../helpers/attackers.js'
import type { LiarInit } from '../helpers/attackers.js'
import type { GrantFrame } from '../../src/invitation/index.js'
import type { DecodedFrame } from '../../src/invitation/frames.js'
import type { MembershipLog, SignedOp } from '../../src/log/index.js'
import type { LocalParty } from '../../src/parties/party.js'
import type { Network, TestNode } from '../../src/testing/index.js'
import type { Party } from '../../src/index.js'

let network: Network

beforeEach(() => { network = createNetwork({ meet: false }) })

afterEach(async () => {
  vi.restoreAllMocks()
  await network.stop()
})

const PIN = '123456'
const COMMUNITY = 0
const CONTACT = 2
const WRITER = 2
const READER = 3

const logOf = (party: Party): MembershipLog => (party as LocalParty).log
const bytesOf = ({ body, sig }: SignedOp): SignedOp => ({ body: new Uint8Array(body), sig: new Uint8Array(sig) })

interface Trap {
  eve: TestNode
  code: string
  /** What she shows to the next who knocks. */
  shown: NonNullable<LiarInit['preview']>
  answers: DecodedFrame[]
}

/** Eve has a community of spam, with an INVITE to it; her side of the handshake shows what she likes, and admits by the book. `isLost`: the first Grant is. */
async function trap (shown: Trap['shown'], { isLost = false } = {}): Promise<Trap> {
  let granted: GrantFrame | undefined
  const eve = await network.node()
  const log = logOf(await eve.services.parties.create({ name: 'Casino spam list', kind: 'community' }))
  const secret = randomBytes(16)
  const invite = await log.append('INVITE', { lookupId: bytesToHex(lookupIdOf(secret)), role: 'reader', uses: 9, hosts: [], createdAt: Date.now(), expiresAt: 0 })
  const preview = { name: 'Casino spam list', kind: COMMUNITY, role: READER, ...shown }
  const answers = await lies(eve, {
    secret,
    pin: PIN,
    preview,
    offer: { genesis: hexToBytes(log.key), invite: hexToBytes(invite.id) },
    grant: async ({ acceptance, transcript, recovery }, guest) => {
      const { signed } = await log.append('ADMIT', { invite: invite.id, first: keyOf(guest), recovery: bytesToHex(recovery), acceptance, transcript: bytesToHex(transcript), after: 0 })

      granted = { tag: new Uint8Array(), admit: bytesOf(signed), authority: log.authority(invite.id).map(bytesOf), heads: [] }

      if (isLost) {
        await eve.hangUp(guest)
      }

      return granted
    },
    repeat: () => granted
  })

  return { eve, code: encodeCode({ secret, inviter: eve.peerId, addresses: eve.getMultiaddrs() }), shown: preview, answers }
}

describe('Eve shows Bob another party than he would join', () => {
  it.each([
    ['another name and kind', { name: 'Family', kind: CONTACT }],
    ['another name', { name: 'Family' }],
    ['another kind', { kind: CONTACT }],
    ['a picture that it has not', { picture: 'https://family.example/us.jpg' }],
    ['an app\'s document that it has not', { app: Uint8Array.of(1) }],
    ['no bytes of its app, where it has none', { app: new Uint8Array() }],
    ['data that the invitation has not', { data: Uint8Array.of(1) }],
    ['no bytes of data, where it has none', { data: new Uint8Array() }],
    ['a higher role', { role: WRITER }]
  ])('%s: his side refuses, and he is in nothing', async (_what, shown) => {
    const { code } = await trap(shown)
    const bob = await network.node()
    const redemption = bob.services.parties.redeem(code)
    await expect(redemption.setPin(PIN)).rejects.toMatchObject({ name: 'PreviewMismatchError' })
    expect(redemption.state).toBe('failed')
    expect(await bob.services.parties.list()).toEqual([])
  })

  it('nothing else than it is: he joins, so that it is what she shows that he refuses', async () => {
    const { code } = await trap({})
    const bob = await network.node()
    await expect(bob.services.parties.redeem(code).setPin(PIN)).resolves.toMatchObject({ name: 'Casino spam list', kind: 'community' })
  })

  it('until he types his PIN, and the true one on the next stream: he is asked again before a PIN leaves', async () => {
    const { eve, code, shown, answers } = await trap({ name: 'Family', kind: CONTACT })
    const bob = await network.node()
    const redemption = bob.services.parties.redeem(code)
    expect((await redemption.ready())?.party).toMatchObject({ name: 'Family', kind: 'contact' })
    Object.assign(shown, { name: 'Casino spam list', kind: COMMUNITY })
    await eve.hangUp(bob.peerId)

    await expect(redemption.setPin(PIN)).rejects.toMatchObject({ name: 'PreviewMismatchError' })
    expect(answers).toEqual([])
    expect(await bob.services.parties.list()).toEqual([])
  })

  it('and with the Grant again, once he has sent his Answer: he compares that one, too', async () => {
    const { code } = await trap({ data: Uint8Array.of(1) }, { isLost: true })
    const bob = await network.node()
    await expect(bob.services.parties.redeem(code).setPin(PIN)).rejects.toMatchObject({ name: 'PreviewMismatchError' })
    expect(await bob.services.parties.list()).toEqual([])
  })

  it('while he looks, other data than when he redeems: no PIN leaves', async () => {
    const { code, shown, answers } = await trap({ data: Uint8Array.of(1) })
    const bob = await network.node()
    const seen = await bob.services.parties.lookup(code)
    Object.assign(shown, { data: undefined })
    await expect(bob.services.parties.redeem(code, { seen }).setPin(PIN)).rejects.toMatchObject({ name: 'PreviewMismatchError' })
    expect(answers).toEqual([])
  })

  it('while he looks, and the true one when he redeems: his app says what he saw, and that is all he joins', async () => {
    const { code, shown, answers } = await trap({ name: 'Family', kind: CONTACT })
    const bob = await network.node()
    const seen = await bob.services.parties.lookup(code)
    Object.assign(shown, { name: 'Casino spam list', kind: COMMUNITY })
    await expect(bob.services.parties.redeem(code, { seen }).setPin(PIN)).rejects.toMatchObject({ name: 'PreviewMismatchError' })
    expect(answers).toEqual([])

    const again = await bob.services.parties.lookup(code)
    await expect(bob.services.parties.redeem(code, { seen: again }).setPin(PIN)).resolves.toMatchObject({ name: 'Casino spam list' })
  })
})

describe('Bob mistyped his PIN once, joined, and left', () => {
  it('the acceptance of the mistyped run brings him back nowhere: not on top of his LEAVE, not beside it', async () => {
    const [aliceKey, bobKey] = await Promise.all([generateKeyPair('Ed25519'), generateKeyPair('Ed25519')])
    const alice = await network.node({ privateKey: aliceKey })
    const bob = await network.node({ privateKey: bobKey })
    const party = await alice.services.parties.create({ name: 'Book club' })
    const invitation = await party.invite({ uses: 3 })
    const log = logOf(party)
    const before = log.heads
    const signed = vi.spyOn(bobKey, 'sign')
    const redemption = bob.services.parties.redeem(invitation.code)
    await expect(redemption.setPin(wrongPin(invitation))).rejects.toMatchObject({ name: 'WrongPinError' })
    const accepted = signed.mock.calls.findIndex(([message]) => new TextDecoder().decode(message.subarray()).startsWith('plus-one-accept/2'))
    const acceptance = await signed.mock.results[accepted]?.value as Uint8Array
    // the last field of what was signed
    const transcript = bytesToHex(signed.mock.calls[accepted]?.[0].subarray().slice(-32) ?? new Uint8Array())
    const bobs = await redemption.setPin(invitation.pin)
    await vi.waitFor(() => { expect(bobs.getSnapshot().synced).toBeDefined() })
    const recovery = log.member(keyOf(bob.peerId))?.recovery
    await bobs.leave()
    await vi.waitFor(() => { expect(party.members).toHaveLength(1) })

    // Alice turned false
    const payload = { invite: invitation.id, first: keyOf(bob.peerId), recovery, acceptance, transcript, after: 0 }
    await expect(log.append('ADMIT', payload)).rejects.toMatchObject({ name: 'NotPermittedError' })
    const body = encodeOpBody('ADMIT', { parents: before, previous: invitation.id, author: log.self }, payload)
    const backdated = { body, sig: await aliceKey.sign(signingBytes(log.key, body)) }

    for (const replica of [log, logOf(bobs)]) {
      const { accepted: [kept] } = await replica.receive([backdated])
      // its signature holds, and its past permits it: it is kept
      expect(kept?.id).toBe(decodeOp(backdated).id)
      expect(replica.member(keyOf(bob.peerId))).toBeUndefined()
    }

    expect([party.members.length, bobs.role]).toEqual([1, undefined])
  })
})
