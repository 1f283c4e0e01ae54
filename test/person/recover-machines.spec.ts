/** The recovery protocol's two sides without a network: a test moves every frame itself. */
import { generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import { bytesToHex, randomBytes } from '@noble/hashes/utils.js'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { verify } from '../../src/log/index.js'
import { drive } from '../../src/pake/index.js'
import { MAX_FRAME, MAX_GENESIS, MAX_SEATS } from '../../src/person/recover/constants.js'
import { decodeFrame, encodeFrame, RecoverRefusalCode } from '../../src/person/recover/frames.js'
import { device, member, proofBytes } from '../../src/person/recover/machines.js'
import type { Frame, Seat } from '../../src/person/recover/frames.js'
import type { RecoverEnds } from '../../src/person/recover/machines.js'
import type { Ed25519PrivateKey } from '@libp2p/interface'

const words = await generateKeyPairFromSeed('Ed25519', new Uint8Array(32).fill(1))
const otherWords = await generateKeyPairFromSeed('Ed25519', new Uint8Array(32).fill(2))
const text = (name: string): Uint8Array => new TextEncoder().encode(name)
const ENDS: RecoverEnds = { device: text('new phone'), member: text('alice') }
const seat = (length = 250, left = false): Seat => ({ genesis: { body: randomBytes(length), sig: randomBytes(64) }, left })

interface Meeting {
  /** Frames that the member sent and the device sent, as both were told. */
  said: Frame[]
  /** Keys whose seats were looked up. */
  asked: string[]
  found?: Seat[]
  /** What the device was told in place of seats. */
  error?: Error
}

interface Through {
  seats: Seat[]
  key: Ed25519PrivateKey
  /** Whose key it says it is. */
  claims: Ed25519PrivateKey
  theirs: RecoverEnds
  mine: RecoverEnds
  through: (frame: Uint8Array) => Uint8Array
  count: () => void
}

/** One stream. `through` is what lies between: it may change each frame, either way. */
async function meet ({ seats = [seat()], key = words, claims, theirs = ENDS, mine = ENDS, through = (frame: Uint8Array): Uint8Array => frame, count = (): void => {} }: Partial<Through> = {}): Promise<Meeting> {
  const said: Frame[] = []
  const asked: string[] = []
  const queues = { toDevice: [] as Uint8Array[], toMember: [] as Uint8Array[] }
  let wake = Promise.withResolvers<void>()
  let over = false
  const put = (queue: Uint8Array[]) => (frame: Uint8Array): void => {
    const passed = through(frame)

    try {
      said.push(decodeFrame(passed))
    } catch {}

    queue.push(passed)
    wake.resolve()
    wake = Promise.withResolvers()
  }
  const take = async (queue: Uint8Array[]): Promise<Uint8Array> => {
    while (queue.length === 0) {
      if (over) {
        throw new Error('The stream ended')
      }

      await wake.promise
    }

    return queue.shift()!
  }
  const end = (): void => {
    over = true
    wake.resolve()
  }
  const served = drive(member(theirs, randomBytes), async (effect): Promise<unknown> => {
    switch (effect.type) {
      case 'send': return put(queues.toDevice)(effect.frame)
      case 'receive': return take(queues.toMember)
      case 'count': return count()
      case 'verify': return verify(effect.key, effect.bytes, effect.signature)
      case 'find':
        asked.push(bytesToHex(effect.key))
        return bytesToHex(effect.key) === bytesToHex(words.publicKey.raw) ? seats : []
    }
  }).finally(end)
  const asking = drive(device(mine, (claims ?? key).publicKey.raw), async (effect): Promise<unknown> => {
    switch (effect.type) {
      case 'send': return put(queues.toMember)(effect.frame)
      case 'receive': return take(queues.toDevice)
      case 'sign': return key.sign(effect.bytes)
    }
  }).finally(end)
  const [found] = await Promise.allSettled([asking, served])

  return { said, asked, ...(found.status === 'fulfilled' ? { found: found.value } : { error: found.reason as Error }) }
}

describe('Who proves a recovery key', () => {
  it('is told the parties in which it has a seat', async () => {
    const seats = [seat(), seat(300, true)]
    const { found, said } = await meet({ seats })
    expect(found).toEqual(seats)
    expect(said.map(({ kind }) => kind)).toEqual(['challenge', 'proof', 'seats'])
  })

  it('is told a thousand of them, in frames that fit', async () => {
    const seats = Array.from({ length: MAX_SEATS }, () => seat(MAX_GENESIS))
    const { found, said } = await meet({ seats })
    expect(found).toHaveLength(MAX_SEATS)
    expect(said.filter(({ kind }) => kind === 'seats').every(frame => encodeFrame(frame).length <= MAX_FRAME)).toBe(true)
  })

  it('signs the label, both PeerIds, the nonce and the key, each behind its length', () => {
    const nonce = new Uint8Array(32).fill(7)
    const key = new Uint8Array(32).fill(9)
    expect(new TextDecoder().decode(proofBytes({ device: text('d'), member: text('me') }, nonce, key)))
      .toBe(`plus-one-recover/1\0\x01d\x02me\x20${'\x07'.repeat(32)}\x20${'\x09'.repeat(32)}`)
  })
})

describe('Who does not', () => {
  const bytesOf = ({ said }: Meeting): string => said.filter(({ kind }) => kind !== 'challenge' && kind !== 'proof').map(frame => bytesToHex(encodeFrame(frame))).join()

  it('learns the same of a key with a seat that it cannot prove, and of one that nobody knows; and nothing is looked up for the first', async () => {
    const unproved = await meet({ key: otherWords, claims: words })
    const unknown = await meet({ key: otherWords })
    expect(unproved.error?.name).toBe('NothingHereError')
    expect(unknown.error?.name).toBe('NothingHereError')
    expect(bytesOf(unproved)).toBe(bytesOf(unknown))
    expect(unproved.asked).toEqual([])
  })

  it('gets nothing by a proof of another connection, or of another nonce', async () => {
    for (const theirs of [{ ...ENDS, device: text('eve') }, { ...ENDS, member: text('eve') }, { device: ENDS.member, member: ENDS.device }]) {
      expect((await meet({ theirs })).error?.name).toBe('NothingHereError')
    }

    const overheard = (await meet()).said.find(frame => frame.kind === 'proof')!
    const replayed = await meet({ through: frame => decodeFrame(frame).kind === 'proof' ? encodeFrame(overheard) : frame })
    expect(replayed.error?.name).toBe('NothingHereError')
    expect(replayed.asked).toEqual([])
  })

  it('is told to come again where too many ask, before its proof is looked at', async () => {
    const { BusyError } = await import('../../src/person/recover/errors.js')
    const { error, asked } = await meet({ count: () => { throw new BusyError() } })
    expect(error?.name).toBe('BusyError')
    expect(asked).toEqual([])
  })

  it('gets no further by any frame in the place of a proof', async () => {
    await fc.assert(fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (junk) => {
      const { asked, found } = await meet({ through: frame => decodeFrame(frame).kind === 'proof' ? junk : frame })
      expect({ asked, found }).toEqual({ asked: [], found: undefined })
    }), { numRuns: 100 })
  })
})

describe('A member who was asked and', () => {
  it.each<[what: string, frame: Frame]>([
    ['asks back', { kind: 'proof', key: new Uint8Array(32), signature: new Uint8Array(64) }],
    ['says the same again', { kind: 'challenge', nonce: new Uint8Array(32) }],
    ['goes on without end', { kind: 'seats', seats: [], last: false }],
    ['names more than it may', { kind: 'seats', seats: Array.from({ length: MAX_SEATS + 1 }, () => seat(1)), last: true }],
    ['says no for a reason that nobody knows', { kind: 'refusal', code: 99 }],
    ['says no to a frame', { kind: 'refusal', code: RecoverRefusalCode.PROTOCOL }]
  ])('%s is refused', async (_, frame) => {
    const { error } = await meet({ through: bytes => decodeFrame(bytes).kind === 'seats' ? encodeFrame(frame) : bytes })
    expect(error?.name).toBe('ProtocolError')
  })

  it('names GENESIS ops that are too long is refused', async () => {
    const { error } = await meet({ seats: [seat(MAX_GENESIS + 1)] })
    expect(error?.name).toBe('ProtocolError')
  })
})
