import { describe, expect, it, vi } from 'vitest'
import { MAX_JUNK, NEWS_WINDOW } from '../../src/sync/constants.js'
import { RefusalCode, SyncRefusedError } from '../../src/sync/index.js'
import { keyOf, opOf } from './fake-log.js'
import { contentOf, grow, meet, replica, sync, wire } from './replicas.js'
import { readHello } from '../../src/sync/greeting.js'
import type { Frame } from '../../src/sync/frames.js'
import type { Meeting } from './replicas.js'

/** How both streams ended: the code that each threw. */
async function codesOf ({ over }: Meeting): Promise<Array<number | undefined>> {
  return (await over).map(end => end.status === 'rejected' && end.reason instanceof SyncRefusedError ? end.reason.reason.code : undefined)
}

function refusalsIn (frames: Frame[]): number[] {
  return frames.flatMap(frame => frame.kind === 'refusal' ? [frame.refusal.code] : [])
}

const items = { pull: 0, set: 0, records: [], last: false, items: 0, bytes: 0 }

describe('Who is no member is told so', () => {
  it('by the name of a reason: what else Eve calls one is in no message', () => {
    expect(new SyncRefusedError({ code: RefusalCode.VOID, because: 'used-up' }).message).toContain('(used-up)')
    expect(new SyncRefusedError({ code: RefusalCode.VOID, because: '\u001b]0;owned\u0007' }).message).not.toContain('owned')
  })

  it('Eve is told nothing of the log, and the same where there is no such party', async () => {
    const [alice, eve] = [replica('Alice'), replica('Eve', ['Alice', 'Eve'])]
    const other = replica('Alice', undefined, opOf(keyOf('Alice'), [], undefined, 'Choir'))
    await grow(alice, 'Alice', 5)
    const meetings = [await meet(eve, alice), await meet(eve, other)]

    for (const meeting of meetings) {
      expect(await codesOf(meeting)).toEqual([RefusalCode.UNKNOWN, RefusalCode.UNKNOWN])
      expect(meeting.wire.frames.map(({ kind }) => kind)).toEqual(['hello', 'refusal'])
    }

    expect(meetings[0]?.wire.frames[1]).toEqual(meetings[1]?.wire.frames[1])
    expect(eve.log.size).toBe(1)
  })

  it('Dave, whom Bob admitted unheard, proves it first', async () => {
    const [alice, bob, dave] = [replica('Alice'), replica('Bob'), replica('Dave', ['Alice', 'Bob', 'Dave'])]
    await grow(alice, 'Alice', 5)
    await sync(bob, alice)
    const admit = await bob.log.append('Bob', `admit ${keyOf('Dave')}`)
    dave.log.proofs = [admit.signed]
    const meeting = await sync(dave, alice)
    expect(refusalsIn(meeting.wire.frames)).toEqual([RefusalCode.UNKNOWN])
    expect(alice.log.standingOf(keyOf('Dave'))).toEqual({ is: 'member' })
    expect(contentOf(dave)).toBe(contentOf(alice))
  })

  it('Bob, who was removed meanwhile, gets the ops that say so, and no more', async () => {
    const [alice, bob] = [replica('Alice'), replica('Bob')]
    await grow(alice, 'Alice', 50)
    await sync(bob, alice)
    await grow(alice, 'Alice', 20)
    const remove = await alice.log.append('Alice', 'remove Bob')
    await grow(alice, 'Alice', 20)
    alice.log.say(keyOf('Bob'), { is: 'removed', ops: [remove.id] })
    const meeting = await meet(bob, alice)
    expect(await codesOf(meeting)).toEqual([RefusalCode.REMOVED, undefined])
    expect(bob.log.has(remove.id)).toBe(true)
    expect(bob.log.size).toBe(51 + 21)

    // he has seen it now, and is told again without them
    const again = await meet(bob, alice)
    expect(await codesOf(again)).toEqual([RefusalCode.REMOVED, RefusalCode.REMOVED])
    expect(again.wire.frames.map(({ kind }) => kind)).toEqual(['hello', 'refusal'])
  })

  it('Bob, who is removed while the stream is open, gets them there', async () => {
    const [alice, bob] = [replica('Alice'), replica('Bob')]
    await grow(alice, 'Alice', 30)
    const meeting = await meet(bob, alice)
    await vi.waitFor(() => { expect(contentOf(bob)).toBe(contentOf(alice)) })
    const remove = await alice.log.append('Alice', 'remove Bob')
    meeting.sessions[1]?.refuse({ code: RefusalCode.REMOVED, ops: [remove.id] }, true)
    const after = await alice.log.append('Alice', 'a secret')
    expect(await codesOf(meeting)).toEqual([RefusalCode.REMOVED, undefined])
    expect(bob.log.has(remove.id)).toBe(true)
    expect(bob.log.has(after.id)).toBe(false)
  })

  it('Carol, whose admission became void, is told why', async () => {
    const [alice, carol] = [replica('Alice'), replica('Carol')]
    const admit = await alice.log.append('Alice', `admit ${keyOf('Carol')}`)
    await sync(carol, alice)
    const revoke = await alice.log.append('Alice', 'revoke')
    alice.log.say(keyOf('Carol'), { is: 'void', because: 'revoked', ops: [admit.id, revoke.id] })
    carol.log.proofs = [admit.signed]
    const meeting = await meet(carol, alice)
    const [end] = await meeting.over
    expect(end?.status === 'rejected' && end.reason).toMatchObject({ code: 'ERR_SYNC_REFUSED', reason: { code: RefusalCode.VOID, because: 'revoked', ops: [admit.id, revoke.id] } })
    expect(carol.log.has(revoke.id)).toBe(true)
  })

  it('a first frame that is no Hello is answered, and so is one that is no frame', async () => {
    for (const frame of [{ kind: 'ack', pull: 1, bytes: 1 }, { kind: 'proof', ops: [] }] satisfies Frame[]) {
      const { ends: [eve, alice], frames } = wire()
      const answered = readHello(alice, {})
      await eve.write(frame, {})
      await expect(answered).rejects.toMatchObject({ name: 'SyncRefusedError', reason: { code: RefusalCode.BAD_HELLO } })
      expect(frames.at(-1)).toMatchObject({ kind: 'refusal', refusal: { code: RefusalCode.BAD_HELLO } })
    }
  })
})

describe('Eve, a member, does not get more than her windows', () => {
  it('in news that nobody acknowledged', async () => {
    const alice = replica('Alice')
    const disk = Promise.withResolvers<void>()
    alice.log.onReceive = async () => disk.promise
    const meeting = await meet(replica('Bob'), alice, { mute: true })
    const ops = Array.from({ length: 8 }, (_, nth) => opOf(keyOf('Bob'), [], undefined, 'x'.repeat(3000) + nth))

    for (let sent = 0; sent <= NEWS_WINDOW + 16_384; sent += 24_000) {
      await meeting.wire.ends[0].write({ kind: 'items', items: { ...items, ops } }, {})
    }

    await vi.waitFor(() => { expect(refusalsIn(meeting.wire.frames)).toEqual([RefusalCode.LIMIT]) })
    disk.resolve()
    expect((await codesOf(meeting))[1]).toBe(RefusalCode.LIMIT)
  })

  it('in ops whose signatures do not hold', async () => {
    const alice = replica('Alice')
    const meeting = await meet(replica('Bob'), alice, { mute: true })
    const ops = Array.from({ length: 8 }, (_, nth) => ({ ...opOf(keyOf('Bob'), [], undefined, 'x'.repeat(3000) + nth), sig: new Uint8Array(64) }))

    for (let sent = 0; sent <= MAX_JUNK; sent += 24_000) {
      const acknowledged = meeting.wire.frames.length + 2
      await meeting.wire.ends[0].write({ kind: 'items', items: { ...items, ops } }, {})
      await vi.waitFor(() => { expect(meeting.wire.frames.length).toBeGreaterThanOrEqual(acknowledged) })
    }

    expect((await codesOf(meeting))[1]).toBe(RefusalCode.LIMIT)
    expect(alice.log.size).toBe(1)
  })

  it.each<[string, Frame]>([
    ['an answer to no Pull', { kind: 'items', items: { ...items, ops: [], pull: 7 } }],
    ['an acknowledgement of what was not sent', { kind: 'ack', pull: 0, bytes: 1 }],
    ['a Summary that answers none', { kind: 'summary', set: 0, summary: { contained: true } }],
    ['a set that there is not', { kind: 'summary', set: 5, summary: { start: true, nodes: [] } }],
    ['a second Hello', { kind: 'hello', hello: { party: '', salt: new Uint8Array(8), sets: [] } }],
    ['a Pull with no window', { kind: 'pull', pull: { pull: 1, set: 0, window: 0, heads: [], ranges: [] } }]
  ])('in %s', async (_, frame) => {
    const meeting = await meet(replica('Bob'), replica('Alice'), { mute: true })
    await meeting.wire.ends[0].write(frame, {})
    const [, ended] = await meeting.over
    expect(ended?.status === 'rejected' && (ended.reason as Error).name).toBe('ProtocolError')
    expect(refusalsIn(meeting.wire.frames)).toEqual([RefusalCode.PROTOCOL])
  })
})
