import { concatBytes } from '@noble/hashes/utils.js'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ProtocolError } from '../../src/errors.js'
import { MAX_INVITEE_FRAME, MAX_INVITER_FRAME } from '../../src/invitation/constants.js'
import { decodeFrame, encodeBody, encodeFrame } from '../../src/invitation/frames.js'
import { own, pass, PIN, samples, scene, toPin, type, WRONG } from '../helpers/handshake.js'
import type { AliceActor, BobActor, Bytes } from '../helpers/handshake.js'

const all = samples()

/** ProtocolError, or it was read: nothing else may come of any bytes. */
function total (bytes: Uint8Array): void {
  try {
    decodeFrame(bytes)
  } catch (err) {
    expect(err).toBeInstanceOf(ProtocolError)
  }
}

/** One bit of each byte, a different one each time. */
function flips (frame: Bytes): Bytes[] {
  return [...frame.keys()].map((at) => {
    const flipped = own(frame)
    flipped[at] = (flipped[at] as number) ^ (1 << (at % 8))
    return flipped
  })
}

function cuts (frame: Bytes): Bytes[] {
  return [...frame.keys()].map(length => frame.slice(0, length))
}

/** Of plain data. */
const text = (value: unknown): string => JSON.stringify(value, (_, part: unknown) => part instanceof Uint8Array ? [...part] : typeof part === 'bigint' ? String(part) : part) ?? ''

/** Do both say the same? Of a frame with a MAC, to the byte that it covers. */
function same (one: Bytes, two: Bytes): boolean {
  try {
    const [a, b] = [decodeFrame(one), decodeFrame(two)]
    return a.type === b.type && text(a.mac) === text(b.mac) && (b.mac.length > 0 ? text(a.bytes) === text(b.bytes) : text(a.body) === text(b.body))
  } catch {
    return false
  }
}

/** How a frame may end the one whom it reaches. */
const NAMED = [
  'ProtocolError', 'InvitationNotFoundError', 'InvitationDeclinedError', 'InvitationExpiredError', 'InvitationRevokedError',
  'InvitationUsedError', 'InvitationLockedError', 'InviterUnreachableError', 'UnsupportedKeyError'
]

describe('reading a frame', () => {
  it('each type comes back as it was written', () => {
    for (const [name, frame] of Object.entries(all)) {
      const { type, bytes, mac } = decodeFrame(frame)
      expect(type).toBe(name)
      expect(own(encodeFrame(type, bytes, mac))).toEqual(frame)
    }
  })

  it('each fits its limit', () => {
    for (const frame of Object.values(all)) {
      expect(frame.length).toBeLessThan(MAX_INVITEE_FRAME)
      expect(frame.length).toBeLessThan(MAX_INVITER_FRAME)
    }
  })

  it('any bytes give a frame or a ProtocolError', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 600 }), total), { numRuns: 500 })
  })

  it('any bytes in a body of any type, too', () => {
    fc.assert(fc.property(fc.integer({ min: 0, max: 20 }), fc.uint8Array({ maxLength: 400 }), (number, body) => {
      total(concatBytes(Uint8Array.of(8, number, 18), body.length < 128 ? Uint8Array.of(body.length) : Uint8Array.of((body.length & 127) | 128, body.length >> 7), body))
    }), { numRuns: 500 })
  })

  it('any few bytes of a good frame changed, cut or added, too', () => {
    fc.assert(fc.property(fc.constantFrom(...Object.values(all)), fc.array(fc.tuple(fc.nat(400), fc.nat(255)), { maxLength: 4 }), fc.nat(20), fc.uint8Array({ maxLength: 8 }), (frame, changes, cut, more) => {
      const changed = own(frame)
      changes.forEach(([at, value]) => { changed[at % changed.length] = value })
      total(concatBytes(changed.slice(0, changed.length - cut), more))
    }), { numRuns: 500 })
  })

  it('every cut and every flip, too', () => {
    for (const frame of Object.values(all)) {
      [...cuts(frame), ...flips(frame)].forEach(total)
    }
  })

  it('an empty frame, an unknown type, a body where none belongs, a text that is no UTF-8: refused', () => {
    for (const bytes of [[], [8, 0], [8, 11], [8, 200, 1], [18, 0], [8, 5, 18, 1, 7], [8, 9, 18, 1, 0], [255, 255, 255, 255, 255], [8, 1, 18, 255, 255, 255, 255, 15]]) {
      expect(() => decodeFrame(Uint8Array.from(bytes))).toThrow(ProtocolError)
    }
  })

  it('each length is held: one byte more or less is refused', () => {
    const bytes = (length: number): Bytes => new Uint8Array(length)
    const frame = { body: bytes(3), sig: bytes(64) }
    const preview = { name: 'x', kind: 1, memberCount: 1, profile: bytes(0), role: 2, expiresAt: 0n, attemptsLeft: 3, pinLength: 6, pinAlphabet: '01', approval: false, picture: '', member: false, app: bytes(1024), data: bytes(1024) }
    const good = {
      KNOCK: { version: 1, lookupId: bytes(16), nonce: bytes(32) },
      WELCOME: { genesis: bytes(32), invite: bytes(32), nonce: bytes(32), share: bytes(32), preview },
      ANSWER: { share: bytes(32), tag: bytes(64), acceptance: bytes(64), profile: bytes(0), recovery: bytes(32) },
      RETRY: { attemptsLeft: 1, nonce: bytes(32), share: bytes(32) },
      WAITING: { tag: bytes(64), nonce: bytes(32) },
      GRANT: { tag: bytes(64), admit: frame, authority: [frame], heads: [bytes(32)] }
    }

    for (const [type, body] of Object.entries(good) as Array<[keyof typeof good, Record<string, unknown>]>) {
      expect(decodeFrame(encodeFrame(type, encodeBody(type, body))).type).toBe(type)

      for (const [field, value] of Object.entries(body)) {
        if (value instanceof Uint8Array && field !== 'profile') {
          for (const length of [value.length - 1, value.length + 1]) {
            expect(() => decodeFrame(encodeFrame(type, encodeBody(type, { ...body, [field]: bytes(length) }))), `${type}.${field} of ${length}`).toThrow(ProtocolError)
          }
        }
      }
    }

    expect(decodeFrame(encodeFrame('ANSWER', encodeBody('ANSWER', { ...good.ANSWER, recovery: bytes(0) }))).type).toBe('ANSWER')
    expect(decodeFrame(encodeFrame('GRANT', encodeBody('GRANT', { ...good.GRANT, secrets: bytes(1040) }))).type).toBe('GRANT')

    // a repeated Grant, which has no tag, has no secrets either
    for (const body of [{ ...good.GRANT, secrets: bytes(1041) }, { ...good.GRANT, tag: bytes(0), secrets: bytes(80) }]) {
      expect(() => decodeFrame(encodeFrame('GRANT', encodeBody('GRANT', body)))).toThrow(ProtocolError)
    }

    for (const body of [{ ...good.GRANT, admit: undefined }, { ...good.GRANT, heads: Array(17).fill(bytes(32)) }, { ...good.GRANT, authority: Array(65).fill(frame) }, { ...good.GRANT, heads: [bytes(31)] }, { ...good.GRANT, authority: [{ body: bytes(1), sig: bytes(63) }] }]) {
      expect(() => decodeFrame(encodeFrame('GRANT', encodeBody('GRANT', body)))).toThrow(ProtocolError)
    }

    expect(() => decodeFrame(encodeFrame('WELCOME', encodeBody('WELCOME', { ...good.WELCOME, preview: { ...preview, expiresAt: 2n ** 60n } })))).toThrow(ProtocolError)
    for (const more of [{ app: bytes(1025) }, { data: bytes(1025) }]) {
      expect(() => decodeFrame(encodeFrame('WELCOME', encodeBody('WELCOME', { ...good.WELCOME, preview: { ...preview, ...more } })))).toThrow(ProtocolError)
    }

    expect(() => decodeFrame(encodeFrame('WELCOME', encodeBody('WELCOME', { ...good.WELCOME, preview: undefined })))).toThrow(ProtocolError)
    expect(() => decodeFrame(encodeFrame('ANSWER', encodeBody('ANSWER', { ...good.ANSWER, profile: bytes(1537) })))).toThrow(ProtocolError)
  })
})

describe('a frame cut or changed on its way', () => {
  interface Way { name: string, to: 'alice' | 'bob', until: (a: AliceActor, b: BobActor) => void }

  const ways: Way[] = [
    { name: 'Knock', to: 'alice', until: () => {} },
    { name: 'Welcome', to: 'bob', until: (a, b) => { pass(b, a) } },
    { name: 'Answer', to: 'alice', until: (a, b) => { toPin({ a, b }); type(b, { pin: PIN }) } },
    { name: 'Retry', to: 'bob', until: (a, b) => { toPin({ a, b }); type(b, { pin: WRONG }); pass(b, a) } },
    { name: 'Grant', to: 'bob', until: (a, b) => { toPin({ a, b }); type(b, { pin: PIN }); pass(b, a) } }
  ]

  for (const { name, to, until } of ways) {
    it(`${name}: a named error, never an admission that was not verified`, () => {
      const original = scene()
      until(original.a, original.b)
      const length = (to === 'alice' ? original.b : original.a).sent.at(-1)?.length ?? 0
      // a new run for each, as a run is used up; every 5th byte of the frames that cost a CPace run
      const stride = name === 'Knock' || name === 'Welcome' ? 1 : 5

      for (let at = 0; at < length; at += stride) {
        for (const bad of [(frame: Bytes) => frame.slice(0, at), (frame: Bytes) => flips(frame)[at] as Bytes]) {
          const { alice, bob, a, b } = scene()
          until(a, b)
          const frame = (to === 'alice' ? b : a).sent.at(-1) as Bytes
          const admissions = alice.admissions

          // a wire type's bit that the decoder does not look at: the very same frame
          if (at >= frame.length || same(bad(frame), frame)) {
            continue
          }

          if (to === 'alice') {
            a.take(bad(frame))
            expect(alice.admissions).toBe(admissions)
            // a tag that does not hold is a guess; all else ends the stream
            expect(a.error == null ? a.last.type : NAMED.includes(a.error.name)).toBe(a.error == null ? 'RETRY' : true)
          } else {
            b.take(bad(frame))

            if (b.error != null) {
              expect(NAMED).toContain(b.error.name)
              expect(bob.stored).toBeUndefined()
              expect(bob.told).toEqual([])
            } else {
              // only what no check of the frame covers: heads, and ops that the log checks itself; secrets come whole, or not at all
              expect(name).toBe('Grant')
              expect(bob.stored?.admit).toEqual(alice.admitted?.admit)
              expect([alice.secrets, []]).toContainEqual(bob.secrets)
            }
          }
        }
      }
    })
  }

  it('Bob\'s first frame with more behind it, or twice in one: refused', () => {
    const { alice, a, b } = scene()
    const frame = b.sent[0] as Bytes
    a.take(concatBytes(frame, Uint8Array.of(255)))
    expect(a.error?.name).toBe('ProtocolError')
    expect(alice.starts).toBe(0)
    // protobuf takes the last of a field given twice: the MAC is over the body that is used
    const doubled = alice.serve().take(concatBytes(frame, frame))
    expect(doubled.error == null ? doubled.last.type : doubled.error.name).toMatch(/WELCOME|ProtocolError|InvitationNotFoundError/)
  })
})
