/** The service: keeps links with members of this node's parties, and dials them (docs/meeting.md). */
import { TypedEventEmitter } from 'main-event'
import { delay } from '../../clock.js'
import { keyOf } from '../../log/terms.js'
import { chooseAddresses, sealRecord } from './addresses.js'
import { Backoff } from './backoff.js'
import { BACKOFF, ENOUGH, LOOK, MAX_INBOUND_STREAMS, MEET_PROTOCOL } from './constants.js'
import { Dials } from './dials.js'
import { Exchange } from './exchange.js'
import { Wanted } from './frames.js'
import { Policy } from './policy.js'
import { PeerRecords } from './records.js'
import { untilConnected } from './until-connected.js'
import type { Key, OpId } from '../../log/index.js'
import type { Scope } from './addresses.js'
import type { LinkStream } from './exchange.js'
import type { Meetable, MeetingComponents, MeetingEvents, MeetingInit } from './interface.js'
import type { Candidate, Choice, Plan, Roster } from './policy.js'
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
  /** The streams of each link; two where both asked at once. */
  readonly #streams = new Map<string, Set<LinkStream>>()
  /** Connected members whose record was taken from identify. */
  readonly #learned = new Set<string>()
  readonly #candidates = new Map<OpId, Candidate[]>()
  readonly #own = new Map<Scope, { addresses: string, record: Promise<Uint8Array> }>()
  #running = new AbortController()
  #timer: unknown
  #isPlanned = false
  #addresses = ''
  #sequence = 0n

  constructor (components: MeetingComponents, init: MeetingInit) {
    super()
    const { clock, background, random = Math.random } = init
    this.#components = components
    this.#init = init
    this.#log = components.logger.forComponent('plus-one:meeting')
    this.#policy = new Policy(random)
    this.#looks = new Backoff(random, LOOK)
    this.#records = new PeerRecords({ datastore: components.datastore, clock, isConnected: key => this.#dials.connectionTo(key) != null })
    this.#dials = new Dials({ components, clock, records: this.#records, log: this.#log, isNeeded: key => this.#policy.isLinked(key), background: [...background, MEET_PROTOCOL] })
    this.#exchange = new Exchange({
      clock,
      random,
      records: this.#records,
      parties: () => this.#parties.values(),
      own: async scope => this.#ownRecord(scope),
      offered: (party, key, alone) => this.#policy.offered(party, key, alone)
    })
  }

  async start (): Promise<void> {
    const { registrar, events } = this.#components
    this.#running = new AbortController()
    const { signal } = this.#running
    this.#addresses = this.#addressesNow()
    await this.#records.load()
    events.addEventListener('peer:connect', ({ detail }) => { this.#connected(detail) }, { signal })
    events.addEventListener('peer:identify', ({ detail: { peerId } }) => { this.#background(this.#learn(peerId)) }, { signal })
    events.addEventListener('peer:disconnect', ({ detail }) => {
      this.#learned.delete(detail.toString())
      this.#changed()
    }, { signal })
    events.addEventListener('self:peer:update', () => { this.#moved() }, { signal })
    // a browser's page; elsewhere nobody tells it
    globalThis.addEventListener?.('online', () => { this.#refresh() }, { signal })
    await registrar.handle(MEET_PROTOCOL, (stream, connection) => {
      this.#exchange.answer(stream, connection, { signal })
        .then(link => { this.#answered(link) })
        .catch((err: unknown) => { this.#log('could not answer %p - %e', connection.remotePeer, err) })
    }, { runOnLimitedConnection: true, maxInboundStreams: MAX_INBOUND_STREAMS, maxOutboundStreams: MAX_INBOUND_STREAMS })
    this.#changed()
  }

  async stop (): Promise<void> {
    this.#running.abort(new DOMException('The node stopped', 'AbortError'))
    this.#init.clock.clearTimeout(this.#timer)
    this.#dials.stop()
    await this.#components.registrar.unhandle(MEET_PROTOCOL)
    ;[...this.#parties.keys()].forEach(party => { this.remove(party) })
  }

  /** Keeps links with this party's members from now on. */
  add (party: Meetable): void {
    this.#parties.set(party.key, party)
    const roster: Roster = {
      party: party.key,
      get size () { return party.size },
      get hosts () { return party.hosts },
      candidates: () => this.#candidatesOf(party)
    }
    this.#policy.add(roster, this.#init.clock.now())
    this.#background(this.#learnAll())
    this.#changed()
  }

  /** Its links end. */
  remove (party: OpId): void {
    this.#parties.delete(party)
    const links = [...this.#policy.linksOf(party)]
    this.#policy.remove(party)
    links.forEach(key => { this.#drop({ party, key }) })
    this.#changed()
  }

  /** Members of a party changed: who is none any more has no link. @throws {StorageError} */
  async review (party: OpId): Promise<void> {
    const meetable = this.#parties.get(party)

    for (const key of this.#policy.linksOf(party)) {
      if (meetable?.kinOf(key) == null) {
        this.#policy.ended(party, key, this.#init.clock.now())
        this.#drop({ party, key })
      }
    }

    this.#changed()
    await this.#learnAll()
    await this.#records.retain(key => [...this.#parties.values()].some(party => party.kinOf(key) != null))
  }

  /** Those with whom this node has a link in this party. */
  linksOf (party: OpId): ReadonlySet<Key> {
    return this.#policy.linksOf(party)
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

  /** Plans anew, when what happens now has happened. */
  #changed (): void {
    this.#candidates.clear()

    if (!this.#isPlanned && !this.#running.signal.aborted) {
      this.#isPlanned = true
      queueMicrotask(() => {
        this.#isPlanned = false
        this.#plan()
      })
    }
  }

  #plan (): void {
    const { clock } = this.#init

    if (this.#running.signal.aborted) {
      return
    }

    const now = clock.now()
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
          this.#policy.refused(id, key, clock.now())
        } else {
          this.#policy.linked(id, key)
          this.#hold(link)
        }
      } catch (err) {
        this.#log('a member gave no link - %e', err)
        this.#policy.refused(id, key, clock.now())
      }
    } catch (err) {
      this.#log('could not dial a member - %e', err)
      this.#policy.failed(key, clock.now())
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
    const name = `${party} ${key}`
    const streams = this.#streams.get(name) ?? new Set()
    this.#streams.set(name, streams.add(link))
    this.#background(link.ended.then((how) => {
      link.stream.abort(new DOMException('The link ended', 'AbortError'))

      if (streams.delete(link) && streams.size === 0 && this.#streams.get(name) === streams) {
        this.#streams.delete(name)
        this.#policy.ended(party, key, this.#init.clock.now(), how === 'closed')
        this.#dials.letGo(key)
        this.#told(party)
      }
    }))
    this.#told(party)
  }

  /** Ends a link that the policy has let go. */
  #drop ({ party, key }: Choice): void {
    const name = `${party} ${key}`
    const streams = [...this.#streams.get(name) ?? []]
    this.#streams.delete(name)
    streams.forEach(({ stream }) => { stream.close().catch((err: unknown) => { stream.abort(err as Error) }) })
    this.#dials.letGo(key)
    this.#told(party)
  }

  #told (party: OpId): void {
    this.safeDispatchEvent('links', { detail: party })
    this.#changed()
  }

  /** Asks for more records where too few are known. @returns When the next one is asked, ms since 1970 */
  #lookAround ({ lacking }: Plan, now: number): number | undefined {
    let next: number | undefined

    for (const party of this.#parties.values()) {
      const links = [...this.#policy.linksOf(party.key)]
      const key = links[Math.floor((this.#init.random ?? Math.random)() * links.length)]
      const isShort = lacking.includes(party.key) || this.#candidatesOf(party).length < Math.min(party.size - 1, ENOUGH)

      if (isShort && key != null) {
        const at = this.#looks.readyAt(party.key, now)

        if (at == null) {
          this.#looks.failed(party.key, now)
          this.#background(this.#look(party, key))
        }

        next = Math.min(next ?? Number.POSITIVE_INFINITY, this.#looks.readyAt(party.key, now) ?? now + 1)
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

  #candidatesOf (party: Meetable): Candidate[] {
    const known = this.#candidates.get(party.key) ?? this.#readCandidates(party)
    this.#candidates.set(party.key, known)

    return known
  }

  /** Members of whom there is a record, or who are connected. */
  #readCandidates (party: Meetable): Candidate[] {
    const connected = this.#components.connectionManager.getConnections().flatMap(({ remotePeer }) => remotePeer.type === 'Ed25519' ? [keyOf(remotePeer)] : [])

    return [...new Set([...this.#records.known(), ...connected])].filter(key => key !== party.self).flatMap((key) => {
      const is = party.kinOf(key)

      return is == null ? [] : [{ key, is }]
    })
  }

  /** Members who are connected: also those who were before they were members. */
  async #learnAll (): Promise<void> {
    await Promise.all(this.#components.connectionManager.getConnections().map(async ({ remotePeer }) => this.#learn(remotePeer)))
  }

  /** What identify was told of where a member is, once a connection: so one is found again whom nobody asked yet. */
  async #learn (peer: PeerId): Promise<void> {
    const key = peer.type === 'Ed25519' ? keyOf(peer) : undefined
    const isMember = (key: Key): boolean => [...this.#parties.values()].some(party => key !== party.self && party.kinOf(key) != null)

    if (key == null || this.#learned.has(peer.toString()) || !isMember(key)) {
      return
    }

    const record = (await this.#components.peerStore.get(peer).catch(() => undefined))?.peerRecordEnvelope

    if (record != null) {
      this.#learned.add(peer.toString())
      await this.#records.keep(record, { scope: 'all', isMember, from: key, signal: this.#running.signal })
      this.#changed()
    }
  }

  #connected (peer: PeerId): void {
    if (peer.type === 'Ed25519') {
      const key = keyOf(peer)
      this.#policy.retry(key)
      this.#background(this.#records.saw(key))
    }

    // a relay that is back: those behind it may be reached again
    const through = `/p2p/${peer.toString()}/p2p-circuit`

    for (const key of this.#records.known()) {
      if (this.#records.addresses(key).some(address => address.toString().includes(through))) {
        this.#policy.retry(key)
      }
    }

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
    this.#policy.refresh(this.#init.clock.now())
    this.#looks.clear()
    this.#changed()
  }

  #addressesNow (): string {
    return this.#components.addressManager.getAddresses().map(String).sort().join(' ')
  }

  /** Sealed anew when the addresses are others. */
  async #ownRecord (scope: Scope): Promise<Uint8Array> {
    const chosen = chooseAddresses(this.#components.addressManager.getAddresses(), scope)
    const addresses = chosen.map(String).join(' ')
    const known = this.#own.get(scope)

    if (known?.addresses === addresses) {
      return known.record
    }

    const now = BigInt(this.#init.clock.now())
    this.#sequence = now > this.#sequence ? now : this.#sequence + 1n
    const record = chosen.length === 0 ? Promise.resolve(new Uint8Array()) : sealRecord(chosen, this.#sequence, this.#components.privateKey)
    this.#own.set(scope, { addresses, record })

    return record
  }

  #background (work: Promise<void>): void {
    work.catch((err: unknown) => {
      if (!this.#running.signal.aborted) {
        this.#log('meeting goes on - %e', err)
      }
    })
  }
}
