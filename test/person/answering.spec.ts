/** Strangers who ask a member for recoveries, with keys that cost nothing: what they get, and what they leave for others. */
import { generateKeyPair } from '@libp2p/crypto/keys'
import { bytesToHex, randomBytes } from '@noble/hashes/utils.js'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { keyOf } from '../../src/log/index.js'
import { Answering } from '../../src/person/recover/answer.js'
import { askForSeats } from '../../src/person/recover/ask.js'
import { ENTITLED, MAX_ENTITLED, MAX_PROOFS, MAX_PROOFS_OF_PEER, MAX_STREAMS, PROOFS_WINDOW, STEP_TIMEOUT } from '../../src/person/recover/constants.js'
import { Entitled } from '../../src/person/recover/entitled.js'
import { decodeFrame, encodeFrame, RecoverRefusalCode } from '../../src/person/recover/frames.js'
import { FakeClock } from '../../src/testing/index.js'
import { stranger } from '../helpers/strangers.js'
import type { Frame, Seat } from '../../src/person/recover/frames.js'
import type { Stranger } from '../helpers/strangers.js'
import type { MockInstance } from 'vitest'
import type { Connection, PrivateKey, StreamHandler } from '@libp2p/interface'

const EVES = '/ip4/203.0.113.5/tcp/4001'
const ALICES = '/ip4/192.0.2.7/tcp/4001'
const SEAT: Seat = { genesis: { body: randomBytes(200), sig: randomBytes(64) }, left: false }

let clock: FakeClock
let words: PrivateKey
let handler: StreamHandler
let self: Stranger
/** Signatures that were looked at. */
let verified: MockInstance

beforeEach(async () => {
  clock = new FakeClock()
  words = await generateKeyPair('Ed25519')
  self = await stranger(ALICES, () => undefined)
  const answering = new Answering({ self: self.peerId, clock, seatsOf: recovery => recovery === keyOf(words) ? [SEAT] : [] })
  handler = (stream, connection) => { answering.answer(stream, connection, { signal: new AbortController().signal }).catch(() => {}) }
  verified = vi.spyOn(globalThis.crypto.subtle, 'verify')
})

afterEach(() => { vi.restoreAllMocks() })

const comes = async (host: string): Promise<Stranger> => stranger(host, () => handler)

/** One ask with a proof that says nothing, but has to be looked at: its S is below L (docs/membership-log.md). */
async function ask (who: Stranger): Promise<Frame> {
  const { stream, messages } = await who.open()
  await messages.read()
  const signature = randomBytes(64)
  signature[63] = 0
  await messages.write(encodeFrame({ kind: 'proof', key: randomBytes(32), signature }))
  const frame = decodeFrame((await messages.read()).subarray())
  await stream.close()

  return frame
}

/** As the device asks: its connection is one to the member. */
async function recovers (who: Stranger, recovery = words): Promise<Seat[]> {
  const connection = { ...who.connection, remotePeer: self.peerId, newStream: async () => (await who.open()).stream } as unknown as Connection

  return askForSeats(connection, { self: who.peerId, recovery, clock, signal: new AbortController().signal })
}

describe('Who has the words', () => {
  it('is answered, as often as it takes', async () => {
    const phone = await comes(ALICES)

    for (let nth = 0; nth < 2 * MAX_PROOFS_OF_PEER; nth++) {
      expect(await recovers(phone)).toEqual([SEAT])
    }
  })

  it('is answered after Eve asked 2,000 times with free keys from one address, of which few were looked at', async () => {
    const codes: number[] = []

    for (let nth = 0; nth < 250; nth++) {
      const eve = await comes(EVES)

      for (let again = 0; again < 8; again++) {
        const frame = await ask(eve)
        codes.push(frame.kind === 'refusal' ? frame.code : 0)
      }
    }

    expect(codes).toHaveLength(2_000)
    expect(codes.filter(code => code === RecoverRefusalCode.NOTHING)).toHaveLength(MAX_PROOFS / 2)
    expect(codes.filter(code => code === RecoverRefusalCode.BUSY)).toHaveLength(2_000 - MAX_PROOFS / 2)
    expect(verified).toHaveBeenCalledTimes(MAX_PROOFS / 2)
    expect(await recovers(await comes(ALICES))).toEqual([SEAT])

    clock.advance(PROOFS_WINDOW)
    expect(await ask(await comes(EVES))).toEqual({ kind: 'refusal', code: RecoverRefusalCode.NOTHING })
  }, 60_000)

  it('is answered while Eve opens streams with any number of keys and says nothing', async () => {
    const opened = await Promise.all(Array.from({ length: 3 * MAX_STREAMS }, async () => (await comes(EVES)).open()))
    expect(await recovers(await comes(ALICES))).toEqual([SEAT])
    expect(opened.filter(({ stream }) => stream.status === 'open').length).toBeLessThanOrEqual(MAX_STREAMS)
    clock.advance(STEP_TIMEOUT)
    await vi.waitFor(() => { expect(opened.every(({ stream }) => stream.status !== 'open')).toBe(true) })
  })

  it('has words that nobody knows: told the same as who proves nothing', async () => {
    await expect(recovers(await comes(ALICES), await generateKeyPair('Ed25519'))).rejects.toMatchObject({ name: 'NothingHereError' })
    expect(await ask(await comes(EVES))).toEqual({ kind: 'refusal', code: RecoverRefusalCode.NOTHING })
  })

  it('is not answered where nobody is sure who is at the other end', async () => {
    const eve = await comes(EVES)
    Object.assign(eve.connection, { encryption: '/plaintext/2.0.0' })
    const { stream } = await eve.open()
    await vi.waitFor(() => { expect(stream.status).not.toBe('open') })
    await expect(recovers(eve)).rejects.toMatchObject({ name: 'ProtocolError' })
  })
})

describe('A proved device', () => {
  const party = 'aa'.repeat(32)
  const device = (): string => bytesToHex(randomBytes(32))

  function entitled (): { entitled: Entitled, inNow: () => string[] } {
    const inside = new Set<{ device: string }>()

    return {
      entitled: new Entitled({ clock, letIn: (_, device, __, signal) => {
        const one = { device }
        inside.add(one)
        signal.addEventListener('abort', () => { inside.delete(one) })
      } }),
      inNow: () => [...new Set([...inside].map(({ device }) => device))]
    }
  }

  it('is let in for ten minutes, and for ten more when it proves the key again', () => {
    const { entitled: all, inNow } = entitled()
    const phone = device()
    all.give('words', phone, [party], () => true)
    clock.advance(ENTITLED - 1)
    all.give('words', phone, [party], () => true)
    clock.advance(ENTITLED - 1)
    expect(inNow()).toEqual([phone])
    clock.advance(1)
    expect(inNow()).toEqual([])
  })

  it('gives way to others of the same person, not of another\'s', () => {
    const { entitled: all, inNow } = entitled()
    const [others, phones] = [device(), Array.from({ length: MAX_ENTITLED + 1 }, device)]
    all.give('other words', others, [party], () => true)
    phones.forEach((phone) => { all.give('words', phone, [party], () => true) })
    expect(inNow()).toEqual([others, ...phones.slice(1)])
    all.clear()
    expect(inNow()).toEqual([])
  })
})
