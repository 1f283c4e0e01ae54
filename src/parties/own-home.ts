/** The home of this node's person: made of the words, joined, or read back; it is in no list of parties. */
import { StorageError } from '../errors.js'
import { LocalPerson } from '../person/person.js'
import { assertMayLeave, putJoined, readJoined } from './joined-home.js'
import { deleteMarks, isMarked } from './marks.js'
import type { AwaitedParties } from './awaited-parties.js'
import type { OpenHome, OpenHomeInit } from './open-home.js'
import type { LocalParty, PartyInit } from './party.js'
import type { DeviceInviteOptions, Invitation } from '../interface/index.js'
import type { AnyGrant, MembershipLog, OpId } from '../log/index.js'
import type { Household } from '../person/household.js'
import type { PartyShelf } from '../person/interface.js'
import type { RecoveryKeys } from '../person/recovery-keys.js'
import type { AbortOptions } from '@libp2p/interface'

export interface OwnHomeInit extends Omit<OpenHomeInit, 'shelf' | 'changed'> {
  /** Parties that are listed. */
  parties: () => Iterable<LocalParty>
  /** A party that is in no list, and of which nobody is told; its invitations are served. */
  unlisted: (log: MembershipLog, origin: PartyInit['origin']) => Promise<LocalParty>
  /** An unlisted party that this node had before: goes on. */
  resumed: (party: LocalParty) => Promise<void>
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
  /** Homes are made, joined and left one after the other. */
  inTurn: <T> (change: () => Promise<T>) => Promise<T>
}

export class OwnHome {
  readonly person: LocalPerson
  readonly #init: OwnHomeInit
  readonly #shelf: PartyShelf
  #home: OpenHome | undefined
  /** In the store: two where a stop came between joining one and leaving another. */
  readonly #stored = new Map<OpId, MembershipLog>()
  /** Parties that this device waits for, once there was one. */
  #awaited: AwaitedParties | undefined
  /** Those that were in the store. */
  #marked: ReadonlySet<OpId> = new Set()
  #joined: OpId | undefined

  constructor (init: OwnHomeInit) {
    const { components: { peerId, events }, recovery, ready, catchUp } = init
    this.#init = init
    this.#shelf = {
      parties: () => init.parties(),
      awaited: () => this.#awaited?.keys ?? [],
      await: async genesis => (await this.#loadAwaited()).begin(genesis),
      forget: async party => this.#awaited?.forget(party),
      isBarred: async party => init.recovering(party) === 'now' || isMarked(init.components.datastore, 'forgotten', party),
      catchUp
    }
    this.person = new LocalPerson({
      peerId,
      events,
      recovery,
      ready,
      shelf: this.#shelf,
      household: () => this.#home?.household,
      makeHome: async options => this.make(options),
      invite: async options => init.invite(this.party as LocalParty, options),
      backup: init.backup,
      voidedOf: async ({ log, voided }) => (await import('./first-party.js')).voidedOf(log, voided)
    })
    // a home is made of the words
    recovery.beforeWiping = async options => { await this.make(options) }
    recovery.ready = ready
  }

  get party (): LocalParty | undefined { return this.#home?.party }

  /** Before the logs of the store are opened. @param awaited - Parties that this device waits for @throws {StorageError} */
  async load (awaited: ReadonlySet<OpId>): Promise<void> {
    this.#marked = awaited
    this.#joined = await readJoined(this.#init.components.datastore, this.#init.damaged)
    this.#home?.reset()
  }

  /** Is this log, just opened, one that is not listed? @throws {StorageError} */
  async takes (log: MembershipLog): Promise<boolean> {
    if (log.kind === 'person') {
      this.#stored.set(log.key, log)

      return true
    }

    return this.#marked.has(log.key) && (await this.#loadAwaited()).takes(log)
  }

  /** All logs are open: goes on with the home, where there is one. @throws {StorageError} */
  async begin (): Promise<void> {
    const [first, ...others] = this.#stored.values()

    if (first == null) {
      this.#init.damaged(await this.#init.recovery.load())

      return
    }

    const { storedHome } = await import('./first-home.js')
    const home = await storedHome([first, ...others], this.#joined, this.#init)
    await this.#open(home, 'stored')
  }

  /** The home, made of the words where there is none yet. @throws {StorageError} */
  async make (options?: AbortOptions): Promise<Household> {
    await this.#init.ready(options)

    return this.#home?.household ?? this.#init.inTurn(async () => this.#home?.household ?? this.#make())
  }

  /**
   * May this device join another's home?
   *
   * @throws {OtherPersonError} It has a home with other devices, or parties whose words are not written down.
   */
  assertMayJoin (home: OpId): void {
    const { recovery, parties } = this.#init

    if (this.party?.key !== home) {
      assertMayLeave({ devices: this.person.devices, recovery, parties: parties() })
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

    if (this.party?.key === grant.genesis.id) {
      await this.party.log.rejoin(grant)

      return this.party
    }

    const { MembershipLog, recoveryOf } = await import('./first-home.js')
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
    const { homeKeyOf, linkFirst, openHome } = await import('./first-home.js')
    const { publicOf } = await import('../person/recovery-keys.js')
    const person = await publicOf(keys)
    const key = homeKeyOf(person.key)

    if (this.party?.key === key) {
      await linkFirst(this.party.log, components.privateKey, keys.privateKey, options)
      await recovery.adopt(person, options)

      return
    }

    const { home } = await openHome(components, keys.privateKey, options)
    // before the words are another person's: of two homes the next start takes that of the others
    await this.#leave()
    await recovery.adopt(person, options)
    await this.#open(home, 'new')
  }

  /** The log of a party for which this device waits: whoever takes it lists it, once this device stands there. */
  async take (party: OpId): Promise<MembershipLog | undefined> {
    return this.#awaited?.take(party)
  }

  /** The words bring nothing any more: what they did not bring is awaited as before. */
  recovered (): void {
    this.#awaited?.recovered()
    this.follow()
  }

  /** Something changed in the parties that are listed. */
  follow (): void {
    this.#awaited?.listed(this.#init.parties())
    this.#home?.household?.links.look()
    this.person.follow()
  }

  /** What was being written is written when it resolves. */
  async stop (): Promise<void> {
    await this.#home?.household?.links.idle()
    await this.party?.stop()
    await this.#awaited?.stop()
    this.#stored.clear()
  }

  /** The home that this device has gives way to another one. */
  async #leave (): Promise<void> {
    const { components, leave } = this.#init
    const before = this.#home

    if (before != null) {
      const { forgetLog } = await import('./first-home.js')
      const { party } = before
      await Promise.all(party.invitations.getSnapshot().map(async invitation => invitation.cancel()))
      await before.end()
      this.#home = undefined
      await leave(party.key)
      await party.stop()
      await forgetLog(components.datastore, party.key)
    }
  }

  /** The store is to be wiped: this device is nobody's, until the next start of a home. @param letGo - Ends what is open of the home */
  async forget (letGo: (home: LocalParty) => Promise<void>): Promise<void> {
    const home = this.#home
    await home?.end()
    this.#home = undefined
    this.#stored.clear()

    await this.#awaited?.letGo()
    await (home == null ? undefined : letGo(home.party))
  }

  /** A code of a party was typed here in which the person is by another device: what was forgotten comes back from there. @throws {StorageError} */
  async remember (): Promise<void> {
    await deleteMarks(this.#init.components.datastore, 'forgotten')
    this.follow()
  }

  async #make (): Promise<Household> {
    const { recovery, components } = this.#init
    const keys = await recovery.keys()

    if (keys == null) {
      throw new StorageError('The home of this person is not in the store any more; recover with the words')
    }

    const { openHome } = await import('./first-home.js')
    const { home, origin } = await openHome(components, keys.privateKey)

    return this.#open(home, origin)
  }

  async #open (home: MembershipLog, origin: PartyInit['origin']): Promise<Household> {
    const { unlisted, resumed } = this.#init
    const { OpenHome } = await import('./first-home.js')
    this.#home?.abort()

    if (this.#home?.party.key === home.key) {
      await resumed(this.#home.party)
    } else {
      this.#home = new OpenHome(await unlisted(home, origin), { ...this.#init, shelf: this.#shelf, changed: () => { this.person.follow() } })
    }

    const household = await this.#home.begin()
    this.follow()

    return household
  }

  async #loadAwaited (): Promise<AwaitedParties> {
    const init = this.#init
    const { AwaitedParties } = await import('./first-home.js')

    return this.#awaited ??= new AwaitedParties({
      components: init.components,
      log: init.log,
      recovering: init.recovering,
      begun: init.begun,
      isListed: party => [...init.parties()].some(({ key }) => key === party),
      keep: async log => init.keep(log, undefined, key => this.#home?.household?.records.of(key, log.key)?.kind === 'seat'),
      leave: init.leave,
      list: init.list,
      running: init.running
    })
  }
}
