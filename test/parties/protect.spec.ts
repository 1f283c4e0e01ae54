import { lpStream } from '@libp2p/utils'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { connect, story } from '../helpers/parties.js'
import type { Story } from '../helpers/parties.js'
import type { TestNode } from '../../src/testing/index.js'

let told: Story

afterEach(async () => told.network.stop())

const PROTOCOL = '/book-club/notes/1.0.0'

/** Alice's app: answers what it is sent. */
async function serveNotes (alice: TestNode): Promise<() => number> {
  let served = 0

  await alice.handle(PROTOCOL, async (stream) => {
    served++
    const notes = lpStream(stream, { maxDataLength: 100 })
    await notes.write(await notes.read())
  })

  return () => served
}

async function ask (from: TestNode, to: TestNode): Promise<string> {
  const stream = await from.dialProtocol(to.peerId, PROTOCOL)
  const notes = lpStream(stream, { maxDataLength: 100 })
  await notes.write(new TextEncoder().encode('hello'))

  return new TextDecoder().decode((await notes.read()).subarray())
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

    const invitation = await party.invite()
    await bob.services.parties.redeem(invitation.code).setPin(invitation.pin)
    for (const time of [1, 2, 3]) {
      await expect(ask(bob, alice)).resolves.toBe('hello')
      expect(served()).toBe(time)
    }
  })

  it('for writers: a reader is not served', async () => {
    told = await story()
    const { network, alice, bob, party } = told
    const carol = await network.node()
    await serveNotes(alice)
    await party.protect(PROTOCOL, { role: 'writer' })
    const [toBob, toCarol] = [await party.invite({ role: 'reader' }), await party.invite({ role: 'writer' })]
    await bob.services.parties.redeem(toBob.code).setPin(toBob.pin)
    await carol.services.parties.redeem(toCarol.code).setPin(toCarol.pin)

    await expect(ask(bob, alice)).rejects.toThrow()
    await expect(ask(carol, alice)).resolves.toBe('hello')
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

  it('a protocol without a handler is told', async () => {
    told = await story()
    await expect(told.party.protect('/nobody/1.0.0')).rejects.toThrow('node.handle()')
  })
})
