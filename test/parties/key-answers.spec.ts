/** Who asks for keys too much, or with many keys: what they get, and what they leave for others. */
import { bytesToHex } from '@noble/hashes/utils.js'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { BUDGET, COST_OF_ASK, MAX_STREAMS, MAX_STREAMS_OF_PEER, PIECE, QUOTA_WINDOW, STEP_TIMEOUT } from '../../src/keys/asking/constants.js'
import { decodeAnswer, encodeAsk, KeysRefusalCode } from '../../src/keys/asking/frames.js'
import { keyOf } from '../../src/log/index.js'
import { nameOf } from '../../src/meeting/greeting.js'
import { KeyAnswers } from '../../src/parties/key-answers.js'
import { FakeClock } from '../../src/testing/index.js'
import { stranger } from '../helpers/strangers.js'
import type { Answer } from '../../src/keys/asking/frames.js'
import type { PartyKeys } from '../../src/parties/party-keys.js'
import type { Stranger } from '../helpers/strangers.js'
import type { Stream, StreamHandler } from '@libp2p/interface'

const EVES = '/ip4/203.0.113.5/tcp/4001'
const BOBS = '/ip4/192.0.2.7/tcp/4001'
const PARTY = 'cd'.repeat(32)
const ALICE = 'ab'.repeat(32)
const SET = new Uint8Array(100_000).fill(7)

let clock: FakeClock
let handler: StreamHandler
/** By key, which person each stands for. */
const members = new Map<string, string>()
let set: Uint8Array | undefined

beforeEach(() => {
  clock = new FakeClock()
  members.clear()
  set = SET
  const log = { key: PARTY, self: ALICE, membersOf: (key: string) => members.has(key) ? [{ person: members.get(key) }] : [], givenTo: () => () => true }
  const keyring = { wrapSet: async () => set, secretsOf: (rekeys: string[]) => rekeys.map(rekey => ({ rekey, secret: new Uint8Array(32) })) }
  const answers = new KeyAnswers({ clock, parties: () => [{ log, keyring, epoch: { history: true } } as unknown as PartyKeys] })
  handler = (stream, connection) => { answers.answer(stream, connection, { signal: new AbortController().signal }).catch(() => {}) }
})

const comes = async (host: string): Promise<Stranger> => stranger(host, () => handler)

async function member (host: string, person?: string): Promise<Stranger> {
  const who = await comes(host)
  members.set(keyOf(who.peerId), person ?? keyOf(who.peerId))

  return who
}

/** Any number of pieces over one stream. */
async function ask (who: Stranger, times = 1): Promise<Answer[]> {
  const { stream, messages } = await who.open()
  const answers: Answer[] = []

  for (let nth = 0; nth < times && answers.every(({ kind }) => kind !== 'refusal'); nth++) {
    await messages.write(encodeAsk({ kind: 'piece', party: nameOf(PARTY, keyOf(who.peerId), ALICE), wraps: bytesToHex(new Uint8Array(32)), from: 0, length: PIECE }))
    answers.push(decodeAnswer((await messages.read()).subarray()))
  }

  await stream.close()

  return answers
}

describe('Bob, a member', () => {
  it('is answered while Eve opens streams with any number of keys and says nothing', async () => {
    const bob = await member(BOBS)
    const opened = await Promise.all(Array.from({ length: 2 * MAX_STREAMS }, async () => (await comes(EVES)).open()))

    expect(await ask(bob)).toMatchObject([{ kind: 'piece', size: SET.length }])
    // also where he comes from the same place
    expect(await ask(await member(EVES))).toMatchObject([{ kind: 'piece' }])
    expect(opened.filter(({ stream }) => stream.status === 'open').length).toBeLessThanOrEqual(MAX_STREAMS)
    clock.advance(STEP_TIMEOUT)
    await vi.waitFor(() => { expect(opened.every(({ stream }) => stream.status !== 'open')).toBe(true) })
  })

  it('has some streams at once: one more takes the place of his first', async () => {
    const bob = await member(BOBS)
    const opened: Stream[] = []

    for (let nth = 0; nth <= MAX_STREAMS_OF_PEER; nth++) {
      opened.push((await bob.open()).stream)
    }

    await vi.waitFor(() => { expect(opened.map(({ status }) => status === 'open')).toEqual([false, ...opened.slice(1).map(() => true)]) })
  })

  it('asks for more than his share: he is told to wait, and Carol is not', async () => {
    const [bob, carol] = [await member(BOBS), await member(BOBS)]
    const share = Math.floor(BUDGET / (COST_OF_ASK + PIECE))
    const answers = await ask(bob, share + 5)

    expect(answers).toHaveLength(share + 1)
    expect(answers.at(-1)).toEqual({ kind: 'refusal', code: KeysRefusalCode.BUSY })
    expect(await ask(bob)).toEqual([{ kind: 'refusal', code: KeysRefusalCode.BUSY }])
    expect(await ask(carol)).toMatchObject([{ kind: 'piece' }])
    clock.advance(QUOTA_WINDOW)
    expect(await ask(bob)).toMatchObject([{ kind: 'piece' }])
  })

  it('links any number of devices: they have his share together', async () => {
    const [laptop, phone, carol] = [await member(BOBS, 'Bob'), await member(EVES, 'Bob'), await member(EVES, 'Carol')]
    await ask(laptop, Math.floor(BUDGET / (COST_OF_ASK + PIECE)))
    expect(await ask(phone)).toEqual([{ kind: 'refusal', code: KeysRefusalCode.BUSY }])
    expect(await ask(carol)).toMatchObject([{ kind: 'piece' }])
  })

  it('asks for a wrap set while it is not there yet: Carol, who asks when it is, gets it', async () => {
    const [bob, carol] = [await member(BOBS), await member(EVES)]
    // whose stream stays open
    await carol.open()
    set = undefined
    expect(await ask(bob)).toMatchObject([{ kind: 'piece', size: 0 }])
    set = SET
    expect(await ask(carol)).toMatchObject([{ kind: 'piece', size: SET.length }])
  })

  it('is removed between two pieces: the next one is refused', async () => {
    const bob = await member(BOBS)
    const { messages } = await bob.open()
    const next = async (): Promise<Answer> => {
      await messages.write(encodeAsk({ kind: 'piece', party: nameOf(PARTY, keyOf(bob.peerId), ALICE), wraps: '00'.repeat(32), from: 0, length: PIECE }))

      return decodeAnswer((await messages.read()).subarray())
    }

    expect(await next()).toMatchObject({ kind: 'piece' })
    members.clear()
    expect(await next()).toEqual({ kind: 'refusal', code: KeysRefusalCode.UNKNOWN })
  })

  it('is not answered where nobody is sure who is at the other end', async () => {
    const bob = await member(BOBS)
    Object.assign(bob.connection, { encryption: '/plaintext/2.0.0' })
    const { stream } = await bob.open()
    await vi.waitFor(() => { expect(stream.status).not.toBe('open') })
  })
})
