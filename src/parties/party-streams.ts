/** Streams of one party: between its members alone, and loaded when the first one is served, opened or guarded. */
import { obeying } from '../async/obeying.js'
import { NotMemberError } from '../errors.js'
import { keyOf } from '../log/terms.js'
import { roleOf } from '../meeting/role.js'
import type { Call } from './calls.js'
import type { HandleOptions, OpenStreamOptions, PartyTopology, ProtectOptions } from '../interface/index.js'
import type { MembershipLog } from '../log/index.js'
import type { PartyNetwork } from './party-network.js'
import type { AbortOptions, PeerId, Stream, StreamHandler } from '@libp2p/interface'

export interface PartyStreamsInit {
  log: MembershipLog
  network: Pick<PartyNetwork, 'streams' | 'protection' | 'reach'>
  call: Call
  /** Aborts when the party is forgotten. */
  life: AbortSignal
  /** Aborts when the node stops. */
  running: () => AbortSignal
}

export class PartyStreams {
  readonly #init: PartyStreamsInit

  constructor (init: PartyStreamsInit) {
    this.#init = init
  }

  /** @throws as `Party.connected` */
  async connected (peer: PeerId, options: AbortOptions): Promise<void> {
    const { log, network, call, running, life } = this.#init
    await call(options, async () => {
      if (roleOf(log, peer) == null) {
        throw new NotMemberError()
      }

      if (keyOf(peer) !== log.self) {
        await network.reach(keyOf(peer), { signal: AbortSignal.any([running(), life, ...options.signal == null ? [] : [options.signal]]) })
      }
    })
  }

  /** @throws as `Party.handle` */
  async handle (protocol: string | string[], handler: StreamHandler, options?: HandleOptions): Promise<void> {
    const { log, network, life } = this.#init
    await obeying(options, async () => {
      life.throwIfAborted()
      const streams = await network.streams()
      options?.signal?.throwIfAborted()
      await Promise.all([protocol].flat().map(async protocol => streams.handle(log, protocol, handler, options)))
    })
  }

  async unhandle (protocol: string | string[], options?: AbortOptions): Promise<void> {
    const { log, network } = this.#init
    await obeying(options, async () => {
      const streams = await network.streams()
      await Promise.all([protocol].flat().map(async protocol => streams.unhandle(log.key, protocol, options)))
    })
  }

  /** @throws as `Party.newStream` */
  async open (peer: PeerId, protocol: string | string[], options?: OpenStreamOptions): Promise<Stream> {
    const { log, network, call } = this.#init

    return call(options, async () => (await network.streams()).open(log, peer, protocol, options))
  }

  /** @throws as `Party.topology` */
  async topology (protocol: string, topology: PartyTopology, options?: AbortOptions): Promise<() => Promise<void>> {
    const { log, network, life } = this.#init

    return obeying(options, async () => {
      life.throwIfAborted()
      const streams = await network.streams()
      options?.signal?.throwIfAborted()
      const end = streams.topology(log, protocol, topology)

      return async () => { end() }
    })
  }

  /** @throws as `Party.protect` */
  async protect (protocol: string, { role = 'reader', signal }: ProtectOptions): Promise<() => Promise<void>> {
    const { log, network, life } = this.#init

    return obeying({ signal }, async () => {
      life.throwIfAborted()
      const protection = await network.protection()
      signal?.throwIfAborted()
      const unprotect = protection.protect(log, protocol, role)

      return async () => { unprotect() }
    })
  }
}
