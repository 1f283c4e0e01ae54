/**
 * Keeps the devices of a home linked in each other's parties (docs/persons.md, "Linked everywhere"): looks, whenever
 * something changed, at what is not yet as it should be, and does the next step of it. So it goes on after a stop at any point.
 */
import { delay } from '../async/clock.js'
import { linkBytes } from '../log/acceptance.js'
import { personIdOf } from '../log/op.js'
import { MAX_ACCEPTED } from './device-record.js'
import { homeKeys, keysToUnlink, seatOf } from './seats.js'
import type { Clock } from '../async/clock.js'
import type { Awaited, DeviceFact, Seat } from './device-record.js'
import type { DeviceRecords } from './device-records.js'
import type { PartyShelf, SeatedParty } from './interface.js'
import type { HomeKeys } from './seats.js'
import type { BackupKey } from './recovery-keys.js'
import type { Key, MembershipLog, OpId } from '../log/index.js'
import type { Logger, PrivateKey } from '@libp2p/interface'

/** How long it waits after something failed, as on a full disk, before it looks again, ms. */
const RETRY = 10_000

export interface LinksInit {
  home: MembershipLog
  records: DeviceRecords
  privateKey: PrivateKey
  shelf: PartyShelf
  clock: Clock
  log: Logger
  /** The person's backup key, if this device knows it. */
  backup: () => BackupKey | undefined
  signal: AbortSignal
}

export class Links {
  readonly #init: LinksInit
  readonly #self: Key
  /** By party and who is to link: an acceptance is the same each time. */
  readonly #accepted = new Map<string, Uint8Array>()
  /** What could not be done, and would not be another time: LINKs that a sibling did not agree to. */
  readonly #vain = new Set<string>()
  readonly #watched = new WeakSet<MembershipLog>()
  #isDue = false
  #work: Promise<void> | undefined

  constructor (init: LinksInit) {
    this.#init = init
    this.#self = init.home.self
    const { home, records, signal } = init
    const look = (): void => { this.look() }
    home.addEventListener('members', look, { signal })
    home.addEventListener('ops', look, { signal })
    records.addEventListener('change', look, { signal })
  }

  /** Something changed. */
  look (): void {
    this.#isDue = true
    this.#work ??= this.#run().finally(() => { this.#work = undefined })
  }

  /** Resolves when there is nothing to do any more, for now. */
  async idle (): Promise<void> {
    await this.#work
  }

  async #run (): Promise<void> {
    const { clock, log, signal } = this.#init

    while (this.#isDue && !signal.aborted) {
      this.#isDue = false

      try {
        await this.#step()
      } catch (err) {
        log('devices are not linked everywhere yet - %e', err)
        this.#isDue = true
        await delay(clock, RETRY, signal).catch(() => {})
      }
    }
  }

  async #step (): Promise<void> {
    const { home, shelf, records } = this.#init
    const keys = homeKeys(home)
    const parties = [...shelf.parties()]
    parties.forEach(({ log }) => { this.#watch(log) })

    // an unlinked device does nothing, nor one whose LINK is still coming in
    if (!keys.standing.has(this.#self) || !home.synced) {
      return
    }

    // whoever is alone tells nobody
    if (records.devices.length > 1) {
      await records.say(() => this.#toSay(keys, parties))
      await this.#await(keys, parties)
    }

    await Promise.all(parties.map(async party => this.#follow(keys, party)))
  }

  /** What of this device's records is not as it should be. */
  #toSay ({ recovery }: HomeKeys, parties: readonly SeatedParty[]): DeviceFact[] {
    const { records, clock, backup } = this.#init
    const facts: DeviceFact[] = []
    const own = records.factsOf(this.#self)
    const known = backup()

    if (own == null || (own.backup == null && known != null)) {
      facts.push({ ...own ?? { kind: 'device', name: '', addedAt: clock.now() }, ...known == null ? {} : { backup: known } })
    }

    for (const { log } of parties) {
      const said = records.of(this.#self, log.key)
      const seat = seatOf(log, this.#self, recovery)

      if (seat != null && said?.kind !== 'seat') {
        facts.push({ kind: 'seat', party: log.key, genesis: log.genesis.signed, first: seat.key })
      } else if (seat == null && log.synced && said?.kind === 'seat') {
        facts.push({ kind: 'gone', party: log.key })
      }
    }

    return facts
  }

  /** Agrees to be linked where siblings stand, and begins those logs. */
  async #await (keys: HomeKeys, parties: readonly SeatedParty[]): Promise<void> {
    const { shelf, records } = this.#init
    const here = new Map(parties.map(({ log }) => [log.key, log]))
    const seats = [...records.all()].filter((one): one is { device: Key, fact: Seat } => one.fact.kind === 'seat' && this.#lacks(here.get(one.fact.party), one.fact, keys))
    const byParty = Map.groupBy(seats, ({ fact }) => fact.party)

    for (const party of byParty.keys()) {
      if (!here.has(party) && await shelf.isBarred(party)) {
        byParty.delete(party)
      }
    }

    const awaited = new Set(shelf.awaited())
    const facts: DeviceFact[] = []

    for (const [party, siblings] of byParty) {
      const fact = await this.#acceptance(party, keys, siblings)
      const said = records.of(this.#self, party)

      if (said?.kind !== 'awaited' || !isSame(said.accepted, fact.accepted)) {
        facts.push(fact)
      }
    }

    await records.say(() => facts)
    await Promise.all([...byParty].filter(([party]) => !awaited.has(party) && !here.has(party)).map(async ([, [sibling]]) => {
      if (sibling != null) {
        await shelf.await(sibling.fact.genesis).catch((err: Error) => {
          // a sibling that says what is not so keeps others waiting for nothing
          if (err.name !== 'ProtocolError') {
            throw err
          }
        })
      }
    }))

    const vain = [...records.all()].filter(({ device, fact }) => device === this.#self && fact.kind === 'awaited' && !byParty.has(fact.party) && here.get(fact.party) == null)
    await records.say(() => vain.map(({ fact: { party } }) => ({ kind: 'gone', party })))

    for (const party of awaited) {
      if (!byParty.has(party)) {
        await shelf.forget(party)
      }
    }
  }

  /** Could it be linked into this seat? */
  #lacks (log: MembershipLog | undefined, { first }: Seat, { recovery }: HomeKeys): boolean {
    return log == null || (log.synced && seatOf(log, this.#self, recovery) == null && !log.keyRecordsOf(personIdOf(first, recovery)).some(({ key }) => key === this.#self))
  }

  async #acceptance (party: OpId, { recovery }: HomeKeys, siblings: ReadonlyArray<{ device: Key, fact: Seat }>): Promise<Awaited> {
    const accepted = await Promise.all(siblings.slice(0, MAX_ACCEPTED).map(async ({ device, fact: { first } }): Promise<[Key, Uint8Array]> => {
      const name = `${party} ${first} ${device}`
      // the seat's own recovery key is part of what is signed: it is this home's, or the acceptance is worth nothing
      const acceptance = this.#accepted.get(name) ?? Uint8Array.from(await this.#init.privateKey.sign(linkBytes(party, personIdOf(first, recovery), device)))
      this.#accepted.set(name, acceptance)

      return [device, acceptance]
    }))

    return { kind: 'awaited', party, accepted: new Map(accepted) }
  }

  /** In one party: siblings that agreed are linked, and who was unlinked at home is unlinked here. */
  async #follow (keys: HomeKeys, party: SeatedParty): Promise<void> {
    const { log } = party
    const seat = seatOf(log, this.#self, keys.recovery)

    if (seat == null || !log.synced) {
      return
    }

    const records = log.keyRecordsOf(seat.person)
    const named = new Set(records.map(({ key }) => key))
    const own = records.find(({ key }) => key === this.#self)?.class ?? Infinity

    for (const { key, class: theirs = 0 } of keysToUnlink(records, keys, keys.unlinked)) {
      if (own < theirs) {
        await party.freshen()
        await log.append('UNLINK', { key }, { speaker: seat.person, rekey: await party.rotation() })
      }
    }

    for (const key of keys.standing) {
      const said = this.#init.records.of(key, log.key)
      const acceptance = said?.kind === 'awaited' ? said.accepted.get(this.#self) : undefined

      // one that was unlinked in any party, as after a recovery, comes into no other
      if (acceptance != null && !named.has(key) && !this.#isOut(key, keys)) {
        await this.#link(party, key, acceptance)
      }
    }
  }

  /** Was this key unlinked in a party of this person? */
  #isOut (key: Key, { recovery }: HomeKeys): boolean {
    return [...this.#init.shelf.parties()].some(({ log }) => {
      const seat = seatOf(log, this.#self, recovery)

      return seat != null && log.keyRecordsOf(seat.person).some(record => record.key === key && !record.stands)
    })
  }

  async #link (party: SeatedParty, key: Key, acceptance: Uint8Array): Promise<void> {
    const { log } = party
    const name = `${log.key} ${key} ${acceptance.join()}`

    if (this.#vain.has(name)) {
      return
    }

    await party.freshen()
    // another device may have linked it meanwhile, and this one may have been unlinked
    const { recovery, standing } = homeKeys(this.#init.home)
    const seat = seatOf(log, this.#self, recovery)

    if (seat == null || !standing.has(key) || !standing.has(this.#self) || log.keyRecordsOf(seat.person).some(other => other.key === key)) {
      return
    }

    try {
      await log.append('LINK', { key, acceptance }, { speaker: seat.person })
    } catch (err) {
      if ((err as Error).name !== 'ProtocolError' && (err as Error).name !== 'NotPermittedError') {
        throw err
      }

      this.#init.log('a device is not linked in %s - %e', log.key, err)
      this.#vain.add(name)
    }
  }

  /** Looks again when something changes in a party. */
  #watch (log: MembershipLog): void {
    if (!this.#watched.has(log)) {
      this.#watched.add(log)
      log.addEventListener('members', () => { this.look() }, { signal: this.#init.signal })
    }
  }
}

function isSame (one: ReadonlyMap<Key, Uint8Array>, other: ReadonlyMap<Key, Uint8Array>): boolean {
  return one.size === other.size && [...one].every(([key, bytes]) => other.get(key)?.every((byte, i) => byte === bytes[i]) === true)
}
