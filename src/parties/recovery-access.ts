/** Recovering at both ends, loaded once somebody does, here or elsewhere. */
import { MAX_INBOUND_STREAMS } from '../person/recover/constants.js'
import type { PartiesComponents, Recovered, RecoverOptions } from '../interface/index.js'
import type { MembershipLog, OpId } from '../log/index.js'
import type { Protocol } from '../network/protocols.js'
import type { BackupKey } from '../person/recovery-keys.js'
import type { Recoveries, RecoveriesInit } from './recoveries.js'
import type { AbortOptions } from '@libp2p/interface'

export interface RecoveryAccessInit extends Omit<RecoveriesInit, 'protocol' | 'recovering' | 'running'> {
  protocol: Protocol
  /** Aborts when the node stops, or is reset. */
  running: () => AbortSignal
}

export class RecoveryAccess {
  readonly #components: PartiesComponents
  readonly #init: RecoveryAccessInit
  /** Parties that words bring, or brought in part. */
  readonly #recovering = new Map<OpId, 'now' | 'begun'>()
  /** Until the node stops, or is reset. */
  #recoveries: Promise<Recoveries> | undefined

  constructor (components: PartiesComponents, init: RecoveryAccessInit) {
    this.#components = components
    this.#init = init
  }

  /** @param begun - Those that a recovery which broke off has brought in part */
  load (begun: Iterable<OpId>): void {
    this.#recovering.clear()

    for (const party of begun) {
      this.#recovering.set(party, 'begun')
    }
  }

  /** Is the party brought by the words: by a call that is under way (`now`), or by one that broke off? */
  recovering (party: OpId): 'now' | 'begun' | undefined {
    return this.#recovering.get(party)
  }

  /** Serves who proves a recovery key. */
  async start (): Promise<void> {
    const { id, limits } = this.#init.protocol
    await this.#components.registrar.handle(id, (stream, connection) => {
      this.#load().then(async recoveries => recoveries.answer(stream, connection)).catch((err: Error) => { stream.abort(err) })
    }, { runOnLimitedConnection: true, maxInboundStreams: MAX_INBOUND_STREAMS, ...limits })
  }

  /** Nobody is answered any more. */
  async unserve (): Promise<void> {
    await this.#components.registrar.unhandle(this.#init.protocol.id)
  }

  /** What has begun to come is as it is on disk. */
  async stop (): Promise<void> {
    await this.#recoveries?.then(async recoveries => recoveries.stop(), () => { /* it was not loaded */ })
    this.reset()
  }

  /** What it knows is none of this node's any more. */
  reset (): void {
    this.#recoveries = undefined
  }

  /** @throws as `Parties.recover` */
  async recover (words: string, options: RecoverOptions): Promise<Recovered> {
    return (await this.#load()).recover(words, options)
  }

  /** @throws as `Person.backup` */
  async backup (to: BackupKey | undefined, options?: AbortOptions): Promise<Uint8Array> {
    return (await this.#load()).backup(to, options)
  }

  /** As `Recoveries.release`. */
  async release (party: OpId): Promise<MembershipLog | undefined> {
    return (await this.#load()).release(party)
  }

  async #load (): Promise<Recoveries> {
    this.#recoveries ??= import('./recoveries.js').then(({ Recoveries }) => {
      const { protocol: { id }, running, ...init } = this.#init

      return new Recoveries(this.#components, { ...init, protocol: id, recovering: this.#recovering, running: running() })
    })

    return this.#recoveries
  }
}
