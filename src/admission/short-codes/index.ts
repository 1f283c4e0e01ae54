/**
 * Short codes of this node, at both ends. The word list and what goes with it are
 * loaded where there is a rendezvous alone.
 */
import { looksLikeShortCode } from '../../codec/index.js'
import { InvalidCodeError, RendezvousError } from '../../errors.js'
import type { Clock } from '../../async/clock.js'
import type { Protocol } from '../../network/protocols.js'
import type { InvitationCode } from '../../codec/index.js'
import type { DialOptions, Rendezvous } from '../../interface/index.js'
import type { SerialQueue } from '../../async/serial-queue.js'
import type { LocalInvitation } from '../invitation.js'
import type { ShortCodePublisher, ShortCodePublisherInit } from './publisher.js'
import type { ShortCodeResolver, ShortCodeResolverInit } from './resolver.js'
import type { AbortOptions, Logger, PeerId } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'

export interface ShortCodesInit {
  protocol: Protocol
  components: ShortCodePublisherInit['components'] & ShortCodeResolverInit['components']
  rendezvous: Rendezvous[]
  clock: Clock
  /** ms */
  stepTimeout: number
  log: Logger
  /** @throws {BlockedError} A person here has blocked this peer. */
  assertFree: (peer: PeerId) => void
  /** The node's one line in which guesses given away are counted. */
  guesses: SerialQueue
  /** Where this node can be dialled now. */
  addresses: () => Multiaddr[]
}

/** How a short code becomes the full one. */
export type Resolve = (options: Required<AbortOptions> & DialOptions) => Promise<InvitationCode>

export class ShortCodes {
  readonly #init: ShortCodesInit
  #publisher: ShortCodePublisher | undefined
  #resolver: ShortCodeResolver | undefined

  constructor (init: ShortCodesInit) {
    this.#init = init
  }

  async start (): Promise<void> {
    if (this.#init.rendezvous.length === 0) {
      return
    }

    if (this.#publisher == null) {
      const [{ ShortCodePublisher }, { ShortCodeResolver }, { combine }] = await Promise.all([import('./publisher.js'), import('./resolver.js'), import('../../rendezvous/combined.js')])
      const init = { ...this.#init, rendezvous: combine(this.#init.rendezvous) }
      this.#publisher = new ShortCodePublisher(init)
      this.#resolver = new ShortCodeResolver(init)
    }

    await this.#publisher.start()
  }

  async stop (): Promise<void> {
    await this.#publisher?.stop()
  }

  /** The short code of an invitation, as maple-orbit-ostrich-violin: a secret. */
  codeOf (invitation: LocalInvitation): string | undefined {
    return this.#publisher?.codeOf(invitation)
  }

  /** Publishes an invitation, until its end. @throws {RendezvousError} The node has no rendezvous, or none took it. */
  async publish (invitation: LocalInvitation, options?: AbortOptions): Promise<string> {
    if (this.#publisher == null) {
      throw new RendezvousError('Short codes need a rendezvous: give parties({ rendezvous }) one, or use the full code')
    }

    return this.#publisher.publish(invitation, options)
  }

  /** After a restart: what was published is published again. */
  restore (invitation: LocalInvitation): void {
    this.#publisher?.restore(invitation).catch((err: unknown) => { this.#init.log('a short code was not published again - %e', err) })
  }

  /** The invitation has ended. */
  withdraw (invitation: LocalInvitation): void {
    this.#publisher?.withdraw(invitation).catch((err: unknown) => { this.#init.log('a short code was not withdrawn - %e', err) })
  }

  /** The same, once it has: nothing of it is written from then on. */
  async forget (invitation: LocalInvitation): Promise<void> {
    await this.#publisher?.withdraw(invitation)
  }

  /** How a short code becomes the full one; undefined: the text is none. @throws {InvalidCodeError} It is, and cannot be looked up here. */
  resolverOf (text: string): Resolve | undefined {
    if (typeof text !== 'string' || !looksLikeShortCode(text)) {
      return undefined
    }

    const resolver = this.#resolver

    if (resolver == null) {
      throw new InvalidCodeError('This is a short code, and this app has no rendezvous to look it up; ask the inviter for the full code or its link', 'words')
    }

    return async options => resolver.resolve(text, options)
  }

  /** What looks for where the inviter of a full code says it is now; undefined: there is no rendezvous to ask. */
  searchFor (code: InvitationCode): ((signal: AbortSignal) => AsyncIterable<Multiaddr[]>) | undefined {
    const resolver = this.#resolver

    return resolver == null ? undefined : signal => resolver.addressesOf(code, signal)
  }
}
