/** The service: keeps links with members of this node's parties, and dials them (docs/meeting.md). */
import { TypedEventEmitter } from 'main-event'
import { keyOf, peerIdOf } from '../../log/terms.js'
import { Acquaintances } from './acquaintances.js'
import { MAX_INBOUND_STREAMS, NEWCOMERS_DELAY } from './constants.js'
import { Dials } from './dials.js'
import { Exchange } from './exchange.js'
import { Links } from './links.js'
import { NetworkEvents } from './network-events.js'
import { Newcomers } from './newcomers.js'
import { OwnRecord } from './own-record.js'
import { Planning } from './planning.js'
import { Policy } from './policy.js'
import { PeerRecords } from './records.js'
import { Search } from './search.js'
import type { Key, OpId } from '../../log/index.js'
import type { Meetable, MeetingComponents, MeetingEvents, MeetingInit } from './interface.js'
import type { Roster } from './party-links.js'
import type { AbortOptions, Logger, PeerId } from '@libp2p/interface'

export class Meeting extends TypedEventEmitter<MeetingEvents> {
  readonly #components: MeetingComponents
  readonly #init: MeetingInit
  readonly #log: Logger
  readonly #records: PeerRecords
  readonly #policy: Policy
  readonly #exchange: Exchange
  readonly #dials: Dials
  readonly #parties = new Map<OpId, Meetable>()
  readonly #acquaintances: Acquaintances
  readonly #links: Links
  readonly #search: Search
  readonly #newcomers: Newcomers
  readonly #planning: Planning
  #running = new AbortController()

  constructor (components: MeetingComponents, init: MeetingInit) {
    super()
    const { clock, protocol, background, rendezvous = [], random = Math.random } = init
    this.#components = components
    this.#init = init
    this.#log = components.logger.forComponent('plus-one:meeting')
    this.#policy = new Policy(random)
    this.#records = new PeerRecords({ datastore: components.datastore, clock, isConnected: key => this.#dials.connectionTo(key) != null, onChange: (key) => { this.#acquaintances.changed([key]) } })
    this.#dials = new Dials({ components, clock, random, records: this.#records, log: this.#log, isNeeded: key => this.#policy.isLinked(key), background: [...background, protocol.id] })
    this.#acquaintances = new Acquaintances({ components, records: this.#records, parties: () => this.#parties.values() })
    this.#planning = new Planning(clock, now => this.#plan(now), () => this.#running.signal)
    const own = new OwnRecord(components, clock)
    this.#exchange = new Exchange({
      protocol: protocol.id,
      clock,
      random,
      records: this.#records,
      parties: () => this.#parties.values(),
      own: async scope => own.of(scope),
      offered: (party, key, alone) => this.#policy.offered(party, key, alone, clock.elapsed())
    })
    const onChange = (): void => { this.#planning.soon() }
    this.#search = new Search({
      rendezvous,
      peerStore: components.peerStore,
      clock,
      random,
      log: this.#log,
      records: this.#records,
      acquaintances: this.#acquaintances,
      policy: this.#policy,
      exchange: this.#exchange,
      dials: this.#dials,
      background: (work) => { this.#background(work) },
      onChange
    })
    this.#newcomers = new Newcomers(clock, (keys) => {
      const unknown = keys.filter(key => this.#records.addresses(key).length === 0)
      this.#background(Promise.all(unknown.map(async key => this.#acquaintances.learn(peerIdOf(key), { signal: this.#running.signal }))).then(onChange))
    })
    this.#links = new Links({
      clock,
      log: this.#log,
      policy: this.#policy,
      exchange: this.#exchange,
      dials: this.#dials,
      party: id => this.#parties.get(id),
      background: (work) => { this.#background(work) },
      onChange,
      onLinks: (party) => { this.safeDispatchEvent('links', { detail: party }) }
    })
  }

  async start (): Promise<void> {
    this.#running = new AbortController()
    const { signal } = this.#running
    const network = new NetworkEvents(this.#components)
    // hints: without them members are met who connect, or who tell of others
    await this.#records.load().catch((err: unknown) => { this.#log('where members were is not known - %e', err) })
    this.#acquaintances.start()
    network.follow({
      onConnect: (peer) => { this.#connected(peer) },
      onIdentify: (peer, isPoint) => { this.#identified(peer, isPoint) },
      onDisconnect: (peer) => { this.#disconnected(peer) },
      onMove: () => { this.#refresh() }
    }, signal)
    await this.#components.registrar.handle(this.#init.protocol.id, (stream, connection) => {
      this.#exchange.answer(stream, connection, { signal })
        .then(link => { this.#links.answered(link) })
        .catch((err: unknown) => { this.#log('could not answer %p - %e', connection.remotePeer, err) })
    }, { runOnLimitedConnection: true, maxInboundStreams: MAX_INBOUND_STREAMS, maxOutboundStreams: MAX_INBOUND_STREAMS, ...this.#init.protocol.limits })
    this.#planning.soon()
  }

  async stop (): Promise<void> {
    this.#running.abort(new DOMException('The node stopped', 'AbortError'))
    this.#planning.stop()
    this.#newcomers.stop()
    this.#dials.stop()
    await this.#components.registrar.unhandle(this.#init.protocol.id)
    const parties = [...this.#parties.keys()]
    parties.forEach(party => { this.remove(party) })
    await Promise.all(parties.map(async party => this.#search.end(party)))
  }

  /** Keeps links with this party's members from now on. Resolves when it is kept where those are who are connected, or could not be. */
  async add (party: Meetable): Promise<void> {
    this.#parties.set(party.key, party)
    this.#acquaintances.forget(party.key)
    const roster: Roster = {
      party: party.key,
      get size () { return party.size },
      get hosts () { return party.hosts },
      candidates: () => this.#acquaintances.of(party)
    }
    this.#policy.add(roster, this.#init.clock.elapsed())
    this.#planning.later()
    const learned = this.#acquaintances.learnAll({ signal: this.#running.signal }).then(() => { this.#planning.later() })
    this.#background(learned)
    await learned.catch(() => {})
  }

  /** Its links end. */
  remove (party: OpId): void {
    this.#parties.delete(party)
    this.#acquaintances.forget(party)
    this.#background(this.#search.end(party))
    const links = [...this.#policy.linksOf(party)]
    this.#policy.remove(party)
    links.forEach(key => { this.#links.drop({ party, key }) })
    this.#planning.soon()
  }

  /**
   * Members of a party changed: who is none any more has no link.
   *
   * @param keys - Those that may stand for others now, or for nobody
   * @throws {StorageError}
   */
  async review (party: OpId, keys: Key[]): Promise<void> {
    const meetable = this.#parties.get(party)
    this.#acquaintances.changed(keys)

    for (const key of this.#policy.linksOf(party)) {
      if (meetable?.kinOf(key) == null) {
        this.#policy.ended(party, key, this.#init.clock.elapsed())
        this.#links.drop({ party, key })
      }
    }

    // of newcomers alone nobody's record goes
    if (keys.some(key => !this.#stands(key))) {
      this.#planning.soon()
      await this.#retain()
    } else if (meetable != null && keys.includes(meetable.self)) {
      // it is this node that came: it asks at once
      this.#planning.later()
    } else {
      this.#grew(party, keys)
    }
  }

  /** A party has other names. */
  renamed (party: OpId): void {
    // who was away looks under the old ones, and is found there; whom this node looks for may have the new ones
    this.#search.again(party)
    this.#planning.soon()
  }

  /** Its links end, and it is not known any more where its members were. @throws {StorageError} */
  async forget (party: OpId): Promise<void> {
    this.remove(party)
    await this.#retain()
  }

  async #retain (): Promise<void> {
    await this.#records.retain(key => this.#stands(key))
  }

  #stands (key: Key): boolean {
    return [...this.#parties.values()].some(party => party.kinOf(key) != null)
  }

  /** Those with whom this node has a link in this party. */
  linksOf (party: OpId): ReadonlySet<Key> {
    return this.#policy.linksOf(party)
  }

  /** Where a key's node was last, as it signed it; also where nobody answered. */
  recordOf (party: OpId, key: Key): Uint8Array | undefined {
    const scope = this.#parties.get(party)?.scope

    return scope == null ? undefined : this.#records.get(key, scope, true)
  }

  /**
   * Dials a member until it is connected.
   *
   * @throws the signal's reason, or that the node stopped
   */
  async reach (key: Key, { signal }: AbortOptions = {}): Promise<void> {
    await this.#dials.reach(key, AbortSignal.any([this.#running.signal, ...signal == null ? [] : [signal]]))
  }

  /** Members came: who was just admitted does not know it yet; as soon as it does it asks for a link, and says where it is. */
  #grew (party: OpId, keys: Key[]): void {
    const now = this.#init.clock.elapsed()
    const here = keys.filter(key => this.#acquaintances.isHere(key))
    this.#policy.wait(party, here, now + NEWCOMERS_DELAY, now)
    this.#newcomers.add(here)
  }

  /** @returns When the next plan is due, by `clock.elapsed()`, ms */
  #plan (now: number): number | undefined {
    const plan = this.#policy.plan(now)
    plan.drop.forEach(choice => { this.#links.drop(choice) })
    plan.open.forEach(({ alone, ...choice }) => { this.#background(this.#links.open(choice, alone, this.#running.signal)) })
    const looksAt = this.#search.around(this.#parties.values(), plan, now, this.#running.signal)
    const wakeAt = Math.min(plan.wakeAt ?? Number.POSITIVE_INFINITY, looksAt ?? Number.POSITIVE_INFINITY)

    return Number.isFinite(wakeAt) ? wakeAt : undefined
  }

  #connected (peer: PeerId): void {
    this.#acquaintances.connected(peer)

    if (peer.type === 'Ed25519') {
      const key = keyOf(peer)
      this.#policy.retry(key)
      this.#background(this.#records.saw(key))
    }

    // a relay that is back: those behind it may be reached again
    this.#acquaintances.behind(peer).forEach((key) => { this.#policy.retry(key) })

    this.#planning.soon()
  }

  #identified (peer: PeerId, isPoint: boolean): void {
    if (isPoint) {
      this.#search.retry()
    }

    this.#background(this.#acquaintances.learn(peer, { signal: this.#running.signal }).then(() => { this.#planning.soon() }))
  }

  #disconnected (peer: PeerId): void {
    this.#background(this.#acquaintances.parted(peer, { signal: this.#running.signal }).then(() => { this.#planning.soon() }))
    this.#planning.soon()
  }

  /** This node may be somewhere else now. */
  #refresh (): void {
    this.#policy.refresh(this.#init.clock.elapsed())
    this.#search.retry()
    this.#planning.soon()
  }

  #background (work: Promise<void>): void {
    work.catch((err: unknown) => {
      if (!this.#running.signal.aborted) {
        this.#log('meeting goes on - %e', err)
      }
    })
  }
}
