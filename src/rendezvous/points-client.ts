/** What `rendezvousPoints` does, loaded when something is first published or looked for. */
import { peerIdFromString } from '@libp2p/peer-id'
import { CODE_P2P, multiaddr } from '@multiformats/multiaddr'
import merge from 'it-merge'
import { RendezvousError } from '../errors.js'
import { RendezvousClient } from './protocol/client.js'
import { RENDEZVOUS_PROTOCOL } from './protocol/constants.js'
import { namespaceOf } from './namespace.js'
import { systemClock } from '../async/clock.js'
import { Renewal } from './renewal.js'
import type { Publication, PublishOptions, Rendezvous, RendezvousPointsComponents, RendezvousPointsInit } from './interface.js'
import type { DiscoveredPeer, RendezvousPoint } from './protocol/index.js'
import type { Timers } from '../async/clock.js'
import type { AbortOptions, IdentifyResult, PeerId, PeerInfo } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'

/** Points at which a nameplate is published, and that are asked for one. */
const MAX_POINTS = 4

/** Peers that are taken of one point: more under one nameplate are squatters. */
const MAX_PEERS = 32

/** When of its lifetime a registration is renewed: long before the end, so that failures can be made good. */
const RENEW_AT = 0.5

export class PointsClient implements Omit<Rendezvous, 'name'> {
  readonly #components: RendezvousPointsComponents
  readonly #client: RendezvousClient
  readonly #named: Multiaddr[]
  readonly #timers: Timers

  constructor (components: RendezvousPointsComponents, { points = [], clock = systemClock }: RendezvousPointsInit) {
    this.#components = components
    this.#client = new RendezvousClient(components)
    this.#named = points.map(point => multiaddr(point))
    this.#timers = clock
  }

  async publish (nameplate: string, { signal, onError }: PublishOptions = {}): Promise<Publication> {
    const { events, addressManager } = this.#components
    const namespace = namespaceOf(nameplate)
    const renewals = new Map<string, { renewal: Renewal, point: RendezvousPoint }>()

    const at = (point: RendezvousPoint): Renewal | undefined => {
      const key = keyOf(point)

      if (renewals.has(key) || renewals.size >= MAX_POINTS) {
        return renewals.get(key)?.renewal
      }

      const renewal = new Renewal(this.#timers, async signal => 1000 * RENEW_AT * await this.#client.register(point, namespace, { signal }), onError)
      renewals.set(key, { renewal, point })

      return renewal
    }

    const whenIdentified = ({ detail }: CustomEvent<IdentifyResult>): void => {
      if (detail.protocols.includes(RENDEZVOUS_PROTOCOL)) {
        // a point that was away, or is new
        at(detail.peerId)?.now()
      }
    }
    const whenMoved = (): void => {
      const now = String(addressManager.getAddresses())

      if (now !== addresses) {
        addresses = now
        renewals.forEach(({ renewal }) => { renewal.now() })
      }
    }
    const stop = async (options: AbortOptions = {}): Promise<void> => {
      events.removeEventListener('peer:identify', whenIdentified)
      events.removeEventListener('self:peer:update', whenMoved)
      await Promise.all([...renewals.values()].map(async ({ renewal, point }) => {
        if (renewal.stop()) {
          await this.#client.unregister(point, namespace, options).catch(() => {}) // it lapses
        }
      }))
    }

    let addresses = String(addressManager.getAddresses())
    events.addEventListener('peer:identify', whenIdentified)
    events.addEventListener('self:peer:update', whenMoved)

    try {
      const points = await this.#points()

      if (points.length === 0) {
        throw new RendezvousError('No rendezvous point is known: name one, or connect to a relay that is one')
      }

      await Promise.any(points.map(async point => at(point)?.first(signal)))
    } catch (err) {
      await stop()
      signal?.throwIfAborted()
      throw err instanceof RendezvousError ? err : new RendezvousError('No rendezvous point took the short code; try again in a moment, or use the full code', { cause: err })
    }

    return { stop }
  }

  async * find (nameplate: string, { signal }: AbortOptions = {}): AsyncGenerator<PeerInfo> {
    const points = await this.#points()
    const failures: unknown[] = []

    const ask = async function * (client: RendezvousClient, point: RendezvousPoint): AsyncGenerator<DiscoveredPeer> {
      try {
        const { peers } = await client.discover(point, namespaceOf(nameplate), { limit: MAX_PEERS, signal })
        yield * peers
      } catch (err) {
        failures.push(err)
      }
    }

    const found = new Set<string>()

    for await (const { id, multiaddrs } of merge(...points.map(point => ask(this.#client, point)))) {
      if (!found.has(id.toString())) {
        found.add(id.toString())
        yield { id, multiaddrs }
      }
    }

    signal?.throwIfAborted()

    if (failures.length === points.length) {
      throw new RendezvousError('No rendezvous point can be asked; check the network connection, or use the full code', { cause: new AggregateError(failures) })
    }
  }

  /** The points that were named, then connected ones. */
  async #points (): Promise<RendezvousPoint[]> {
    const { peerStore, connectionManager } = this.#components
    const connected: PeerId[] = []

    for (const { remotePeer } of connectionManager.getConnections()) {
      const known = await peerStore.get(remotePeer).catch(() => undefined)

      if (known?.protocols.includes(RENDEZVOUS_PROTOCOL) === true) {
        connected.push(remotePeer)
      }
    }

    return [...new Map([...this.#named, ...connected].map(point => [keyOf(point), point] as const)).values()].slice(0, MAX_POINTS)
  }
}

function keyOf (point: RendezvousPoint): string {
  if (!('getComponents' in point)) {
    return point.toString()
  }

  const last = point.getComponents().findLast(({ code }) => code === CODE_P2P)?.value

  return last == null ? point.toString() : peerIdFromString(last).toString()
}
