/** Makes a party of its log: what runs it on this node, is told of it, and is shown beside it. Loaded with the first one. */
import { bytesToHex, randomBytes } from '@noble/hashes/utils.js'
import { putGranted } from '../keys/key-store.js'
import { MembershipLog } from '../log/log.js'
import { keyOf } from '../log/terms.js'
import { NAMES, PROFILES } from '../sync/constants.js'
import { DisplayNames } from './display-names.js'
import { deleteMark } from './marks.js'
import { MemberRecords } from './member-records.js'
import { LocalParty } from './party.js'
import { listenerFor, tellOfLog } from './party-events.js'
import { PartyKeys } from './party-keys.js'
import type { Admission } from '../admission/admission.js'
import type { Clock } from '../async/clock.js'
import type { DamagedRecordError } from '../errors.js'
import type { CreatePartyInit, ForgetOptions, PartiesComponents } from '../interface/index.js'
import type { EpochSecret } from '../keys/index.js'
import type { AnyGrant, AnyOp, Key, OpId, WriteOptions } from '../log/index.js'
import type { RecordSet } from '../sync/index.js'
import type { App } from './app.js'
import type { Loading } from './loading.js'
import type { PartyNetwork } from './party-network.js'
import type { PartyMetrics } from './metrics.js'
import type { PartyInit } from './party.js'
import type { Profiles } from './profiles.js'
import type { RotationCause } from './rotations.js'
import type { AbortOptions, Logger } from '@libp2p/interface'

export interface PartyMakerInit {
  components: PartiesComponents
  clock: Clock
  log: Logger
  loading: Loading
  admission: Admission
  network: PartyNetwork
  profiles: Profiles
  metrics: PartyMetrics | undefined
  /** Tells the app. */
  app: App
  /** The recovery key of this node's person: part of each seat that is taken here. */
  recovery: () => Key | undefined
  /** Members of a listed one changed. */
  onMembers: () => void
  forget: (party: LocalParty, options: ForgetOptions) => Promise<void>
  damaged: (errors: readonly DamagedRecordError[]) => void
}

export class PartyMaker {
  readonly #init: PartyMakerInit
  /** What members are called in each: one object for each, listed or not yet. */
  readonly #names = new Map<OpId, DisplayNames>()

  constructor (init: PartyMakerInit) {
    this.#init = init
  }

  /** The log of a new party, of which this node's person is the owner. @throws {StorageError} */
  async create ({ name, kind = 'group', picture, app, history = true }: CreatePartyInit, options?: AbortOptions): Promise<MembershipLog> {
    const { components, recovery } = this.#init
    const key = recovery()
    const owner = { first: keyOf(components.peerId), ...(key == null ? {} : { recovery: key }) }

    const log = await MembershipLog.create(components, { name, kind, picture, app, owners: [owner], nonce: bytesToHex(randomBytes(16)), ...(history ? {} : { history: false as const }) }, options)
    // of a party that nobody had before nothing is stored: once its log is written, no read that fails keeps it from being listed
    this.#names.set(log.key, this.#newNames(log.key))

    return log
  }

  /** The log of a party that is joined, or whose GENESIS a member gave back. @param secrets - Of the party's key, kept with it @throws {StorageError} */
  async join (grant: AnyGrant | AnyOp<'GENESIS'>, secrets: readonly EpochSecret[]): Promise<MembershipLog> {
    const { components } = this.#init
    const key = 'genesis' in grant ? grant.genesis.id : grant.id
    const together: WriteOptions = {
      with: (batch) => {
        putGranted(batch, key, secrets)
        deleteMark(batch, 'forgotten', key)
      }
    }

    // what cannot be read fails before anything is written
    await this.#namesOf(key)

    return 'genesis' in grant ? MembershipLog.join(components, grant, together) : MembershipLog.begin(components, grant.signed, together)
  }

  /** The log of one that is stored. @throws {DamagedRecordError} Without its GENESIS it is no party. @throws {StorageError} */
  async open (key: OpId): Promise<MembershipLog> {
    return MembershipLog.open(this.#init.components, key)
  }

  /** One of which the app is told. @throws {StorageError} */
  async listed (log: MembershipLog, origin: PartyInit['origin']): Promise<LocalParty> {
    const { app, loading, metrics, forget, onMembers } = this.#init
    const party = await this.make(log, origin, {
      listener: listenerFor(app),
      onForget: async (party, options) => {
        await loading.ready(options)
        await loading.changing(async () => forget(party, options))
      }
    })

    log.addEventListener('members', onMembers)
    log.addEventListener('ops', ({ detail }) => { metrics?.ops.increment(detail.length) })
    tellOfLog(app, party)

    return party
  }

  /** @param told - Who is told of it, and forgets it @throws {StorageError} */
  async make (log: MembershipLog, origin: PartyInit['origin'], told: Omit<PartyInit, 'log' | 'origin'>): Promise<LocalParty> {
    const { components, clock, admission, network, loading, metrics, damaged } = this.#init
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

  /** What members show of themselves, as it lies beside the log. */
  profiles (log: MembershipLog): RecordSet {
    const { loading: { signal }, profiles, recovery } = this.#init

    return new MemberRecords(PROFILES, log, profiles, signal, recovery)
  }

  /** What they are called there. @throws {StorageError} */
  async names (log: MembershipLog): Promise<RecordSet> {
    const { loading: { signal }, recovery } = this.#init

    return new MemberRecords(NAMES, log, await this.#namesOf(log.key), signal, recovery)
  }

  /** It is none of this node's any more. */
  forgotten (key: OpId): void {
    this.#names.delete(key)
  }

  async #namesOf (party: OpId): Promise<DisplayNames> {
    const known = this.#names.get(party)

    if (known != null) {
      return known
    }

    const names = this.#newNames(party)
    this.#names.set(party, names)

    try {
      this.#init.damaged(await names.load())
    } catch (err) {
      this.#names.delete(party)
      throw err
    }

    return names
  }

  #newNames (party: OpId): DisplayNames {
    return new DisplayNames(this.#init.components, party, this.#init.profiles)
  }
}
