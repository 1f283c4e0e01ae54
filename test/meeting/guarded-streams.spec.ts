import { generateKeyPair } from '@libp2p/crypto/keys'
import { byteStream, lpStream } from '@libp2p/utils'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { nameOf, openerOf } from '../../src/meeting/greeting.js'
import { keyOf, linkBytes } from '../../src/log/index.js'
import { FakeClock } from '../../src/testing/index.js'
import { connect, join, story } from '../helpers/parties.js'
import type { Role } from '../../src/index.js'
import type { LocalParty } from '../../src/parties/party.js'
import type { NodeInit, TestNode } from '../../src/testing/index.js'
import type { Connection, PeerId, Stream } from '@libp2p/interface'
import type { Story } from '../helpers/parties.js'

const NOTES = '/book-club/notes/1.0.0'

let told: Story

afterEach(async () => told.network.stop())

/** Answers each note with `says` and the note. */
function echo (says = ''): (stream: Stream) => Promise<void> {
  return async (stream) => {
    const notes = lpStream(stream, { maxDataLength: 100 })

    while (true) {
      const note = await notes.read().catch(() => undefined)

      if (note == null) {
        await stream.close()
        return
      }

      await notes.write(new TextEncoder().encode(says + new TextDecoder().decode(note.subarray())))
    }
  }
}

async function say (stream: Stream, note = 'hello'): Promise<string> {
  const notes = lpStream(stream, { maxDataLength: 100 })
  await notes.write(new TextEncoder().encode(note))
  const answer = new TextDecoder().decode((await notes.read()).subarray())
  notes.unwrap()

  return answer
}

/** What an opener who keeps to the protocol, but not to its own log, is answered. */
async function knock (from: TestNode, to: PeerId, party: string): Promise<number[]> {
  const stream = await from.dialProtocol(to, NOTES)
  const frames = openerOf(stream)
  await frames.write(nameOf(party, keyOf(from.peerId), keyOf(to)))

  return [...(await frames.read()).subarray()]
}

async function closed (stream: Stream): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  stream.addEventListener('close', () => { resolve() }, { once: true })

  if (stream.status === 'open') {
    await promise
  }
}

async function withBob (init?: NodeInit, role?: Role): Promise<Story & { bobs: LocalParty }> {
  told = await story(init)

  return { ...told, bobs: await join(told.party, told.bob, role) }
}

describe('Alice serves her party\'s notes', () => {
  it('to Bob, each stream once, and his words come whole', async () => {
    const { alice, party, bobs } = await withBob()
    const served = vi.fn()
    await party.handle(NOTES, async (stream, connection) => {
      served(connection.remotePeer.toString())
      await echo()(stream)
    })
    const streams = await Promise.all([1, 2, 3].map(async () => bobs.newStream(alice.peerId, NOTES)))
    expect(await Promise.all(streams.map(async (stream, i) => say(stream, `note ${i}`)))).toEqual(['note 0', 'note 1', 'note 2'])
    expect(served).toHaveBeenCalledTimes(3)
  })

  it('and what either sends at once comes whole, and in order', async () => {
    const { alice, party, bobs } = await withBob()
    const bytes = Uint8Array.from({ length: 200_000 }, (_, i) => i * 7)
    const heard = Promise.withResolvers<Uint8Array>()
    await party.handle(NOTES, async (stream) => {
      stream.send(bytes)
      heard.resolve((await byteStream(stream).read({ bytes: bytes.length })).subarray())
    })
    const stream = await bobs.newStream(alice.peerId, NOTES)
    stream.send(bytes)
    expect((await byteStream(stream).read({ bytes: bytes.length })).subarray()).toEqual(bytes)
    expect(await heard.promise).toEqual(bytes)
  })

  it('not to Eve: she hears the same of a party that is there and of one that is not', async () => {
    told = await story()
    const { network, alice, party } = told
    const eve = await network.node()
    const served = vi.fn()
    await party.handle(NOTES, served)
    await connect(eve, alice)
    expect(await knock(eve, alice.peerId, party.key)).toEqual([1])
    expect(await knock(eve, alice.peerId, '00'.repeat(32))).toEqual([1])
    // what Bob would say is nothing in her mouth
    const stream = await eve.dialProtocol(alice.peerId, NOTES)
    const frames = openerOf(stream)
    await frames.write(nameOf(party.key, keyOf(told.bob.peerId), keyOf(alice.peerId)))
    expect([...(await frames.read()).subarray()]).toEqual([1])
    expect(served).not.toHaveBeenCalled()
  })

  it('not to a reader, where it is for writers: he is told which role it takes', async () => {
    const { alice, party, bobs } = await withBob({}, 'reader')
    await party.handle(NOTES, echo(), { role: 'writer' })
    await expect(bobs.newStream(alice.peerId, NOTES)).rejects.toMatchObject({ name: 'RoleTooLowError', code: 'ERR_ROLE_TOO_LOW', needed: 'writer' })
    await party.setRole(told.bob.peerId, 'writer')
    expect(await say(await bobs.newStream(alice.peerId, NOTES))).toBe('hello')
  })

  it('not to one whom she removed and who does not know it yet; nor does he reach who is none for him', async () => {
    const { network, alice, bob, party, bobs } = await withBob()
    const carol = await network.node()
    await party.handle(NOTES, echo())
    await bob.hangUp(alice.peerId)
    await party.remove(bob.peerId)
    expect(bobs.role).toBe('writer')
    await connect(bob, alice)
    await expect(bobs.newStream(alice.peerId, NOTES)).rejects.toMatchObject({ name: 'NotMemberError', code: 'ERR_NOT_MEMBER' })
    await connect(bob, carol)
    await expect(bobs.newStream(carol.peerId, NOTES)).rejects.toMatchObject({ name: 'NotMemberError' })
  })

  it('a party that has no handler says so to its members, as a node without the protocol does', async () => {
    const { alice, party, bobs } = await withBob()
    await expect(bobs.newStream(alice.peerId, NOTES)).rejects.toMatchObject({ name: 'UnsupportedProtocolError' })
    const choir = await alice.services.parties.create({ name: 'Choir' })
    await choir.handle(NOTES, echo())
    await expect(bobs.newStream(alice.peerId, NOTES)).rejects.toMatchObject({ name: 'UnsupportedProtocolError' })
    await party.handle(NOTES, echo())
    expect(await say(await bobs.newStream(alice.peerId, NOTES))).toBe('hello')
  })
})

describe('Bob\'s laptop', () => {
  it('is served as he is, from when he links its key until he unlinks it', async () => {
    const { network, alice, bob, party, bobs } = await withBob()
    const privateKey = await generateKeyPair('Ed25519')
    const laptop = await network.node({ privateKey })
    const key = keyOf(privateKey)
    await party.handle(NOTES, echo(), { role: 'writer' })
    await connect(laptop, alice)
    expect(await knock(laptop, alice.peerId, party.key)).toEqual([1])

    const me = bobs.log.member(bobs.log.self)!.person
    const linked = await bobs.log.append('LINK', { key, acceptance: await privateKey.sign(linkBytes(party.key, me, bobs.log.self)) })
    await vi.waitFor(() => { expect((party as LocalParty).log.has(linked.id)).toBe(true) })
    expect(party.roleOf(laptop.peerId)).toBe('writer')
    const stream = await laptop.dialProtocol(alice.peerId, NOTES)
    const frames = openerOf(stream)
    await frames.write(nameOf(party.key, key, keyOf(alice.peerId)))
    expect([...(await frames.read()).subarray()]).toEqual([0])
    frames.unwrap()
    expect(await say(stream)).toBe('hello')

    await bobs.log.append('UNLINK', { key })
    await closed(stream)
    expect(party.roleOf(laptop.peerId)).toBeUndefined()
    expect(party.roleOf(bob.peerId)).toBe('writer')
  })
})

describe('One protocol id serves all parties of a node', () => {
  it('each stream reaches its own; libp2p has one handler, and none when the last is gone', async () => {
    const { alice, bob, party, bobs } = await withBob()
    const choir = await alice.services.parties.create({ name: 'Choir' })
    const bobsChoir = await join(choir, bob)
    await party.handle(NOTES, echo('club: '))
    await choir.handle([NOTES, '/choir/scores/1.0.0'], echo('choir: '))
    expect(await say(await bobs.newStream(alice.peerId, NOTES))).toBe('club: hello')
    expect(await say(await bobsChoir.newStream(alice.peerId, ['/choir/scores/2.0.0', NOTES]))).toBe('choir: hello')
    expect(alice.getProtocols().filter(protocol => protocol === NOTES)).toHaveLength(1)

    await party.unhandle(NOTES)
    await expect(bobs.newStream(alice.peerId, NOTES)).rejects.toMatchObject({ name: 'UnsupportedProtocolError' })
    expect(await say(await bobsChoir.newStream(alice.peerId, NOTES))).toBe('choir: hello')
    await choir.unhandle([NOTES, '/choir/scores/1.0.0'])
    expect(alice.getProtocols()).not.toContain(NOTES)
    expect(alice.getProtocols()).not.toContain('/choir/scores/1.0.0')
  })

  it('who has it already is told; with force the newer handler counts', async () => {
    const { alice, party, bobs } = await withBob()
    await party.handle(NOTES, echo('old: '))
    await expect(party.handle(NOTES, echo())).rejects.toThrow(TypeError)
    await expect(alice.handle(NOTES, async () => {})).rejects.toMatchObject({ name: 'DuplicateProtocolHandlerError' })
    await party.handle(NOTES, echo('new: '), { force: true })
    expect(await say(await bobs.newStream(alice.peerId, NOTES))).toBe('new: hello')

    await alice.handle('/other/1.0.0', async () => {})
    await expect(party.handle('/other/1.0.0', echo())).rejects.toMatchObject({ name: 'DuplicateProtocolHandlerError' })
    await alice.unhandle('/other/1.0.0')
    await party.handle('/other/1.0.0', echo())
  })

  it('a party has as many streams as it says, whatever the others have', async () => {
    const { alice, party, bobs } = await withBob()
    const choir = await alice.services.parties.create({ name: 'Choir' })
    await choir.handle(NOTES, echo())
    await party.handle(NOTES, echo(), { maxInboundStreams: 2 })
    const [one, two] = await Promise.all([bobs.newStream(alice.peerId, NOTES), bobs.newStream(alice.peerId, NOTES)])
    await expect(bobs.newStream(alice.peerId, NOTES)).rejects.toMatchObject({ name: 'ProtocolError' })
    expect(await say(two)).toBe('hello')
    await one.close()
    await vi.waitFor(async () => { expect(await say(await bobs.newStream(alice.peerId, NOTES))).toBe('hello') })
  })
})

describe('When who is a member changes', () => {
  it('what Bob opened ends with his role, also where its handler has gone; what Alice opened goes on', async () => {
    const { alice, bob, party, bobs } = await withBob()
    await party.handle(NOTES, echo(), { role: 'writer' })
    await bobs.handle(NOTES, echo())
    const his = await bobs.newStream(alice.peerId, NOTES)
    const hers = await party.newStream(bob.peerId, NOTES)
    await say(his)
    await party.unhandle(NOTES)
    await party.setRole(bob.peerId, 'admin')
    expect(await say(his)).toBe('hello')

    await party.setRole(bob.peerId, 'reader')
    await closed(his)
    expect(his.status).toBe('reset')
    expect(await say(hers)).toBe('hello')
    await party.remove(bob.peerId)
    expect(hers.status).toBe('open')
  })

  it('Carol\'s stream stays when Bob goes', async () => {
    const { network, alice, bob, party, bobs } = await withBob()
    const carol = await network.node()
    const carols = await join(party, carol)
    await party.handle(NOTES, echo())
    const [his, hers] = await Promise.all([bobs.newStream(alice.peerId, NOTES), carols.newStream(alice.peerId, NOTES)])
    await party.remove(bob.peerId)
    await closed(his)
    expect(await say(hers)).toBe('hello')
  })
})

describe('A stop and the next start', () => {
  it('Bob, removed between two of them, is refused; Carol, admitted then, is served', async () => {
    const { network, alice, bob, party, bobs } = await withBob()
    const carol = await network.node()
    const served = vi.fn()
    await party.handle(NOTES, async (stream) => {
      served()
      await echo()(stream)
    })
    await alice.stop()
    await alice.start()
    await party.remove(bob.peerId)
    const carols = await join(party, carol)
    await alice.stop()
    await expect(party.newStream(bob.peerId, NOTES)).rejects.toMatchObject({ name: 'NotStartedError' })
    await alice.start()
    await Promise.all([connect(bob, alice), connect(carol, alice)])

    await expect(bobs.newStream(alice.peerId, NOTES)).rejects.toMatchObject({ name: 'NotMemberError' })
    expect(await say(await carols.newStream(alice.peerId, NOTES))).toBe('hello')
    expect(served).toHaveBeenCalledOnce()
  })
})

describe('Who does not keep to it', () => {
  it('a first frame that is too long, or is none, ends the stream', async () => {
    const { alice, bob, party } = await withBob()
    await party.handle(NOTES, echo())

    for (const bytes of [Uint8Array.of(33), Uint8Array.of(0), Uint8Array.of(1, 2), Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0xff), new Uint8Array(2000).fill(0x80)]) {
      const stream = await bob.dialProtocol(alice.peerId, NOTES)
      stream.send(bytes)
      await closed(stream)
      expect(stream.status).toBe('reset')
    }
  })

  it('one that does not come ends it after 10 s; a stranger has 16 of them, and takes nobody\'s place', async () => {
    const clock = new FakeClock()
    const { network, alice, party, bobs } = await withBob({ clock })
    const eve = await network.node()
    await party.handle(NOTES, echo())
    await connect(eve, alice)
    const silent = await Promise.all(Array.from({ length: 16 }, async () => eve.dialProtocol(alice.peerId, NOTES)))
    await vi.waitFor(() => { expect(inbound(alice, eve)).toHaveLength(16) })
    await closed(await eve.dialProtocol(alice.peerId, NOTES))
    expect(silent.map(({ status }) => status)).toEqual(silent.map(() => 'open'))
    expect(await say(await bobs.newStream(alice.peerId, NOTES))).toBe('hello')

    clock.advance(10_000)
    await Promise.all(silent.map(closed))
    expect(await knock(eve, alice.peerId, party.key)).toEqual([1])
  })

  it('who answers nothing, or nonsense, is told of as such', async () => {
    const { alice, bob, party, bobs } = await withBob()
    await bob.handle(NOTES, (stream) => { stream.abort(new Error('no')) })
    await expect(party.newStream(bob.peerId, NOTES)).rejects.toMatchObject({ name: 'ProtocolError' })
    await bob.handle(NOTES, (stream) => { stream.send(Uint8Array.of(1, 9)) }, { force: true })
    await expect(party.newStream(bob.peerId, NOTES)).rejects.toMatchObject({ name: 'ProtocolError' })
    await bob.handle(NOTES, async () => {}, { force: true })
    await expect(party.newStream(bob.peerId, NOTES, { signal: AbortSignal.timeout(50) })).rejects.toMatchObject({ name: 'TimeoutError' })
    expect(bobs.roleOf(alice.peerId)).toBe('owner')
  })
})

describe('Over a relay\'s limited connection', () => {
  it('it is served where the app says so, and to the parties for which it does', async () => {
    const { alice, bob, party, bobs } = await withBob()
    const choir = await alice.services.parties.create({ name: 'Choir' })
    const bobsChoir = await join(choir, bob)
    await party.handle(NOTES, echo(), { runOnLimitedConnection: true })
    await choir.handle(NOTES, echo())
    for (const connection of [...alice.getConnections(bob.peerId), ...bob.getConnections(alice.peerId)]) {
      connection.limits = { bytes: 131_072n }
    }
    const over: Connection[] = bob.getConnections(alice.peerId)
    expect(over).toHaveLength(1)
    expect(await say(await bobs.newStream(alice.peerId, NOTES, { runOnLimitedConnection: true }))).toBe('hello')
    await expect(bobsChoir.newStream(alice.peerId, NOTES, { runOnLimitedConnection: true })).rejects.toMatchObject({ name: 'ProtocolError' })
    await expect(bobs.newStream(alice.peerId, NOTES)).rejects.toThrow('limited')
  })
})

function inbound (at: TestNode, from: TestNode): Stream[] {
  return at.getConnections(from.peerId).flatMap(({ streams }) => streams.filter(({ protocol, direction }) => protocol === NOTES && direction === 'inbound'))
}
