/** The service: keeps links with members of this node's parties, and dials them (docs/meeting.md). */
import { TypedEventEmitter } from 'main-event'
import { after, delay } from '../../async/clock.js'
import { keyOf, peerIdOf } from '../../log/terms.js'
import { RENDEZVOUS_PROTOCOL } from '../../rendezvous/protocol/constants.js'
import { Acquaintances } from './acquaintances.js'
import { Beacons } from './beacons.js'
import { Backoff } from './backoff.js'
import { BACKOFF, ENOUGH, LOOK, MAX_INBOUND_STREAMS, NEWCOMERS_DELAY, TARGET_LINKS } from './constants.js'
import { Dials } from './dials.js'
import { Exchange } from './exchange.js'
import { Wanted } from './frames.js'
import { LinkStreams } from './link-streams.js'
import { OwnRecord } from './own-record.js'
import { Policy } from './policy.js'
import { PeerRecords } from './records.js'
import { untilConnected } from './until-connected.js'
import type { Key, OpId } from '../../log/index.js'
import type { LinkStream } from './exchange.js'
import type { Meetable, MeetingComponents, MeetingEvents, MeetingInit } from './interface.js'
import type { Choice, Plan, Roster } from './policy.js'
import type { AbortOptions, Logger, PeerId } from '@libp2p/interface'

export class Meeting extends TypedEventEmitter<MeetingEvents> {
  readonly #components: MeetingComponents
  readonly #init: MeetingInit
  readonly #log: Logger
  readonly #records: PeerRecords
  readonly #policy: Policy
  readonly #exchange: Exchange
  readonly #dials: Dials
  /** When members are asked for more records, by party. */
  readonly #looks: Backoff
  readonly #parties = new Map<OpId, Meetable>()
  readonly #streams = new LinkStreams()
  readonly #acquaintances: Acquaintances
  readonly #beacons: Beacons
  #running = new AbortController()
  #timer: unknown
  /** Keys that came to stand for members, and whose nodes may not know it yet. */
  readonly #newcomers = new Set<Key>()
  /** Calls off the plan that they lead to. */
  #soon: (() => void) | undefined
  #isPlanned = false
  #addresses = ''

  constructor (components: MeetingComponents, init: MeetingInit) {
    super()
    const { clock, protocol, background, rendezvous = [], random = Math.random } = init
    this.#components = components
    this.#init = init
    this.#log = components.logger.forComponent('plus-one:meeting')
    this.#policy = new Policy(random)
    this.#looks = new Backoff(random, LOOK)
    this.#records = new PeerRecords({ datastore: components.datastore, clock, isConnected: key => this.#dials.connectionTo(key) != null, onChange: (key) => { this.#acquaintances.changed([key]) } })
    this.#dials = new Dials({ components, clock, records: this.#records, log: this.#log, isNeeded: key => this.#policy.isLinked(key), background: [...background, protocol.id] })
    this.#acquaintances = new Acquaintances({ components, records: this.#records, parties: () => this.#parties.values() })
    this.#beacons = new Beacons({ rendezvous, clock, random, log: this.#log, onChange: (party, isLit) => {
      if (isLit) {
        // who looks after it is there finds all who were before
        this.#looks.succeeded(party)
      }

      this.#changed()
    } })
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
  }

  async start (): Promise<void> {
    const { registrar, events } = this.#components
    this.#running = new AbortController()
    const { signal } = this.#running
    this.#addresses = this.#addressesNow()
    // hints: without them members are met who connect, or who tell of others
    await this.#records.load().catch((err: unknown) => { this.#log('where members were is not known - %e', err) })
    this.#acquaintances.start()
    events.addEventListener('peer:connect', ({ detail }) => { this.#connected(detail) }, { signal })
    events.addEventListener('peer:identify', ({ detail: { peerId, protocols } }) => {
      if (protocols.includes(RENDEZVOUS_PROTOCOL)) {
        this.#beacons.retry()
        this.#looks.clear()
      }

      this.#background(this.#learn(peerId))
    }, { signal })
    events.addEventListener('peer:disconnect', ({ detail }) => {
      this.#background(this.#acquaintances.parted(detail, { signal }).then(() => { this.#changed() }))
      this.#changed()
    }, { signal })
    events.addEventListener('self:peer:update', () => { this.#moved() }, { signal })
    // a browser's page; elsewhere nobody tells it
    globalThis.addEventListener?.('online', () => { this.#refresh() }, { signal })
    await registrar.handle(this.#init.protocol.id, (stream, connection) => {
      this.#exchange.answer(stream, connection, { signal })
        .then(link => { this.#answered(link) })
        .catch((err: unknown) => { this.#log('could not answer %p - %e', connection.remotePeer, err) })
    }, { runOnLimitedConnection: true, maxInboundStreams: MAX_INBOUND_STREAMS, maxOutboundStreams: MAX_INBOUND_STREAMS, ...this.#init.protocol.limits })
    this.#changed()
  }

  async stop (): Promise<void> {
    this.#running.abort(new DOMException('The node stopped', 'AbortError'))
    this.#init.clock.clearTimeout(this.#timer)
    this.#soon?.()
    this.#soon = undefined
    this.#dials.stop()
    await this.#components.registrar.unhandle(this.#init.protocol.id)
    const parties = [...this.#parties.keys()]
    parties.forEach(party => { this.remove(party) })
    await Promise.all(parties.map(async party => this.#beacons.douse(party)))
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
    this.#next()
    const learned = this.#acquaintances.learnAll({ signal: this.#running.signal }).then(() => { this.#next() })
    this.#background(learned)
    await learned.catch(() => {})
  }

  /** Its links end. */
  remove (party: OpId): void {
    this.#parties.delete(party)
    this.#acquaintances.forget(party)
    this.#background(this.#beacons.douse(party))
    const links = [...this.#policy.linksOf(party)]
    this.#policy.remove(party)
    links.forEach(key => { this.#drop({ party, key }) })
    this.#changed()
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
        this.#drop({ party, key })
      }
    }

    // of newcomers alone nobody's record goes
    if (keys.some(key => !this.#stands(key))) {
      this.#changed()
      await this.#retain()
    } else if (meetable != null && keys.includes(meetable.self)) {
      // it is this node that came: it asks at once
      this.#next()
    } else {
      this.#grew(party, keys)
    }
  }

  /** A party has other names. */
  renamed (party: OpId): void {
    // who was away looks under the old ones, and is found there; whom this node looks for may have the new ones
    this.#looks.succeeded(party)
    this.#changed()
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
    const { clock } = this.#init
    const either = AbortSignal.any([this.#running.signal, ...signal == null ? [] : [signal]])

    for (let longest: number = BACKOFF[0]; this.#dials.connectionTo(key) == null; longest = Math.min(2 * longest, BACKOFF[1])) {
      try {
        await this.#dials.dial(key, { signal: either })
      } catch (err) {
        either.throwIfAborted()
        this.#log('could not reach a member yet - %e', err)
        const over = new AbortController()
        const waiting = AbortSignal.any([either, over.signal])
        // or it dials this node
        await Promise.race([untilConnected(this.#components, key, waiting), delay(clock, (this.#init.random ?? Math.random)() * longest, waiting)])
          .finally(() => { over.abort() })
      }
    }
  }

  /** Plans anew in the next turn: who waits for a party, or for an Ack, is told before members are asked for links. A turn, and no while: a clock that stands has it, too. */
  #next (): void {
    setTimeout(() => { this.#changed() }, 0)
  }

  /** Plans anew, when what happens now has happened. */
  #changed (): void {
    if (!this.#isPlanned && !this.#running.signal.aborted) {
      this.#isPlanned = true
      queueMicrotask(() => {
        this.#isPlanned = false
        this.#plan()
      })
    }
  }

  /** Members came: who was just admitted does not know it yet; as soon as it does it asks for a link, and says where it is. */
  #grew (party: OpId, keys: Key[]): void {
    const { clock } = this.#init
    const here = keys.filter(key => this.#acquaintances.isHere(key))
    this.#policy.wait(party, here, clock.elapsed() + NEWCOMERS_DELAY, clock.elapsed())
    here.forEach(key => this.#newcomers.add(key))
    this.#soon ??= after(clock, NEWCOMERS_DELAY, () => {
      const newcomers = [...this.#newcomers].filter(key => this.#records.addresses(key).length === 0)
      this.#soon = undefined
      this.#newcomers.clear()
      this.#background(Promise.all(newcomers.map(async key => this.#acquaintances.learn(peerIdOf(key), { signal: this.#running.signal }))).then(() => { this.#changed() }))
    })
  }

  #plan (): void {
    const { clock } = this.#init

    if (this.#running.signal.aborted) {
      return
    }

    const now = clock.elapsed()
    const plan = this.#policy.plan(now)
    plan.drop.forEach(choice => { this.#drop(choice) })
    plan.open.forEach(({ alone, ...choice }) => { this.#background(this.#open(choice, alone)) })
    const looksAt = this.#lookAround(plan, now)
    const wakeAt = Math.min(plan.wakeAt ?? Number.POSITIVE_INFINITY, looksAt ?? Number.POSITIVE_INFINITY)
    clock.clearTimeout(this.#timer)

    if (Number.isFinite(wakeAt)) {
      this.#timer = clock.setTimeout(() => { this.#changed() }, Math.max(1, wakeAt - now))
    }
  }

  /** Asks a member for a link, dialling it where it has to be. */
  async #open ({ party: id, key }: Choice, alone: boolean): Promise<void> {
    const { clock } = this.#init
    const { signal } = this.#running
    const party = this.#parties.get(id)

    try {
      const connection = await this.#dials.dial(key, { signal })

      try {
        // it may have been removed while it was dialled
        const link = party?.kinOf(key) == null ? undefined : await this.#exchange.ask(connection, key, party, alone ? Wanted.ALONE : Wanted.LINK, { signal })

        if (link == null || this.#parties.get(id) !== party || party?.kinOf(key) == null) {
          link?.stream.abort(new DOMException('The link is wanted no more', 'AbortError'))
          this.#policy.refused(id, key, clock.elapsed())
        } else {
          this.#policy.linked(id, key)
          this.#hold(link)
        }
      } catch (err) {
        this.#log('a member gave no link - %e', err)
        this.#policy.refused(id, key, clock.elapsed())
      }
    } catch (err) {
      this.#log('could not dial a member - %e', err)
      this.#policy.failed(key, clock.elapsed())
    } finally {
      this.#dials.letGo(key)
      this.#changed()
    }
  }

  /** A member asked. */
  #answered (link: LinkStream | undefined): void {
    if (link != null && this.#policy.linksOf(link.party).has(link.key)) {
      this.#hold(link)
    } else {
      // it was given, and went again meanwhile
      link?.stream.abort(new DOMException('The link is wanted no more', 'AbortError'))
    }

    this.#changed()
  }

  #hold (link: LinkStream): void {
    const { party, key } = link
    this.#background(this.#streams.hold(link).then((how) => {
      if (how != null) {
        this.#policy.ended(party, key, this.#init.clock.elapsed(), how === 'closed')
        this.#dials.letGo(key)
        this.#told(party)
      }
    }))
    this.#told(party)
  }

  /** Ends a link that the policy has let go. */
  #drop ({ party, key }: Choice): void {
    this.#streams.close(party, key)
    this.#dials.letGo(key)
    this.#told(party)
  }

  #told (party: OpId): void {
    this.safeDispatchEvent('links', { detail: party })
    this.#changed()
  }

  /** Asks for more records where too few are known. @returns When the next one is asked, by `clock.elapsed()`, ms */
  #lookAround ({ lacking }: Plan, now: number): number | undefined {
    let next: number | undefined

    for (const party of this.#parties.values()) {
      // alone in it: nobody looks for this node
      next = party.size > 1 ? earliest(next, this.#beacons.light(party.key, party.names, now, this.#running.signal)) : next
      const links = [...this.#policy.linksOf(party.key)]
      const key = links[Math.floor((this.#init.random ?? Math.random)() * links.length)]
      const isShort = lacking.includes(party.key) || this.#acquaintances.countOf(party) < Math.min(party.size - 1, ENOUGH)

      if (isShort) {
        const at = this.#looks.readyAt(party.key, now)

        if (at == null) {
          this.#looks.failed(party.key, now)
          this.#background(key == null ? this.#find(party) : this.#look(party, key))
        }

        next = earliest(next, this.#looks.readyAt(party.key, now) ?? now + 1)
      }
    }

    return next
  }

  async #look (party: Meetable, key: Key): Promise<void> {
    const connection = this.#dials.connectionTo(key)

    if (connection != null) {
      const before = this.#records.size.records
      await this.#exchange.ask(connection, key, party, Wanted.NONE, { signal: this.#running.signal })

      if (this.#records.size.records > before) {
        this.#looks.succeeded(party.key)
        this.#changed()
      }
    }
  }

  async #learn (peer: PeerId): Promise<void> {
    await this.#acquaintances.learn(peer, { signal: this.#running.signal })
    this.#changed()
  }

  /** Dials those who are found at the party's rendezvous, and are members. */
  async #find (party: Meetable): Promise<void> {
    for await (const { id, multiaddrs } of this.#beacons.find(party.names, this.#running.signal)) {
      const key = id.type === 'Ed25519' ? keyOf(id) : party.self

      if (this.#policy.linksOf(party.key).size >= TARGET_LINKS) {
        return
      }

      if (key !== party.self && party.kinOf(key) != null) {
        await this.#components.peerStore.merge(id, { multiaddrs })
        await this.#dials.dial(key, { signal: this.#running.signal }).catch((err: unknown) => { this.#log('could not dial %p - %e', id, err) })
        this.#dials.letGo(key)
        this.#changed()
      }
    }
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

    this.#changed()
  }

  /** Perhaps this node is somewhere else now. */
  #moved (): void {
    const now = this.#addressesNow()

    if (now !== this.#addresses) {
      this.#addresses = now
      this.#refresh()
    }
  }

  #refresh (): void {
    this.#policy.refresh(this.#init.clock.elapsed())
    this.#looks.clear()
    this.#beacons.retry()
    this.#changed()
  }

  #addressesNow (): string {
    return this.#components.addressManager.getAddresses().map(String).sort().join(' ')
  }

  #background (work: Promise<void>): void {
    work.catch((err: unknown) => {
      if (!this.#running.signal.aborted) {
        this.#log('meeting goes on - %e', err)
      }
    })
  }
}

function earliest (one: number | undefined, other: number | undefined): number | undefined {
  return one == null || other == null ? one ?? other : Math.min(one, other)
}
