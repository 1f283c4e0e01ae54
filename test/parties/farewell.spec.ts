import { afterEach, describe, expect, it, vi } from 'vitest'
import { decodeOp } from '../../src/log/index.js'
import { channelOf } from '../../src/sync/channel.js'
import { LOG_PROTOCOL, WINDOW } from '../../src/sync/constants.js'
import { encodeFrame } from '../../src/sync/frames.js'
import { RefusalCode } from '../../src/sync/index.js'
import { FakeClock } from '../../src/testing/index.js'
import { connect, story } from '../helpers/parties.js'
import type { LocalParty } from '../../src/parties/party.js'
import type { Party } from '../../src/index.js'
import type { Frame } from '../../src/sync/frames.js'
import type { TestNode } from '../../src/testing/index.js'
import type { Story } from '../helpers/parties.js'

let told: Story

afterEach(async () => told.network.stop())

/** A node joins, and has all of it. */
async function joins (node: TestNode, party: Party): Promise<LocalParty> {
  const { code, pin } = await party.invite()
  const joined = await node.services.parties.redeem(code).setPin(pin) as LocalParty
  await vi.waitFor(() => { expect(joined.synced).toBeDefined() })

  return joined
}

interface Told {
  /** The codes of Refusals. */
  codes: number[]
  /** Kinds of the ops that came. */
  kinds: string[]
  /** Bytes of frames, there and back. */
  said: number
  heard: number
}

/** Says Hello by hand and, when refused, asks for all that there is, as if nothing were known. */
async function asks (node: TestNode, to: TestNode, party: string): Promise<Told> {
  const [connection] = node.getConnections(to.peerId)
  const stream = await connection!.newStream(LOG_PROTOCOL)
  const channel = channelOf(stream)
  const told: Told = { codes: [], kinds: [], said: 0, heard: 0 }
  const options = { signal: AbortSignal.timeout(10_000) }
  const write = async (frame: Frame): Promise<void> => {
    told.said += encodeFrame(frame).length
    await channel.write(frame, options).catch(() => {})
  }

  await write({ kind: 'hello', hello: { party, salt: new Uint8Array(8), sets: [] } })

  while (true) {
    const frame = await channel.read(options).catch(() => undefined)
    told.heard += frame == null ? 0 : encodeFrame(frame).length

    if (frame?.kind === 'refusal') {
      told.codes.push(frame.refusal.code)

      if (told.codes.length === 1) {
        await write({ kind: 'pull', pull: { pull: 1, set: 0, window: WINDOW, heads: [], ranges: [] } })
      }
    } else if (frame?.kind === 'items') {
      told.kinds.push(...frame.items.ops.map(op => decodeOp(op).kind))
      await write({ kind: 'ack', pull: 1, bytes: frame.items.ops.reduce((sum, { body, sig }) => sum + body.length + sig.length, 0) })
    } else if (frame == null) {
      await stream.close().catch(() => {})

      return told
    }
  }
}

describe('Who has gone', () => {
  it('learns nothing of who came after it, also where it is removed after that', async () => {
    told = await story()
    const { network, alice, bob, party } = told
    const bobs = await joins(bob, party)
    await bobs.leave()
    await vi.waitFor(() => { expect(party.members).toHaveLength(1) })
    await bob.hangUp(alice.peerId)
    const carol = await network.node()
    await joins(carol, party)
    const { log } = party as LocalParty
    await log.append('REMOVE', { person: [...log.personsOf(bobs.log.self)][0]! })

    await connect(bob, alice)
    const all = await asks(bob, alice, party.key)
    expect(all.codes).toEqual([RefusalCode.REMOVED])
    expect(all.kinds).toEqual(['GENESIS', 'REKEY', 'INVITE', 'ADMIT', 'LEAVE'])
    expect(bobs.log.has(log.member(log.self)?.admit ?? '')).toBe(false)
    expect([...bobs.log.since([])].map(({ kind }) => kind)).not.toContain('REMOVE')
  })

  it('sees it three times an hour, however often it connects anew', async () => {
    const clock = new FakeClock()
    told = await story({ clock })
    const { alice, bob, party } = told
    const bobs = await joins(bob, party)
    await bob.hangUp(alice.peerId)
    await party.remove(bob.peerId)
    // the first time his own node asks
    await connect(bob, alice)
    await vi.waitFor(() => {
      clock.advance(250)
      expect(bobs.role).toBeUndefined()
    })
    const kinds: string[][] = []

    for (let nth = 0; nth < 5; nth++) {
      await bob.hangUp(alice.peerId)
      await connect(bob, alice)
      kinds.push((await asks(bob, alice, party.key)).kinds)
    }

    const shown = ['GENESIS', 'REKEY', 'INVITE', 'ADMIT', 'REMOVE']
    expect(kinds).toEqual([shown, shown, [], [], []])
    await bob.hangUp(alice.peerId)
    clock.advance(3_600_000)
    await connect(bob, alice)
    expect((await asks(bob, alice, party.key)).kinds).toEqual(shown)
  })

  it('sees the REMOVE, and what it rests on, once a connection: 200 times as many asks bring a word each', async () => {
    told = await story()
    const { alice, bob, party } = told
    const bobs = await joins(bob, party)
    await bob.hangUp(alice.peerId)
    await party.remove(bob.peerId)

    for (let i = 0; i < 50; i++) {
      await party.invite()
    }

    await connect(bob, alice)
    await vi.waitFor(() => { expect(bobs.role).toBeUndefined() })
    const asked: Told[] = []

    for (let i = 0; i < 200; i++) {
      asked.push(await asks(bob, alice, party.key))
    }

    // his own node has asked on this connection already
    expect(asked.flatMap(({ kinds }) => kinds)).toEqual([])
    expect(asked.every(({ codes }) => codes[0] === RefusalCode.REMOVED && codes.slice(1).every(code => code === RefusalCode.LIMIT))).toBe(true)
    expect(asked.reduce((sum, { heard }) => sum + heard, 0)).toBeLessThan(asked.reduce((sum, { said }) => sum + said, 0))
    expect([...bobs.log.since([])].filter(({ kind }) => kind === 'INVITE')).toHaveLength(1)
  })
})
