/** Invitations of this node at both ends: served to guests, handed over directly, found by short codes, looked up and redeemed. */
import { encodeCode, parseInvitation } from '../codec/index.js'
import { AlreadyMemberError } from '../errors.js'
import { timeout } from '../async/clock.js'
import { quietly } from '../interface/observable.js'
import { Blocked } from './blocked.js'
import { SerialQueue } from '../async/serial-queue.js'
import { DirectInvitations } from './direct/index.js'
import { admissionMetrics } from './metrics.js'
import { loadInvitations } from './records.js'
import { LocalRedemption } from './redemption.js'
import { ShortCodes } from './short-codes/index.js'
import type { InvitationCode } from '../codec/index.js'
import type { DamagedRecordError } from '../errors.js'
import type { DialOptions, DialProgress, InvitationLookup, InvitationPreview, InviteOptions, ReceivedInvitation, RedeemOptions, Subscribable } from '../interface/index.js'
import type { AdmissionComponents, AdmissionInit } from './interface.js'
import type { LocalInvitation } from './invitation.js'
import type { InvitingParty } from './inviting-party.js'
import type { AdmissionMetrics } from './metrics.js'
import type { ServedInvitations } from './served-invitations.js'
import type { Resolve } from './short-codes/index.js'
import type { AbortOptions, Connection, Logger, PeerId, Stream } from '@libp2p/interface'

export class Admission {
  readonly #components: AdmissionComponents
  readonly #init: AdmissionInit
  readonly #log: Logger
  /** Made with the first one. */
  #served: ServedInvitations | undefined
  readonly #redemptions = new Set<LocalRedemption>()
  readonly #guesses = new SerialQueue()
  readonly #shortCodes: ShortCodes
  readonly #direct: DirectInvitations
  readonly #blocked: Blocked
  readonly #metrics: AdmissionMetrics | undefined
  #running = new AbortController()

  constructor (components: AdmissionComponents, init: AdmissionInit) {
    const { clock, stepTimeout, rendezvous, protocols } = init
    this.#components = components
    this.#init = init
    this.#log = components.logger.forComponent('plus-one:admission')
    this.#blocked = new Blocked(components.datastore)
    this.#metrics = admissionMetrics(components.metrics)
    const assertFree = (peer: PeerId): void => { this.#blocked.assertFree(peer) }
    this.#shortCodes = new ShortCodes({ components, protocol: protocols.code, rendezvous, clock, stepTimeout, log: this.#log, guesses: this.#guesses, assertFree, addresses: () => components.addressManager.getAddresses() })
    this.#direct = new DirectInvitations({
      components,
      protocol: protocols.direct,
      admission: this,
      log: this.#log,
      clock,
      invitations: () => this.#served?.list() ?? [],
      isMember: init.isMember,
      ready: init.ready,
      assertFree,
      received: init.onReceived
    })
  }

  async start (): Promise<void> {
    this.#running = new AbortController()
    await this.#shortCodes.start()
    await this.#components.registrar.handle(this.#init.protocols.invite.id, (stream, connection) => {
      this.#serve(stream, connection).catch(err => { this.#log('a handshake with %p ended - %e', connection.remotePeer, err) })
    }, { runOnLimitedConnection: true, ...this.#init.protocols.invite.limits })
    await this.#direct.start()
  }

  /** The store is this node's now: what it holds of no party in particular. @throws {StorageError} */
  async open (): Promise<void> {
    await this.#blocked.load()
    await this.#direct.load()
  }

  async stop (): Promise<void> {
    await this.#components.registrar.unhandle(this.#init.protocols.invite.id)
    await this.#direct.stop()
    await this.#shortCodes.stop()
    this.#running.abort(new DOMException('The node stopped', 'AbortError'))
    this.#served?.stop()
    await Promise.allSettled([...this.#redemptions].map(async redemption => redemption.cancel()))
    this.#served?.clear()
    this.#blocked.clear()
  }

  /** Direct invitations that await a yes or no here. */
  get received (): Subscribable<readonly ReceivedInvitation[]> {
    return this.#direct
  }

  /** From whom this node wants nothing more. */
  get blocked (): Subscribable<readonly PeerId[]> {
    return this.#blocked
  }

  /** Refuses a peer from now on; what it sent directly is gone. @throws {StorageError} */
  async block (peer: PeerId, options?: AbortOptions): Promise<void> {
    await this.#blocked.add(peer, options)
    await this.#direct.forgetAll(peer)
  }

  /** @throws {StorageError} */
  async unblock (peer: PeerId, options?: AbortOptions): Promise<void> {
    await this.#blocked.delete(peer, options)
  }

  /** A new invitation, served from now on. */
  async invite (party: InvitingParty, options: InviteOptions): Promise<LocalInvitation> {
    options.signal?.throwIfAborted()

    return (await this.#inviting()).invite(party, options)
  }

  /** A party's invitations come back after a restart. @returns Those that cannot be read */
  async load (party: InvitingParty): Promise<DamagedRecordError[]> {
    const { invitations: records, damaged } = await loadInvitations(this.#components.datastore, party.key)

    if (records.length === 0) {
      return damaged
    }

    await (await this.#inviting()).restore(party, records)

    return damaged
  }

  /** A party is none of this node's any more: what is open of its invitations ends with this error, and nothing more is written of them. */
  async forget (party: InvitingParty, error: Error): Promise<void> {
    await this.#served?.forget(party, error)
    // what fails here is deleted with the rest
    await this.#direct.forgetThose(new Set([...party.log.invites()].map(({ lookupId }) => lookupId)))
      .catch(err => { this.#log('received invitations are still here - %e', err) })
  }

  /** The store is to be wiped: what goes on ends, and nothing is known of it any more. */
  async reset (): Promise<void> {
    this.#redemptions.forEach((redemption) => { redemption.cancel().catch(() => {}) })
    this.#blocked.clear()
    await this.#direct.clear()
  }

  async lookup (text: string, options: AbortOptions & DialOptions = {}): Promise<InvitationLookup> {
    const code = await this.whole(this.parse(text), options)

    return { code: encodeCode(code), ...await this.preview(code, options) }
  }

  /** What a code leads to. @throws as `Parties.lookup` */
  async preview (code: InvitationCode, options: AbortOptions & DialOptions = {}): Promise<InvitationPreview> {
    const { clock, stepTimeout } = this.#init
    const signal = this.#signal(options.signal)
    const [{ previewOfCode }] = await Promise.all([import('./lookup.js'), this.#init.ready({ signal })])
    this.#blocked.assertFree(code.inviter)

    return previewOfCode(this.#components, code, {
      protocol: this.#init.protocols.invite.id,
      clock,
      stepTimeout,
      signal,
      deadline: this.#deadline(signal),
      onProgress: reporting(options),
      more: this.#shortCodes.searchFor(code)
    })
  }

  /** Begins to redeem. */
  redeem (code: InvitationCode | Resolve, options: RedeemOptions = {}): LocalRedemption {
    if (typeof code !== 'function') {
      this.#blocked.assertFree(code.inviter)
    }

    const { clock, stepTimeout, connectTimeout, profiles, recovery, ownParty, assertMayJoin, join } = this.#init
    const redemption = new LocalRedemption(this.#components, {
      ...options,
      protocol: this.#init.protocols.invite.id,
      searchFor: code => this.#shortCodes.searchFor(code),
      clock,
      stepTimeout,
      connectTimeout,
      signal: this.#signal(options.signal),
      profiles,
      recovery,
      guesses: this.#guesses,
      ownParty,
      assertMayJoin,
      join
    })

    this.#redemptions.add(redemption)
    redemption.run(code).finally(() => {
      this.#redemptions.delete(redemption)
      const { error } = redemption.getSnapshot()

      if (error instanceof AlreadyMemberError && error.party == null && !redemption.declines) {
        this.#init.isElsewhere()
      }
    }).catch(() => {})

    return redemption
  }

  /** Says no, to the inviter too. */
  async decline (code: InvitationCode | Resolve, reason?: string, options?: AbortOptions): Promise<void> {
    const redemption = this.redeem(code)

    try {
      await redemption.decline(reason, options)
    } finally {
      await redemption.cancel()
    }
  }

  /** A full code; or how a short one becomes one. @throws {InvalidCodeError} Neither. */
  parse (text: string): InvitationCode | Resolve {
    return this.#shortCodes.resolverOf(text) ?? parseInvitation(text)
  }

  /** The full code: of a short one its inviter is asked. */
  async whole (code: InvitationCode | Resolve, options: AbortOptions & DialOptions): Promise<InvitationCode> {
    if (typeof code !== 'function') {
      return code
    }

    const signal = this.#signal(options.signal)
    await this.#init.ready({ signal })

    return code({ signal: this.#deadline(signal), onProgress: reporting(options) })
  }

  /** A connection to whom a code names, to ask for something else than the invitation: that is left as it is. */
  async reach (code: InvitationCode, options: AbortOptions & DialOptions): Promise<Connection> {
    const { raceDials } = await import('./connection/dial-race.js')
    this.#blocked.assertFree(code.inviter)

    return raceDials(this.#components, {
      peer: code.inviter,
      addresses: code.addresses,
      signal: this.#deadline(this.#signal(options.signal)),
      onProgress: reporting(options),
      more: this.#shortCodes.searchFor(code)
    })
  }

  /** What serves invitations; loaded with the first one. */
  async #inviting (): Promise<ServedInvitations> {
    const { ServedInvitations } = await import('./inviter.js')
    const { clock, linkBase, profiles, onInvitation } = this.#init
    const { datastore, addressManager } = this.#components
    this.#served ??= new ServedInvitations({ datastore, addressManager, clock, linkBase, profiles, onInvitation, metrics: this.#metrics, shortCodes: this.#shortCodes, direct: this.#direct, log: this.#log })

    return this.#served
  }

  async #serve (stream: Stream, connection: Connection): Promise<void> {
    const { clock, stepTimeout, pinTimeout, approvalTimeout, profiles, ready } = this.#init
    const [{ serve }] = await Promise.all([import('./serve.js'), ready()]).catch((err: Error) => {
      stream.abort(err)
      throw err
    })

    try {
      this.#blocked.assertFree(connection.remotePeer)
    } catch (err) {
      stream.abort(err as Error)
      throw err
    }

    await serve(stream, connection, {
      self: this.#components.peerId,
      clock,
      stepTimeout,
      pinTimeout,
      approvalTimeout,
      signal: this.#running.signal,
      find: lookupId => this.#served?.get(lookupId)?.server,
      keepProfile: async (sealed, key) => { await profiles.put(sealed, key) }
    })
  }

  /** What the node's stop, or the caller, ends. */
  #signal (signal?: AbortSignal): AbortSignal {
    return signal == null ? this.#running.signal : AbortSignal.any([this.#running.signal, signal])
  }

  #deadline (signal: AbortSignal): AbortSignal {
    return AbortSignal.any([signal, timeout(this.#init.clock, this.#init.connectTimeout)])
  }
}

/** An app's callback: what it throws harms nothing. */
function reporting ({ onProgress }: DialOptions): (event: DialProgress) => void {
  return (event) => { quietly(() => onProgress?.(event)) }
}
