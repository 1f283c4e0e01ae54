/** What a node's parties are composed of; and what goes through several of these parts: a load, a join, a reset. */
import { Admission } from '../admission/admission.js'
import { systemClock } from '../async/clock.js'
import { listLogs } from '../log/terms.js'
import { protocolsOf } from '../network/protocols.js'
import { LocalRecovery } from '../person/recovery.js'
import { checkVersion, syncTo } from '../storage/records.js'
import { OPS } from '../sync/constants.js'
import { Forgetter } from './forgetter.js'
import { Loading } from './loading.js'
import { readMarks } from './marks.js'
import { MemberNetwork } from './member-network.js'
import { partyMetrics } from './metrics.js'
import { OwnHome } from './own-home.js'
import { PartyTable } from './party-table.js'
import { Profiles } from './profiles.js'
import { RecoveryAccess } from './recovery-access.js'
import type { JoinInit } from '../admission/joining.js'
import type { DamagedRecordError } from '../errors.js'
import type { PartiesComponents, PartiesInit, Party, Profile } from '../interface/index.js'
import type { Keyring } from '../keys/keyring.js'
import type { AnyGrant, AnyOp, OpId } from '../log/index.js'
import type { App } from './app.js'
import type { LocalParty } from './party.js'
import type { AbortOptions, Logger } from '@libp2p/interface'

/** How long an unlinking waits for what others have, ms. */
const CATCH_UP_TIMEOUT = 3_000

export class Composition {
  readonly loading: Loading
  readonly profiles: Profiles
  readonly network: MemberNetwork
  readonly admission: Admission
  readonly parties: PartyTable
  readonly home: OwnHome
  readonly recoveries: RecoveryAccess
  readonly forgetter: Forgetter
  /** Of this node's person. */
  readonly #recovery: LocalRecovery
  readonly #components: PartiesComponents
  readonly #log: Logger
  readonly #app: App
  #damaged: DamagedRecordError[] = []
  #resetting: Promise<void> | undefined

  constructor (components: PartiesComponents, init: PartiesInit, app: App) {
    const { stepTimeout = 10_000, pinTimeout = 300_000, approvalTimeout = 600_000, connectTimeout = 30_000, clock = systemClock, linkBase, meet = true, durability = 'disk' } = init
    const { datastore } = components
    const rendezvous = (init.rendezvous ?? []).map(create => create(components))
    const protocols = protocolsOf(init)
    const log = components.logger.forComponent('plus-one:parties')
    const loading = new Loading(async () => this.#load(), log)
    const ready = async (options?: AbortOptions): Promise<void> => loading.ready(options)
    const running = (): AbortSignal => loading.signal
    const damaged = (errors: readonly DamagedRecordError[]): void => { this.#tellDamaged(errors) }
    // of this node's person: its key is part of each seat that is taken here
    const recovery = this.#recovery = new LocalRecovery(datastore)
    const profiles = new Profiles(components, init.profile)
    const metrics = partyMetrics(components.metrics, () => this.parties.all)
    syncTo(datastore, durability === 'disk')
    this.#components = components
    this.#log = log
    this.#app = app
    this.loading = loading
    this.profiles = profiles
    const network = this.network = new MemberNetwork(components, {
      protocols,
      clock,
      rendezvous,
      meet,
      logs: () => this.parties.logs,
      keyring: async party => this.#keyring(party),
      ready
    })
    const admission = this.admission = new Admission(components, {
      stepTimeout,
      pinTimeout,
      approvalTimeout,
      connectTimeout,
      clock,
      linkBase,
      protocols,
      rendezvous,
      profiles,
      recovery: () => recovery.key,
      isMember: key => this.parties.logs.some(log => log.member(key) != null),
      ready,
      join: async (grant, init) => this.#join(grant, init),
      assertMayJoin: (home) => { this.home.assertMayJoin(home) },
      isElsewhere: () => { this.home.remember().catch((err: unknown) => { log.error('a party that was forgotten does not come back - %e', err) }) },
      ownParty: (genesis) => {
        const party = this.#known(genesis)

        return party?.role == null ? undefined : party
      },
      onInvitation: (invitation) => { app.safeDispatchEvent('invitation', { detail: invitation }) },
      onReceived: (invitation) => { app.safeDispatchEvent('received', { detail: invitation }) }
    })
    this.parties = new PartyTable({
      components,
      clock,
      log,
      loading,
      admission,
      network,
      profiles,
      metrics,
      app,
      recovery: () => recovery.key,
      isUnlisted: async log => this.home.takes(log),
      onParty: () => { this.home.follow() },
      onMembers: () => { this.home.person.follow() },
      forget: async (party, options) => this.forgetter.forget(party, options),
      damaged
    })
    this.forgetter = new Forgetter({
      components,
      admission,
      network,
      profiles,
      parties: this.parties,
      hasSiblings: () => this.home.person.devices.length > 1,
      onForgotten: (party) => {
        if (party.log.kind !== 'person') {
          app.safeDispatchEvent('forgotten', { detail: party })
        }
      },
      log
    })
    this.home = new OwnHome({
      components,
      clock,
      log,
      recovery,
      parties: () => this.parties.all,
      unlisted: async (log, origin) => this.parties.unlisted(log, origin),
      resumed: async party => this.parties.resume(party),
      keep: async (log, records, isSibling) => this.parties.keep(log, { isSibling, records }),
      recovering: party => this.recoveries.recovering(party),
      begun: async party => this.recoveries.release(party),
      leave: async party => network.forget(party),
      list: async (log) => { await loading.changing(async () => this.parties.add(log, 'new', true)) },
      catchUp: async (party, options) => network.sync.catchUp(party, CATCH_UP_TIMEOUT, options),
      invite: async (home, options) => admission.invite(home, options),
      backup: async options => this.recoveries.backup(recovery.backupKey, options),
      ready,
      inTurn: async change => loading.inTurn(change),
      running,
      damaged
    })
    this.recoveries = new RecoveryAccess(components, {
      protocol: protocols.recover,
      clock,
      connectTimeout,
      admission,
      network,
      rendezvous,
      running,
      logs: () => [...this.parties.logs, ...this.home.party == null ? [] : [this.home.party.log]],
      ready,
      person: () => ({ key: recovery.key, isUsed: recovery.isConfirmed || this.parties.all.some(({ role }) => role != null) }),
      awaited: async party => this.home.take(party),
      onEnd: () => { this.home.recovered() },
      become: async (keys, options) => loading.inTurn(async () => this.home.become(keys, options)),
      keyring: async party => this.#keyring(party),
      add: async log => this.parties.get(log.key) ?? this.parties.add(log, 'new')
    })
    profiles.addEventListener('change', ({ detail: { key } }) => { this.parties.all.forEach((party) => { party.showed(key) }) })
    network.sync.addEventListener('progress', ({ detail: { party, set, items } }) => { if (set === OPS) { this.#known(party)?.progressed(items) } })
    network.sync.addEventListener('agreed', ({ detail: { party, peer } }) => {
      metrics?.sync.increment({ agreed: true })
      this.#known(party)?.agreed(peer)
    })
    network.sync.addEventListener('refused', ({ detail: { party, peer, ...reason } }) => {
      metrics?.sync.increment({ refused: true })
      this.parties.get(party)?.refused(reason, peer)
    })
  }

  /** Since the last start, or reset. */
  get damaged (): readonly DamagedRecordError[] { return this.#damaged }

  /** A start begins: nothing is loaded yet. */
  begin (): void {
    this.#damaged = []
    this.parties.begin()
  }

  /** Resolves when a reset that was begun has ended. */
  async settled (): Promise<void> {
    await this.#resetting?.catch(() => {})
  }

  /** @throws as `Parties.setProfile` */
  async setProfile (profile: Profile): Promise<void> {
    await this.profiles.setProfile(profile, this.#recovery.key)
  }

  /** @throws as `Parties.reset` */
  async reset (options?: AbortOptions): Promise<void> {
    await this.loading.call(options, async () => {
      await (this.#resetting ??= this.#wipe(options).finally(() => { this.#resetting = undefined }))
    })
  }

  async #load (): Promise<void> {
    const { signal } = this.loading
    const { datastore } = this.#components
    await checkVersion(datastore)
    const { awaited, begun, forgetting } = await this.forgetter.begin(await readMarks(datastore))
    this.#tellDamaged(await this.profiles.load())
    await this.admission.open()
    await this.home.load(awaited)
    this.recoveries.load(begun)
    const keys = new Set((await listLogs(datastore)).filter(key => !begun.has(key) && !forgetting.has(key)))

    // another tab has forgotten it
    for (const party of this.parties.all.filter(({ key }) => !keys.has(key))) {
      await this.forgetter.letGo(party)
    }

    await this.parties.restore(keys, signal)

    // the rest is loaded by the next start
    if (!signal.aborted) {
      await this.forgetter.goOn()
      await this.home.begin()
      await this.profiles.begin(this.#recovery.key, this.home.person.devices.length > 1)
    }
  }

  async #wipe (options?: AbortOptions): Promise<void> {
    await this.forgetter.markAll(options)
    const again = this.loading.hold()
    await this.loading.idle()
    await Promise.all(this.parties.all.map(async party => this.forgetter.letGo(party)))
    await this.home.forget(async home => this.forgetter.letGo(home))
    await this.admission.reset()
    this.loading.renew('The node was reset')
    this.recoveries.reset()
    this.begin()
    // it finds the mark
    again.resolve(this.loading.load())
    await again.promise
  }

  async #join (grant: AnyGrant | AnyOp<'GENESIS'>, init: JoinInit): Promise<Party> {
    await this.loading.ready()

    if ('genesis' in grant && grant.admit.kind === 'LINK') {
      return this.loading.inTurn(async () => this.home.join(grant))
    }

    await this.forgetter.settled('genesis' in grant ? grant.genesis.id : grant.id)

    return this.parties.join(grant, init)
  }

  /** @throws {StorageError} */
  async #keyring (party: OpId): Promise<Keyring | undefined> {
    return (await this.#known(party)?.keys())?.keyring
  }

  /** A party, or the home, by its key. */
  #known (key: OpId): LocalParty | undefined {
    const { party } = this.home

    return this.parties.get(key) ?? (party?.key === key ? party : undefined)
  }

  #tellDamaged (errors: readonly DamagedRecordError[]): void {
    this.#damaged.push(...errors)

    for (const error of errors) {
      this.#log.error('%s', error.message)
      this.#app.safeDispatchEvent('damaged', { detail: error })
    }
  }
}
