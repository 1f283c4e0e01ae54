import { lpStream } from '@libp2p/utils'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { connect, story } from '../helpers/parties.js'
import type { Party, Role } from '../../src/index.js'
import type { Stream } from '@libp2p/interface'
import type { Story } from '../helpers/parties.js'
import type { TestNode } from '../../src/testing/index.js'

let told: Story

afterEach(async () => told.network.stop())

const PROTOCOL = '/book-club/notes/1.0.0'

/** Alice's app: answers what it is sent. */
async function serveNotes (alice: TestNode, force?: true): Promise<() => number> {
  let served = 0

  await alice.handle(PROTOCOL, async (stream) => {
    served++
    const notes = lpStream(stream, { maxDataLength: 100 })

    while (true) {
      await notes.write(await notes.read())
    }
  }, { force })

  return () => served
}

async function ask (from: TestNode, to: TestNode): Promise<string> {
  return say(await from.dialProtocol(to.peerId, PROTOCOL))
}

async function say (stream: Stream): Promise<string> {
  const notes = lpStream(stream, { maxDataLength: 100 })
  await notes.write(new TextEncoder().encode('hello'))
  const said = new TextDecoder().decode((await notes.read()).subarray())
  notes.unwrap()

  return said
}

async function join (party: Party, node: TestNode, role: Role = 'writer'): Promise<Party> {
  const { code, pin } = await party.invite({ role })

  return node.services.parties.redeem(code).setPin(pin)
}

async function closed (stream: Stream): Promise<void> {
  await vi.waitFor(() => { expect(stream.status).toBe('reset') })
}

describe('Alice protects her app\'s protocol', () => {
  it('Eve, no member, is not served; Bob is, from the moment he is a member, each time once', async () => {
    told = await story()
    const { network, alice, bob, party } = told
    const eve = await network.node()
    const served = await serveNotes(alice)
    await party.protect(PROTOCOL)
    await Promise.all([connect(eve, alice), connect(bob, alice)])

    await expect(ask(eve, alice)).rejects.toThrow()
    await expect(ask(bob, alice)).rejects.toThrow()
    expect(served()).toBe(0)

    await join(party, bob)
    for (const time of [1, 2, 3]) {
      await expect(ask(bob, alice)).resolves.toBe('hello')
      expect(served()).toBe(time)
    }
    await Promise.all([ask(bob, alice), ask(bob, alice), ask(alice, bob).catch(() => {}), ask(bob, alice)])
    expect(served()).toBe(6)
  })

  it('for writers: a reader is not served', async () => {
    told = await story()
    const { network, alice, bob, party } = told
    const carol = await network.node()
    await serveNotes(alice)
    await party.protect(PROTOCOL, { role: 'writer' })
    await join(party, bob, 'reader')
    await join(party, carol)

    await expect(ask(bob, alice)).rejects.toThrow()
    await expect(ask(carol, alice)).resolves.toBe('hello')
  })

  it('before there is a handler, and after it was taken away, replaced or forced', async () => {
    told = await story()
    const { network, alice, bob, party } = told
    const eve = await network.node()
    await party.protect(PROTOCOL)
    await join(party, bob)
    await connect(eve, alice)

    for (const force of [undefined, undefined, true] as const) {
      const served = await serveNotes(alice, force)
      await expect(ask(eve, alice)).rejects.toThrow()
      await expect(ask(bob, alice)).resolves.toBe('hello')
      expect(served()).toBe(1)

      if (force !== true) {
        await alice.unhandle(PROTOCOL)
      }
    }
  })

  it('what was open before is judged at once', async () => {
    told = await story()
    const { network, alice, bob, party } = told
    const eve = await network.node()
    await serveNotes(alice)
    await join(party, bob)
    await connect(eve, alice)
    const [hers, his] = await Promise.all([eve.dialProtocol(alice.peerId, PROTOCOL), bob.dialProtocol(alice.peerId, PROTOCOL)])
    await Promise.all([say(hers), say(his)])
    await party.protect(PROTOCOL)
    await closed(hers)
    expect(await say(his)).toBe('hello')
  })

  it('what she opened herself is never ended by it', async () => {
    told = await story()
    const { alice, bob, party } = told
    await join(party, bob, 'reader')
    await Promise.all([serveNotes(alice), serveNotes(bob)])
    await party.protect(PROTOCOL, { role: 'writer' })
    const hers = await alice.dialProtocol(bob.peerId, PROTOCOL)
    await say(hers)
    await party.invite()
    await party.remove(bob.peerId)
    expect(hers.status).toBe('open')
    expect(await say(hers)).toBe('hello')
  })

  it('guards that are taken away, in any order, leave none behind; until then each counts', async () => {
    told = await story()
    const { alice, bob, party } = told
    const served = await serveNotes(alice)
    const choir = await alice.services.parties.create({ name: 'Choir' })
    await join(party, bob, 'reader')

    for (const order of [[0, 1, 2], [2, 1, 0], [1, 0, 2]]) {
      const guards = [await choir.protect(PROTOCOL), await party.protect(PROTOCOL, { role: 'writer' }), await choir.protect(PROTOCOL)]

      for (const at of order) {
        await expect(ask(bob, alice)).rejects.toThrow()
        await guards[at]?.()
        // it is gone: once is enough
        await guards[at]?.()
      }

      const before = served()
      expect([await ask(bob, alice), await ask(bob, alice)]).toEqual(['hello', 'hello'])
      expect(served()).toBe(before + 2)
    }
  })

  it('what another middleware does to the protocol is done, before and after', async () => {
    told = await story()
    const { alice, bob, party } = told
    await serveNotes(alice)
    await join(party, bob)
    const seen = vi.fn()
    alice.use(PROTOCOL, [(stream, connection, next) => {
      seen()
      next(stream, connection)
    }])
    const unprotect = await party.protect(PROTOCOL)
    await ask(bob, alice)
    expect(seen).toHaveBeenCalledTimes(1)
    await unprotect()
    await ask(bob, alice)
    expect(seen).toHaveBeenCalledTimes(2)
  })

  it('until she takes the guard away', async () => {
    told = await story()
    const { alice, bob, party } = told
    await serveNotes(alice)
    const unprotect = await party.protect(PROTOCOL)
    await connect(bob, alice)
    await expect(ask(bob, alice)).rejects.toThrow()
    await unprotect()
    await vi.waitFor(async () => { expect(await ask(bob, alice)).toBe('hello') })
  })

  it('through a stop and the next start: Bob, removed between two of them, is refused; Carol, admitted then, is served', async () => {
    told = await story()
    const { network, alice, bob, party } = told
    const carol = await network.node()
    const served = await serveNotes(alice)
    await party.protect(PROTOCOL)
    await join(party, bob)
    await alice.stop()
    await alice.start()
    await party.remove(bob.peerId)
    await join(party, carol)
    await alice.stop()
    await alice.start()
    await Promise.all([connect(bob, alice), connect(carol, alice)])

    await expect(ask(bob, alice)).rejects.toThrow()
    await expect(ask(carol, alice)).resolves.toBe('hello')
    expect(served()).toBe(1)
  })
})
