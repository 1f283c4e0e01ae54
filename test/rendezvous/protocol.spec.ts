import { generateKeyPair } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { RecordEnvelope } from '@libp2p/peer-record'
import { lpStream } from '@libp2p/utils'
import { multiaddr } from '@multiformats/multiaddr'
import { utf8ToBytes } from '@noble/hashes/utils.js'
import { MemoryDatastore } from 'datastore-core'
import fc from 'fast-check'
import { equals } from 'uint8arrays/equals'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { MAX_RECORD_LENGTH, RENDEZVOUS_PROTOCOL } from '../../src/rendezvous/protocol/constants.js'
import { Message } from '../../src/rendezvous/protocol/pb/message.js'
import { openRecord, sealRecord } from '../../src/rendezvous/protocol/records.js'
import { FakeClock } from '../../src/testing/index.js'
import { client, point, stopAll } from '../helpers/rendezvous-nodes.js'
import type { Client, Point } from '../helpers/rendezvous-nodes.js'
import type { PrivateKey, Stream } from '@libp2p/interface'
import type { LengthPrefixedStream } from '@libp2p/utils'
import type { Multiaddr } from '@multiformats/multiaddr'

afterEach(stopAll)

const NS = 'my-app'
const HOUR = 3_600_000
const { MessageType, ResponseStatus } = Message
const hex = (text: string): number[] => [...text.replace(/\s/g, '').match(/../g) ?? []].map(byte => Number.parseInt(byte, 16))

/** A stream to a point, on which anything may be said. */
async function raw (from: Client, to: Point): Promise<{ stream: Stream, messages: LengthPrefixedStream<Stream>, ask: (message: Message) => Promise<Message> }> {
  const stream = await (await from.dial(to.getMultiaddrs())).newStream(RENDEZVOUS_PROTOCOL)
  const messages = lpStream(stream, { maxDataLength: 2 ** 20 })

  return {
    stream,
    messages,
    ask: async (message) => {
      await messages.write(Message.encode(message))
      return Message.decode(await messages.read())
    }
  }
}

const own = (bytes: Uint8Array): Uint8Array<ArrayBuffer> => Uint8Array.from(bytes)

describe('The messages, byte for byte by the specification', () => {
  it.each([
    ['REGISTER', { type: MessageType.REGISTER, register: { ns: 'my-app', signedPeerRecord: Uint8Array.of(1, 2), ttl: 7200 } }, '0800 120f 0a06 6d792d617070 1202 0102 18a038'],
    ['REGISTER_RESPONSE', { type: MessageType.REGISTER_RESPONSE, registerResponse: { status: ResponseStatus.OK, ttl: 7200 } }, '0801 1a05 0800 18a038'],
    ['REGISTER_RESPONSE E_INVALID_TTL', { type: MessageType.REGISTER_RESPONSE, registerResponse: { status: ResponseStatus.E_INVALID_TTL, statusText: 'no' } }, '0801 1a06 0866 1202 6e6f'],
    ['UNREGISTER', { type: MessageType.UNREGISTER, unregister: { ns: 'my-app' } }, '0802 2208 0a06 6d792d617070'],
    ['DISCOVER', { type: MessageType.DISCOVER, discover: { ns: 'my-app', limit: 300, cookie: Uint8Array.of(9) } }, '0803 2a0e 0a06 6d792d617070 10ac02 1a01 09'],
    ['DISCOVER of all', { type: MessageType.DISCOVER, discover: {} }, '0803 2a00'],
    ['DISCOVER_RESPONSE', { type: MessageType.DISCOVER_RESPONSE, discoverResponse: { registrations: [{ ns: 'my-app', signedPeerRecord: Uint8Array.of(1, 2), ttl: 1 }], cookie: Uint8Array.of(9), status: ResponseStatus.OK } }, '0804 3215 0a0e 0a06 6d792d617070 1202 0102 1801 1201 09 1800'],
    ['DISCOVER_RESPONSE E_NOT_AUTHORIZED', { type: MessageType.DISCOVER_RESPONSE, discoverResponse: { registrations: [], status: ResponseStatus.E_NOT_AUTHORIZED } }, '0804 3203 18c801']
  ] as Array<[string, Message, string]>)('%s', (_, message, bytes) => {
    expect([...Message.encode(message)]).toEqual(hex(bytes))
    expect(Message.decode(Uint8Array.from(hex(bytes)))).toEqual(message)
  })

  it('every status has the specification\'s number', () => {
    const numbers = { OK: 0, E_INVALID_NAMESPACE: 100, E_INVALID_SIGNED_PEER_RECORD: 101, E_INVALID_TTL: 102, E_INVALID_COOKIE: 103, E_NOT_AUTHORIZED: 200, E_INTERNAL_ERROR: 300, E_UNAVAILABLE: 400 }

    for (const [status, number] of Object.entries(numbers) as Array<[keyof typeof numbers, number]>) {
      const [low, high] = [number & 127, number >> 7]
      const varint = high === 0 ? [low] : [low | 128, high]
      expect([...Message.encode({ registerResponse: { status: ResponseStatus[status] } })]).toEqual([0x1a, 1 + varint.length, 0x08, ...varint])
    }
  })

  it('on the wire each is behind its length, as an unsigned varint', async () => {
    const [server, bob] = [await point(), await client()]
    const { stream } = await raw(bob, server)
    const heard: number[] = []
    stream.addEventListener('message', ({ data }) => { heard.push(...data.subarray()) })
    stream.send(Uint8Array.from(hex('04 0803 2a00')))
    await vi.waitFor(() => { expect(heard.length).toBeGreaterThan(4) })
    expect(heard[0]).toBe(heard.length - 1)
    expect(heard.slice(1, 3)).toEqual(hex('0804'))
  })
})

describe('Alice registers at a point, and Bob discovers her', () => {
  it('her signed record leads to her; unregistering takes it back', async () => {
    const [server, alice, bob] = [await point(), await client(), await client()]
    const [at] = server.getMultiaddrs()
    await expect(alice.services.client.register(at ?? multiaddr(), NS)).resolves.toBe(7_200)
    const { peers } = await bob.services.client.discover(at ?? multiaddr(), NS)
    expect(peers).toHaveLength(1)
    expect(peers[0]?.id.equals(alice.peerId)).toBe(true)
    expect(peers[0]?.multiaddrs.map(String)).toEqual(alice.getMultiaddrs().map(String))
    expect(peers[0]?.ttl).toBe(7_200)
    await bob.dial(peers[0]?.multiaddrs ?? [])

    expect((await bob.services.client.discover(at ?? multiaddr(), 'other-app')).peers).toEqual([])
    await alice.services.client.unregister(at ?? multiaddr(), NS)
    await vi.waitFor(() => { expect(server.services.server.size).toBe(0) })
    expect((await bob.services.client.discover(at ?? multiaddr(), NS)).peers).toEqual([])
  })

  it('a cookie gives what came since alone; a limit gives pages', async () => {
    const [server, bob] = [await point(), await client()]
    const people = await Promise.all(Array.from({ length: 5 }, async () => client()))
    const at = server.getMultiaddrs()[0] ?? multiaddr()
    for (const { services } of people) {
      await services.client.register(at, NS)
    }

    const found: string[] = []
    let cookie: Uint8Array | undefined
    for (const length of [2, 2, 1, 0]) {
      const page = await bob.services.client.discover(at, NS, { limit: 2, cookie })
      expect(page.peers).toHaveLength(length)
      found.push(...page.peers.map(({ id }) => id.toString()))
      cookie = page.cookie
    }
    expect(found).toEqual(people.map(({ peerId }) => peerId.toString()))

    await people[2]?.services.client.register(at, NS)
    const since = await bob.services.client.discover(at, NS, { cookie })
    expect(since.peers.map(({ id }) => id.toString())).toEqual([people[2]?.peerId.toString()])
  })

  it('rust-libp2p can read a cookie: 8 bytes, then UTF-8 of at most 255 characters', async () => {
    const [server, alice] = [await point(), await client()]
    const { cookie } = await alice.services.client.discover(server.getMultiaddrs()[0] ?? multiaddr(), NS)
    expect(new TextDecoder('utf-8', { fatal: true }).decode(cookie?.subarray(8))).toMatch(/^[0-9a-f]{32}$/)
  })

  it('a registration lapses at the end of its time, and a new one prolongs it', async () => {
    const clock = new FakeClock()
    const [server, alice, bob] = [await point({ clock }), await client(), await client()]
    const at = server.getMultiaddrs()[0] ?? multiaddr()
    await alice.services.client.register(at, NS, { ttl: 7_200 })
    clock.advance(HOUR)
    expect((await bob.services.client.discover(at, NS)).peers).toMatchObject([{ ttl: 3_600 }])
    await alice.services.client.register(at, NS, { ttl: 10_800 })
    clock.advance(2 * HOUR)
    expect((await bob.services.client.discover(at, NS)).peers).toHaveLength(1)
    clock.advance(HOUR)
    expect((await bob.services.client.discover(at, NS)).peers).toEqual([])
    await vi.waitFor(() => { expect(server.services.server.size).toBe(0) })
  })

  it('after a restart of the point registrations are there, but for those that lapsed; old cookies are refused', async () => {
    const [datastore, clock, privateKey] = [new MemoryDatastore(), new FakeClock(), await generateKeyPair('Ed25519')]
    const listen = '/memory/the-point'
    const first = await point({ datastore, clock, privateKey, listen })
    const [alice, bob] = [await client(), await client()]
    const at = first.getMultiaddrs()[0] ?? multiaddr()
    await alice.services.client.register(at, NS, { ttl: 7_200 })
    await bob.services.client.register(at, NS, { ttl: 72 * 3_600 })
    const { cookie } = await bob.services.client.discover(at, NS)
    await first.stop()
    clock.advance(3 * HOUR)

    const again = await point({ datastore, clock, privateKey, listen })
    expect(again.services.server.size).toBe(1)
    const eve = await client()
    expect((await eve.services.client.discover(at, NS)).peers.map(({ id }) => id.toString())).toEqual([bob.peerId.toString()])
    await expect(eve.services.client.discover(at, NS, { cookie })).rejects.toMatchObject({ status: 'E_INVALID_COOKIE' })
  })
})

describe('A point refuses, with the specification\'s status,', () => {
  it.each([
    ['a TTL that is too short', { ttl: 7_199 }, 'E_INVALID_TTL'],
    ['a TTL that is too long', { ttl: 259_201 }, 'E_INVALID_TTL'],
    ['an endless namespace', { ns: 'x'.repeat(256) }, 'E_INVALID_NAMESPACE'],
    ['an endless namespace of few characters', { ns: 'é'.repeat(128) }, 'E_INVALID_NAMESPACE'],
    ['no namespace', { ns: undefined }, 'E_INVALID_NAMESPACE'],
    ['an empty one', { ns: '' }, 'E_INVALID_NAMESPACE'],
    ['no record', { signedPeerRecord: undefined }, 'E_INVALID_SIGNED_PEER_RECORD'],
    ['garbage for a record', { signedPeerRecord: Uint8Array.of(1, 2, 3) }, 'E_INVALID_SIGNED_PEER_RECORD'],
    ['an oversized record', { signedPeerRecord: new Uint8Array(MAX_RECORD_LENGTH + 1) }, 'E_INVALID_SIGNED_PEER_RECORD']
  ])('%s', async (_, change, status) => {
    const [server, eve] = [await point(), await client()]
    const record = own(await sealRecord(eve.peerId, await generateKeyPair('Ed25519'), []))
    const { ask } = await raw(eve, server)
    const answer = await ask({ type: MessageType.REGISTER, register: { ns: NS, signedPeerRecord: record, ttl: 7_200, ...change } })
    expect(answer).toMatchObject({ type: MessageType.REGISTER_RESPONSE, registerResponse: { status } })
    expect(server.services.server.size).toBe(0)
  })

  it('a record with a wrong signature, and another\'s record', async () => {
    const [server, eve] = [await point(), await client()]
    const [key, mallorys] = [await generateKeyPair('Ed25519'), await generateKeyPair('Ed25519')]
    const { ask } = await raw(eve, server)
    const forged = await sealRecord(eve.peerId, key, [])
    const others = await sealRecord(peerIdFromPrivateKey(mallorys), mallorys, [])
    const status = async (record: Uint8Array) => (await ask({ type: MessageType.REGISTER, register: { ns: NS, signedPeerRecord: own(record) } })).registerResponse?.status
    expect(await status(forged)).toBe('E_INVALID_SIGNED_PEER_RECORD')
    expect(await status(others)).toBe('E_NOT_AUTHORIZED')
    expect(server.services.server.size).toBe(0)
  })

  it('a listing of everything, to strangers', async () => {
    const [server, alice] = [await point(), await client()]
    await alice.services.client.register(server.getMultiaddrs()[0] ?? multiaddr(), NS)
    const { ask } = await raw(alice, server)
    expect(await ask({ type: MessageType.DISCOVER, discover: {} })).toMatchObject({ discoverResponse: { status: 'E_NOT_AUTHORIZED', registrations: [] } })
  })

  it('… but not to those whom its operator lets', async () => {
    const alice = await client()
    const server = await point({ mayListAll: peer => peer.equals(alice.peerId) })
    await alice.services.client.register(server.getMultiaddrs()[0] ?? multiaddr(), NS)
    const { ask } = await raw(alice, server)
    expect((await ask({ type: MessageType.DISCOVER, discover: {} })).discoverResponse?.registrations).toHaveLength(1)
  })

  it('a cookie that is cut, changed, or of another namespace', async () => {
    const [server, alice] = [await point(), await client()]
    const at = server.getMultiaddrs()[0] ?? multiaddr()
    const { cookie = new Uint8Array() } = await alice.services.client.discover(at, NS)
    const changed = [cookie.subarray(1), new Uint8Array(), new Uint8Array(4_000), utf8ToBytes('x'.repeat(40)), Uint8Array.from(cookie, (byte, i) => i === 7 ? byte + 1 : byte)]

    for (const bad of changed) {
      await expect(alice.services.client.discover(at, NS, { cookie: bad })).rejects.toMatchObject({ name: 'RendezvousStatusError', status: 'E_INVALID_COOKIE' })
    }

    await expect(alice.services.client.discover(at, 'other-app', { cookie })).rejects.toMatchObject({ status: 'E_INVALID_COOKIE' })
    await expect(alice.services.client.discover(at, NS, { cookie })).resolves.toMatchObject({ peers: [] })
  })

  it('a record that is older than the one it has', async () => {
    const server = await point()
    const alice = await client()
    const at = server.getMultiaddrs()[0] ?? multiaddr()
    vi.useFakeTimers({ toFake: ['Date'], now: 2_000_000_000_000 })
    try {
      await alice.services.client.register(at, NS)
      vi.setSystemTime(1_999_999_999_000)
      await expect(alice.services.client.register(at, NS)).rejects.toMatchObject({ status: 'E_INVALID_SIGNED_PEER_RECORD' })
    } finally {
      vi.useRealTimers()
    }
  })
})

describe('A hostile client costs a point bounded memory', () => {
  it('10,000 registrations of one peer: what is past its share is refused, and others still register', async () => {
    const [server, eve, bob] = [await point({ maxRegistrationsPerPeer: 100 }), await client(), await client()]
    const key = (eve as unknown as { components: { privateKey: Awaited<ReturnType<typeof generateKeyPair>> } }).components.privateKey
    const signedPeerRecord = own(await sealRecord(eve.peerId, key, []))
    const { messages, stream, ask } = await raw(eve, server)
    const statuses = new Map<string | undefined, number>()
    const reading = (async () => {
      for (let i = 0; i < 10_000; i++) {
        const { registerResponse } = Message.decode(await messages.read())
        statuses.set(registerResponse?.status, (statuses.get(registerResponse?.status) ?? 0) + 1)
      }
    })()
    for (let i = 0; i < 10_000; i++) {
      await messages.write(Message.encode({ type: MessageType.REGISTER, register: { ns: `space-${i}`, signedPeerRecord } }))
    }
    await reading
    // before any signature is looked at, which would be the flood's dearest part
    expect((await ask({ type: MessageType.REGISTER, register: { ns: 'one more', signedPeerRecord: Uint8Array.of(1) } })).registerResponse?.status).toBe('E_NOT_AUTHORIZED')
    await stream.close()
    expect([...statuses]).toEqual([['OK', 100], ['E_NOT_AUTHORIZED', 9_900]])
    expect(server.services.server.size).toBe(100)
    await bob.services.client.register(server.getMultiaddrs()[0] ?? multiaddr(), NS)
  }, 60_000)

  it('registrations of many peers: a full point says E_UNAVAILABLE, until some lapse', async () => {
    const clock = new FakeClock()
    const server = await point({ maxRegistrations: 3, clock })
    const at = server.getMultiaddrs()[0] ?? multiaddr()
    const people = await Promise.all(Array.from({ length: 4 }, async () => client()))
    for (const { services } of people.slice(0, 3)) {
      await services.client.register(at, NS)
    }
    await expect(people[3]?.services.client.register(at, NS)).rejects.toMatchObject({ status: 'E_UNAVAILABLE' })
    await people[0]?.services.client.register(at, NS)
    clock.advance(2 * HOUR)
    await people[3]?.services.client.register(at, NS)
    expect(server.services.server.size).toBe(1)
  })

  it('a message past the limit, no length, garbage, an answer in place of a request: the stream ends, the point stays', async () => {
    const [server, eve] = [await point(), await client()]

    for (const bytes of [[0xff, 0xff, 0x7f, 1, 2, 3], [0xff, 0xff, 0xff, 0xff, 0xff, 0xff], [3, 0xff, 0xff, 0xff], [2, 8, 1], [2, 8, 9], [0]]) {
      const { stream } = await raw(eve, server)
      const closed = new Promise(resolve => stream.addEventListener('close', resolve, { once: true }))
      stream.send(Uint8Array.from(bytes))
      await closed
    }

    await eve.services.client.register(server.getMultiaddrs()[0] ?? multiaddr(), NS)
    expect(server.services.server.size).toBe(1)
  })

  it('more streams than it serves at once are refused', async () => {
    const [server, eve] = [await point(), await client()]
    const opened = await Promise.allSettled(Array.from({ length: 60 }, async () => raw(eve, server)))
    await vi.waitFor(() => {
      const open = server.getConnections().flatMap(({ streams }) => streams).filter(({ protocol }) => protocol === RENDEZVOUS_PROTOCOL)
      expect(open.length).toBeLessThanOrEqual(32)
    })
    expect(opened.length).toBe(60)
  })
})

describe('A hostile point', () => {
  it('cannot put another\'s address under Alice\'s name, nor pass off what she did not sign', async () => {
    const [alice, eve] = [await generateKeyPair('Ed25519'), await generateKeyPair('Ed25519')]
    const id = peerIdFromPrivateKey(alice)
    await expect(openRecord(await sealRecord(id, eve, [multiaddr('/memory/trap')]))).rejects.toMatchObject({ name: 'InvalidMessageError' })
    const elsewhere = await openRecord(await sealRecord(id, alice, [multiaddr(`/memory/trap/p2p/${peerIdFromPrivateKey(eve).toString()}`), multiaddr('/memory/home')]))
    expect(elsewhere.multiaddrs.map(String)).toEqual([`/memory/home/p2p/${id.toString()}`])
  })

  it('each flipped bit of a record is noticed, whatever it is', async () => {
    const key = await generateKeyPair('Ed25519')
    const record = await sealRecord(peerIdFromPrivateKey(key), key, [multiaddr('/memory/home')])
    const read = await openRecord(record)
    await fc.assert(fc.asyncProperty(fc.nat(record.length * 8 - 1), async (bit) => {
      const flipped = Uint8Array.from(record, (byte, i) => i === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte)
      const outcome = await openRecord(flipped).catch((err: Error) => err.name)
      // protobuf has ways to write one thing in several: what was signed stays
      expect(outcome === 'InvalidMessageError' || (typeof outcome === 'object' && outcome.id.equals(read.id) && String(outcome.multiaddrs) === String(read.multiaddrs))).toBe(true)
    }))
  })
})

describe('rust-libp2p\'s form of peer records', () => {
  /** A point that ends the stream where it cannot read the record, as rust-libp2p's does. */
  async function rustPoint (): Promise<{ at: Multiaddr, records: Uint8Array[], requests: () => number }> {
    const node = await client()
    const records: Uint8Array[] = []
    let requests = 0
    await node.handle(RENDEZVOUS_PROTOCOL, async (stream) => {
      requests++
      const messages = lpStream(stream, { maxDataLength: 8_192 })
      const { register } = Message.decode(await messages.read())
      const record = register?.signedPeerRecord ?? new Uint8Array()
      const envelope = RecordEnvelope.createFromProtobuf(record)

      if (!equals(envelope.payloadType, utf8ToBytes('/libp2p/routing-state-record')) || !await envelope.validate('libp2p-routing-state')) {
        stream.abort(new Error('BadPayload'))
        return
      }

      records.push(record)
      await messages.write(Message.encode({ type: MessageType.REGISTER_RESPONSE, registerResponse: { status: ResponseStatus.OK, ttl: 7_200 } }))
      await stream.close()
    })

    return { at: node.getMultiaddrs()[0] ?? multiaddr(), records, requests: () => requests }
  }

  it('is signed as RFC 0002 says, over its own domain and type', async () => {
    const key = await generateKeyPair('Ed25519')
    const record = await sealRecord(peerIdFromPrivateKey(key), key, [multiaddr('/memory/home')], { form: 'routing-state' })
    const { payload, payloadType, signature } = RecordEnvelope.createFromProtobuf(record)
    const [domain, type] = [utf8ToBytes('libp2p-routing-state'), utf8ToBytes('/libp2p/routing-state-record')]
    const signed = Uint8Array.of(domain.length, ...domain, type.length, ...type, payload.length, ...payload.subarray())
    expect(payloadType).toEqual(type)
    expect(await key.publicKey.verify(signed, signature)).toBe(true)
    await expect(openRecord(record)).resolves.toMatchObject({ id: peerIdFromPrivateKey(key) })
  })

  it('is given to a point that reads no other, at once from the second time on', async () => {
    const [alice, { at, records, requests }] = [await client(), await rustPoint()]
    await expect(alice.services.client.register(at, NS)).resolves.toBe(7_200)
    await expect(alice.services.client.register(at, NS)).resolves.toBe(7_200)
    expect(requests()).toBe(3)
    await expect(openRecord(records[1] ?? new Uint8Array())).resolves.toMatchObject({ id: alice.peerId })
  })

  it('is taken by a point here, and by those who discover', async () => {
    const [server, alice, bob] = [await point(), await client(), await client()]
    const at = server.getMultiaddrs()[0] ?? multiaddr()
    const { privateKey } = (alice as unknown as { components: { privateKey: PrivateKey } }).components
    const { ask } = await raw(alice, server)
    const record = await sealRecord(alice.peerId, privateKey, alice.getMultiaddrs(), { form: 'routing-state' })
    expect((await ask({ type: MessageType.REGISTER, register: { ns: NS, signedPeerRecord: own(record) } })).registerResponse?.status).toBe('OK')
    const { peers } = await bob.services.client.discover(at, NS)
    expect(peers.map(({ id }) => id.toString())).toEqual([alice.peerId.toString()])
  })

  it('is no way to pass off what was signed for another use', async () => {
    const key = await generateKeyPair('Ed25519')
    const id = peerIdFromPrivateKey(key)
    const [standard, other] = [await sealRecord(id, key, []), await sealRecord(id, key, [], { form: 'routing-state' })].map(record => RecordEnvelope.createFromProtobuf(record))
    const crossed = new RecordEnvelope({ publicKey: key.publicKey, payload: standard?.payload ?? new Uint8Array(), payloadType: other?.payloadType ?? new Uint8Array(), signature: standard?.signature ?? new Uint8Array() })
    await expect(openRecord(crossed.marshal())).rejects.toMatchObject({ name: 'InvalidMessageError' })
    const unknown = await RecordEnvelope.seal({ domain: 'libp2p-peer-record', codec: utf8ToBytes('/another'), marshal: () => (standard?.payload ?? new Uint8Array()).subarray(), equals: () => false }, key)
    await expect(openRecord(unknown.marshal())).rejects.toMatchObject({ name: 'InvalidMessageError' })
  })
})
