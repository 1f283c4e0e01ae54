import { defaultLogger } from '@libp2p/logger'
import { multiaddr } from '@multiformats/multiaddr'
import { MemoryDatastore } from 'datastore-core'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { IDLE_TIMEOUT, MAX_REQUESTS, MAX_REQUESTS_OF_ORIGIN, MAX_REQUESTS_OF_PEER, MAX_STREAMS } from '../../src/rendezvous/protocol/constants.js'
import { Message } from '../../src/rendezvous/protocol/pb/message.js'
import { sealRecord } from '../../src/rendezvous/protocol/records.js'
import { RendezvousService } from '../../src/rendezvous/protocol/server.js'
import { Visitors } from '../../src/rendezvous/protocol/visitors.js'
import { FakeClock } from '../../src/testing/index.js'
import { stranger } from '../helpers/strangers.js'
import type { Stranger } from '../helpers/strangers.js'
import type { Visitor } from '../../src/rendezvous/protocol/visitors.js'
import type { RendezvousServerComponents, RendezvousServerInit } from '../../src/rendezvous/protocol/index.js'
import type { StreamHandler } from '@libp2p/interface'

const { MessageType } = Message
const EVES = '/ip4/203.0.113.5/tcp/4001'
const ALICES = '/ip4/192.0.2.7/tcp/4001'
const BOBS = '/ip4/198.51.100.9/tcp/4001'

interface Crowd {
  service: RendezvousService
  clock: FakeClock
  datastore: MemoryDatastore
  comes: (host: string) => Promise<Stranger>
  restart: () => Promise<void>
}

const services: RendezvousService[] = []

afterEach(async () => {
  await Promise.all(services.splice(0).map(async service => service.stop()))
})

/** A point that anybody may come to. */
async function crowd (init: RendezvousServerInit = {}): Promise<Crowd> {
  const [clock, datastore] = [new FakeClock(), new MemoryDatastore()]
  const people: Stranger[] = []
  let handler: StreamHandler | undefined
  const components = {
    datastore,
    logger: defaultLogger(),
    connectionManager: { getConnections: () => people.filter(({ connected }) => connected).map(({ connection }) => connection) },
    registrar: { handle: async (_: string, serve: StreamHandler) => { handler = serve }, unhandle: async () => {} }
  } as unknown as RendezvousServerComponents
  const service = new RendezvousService(components, { clock, ...init })
  services.push(service)
  await service.start()

  return {
    service,
    clock,
    datastore,
    comes: async (host) => {
      const person = await stranger(host, () => handler)
      people.push(person)

      return person
    },
    restart: async () => {
      await service.stop()
      await service.start()
    }
  }
}

async function registers (who: Stranger, ns = 'my-app'): Promise<string | undefined> {
  const { stream, messages } = await who.open()
  const signedPeerRecord = await sealRecord(who.peerId, who.privateKey, [multiaddr('/memory/home')]) as Uint8Array<ArrayBuffer>
  await messages.write(Message.encode({ type: MessageType.REGISTER, register: { ns, signedPeerRecord } }))
  const { registerResponse } = Message.decode(await messages.read())
  await stream.close()

  return registerResponse?.status
}

/** How many are found. */
async function finds (who: Stranger, ns = 'my-app'): Promise<number> {
  const { stream, messages } = await who.open()
  await messages.write(Message.encode({ type: MessageType.DISCOVER, discover: { ns } }))
  const { discoverResponse } = Message.decode(await messages.read())
  await stream.close()

  return discoverResponse?.registrations.length ?? -1
}

describe('Streams on which nobody asks for anything', () => {
  it('of one key, 256 and more: Alice registers and Bob finds her beside them', async () => {
    const { comes } = await crowd()
    const [eve, alice, bob] = [await comes(EVES), await comes(ALICES), await comes(BOBS)]
    const held = await Promise.all(Array.from({ length: MAX_STREAMS }, async () => eve.open()))
    expect(await registers(alice)).toBe('OK')
    expect(await finds(bob)).toBe(1)
    expect(held.filter(({ stream }) => stream.status === 'open').length).toBeGreaterThan(1_000)
  })

  it('of a thousand keys at one address do no more', async () => {
    const { comes } = await crowd()
    const alice = await comes(ALICES)
    const waiting = await alice.open()
    await Promise.all(Array.from({ length: 1_100 }, async () => (await comes(EVES)).open()))
    expect(waiting.stream.status).toBe('open')
    expect(await registers(alice)).toBe('OK')
  })

  it('end early', async () => {
    const { comes, clock } = await crowd()
    const { stream } = await (await comes(EVES)).open()
    const closed = new Promise(resolve => stream.addEventListener('close', resolve, { once: true }))
    clock.advance(IDLE_TIMEOUT)
    await closed
  })
})

describe('Requests whose answer nobody reads', () => {
  const never = async (): Promise<never> => new Promise(() => {})
  const { signal } = new AbortController()

  async function visitor (who: Stranger): Promise<Visitor> {
    return { peer: who.peerId.toString(), origin: who.connection.remoteAddr.toString(), stream: (await who.open()).stream }
  }

  it('of one key, and of one address: what is past their share waits, and others are worked on', async () => {
    const [visitors, { comes }] = [new Visitors(), await crowd()]
    const eve = await comes(EVES)
    const work = vi.fn(never)

    for (let i = 0; i < MAX_REQUESTS; i++) {
      visitors.work(await visitor(eve), signal, work).catch(() => {})
    }

    expect(work).toHaveBeenCalledTimes(MAX_REQUESTS_OF_PEER)

    for (let i = 0; i < MAX_REQUESTS; i++) {
      visitors.work(await visitor(await comes(EVES)), signal, work).catch(() => {})
    }

    expect(work).toHaveBeenCalledTimes(MAX_REQUESTS_OF_ORIGIN)
    await expect(visitors.work(await visitor(await comes(ALICES)), signal, async () => 'done')).resolves.toBe('done')
  })

  it('wait no longer than they may, and go on as soon as one is done', async () => {
    const [visitors, { comes }] = [new Visitors(), await crowd()]
    const [eve, gone, first] = [await comes(EVES), new AbortController(), Promise.withResolvers<string>()]
    const done = visitors.work(await visitor(eve), signal, async () => first.promise)

    for (let i = 1; i < MAX_REQUESTS_OF_PEER; i++) {
      visitors.work(await visitor(eve), signal, never).catch(() => {})
    }

    const [late, next] = [visitors.work(await visitor(eve), gone.signal, never), visitors.work(await visitor(eve), signal, async () => 'next')]
    gone.abort(new Error('too late'))
    await expect(late).rejects.toThrow('too late')
    first.resolve('first')
    await expect(Promise.all([done, next])).resolves.toEqual(['first', 'next'])
  })

  it('are woken once each, in their turn, however many of one key wait', async () => {
    const [visitors, { comes }] = [new Visitors(), await crowd()]
    const one = await visitor(await comes(EVES))
    const woken = vi.spyOn(signal, 'addEventListener')
    const order: number[] = []
    await Promise.all(Array.from({ length: 500 }, async (_, nth) => visitors.work({ ...one }, signal, async () => { order.push(nth) })))
    expect(order).toEqual([...order.keys()])
    expect(woken.mock.calls.length).toBeLessThanOrEqual(500)
  })

  it('of many addresses: the one with most loses its oldest', async () => {
    const [visitors, { comes }] = [new Visitors(), await crowd()]
    const all: Visitor[] = []

    for (let i = 0; i < MAX_REQUESTS; i++) {
      const one = await visitor(await comes(i < 3 ? EVES : `/ip4/192.0.2.${i}/tcp/1`))
      all.push(one)
      visitors.work(one, signal, never).catch(() => {})
    }

    await expect(visitors.work(await visitor(await comes(BOBS)), signal, async () => 'done')).resolves.toBe('done')
    expect(all.filter(({ stream }) => stream.status !== 'open')).toEqual([all[0]])
  })
})

describe('A point whose disk is slow', () => {
  it('works on so many requests of Eve\'s at once: her next one waits, and Bob\'s is answered', async () => {
    const { comes, datastore } = await crowd()
    const [eve, bob] = [await comes(EVES), await comes(BOBS)]
    const disk = Promise.withResolvers<void>()
    const put = datastore.put.bind(datastore)
    vi.spyOn(datastore, 'put').mockImplementation(async (...entry) => {
      await disk.promise

      return put(...entry)
    })
    const worked = vi.spyOn(Message, 'decode')
    const registered = Array.from({ length: MAX_REQUESTS_OF_PEER }, async (_, nth) => registers(eve, `app-${nth}`))
    await vi.waitFor(() => { expect(worked).toHaveBeenCalledTimes(MAX_REQUESTS_OF_PEER) })
    worked.mockRestore()

    const answered = vi.fn()
    const asked = finds(eve).then(answered)

    try {
      expect(await finds(bob)).toBe(0)
      expect(answered).not.toHaveBeenCalled()
    } finally {
      disk.resolve()
    }

    expect(new Set(await Promise.all(registered))).toEqual(new Set(['OK']))
    await asked
    expect(answered).toHaveBeenCalledWith(0)
  })
})

describe('A full point', () => {
  it('a thousand keys of one address, who stay: Alice at another registers, and is found', async () => {
    const { comes, service } = await crowd({ maxRegistrations: 500 })
    const eves = await Promise.all(Array.from({ length: 1_000 }, async () => comes(EVES)))
    const statuses = await Promise.all(eves.map(async eve => registers(eve, 'eves')))
    expect(statuses.filter(status => status === 'OK')).toHaveLength(500)
    expect(statuses.filter(status => status === 'E_UNAVAILABLE')).toHaveLength(500)

    const [alice, bob] = [await comes(ALICES), await comes(BOBS)]
    expect(await registers(alice)).toBe('OK')
    await Promise.all(eves.slice(0, 50).map(async eve => registers(eve, 'more of eves')))
    expect(await finds(bob)).toBe(1)
    expect(service.size).toBe(500)
  }, 60_000)

  it('10 keys that fill it and go: what they left makes room, and Alice stays even while she is away', async () => {
    const { comes } = await crowd({ maxRegistrations: 100, maxRegistrationsPerPeer: 10 })
    const alice = await comes(ALICES)
    expect(await registers(alice)).toBe('OK')

    for (let i = 0; i < 100; i++) {
      const eve = await comes(EVES)
      await registers(eve, `space ${i}`)
      eve.connected = false
    }

    alice.connected = false
    const bob = await comes(BOBS)
    expect(await finds(bob)).toBe(1)
    expect(await registers(bob, 'bobs')).toBe('OK')
    expect(await finds(bob)).toBe(1)
  })

  it('where all have one, who is away makes room, and who is there does not', async () => {
    const { comes } = await crowd({ maxRegistrations: 3 })
    const people = await Promise.all([1, 2, 3].map(async i => comes(`/ip4/192.0.2.${i}/tcp/1`)))

    for (const who of people) {
      expect(await registers(who)).toBe('OK')
    }

    const bob = await comes(BOBS)
    expect(await registers(bob)).toBe('E_UNAVAILABLE')
    Object.assign(people[1] ?? {}, { connected: false })
    expect(await registers(bob)).toBe('OK')
    expect(await finds(bob)).toBe(3)
    expect(await registers(people[1] as Stranger)).toBe('E_UNAVAILABLE')
  })

  it('counts by address after a restart, too', async () => {
    const { comes, restart } = await crowd({ maxRegistrations: 3 })
    const [alice, bob] = [await comes(ALICES), await comes(BOBS)]
    expect(await registers(alice)).toBe('OK')
    expect(await registers(await comes(EVES), 'eves')).toBe('OK')
    expect(await registers(await comes(EVES), 'eves')).toBe('OK')
    await restart()
    alice.connected = false
    expect(await registers(bob)).toBe('OK')
    await vi.waitFor(async () => { expect(await finds(bob)).toBe(2) })
  })
})
