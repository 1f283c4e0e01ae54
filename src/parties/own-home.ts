/** The home of this node's person, and the parties that this device waits to be linked into: none of them is listed. */
import { Key as StoreKey } from 'interface-datastore'
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js'
import { DamagedRecordError, OtherPersonError, StorageError } from '../errors.js'
import { keyOf, listLogs } from '../log/terms.js'
import { LocalPerson } from '../person/person.js'
import { PREFIX, readRecord, readRecords, setAside, writeBatch } from '../storage.js'
import type { LocalParty, PartyInit } from './party.js'
import type { Clock } from '../clock.js'
import type { DeviceInviteOptions, Invitation, PartiesComponents } from '../interface/index.js'
import type { AnyGrant, Key, MembershipLog, OpId, SignedOp } from '../log/index.js'
import type { Household } from '../person/household.js'
import type { PartyShelf } from '../person/interface.js'
import type { LocalRecovery } from '../person/recovery.js'
import type { RecoveryKeys } from '../person/recovery-keys.js'
import type { Fill } from '../storage.js'
import type { RecordSet } from '../sync/index.js'
import type { AbortOptions, Logger } from '@libp2p/interface'

/** Parties that this device waits to be linked into, by their keys: their logs are here, and say nothing of this device yet. */
const AWAITED = `${PREFIX}/person/awaited`

/** The home that this device was linked into, by its key; missing: it is that of its own words. */
const JOINED = new StoreKey(`${PREFIX}/person/home`)

export interface OwnHomeInit {
  components: PartiesComponents
  clock: Clock
  log: Logger
  recovery: LocalRecovery
  /** Parties that are listed. */
  parties: () => Iterable<LocalParty>
  /** A party that is in no list, and of which nobody is told; its invitations are served. */
  unlisted: (log: MembershipLog, origin: PartyInit['origin']) => Promise<LocalParty>
  /** An unlisted party that this node had before: goes on. */
  resumed: (party: LocalParty) => Promise<void>
  /** Siblings keep a log and what is beside it together. @param isSibling - Where the log does not say yet who stands */
  keep: (log: MembershipLog, records: RecordSet[] | undefined, isSibling: (key: Key) => boolean) => Promise<void>
  /** Is the party brought by the words: by a call that is under way (`now`), or by one that broke off? */
  recovering: (party: OpId) => 'now' | 'begun' | undefined
  /** The log that a recovery which broke off has begun: whoever takes it goes on with it. @throws {StorageError} */
  begun: (party: OpId) => Promise<MembershipLog | undefined>
  /** Nobody keeps it together any more. */
  leave: (party: OpId) => Promise<void>
  /** This device stands in a party that it waited for: it is one of the others. */
  list: (log: MembershipLog) => Promise<void>
  catchUp: PartyShelf['catchUp']
  invite: (home: LocalParty, options: DeviceInviteOptions) => Promise<Invitation>
  backup: (options?: AbortOptions) => Promise<Uint8Array>
  ready: (options?: AbortOptions) => Promise<void>
  /** Aborts when the node stops. */
  running: () => AbortSignal
  damaged: (errors: readonly DamagedRecordError[]) => void
}

export class OwnHome {
  readonly person: LocalPerson
  readonly #init: OwnHomeInit
  readonly #shelf: PartyShelf
  #party: LocalParty | undefined
  #household: Household | undefined
  /** In the store: two where a stop came between joining one and leaving another. */
  readonly #stored = new Map<OpId, MembershipLog>()
  /** Parties in which this device stands, and which are not listed yet: neither to be begun again nor to be forgotten. */
  readonly #arriving = new Set<OpId>()
  readonly #awaited = new Map<OpId, MembershipLog>()
  /** Logs that are being begun, or listed: nobody else opens them meanwhile. */
  readonly #pending = new Map<OpId, Promise<void>>()
  /** Of these, those that the words bring. */
  readonly #taken = new Set<OpId>()
  #marked = new Set<OpId>()
  #joined: OpId | undefined
  /** Aborts when another home takes the place of this one. */
  #current = new AbortController()
  #making: Promise<Household> | undefined

  constructor (init: OwnHomeInit) {
    const { components: { peerId, events }, recovery, ready, catchUp } = init
    this.#init = init
    this.#shelf = {
      parties: () => init.parties(),
      awaited: () => [...this.#awaited.keys(), ...this.#arriving].filter(party => !this.#taken.has(party)),
      await: async genesis => this.#await(genesis),
      forget: async party => this.#forget(party),
      isBarred: async party => init.recovering(party) === 'now' || (await import('./first-home.js')).isForgotten(init.components.datastore, party),
      catchUp
    }
    this.person = new LocalPerson({
      peerId,
      events,
      recovery,
      ready,
      shelf: this.#shelf,
      household: () => this.#household,
      makeHome: async options => this.make(options),
      invite: async options => init.invite(this.#party as LocalParty, options),
      backup: init.backup,
      voidedOf: async ({ log, voided }) => (await import('./first-party.js')).voidedOf(log, voided)
    })
    // a home is made of the words
    recovery.beforeWiping = async options => { await this.make(options) }
    recovery.ready = ready
  }

  get party (): LocalParty | undefined { return this.#party }

  /** Before the logs of the store are opened. @throws {StorageError} */
  async load (): Promise<void> {
    const { records, damaged } = await readRecords(this.#init.components.datastore, AWAITED)
    this.#marked = new Set([...records.keys(), ...damaged.keys()])
    this.#joined = await this.#readJoined()
    this.#household = undefined
  }

  /** Is this log, just opened, one that is not listed? */
  async takes (log: MembershipLog): Promise<boolean> {
    if (log.kind === 'person') {
      this.#stored.set(log.key, log)

      return true
    }

    if (!this.#marked.has(log.key)) {
      return false
    }

    if (log.personsOf(log.self).length > 0) {
      await this.#unmark(log.key)

      return false
    }

    await this.#wait(log)

    return true
  }

  /** All logs are open: goes on with the home, where there is one. @throws {StorageError} */
  async begin (): Promise<void> {
    const { recovery, components: { datastore }, damaged } = this.#init
    const stored = [...this.#stored.values()]
    const [first] = stored

    if (first == null) {
      damaged(await recovery.load())

      return
    }

    const { forgetLog, recoveryOf } = await import('./first-home.js')
    const joined = stored.find(({ key }) => key === this.#joined)
    damaged(await recovery.load(recoveryOf(joined ?? first)))
    const home = joined ?? stored.find(log => recoveryOf(log) === recovery.key) ?? first
    // a stop came between joining one and leaving another
    await recovery.adopt({ key: recoveryOf(home) })
    await Promise.all(stored.filter(log => log !== home).map(async ({ key }) => forgetLog(datastore, key)))
    await this.#open(home, 'stored')
  }

  /** The home, made of the words where there is none yet. @throws {StorageError} */
  async make (options?: AbortOptions): Promise<Household> {
    await this.#init.ready(options)

    return this.#household ?? await (this.#making ??= this.#make().finally(() => { this.#making = undefined }))
  }

  /**
   * May this device join another's home?
   *
   * @throws {OtherPersonError} It has a home with other devices, or parties whose words are not written down.
   */
  assertMayJoin (home: OpId): void {
    const { recovery, parties } = this.#init

    if (this.#party?.key === home) {
      return
    }

    if (this.person.devices.length > 1) {
      throw new OtherPersonError('This device has a person of its own, with other devices; unlink it there first, from another one of those')
    }

    const isNeeded = [...parties()].some(({ log }) => log.membersOf(log.self).some(member => member.recovery === recovery.key))

    if (!recovery.isConfirmed && isNeeded) {
      throw new OtherPersonError('This device has parties of its own whose recovery words are not written down, and would be lost; confirm them first (person.recovery), or leave those parties')
    }
  }

  /**
   * This device was linked into a home: that is its own from now on. Seats that it has stay as another person's; words
   * of its own that no seat needs are dropped.
   *
   * @throws {OtherPersonError}
   * @throws {StorageError}
   */
  async join (grant: AnyGrant): Promise<LocalParty> {
    const { components, recovery } = this.#init
    this.assertMayJoin(grant.genesis.id)

    if (this.#party?.key === grant.genesis.id) {
      await this.#party.log.rejoin(grant)

      return this.#party
    }

    const { MembershipLog, recoveryOf } = await import('./first-home.js')
    const putJoined = (key: OpId | undefined): Fill => (batch) => {
      if (key == null) {
        batch.delete(JOINED)
      } else {
        batch.put(JOINED, hexToBytes(key))
      }
    }
    const log = await MembershipLog.join(components, grant, { with: putJoined(grant.genesis.id), before: putJoined(this.#joined) })
    this.#joined = log.key
    await recovery.adopt({ key: recoveryOf(log) })
    await this.#leave()
    await this.#open(log, 'new')

    return this.party as LocalParty
  }

  /**
   * Makes the home of these words here, with this device as one of its keys. A home of other words, on which nothing rests, is left.
   *
   * @throws {DeviceUnlinkedError}
   * @throws {StorageError}
   */
  async become (keys: RecoveryKeys, options?: AbortOptions): Promise<void> {
    const { recovery, components } = this.#init
    const { homeKeyOf, linkFirst, makeHome, MembershipLog } = await import('./first-home.js')
    const { publicOf } = await import('../person/recovery-keys.js')
    const person = await publicOf(keys)
    const key = homeKeyOf(person.key)
    await this.#making?.catch(() => { /* the next call makes it */ })

    if (this.#party?.key === key) {
      await linkFirst(this.#party.log, components.privateKey, keys.privateKey, options)
      await recovery.adopt(person, options)

      return
    }

    // one that broke off in its midst
    const isBegun = (await listLogs(components.datastore)).includes(key)
    const home = isBegun ? await MembershipLog.open(components, key) : await makeHome(components, keys.privateKey, options)
    await linkFirst(home, components.privateKey, keys.privateKey, options)
    // before the words are another person's: of two homes the next start takes that of the others
    await this.#leave()
    await recovery.adopt(person, options)
    await this.#open(home, 'new')
  }

  /** The log of a party for which this device waits: whoever takes it lists it, once this device stands there. */
  async take (party: OpId): Promise<MembershipLog | undefined> {
    await this.#pending.get(party)?.catch(() => { /* then there is none */ })
    const log = this.#awaited.get(party)

    if (log != null) {
      this.#taken.add(party)
    }

    return log
  }

  /** The words bring nothing any more: what they did not bring is awaited as before. */
  recovered (): void {
    this.#taken.clear()
    this.follow()
  }

  /** Something changed in the parties that are listed. */
  follow (): void {
    for (const { key } of this.#init.parties()) {
      this.#arriving.delete(key)
    }

    this.#household?.links.look()
    this.person.follow()
  }

  /** What was being written is written when it resolves. */
  async stop (): Promise<void> {
    await this.#household?.links.idle()
    await this.#party?.stop()
    await Promise.all([...this.#awaited.values()].map(async log => log.close()))
    this.#awaited.clear()
    this.#arriving.clear()
    this.#taken.clear()
    this.#stored.clear()
  }

  /** The home that this device has gives way to another one. */
  async #leave (): Promise<void> {
    const { components, leave } = this.#init
    const before = this.#party

    if (before != null) {
      const { forgetLog } = await import('./first-home.js')
      await Promise.all(before.invitations.getSnapshot().map(async invitation => invitation.cancel()))
      this.#current.abort()
      await this.#household?.links.idle()
      this.#household = undefined
      this.#party = undefined
      await leave(before.key)
      await before.stop()
      await forgetLog(components.datastore, before.key)
    }
  }

  async #readJoined (): Promise<OpId | undefined> {
    const { components: { datastore }, damaged } = this.#init

    try {
      const joined = await readRecord(datastore, JOINED)

      return joined == null ? undefined : bytesToHex(joined)
    } catch (err) {
      if (!(err instanceof DamagedRecordError)) {
        throw err
      }

      // the recovery key tells it, too
      damaged(await setAside(datastore, [JOINED.toString()]))

      return undefined
    }
  }

  /** The store is to be wiped: this device is nobody's, until the next start of a home. @param letGo - Ends what is open of the home */
  async forget (letGo: (home: LocalParty) => Promise<void>): Promise<void> {
    const home = this.#party
    this.#current.abort()
    await this.#household?.links.idle()
    this.#household = undefined
    this.#party = undefined

    for (const log of this.#awaited.values()) {
      await this.#init.leave(log.key)
      await log.close()
    }

    this.#awaited.clear()
    this.#arriving.clear()
    this.#taken.clear()
    await (home == null ? undefined : letGo(home))
  }

  /** A code of a party was typed here in which the person is by another device: what was forgotten comes back from there. @throws {StorageError} */
  async remember (): Promise<void> {
    await (await import('./first-home.js')).deleteAllForgotten(this.#init.components.datastore)
    this.follow()
  }

  async #make (): Promise<Household> {
    const { recovery, components } = this.#init
    const keys = await recovery.keys()

    if (keys == null) {
      throw new StorageError('The home of this person is not in the store any more; recover with the words')
    }

    const { homeKeyOf, linkFirst, makeHome, MembershipLog } = await import('./first-home.js')
    const key = homeKeyOf(keyOf(keys.privateKey))
    // a stop, or a full disk, may have come after its first op
    const isBegun = (await listLogs(components.datastore)).includes(key)
    const home = isBegun ? await MembershipLog.open(components, key) : await makeHome(components, keys.privateKey)
    await linkFirst(home, components.privateKey, keys.privateKey)

    return this.#open(home, isBegun ? 'stored' : 'new')
  }

  async #open (home: MembershipLog, origin: PartyInit['origin']): Promise<Household> {
    const { components, clock, log, recovery, running, unlisted, resumed, keep, damaged } = this.#init
    const { Household } = await import('./first-home.js')
    this.#current.abort()
    this.#current = new AbortController()

    if (this.#party?.key === home.key) {
      await resumed(this.#party)
    } else {
      this.#party = await unlisted(home, origin)
    }

    const { datastore, privateKey, connectionManager } = components
    const household = new Household(this.#party.log, {
      datastore, privateKey, connectionManager, clock, recovery, log, shelf: this.#shelf, signal: AbortSignal.any([running(), this.#current.signal]), changed: () => { this.person.follow() }
    })
    damaged(await household.load())
    await keep(this.#party.log, [household.records], key => !household.home.synced && household.home.keysOf(household.seat).includes(key))
    this.#household = household
    this.follow()

    return household
  }

  /** Begins the log of a sibling's party. @throws {ProtocolError} @throws {StorageError} */
  async #await (genesis: SignedOp): Promise<void> {
    const { opIdOf } = await import('./first-home.js')
    const party = opIdOf(genesis.body)
    const recovering = this.#init.recovering(party)

    // it came meanwhile
    if (this.#pending.has(party) || this.#awaited.has(party) || this.#arriving.has(party) || recovering === 'now' || [...this.#init.parties()].some(({ key }) => key === party)) {
      return
    }

    await this.#during(party, this.#begin(party, genesis, recovering === 'begun'))
  }

  /** @param isBegun - A recovery has begun it, and broke off */
  async #begin (party: OpId, genesis: SignedOp, isBegun: boolean): Promise<void> {
    const { components, begun } = this.#init
    const { deleteBegun, MembershipLog, putBegun } = await import('./first-home.js')
    const known = isBegun ? await begun(party) : undefined
    // one without either mark is a party of this node
    const mark: Fill = (batch) => {
      batch.put(markOf(party), new Uint8Array())
      deleteBegun(batch, party)
    }
    const before: Fill = (batch) => {
      if (isBegun) {
        batch.delete(markOf(party))
        putBegun(batch, party)
      }
    }
    await (known == null ? undefined : writeBatch(components.datastore, mark, { before }))
    await this.#wait(known ?? await MembershipLog.begin(components, genesis, { with: mark, before }))
  }

  async #during (party: OpId, work: Promise<void>): Promise<void> {
    this.#pending.set(party, work)

    try {
      await work
    } finally {
      this.#pending.delete(party)
    }
  }

  /** Until it says that this device stands. */
  async #wait (log: MembershipLog): Promise<void> {
    this.#awaited.set(log.key, log)
    log.addEventListener('members', () => {
      if (log.member(log.self) == null || !this.#awaited.delete(log.key)) {
        return
      }

      this.#arriving.add(log.key)

      if (!this.#taken.has(log.key)) {
        this.#during(log.key, this.#arrive(log)).catch((err: unknown) => { this.#init.log.error('a party that this device was linked into is not listed before the next start - %e', err) })
      }
    }, { signal: this.#init.running() })
    await this.#init.keep(log, undefined, key => this.#household?.records.of(key, log.key)?.kind === 'seat')
  }

  async #arrive (log: MembershipLog): Promise<void> {
    await this.#init.list(log)
    await this.#unmark(log.key)
    this.follow()
  }

  async #unmark (party: OpId): Promise<void> {
    this.#marked.delete(party)
    await writeBatch(this.#init.components.datastore, (batch) => { batch.delete(markOf(party)) }, { before: (batch) => { batch.put(markOf(party), new Uint8Array()) } })
  }

  async #forget (party: OpId): Promise<void> {
    const { forgetLog } = await import('./first-home.js')
    const log = this.#awaited.get(party)

    // it came meanwhile
    if (log == null) {
      return
    }

    this.#awaited.delete(party)
    await this.#init.leave(party)
    await log.close()
    await forgetLog(this.#init.components.datastore, party, (batch) => { batch.delete(markOf(party)) })
  }
}

function markOf (party: OpId): StoreKey {
  return new StoreKey(`${AWAITED}/${party}`)
}
