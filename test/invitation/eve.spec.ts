import { randomBytes } from '@noble/hashes/utils.js'
import { describe, expect, it } from 'vitest'
import { transcriptHash } from '../../src/invitation/binding.js'
import { decodeFrame, encodeBody, encodeFrame } from '../../src/invitation/frames.js'
import { macOf } from '../../src/invitation/keys.js'
import { AliceWorld, BobWorld, endsOf, ENDS, own, pass, PIN, RECOVERY, run, scene, signed, toPin, type, WRONG } from '../helpers/handshake.js'
import type { Bytes } from '../helpers/handshake.js'

describe('Eve sends bad key shares', () => {
  const badShares: Record<string, (ya: Bytes) => Bytes> = {
    'Alice\'s own share back': ya => ya,
    'the neutral element': () => new Uint8Array(32),
    'no group element': () => new Uint8Array(32).fill(255)
  }

  for (const [name, share] of Object.entries(badShares)) {
    it(`${name}, to Alice: a wrong guess, counted`, () => {
      const parts = scene()
      const { alice, bob, a, b } = parts
      toPin(parts)
      const welcome = decodeFrame(a.sent[0] as Bytes)
      const yb = share(own((welcome.body as { share: Uint8Array }).share))
      // a guest that signs what it sent
      const acceptance = signed(transcriptHash([decodeFrame(b.sent[0] as Bytes).bytes, welcome.bytes], yb))
      a.take(encodeFrame('ANSWER', encodeBody('ANSWER', { share: yb, tag: own(randomBytes(64)), acceptance, recovery: RECOVERY })))
      expect(a.last.type).toBe('RETRY')
      expect(alice.ledger.attemptsLeft).toBe(2)
      expect(alice.admissions + bob.released).toBe(0)
    })
  }

  for (const [name, share] of Object.entries({ 'the neutral element': new Uint8Array(32), 'no group element': new Uint8Array(32).fill(255) })) {
    it(`${name}, to Bob: a named error, and nothing of the PIN leaves`, () => {
      const { alice, bob, b } = scene()
      const body = encodeBody('WELCOME', { ...alice.fresh().offer, nonce: own(randomBytes(32)), share, preview: { ...alice.fresh().offer.preview, attemptsLeft: 3 } })
      const before = decodeFrame(b.sent[0] as Bytes).bytes
      b.take(encodeFrame('WELCOME', body, macOf(alice.secret, 'welcome', ENDS, body, [before])))
      type(b, { pin: PIN })
      expect(b.error?.name).toBe('ProtocolError')
      expect(b.said).toEqual(['KNOCK'])
      expect(bob.stored).toBeUndefined()
    })
  }
})

describe('Eve between or beside them', () => {
  it('replays Bob\'s Knock over her own connection: unknown to her', () => {
    const { alice, b } = scene()
    const a = alice.serve(endsOf('alice', 'eve'))
    pass(b, a)
    expect(a.error?.name).toBe('InvitationNotFoundError')
    expect(alice.starts).toBe(0)
  })

  it('replays Alice\'s Welcome of another stream: Bob sees that it does not answer his Knock', () => {
    const { alice, a, b } = scene()
    pass(b, a)
    const other = new BobWorld(alice.secret).redeem()
    pass(a, other)
    expect(other.error?.name).toBe('ProtocolError')
  })

  it('replays a Retry, or one of an earlier guess: its MAC covers all that came before', () => {
    const parts = scene()
    const { bob, a, b } = parts
    toPin(parts)
    type(b, { pin: WRONG })
    pass(b, a)
    pass(a, b)
    type(b, { pin: WRONG })
    b.take(a.sent.at(-1))
    expect(b.error?.name).toBe('ProtocolError')
    expect(bob.told).toEqual([2])
  })

  it('replays Bob\'s whole run: his Answer is for one nonce only', () => {
    const { alice, a, b } = scene()
    alice.ledger = { ...alice.ledger, uses: 2 }
    run({ a, b })
    alice.admitted = undefined
    const again = alice.serve().take(b.sent[0])
    again.take(b.sent[1])
    expect(again.error?.name).toBe('ProtocolError')
    expect(alice.admissions).toBe(1)
    expect(alice.ledger.attemptsLeft).toBe(3)
  })

  it('knows secret and PeerIds but not the PIN, and answers Bob in Alice\'s place: no tag of hers holds', () => {
    const { alice, bob, b } = scene()
    const eve = new AliceWorld(alice.secret)
    const grant = eve.serve()
    pass(b, grant)
    pass(grant, b)
    type(b, { pin: WRONG })
    b.take(encodeFrame('GRANT', encodeBody('GRANT', { tag: own(randomBytes(64)), admit: { body: own(randomBytes(32)), sig: own(randomBytes(64)) }, authority: [], heads: [] })))
    expect(b.error?.name).toBe('ProtocolError')
    expect(bob.stored).toBeUndefined()
  })

  it('sends a Grant without a tag after the PIN, as if repeated: refused', () => {
    const parts = scene()
    const { alice, a, b, bob } = parts
    toPin(parts)
    type(b, { pin: PIN })
    pass(b, a)
    b.take(encodeFrame('GRANT', encodeBody('GRANT', { ...alice.admitted, tag: new Uint8Array() })))
    expect(b.error?.name).toBe('ProtocolError')
    expect(bob.stored).toBeUndefined()
  })

  it('offers Bob a redeem without a share: refused before the PIN', () => {
    const { alice, a, b } = scene()
    const preview = alice.serve()
    const look = new BobWorld(alice.secret).look()
    pass(look, preview)
    const body = decodeFrame(preview.sent[0] as Bytes).bytes
    b.take(encodeFrame('WELCOME', body, macOf(alice.secret, 'welcome', ENDS, body, [decodeFrame(b.sent[0] as Bytes).bytes])))
    expect(b.error?.name).toBe('ProtocolError')
    expect(a.waits).toBe('receive')
  })
})
