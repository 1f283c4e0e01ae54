import { initializeBase64Wasm } from '@automerge/automerge/slim'
import { automergeWasmBase64 } from '@automerge/automerge/automerge.wasm.base64'
import { Repo } from '@automerge/automerge-repo/slim'
import { PartyNetworkAdapter } from 'plus-one/automerge'
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { createNetwork } from '../../src/testing/index.js'
import { club } from '../yjs/stories.js'
import type { DocHandle } from '@automerge/automerge-repo/slim'
import type { Person } from '../yjs/stories.js'
import type { Network } from '../../src/testing/index.js'

interface Notes {
  words: string[]
}

let network: Network
const opened: PartyNetworkAdapter[] = []

beforeAll(async () => { await initializeBase64Wasm(automergeWasmBase64) })

afterEach(async () => {
  opened.splice(0).forEach((adapter) => { adapter.disconnect() })
  vi.restoreAllMocks()
  await network.stop()
})

function open ({ party }: Person): Repo {
  const adapter = new PartyNetworkAdapter(party)
  opened.push(adapter)

  return new Repo({ network: [adapter], shareConfig: adapter.shareConfig })
}

const write = (handle: DocHandle<Notes>, word: string): void => { handle.change((notes) => { notes.words.push(word) }) }
const show = async (words: string[], ...handles: Array<DocHandle<Notes>>): Promise<void> => {
  await vi.waitFor(() => { expect(handles.map(handle => [...handle.doc().words].sort())).toEqual(handles.map(() => words)) }, 20_000)
}

describe('An Automerge document of a party', () => {
  it('is found by members, written by writers, and what a reader writes is its own until it may write', async () => {
    network = createNetwork()
    const [alice, bob, carol] = await club(network, 'writer', 'reader') as [Person, Person, Person]
    const ofAlice = open(alice).create<Notes>({ words: ['Emma'] })
    const ofBob = await open(bob).find<Notes>(ofAlice.url)
    const ofCarol = await open(carol).find<Notes>(ofAlice.url)
    write(ofBob, 'Persuasion')
    await show(['Emma', 'Persuasion'], ofAlice, ofBob, ofCarol)

    write(ofCarol, 'Sanditon')
    write(ofBob, 'Lady')
    await show(['Emma', 'Lady', 'Persuasion', 'Sanditon'], ofCarol)
    await show(['Emma', 'Lady', 'Persuasion'], ofAlice, ofBob)

    // once all has been said there is silence, whatever is not taken
    const told = vi.fn()
    opened.forEach((adapter) => { adapter.on('message', told) })
    await new Promise<void>((resolve) => { setTimeout(resolve, 100) })
    expect(told.mock.calls.length).toBeLessThan(10)

    await alice.party.setRole(carol.node.peerId, 'writer')
    await show(['Emma', 'Lady', 'Persuasion', 'Sanditon'], ofAlice, ofBob, ofCarol)
  })

  it('is waited for until a member is connected, goes on after a separation, and not for who is removed', async () => {
    network = createNetwork()
    const [alice, bob] = await club(network, 'writer') as [Person, Person]
    network.partition([alice.node], [bob.node])
    await vi.waitFor(() => { expect(bob.party.peers).toEqual([]) })
    const ofAlice = open(alice).create<Notes>({ words: ['Emma'] })
    const found = open(bob).find<Notes>(ofAlice.url)
    await vi.waitFor(() => { expect(alice.party.peers).toEqual([]) })
    network.partition()
    const ofBob = await found
    await show(['Emma'], ofBob)

    network.partition([alice.node], [bob.node])
    await vi.waitFor(() => { expect(opened.map(adapter => adapter.isReady())).toEqual([false, false]) })
    write(ofAlice, 'Lady')
    write(ofBob, 'Persuasion')
    network.partition()
    await show(['Emma', 'Lady', 'Persuasion'], ofAlice, ofBob)

    await alice.party.remove(bob.node.peerId)
    write(ofBob, 'Clueless')
    write(ofAlice, 'Watsons')
    await vi.waitFor(() => { expect(opened.map(adapter => adapter.isReady())).toEqual([false, false]) })
    await show(['Emma', 'Lady', 'Persuasion', 'Watsons'], ofAlice)
    expect(ofBob.doc().words).not.toContain('Watsons')
  })

  it('may be large, and what its members tell each other beside it arrives once', async () => {
    network = createNetwork()
    const [alice, bob, carol] = await club(network, 'writer', 'reader') as [Person, Person, Person]
    const picture = new Uint8Array(1_000_000)
    // in parts: a browser gives no more chance at once
    for (let at = 0; at < picture.length; at += 50_000) crypto.getRandomValues(picture.subarray(at, at + 50_000))
    const ofAlice = open(alice).create({ picture })
    const handles = await Promise.all([bob, carol].map(async person => open(person).find<{ picture: Uint8Array }>(ofAlice.url)))
    handles.forEach((handle) => { expect(handle.doc().picture.length).toBe(1_000_000) })
    const heard = [vi.fn(), vi.fn(), vi.fn()]
    ;[ofAlice, ...handles].forEach((handle, at) => { handle.on('ephemeral-message', ({ message }) => { heard[at]?.(message) }) })
    handles[1]?.broadcast({ typing: true })
    await vi.waitFor(() => { expect(heard.map(({ mock }) => mock.calls)).toEqual([[[{ typing: true }]], [[{ typing: true }]], []]) }, 20_000)
  })

  it('is left as it was by a member who says nonsense, which is told by name', async () => {
    network = createNetwork()
    const [alice, bob, carol] = await club(network, 'writer', 'writer') as [Person, Person, Person]
    const told = vi.fn()
    const adapter = new PartyNetworkAdapter(alice.party, { onError: (error, peer) => { told(error.name, peer?.equals(bob.node.peerId)) } })
    opened.push(adapter)
    const ofAlice = new Repo({ network: [adapter], shareConfig: adapter.shareConfig }).create<Notes>({ words: ['Emma'] })
    const { messagesOf } = await import('../../src/documents/messages.js')
    const { cbor } = await import('@automerge/automerge-repo/slim')
    const { documentId } = ofAlice
    const [senderId, targetId] = [bob, alice].map(({ node }) => node.peerId.toString())
    const nonsense = [
      Uint8Array.of(255, 255),
      cbor.encode(null),
      cbor.encode({ type: 'leave' }),
      cbor.encode({ type: 'sync', documentId, senderId, targetId, data: Uint8Array.of(1, 2, 3) }),
      cbor.encode({ type: 'sync', documentId: 'none', senderId, targetId, data: new Uint8Array() }),
      cbor.encode({ type: 'ephemeral', documentId, senderId, targetId, count: 'x', sessionId: 3, data: Uint8Array.of(255) }),
      cbor.encode({ type: 'remote-heads-changed', documentId, senderId, targetId, newHeads: 7 })
    ]
    // automerge-repo tells of what it could not read
    vi.spyOn(console, 'log').mockImplementation(() => {})
    let asked = 0
    await bob.party.handle('/plus-one/automerge/1.0.0', async (stream) => {
      const messages = messagesOf(stream)
      await messages.receive(() => 10_000)
      const next = nonsense[asked++]
      await messages.send([])

      if (next != null) {
        await messages.send([next])
        stream.abort(new Error('and goes'))
      }
    })
    // he has to follow her, too, to be her neighbour
    const greeted = await bob.party.newStream(alice.node.peerId, '/plus-one/automerge/1.0.0')
    await messagesOf(greeted).send([new TextEncoder().encode('default'), cbor.encode({})])
    await vi.waitFor(() => { expect(asked).toBeGreaterThan(nonsense.length) }, 30_000)
    expect(told.mock.calls.length).toBeGreaterThanOrEqual(3)
    expect(new Set(told.mock.calls.map(String))).toEqual(new Set(['ProtocolError,true']))

    const ofCarol = await open(carol).find<Notes>(ofAlice.url)
    write(ofCarol, 'Persuasion')
    await show(['Emma', 'Persuasion'], ofAlice, ofCarol)
  })

  it('gets nothing of a member that grows as it is passed on: neither what is in itself, nor what is deep', async () => {
    const { messageOf, metadataOf } = await import('../../src/automerge/messages.js')
    const { cbor } = await import('@automerge/automerge-repo/slim')
    const fields = { type: 'ephemeral', documentId: 'id', senderId: 'Bob', sessionId: 'x', count: 1, data: Uint8Array.of(1) }
    // {…, "more": a list of another one twice, and so on}: 30 of them are 2^30 values where they are written out (CBOR's tags 28 and 29, of values that are shared)
    const shared = Array.from({ length: 30 }, (_, nth) => nth).reduceRight<number[]>((inner, nth) => [0xd8, 28, 0x82, ...inner, ...nth === 29 ? [1] : [0xd8, 29, 24, nth + 1]], [1])
    const withMore = (more: number[]): Uint8Array => {
      const [head, ...rest] = cbor.encode(fields)

      return Uint8Array.from([...head === 0xb9 ? [0xb9, rest[0]!, rest[1]! + 1, ...rest.slice(2)] : [head! + 1, ...rest], 0x64, ...new TextEncoder().encode('more'), ...more])
    }
    const levels = (depth: number): number[] => [...new Array<number>(depth).fill(0x81), 1]

    expect((cbor.decode<{ more: unknown[] }>(withMore(shared))).more).toHaveLength(2)
    expect(messageOf(withMore(shared))).toEqual(fields)
    expect(messageOf(withMore(levels(500)))).toEqual(fields)
    expect(() => messageOf(withMore(levels(1_000_000)))).toThrow()

    for (const wrong of [{ documentId: [] }, { data: [1] }, { data: 'x' }, { count: '2' }, { count: 2n ** 60n }, { sessionId: {} }, { senderId: 7 }, { type: ['ephemeral'] }]) {
      expect(() => messageOf(cbor.encode({ ...fields, ...wrong }))).toThrow('no message of automerge-repo')
    }

    expect(metadataOf(cbor.encode({ storageId: 'disk', isEphemeral: false, more: [[[]]] }))).toEqual({ storageId: 'disk', isEphemeral: false })
    expect(() => metadataOf(cbor.encode({ storageId: [['disk']] }))).toThrow('no message of automerge-repo')
    expect(messageOf(cbor.encode({ type: 'remote-subscription-change', add: ['a', 'a', 'b'] }))).toEqual({ type: 'remote-subscription-change', add: ['a', 'b'] })
    expect(messageOf(cbor.encode({ type: 'remote-heads-changed', documentId: 'id', newHeads: { a: { heads: ['h'], timestamp: 1, more: [] } } })))
      .toEqual({ type: 'remote-heads-changed', documentId: 'id', newHeads: { a: { heads: ['h'], timestamp: 1 } } })
    expect(() => messageOf(cbor.encode({ type: 'remote-heads-changed', documentId: 'id', newHeads: { a: { heads: [['h']], timestamp: 1 } } }))).toThrow()
  })

  it.each(['writer', 'reader'] as const)('hears what members tell each other from themselves, and of who is not connected from a writer: Bob is a %s', async (role) => {
    network = createNetwork()
    const [alice, bob, carol] = await club(network, role, 'writer') as [Person, Person, Person]
    const adapter = new PartyNetworkAdapter(alice.party)
    opened.push(adapter)
    const [heard, met] = [vi.fn(), vi.fn()]
    adapter.on('message', (message) => { if (message.type === 'ephemeral') heard(message.senderId) })
    adapter.on('peer-candidate', ({ peerId }) => { met(peerId) })
    const { documentId } = new Repo({ network: [adapter], shareConfig: adapter.shareConfig }).create<Notes>({ words: [] })
    open(carol)
    const [bobs, carols] = [bob, carol].map(({ node }) => node.peerId.toString())
    await vi.waitFor(() => { expect(met).toHaveBeenCalledWith(carols) })

    const { messagesOf } = await import('../../src/documents/messages.js')
    const { cbor } = await import('@automerge/automerge-repo/slim')
    await bob.party.handle('/plus-one/automerge/1.0.0', async (stream) => {
      const messages = messagesOf(stream)
      await messages.receive(() => 10_000)
      await messages.send([])

      for (const senderId of [carols, 'dave', bobs]) {
        await messages.send([cbor.encode({ type: 'ephemeral', documentId, senderId, sessionId: 'x', count: 1, data: cbor.encode('typing') })])
      }
    })
    const greeted = await bob.party.newStream(alice.node.peerId, '/plus-one/automerge/1.0.0')
    await messagesOf(greeted).send([new TextEncoder().encode('default'), cbor.encode({})])
    await vi.waitFor(() => { expect(heard).toHaveBeenCalledWith(bobs) }, 20_000)
    expect(heard.mock.calls.flat()).toEqual(role === 'writer' ? ['dave', bobs] : [bobs])
  })
})
