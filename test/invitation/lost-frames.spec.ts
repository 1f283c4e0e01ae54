import { describe, expect, it } from 'vitest'
import { decodeFrame } from '../../src/invitation/frames.js'
import { StreamEnd } from '../../src/pake/machine.js'
import { RefusalCode } from '../../src/invitation/pb/message.js'
import { AliceWorld, BobWorld, ENDS, knock, pass, PIN, samples, scene, toPin, type, WRONG } from '../helpers/handshake.js'
import type { Bytes } from '../helpers/handshake.js'

describe('lost and repeated frames', () => {
  it('a lost Grant: Bob knocks again and is given the same one, without a PIN', () => {
    const parts = scene()
    const { alice, bob, a, b } = parts
    toPin(parts)
    type(b, { pin: PIN })
    pass(b, a)
    b.fail(new StreamEnd())
    a.fail(new StreamEnd())
    expect(a.result).toBe('admitted')

    const a2 = alice.serve()
    const b2 = bob.redeem()
    pass(b2, a2)
    pass(a2, b2)
    pass(b2, a2)
    expect(b2.effects).not.toContain('pin')
    expect(b2.result).toMatchObject({ type: 'admitted' })
    expect(a2.result).toBe('repeated')
    expect(alice.admissions).toBe(1)
    expect(bob.stored?.admit).toEqual(alice.admitted?.admit)
    // its session key is gone: he asks for the party's
    expect(bob.secrets).toEqual([])
    expect(bob.released).toBe(1)
  })

  it('the same Knock again, unanswered: the same Welcome, and no second start', () => {
    const { alice, bob, a, b } = scene()
    pass(b, a)
    b.fail(new StreamEnd())
    a.fail(new StreamEnd())
    const a2 = alice.serve()
    const b2 = bob.redeem()
    expect(b2.sent).toEqual(b.sent)
    pass(b2, a2)
    expect(a2.sent).toEqual(a.sent)
    expect(alice.starts).toBe(1)
    pass(a2, b2)
    type(b2, { pin: PIN })
    pass(b2, a2)
    pass(a2, b2)
    expect(b2.result).toMatchObject({ type: 'admitted' })
  })

  it('a lost Retry: the same Knock again is offered the run of that Retry, with the attempts left, and no second start', () => {
    const { alice, bob, a, b } = scene()
    toPin({ a, b })
    type(b, { pin: WRONG })
    pass(b, a)
    b.fail(new StreamEnd())
    a.fail(new StreamEnd())
    const a2 = alice.serve()
    const b2 = bob.redeem()
    pass(b2, a2)
    pass(a2, b2)
    expect(bob.welcomed?.preview.attemptsLeft).toBe(2)
    expect(alice.starts).toBe(1)
    type(b2, { pin: PIN })
    pass(b2, a2)
    pass(a2, b2)
    expect(b2.result).toMatchObject({ type: 'admitted' })
    expect(alice.ledger.attemptsLeft).toBe(2)
  })

  it('one Welcome, two Answers on two streams: the second run is used up and counts as wrong', () => {
    const { alice, bob, a, b } = scene()
    alice.ledger = { ...alice.ledger, uses: 2 }
    const a2 = alice.serve()
    pass(b, a)
    pass(b, a2)
    pass(a, b)
    type(b, { pin: WRONG })
    pass(b, a)
    pass(b, a2)
    expect(alice.ledger.attemptsLeft).toBe(1)
    expect([a.last.type, a2.last.type]).toEqual(['RETRY', 'RETRY'])
    expect(bob.released).toBe(1)
  })

  it('a stream lost at any step of either side ends that side, and admits nobody who was not verified', () => {
    for (let steps = 0; steps < 5; steps++) {
      for (const lost of ['alice', 'bob'] as const) {
        const parts = scene()
        const { alice, a, b } = parts
        const moves = [() => { pass(b, a) }, () => { pass(a, b) }, () => { type(b, { pin: PIN }) }, () => { pass(b, a) }, () => { pass(a, b) }]
        moves.slice(0, steps).forEach(move => { move() })
        const side = lost === 'alice' ? a : b
        if (!side.over) {
          side.fail(new StreamEnd())
        }
        expect(side.over).toBe(true)
        if (side.error != null) {
          expect(side.error.name).toBe('StreamEnd')
        }
        expect(alice.admissions).toBe(steps < 4 ? 0 : 1)
      }
    }
  })

  it('Bob declines, or cancels: Alice is told, and no attempt is spent', () => {
    for (const [answer, outcome, status] of [[{ decline: 'no time' }, 'declined', 'declined'], [{ cancel: true }, 'cancelled', 'pending']] as const) {
      const parts = scene()
      toPin(parts)
      type(parts.b, answer)
      pass(parts.b, parts.a)
      expect(parts.a.result).toBe(outcome)
      expect(parts.b.result).toEqual({ type: outcome })
      expect(parts.alice.ledger).toMatchObject({ status, attemptsLeft: 3 })
    }
  })
})

describe('frames out of order', () => {
  const all = samples()

  it('to Alice, at the door and at the Answer: refused by name, no attempt spent', () => {
    for (const [type, frame] of Object.entries(all)) {
      const { alice, a, b } = scene()
      if (type !== 'KNOCK') {
        expect(alice.serve().take(frame).error?.name).toBe('ProtocolError')
      }
      pass(b, a)
      a.take(frame)
      if (!['CANCEL', 'DECLINE'].includes(type)) {
        expect(a.error?.name).toBe('ProtocolError')
        expect(decodeFrame(a.sent.at(-1) as Bytes)).toMatchObject({ type: 'REFUSAL', body: { code: RefusalCode.PROTOCOL } })
      }
      expect(alice.ledger.attemptsLeft).toBe(3)
      expect(alice.admissions).toBe(0)
    }
  })

  it('to Bob, at the Welcome, at the PIN and at the Grant: refused by name', () => {
    const ended = ['ProtocolError', 'InvitationDeclinedError', 'InvitationNotFoundError', 'InvitationExpiredError']

    for (const [name, frame] of Object.entries(all)) {
      const first = scene()
      first.b.take(frame)
      // a Grant first is a repeated one, judged by the log's check
      if (name !== 'GRANT') {
        expect(ended).toContain(first.b.error?.name)
      }

      const second = scene()
      toPin(second)
      second.b.take({ frame })
      expect(ended).toContain(second.b.error?.name)

      const third = scene()
      toPin(third)
      type(third.b, { pin: PIN })
      third.b.take(frame)
      if (name !== 'WAITING') {
        expect(ended).toContain(third.b.error?.name)
      } else {
        third.b.take(frame)
        expect(third.b.error?.name).toBe('ProtocolError')
      }
      expect([second.bob.stored, third.bob.stored]).toEqual([undefined, undefined])
    }
  })

  it('another version: said so to Bob, nothing looked up', () => {
    const alice = new AliceWorld()
    const a = alice.serve().take(knock(alice.secret, ENDS, { version: 2 }))
    expect(a.effects).toEqual(['receive', 'send'])
    expect(a.error?.name).toBe('ProtocolError')
    const b = new BobWorld(alice.secret).redeem()
    pass(a, b)
    expect(b.error?.message).toContain('version')
  })
})
