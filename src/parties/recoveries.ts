/** Recovering at both ends, as this node does it: who asks is answered from its parties; `recover` brings a person here; a backup says whom to ask. Loaded when it is first used. */
import { Queue } from '@libp2p/utils'
import { DamagedRecordError, NotPermittedError, OtherPersonError } from '../errors.js'
import { listLogs } from '../log/datastore.js'
import { MembershipLog } from '../log/log.js'
import { opIdOf } from '../log/op.js'
import { keyOf } from '../log/terms.js'
import { quietly } from '../interface/observable.js'
import { decodeContent, encodeContent, MAX_OF_PARTY } from '../person/backup/content.js'
import { openBackup, sealBackup } from '../person/backup/seal.js'
import { homeKeyOf } from '../person/home.js'
import { recoveryKeysOf } from '../person/recovery-keys.js'
import { Answering } from '../person/recover/answer.js'
import { Entitled } from '../person/recover/entitled.js'
import { recover } from '../person/recover/recovering.js'
import { seatOf } from '../person/recover/seats.js'
import { entropyOf } from '../person/words.js'
import { writeBatch } from '../storage/records.js'
import { scopeOf } from '../meeting/links/members.js'
import { OwnRecord } from '../meeting/links/own-record.js'
import { membersOf } from './backed-up-members.js'
import { deleteMark, isMarked, putMark } from './marks.js'
import type { Admission } from '../admission/admission.js'
import type { Clock } from '../async/clock.js'
import type { PartiesComponents, Party, Recovered, RecoverOptions, RecoverProgress, Rendezvous } from '../interface/index.js'
import type { Keyring } from '../keys/keyring.js'
import type { Key, OpId, SignedOp } from '../log/index.js'
import type { BackupKey, RecoveryKeys } from '../person/recovery-keys.js'
import type { RecoveredLogs, RecoveringNode, Source } from '../person/recover/recovering.js'
import type { BackedUpParty } from '../person/backup/content.js'
import type { Seat } from '../person/recover/frames.js'
import type { MemberNetwork } from './member-network.js'
import type { AbortOptions, Connection, Logger, PeerId, Stream } from '@libp2p/interface'

export interface RecoveriesInit {
  /** By whose id members are asked. */
  protocol: string
  clock: Clock
  /** How long a member is tried to be reached, ms. */
  connectTimeout: number
  admission: Admission
  network: MemberNetwork
  /** Where members are found whose addresses are others by now. */
  rendezvous: readonly Rendezvous[]
  /** Of the parties, and of the home: who proves a recovery key is told in which of them it has a seat. */
  logs: () => MembershipLog[]
  /** The log of a party for which this device waits, as a sibling of one that is there. */
  awaited: (party: OpId) => Promise<MembershipLog | undefined>
  /** Parties that the words bring: is a call under way? Kept by this. */
  recovering: Map<OpId, 'now' | 'begun'>
  /** No call is under way. */
  onEnd: () => void
  ready: (options?: AbortOptions) => Promise<void>
  /** Aborts when the node stops. */
  running: AbortSignal
  /** The recovery key of the person whose device this is, and whether anything rests on it. */
  person: () => { key: Key | undefined, isUsed: boolean }
  /** This node is a device of that person from now on. @throws {StorageError} */
  become: (keys: RecoveryKeys, options: AbortOptions) => Promise<void>
  /** The key of a party of this node, or of the home. */
  keyring: (party: OpId) => Promise<Keyring | undefined>
  /** A log in which this node is a member now is a party of it, if it was none before. */
  add: (log: MembershipLog) => Promise<Party>
}

export class Recoveries {
  readonly #components: PartiesComponents
  readonly #init: RecoveriesInit
  readonly #log: Logger
  readonly #answering: Answering
  readonly #entitled: Entitled
  /** Logs of parties that are no parties of this node yet. */
  readonly #begun = new Map<OpId, MembershipLog>()
  /** One recovery after the other: each log is open once. */
  readonly #queue = new Queue<RecoveredLogs>({ concurrency: 1 })

  constructor (components: PartiesComponents, init: RecoveriesInit) {
    const { clock, network } = init
    this.#components = components
    this.#init = init
    this.#log = components.logger.forComponent('plus-one:recovery')
    this.#entitled = new Entitled({ clock, letIn: (party, device, holds, signal) => { network.letIn(party, device, holds, signal) } })
    this.#answering = new Answering({ self: components.peerId, clock, seatsOf: (recovery, peer) => this.#seatsOf(recovery, peer) })
  }

  /** Serves who proves a recovery key. */
  async answer (stream: Stream, connection: Connection): Promise<void> {
    try {
      await this.#init.ready()
      await this.#answering.answer(stream, connection, { signal: this.#init.running })
    } catch (err) {
      this.#log('a recovery with %p ended - %e', connection.remotePeer, err)
      stream.abort(err as Error)
    }
  }

  /** Nobody is let in any more; what has begun to come is as it is on disk. */
  async stop (): Promise<void> {
    this.#entitled.clear()
    await Promise.all([...this.#begun.values()].map(async log => log.close()))
    this.#begun.clear()
  }

  /** @throws as `Parties.recover` */
  async recover (words: string, { code, backup, retake = [], ...options }: RecoverOptions): Promise<Recovered> {
    if (code == null && backup == null) {
      throw new TypeError('Give the code of an invitation, or a backup: it says whom to ask')
    }

    const keys = await recoveryKeysOf(entropyOf(words))
    const parsed = code == null ? undefined : this.#init.admission.parse(code)
    const known = backup == null ? [] : decodeContent(openBackup(keys.backup, backup)).parties
    const signal = AbortSignal.any([this.#init.running, ...options.signal == null ? [] : [options.signal]])
    const onProgress = (event: RecoverProgress): void => { quietly(() => options.onProgress?.(event)) }
    signal.throwIfAborted()
    await this.#init.ready({ signal })
    this.#assertFree(keyOf(keys.privateKey))
    const { clock, connectTimeout, rendezvous } = this.#init
    const sources = [...parsed == null ? [] : [this.#inviter(parsed, onProgress)], ...await membersOf(known, { components: this.#components, clock, rendezvous, timeout: connectTimeout, onProgress })]

    const { linked, before, left, missing } = await this.#queue.add(async () => recover({
      node: this.#node(keys, signal),
      recovery: keys.privateKey,
      sources,
      // the home is made of the words
      wanted: known.map(({ key }) => key).filter(key => key !== homeKeyOf(keyOf(keys.privateKey))),
      retake: new Set(retake),
      signal,
      onProgress
    }).finally(() => { this.#ended() }), { signal })

    const parties = await Promise.all([...linked, ...before].map(async log => this.#init.add(log)))
    await this.#restore(known)

    return { parties, left, missing: [...missing.keys()] }
  }

  /** The log of a recovery that broke off: it is its taker's from now on. @throws {StorageError} */
  async release (party: OpId): Promise<MembershipLog | undefined> {
    const log = this.#begun.get(party) ?? await this.#reopen(party)
    this.#begun.delete(party)
    this.#init.recovering.delete(party)

    return log
  }

  /** What a call has not brought is gone on with by the next one, or by a sibling that links this device there. */
  #ended (): void {
    const { recovering, onEnd } = this.#init

    for (const party of recovering.keys()) {
      if (this.#begun.has(party)) {
        recovering.set(party, 'begun')
      } else if (recovering.get(party) === 'now') {
        recovering.delete(party)
      }
    }

    onEnd()
  }

  /**
   * A file that the words open.
   *
   * @param to - The backup key, where it is known
   * @throws {NotPermittedError} It is not.
   */
  async backup (to: BackupKey | undefined, { signal }: AbortOptions = {}): Promise<Uint8Array> {
    if (to == null) {
      throw new NotPermittedError('This device does not know yet to which key a backup is sealed; be online with the device that made the recovery words, then try again')
    }

    const parties: BackedUpParty[] = []
    const own = new OwnRecord(this.#components, this.#init.clock)

    for (const log of this.#init.logs().filter(log => log.member(log.self) != null)) {
      signal?.throwIfAborted()
      const keyring = await this.#init.keyring(log.key)
      // this device last: it may be the one that is lost
      const records = [...await this.#init.network.recordsOf(log, MAX_OF_PARTY - 1), await own.of(scopeOf(log))].filter(({ length }) => length > 0)
      parties.push({ key: log.key, records, secrets: keyring?.secretsOf(log.allRekeys().reverse()) ?? [] })
    }

    return sealBackup(to.publicKey, encodeContent({ at: this.#init.clock.now(), parties }))
  }

  /** What was sealed to the person is open to it again, also where nobody else has those keys any more. */
  async #restore (parties: BackedUpParty[]): Promise<void> {
    for (const { key, secrets } of parties) {
      await (await this.#init.keyring(key))?.add(secrets)
    }
  }

  /** The parties in which a proved recovery key has a seat: the device that proved it gets their logs. */
  #seatsOf (recovery: Key, peer: PeerId): Seat[] {
    const logs = this.#init.logs().filter(log => log.member(log.self) != null && seatOf(log, recovery) != null)
    const byKey = new Map(logs.map(log => [log.key, log]))

    if (peer.type === 'Ed25519' && logs.length > 0) {
      this.#entitled.give(recovery, keyOf(peer), [...byKey.keys()], (party) => {
        const log = byKey.get(party)

        return log != null && seatOf(log, recovery) != null
      })
    }

    return logs.map(log => ({ genesis: log.genesis.signed, left: seatOf(log, recovery)?.isMember === false }))
  }

  /** @throws {OtherPersonError} */
  #assertFree (recovery: Key): void {
    const { key, isUsed } = this.#init.person()

    if (key !== recovery && isUsed) {
      throw new OtherPersonError()
    }
  }

  #node (keys: RecoveryKeys, signal: AbortSignal): RecoveringNode {
    const { peerId, privateKey } = this.#components
    const { clock, network, logs, awaited, recovering, become, add } = this.#init

    return {
      protocol: this.#init.protocol,
      peerId,
      privateKey,
      clock,
      sync: network.sync,
      coming: (parties) => { parties.forEach(party => { recovering.set(party, 'now') }) },
      // what is being begun, or listed, has ended then
      logOf: async party => await awaited(party) ?? logs().find(({ key }) => key === party) ?? this.#begun.get(party) ?? this.#reopen(party),
      begin: async genesis => this.#begin(genesis),
      fetch: async (log, from, signal) => network.fetch(log, from, signal),
      linking: party => ({
        with: (batch) => { deleteMark(batch, 'begun', party) },
        before: (batch) => { if (this.#begun.has(party)) { putMark(batch, 'begun', party) } }
      }),
      became: async (log) => {
        // a sibling may have linked this device meanwhile, or the disk been full: while it is marked, the next start does not list it
        if (await isMarked(this.#components.datastore, 'begun', log.key)) {
          await writeBatch(this.#components.datastore, (batch) => { deleteMark(batch, 'begun', log.key) }, { before: (batch) => { putMark(batch, 'begun', log.key) } })
        }

        this.#begun.delete(log.key)
        await add(log)
      },
      become: async () => become(keys, { signal })
    }
  }

  /** A log that began to come before a restart. @throws {StorageError} */
  async #reopen (party: OpId): Promise<MembershipLog | undefined> {
    const { datastore } = this.#components

    if (!await isMarked(datastore, 'begun', party) || !(await listLogs(datastore)).includes(party)) {
      return undefined
    }

    const log = await MembershipLog.open(this.#components, party).catch((err: unknown) => {
      // its GENESIS comes again
      if (!(err instanceof DamagedRecordError)) {
        throw err
      }
    })

    return log == null ? undefined : this.#keep(log)
  }

  async #begin (genesis: SignedOp): Promise<MembershipLog> {
    // first: a log that is not marked is a party of this node
    await writeBatch(this.#components.datastore, (batch) => { putMark(batch, 'begun', opIdOf(genesis.body)) })

    return this.#keep(await MembershipLog.begin(this.#components, genesis))
  }

  #keep (log: MembershipLog): MembershipLog {
    this.#begun.set(log.key, log)

    return log
  }

  /** Whom a code names; of four words, asked for once. */
  #inviter (code: ReturnType<Admission['parse']>, onProgress: (event: RecoverProgress) => void): Source {
    const { admission } = this.#init
    let full: Promise<Exclude<typeof code, (...args: never[]) => unknown>> | undefined

    return {
      connect: async ({ signal }) => {
        full ??= admission.whole(code, { signal, onProgress })
        full.catch(() => { full = undefined })

        return admission.reach(await full, { signal, onProgress })
      }
    }
  }
}
