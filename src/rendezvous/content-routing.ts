/** The node's content routers as a Rendezvous: a nameplate is a CID, who provides it is its inviter. */
import { sha256 } from '@noble/hashes/sha2.js'
import { utf8ToBytes } from '@noble/hashes/utils.js'
import { CID } from 'multiformats/cid'
import { create } from 'multiformats/hashes/digest'
import { RendezvousError } from '../errors.js'
import { namespaceOf } from './namespace.js'
import { systemClock } from '../async/clock.js'
import { Renewal } from './renewal.js'
import type { Publication, PublishOptions, Rendezvous } from './interface.js'
import type { Timers } from '../async/clock.js'
import type { AbortOptions, ContentRouting, Libp2pEvents, PeerId, PeerInfo, PeerRouting, TypedEventTarget } from '@libp2p/interface'
import type { AddressManager } from '@libp2p/interface-internal'

/** How short codes are put into a DHT. */
export interface ContentRoutingInit {
  clock?: Timers
}

/** What of libp2p it needs. */
export interface ContentRoutingComponents {
  peerId: PeerId
  contentRouting: ContentRouting
  peerRouting: PeerRouting
  addressManager: AddressManager
  events: TypedEventTarget<Libp2pEvents>
}

/** The codec and the hash of a nameplate's CID (multicodec table: raw, sha2-256). */
const RAW = 0x55
const SHA2_256 = 0x12

/** When a provider record is published anew, ms: the DHT keeps it for 48 h (kad-dht spec, "Content provider advertisement and discovery", recommends 22 h). */
const REPUBLISH_INTERVAL = 22 * 3_600_000

/** Providers that are taken of one nameplate: more are squatters. */
const MAX_PROVIDERS = 32

/** Who provides this is found under the nameplate: raw, SHA-256 of `plus-one/1/<nameplate>`. */
export function cidOf (nameplate: string): CID {
  return CID.createV1(RAW, create(SHA2_256, sha256(utf8ToBytes(namespaceOf(nameplate)))))
}

/** For `parties({ rendezvous: [contentRouting()] })` on a node with kad-dht (in browsers in client mode), or another router. */
export function contentRouting (init: ContentRoutingInit = {}): (components: ContentRoutingComponents) => Rendezvous {
  return components => new ContentRoutingRendezvous(components, init)
}

class ContentRoutingRendezvous implements Rendezvous {
  readonly name = 'content routing'
  readonly #components: ContentRoutingComponents
  readonly #timers: Timers

  constructor (components: ContentRoutingComponents, { clock = systemClock }: ContentRoutingInit) {
    this.#components = components
    this.#timers = clock
  }

  async publish (nameplate: string, { signal, onError }: PublishOptions = {}): Promise<Publication> {
    const { contentRouting, events, addressManager } = this.#components
    const cid = cidOf(nameplate)
    let addresses = String(addressManager.getAddresses())

    const renewal = new Renewal(this.#timers, async (signal) => {
      await contentRouting.provide(cid, { signal })

      return REPUBLISH_INTERVAL
    }, onError)
    const whenMoved = (): void => {
      const now = String(addressManager.getAddresses())

      if (now !== addresses) {
        addresses = now
        renewal.now()
      }
    }
    const stop = async (options?: AbortOptions): Promise<void> => {
      events.removeEventListener('self:peer:update', whenMoved)

      if (renewal.stop()) {
        await contentRouting.cancelReprovide(cid, options).catch(() => {}) // it lapses
      }
    }

    events.addEventListener('self:peer:update', whenMoved)

    try {
      await renewal.first(signal)
    } catch (err) {
      await stop()
      signal?.throwIfAborted()
      throw new RendezvousError('The short code could not be published in the DHT; check that the node has a router and peers, or use the full code', { cause: err })
    }

    return { stop }
  }

  async * find (nameplate: string, { signal }: AbortOptions = {}): AsyncGenerator<PeerInfo> {
    const { contentRouting, peerRouting, peerId } = this.#components
    const found = new Set<string>([peerId.toString()])

    try {
      for await (const { id, multiaddrs } of contentRouting.findProviders(cidOf(nameplate), { signal })) {
        if (found.has(id.toString()) || found.size > MAX_PROVIDERS) {
          continue
        }

        found.add(id.toString())
        yield multiaddrs.length > 0 ? { id, multiaddrs } : await peerRouting.findPeer(id, { signal }).catch(() => ({ id, multiaddrs }))

        if (found.size > MAX_PROVIDERS) {
          return
        }
      }
    } catch (err) {
      signal?.throwIfAborted()
      throw new RendezvousError('The DHT cannot be asked; check that the node has a router and peers, or use the full code', { cause: err })
    }
  }
}
