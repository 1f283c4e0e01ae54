import { generateKeyPair } from '@libp2p/crypto/keys'
import { multiaddr } from '@multiformats/multiaddr'
import { MemoryDatastore } from 'datastore-core'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { encodeCode, parseCode } from '../../src/codec/index.js'
import { parseShortCode } from '../../src/rendezvous/words.js'
import { misheard, publishing } from '../helpers/short-codes.js'
import type { Key } from 'interface-datastore'
import type { Party } from '../../src/index.js'
import type { Network, TestNode } from '../../src/testing/index.js'
import type { Board } from '../helpers/rendezvous.js'

let network: Network
let board: Board
let alice: TestNode
let bob: TestNode
let party: Party
let datastore: MemoryDatastore

beforeEach(async () => {
  ;({ network, board, alice, bob, party, datastore } = await publishing())
})

afterEach(async () => network.stop())

describe('Alice says four words', () => {
  it('Bob types them, and the PIN, and is in', async () => {
    const invitation = await party.invite()
    const short = await invitation.publish()
    expect(short).toMatch(/^([a-z]+-){3}[a-z]+$/)
    expect(invitation.shortCode).toBe(short)
    await expect(invitation.publish()).resolves.toBe(short)

    const events: string[] = []
    const typed = ` ${short.split('-').map(word => word.slice(0, 4).toUpperCase()).join('  ')} `
    await expect(bob.services.parties.lookup(typed, { onProgress: ({ type }) => events.push(type) })).resolves.toMatchObject({ party: { name: 'Book club' }, code: invitation.code })
    expect(events).toEqual(['finding', 'dialing', 'connected', 'connected'])
    await expect(bob.services.parties.redeem(short).setPin(invitation.pin)).resolves.toMatchObject({ key: party.key })
    await vi.waitFor(() => { expect(board.notes.get(parseShortCode(short).nameplate)).toEqual([]) })
    expect(invitation.shortCode).toBeUndefined()
  })

  it('Bob types them, and says no', async () => {
    const declined = vi.fn()
    const invitation = await party.invite({ onDecline: ({ reason }) => { declined(reason) } })
    await bob.services.parties.decline(await invitation.publish(), 'no time')
    await vi.waitFor(() => { expect(invitation.status).toBe('declined') })
    expect(declined).toHaveBeenCalledExactlyOnceWith('no time')
    await vi.waitFor(() => { expect([...board.notes.values()].flat()).toEqual([]) })
  })

  it('the rendezvous sees two of the words alone', async () => {
    const invitation = await party.invite()
    const short = await invitation.publish()
    await bob.services.parties.lookup(short)
    const { nameplate, words } = parseShortCode(short)
    expect(board.seen).toContain(nameplate)
    expect(board.seen.join(' ')).not.toContain(words)
    for (const word of words.split('-').filter(word => !nameplate.includes(word))) {
      expect(board.seen.filter(name => name.split('-').includes(word))).toEqual([])
    }
  })

  it('no snapshot, event or error holds them', async () => {
    const seen: unknown[] = []
    alice.services.parties.addEventListener('invitation', ({ detail }) => { seen.push(detail.getSnapshot()) })
    const invitation = await party.invite()
    const short = await invitation.publish()
    const redemption = bob.services.parties.redeem(short)
    redemption.subscribe(() => { seen.push(redemption.getSnapshot()) })
    await redemption.ready()
    await bob.services.parties.lookup(misheard(short)).catch((err: Error) => { seen.push({ message: err.message, stack: err.stack }) })
    seen.push(invitation.getSnapshot(), party.getSnapshot())
    const text = JSON.stringify(seen, (_, value: unknown) => typeof value === 'bigint' ? `${value}` : value)
    expect(text).not.toContain(parseShortCode(short).words)
    expect(text).not.toContain(short)
  })

  it('without a rendezvous the error says what to do', async () => {
    const plain = await network.node()
    const invitation = await (await plain.services.parties.create({ name: 'Quiet' })).invite()
    await expect(invitation.publish()).rejects.toMatchObject({ name: 'RendezvousError' })
    expect(() => plain.services.parties.redeem('maple orbit ostrich violin')).toThrow('full code')
    expect(invitation.status).toBe('pending')
  })

  it('where the rendezvous is gone the invitation stands, and publishing can be tried again', async () => {
    const invitation = await party.invite()
    board.broken = true
    await expect(invitation.publish()).rejects.toMatchObject({ name: 'RendezvousError' })
    expect(invitation.shortCode).toBeUndefined()
    board.broken = false
    const short = await invitation.publish()
    expect(short).toBe(invitation.shortCode)
    board.broken = true
    await expect(bob.services.parties.lookup(short)).rejects.toMatchObject({ name: 'RendezvousError' })
  })

  it('asked for three times at once it is one, and taken back it is nowhere', async () => {
    const invitation = await party.invite()
    const codes = await Promise.all([invitation.publish(), invitation.publish(), invitation.publish()])
    expect(new Set(codes).size).toBe(1)
    expect([...board.notes.values()].flat()).toHaveLength(2)
    await invitation.cancel()
    await vi.waitFor(() => { expect([...board.notes.values()].flat()).toEqual([]) })
    expect(invitation.shortCode).toBeUndefined()
    await vi.waitFor(() => { expect([...datastore._all({}) as Iterable<{ key: Key }>].filter(({ key }) => key.toString().startsWith('/plus-one/nameplate/'))).toEqual([]) })
  })

  it('taken back while it is being published it is nowhere, and who asked is told why', async () => {
    const invitation = await party.invite()
    const { promise, resolve } = Promise.withResolvers<void>()
    board.slow = promise
    const published = Promise.allSettled([invitation.publish(), invitation.publish(), invitation.publish()])
    await invitation.cancel()
    resolve()
    expect((await published).flatMap(each => each.status === 'rejected' ? [(each.reason as Error).name] : [])).toEqual(Array.from({ length: 3 }, () => 'InvitationRevokedError'))
    await vi.waitFor(() => { expect([...board.notes.values()].flat()).toEqual([]) })
    await expect(invitation.publish()).rejects.toMatchObject({ name: 'InvitationRevokedError' })
  })

  it('where one of its two names is not taken, the other is not left behind', async () => {
    const invitation = await party.invite()
    board.refused = name => !name.includes('-')
    await expect(invitation.publish()).rejects.toMatchObject({ name: 'RendezvousError' })
    await vi.waitFor(() => { expect([...board.notes.values()].flat()).toEqual([]) })
    board.refused = () => false
    expect(await invitation.publish()).toBe(invitation.shortCode)
  })

  it('nobody under the nameplate, or no such words: Bob is told which', async () => {
    await expect(bob.services.parties.lookup('maple orbit ostrich violin')).rejects.toMatchObject({ name: 'InvitationNotFoundError' })
    await expect(bob.services.parties.lookup('maple orbit xyzzy violin')).rejects.toMatchObject({ name: 'InvalidCodeError', reason: 'words' })
    const redemption = bob.services.parties.redeem('maple orbit ostrich xyzzy')
    await expect(redemption.ready()).rejects.toMatchObject({ name: 'InvalidCodeError' })
    expect(redemption.state).toBe('failed')
  })

  it('after a restart of Alice\'s node it is published again, and leads to her', async () => {
    const datastore = new MemoryDatastore()
    const privateKey = await generateKeyPair('Ed25519')
    const first = await network.node({ datastore, privateKey, rendezvous: [board.rendezvous] })
    const { key } = await first.services.parties.create({ name: 'Choir' })
    const invitation = await (await first.services.parties.open(key)).invite()
    const short = await invitation.publish()
    const { nameplate } = parseShortCode(short)
    await first.stop()
    expect(board.notes.get(nameplate)).toEqual([])

    await network.node({ datastore, privateKey, rendezvous: [board.rendezvous] })
    await vi.waitFor(() => { expect(board.notes.get(nameplate)).toHaveLength(1) })
    await expect(bob.services.parties.redeem(short).setPin(invitation.pin)).resolves.toMatchObject({ key })
  })
})

describe('A full code whose addresses are of yesterday', () => {
  it('leads to where Alice is now, where she has published the invitation', async () => {
    const invitation = await party.invite()
    await invitation.publish()
    const stale = encodeCode({ ...parseCode(invitation.code), addresses: [multiaddr('/memory/yesterday')] })
    const events: string[] = []
    await expect(bob.services.parties.lookup(stale, { onProgress: ({ type }) => events.push(type) })).resolves.toMatchObject({ party: { name: 'Book club' } })
    expect(events).toEqual(['dialing', 'finding', 'dialing', 'connected'])
    await expect(bob.services.parties.redeem(stale).setPin(invitation.pin)).resolves.toMatchObject({ key: party.key })
  })
})
