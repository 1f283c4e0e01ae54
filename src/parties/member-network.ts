/** What a node's logs do with other members: they sync, keep connections, and have streams between them. All but sync is loaded when it is first used. */
import { MAX_WATCHES } from '../meeting/constants.js'
import { LogSync } from '../sync/sync.js'
import { peerIdOf } from '../log/terms.js'
import type { Clock } from '../async/clock.js'
import type { Protocol } from '../network/protocols.js'
import type { PartiesComponents, Rendezvous } from '../interface/index.js'
import type { Key, MembershipLog, OpId, Role } from '../log/index.js'
import type { Keyring } from '../keys/keyring.js'
import type { NamedParty } from './named-party.js'
import type { GuardedStreams, Meeting, Protection } from '../meeting/index.js'
import type { RecordSet, SyncedLog } from '../sync/index.js'
import type { KeyExchange } from './key-exchange.js'
import type { PartyKeys } from './party-keys.js'
import type { AbortOptions, Logger } from '@libp2p/interface'

export interface MemberNetworkInit {
  protocols: Record<'log' | 'meet' | 'keys' | 'serving', Protocol>
  clock: Clock
  rendezvous: Rendezvous[]
  /** Does this node connect with members by itself? */
  meet: boolean
  /** Logs whose members are served streams. */
  logs: () => MembershipLog[]
  /** The key of a party of this node. */
  keyring: (party: OpId) => Promise<Keyring | undefined>
  /** Resolves when the node's parties are loaded. @throws {NotStartedError} */
  ready: (options?: AbortOptions) => Promise<void>
}

export class MemberNetwork {
  readonly sync: LogSync
  readonly #components: PartiesComponents
  readonly #init: MemberNetworkInit
  readonly #log: Logger
  /** Logs that are kept, as sync has them. */
  readonly #synced = new Map<OpId, { synced: SyncedLog, records: RecordSet[] }>()
  /** Parties that are found at a rendezvous. */
  readonly #named = new Map<OpId, NamedParty>()
  #streams: Promise<GuardedStreams> | undefined
  #protection: Promise<Protection> | undefined
  #meeting: Promise<Meeting> | undefined
  /** New parties whose members are about to be met. */
  readonly #beginning = new Map<OpId, Promise<void>>()
  #keys: Promise<KeyExchange> | undefined

  constructor (components: PartiesComponents, init: MemberNetworkInit) {
    this.#components = components
    this.#init = init
    this.#log = components.logger.forComponent('plus-one:members')
    this.sync = new LogSync(components, { clock: init.clock, protocol: init.protocols.log })
  }

  async start (): Promise<void> {
    const { id, limits } = this.#init.protocols.serving
    await this.sync.start()
    await this.#components.registrar.handle(id, async (...asked) => (await this.streams()).watched(...asked), { runOnLimitedConnection: true, maxInboundStreams: MAX_WATCHES, ...limits })
  }

  /** Resolves when what is put off has been done. */
  async settled (): Promise<void> {
    await Promise.all(this.#beginning.values())
  }

  /** Nothing more is begun with members; what is put off is done. */
  async beforeStop (): Promise<void> {
    await this.sync.beforeStop()
    await this.settled()
  }

  async stop (): Promise<void> {
    await this.settled()
    await this.#meeting?.then(async meeting => meeting.stop(), () => { /* it did not start */ })
    this.#meeting = undefined
    await Promise.all([...this.#named.values()].map(async named => named.stop()))
    this.#named.clear()
    await this.#keys?.then(async keys => keys.stop(), () => { /* it did not start */ })
    this.#keys = undefined
    await this.#components.registrar.unhandle(this.#init.protocols.serving.id)
    await this.sync.stop()
  }

  /**
   * Members keep a log and the records beside it together, until the signal aborts.
   *
   * @param isNew - Its members are met from the next turn on: who joins is told first
   * @param isSibling - See `SyncedLog`
   */
  async keep (log: MembershipLog, records: RecordSet[], signal: AbortSignal, { isNew = false, isSibling }: { isNew?: boolean, isSibling?: (key: Key) => boolean } = {}): Promise<void> {
    const { HeldOps, SyncedLog } = await import('./first-party.js')
    const kept = { synced: new SyncedLog(log, signal, isSibling), records: [...records, new HeldOps(log, signal)] }
    this.#synced.set(log.key, kept)
    signal.addEventListener('abort', () => { this.#synced.delete(log.key) }, { once: true })
    await this.sync.add(kept.synced, kept.records)

    if (this.#init.meet) {
      await (isNew ? this.#begin(log, signal) : this.#meet(log, signal))
    }
  }

  /** In the next turn. A stop waits for it, as does its end: also who goes at once keeps where its inviter was. */
  #begin (log: MembershipLog, signal: AbortSignal): void {
    const begun = new Promise<void>((resolve) => { setTimeout(resolve, 0) }).then(async () => this.#meet(log, signal))
      .catch((err: unknown) => { this.#log('members of a new party are not met before the next start - %e', err) })
      .finally(() => { this.#beginning.delete(log.key) })
    this.#beginning.set(log.key, begun)
  }

  async #meet (log: MembershipLog, signal: AbortSignal): Promise<void> {
    const [{ meetMembers }, meeting] = await Promise.all([import('./first-party.js'), this.#loadMeeting()])
    await meetMembers({ ...this.#init, datastore: this.#components.datastore, log, meeting, signal, logger: this.#log, onNamed: (named) => { this.#named.set(log.key, named) } })
  }

  /** A log that is kept is one of a party of this node now. */
  listed (party: OpId): void {
    this.#named.get(party)?.look()
  }

  /** Nobody keeps a log together any more: its streams end, and its members are dialled no more. */
  async forget (party: OpId): Promise<void> {
    await this.#beginning.get(party)
    await this.sync.remove(party)
    this.#synced.delete(party)
    await this.#named.get(party)?.stop()
    this.#named.delete(party)
    await this.#streams?.then(async streams => streams.forget(party), () => {})
    await this.#meeting?.then(async meeting => meeting.forget(party)).catch((err: unknown) => { this.#log('records of who is no member are still here - %e', err) })
  }

  /** Lets a key in to a log's sync as if it stood for a member, while this holds and until the signal aborts. */
  letIn (party: OpId, key: Key, holds: () => boolean, signal: AbortSignal): void {
    this.#synced.get(party)?.synced.letIn(key, holds, signal)
  }

  /** Gets a log from a peer as from a member, until the signal aborts: of a party that is none of this node's yet, or in which it is no member. */
  async fetch (log: MembershipLog, from: Key, signal: AbortSignal): Promise<void> {
    const known = this.#synced.get(log.key)
    const { SyncedLog } = await import('./first-party.js')
    const { synced, records } = known ?? { synced: new SyncedLog(log, signal), records: [] }
    synced.letIn(from, () => true, signal)

    if (known == null) {
      signal.addEventListener('abort', () => {
        // by now it may be one that is kept
        if (!this.#synced.has(log.key)) {
          this.sync.remove(log.key).catch(() => {})
        }
      }, { once: true })
    }

    // anew, also where it is kept: after a refusal it would wait a minute
    await this.sync.add(synced, records)
  }

  /** Where members were last, as they signed it themselves: who is connected first, then owners and admins; at most so many. */
  async recordsOf (log: MembershipLog, most: number): Promise<Uint8Array[]> {
    const { connectionManager, peerStore } = this.#components
    const meeting = this.#init.meet ? await this.#loadMeeting() : undefined
    const keys = [...log.members()].flatMap(({ person, role }) => log.keysOf(person).map(key => ({ key, role })))
      .filter(({ key }) => key !== log.self).map(({ key, role }) => ({ key, role, isConnected: connectionManager.getConnections(peerIdOf(key)).length > 0 }))
    const isHost = (role: Role): number => role === 'owner' || role === 'admin' ? 1 : 0
    const records: Uint8Array[] = []

    for (const { key, isConnected } of keys.sort((a, b) => Number(b.isConnected) - Number(a.isConnected) || isHost(b.role) - isHost(a.role))) {
      // without meeting, what identify was told
      const record = meeting?.recordOf(log.key, key) ?? (isConnected ? (await peerStore.get(peerIdOf(key)).catch(() => undefined))?.peerRecordEnvelope : undefined)

      if (record != null && records.push(record) === most) {
        break
      }
    }

    return records
  }

  /** Dials a member until it is connected. @throws the signal's reason */
  async reach (key: Key, options: { signal: AbortSignal }): Promise<void> {
    if (this.#init.meet) {
      await (await this.#loadMeeting()).reach(key, options)
    } else {
      const { untilConnected } = await import('../meeting/links/until-connected.js')
      await untilConnected(this.#components, key, options.signal)
    }
  }

  /** Members are asked for what a party's key lacks here, and answered, until the signal aborts. */
  async exchange (keys: PartyKeys, options: { signal: AbortSignal }): Promise<void> {
    if (options.signal.aborted) {
      return
    }

    this.#keys ??= import('./key-exchange.js').then(async ({ KeyExchange }) => {
      const { clock, protocols: { keys: protocol } } = this.#init
      const exchange = new KeyExchange(this.#components, { clock, protocol })
      await exchange.start()

      return exchange
    }).catch((err: unknown) => {
      // the next call begins anew
      this.#keys = undefined
      throw err
    })
    ;(await this.#keys).add(keys, options)
  }

  async streams (): Promise<GuardedStreams> {
    this.#streams ??= import('../meeting/guarded-streams.js').then(({ GuardedStreams }) => {
      // libp2p's components are a proxy, which spreads to nothing
      const { peerId, registrar, connectionManager, events } = this.#components
      const { clock, logs, ready, protocols: { serving: { id: serving } } } = this.#init

      return new GuardedStreams({ peerId, registrar, connectionManager, events, logger: this.#log, clock, serving, logs, ready })
    })

    return this.#streams
  }

  async protection (): Promise<Protection> {
    this.#protection ??= import('../meeting/protection.js').then(({ Protection }) => {
      const { registrar, connectionManager } = this.#components

      return new Protection({ registrar, connectionManager, ready: this.#init.ready })
    })

    return this.#protection
  }

  /** What keeps connections with members, until the node stops. */
  async #loadMeeting (): Promise<Meeting> {
    const { clock, rendezvous, protocols: { log, meet } } = this.#init
    this.#meeting ??= import('../meeting/links/meeting.js').then(async ({ Meeting }) => {
      const meeting = new Meeting(this.#components, { clock, protocol: meet, background: [log.id], rendezvous })
      meeting.addEventListener('links', ({ detail: party }) => { this.sync.tell(party, meeting.linksOf(party)) })

      try {
        await meeting.start()
      } catch (err) {
        // as where the peer store's disk is full: the next call begins anew
        this.#meeting = undefined
        await meeting.stop().catch(() => {})
        throw err
      }

      return meeting
    })

    return this.#meeting
  }
}
