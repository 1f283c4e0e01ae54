import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodeCode } from '../../src/codec/index.js'
import { ProtocolError } from '../../src/errors.js'
import { StreamEnd } from '../../src/pake/machine.js'
import { decodeFrame, encodeFrame } from '../../src/rendezvous/exchange/frames.js'
import { guesses, MAX_GUESSES, NameplateLockedError } from '../../src/rendezvous/exchange/index.js'
import { RefusalCode } from '../../src/rendezvous/exchange/pb/message.js'
import { pass } from '../helpers/handshake.js'
import { AliceWorld, BobWorld, endsOf, NAMEPLATE, peer, scene, WORDS } from '../helpers/exchange.js'
import type { AliceActor, BobActor } from '../helpers/exchange.js'
import type { DecodedFrame } from '../../src/rendezvous/exchange/frames.js'

/** All frames, there and back. */
function run ({ a, b }: { a: AliceActor, b: BobActor }): void {
  pass(b, a)
  pass(a, b)
  pass(b, a)
  pass(a, b)
}

const said = (actor: { sent: Uint8Array[] }): string[] => actor.sent.map(frame => decodeFrame(frame).type)
const last = (actor: { sent: Uint8Array[] }): DecodedFrame => decodeFrame(actor.sent.at(-1) ?? new Uint8Array())
const bytes = (length: number): Uint8Array<ArrayBuffer> => new Uint8Array(length)

describe('Bob has heard four words', () => {
  it('two round trips with Alice give him the full code', async () => {
    const parts = await scene()
    run(parts)
    expect(parts.b.result == null ? undefined : encodeCode(parts.b.result)).toBe(parts.alice.code)
    expect(said(parts.b)).toEqual(['HELLO', 'ANSWER'])
    expect(said(parts.a)).toEqual(['OFFER', 'CODE'])
    expect(parts.alice.guesses).toEqual(guesses.INITIAL)
    expect(parts.bob.released).toBe(1)
  })

  it('Alice\'s order is: begin, spend, look at the tag, give back, code', async () => {
    const parts = await scene()
    run(parts)
    expect(parts.a.effects).toEqual(['receive', 'begin', 'send', 'receive', 'spend', 'right', 'send'])
    expect(parts.alice.durable.map(({ guessesLeft }) => guessesLeft)).toEqual([2, 3])
  })

  it('he counts a candidate before anything made of the words leaves', async () => {
    const parts = await scene()
    run(parts)
    expect(parts.b.effects).toEqual(['send', 'receive', 'release', 'send', 'receive'])
  })

  it('a wrong word is told as such, and costs one of three guesses', async () => {
    const parts = await scene('ostrich-visual')
    run(parts)
    expect(parts.b.error).toMatchObject({ name: 'InvalidCodeError', reason: 'words' })
    expect(said(parts.a)).toEqual(['OFFER', 'REFUSAL'])
    expect(parts.alice.guesses).toMatchObject({ guessesLeft: 2, locked: false })
  })
})

describe('Eve guesses at the words', () => {
  it('three wrong guesses lock the nameplate, whoever makes them; the right words come too late', async () => {
    const { alice, peers } = await scene()

    for (let guess = 1; guess <= MAX_GUESSES; guess++) {
      const ends = endsOf(peers.alice, await peer())
      const a = alice.serve(ends)
      const b = new BobWorld().ask(ends, 'zoo-zoo')
      run({ a, b })
      expect(last(a)).toMatchObject({ type: 'REFUSAL', body: { code: RefusalCode.WRONG } })
    }

    expect(alice.locked).toBe(1)
    const ends = endsOf(peers.alice, peers.bob)
    const a = alice.serve(ends)
    const b = new BobWorld().ask(ends)
    pass(b, a)
    pass(a, b)
    expect(b.error?.name).toBe('InvitationLockedError')
    expect(said(a)).toEqual(['REFUSAL'])
  })

  it('a crash between the guess and its verdict costs a guess, and grants none', async () => {
    const { alice, a, b } = await scene('zoo-zoo')
    pass(b, a)
    pass(a, b)
    alice.fails = { wrong: new Error('the disk is full') }
    pass(b, a)
    expect(alice.guesses.guessesLeft).toBe(2)
    expect(last(a)).toMatchObject({ type: 'REFUSAL', body: { code: RefusalCode.UNAVAILABLE } })
  })

  it('however guesses come, no more than three wrong ones are answered', () => {
    fc.assert(fc.property(fc.array(fc.constantFrom('right', 'wrong', 'crash'), { maxLength: 40 }), (moves) => {
      let counted = guesses.INITIAL
      let wrong = 0

      for (const move of moves) {
        try {
          counted = guesses.spend(counted)
        } catch (err) {
          expect(err).toBeInstanceOf(NameplateLockedError)
          break
        }

        if (move === 'right') {
          counted = guesses.right(counted)
        } else {
          wrong++
          counted = move === 'wrong' ? guesses.wrong(counted) : counted
        }
      }

      expect(wrong).toBeLessThanOrEqual(MAX_GUESSES)
    }))
  })

  it('she is told the same of every nameplate that Alice has not', async () => {
    const { alice, ends } = await scene()
    const a = alice.serve(ends)
    pass(new BobWorld().ask(ends, WORDS, 'zoo-zoo'), a)
    expect(last(a)).toMatchObject({ type: 'REFUSAL', body: { code: RefusalCode.NOT_FOUND } })
    expect(alice.durable).toEqual([])
  })
})

describe('Mallory claims Alice\'s nameplate', () => {
  it('without the words she gets one guess, and Bob nothing but a wrong answer', async () => {
    const { peers, bob } = await scene()
    const mallory = new AliceWorld(peers.alice)
    mallory.words = 'zoo-zoo'
    const ends = endsOf(await peer(), peers.bob)
    const a = mallory.serve(ends)
    const b = bob.ask(ends)
    run({ a, b })
    expect(b.error).toMatchObject({ name: 'InvalidCodeError', reason: 'words' })
    expect(bob.released).toBe(1)
  })

  it('she cannot pretend to know them: a code behind a wrong tag is not taken', async () => {
    const { a, b, alice } = await scene()
    pass(b, a)
    pass(a, b)
    b.take(encodeFrame('CODE', { tag: bytes(64), code: alice.code }))
    expect(b.error).toMatchObject({ name: 'InvalidCodeError', reason: 'words' })
  })

  it('forwards between Alice and Bob: the tags hold both PeerIds, and neither side is content', async () => {
    const { alice, bob, peers } = await scene()
    const mallory = await peer()
    const a = alice.serve(endsOf(peers.alice, mallory))
    const b = bob.ask(endsOf(mallory, peers.bob))
    run({ a, b })
    expect(b.error).toBeDefined()
    expect(said(a)).toEqual(['OFFER', 'REFUSAL'])
    expect(alice.guesses.guessesLeft).toBe(2)
  })

  it('knows the words, and still cannot hand Bob a code of another inviter', async () => {
    const { peers, bob } = await scene()
    const mallory = await peer()
    const world = new AliceWorld(peers.alice)
    const ends = endsOf(mallory, peers.bob)
    const a = world.serve(ends)
    const b = bob.ask(ends)
    run({ a, b })
    expect(b.error?.name).toBe('ProtocolError')
  })

  it('replays an Answer of another exchange: wrong, and it costs a guess', async () => {
    const { alice, ends, a, b } = await scene()
    run({ a, b })
    const again = alice.serve(ends)
    again.take(b.sent[0])
    again.take(b.sent[1])
    expect(last(again)).toMatchObject({ type: 'REFUSAL', body: { code: RefusalCode.WRONG } })
    expect(alice.guesses.guessesLeft).toBe(2)
  })

  it('reflects Alice\'s own share, or sends the neutral element: a wrong guess', async () => {
    for (const share of ['own', 'neutral'] as const) {
      const { alice, a, b } = await scene()
      pass(b, a)
      const offer = last(a)
      a.take(encodeFrame('ANSWER', { share: share === 'own' && offer.type === 'OFFER' ? offer.body.share : bytes(32), tag: bytes(64) }))
      expect(last(a)).toMatchObject({ type: 'REFUSAL', body: { code: RefusalCode.WRONG } })
      expect(alice.guesses.guessesLeft).toBe(2)
    }
  })
})

describe('Frames', () => {
  it('a stream that is lost ends either side', async () => {
    const { a, b } = await scene()
    a.fail(new StreamEnd())
    b.fail(new StreamEnd())
    expect([a.error?.name, b.error?.name]).toEqual(['StreamEnd', 'StreamEnd'])
    expect(a.sent).toEqual([])
  })

  it('each flipped bit on the way is noticed: no code comes of it', async () => {
    const peers = { alice: await peer(), bob: await peer() }
    const ends = endsOf(peers.alice, peers.bob)

    for (const at of [0, 1, 2, 3] as const) {
      const length = (() => {
        const a = new AliceWorld(peers.alice).serve(ends)
        const b = new BobWorld().ask(ends)
        run({ a, b })
        return (at % 2 === 0 ? b.sent[at / 2] : a.sent[(at - 1) / 2])?.length ?? 0
      })()

      for (let bit = 0; bit < length * 8; bit += 13) {
        const alice = new AliceWorld(peers.alice)
        const a = alice.serve(ends)
        const b = new BobWorld().ask(ends)
        const flip = (frame: Uint8Array | undefined): Uint8Array => {
          const flipped = Uint8Array.from(frame ?? [])
          flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7))
          return flipped
        }
        const steps = [() => { a.take(at === 0 ? flip(b.sent[0]) : b.sent[0]) }, () => { b.take(at === 1 ? flip(a.sent[0]) : a.sent[0]) }, () => { a.take(at === 2 ? flip(b.sent[1]) : b.sent[1]) }, () => { b.take(at === 3 ? flip(a.sent[1]) : a.sent[1]) }]

        for (const [i, step] of steps.entries()) {
          if ((i % 2 === 0 ? a : b).waits === 'receive' && (i % 2 === 0 ? b : a).sent.length > i / 2 - 0.5) {
            step()
          }
        }

        const original = at % 2 === 0 ? b.sent[at / 2] : a.sent[(at - 1) / 2]

        // a flip that changes nothing of what is read, as a letter's case in the code, changes nothing
        if (b.result != null) {
          expect(encodeCode(b.result), `frame ${at}, bit ${bit}`).toBe(alice.code)
          const [read, sent] = [decodeFrame(flip(original)), decodeFrame(original ?? bytes(0))]
          expect({ ...read.body, code: 0 }, `frame ${at}, bit ${bit}`).toEqual({ ...sent.body, code: 0 })
        }
      }
    }
  })

  it('decoding is total: whatever comes is a frame or a ProtocolError', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      try {
        decodeFrame(bytes)
      } catch (err) {
        expect(err).toBeInstanceOf(ProtocolError)
      }
    }))
  })

  it('each length is held: one byte more or less is refused', () => {
    const good = {
      HELLO: { version: 1, nameplate: NAMEPLATE, nonce: bytes(32) },
      OFFER: { nonce: bytes(32), share: bytes(32) },
      ANSWER: { share: bytes(32), tag: bytes(64) },
      CODE: { tag: bytes(64), code: 'ABC' }
    }

    for (const [type, body] of Object.entries(good) as Array<[keyof typeof good, Record<string, unknown>]>) {
      expect(decodeFrame(encodeFrame(type, body)).type).toBe(type)

      for (const [field, value] of Object.entries(body)) {
        if (value instanceof Uint8Array) {
          for (const length of [value.length - 1, value.length + 1]) {
            expect(() => decodeFrame(encodeFrame(type, { ...body, [field]: bytes(length) })), `${type}.${field}`).toThrow(ProtocolError)
          }
        }
      }
    }

    expect(() => decodeFrame(encodeFrame('HELLO', { ...good.HELLO, nameplate: 'x'.repeat(18) }))).toThrow(ProtocolError)
    expect(() => decodeFrame(encodeFrame('CODE', { ...good.CODE, code: 'x'.repeat(2049) }))).toThrow(ProtocolError)
  })

  it('out of turn, each is refused', async () => {
    const { alice } = await scene()
    const samples = {
      HELLO: encodeFrame('HELLO', { version: 1, nameplate: NAMEPLATE, nonce: bytes(32) }),
      OFFER: encodeFrame('OFFER', { nonce: bytes(32), share: bytes(32) }),
      ANSWER: encodeFrame('ANSWER', { share: bytes(32), tag: bytes(64) }),
      CODE: encodeFrame('CODE', { tag: bytes(64), code: alice.code })
    }

    for (const [type, frame] of Object.entries(samples)) {
      const { a, b } = await scene()

      if (type !== 'HELLO') {
        expect(a.take(frame).error?.name, type).toBe('ProtocolError')
      }

      if (type !== 'OFFER') {
        expect(b.take(frame).error?.name, type).toBe('ProtocolError')
      }
    }

    const { a } = await scene()
    a.take(encodeFrame('HELLO', { version: 2, nameplate: NAMEPLATE, nonce: bytes(32) }))
    expect(last(a)).toMatchObject({ body: { code: RefusalCode.UNSUPPORTED_VERSION } })
  })

  it.each([[RefusalCode.NOT_FOUND, 'InvitationNotFoundError'], [RefusalCode.LOCKED, 'InvitationLockedError'], [RefusalCode.WRONG, 'InvalidCodeError'], [RefusalCode.BUSY, 'InviterUnreachableError'], [RefusalCode.UNAVAILABLE, 'InviterUnreachableError'], [RefusalCode.PROTOCOL, 'ProtocolError'], [RefusalCode.UNSUPPORTED_VERSION, 'ProtocolError']])('%s is a %s to Bob', async (code, name) => {
    const { b } = await scene()
    b.take(encodeFrame('REFUSAL', { code }))
    expect(b.error?.name).toBe(name)
  })
})

describe('Secrets', () => {
  it('no error of either side quotes the words or the code', async () => {
    const { alice, peers } = await scene()
    const errors: unknown[] = []

    for (const words of ['zoo-zoo', WORDS]) {
      const ends = endsOf(await peer(), peers.bob)
      const a = alice.serve(ends)
      const b = new BobWorld().ask(ends, words)
      run({ a, b })
      errors.push(a.error, b.error)
    }

    const text = errors.map(error => error instanceof Error ? `${error.name} ${error.message} ${error.stack}` : '').join('\n')
    expect(text).not.toContain('ostrich')
    expect(text).not.toContain('violin')
    expect(text).not.toContain(alice.code)
  })
})
