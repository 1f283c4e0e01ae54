/** The asking protocol, both machines against each other, with no stream between them. */
import { bytesToHex } from '@noble/hashes/utils.js'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BUDGET, COST_OF_ASK, MAX_ASKED, PIECE, QUOTA_WINDOW } from '../../src/keys/asking/constants.js'
import { decodeAnswer, decodeAsk, encodeAnswer, encodeAsk, KeysRefusalCode } from '../../src/keys/asking/frames.js'
import { answerer, asker } from '../../src/keys/asking/machines.js'
import { Pieces } from '../../src/keys/asking/pieces.js'
import { Quota } from '../../src/keys/asking/quota.js'
import { hashOf } from '../../src/keys/index.js'
import type { Answer, Ask } from '../../src/keys/asking/frames.js'
import type { AnswererEffect, AskerEffect, WantedSet } from '../../src/keys/asking/machines.js'
import type { EpochSecret } from '../../src/keys/index.js'

const id = (byte: number): string => bytesToHex(new Uint8Array(32).fill(byte))
const party = new Uint8Array(32).fill(9)
const refused: unknown = expect.objectContaining({ name: 'ProtocolError' })

/** A set of so many bytes, no two pieces alike. */
function setOf (length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, at) => (at * 31 + (at >> 8)) & 0xff)
}

interface Talk {
  /** Wrap sets that Bob wants, and where he keeps what came of them. */
  sets?: Array<{ bytes: Uint8Array, small?: boolean, most?: number }>
  pieces?: Pieces
  /** REKEYs whose secrets he wants. */
  missing?: string[]
  /** What Alice answers. */
  look: (ask: Ask) => Answer
  /** The stream ends after so many of Alice's answers. */
  cut?: number
  piece?: number
  window?: number
}

interface Heard {
  asks: Ask[]
  /** Asks that were under way at once, at most. */
  ahead: number
  secrets: EpochSecret[]
  whole: string[]
  resets: number
  /** In the order in which he went about it. */
  steps: string[]
  error?: unknown
}

/** Bob asks Alice over one stream, until it ends. */
function talk ({ sets = [], pieces = new Pieces(), missing = [], look, cut = Number.POSITIVE_INFINITY, piece = 1000, window = 3 }: Talk): Heard {
  const heard: Heard = { asks: [], ahead: 0, secrets: [], whole: [], resets: 0, steps: [] }
  const taken = new Set<string>()
  const toBob: Uint8Array[] = []
  const waiting: Uint8Array[] = []
  const bob = asker({ party, piece, window })
  const alice = answerer()
  let hers = alice.next()
  let answered = 0

  // whatever she can do
  const serve = (): void => {
    while (hers.done !== true) {
      const effect: AnswererEffect = hers.value

      if (effect.type === 'look') {
        hers = alice.next(look(effect.ask))
      } else if (effect.type === 'send') {
        toBob.push(effect.frame)
        hers = alice.next()
      } else if (waiting.length > 0) {
        hers = alice.next(waiting.shift())
      } else {
        return
      }
    }
  }

  const perform = (effect: AskerEffect): unknown => {
    switch (effect.type) {
      case 'send':
        waiting.push(effect.frame)
        heard.asks.push(decodeAsk(effect.frame))
        heard.ahead = Math.max(heard.ahead, heard.asks.length - answered)
        return undefined
      case 'receive':
        serve()

        if (answered++ === cut || toBob.length === 0) {
          throw new Error('the stream ended')
        }

        return toBob.shift()
      case 'next': {
        const next = sets.find(({ bytes, small = true }) => small === effect.small && !taken.has(hashOf(bytes)))
        const hash = next == null ? '' : hashOf(next.bytes)
        taken.add(hash)

        return next == null ? undefined : { rekey: id(1), hash, most: next.most ?? next.bytes.length, ...pieces.of(hash) } satisfies WantedSet
      }
      case 'piece':
        heard.steps.push('piece')
        return pieces.take('bob', effect.set.hash, effect.size, effect.bytes)
      case 'whole':
        heard.steps.push('whole')
        heard.whole.push(effect.set.hash)
        return undefined
      case 'reset':
        heard.resets++
        return pieces.reset('bob', effect.set.hash)
      case 'missing': return missing
      case 'secrets':
        heard.steps.push('secrets')
        heard.secrets.push(...effect.secrets)
        return undefined
    }
  }

  try {
    for (let step = bob.next(); step.done !== true; step = bob.next(perform(step.value))) {
      // as `drive` does
    }
  } catch (error) {
    heard.error = error
  }

  return heard
}

/** Alice has these sets, and these secrets. */
function having (sets: Uint8Array[], secrets: EpochSecret[] = []): (ask: Ask) => Answer {
  return (ask) => {
    if (ask.kind === 'secrets') {
      return { kind: 'secrets', secrets: secrets.filter(({ rekey }) => ask.rekeys.includes(rekey)) }
    }

    const set = sets.find(bytes => hashOf(bytes) === ask.wraps) ?? new Uint8Array()

    return { kind: 'piece', size: set.length, bytes: set.subarray(ask.from, ask.from + ask.length) }
  }
}

describe('Bob asks Alice for a wrap set', () => {
  it.each([1, 999, 1000, 1001, 3000, 12_345])('of %i bytes: it comes in pieces, a few asked for ahead', (length) => {
    const bytes = setOf(length)
    const pieces = new Pieces()
    const heard = talk({ sets: [{ bytes }], pieces, look: having([bytes]) })

    expect(heard.error).toBeUndefined()
    expect(pieces.whole(hashOf(bytes))).toEqual(bytes)
    expect(heard.asks).toHaveLength(Math.ceil(length / 1000))
    expect(heard.ahead).toBeLessThanOrEqual(3)
    expect(heard.asks[0]).toMatchObject({ kind: 'piece', from: 0, length: 1000, wraps: hashOf(bytes) })
  })

  it('that she does not have: one ask, and on to the secrets', () => {
    const heard = talk({ sets: [{ bytes: setOf(5000) }], missing: [id(1)], look: having([], [{ rekey: id(1), secret: new Uint8Array(32) }]) })

    expect(heard.asks.map(({ kind }) => kind)).toEqual(['piece', 'secrets'])
    expect(heard.secrets).toHaveLength(1)
    expect(heard.error).toBeUndefined()
  })

  it('the stream ends wherever: the next one goes on from there, and it is whole at the end', () => {
    const bytes = setOf(10_500)

    for (let cut = 0; cut < 12; cut++) {
      const pieces = new Pieces()
      const first = talk({ sets: [{ bytes }], pieces, look: having([bytes]), cut })
      const { have } = pieces.of(hashOf(bytes))
      const second = talk({ sets: [{ bytes }], pieces, look: having([bytes]) })

      expect(first.whole.length + second.whole.length).toBeGreaterThan(0)
      expect(second.asks.every(ask => ask.kind === 'piece' && ask.from >= have)).toBe(true)
      expect(pieces.whole(hashOf(bytes))).toEqual(bytes)
    }
  })

  it('large ones come after the secrets: who has those needs none', () => {
    const [small, large] = [setOf(500), setOf(5000)]
    const heard = talk({ sets: [{ bytes: large, small: false }, { bytes: small }], missing: [id(1)], look: having([small, large], [{ rekey: id(1), secret: new Uint8Array(32) }]) })

    expect(heard.steps).toEqual(['piece', 'whole', 'secrets', ...Array.from({ length: 5 }, () => 'piece'), 'whole'])
  })

  it('it is longer than its REKEY explains: nothing of it is taken', () => {
    const bytes = setOf(5000)
    const heard = talk({ sets: [{ bytes, most: 4999 }], look: having([bytes]) })

    expect(heard.error).toEqual(refused)
    expect(heard.steps).toEqual([])
  })

  it('of another length than he was told before: begun anew, whoever was wrong', () => {
    const bytes = setOf(5000)
    const pieces = new Pieces()
    pieces.take('eve', hashOf(bytes), 4000, setOf(1000))
    const heard = talk({ sets: [{ bytes }], pieces, look: having([bytes]) })

    expect(heard.resets).toBe(1)
    expect(talk({ sets: [{ bytes }], pieces, look: having([bytes]) }).whole).toHaveLength(1)
    expect(pieces.whole(hashOf(bytes))).toEqual(bytes)
  })

  it('of one length, then of another, both times from Eve: she is not asked for it again', () => {
    const bytes = setOf(5000)
    const pieces = new Pieces()
    pieces.take('eve', hashOf(bytes), 4000, setOf(1000))
    pieces.reset('bob', hashOf(bytes))
    pieces.take('eve', hashOf(bytes), 4000, setOf(1000))
    pieces.reset('eve', hashOf(bytes))

    expect(['eve', 'bob'].map(key => pieces.isLiar(key, hashOf(bytes)))).toEqual([true, false])
    expect(pieces.of(hashOf(bytes))).toEqual({ have: 0 })
  })

  it('other bytes: it is dropped, and who sent of it is not asked for it again', () => {
    const bytes = setOf(2000)
    const pieces = new Pieces()
    pieces.take('eve', hashOf(bytes), 2000, new Uint8Array(1000))
    talk({ sets: [{ bytes }], pieces, look: having([bytes]) })

    expect(pieces.whole(hashOf(bytes))).toBeUndefined()
    expect(['eve', 'bob', 'carol'].map(key => pieces.isLiar(key, hashOf(bytes)))).toEqual([true, true, false])
    expect(pieces.isLiar('eve', id(1))).toBe(false)
    expect(pieces.of(hashOf(bytes))).toEqual({ have: 0 })
  })

  it('any answers whatever: he takes no more than the set may have, and ends', () => {
    const answers = fc.array(fc.oneof(
      fc.record({ kind: fc.constant('piece' as const), size: fc.nat(6000), bytes: fc.uint8Array({ maxLength: 1200 }) }),
      fc.record({ kind: fc.constant('piece' as const), size: fc.constant(3000), bytes: fc.constant(new Uint8Array(1000)) }),
      fc.record({ kind: fc.constant('secrets' as const), secrets: fc.constant<EpochSecret[]>([{ rekey: id(3), secret: new Uint8Array(32) }]) }),
      fc.record({ kind: fc.constant('refusal' as const), code: fc.nat(5) })
    ), { minLength: 20, maxLength: 20 })

    fc.assert(fc.property(answers, (answers) => {
      const pieces = new Pieces()
      const bytes = setOf(3000)
      const heard = talk({ sets: [{ bytes, most: 4000 }], pieces, missing: [id(1)], look: () => (answers.shift() as Answer | undefined) ?? { kind: 'refusal', code: 1 } })

      expect(pieces.of(hashOf(bytes)).have).toBeLessThanOrEqual(4000)
      expect(heard.secrets).toEqual([])
      expect(heard.asks.length).toBeLessThan(20)
    }))
  })
})

describe('Bob asks Alice for secrets', () => {
  it('more than fit into one frame: in several', () => {
    const secrets = Array.from({ length: MAX_ASKED + 44 }, (_, nth) => ({ rekey: hashOf(Uint8Array.of(nth & 0xff, nth >> 8)), secret: new Uint8Array(32).fill(nth & 0xff) }))
    const heard = talk({ missing: secrets.map(({ rekey }) => rekey), look: having([], secrets) })

    expect(heard.asks).toHaveLength(2)
    expect(heard.secrets).toEqual(secrets)
  })

  it('she gives another one: it is not taken', () => {
    const heard = talk({ missing: [id(1)], look: () => ({ kind: 'secrets', secrets: [{ rekey: id(2), secret: new Uint8Array(32) }] }) })

    expect(heard.error).toEqual(refused)
    expect(heard.secrets).toEqual([])
  })

  it('she refuses: he is told which refusal', () => {
    const heard = talk({ missing: [id(1)], look: () => ({ kind: 'refusal', code: KeysRefusalCode.UNKNOWN }) })

    expect(heard.error).toMatchObject({ name: 'KeysRefusedError', reason: KeysRefusalCode.UNKNOWN })
  })
})

describe('Who is asked', () => {
  it('answers anything that is no ask with a refusal, and ends', () => {
    for (const frame of [new Uint8Array(), encodeAnswer({ kind: 'refusal', code: 1 }), encodeAsk({ kind: 'secrets', party: party.subarray(1), rekeys: [id(1)] }), encodeAsk({ kind: 'secrets', party, rekeys: [] })]) {
      const alice = answerer()
      alice.next()
      const step = alice.next(frame)

      expect(step.done === false && step.value.type === 'send' ? decodeAnswer(step.value.frame) : undefined).toEqual({ kind: 'refusal', code: KeysRefusalCode.PROTOCOL })
      expect(() => alice.next()).toThrow(expect.objectContaining({ name: 'ProtocolError' }))
    }
  })

  it('gives a member its share of bytes, and more after a while; another one has its own', () => {
    const quota = new Quota()
    const asks = Math.floor(BUDGET / (COST_OF_ASK + PIECE))

    expect(Array.from({ length: asks + 5 }, () => quota.take('bob', COST_OF_ASK + PIECE, 1000)).filter(Boolean)).toHaveLength(asks)
    expect(quota.take('carol', COST_OF_ASK, 1000)).toBe(true)
    expect(quota.take('bob', COST_OF_ASK + PIECE, 1000 + QUOTA_WINDOW - 1)).toBe(false)
    expect(quota.take('bob', COST_OF_ASK + PIECE, 1000 + QUOTA_WINDOW)).toBe(true)
    // what 10,000 members with 8 keys each take fits
    expect(BUDGET / (COST_OF_ASK + PIECE) * PIECE).toBeGreaterThan(4 * 10_000 * 8 * 56)
  })
})

describe('A frame', () => {
  const asks: Ask[] = [{ kind: 'secrets', party, rekeys: [id(1), id(2)] }, { kind: 'piece', party, wraps: id(3), from: 65_536, length: PIECE }, { kind: 'piece', party, wraps: id(3), from: 0, length: 1 }]
  const answers: Answer[] = [{ kind: 'secrets', secrets: [] }, { kind: 'secrets', secrets: [{ rekey: id(1), secret: new Uint8Array(32).fill(1) }] }, { kind: 'piece', size: 70_000, bytes: setOf(PIECE) }, { kind: 'piece', size: 0, bytes: new Uint8Array() }, { kind: 'refusal', code: 2 }]

  it('is read as it was written', () => {
    expect(asks.map(ask => decodeAsk(encodeAsk(ask)))).toEqual(asks)
    expect(answers.map(answer => decodeAnswer(encodeAnswer(answer)))).toEqual(answers)
  })

  it('with more in it than it may have is refused', () => {
    const many = Array.from({ length: MAX_ASKED + 1 }, () => id(1))

    expect(() => decodeAsk(encodeAsk({ kind: 'secrets', party, rekeys: many }))).toThrow(expect.objectContaining({ name: 'ProtocolError' }))
    expect(() => decodeAsk(encodeAsk({ kind: 'piece', party, wraps: id(1), from: 0, length: PIECE + 1 }))).toThrow(expect.objectContaining({ name: 'ProtocolError' }))
    expect(() => decodeAnswer(encodeAnswer({ kind: 'piece', size: 1, bytes: setOf(PIECE + 1) }))).toThrow(expect.objectContaining({ name: 'ProtocolError' }))
    expect(() => decodeAnswer(encodeAnswer({ kind: 'secrets', secrets: many.map(rekey => ({ rekey, secret: new Uint8Array(32) })) }))).toThrow(expect.objectContaining({ name: 'ProtocolError' }))
    expect(() => decodeAnswer(encodeAnswer({ kind: 'secrets', secrets: [{ rekey: id(1), secret: new Uint8Array(31) }] }))).toThrow(expect.objectContaining({ name: 'ProtocolError' }))
  })

  it('any flipped bit, or any bytes at all: read as something, or refused; nothing crashes', () => {
    const decoded = (decode: (bytes: Uint8Array) => unknown, bytes: Uint8Array): unknown => {
      try {
        return decode(bytes)
      } catch (err) {
        return (err as Error).name
      }
    }
    const isOne = (result: unknown): boolean => result === 'ProtocolError' || typeof result === 'object'

    for (const bytes of [...asks.map(encodeAsk), ...answers.map(encodeAnswer)].filter(({ length }) => length < 200)) {
      for (let bit = 0; bit < bytes.length * 8; bit++) {
        const flipped = bytes.slice()
        flipped[bit >> 3]! ^= 1 << (bit & 7)
        expect(isOne(decoded(decodeAsk, flipped)) && isOne(decoded(decodeAnswer, flipped))).toBe(true)
      }
    }

    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), bytes => isOne(decoded(decodeAsk, bytes)) && isOne(decoded(decodeAnswer, bytes))))
  })
})
