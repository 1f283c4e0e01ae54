/** libp2p's rendezvous points as a Rendezvous: those that were named, and every connected peer that is one. */
import type { Publication, PublishOptions, Rendezvous, RendezvousPointsComponents, RendezvousPointsInit } from './interface.js'
import type { PointsClient } from './points-client.js'
import type { AbortOptions, PeerInfo } from '@libp2p/interface'

/** For `parties({ rendezvous: [rendezvousPoints()] })`. The protocol's client is loaded when something is first published or looked for. */
export function rendezvousPoints (init: RendezvousPointsInit = {}): (components: RendezvousPointsComponents) => Rendezvous {
  return components => new RendezvousPoints(components, init)
}

class RendezvousPoints implements Rendezvous {
  readonly name = 'rendezvous point'
  readonly #components: RendezvousPointsComponents
  readonly #init: RendezvousPointsInit
  #client: Promise<PointsClient> | undefined

  constructor (components: RendezvousPointsComponents, init: RendezvousPointsInit) {
    this.#components = components
    this.#init = init
  }

  async publish (nameplate: string, options?: PublishOptions): Promise<Publication> {
    const client = await this.#load()

    return client.publish(nameplate, options)
  }

  async * find (nameplate: string, options?: AbortOptions): AsyncGenerator<PeerInfo> {
    const client = await this.#load()
    yield * client.find(nameplate, options)
  }

  async #load (): Promise<PointsClient> {
    this.#client ??= import('./points-client.js').then(({ PointsClient }) => new PointsClient(this.#components, this.#init)).catch((err: unknown) => {
      // the network was gone: the next one tries again
      this.#client = undefined
      throw err
    })

    return this.#client
  }
}
