import { bytesToHex, hexToBytes, utf8ToBytes } from '@noble/hashes/utils.js'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CPaceInitiator, CPaceResponder } from '../../src/cpace/index.js'
import { badEncodings } from './bad-encodings.js'
import type { CPaceInit } from '../../src/cpace/index.js'

const ADA = utf8ToBytes('Alice')
const ADB = utf8ToBytes('Bob')
const agreed = { prs: utf8ToBytes('204958'), ci: utf8ToBytes('book club'), sid: new Uint8Array(64).fill(7) }

const alice = (change: Partial<CPaceInit> = {}): CPaceInitiator => new CPaceInitiator({ ...agreed, ad: ADA, ...change })
const bob = (change: Partial<CPaceInit> = {}): CPaceResponder => new CPaceResponder({ ...agreed, ad: ADB, ...change })
const failing = (reason: string): unknown => expect.objectContaining({ name: 'CPaceError', reason })

/** Seeded bytes, so that a run costs the same everywhere and can be repeated. */
function seeded (seed: number): (bytes: number) => Uint8Array {
  let state = seed >>> 0

  return bytes => Uint8Array.from({ length: bytes }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state >>> 24
  })
}

function flipped (bytes: Uint8Array, bit: number): Uint8Array {
  const copy = Uint8Array.from(bytes)
  copy[bit >> 3] = (copy[bit >> 3] ?? 0) ^ (1 << (bit & 7))
  return copy
}

describe('Alice and Bob run CPace', () => {
  it('both confirm when all that they bind is the same', () => {
    const a = alice()
    const b = bob().respond(a.share, ADA)
    const { tag, sessionKey } = a.confirm(b.share, ADB, b.tag)

    expect(a.share).toHaveLength(32)
    expect(b.tag).toHaveLength(64)
    expect(b.verify(tag)).toBe(true)
    expect(sessionKey).toHaveLength(64)
    expect(b.sessionKey(tag)).toEqual(sessionKey)
    expect(b.sessionKey(flipped(tag, 0))).toBeUndefined()
  })

  it('any password, channel, session and data will do', () => {
    const bytes = fc.uint8Array({ maxLength: 200 })

    fc.assert(fc.property(bytes, bytes, bytes, bytes, bytes, (prs, ci, sid, ada, adb) => {
      const a = new CPaceInitiator({ prs, ci, sid, ad: ada })
      const b = new CPaceResponder({ prs, ci, sid, ad: adb }).respond(a.share, ada)

      expect(b.verify(a.confirm(b.share, adb, b.tag).tag)).toBe(true)
    }), { numRuns: 20 })
  })

  it('no two runs send the same share', () => {
    expect(bytesToHex(alice().share)).not.toBe(bytesToHex(alice().share))
  })

  const other = utf8ToBytes('other')

  it.each([
    ['the password', bob({ prs: utf8ToBytes('204959') }), ADA, ADB],
    ['the channel', bob({ ci: other }), ADA, ADB],
    ['the session id', bob({ sid: other }), ADA, ADB],
    ['Alice\'s data, as Bob sees it', bob(), other, ADB],
    ['Bob\'s own data', bob({ ad: other }), ADA, ADB],
    ['Bob\'s data, as Alice sees it', bob(), ADA, other],
    ['the data, swapped', bob({ ad: ADA }), ADB, ADB]
  ])('nothing is confirmed when %s alone differs', (_what, responder, ada, adb) => {
    const a = alice()
    const b = responder.respond(a.share, ada)

    expect(() => a.confirm(b.share, adb, b.tag)).toThrow(failing('unconfirmed'))
  })

  it('Bob cannot play Alice: the roles are bound', () => {
    const [one, two] = [bob(), bob()]
    const a = alice()
    const first = one.respond(a.share, ADA)
    const second = two.respond(first.share, ADB)

    expect(second.verify(first.tag)).toBe(false)
    expect(first.verify(second.tag)).toBe(false)
  })

  it('moving a byte between channel and session id is noticed', () => {
    const a = alice({ ci: Uint8Array.of(1, 2), sid: Uint8Array.of(3) })
    const b = bob({ ci: Uint8Array.of(1), sid: Uint8Array.of(2, 3) }).respond(a.share, ADA)

    expect(() => a.confirm(b.share, ADB, b.tag)).toThrow(failing('unconfirmed'))
  })
})

describe('Eve changes what passes', () => {
  it('each flipped bit of Bob\'s tag is noticed', () => {
    const again = (): CPaceInitiator => alice({ random: seeded(1) })
    const { share, tag } = bob().respond(again().share, ADA)

    for (let bit = 0; bit < 512; bit++) {
      expect(() => again().confirm(share, ADB, flipped(tag, bit))).toThrow(failing('unconfirmed'))
    }

    expect(again().confirm(share, ADB, tag).tag).toHaveLength(64)
  })

  it('each flipped bit of Alice\'s tag is noticed', () => {
    const a = alice()
    const b = bob().respond(a.share, ADA)
    const { tag } = a.confirm(b.share, ADB, b.tag)

    for (let bit = 0; bit < 512; bit++) {
      expect(b.verify(flipped(tag, bit))).toBe(false)
    }
  })

  it('each flipped bit of Alice\'s share is noticed', () => {
    for (let bit = 0; bit < 256; bit++) {
      const a = alice({ random: seeded(bit) })
      const changed = flipped(a.share, bit)

      try {
        const b = bob({ random: seeded(bit + 1) }).respond(changed, ADA)
        expect(() => a.confirm(b.share, ADB, b.tag)).toThrow(failing('unconfirmed'))
      } catch (err) {
        expect(err).toMatchObject({ name: 'CPaceError', reason: 'bad-share' })
      }
    }
  })

  it('each flipped bit of Bob\'s share is noticed', () => {
    const again = (): CPaceInitiator => alice({ random: seeded(1) })
    const { share, tag } = bob().respond(again().share, ADA)

    for (let bit = 0; bit < 256; bit++) {
      expect(() => again().confirm(flipped(share, bit), ADB, tag)).toThrow(expect.objectContaining({ name: 'CPaceError' }))
    }
  })

  it('a tag of another length is noticed by either', () => {
    for (const length of [0, 1, 63, 65]) {
      const { a, share, tag } = confirmable()
      expect(() => a.confirm(share, ADB, resized(tag, length))).toThrow(failing('unconfirmed'))

      const a2 = alice()
      const b = bob().respond(a2.share, ADA)
      expect(b.verify(resized(a2.confirm(b.share, ADB, b.tag).tag, length))).toBe(false)
    }
  })

  it('Bob\'s own tag, sent back to him, is not Alice\'s', () => {
    const b = bob().respond(alice().share, ADA)
    expect(b.verify(b.tag)).toBe(false)
  })

  it('a share sent back is refused on either side', () => {
    const a = alice()
    expect(() => a.confirm(a.share, ADB, new Uint8Array(64))).toThrow(failing('reflected'))

    const b = bob({ random: seeded(1) })
    const mirror = bob({ random: seeded(1) }).respond(alice().share, ADA)
    expect(() => b.respond(mirror.share, ADA)).toThrow(failing('reflected'))
  })

  it.each(badEncodings)('a share that is %s is refused on either side', (_what, hex) => {
    expect(() => bob().respond(hexToBytes(hex), ADA)).toThrow(failing('bad-share'))
    expect(() => alice().confirm(hexToBytes(hex), ADB, new Uint8Array(64))).toThrow(failing('bad-share'))
  })

  it('the neutral element is refused on either side, though it decodes', () => {
    expect(() => bob().respond(new Uint8Array(32), ADA)).toThrow(failing('identity'))
    expect(() => alice().confirm(new Uint8Array(32), ADB, new Uint8Array(64))).toThrow(failing('identity'))
  })

  it.each([
    ['too few bytes', () => Uint8Array.of(7)],
    ['no bytes', () => new Uint8Array()],
    ['zeros', (bytes: number) => new Uint8Array(bytes)]
  ])('a broken random source that gives %s makes no share, whose scalar Eve could guess', (_what, random) => {
    expect(() => alice({ random })).toThrow('random source is broken')
    expect(() => bob({ random })).toThrow('random source is broken')
  })

  it('a scalar serves once, even when the first try failed', () => {
    const { a, share, tag } = confirmable()
    expect(() => a.confirm(new Uint8Array(32), ADB, tag)).toThrow(failing('identity'))
    expect(() => a.confirm(share, ADB, tag)).toThrow(failing('used'))

    const b = bob()
    b.respond(alice().share, ADA)
    expect(() => b.respond(alice().share, ADA)).toThrow(failing('used'))
  })

  it('errors tell nothing of the password', () => {
    const a = alice()
    const b = bob({ prs: utf8ToBytes('999999') }).respond(a.share, ADA)

    try {
      a.confirm(b.share, ADB, b.tag)
      expect.unreachable()
    } catch (err) {
      expect(JSON.stringify(err) + String(err)).not.toContain('204958')
    }
  })
})

function resized (bytes: Uint8Array, length: number): Uint8Array {
  const other = new Uint8Array(length)
  other.set(bytes.subarray(0, length))
  return other
}

function confirmable (): { a: CPaceInitiator, share: Uint8Array, tag: Uint8Array } {
  const a = alice()
  const { share, tag } = bob().respond(a.share, ADA)
  return { a, share, tag }
}
