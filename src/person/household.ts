/** A home as it runs: its log, what its devices tell each other, and what keeps them linked; loaded where there is one. */
import { peerIdOf } from '../log/terms.js'
import { DeviceRecords } from './device-records.js'
import { homeSeatOf, recoveryOf } from './home.js'
import { Links } from './links.js'
import { homeKeys, seatOf } from './seats.js'
import type { Clock } from '../async/clock.js'
import type { DamagedRecordError } from '../errors.js'
import type { Device } from '../interface/index.js'
import type { PartyShelf } from './interface.js'
import type { LocalRecovery } from './recovery.js'
import type { Key, KeyRecord, MembershipLog, OpId, PersonId } from '../log/index.js'
import type { Logger, PrivateKey } from '@libp2p/interface'
import type { ConnectionManager } from '@libp2p/interface-internal'
import type { Datastore } from 'interface-datastore'

export interface HouseholdInit {
  datastore: Datastore
  privateKey: PrivateKey
  connectionManager: ConnectionManager
  clock: Clock
  recovery: LocalRecovery
  shelf: PartyShelf
  log: Logger
  /** Something that is shown of devices changed. */
  changed: () => void
  /** Ends it. */
  signal: AbortSignal
}

export class Household {
  readonly home: MembershipLog
  /** The person in it. */
  readonly seat: PersonId
  readonly records: DeviceRecords
  readonly links: Links
  readonly #init: HouseholdInit

  constructor (home: MembershipLog, init: HouseholdInit) {
    const { recovery, changed, signal } = init
    this.home = home
    this.seat = homeSeatOf(recoveryOf(home))
    this.#init = init
    this.records = new DeviceRecords(home, init)
    this.links = new Links({ ...init, home, records: this.records, backup: () => recovery.backupKey })
    this.records.addEventListener('change', () => {
      changed()
      this.#learnBackup().catch((err: unknown) => { init.log('the backup key is not kept - %e', err) })
    }, { signal })
    home.addEventListener('members', changed, { signal })
  }

  /** @returns Records that cannot be read @throws {StorageError} */
  async load (): Promise<DamagedRecordError[]> {
    return this.records.load()
  }

  /** Devices that stand, this one first, then as they were linked. */
  devices (): Device[] {
    const { connectionManager, shelf } = this.#init
    const { recovery, standing } = homeKeys(this.home)
    const parties = [...shelf.parties()].flatMap(({ log }) => {
      const seat = seatOf(log, this.home.self, recovery)

      return seat == null ? [] : [{ key: log.key, keys: log.keysOf(seat.person) }]
    })
    const told = [...this.records.all()].flatMap(({ device, fact }) => fact.kind === 'seat' ? [{ device, party: fact.party }] : [])
    const all = new Set([...parties.map(({ key }) => key), ...told.map(({ party }) => party)])
    const isIn = (device: Key, party: OpId): boolean => {
      const here = parties.find(({ key }) => key === party)

      return here == null ? told.some(one => one.device === device && one.party === party) : here.keys.includes(device)
    }

    const own = this.home.keyRecordsOf(this.seat)
    // of before a recovery, or linked behind the others' backs: the home does not know them
    const others = new Set(parties.flatMap(({ keys }) => keys).filter(key => !own.some(known => known.key === key)))

    return [...own.filter(({ key }) => standing.has(key)), ...[...others].map(key => ({ key, linkedBy: [] }))].map(({ key, linkedBy: [by] }: Pick<KeyRecord, 'key' | 'linkedBy'>): Device => {
      const facts = this.records.factsOf(key)
      const peerId = peerIdOf(key)
      const self = key === this.home.self

      return {
        peerId,
        name: facts?.name ?? '',
        ...facts == null ? {} : { addedAt: facts.addedAt },
        ...by == null || by === recovery ? {} : { addedBy: peerIdOf(by) },
        online: self || connectionManager.getConnections(peerId).length > 0,
        self,
        missing: [...all].filter(party => !isIn(key, party))
      }
    }).sort((a, b) => Number(b.self) - Number(a.self))
  }

  /** What this device calls itself. @throws {StorageError} */
  async setName (name: string): Promise<void> {
    await this.records.say(() => [{ ...this.records.factsOf(this.home.self) ?? { kind: 'device', addedAt: this.#init.clock.now() }, name }])
  }

  /** The words' public half for backups comes from whichever device knows it; the recovery key signed it. */
  async #learnBackup (): Promise<void> {
    const { recovery } = this.#init

    for (const device of this.records.devices) {
      const backup = this.records.factsOf(device)?.backup

      if (recovery.backupKey == null && backup != null && recovery.key != null) {
        await recovery.adopt({ key: recovery.key, backup }).catch((err: Error) => {
          // one that is made up is passed over
          if (err.name !== 'ProtocolError') {
            throw err
          }
        })
      }
    }
  }
}
