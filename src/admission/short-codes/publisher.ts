/**
 * Short codes of this node's invitations (docs/short-codes.md): published under their
 * nameplates, and exchanged for the full code with who knows the words.
 */
import { randomBytes } from '@noble/hashes/utils.js'
import { encodeCode } from '../../codec/index.js'
import { timeout } from '../../async/clock.js'
import { drive } from '../../pake/machine.js'
import { rendezvousIdOf } from '../../invitation/index.js'
import { guesses, inviter, MAX_INVITEE_FRAME } from '../../rendezvous/exchange/index.js'
import { createShortCode, encodeShortCode } from '../../rendezvous/words.js'
import { SerialQueue } from '../../async/serial-queue.js'
import { forgetNameplate, loadNameplate, Nameplate } from './nameplate.js'
import { mostReachable } from '../connection/open-stream.js'
import { assertSecure } from '../../network/secure.js'
import { originOf } from '../../limits/origin.js'
import { FrameStream } from '../../streams/frame-stream.js'
import type { Protocol } from '../../network/protocols.js'
import type { Clock } from '../../interface/index.js'
import type { LocalInvitation } from '../invitation.js'
import type { NameplateComponents, NameplateGuest } from './nameplate.js'
import type { InviterEffect } from '../../rendezvous/exchange/index.js'
import type { Publication, Rendezvous } from '../../rendezvous/interface.js'
import type { AbortOptions, Connection, Logger, PeerId, Stream } from '@libp2p/interface'
import type { Registrar } from '@libp2p/interface-internal'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { Datastore } from 'interface-datastore'

export interface ShortCodePublisherInit {
  protocol: Protocol
  components: { peerId: PeerId, datastore: Datastore, registrar: Registrar }
  rendezvous: Rendezvous
  clock: Clock
  stepTimeout: number
  log: Logger
  /** @throws {BlockedError} A person here has blocked this peer. */
  assertFree: (peer: PeerId) => void
  /** Where this node can be dialled now. */
  addresses: () => Multiaddr[]
}

/** Locked nameplates that are replaced without asking: who locks one after the other would have as many guesses as the invitation has time. */
const MAX_REPLACEMENTS = 3

interface Published {
  invitation: LocalInvitation
  /** None once too many were locked; the full code stays published. */
  nameplate: Nameplate | undefined
  publications: Publication[]
}

/** What is done about one invitation: one thing after the other. */
interface Turns {
  queue: SerialQueue
  /** Ends what is being published, when the invitation does. */
  over: AbortController
}

export class ShortCodePublisher {
  readonly #init: ShortCodePublisherInit
  /** By the id of the INVITE. */
  readonly #published = new Map<string, Published>()
  readonly #turns = new WeakMap<LocalInvitation, Turns>()
  #running = new AbortController()

  constructor (init: ShortCodePublisherInit) {
    this.#init = init
  }

  async start (): Promise<void> {
    this.#running = new AbortController()
    await this.#init.components.registrar.handle(this.#init.protocol.id, (stream, connection) => {
      this.#serve(stream, connection).catch((err: unknown) => { this.#init.log('an exchange with %p ended - %e', connection.remotePeer, err) })
    }, { runOnLimitedConnection: true, ...this.#init.protocol.limits })
  }

  async stop (): Promise<void> {
    await this.#init.components.registrar.unhandle(this.#init.protocol.id)
    await Promise.all([...this.#published.values()].map(async ({ invitation }) => this.withdraw(invitation)))
    this.#running.abort(new DOMException('The node stopped', 'AbortError'))
    this.#published.clear()
  }

  /** The short code of an invitation, as maple-orbit-ostrich-violin: a secret. */
  codeOf (invitation: LocalInvitation): string | undefined {
    const nameplate = this.#published.get(invitation.id)?.nameplate

    return nameplate == null ? undefined : encodeShortCode(nameplate)
  }

  /**
   * Publishes an invitation, until its end. Asking again gives the same short code.
   *
   * @throws {RendezvousError} No rendezvous took it; the full code still works.
   * @throws {StorageError}
   */
  async publish (invitation: LocalInvitation, options?: AbortOptions): Promise<string> {
    return this.#inTurn(invitation, async (over) => {
      if (this.#published.get(invitation.id)?.nameplate == null) {
        await this.#withdraw(invitation)
        await this.#publish(invitation, await this.#fresh(invitation), options?.signal == null ? over : AbortSignal.any([over, options.signal]))
      }

      return this.codeOf(invitation) ?? ''
    }, options)
  }

  /** After a restart: what was published is published again. */
  async restore (invitation: LocalInvitation): Promise<void> {
    await this.#inTurn(invitation, async (over) => {
      const nameplate = await loadNameplate(this.#nameplates, invitation.party.key, invitation.id)

      if (nameplate != null && invitation.status === 'pending' && !this.#published.has(invitation.id)) {
        await this.#publish(invitation, nameplate.isLocked ? await this.#next(invitation, nameplate) : nameplate, over)
      }
    })
  }

  /** The invitation has ended, also one that is being published. */
  async withdraw (invitation: LocalInvitation): Promise<void> {
    const turns = this.#turns.get(invitation)

    if (turns != null) {
      turns.over.abort(new DOMException('The invitation has ended', 'AbortError'))
      turns.over = new AbortController()
      await turns.queue.add(async () => {
        await this.#withdraw(invitation)

        if (invitation.counted.status !== 'pending') {
          await forgetNameplate(this.#init.components.datastore, invitation.party.key, invitation.id)
        }
      })
    }
  }

  get #nameplates (): NameplateComponents {
    return { datastore: this.#init.components.datastore, clock: this.#init.clock }
  }

  async #inTurn <T> (invitation: LocalInvitation, what: (over: AbortSignal) => Promise<T>, options?: AbortOptions): Promise<T> {
    const turns = this.#turns.get(invitation) ?? { queue: new SerialQueue(), over: new AbortController() }
    const { signal } = turns.over
    this.#turns.set(invitation, turns)

    return turns.queue.add(async () => {
      signal.throwIfAborted()

      return what(signal)
    }, options)
  }

  /** What takes a locked one's place. */
  async #next (invitation: LocalInvitation, { replaces }: Nameplate): Promise<Nameplate | undefined> {
    return replaces < MAX_REPLACEMENTS ? this.#fresh(invitation, replaces + 1) : undefined
  }

  async #fresh (invitation: LocalInvitation, replaces = 0): Promise<Nameplate> {
    const taken = new Set([...this.#published.values()].map(({ nameplate }) => nameplate?.nameplate))
    let code = createShortCode()

    while (taken.has(code.nameplate)) {
      code = createShortCode()
    }

    const nameplate = new Nameplate(this.#nameplates, { party: invitation.party.key, invite: invitation.id, ...code, guesses: guesses.INITIAL, replaces })
    await nameplate.store()

    return nameplate
  }

  async #publish (invitation: LocalInvitation, nameplate: Nameplate | undefined, over: AbortSignal): Promise<void> {
    const { rendezvous, log } = this.#init
    const options = {
      signal: AbortSignal.any([this.#running.signal, over]),
      onError: (error: Error) => { log('a short code could not be published anew for now - %e', error) }
    }
    // under the full code's own id too: who has that finds this node after its addresses changed
    const names = [...(nameplate == null ? [] : [nameplate.nameplate]), rendezvousIdOf(invitation.secret)]
    const published: Published = { invitation, nameplate, publications: [] }
    options.signal.throwIfAborted()
    // before it is told: who reads it comes at once
    this.#published.set(invitation.id, published)
    const results = await Promise.allSettled(names.map(async name => rendezvous.publish(name, options)))
    published.publications = results.flatMap(result => result.status === 'fulfilled' ? [result.value] : [])
    const failure = results.find(result => result.status === 'rejected')

    if (failure != null || options.signal.aborted) {
      await this.#withdraw(invitation)
      throw failure?.reason ?? options.signal.reason
    }
  }

  async #withdraw (invitation: LocalInvitation): Promise<void> {
    const { publications = [] } = this.#published.get(invitation.id) ?? {}
    this.#published.delete(invitation.id)
    await Promise.all(publications.map(async publication => publication.stop({ signal: timeout(this.#init.clock, this.#init.stepTimeout) })))
  }

  /** The nameplate was guessed at too often: another takes its place, and the inviter is told. */
  async #replace (invitation: LocalInvitation, locked: Nameplate): Promise<void> {
    await this.#inTurn(invitation, async (over) => {
      if (this.#published.get(invitation.id)?.nameplate === locked) {
        await this.#withdraw(invitation)
        await this.#publish(invitation, await this.#next(invitation, locked), over)
        invitation.shortCodeReplaced(this.codeOf(invitation))
      }
    })
  }

  async #serve (stream: Stream, connection: Connection): Promise<void> {
    const { components: { peerId }, clock, stepTimeout } = this.#init

    try {
      assertSecure(connection)
      this.#init.assertFree(connection.remotePeer)
    } catch (err) {
      stream.abort(err as Error)
      throw err
    }

    const frames = new FrameStream(stream, MAX_INVITEE_FRAME, clock)
    const over = new AbortController()
    const signal = AbortSignal.any([this.#running.signal, over.signal])
    const guest: NameplateGuest = { peer: connection.remotePeer.toString(), origin: originOf(connection.remoteAddr), end: reason => { over.abort(reason) } }
    let published: Published | undefined
    let nameplate: Nameplate | undefined

    const handler = async (effect: InviterEffect): Promise<unknown> => {
      switch (effect.type) {
        case 'send': return frames.send(effect.frame)
        case 'receive': return frames.receive(stepTimeout, signal)
        case 'begin':
          published = [...this.#published.values()].find(({ nameplate, invitation }) => nameplate?.nameplate === effect.nameplate && invitation.status === 'pending')
          nameplate = published?.nameplate
          nameplate?.begin(guest)
          return published == null || nameplate == null ? undefined : { words: nameplate.words, code: this.#codeNow(published.invitation) }
        case 'spend': return nameplate?.spend(guest)
        case 'right': return nameplate?.judge(guest, 'right')
        case 'wrong': return nameplate?.judge(guest, 'wrong')
      }
    }

    try {
      await drive(inviter({ ends: { inviter: peerId.toMultihash().bytes, invitee: connection.remotePeer.toMultihash().bytes }, random: randomBytes }), handler)
    } finally {
      nameplate?.leave(guest)
      await frames.close()

      if (published != null && nameplate?.isLocked === true) {
        this.#replace(published.invitation, nameplate).catch((err: unknown) => { this.#init.log('a locked short code could not be replaced - %e', err) })
      }
    }
  }

  /** The full code with the addresses of this moment. */
  #codeNow ({ secret, expiresAt }: LocalInvitation): string {
    return encodeCode({ secret, inviter: this.#init.components.peerId, addresses: mostReachable(this.#init.addresses()), expiresAt })
  }
}
