import { bytesToHex, randomBytes } from '@noble/hashes/utils.js'
import { describe, expect, it } from 'vitest'
import { comparisonOf } from '../../src/invitation/binding.js'
import { decodeFrame, encodeBody, encodeFrame } from '../../src/invitation/frames.js'
import { Intent, RefusalCode } from '../../src/invitation/pb/message.js'
import { AliceWorld, BobWorld, ENDS, knock, own, pass, PIN, RECOVERY, run, samples, scene, toPin, type, WRONG } from '../helpers/handshake.js'
import type { AnyBytes } from '../../src/codec/index.js'
import type { Grant } from '../../src/invitation/pb/message.js'
import type { EpochSecret } from '../../src/keys/index.js'
import type { Bytes } from '../helpers/handshake.js'

/** The code of a Refusal. */
function refusal (frame: Bytes): unknown {
  const { type, body } = decodeFrame(frame)

  return type === 'REFUSAL' ? body.code : type
}

describe('Alice invites Bob, frame by frame', () => {
  it('two round trips bring him in, one of them after the PIN', () => {
    const parts = scene()
    const { alice, bob, a, b } = parts
    expect(b.said).toEqual(['KNOCK'])
    pass(b, a)
    expect(a.said).toEqual(['WELCOME'])
    pass(a, b)
    expect(b.waits).toBe('pin')
    expect(bob.welcomed?.preview).toMatchObject({ name: 'Book club', role: 2, attemptsLeft: 3 })
    type(b, { pin: PIN })
    pass(b, a)
    expect(a.said).toEqual(['WELCOME', 'GRANT'])
    pass(a, b)
    expect(b.result).toEqual({ type: 'admitted', stored: 'in the party' })
    pass(b, a)
    expect(a.result).toBe('admitted')
    expect(b.said).toEqual(['KNOCK', 'ANSWER', 'ACK'])
    expect(alice.ledger).toMatchObject({ status: 'used', attemptsLeft: 3, used: 1 })
  })

  it('a preview takes one round trip, begins nothing and spends nothing', () => {
    const alice = new AliceWorld()
    const before = alice.ledger
    const bob = new BobWorld(alice.secret)
    const a = alice.serve()
    const b = bob.look()
    pass(b, a)
    pass(a, b)
    expect(b.result?.preview.name).toBe('Book club')
    expect(a.result).toBe('previewed')
    expect(a.effects).toEqual(['receive', 'find', 'preview', 'send'])
    expect((decodeFrame(a.sent[0] as Bytes).body as { share: Uint8Array }).share).toHaveLength(0)
    expect(alice.ledger).toBe(before)
    expect(bob.released).toBe(0)
  })

  it('a wrong PIN, then the right one: one more round trip on the same stream', () => {
    const parts = scene()
    const { alice, bob, a, b } = parts
    toPin(parts)
    type(b, { pin: WRONG })
    pass(b, a)
    pass(a, b)
    expect(bob.told).toEqual([2])
    expect(b.waits).toBe('pin')
    expect(alice.ledger.attemptsLeft).toBe(2)
    type(b, { pin: PIN })
    pass(b, a)
    pass(a, b)
    expect(b.result).toMatchObject({ type: 'admitted' })
    expect(a.said).toEqual(['WELCOME', 'RETRY', 'GRANT'])
    expect(alice.ledger).toMatchObject({ attemptsLeft: 2, status: 'used' })
  })

  it('three wrong PINs lock it: the cause is told, and no fourth run is offered', () => {
    const parts = scene()
    const { alice, a, b } = parts
    toPin(parts)
    for (let guess = 0; guess < 3; guess++) {
      type(b, { pin: WRONG })
      pass(b, a)
      pass(a, b)
    }
    expect(a.said).toEqual(['WELCOME', 'RETRY', 'RETRY', 'REFUSAL'])
    expect(refusal(a.sent.at(-1) as Bytes)).toBe(RefusalCode.LOCKED)
    expect(a.error?.name).toBe('InvitationLockedError')
    expect(b.error?.name).toBe('InvitationLockedError')
    expect(alice.ledger.status).toBe('locked')
  })
})

describe('the party\'s key in a Grant', () => {
  it('comes to Bob, and is in no frame as it is', () => {
    const parts = scene()
    run(parts)
    const [{ secret, rekey }] = parts.alice.secrets as [EpochSecret]
    expect(parts.bob.secrets).toEqual([{ rekey, secret }])
    const wire = parts.a.sent.map(frame => bytesToHex(frame)).join()
    expect(wire).not.toContain(bytesToHex(secret))
    expect(wire).not.toContain(rekey)
  })

  it('is not there where the party has none', () => {
    const parts = scene()
    parts.alice.secrets = []
    run(parts)
    expect(parts.b.result).toMatchObject({ type: 'admitted' })
    expect(parts.bob.secrets).toEqual([])
  })

  it('that was sealed for another handshake: refused, and nothing is stored', () => {
    const [parts, other] = [scene(), scene()]
    run(other)

    toPin(parts)
    type(parts.b, { pin: PIN })
    pass(parts.b, parts.a)
    const [grant, theirs] = [parts.a, other.a].map(({ last }) => last.body as AnyBytes<Grant>) as [AnyBytes<Grant>, AnyBytes<Grant>]
    parts.b.take(encodeFrame('GRANT', encodeBody('GRANT', { ...grant, secrets: theirs.secrets })))
    expect(parts.b.error?.name).toBe('ProtocolError')
    expect(parts.bob.stored).toBeUndefined()
  })
})

describe('the order of Alice\'s steps', () => {
  it('is: find, MAC, repeat, begin, acceptance, spend, tag, admit, grant', () => {
    const parts = scene()
    run(parts)
    expect(parts.a.effects).toEqual(['receive', 'find', 'repeat', 'begin', 'send', 'receive', 'accepted', 'spend', 'admit', 'send', 'receive'])
  })

  it('Bob counts a PIN before anything made of it leaves', () => {
    const parts = scene()
    run(parts)
    expect(parts.b.effects).toEqual(['send', 'receive', 'welcomed', 'pin', 'release', 'accept', 'send', 'receive', 'store', 'send'])
  })

  it('before the MAC holds nothing stored is touched, and an unknown id gets the same bytes', () => {
    const alice = new AliceWorld()
    const stranger = randomBytes(16)
    const a1 = alice.serve().take(knock(alice.secret, ENDS, {}, stranger))
    const a2 = alice.serve().take(knock(stranger, ENDS))
    const a3 = alice.serve().take(own(encodeFrame('KNOCK', decodeFrame(knock(alice.secret, ENDS)).bytes)))

    for (const a of [a1, a2, a3]) {
      expect(a.effects).toEqual(['receive', 'find', 'send'])
      expect(a.error?.name).toBe('InvitationNotFoundError')
      expect(a.sent).toEqual(a1.sent)
    }
  })

  it('an ended invitation tells its cause only to who has shown the secret', () => {
    const alice = new AliceWorld()
    alice.ledger = { ...alice.ledger, status: 'revoked' }
    const a = alice.serve().take(knock(alice.secret, ENDS))
    expect(refusal(a.sent[0] as Bytes)).toBe(RefusalCode.REVOKED)
    const look = alice.serve().take(knock(alice.secret, ENDS, { intent: Intent.PREVIEW }))
    expect(refusal(look.sent[0] as Bytes)).toBe(RefusalCode.REVOKED)
    const eve = alice.serve().take(knock(alice.secret, ENDS, {}, randomBytes(16)))
    expect(refusal(eve.sent[0] as Bytes)).toBe(RefusalCode.NOT_FOUND)
  })

  it('a wrong tag spends first, and the Retry holds nothing of the session key', () => {
    const parts = scene()
    const { a, b } = parts
    toPin(parts)
    type(b, { pin: WRONG })
    const before = a.effects.length
    pass(b, a)
    expect(a.effects.slice(before)).toEqual(['accepted', 'spend', 'wrong', 'send', 'receive'])
    const retry = decodeFrame(a.sent.at(-1) as Bytes)
    expect(retry.type).toBe('RETRY')
    expect(Object.keys(retry.body as object).sort()).toEqual(['attemptsLeft', 'nonce', 'share'])
    expect(a.sent.at(-1)?.length).toBeLessThan(2 + 2 + 2 + 34 + 34 + 2 + 34 + 1)
  })

  it('a nonce or a share is never used for two guesses', () => {
    const parts = scene()
    const { a, b } = parts
    toPin(parts)
    type(b, { pin: WRONG })
    pass(b, a)
    pass(a, b)
    type(b, { pin: WRONG })
    pass(b, a)
    const shown = a.sent.map(frame => decodeFrame(frame).body as { nonce: Uint8Array, share: Uint8Array })
    expect(new Set(shown.map(({ nonce }) => String(nonce))).size).toBe(3)
    expect(new Set(shown.map(({ share }) => String(share))).size).toBe(3)
  })

  it('a bad acceptance costs no attempt and learns nothing of the tag', () => {
    const parts = scene()
    const { alice, a, b } = parts
    toPin(parts)
    type(b, { pin: PIN })
    const answer = decodeFrame(b.sent.at(-1) as Bytes).body as { share: Bytes, tag: Bytes }
    a.take(encodeFrame('ANSWER', encodeBody('ANSWER', { ...answer, acceptance: own(randomBytes(64)) })))
    expect(a.effects).not.toContain('spend')
    expect(a.error?.name).toBe('ProtocolError')
    expect(alice.ledger.attemptsLeft).toBe(3)
  })

  it.each([['another', new Uint8Array(32).fill(6)], ['none', new Uint8Array()]])('%s recovery key than the one that was signed for: the same', (_, recovery) => {
    const parts = scene()
    const { alice, a, b } = parts
    toPin(parts)
    type(b, { pin: PIN })
    const answer = decodeFrame(b.sent.at(-1) as Bytes).body as { share: Bytes, tag: Bytes, acceptance: Bytes, recovery: Bytes }
    expect(answer.recovery).toEqual(RECOVERY)
    a.take(encodeFrame('ANSWER', encodeBody('ANSWER', { ...answer, recovery: own(recovery) })))
    expect(a.effects).not.toContain('spend')
    expect(a.error?.name).toBe('ProtocolError')
    expect(alice.ledger.attemptsLeft).toBe(3)
  })

  it('what ended it while the guess was on its way: nothing is verified', () => {
    const parts = scene()
    const { alice, a, b } = parts
    toPin(parts)
    type(b, { pin: PIN })
    alice.ledger = { ...alice.ledger, status: 'revoked' }
    pass(b, a)
    pass(a, b)
    expect(a.effects).not.toContain('admit')
    expect(b.error?.name).toBe('InvitationRevokedError')
  })

  it('a store that fails: no verdict, no admission; Bob may come again', () => {
    for (const effect of ['spend', 'admit', 'begin', 'wrong']) {
      const parts = scene()
      const { alice, a, b } = parts
      alice.fails[effect] = Object.assign(new Error('disk'), { name: 'StorageError' })
      toPin(parts)
      if (effect !== 'begin') {
        type(b, { pin: effect === 'wrong' ? WRONG : PIN })
        pass(b, a)
        pass(a, b)
      }
      expect(a.error?.name).toBe('StorageError')
      expect(b.error?.name).toBe('InviterUnreachableError')
      expect(alice.admissions).toBe(0)
      expect(a.said).not.toContain('GRANT')
      expect(a.said).not.toContain('RETRY')
    }
  })
})

describe('Alice approves whom she lets in', () => {
  /** Bob has shown the PIN, and Alice is asked. */
  function asked () {
    const parts = scene()
    parts.alice.approval = true
    toPin(parts)
    type(parts.b, { pin: PIN })
    pass(parts.b, parts.a)
    pass(parts.a, parts.b)

    return parts
  }

  it('both screens show the same, and her yes lets him in', () => {
    const { alice, a, b } = asked()
    expect([a.waits, b.waits]).toEqual(['approve', 'waiting'])
    expect(a.comparison).toMatch(/^[0-9A-HJKMNP-TV-Z]{3}-[0-9A-HJKMNP-TV-Z]{3}$/)
    expect(b.comparison).toBe(a.comparison)
    expect(alice.admissions).toBe(0)
    // the guess was right: those who wait do not lock it
    expect(alice.ledger).toMatchObject({ status: 'pending', attemptsLeft: 3 })
    a.take({ approved: true })
    b.take({ frame: a.sent.at(-1) })
    pass(b, a)
    expect(b.result).toMatchObject({ type: 'admitted' })
    expect(a.result).toBe('admitted')
    expect(a.effects).toEqual(['receive', 'find', 'repeat', 'begin', 'send', 'receive', 'accepted', 'spend', 'right', 'send', 'approve', 'admit', 'send', 'receive'])
    expect(alice.ledger).toMatchObject({ status: 'used', attemptsLeft: 3 })
  })

  it('her no keeps him out, tells him so, and spends nothing', () => {
    const { alice, a, b } = asked()
    a.take({ approved: false })
    b.take({ frame: a.sent.at(-1) })
    expect(a.result).toBe('refused')
    expect(b.error?.name).toBe('InvitationDeclinedError')
    expect(alice.ledger).toMatchObject({ status: 'pending', attemptsLeft: 3, used: 0 })
  })

  it.each([['goes', { cancel: true }, 'cancelled', 'pending'], ['says no after all', { decline: 'no time' }, 'declined', 'declined']] as const)('Bob %s while he waits', (_, answer, end, status) => {
    const { alice, a, b } = asked()
    b.take(answer)
    expect(b.result?.type).toBe(end)
    a.take({ frame: b.sent.at(-1) })
    expect(a.result).toBe(end)
    expect(alice.ledger.status).toBe(status)
    expect(alice.admissions).toBe(0)
  })

  it('her silence, or the node\'s stop, refuses him for now', () => {
    const { alice, a, b } = asked()
    a.fail(new Error('nobody answered'))
    b.take({ frame: a.sent.at(-1) })
    expect(refusal(a.sent.at(-1) as Bytes)).toBe(RefusalCode.UNAVAILABLE)
    expect(b.error?.name).toBe('InviterUnreachableError')
    expect(alice.ledger).toMatchObject({ status: 'pending', attemptsLeft: 3 })
  })

  it('a false inviter, who does not know the PIN, cannot have Bob wait', () => {
    const { a, b } = scene()
    toPin({ a, b })
    type(b, { pin: PIN })
    b.take(samples().WAITING)
    expect(b.effects).not.toContain('waiting')
    expect(b.error?.name).toBe('ProtocolError')
  })

  it.each(['WELCOME', 'RETRY', 'ACK'] as const)('nothing but a Grant or an end follows the wait: no %s', (type) => {
    const { b } = asked()
    b.take({ frame: samples()[type] })
    expect(b.error?.name).toBe('ProtocolError')
  })

  it('each wait shows another string: Mallory cannot search for a share that gives Bob\'s', () => {
    const transcript = randomBytes(32)
    expect(comparisonOf(transcript, new Uint8Array(32).fill(1))).not.toBe(comparisonOf(transcript, new Uint8Array(32).fill(2)))
  })
})
