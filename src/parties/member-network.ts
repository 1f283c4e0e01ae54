/** What a node's logs do with other members: they sync, keep connections, and have streams between them. All but sync is loaded when it is first used. */
import { LOG_PROTOCOL } from '../sync/constants.js'
import { LogSync } from '../sync/sync.js'
import type { Clock } from '../clock.js'
import type { PartiesComponents, Rendezvous } from '../interface/index.js'
import type { Key, MembershipLog, OpId } from '../log/index.js'
import type { GuardedStreams, Meeting, Protection } from '../meeting/index.js'
import type { RecordSet } from '../sync/index.js'
import type { AbortOptions, Logger } from '@libp2p/interface'

export interface MemberNetworkInit {
  clock: Clock
  rendezvous: Rendezvous[]
  /** Does this node connect with members by itself? */
  meet: boolean
  /** Logs whose members are served streams. */
  logs: () => MembershipLog[]
  /** Resolves when the node's parties are loaded. @throws {NotStartedError} */
  ready: (options?: AbortOptions) => Promise<void>
}

export class MemberNetwork {
  readonly sync: LogSync
  readonly #components: PartiesComponents
  readonly #init: MemberNetworkInit
  readonly #log: Logger
  #streams: Promise<GuardedStreams> | undefined
  #protection: Promise<Protection> | undefined
  #meeting: Promise<Meeting> | undefined

  constructor (components: PartiesComponents, init: MemberNetworkInit) {
    this.#components = components
    this.#init = init
    this.#log = components.logger.forComponent('plus-one:members')
    this.sync = new LogSync(components, { clock: init.clock })
  }

  async start (): Promise<void> {
    await this.sync.start()
  }

  async stop (): Promise<void> {
    await this.#meeting?.then(async meeting => meeting.stop(), () => { /* it did not start */ })
    this.#meeting = undefined
    await this.sync.stop()
  }

  /** Members keep a log and the records beside it together, until the signal aborts. */
  async keep (log: MembershipLog, records: RecordSet[], signal: AbortSignal): Promise<void> {
    const { HeldOps, PartyMembers, SyncedLog } = await import('./first-party.js')
    await this.sync.add(new SyncedLog(log, signal), [...records, new HeldOps(log, signal)])

    if (this.#init.meet) {
      const meeting = await this.#loadMeeting()

      // a stop may have come between
      if (!signal.aborted) {
        meeting.add(new PartyMembers(log, signal))
        log.addEventListener('members', () => { meeting.review(log.key).catch(err => { this.#log('records of who is no member are still here - %e', err) }) }, { signal })
      }
    }
  }

  /** This node has forgotten a party, whose log is closed: its streams end, and what it served is served no more. */
  async forget (party: OpId): Promise<void> {
    await this.sync.remove(party)
    await this.#streams?.then(async streams => streams.forget(party), () => {})
    await this.#meeting?.then(async (meeting) => {
      meeting.remove(party)
      await meeting.review(party)
    }).catch((err: unknown) => { this.#log('records of who is no member are still here - %e', err) })
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

  async streams (): Promise<GuardedStreams> {
    this.#streams ??= import('../meeting/guarded-streams.js').then(({ GuardedStreams }) => {
      // libp2p's components are a proxy, which spreads to nothing
      const { peerId, registrar, connectionManager } = this.#components
      const { clock, logs, ready } = this.#init

      return new GuardedStreams({ peerId, registrar, connectionManager, clock, logs, ready })
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
    const { clock, rendezvous } = this.#init
    this.#meeting ??= import('../meeting/links/meeting.js').then(async ({ Meeting }) => {
      const meeting = new Meeting(this.#components, { clock, background: [LOG_PROTOCOL], rendezvous })
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
