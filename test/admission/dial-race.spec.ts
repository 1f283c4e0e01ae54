import { multiaddr } from '@multiformats/multiaddr'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { systemClock } from '../../src/async/clock.js'
import { createNetwork, FakeClock } from '../../src/testing/index.js'
import { encodeCode, parseCode } from '../../src/codec/index.js'
import { raceDials } from '../../src/admission/connection/dial-race.js'
import { story } from '../helpers/parties.js'
import type { DialProgress } from '../../src/index.js'
import type { DialRaceComponents } from '../../src/admission/connection/dial-race.js'
import type { Network } from '../../src/testing/index.js'
import type { Connection, PeerId } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'

let network: Network | undefined

afterEach(async () => network?.stop())

/** A node of which each address answers as the test says. */
function node (peer: PeerId, answers: Record<string, 'never' | 'refused' | 'direct' | 'relayed' | 'another'>, another: PeerId = peer) {
  const dialled: string[] = []
  const aborted: string[] = []
  const signals: AbortSignal[] = []
  const components = {
    connectionManager: { getConnections: () => [] },
    connectionGater: {},
    transportManager: {
      dial: async (address: Multiaddr, { signal }: { signal: AbortSignal }): Promise<Connection> => {
        const name = address.toString()
        dialled.push(name)
        const answer = answers[name]

        if (answer === 'refused') {
          throw new Error('refused')
        }

        signals.push(signal)

        if (answer === 'never') {
          return new Promise((_resolve, reject) => {
            signal.addEventListener('abort', () => {
              aborted.push(name)
              reject(new Error('aborted'))
            })
          })
        }

        return { remotePeer: answer === 'another' ? another : peer, remoteAddr: address, limits: answer === 'relayed' ? { bytes: 1n } : undefined, abort: () => { aborted.push(name) } } as unknown as Connection
      }
    }
  } as unknown as DialRaceComponents

  return { components, dialled, aborted, signals }
}

/** How long the addresses at hand are tried alone, ms. */
const FIND_DELAY = 1_000

const [one, two, three] = ['/memory/one', '/memory/two', '/memory/three'] as const
const list = (...texts: string[]): Multiaddr[] => texts.map(text => multiaddr(text))

async function people (): Promise<{ alice: PeerId, eve: PeerId }> {
  network = createNetwork()

  return { alice: (await network.node()).peerId, eve: (await network.node()).peerId }
}

describe('Bob dials Alice\'s addresses side by side', () => {
  it('one that never answers costs a moment, not its timeout; it is given up once another is connected', async () => {
    const { alice } = await people()
    const { components, aborted } = node(alice, { [one]: 'never', [two]: 'refused', [three]: 'direct' })
    const events: string[] = []
    const connection = await raceDials(components, { peer: alice, addresses: list(one, two, three), signal: AbortSignal.timeout(30_000), onProgress: ({ type }: DialProgress) => events.push(type) })
    expect(connection.remoteAddr.toString()).toBe(three)
    expect(aborted).toEqual([one])
    expect(events).toEqual(['dialing', 'dialing', 'dialing', 'connected'])
  })

  it('once one is connected no other is dialled, nor looked for', async () => {
    const { alice } = await people()
    const { components, dialled } = node(alice, { [one]: 'direct', [two]: 'direct' })
    const more = vi.fn(async function * (): AsyncGenerator<Multiaddr[]> {})
    const events: string[] = []
    await raceDials(components, { peer: alice, addresses: list(one, two), more, signal: AbortSignal.timeout(30_000), onProgress: ({ type }: DialProgress) => events.push(type) })
    await new Promise(resolve => setTimeout(resolve))
    expect(dialled).toEqual([one])
    expect(more).not.toHaveBeenCalled()
    expect(events).toEqual(['dialing', 'connected'])
  })

  it('giving the others up does not touch the one that was chosen, though its transport goes on listening', async () => {
    const { alice } = await people()
    const { components, signals } = node(alice, { [one]: 'never', [two]: 'direct' })
    await raceDials(components, { peer: alice, addresses: list(one, two), signal: AbortSignal.timeout(30_000) })
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, false])
  })

  it('a direct connection is better than a relayed one that was there first', async () => {
    const { alice } = await people()
    const { components } = node(alice, { [one]: 'relayed', [two]: 'direct' })
    expect((await raceDials(components, { peer: alice, addresses: list(one, two), signal: AbortSignal.timeout(30_000) })).limits).toBeUndefined()
  })

  it('a relayed one will do where all else has failed', async () => {
    const { alice } = await people()
    const { components } = node(alice, { [one]: 'relayed', [two]: 'refused' })
    expect((await raceDials(components, { peer: alice, addresses: list(one, two), signal: AbortSignal.timeout(30_000) })).limits).toBeDefined()
  })

  it('another peer at her address is hung up on', async () => {
    const { alice, eve } = await people()
    const { components, aborted } = node(alice, { [one]: 'another' }, eve)
    await expect(raceDials(components, { peer: alice, addresses: list(one), signal: AbortSignal.timeout(30_000) })).rejects.toThrow('Another peer')
    expect(aborted).toEqual([one])
  })

  it('a relay is told to whom, where what is known of her ends before that, as records and a DHT have it', async () => {
    const { alice, eve } = await people()
    const relay = `/ip4/127.0.0.1/tcp/1/ws/p2p/${eve.toString()}/p2p-circuit`
    const to = `/p2p/${alice.toString()}`
    const { components, dialled } = node(alice, { [`${relay}/webrtc${to}`]: 'direct' })
    const refused = node(alice, { [relay + to]: 'refused' })
    await raceDials(components, { peer: alice, addresses: list(`${relay}/webrtc`), signal: AbortSignal.timeout(30_000) })
    expect(dialled).toEqual([`${relay}/webrtc${to}`])
    await expect(raceDials(refused.components, { peer: alice, addresses: list(relay, relay + to), signal: AbortSignal.timeout(30_000) })).rejects.toThrow('refused')
    expect(refused.dialled).toEqual([relay + to])
  })

  it('addresses that are found meanwhile are tried too, each once', async () => {
    const { alice } = await people()
    const { components, dialled } = node(alice, { [one]: 'refused', [two]: 'direct' })
    const more = async function * (): AsyncGenerator<Multiaddr[]> {
      yield list(one)
      yield list(one, two)
    }
    const events: string[] = []
    await raceDials(components, { peer: alice, addresses: list(one), more, signal: AbortSignal.timeout(30_000), onProgress: ({ type }: DialProgress) => events.push(type) })
    expect(dialled).toEqual([one, two])
    expect(events).toContain('finding')
  })

  it('a search that fails ends no dial: who is slow to answer still does', async () => {
    const { alice } = await people()
    const { components } = node(alice, {})
    const answer = Promise.withResolvers<Connection>()
    components.transportManager.dial = async () => answer.promise
    const more = vi.fn(async function * (): AsyncGenerator<Multiaddr[]> { throw new Error('no rendezvous') })
    const clock = new FakeClock()
    const spies = [vi.spyOn(systemClock, 'setTimeout').mockImplementation((then, ms) => clock.setTimeout(then, ms)), vi.spyOn(systemClock, 'clearTimeout').mockImplementation((timer) => { clock.clearTimeout(timer) })]

    try {
      const reaching = raceDials(components, { peer: alice, addresses: list(one), more, signal: AbortSignal.timeout(30_000) })
      await vi.waitFor(() => {
        clock.advance(FIND_DELAY)
        expect(more).toHaveBeenCalledOnce()
      })
      answer.resolve({ remotePeer: alice, remoteAddr: multiaddr(one) } as unknown as Connection)
      expect((await reaching).remoteAddr.toString()).toBe(one)
    } finally {
      spies.forEach((spy) => { spy.mockRestore() })
    }
  })

  it('the deadline is one for all, and who calls may give up', async () => {
    const { alice } = await people()
    const { components, aborted } = node(alice, { [one]: 'never', [two]: 'never' })
    const controller = new AbortController()
    const reaching = raceDials(components, { peer: alice, addresses: list(one, two), signal: controller.signal, onProgress: () => { setTimeout(() => { controller.abort(new Error('enough')) }) } })
    await expect(reaching).rejects.toThrow('enough')
    expect(aborted).toEqual([one])
  })

  it('what the node\'s gater denies is not dialled', async () => {
    const { alice } = await people()
    const { components, dialled } = node(alice, { [one]: 'direct' })
    components.connectionGater.denyDialMultiaddr = async () => true
    await expect(raceDials(components, { peer: alice, addresses: list(one), signal: AbortSignal.timeout(30_000) })).rejects.toThrow('denies')
    expect(dialled).toEqual([])
  })
})

describe('A code with dead addresses among its own', () => {
  it('leads to Alice all the same, and Bob sees how far it is', async () => {
    const told = await story()
    network = told.network
    const invitation = await told.party.invite()
    const parsed = parseCode(invitation.code)
    const code = encodeCode({ ...parsed, addresses: [multiaddr('/memory/gone'), ...parsed.addresses] })
    const events: string[] = []
    await told.bob.services.parties.lookup(code, { onProgress: ({ type }) => events.push(type) })
    expect(events).toEqual(['dialing', 'dialing', 'connected'])
    await told.bob.services.parties.redeem(code, { onProgress: ({ type }) => events.push(type) }).setPin(invitation.pin)
    expect(events.at(-1)).toBe('connected')
  })
})
