import { generateKeyPair } from '@libp2p/crypto/keys'
import { lpStream } from '@libp2p/utils'
import { randomBytes } from '@noble/hashes/utils.js'
import { MemoryDatastore } from 'datastore-core'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { drive } from '../../src/pake/machine.js'
import { systemClock } from '../../src/async/clock.js'
import { FrameStream } from '../../src/streams/frame-stream.js'
import { decodeFrame } from '../../src/rendezvous/exchange/frames.js'
import { CODE_PROTOCOL, encodeFrame, inviter, MAX_INVITEE_FRAME } from '../../src/rendezvous/exchange/index.js'
import { parseShortCode } from '../../src/rendezvous/words.js'
import { FakeClock } from '../../src/testing/index.js'
import { misheard, publishing } from '../helpers/short-codes.js'
import type { Party, DialProgress } from '../../src/index.js'
import type { Network, TestNode } from '../../src/testing/index.js'
import type { Board } from '../helpers/rendezvous.js'

let network: Network
let board: Board
let alice: TestNode
let bob: TestNode
let party: Party

beforeEach(async () => {
  ;({ network, board, alice, bob, party } = await publishing())
})

afterEach(async () => network.stop())

/** A node that claims a nameplate, and answers with words of its own. */
async function squatter (nameplate: string, words = 'zoo-zoo'): Promise<{ node: TestNode, guesses: () => number }> {
  const node = await network.node()
  let guesses = 0
  await node.handle(CODE_PROTOCOL, async (stream, connection) => {
    const wire = new FrameStream(stream, MAX_INVITEE_FRAME, systemClock)
    const ends = { inviter: node.peerId.toMultihash().bytes, invitee: connection.remotePeer.toMultihash().bytes }
    await drive(inviter({ ends, random: randomBytes }), async (effect): Promise<unknown> => {
      switch (effect.type) {
        case 'send': return wire.send(effect.frame)
        case 'receive': return wire.receive(30_000, AbortSignal.timeout(30_000))
        case 'begin': return { words, code: 'A TRAP' }
        case 'spend': return guesses++
        default: return undefined
      }
    }).catch(() => {})
    await wire.close()
  })
  // before everybody else
  board.notes.set(nameplate, [{ id: node.peerId, multiaddrs: node.getMultiaddrs() }, ...board.notes.get(nameplate) ?? []])

  return { node, guesses: () => guesses }
}

describe('Words that do not fit', () => {
  it('misheard once: Bob is told, and the right ones still work', async () => {
    const invitation = await party.invite()
    const short = await invitation.publish()
    await expect(bob.services.parties.lookup(misheard(short))).rejects.toMatchObject({ name: 'InvalidCodeError', reason: 'words' })
    await expect(bob.services.parties.lookup(short)).resolves.toMatchObject({ party: { name: 'Book club' } })
  })

  it('whom Alice has blocked learns nothing by it', async () => {
    const short = await (await party.invite()).publish()
    await alice.services.parties.block(bob.peerId)
    await expect(bob.services.parties.lookup(short)).rejects.toThrow()
    await alice.services.parties.unblock(bob.peerId)
    await expect(bob.services.parties.lookup(short)).resolves.toMatchObject({ party: { name: party.name } })
  })

  it('three guesses, from three peers, lock it: Alice is told the new one, the full code still works', async () => {
    const renamed = vi.fn()
    const invitation = await party.invite({ onShortCode: renamed })
    const short = await invitation.publish()

    for (let nth = 0; nth < 3; nth++) {
      const eve = await network.node({ rendezvous: [board.rendezvous] })
      await expect(eve.services.parties.lookup(misheard(short, nth))).rejects.toMatchObject({ name: 'InvalidCodeError' })
    }

    await vi.waitFor(() => { expect(renamed).toHaveBeenCalledOnce() })
    expect(renamed).toHaveBeenCalledWith(invitation.shortCode)
    expect(invitation.shortCode).not.toBe(short)
    await expect(bob.services.parties.lookup(short)).rejects.toMatchObject({ name: 'InvitationNotFoundError' })
    await expect(bob.services.parties.lookup(invitation.shortCode ?? '')).resolves.toMatchObject({ code: invitation.code })
    await expect(bob.services.parties.lookup(invitation.code)).resolves.toMatchObject({ code: invitation.code })
    expect(invitation.getSnapshot()).toMatchObject({ status: 'pending', attemptsLeft: 3 })
  })

  it('who locks one after the other gets no more than four: then Alice has to ask for another herself', async () => {
    const renamed = vi.fn()
    const datastore = new MemoryDatastore()
    const privateKey = await generateKeyPair('Ed25519')
    const node = await network.node({ datastore, privateKey, rendezvous: [board.rendezvous] })
    const invitation = await (await node.services.parties.create({ name: 'Choir' })).invite({ onShortCode: renamed })
    await invitation.publish()

    for (let locked = 1; locked <= 4; locked++) {
      const short = invitation.shortCode ?? ''

      for (let nth = 0; nth < 3; nth++) {
        const eve = await network.node({ rendezvous: [board.rendezvous] })
        await eve.services.parties.lookup(misheard(short, nth)).catch(() => {})
        await eve.stop()
      }

      await vi.waitFor(() => { expect(renamed).toHaveBeenCalledTimes(locked) })
    }

    expect(renamed).toHaveBeenLastCalledWith(undefined)
    expect(invitation.shortCode).toBeUndefined()
    await expect(bob.services.parties.lookup(invitation.code)).resolves.toMatchObject({ code: invitation.code })

    // nor does a restart bring another; the full code is still found at her new addresses
    await node.stop()
    const again = await network.node({ datastore, privateKey, rendezvous: [board.rendezvous] })
    const [restored] = (await again.services.parties.list())[0]?.invitations.getSnapshot() ?? []
    await expect(bob.services.parties.lookup(invitation.code)).resolves.toMatchObject({ code: expect.any(String) as string })
    expect(restored?.shortCode).toBeUndefined()

    const asked = await restored?.publish() ?? ''
    expect(restored?.shortCode).toBe(asked)
    await expect(bob.services.parties.lookup(asked)).resolves.toMatchObject({ party: { name: 'Choir' } })
  })

  it('who asks eighty times and never answers locks nothing, and Bob gets the code meanwhile', async () => {
    const renamed = vi.fn()
    const invitation = await party.invite({ onShortCode: renamed })
    const short = await invitation.publish()
    const { nameplate } = parseShortCode(short)
    const told: string[] = []
    const eve = await network.node()

    for (let nth = 0; nth < 80; nth++) {
      const stream = await eve.dialProtocol(alice.getMultiaddrs(), CODE_PROTOCOL)
      const frames = lpStream(stream)
      await frames.write(encodeFrame('HELLO', { version: 1, nameplate, nonce: randomBytes(32) }))
      told.push(decodeFrame((await frames.read()).subarray()).type)
      stream.abort(new Error('enough'))
    }

    expect(told).toEqual([...Array<string>(16).fill('OFFER'), ...Array<string>(64).fill('REFUSAL')])
    await expect(bob.services.parties.lookup(short)).resolves.toMatchObject({ code: invitation.code })
    expect(renamed).not.toHaveBeenCalled()
    expect(invitation.shortCode).toBe(short)
  })

  it('eight who keep their places and say nothing give way to Bob', async () => {
    const clock = new FakeClock()
    const host = await network.node({ clock, rendezvous: [board.rendezvous] })
    const invitation = await (await host.services.parties.create({ name: 'Choir' })).invite()
    const short = await invitation.publish()
    const eve = await network.node()

    for (let nth = 0; nth < 8; nth++) {
      const frames = lpStream(await eve.dialProtocol(host.getMultiaddrs(), CODE_PROTOCOL))
      await frames.write(encodeFrame('HELLO', { version: 1, nameplate: parseShortCode(short).nameplate, nonce: randomBytes(32) }))
      await frames.read()
    }

    await expect(bob.services.parties.lookup(short)).rejects.toMatchObject({ name: 'InviterUnreachableError' })
    clock.advance(1_000)
    await expect(bob.services.parties.lookup(short)).resolves.toMatchObject({ code: invitation.code })
  })

  it('guesses count through a restart of her node', async () => {
    const datastore = new MemoryDatastore()
    const privateKey = await generateKeyPair('Ed25519')
    const first = await network.node({ datastore, privateKey, rendezvous: [board.rendezvous] })
    const invitation = await (await first.services.parties.create({ name: 'Choir' })).invite()
    const short = await invitation.publish()
    for (let nth = 0; nth < 2; nth++) {
      await bob.services.parties.lookup(misheard(short, nth)).catch(() => {})
    }
    await first.stop()
    const again = await network.node({ datastore, privateKey, rendezvous: [board.rendezvous] })
    const [choir] = await again.services.parties.list()
    const [restored] = choir?.invitations.getSnapshot() ?? []
    await vi.waitFor(() => { expect(restored?.shortCode).toBe(short) })
    await bob.services.parties.lookup(misheard(short, 2)).catch(() => {})
    await vi.waitFor(() => { expect(restored?.shortCode).not.toBe(short) })
  })

  it('ten who know the words at once all get the code', async () => {
    const invitation = await party.invite({ uses: 12 })
    const short = await invitation.publish()
    const nodes = await Promise.all(Array.from({ length: 10 }, async () => network.node({ rendezvous: [board.rendezvous] })))
    const all = await Promise.all(nodes.map(async node => node.services.parties.redeem(short).setPin(invitation.pin)))
    expect(all).toHaveLength(10)
    expect(invitation.shortCode).toBe(short)
  })

  it('Bob, who looks five times at once, gives one guess away: each look gets the code, or is told that the words are wrong', async () => {
    const invitation = await party.invite()
    const short = await invitation.publish()
    const looks = async (typed: string): Promise<unknown[]> => Promise.all(Array.from({ length: 5 }, async () => bob.services.parties.lookup(typed).then(({ code }) => code, (err: Error) => err.name)))
    network.latency = 5

    expect(await looks(short)).toEqual(new Array(5).fill(invitation.code))
    expect(await looks(misheard(short))).toEqual(new Array(5).fill('InvalidCodeError'))
    expect(await looks(misheard(short))).toEqual(new Array(5).fill('InvalidCodeError'))
    expect(invitation.shortCode).toBe(short)
  })

  it('Bob, who looks twice and gives one up, gets the code by the other, and hears how far it is', async () => {
    const invitation = await party.invite()
    const short = await invitation.publish()
    const giveUp = new AbortController()
    const events: string[] = []
    const first = bob.services.parties.lookup(short, { signal: giveUp.signal, onProgress: ({ type }) => { if (type === 'dialing') { giveUp.abort() } } })
    const second = bob.services.parties.lookup(short, { onProgress: ({ type }) => events.push(type) })

    await expect(first).rejects.toMatchObject({ name: 'AbortError' })
    await expect(second).resolves.toMatchObject({ code: invitation.code })
    expect(events.slice(0, 2)).toEqual(['finding', 'dialing'])
  })
})

describe('A squatter under Alice\'s nameplate', () => {
  it('Bob still finds Alice, and is told that the code is contested', async () => {
    const invitation = await party.invite()
    const short = await invitation.publish()
    const { guesses } = await squatter(parseShortCode(short).nameplate)
    const events: string[] = []
    await expect(bob.services.parties.lookup(short, { onProgress: ({ type }: DialProgress) => events.push(type) })).resolves.toMatchObject({ code: invitation.code })
    expect(events).toContain('contested')
    expect(guesses()).toBeLessThanOrEqual(1)
  })

  it('who know no words are asked three in all, restarts included; Bob is told to use the full code', async () => {
    const squatters = await Promise.all(Array.from({ length: 5 }, async () => squatter('maple-orbit')))
    const guesses = (): number => squatters.reduce((sum, { guesses }) => sum + guesses(), 0)
    await expect(bob.services.parties.lookup('maple orbit ostrich violin')).rejects.toMatchObject({ name: 'CodeContestedError' })
    expect(guesses()).toBe(3)
    await expect(bob.services.parties.lookup('maple orbit ostrich violin')).rejects.toMatchObject({ name: 'InvitationLockedError' })
    expect(guesses()).toBe(3)
  })

  it('who is not there, or hangs up, costs Bob no candidate', async () => {
    const invitation = await party.invite()
    const short = await invitation.publish()
    const { nameplate } = parseShortCode(short)
    const { node } = await squatter(nameplate)
    await node.stop()
    const mute = await network.node()
    await mute.handle(CODE_PROTOCOL, (stream) => { stream.abort(new Error('no')) })
    board.notes.get(nameplate)?.unshift({ id: mute.peerId, multiaddrs: mute.getMultiaddrs() })
    await expect(bob.services.parties.lookup(short)).resolves.toMatchObject({ code: invitation.code })
  })
})
