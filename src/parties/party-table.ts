/** The parties of this node: how each comes to be here (made, joined, read back), is kept with its members, and told of. They outlive a stop: the next start makes them live again. */
import { bytesToHex, randomBytes } from '@noble/hashes/utils.js'
import { DamagedRecordError, NotPermittedError } from '../errors.js'
import { keyOf } from '../log/terms.js'
import { NAMES, PROFILES } from '../sync/constants.js'
import { deleteMark } from './marks.js'
import type { Admission } from '../admission/admission.js'
import type { JoinInit } from '../admission/handshakes.js'
import type { Clock } from '../clock.js'
import type { CreatePartyInit, ForgetOptions, PartiesComponents } from '../interface/index.js'
import type { AnyGrant, AnyOp, Key, MembershipLog, OpId, WriteOptions } from '../log/index.js'
import type { RecordSet } from '../sync/index.js'
import type { App } from './app.js'
import type { DisplayNames } from './display-names.js'
import type { Loading } from './loading.js'
import type { MemberNetwork } from './member-network.js'
import type { PartyMetrics } from './metrics.js'
import type { LocalParty, PartyInit } from './party.js'
import type { Profiles } from './profiles.js'
import type { RotationCause } from './rotations.js'
import type { AbortOptions, Logger } from '@libp2p/interface'

export interface PartyTableInit {
  components: PartiesComponents
  clock: Clock
  log: Logger
  loading: Loading
  admission: Admission
  network: MemberNetwork
  profiles: Profiles
  metrics: PartyMetrics | undefined
  /** Tells the app. */
  app: App
  /** The recovery key of this node's person: part of each seat that is taken here. */
  recovery: () => Key | undefined
  /** Is this log, just opened, one that is not listed? @throws {StorageError} */
  isUnlisted: (log: MembershipLog) => Promise<boolean>
  /** There is one more. */
  onParty: () => void
  /** Members of a listed one changed. */
  onMembers: () => void
  forget: (party: LocalParty, options: ForgetOptions) => Promise<void>
  damaged: (errors: readonly DamagedRecordError[]) => void
}

export class PartyTable {
  readonly #init: PartyTableInit
  readonly #listed = new Map<OpId, LocalParty>()
  /** What members are called in each: one object for each, listed or not yet. */
  readonly #names = new Map<OpId, DisplayNames>()
  /** Those that this start has read back. */
  readonly #restored = new Set<OpId>()

  constructor (init: PartyTableInit) {
    this.#init = init
  }

  get (key: OpId): LocalParty | undefined { return this.#listed.get(key) }
  get all (): LocalParty[] { return [...this.#listed.values()] }
  get logs (): MembershipLog[] { return this.all.map(({ log }) => log) }

  /** A party of which this node's person is the owner. @throws {StorageError} */
  async create ({ name, kind = 'group', picture, app, history = true }: CreatePartyInit, options?: AbortOptions): Promise<LocalParty> {
    const { components, recovery } = this.#init
    const { MembershipLog } = await import('./first-party.js')
    const key = recovery()
    const owner = { first: keyOf(components.peerId), ...(key == null ? {} : { recovery: key }) }
    const log = await MembershipLog.create(components, { name, kind, picture, app, owners: [owner], nonce: bytesToHex(randomBytes(16)), ...(history ? {} : { history: false as const }) }, options)
    const party = await this.add(log, 'new')
    await party.beginKey()

    return party
  }

  /** What is lost here, and this node signed then, comes by sync, before it signs anything. @throws {StorageError} */
  async join (grant: AnyGrant | AnyOp<'GENESIS'>, { isReturn, secrets }: JoinInit): Promise<LocalParty> {
    const { components } = this.#init
    const isWhole = 'genesis' in grant
    const key = isWhole ? grant.genesis.id : grant.id
    const known = this.#listed.get(key)

    if (known != null) {
      await (isWhole ? known.log.rejoin(grant) : undefined)
      await known.take(secrets)

      return known
    }

    return this.#init.loading.changing(async () => {
      const { MembershipLog, putGranted } = await import('./first-party.js')
      const together: WriteOptions = {
        with: (batch) => {
          putGranted(batch, key, secrets)
          deleteMark(batch, 'forgotten', key)
        }
      }
      const log = isWhole ? await MembershipLog.join(components, grant, together) : await MembershipLog.begin(components, grant.signed, together)
      const party = await this.add(log, isReturn ? 'stored' : 'new')

      if (isReturn) {
        party.invitations.begin()
      }

      return party
    })
  }

  /** A start begins: none is read back yet. */
  begin (): void {
    this.#restored.clear()
  }

  /** Those that are in the store, but for those that this start has read back already. @throws {StorageError} */
  async restore (keys: Iterable<OpId>, signal: AbortSignal): Promise<void> {
    for (const key of keys) {
      // the rest is loaded by the next start
      if (signal.aborted) {
        return
      }

      if (!this.#restored.has(key)) {
        await this.#restore(key).catch((err: unknown) => {
          // without its GENESIS it is no party; the others are
          if (!(err instanceof DamagedRecordError)) {
            throw err
          }

          this.#init.damaged([err])
        })
        this.#restored.add(key)
      }
    }
  }

  /** It is none of this node's any more. */
  delete (party: LocalParty): void {
    this.#listed.delete(party.key)
    this.#names.delete(party.key)
    this.#restored.delete(party.key)
  }

  /** @param isKept - Members keep it together already */
  async add (log: MembershipLog, origin: PartyInit['origin'], isKept = false): Promise<LocalParty> {
    const { app, loading, metrics, network, forget, onMembers, onParty } = this.#init
    const { listenerFor, tellOfLog } = await import('./first-party.js')
    const party = await this.#make(log, origin, {
      listener: listenerFor(app),
      onForget: async (party, options) => {
        await loading.ready(options)
        await loading.changing(async () => forget(party, options))
      }
    })

    log.addEventListener('members', onMembers)
    log.addEventListener('ops', ({ detail }) => { metrics?.ops.increment(detail.length) })
    tellOfLog(app, party)

    if (origin === 'new') {
      party.invitations.begin()
    }

    this.#listed.set(log.key, party)

    if (isKept) {
      network.listed(log.key)
    } else {
      await this.keep(log)
    }

    app.safeDispatchEvent('party', { detail: party })
    onParty()

    return party
  }

  /** A party that is in no list, and of which nobody is told; its invitations are served. @throws {StorageError} */
  async unlisted (log: MembershipLog, origin: PartyInit['origin']): Promise<LocalParty> {
    const onForget = async (): Promise<void> => { throw new NotPermittedError('The home of a person is not forgotten by itself; parties.reset() forgets all that is here') }
    const party = await this.#make(log, origin, { onForget })

    if (origin === 'stored') {
      await this.#serve(party)
    } else {
      party.invitations.begin()
    }

    return party
  }

  /** One that this node had before goes on, and its invitations with it. @throws {StorageError} */
  async resume (party: LocalParty): Promise<void> {
    this.#init.damaged(await party.resume())
    await this.#serve(party)
  }

  /** Members keep it together, until the node stops. @param isSibling - See `SyncedLog` @param records - Beside the log and profiles; else what members are called there */
  async keep (log: MembershipLog, isSibling?: (key: Key) => boolean, records?: RecordSet[]): Promise<void> {
    const { loading, network, profiles, recovery } = this.#init
    const { MemberRecords } = await import('./first-party.js')
    const { signal } = loading
    const others = records ?? [new MemberRecords(NAMES, log, await this.#namesOf(log.key), signal, recovery)]
    await network.keep(log, [new MemberRecords(PROFILES, log, profiles, signal, recovery), ...others], signal, isSibling)
  }

  /** The same object as before, where this node had it. */
  async #restore (key: OpId): Promise<void> {
    const { components, isUnlisted } = this.#init
    const known = this.#listed.get(key)

    if (known == null) {
      const { MembershipLog } = await import('./first-party.js')
      const log = await MembershipLog.open(components, key)

      if (!await isUnlisted(log)) {
        await this.#serve(await this.add(log, 'stored'))
      }
    } else {
      this.#init.damaged(await known.resume())
      await this.keep(known.log)
      await this.#serve(known)
    }
  }

  /** One that was stored: its invitations come back. */
  async #serve (party: LocalParty): Promise<void> {
    this.#init.damaged([...party.log.damaged, ...await this.#init.admission.load(party)])
    party.invitations.begin()
  }

  /** @param told - Who is told of it, and forgets it */
  async #make (log: MembershipLog, origin: PartyInit['origin'], told: Omit<PartyInit, 'log' | 'origin'>): Promise<LocalParty> {
    const { components, clock, admission, network, loading, metrics, damaged } = this.#init
    const { LocalParty, PartyKeys } = await import('./first-party.js')
    const names = await this.#namesOf(log.key)
    const { peerId, privateKey, datastore, connectionManager, events } = components

    return new LocalParty({
      peerId,
      connectionManager,
      events,
      clock,
      admission,
      names,
      network,
      openKeys: async (log, catchUp) => {
        const onRotation = (cause: RotationCause): void => { metrics?.rotations.increment({ [cause]: true }) }
        const keys = await PartyKeys.open({ datastore, privateKey, log, catchUp, clock, logger: this.#init.log, onRotation })
        damaged(keys.keyring.damaged)

        return keys
      },
      ready: async options => loading.ready(options),
      running: () => loading.signal
    }, { log, origin, ...told })
  }

  async #namesOf (party: OpId): Promise<DisplayNames> {
    const known = this.#names.get(party)

    if (known != null) {
      return known
    }

    const { DisplayNames } = await import('./first-party.js')
    const names = new DisplayNames(this.#init.components, party, this.#init.profiles)
    this.#names.set(party, names)
    this.#init.damaged(await names.load())

    return names
  }
}
