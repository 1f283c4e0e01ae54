/** A log that is written: ops of this node and of others, checked before they are kept, each write one batch, told of once it is on disk. */
import { SerialQueue } from '../async/serial-queue.js'
import { NotPermittedError, NotStartedError, ProtocolError } from '../errors.js'
import { drafted, rekeyParts, rekeyPlace, voidedBy, withPayload } from './drafted.js'
import { signedGrant } from './grant.js'
import { signingBytes } from './op.js'
import { keyOf } from './peer-key.js'
import { opOf } from './kept-op.js'
import { recordOf } from './record.js'
import { SharedLog } from './shared-log.js'
import { acceptanceHolds } from './verify.js'
import type { Terms } from './drafted.js'
import type { AnyGrant } from './grant.js'
import type { Saying } from './heading.js'
import type { History } from './history.js'
import type { MadeRekey, MakeRekey, Receipt, ReceiveOptions, Verified, VoidedOp, WriteOptions } from './interface.js'
import type { OpId, OpKind } from './kinds.js'
import type { AnyOp, Op, SignedOp } from './op.js'
import type { Payloads } from './payloads.js'
import type { OpReceiver, Settled } from './receiver.js'
import type { LogStore } from './store.js'
import type { Fill, Writing } from '../storage/records.js'
import type { AbortOptions, PrivateKey } from '@libp2p/interface'

/** A REKEY that is signed and taken in, with those that it needs before it, and what goes into its batch. */
interface Rekeyed {
  op: AnyOp<'REKEY'>
  settled: Settled
  with: Fill
}

export abstract class WrittenLog extends SharedLog {
  /** The id of the GENESIS, hex. */
  abstract readonly key: OpId
  abstract readonly genesis: AnyOp<'GENESIS'>
  /** It writes nothing, and shows what it last knew. */
  abstract readonly isClosed: boolean
  protected abstract readonly privateKey: PrivateKey
  protected abstract readonly store: LogStore
  protected abstract override history: History
  protected abstract override receiver: OpReceiver
  protected abstract override grant: AnyGrant | undefined
  /** One write after the other. */
  protected readonly writes = new SerialQueue()

  /**
   * Signs an op of this node, or of the key that is given, on top of all that is here, and stores it. A REKEY has `rekey`: what it holds is bound to where it stands.
   *
   * @throws {NotPermittedError} The party's rules do not let this member do that.
   * @throws {NotStartedError} The log is closed.
   * @throws {ProtocolError} The key that a LINK names did not agree to it.
   * @throws {StorageError} It has no effect here. Whether it is on disk is not known: it is gone before the next write, but may be there after a crash.
   */
  async append <K extends Exclude<OpKind, 'GENESIS' | 'REKEY'>> (kind: K, payload: Payloads[K], options?: WriteOptions): Promise<AnyOp<K>> {
    return this.write(async () => {
      this.#assertHere()
      const { signer = this.privateKey } = options ?? {}
      const { op: unsigned, judged } = drafted(this.history, keyOf(signer), { kind, payload }, options)

      // of an ADMIT the handshake has checked it
      if (kind === 'LINK' && !await acceptanceHolds(this.genesis, unsigned, { person: judged.draft.speaker })) {
        throw new ProtocolError('That device did not agree to be linked to this member; let it sign anew')
      }

      const op = await this.#signed(unsigned, signer) as AnyOp<K>
      let settled = this.receiver.own(op, judged)
      let rekey: Rekeyed | undefined

      try {
        rekey = options?.rekey == null ? undefined : await this.#rekeyed(options.rekey, settled).catch(unlessNotPermitted)
        settled = rekey?.settled ?? settled
      } catch (err) {
        this.#undo(settled)
        throw err
      }

      const fill: Fill = (batch) => {
        options?.with?.(batch, op)
        rekey?.with(batch)
      }
      await this.#keep(settled, { with: fill, before: options?.before, signal: options?.signal, sync: true })

      return op
    }, options)
  }

  /**
   * Signs a REKEY of this node on top of all that is here, and stores it, with what `make` puts into its batch.
   *
   * @returns undefined: `make` made none
   * @throws {NotPermittedError} This node's member is neither owner nor admin.
   * @throws {NotStartedError} The log is closed.
   * @throws {StorageError} As of `append`.
   * @throws what `make` throws
   */
  async rekey (make: MakeRekey, options?: AbortOptions): Promise<AnyOp<'REKEY'> | undefined> {
    return this.write(async () => {
      this.#assertHere()
      const rekey = await this.#rekeyed(make)

      if (rekey != null) {
        await this.#keep(rekey.settled, { with: rekey.with, signal: options?.signal, sync: true })
      }

      return rekey?.op
    }, options)
  }

  /**
   * Ops that would lose their effect, were these written now, one after the other. Nothing is; it takes as long as judging all anew.
   *
   * @throws {NotPermittedError} The party's rules do not let that key do that.
   */
  wouldVoid (sayings: readonly Saying[], { signer = this.privateKey, ...terms }: Terms & Pick<WriteOptions, 'signer'> = {}): VoidedOp[] {
    return voidedBy(this.history, keyOf(signer), sayings, terms)
  }

  /** The first half of `receive`: finds those whose signatures hold, and changes nothing, so that it can run ahead. */
  async verify (ops: SignedOp[], options?: AbortOptions): Promise<Verified> {
    return { ops: await this.receiver.verified(ops, options), of: ops.length }
  }

  /**
   * Takes ops from elsewhere, in any order: verified before kept, refused by
   * their own past alone, pending where that is not here yet.
   *
   * @throws {StorageError} Nothing of it counts; what is not on disk by then comes again.
   */
  async receive (ops: SignedOp[] | Verified, options: ReceiveOptions = {}): Promise<Receipt> {
    const verified = Array.isArray(ops) ? await this.verify(ops, options) : ops

    return this.write(async () => {
      const settled = await this.settle(verified.ops, options, options)
      const own = [...settled.entries.values()].filter(({ author }) => author === this.self)

      if (own.length > 0) {
        this.safeDispatchEvent('elsewhere', { detail: own })
      }

      return { accepted: [...settled.entries.values()], refused: verified.of - verified.ops.length + settled.refused, pending: this.receiver.pending.size }
    }, options)
  }

  /** @throws {NotPermittedError} */
  #assertHere (): void {
    if (this.grant != null) {
      throw new NotPermittedError('The party\'s log is still coming in; try again when it is synced')
    }
  }

  async #signed (unsigned: Op, signer: PrivateKey): Promise<Op> {
    const { body } = unsigned.signed

    return { ...unsigned, signed: { body, sig: await signer.sign(signingBytes(this.key, body)) } }
  }

  /** A REKEY on top of what is in memory now, with those that it needs before it. @param before - What is taken in behind which it is @throws {NotPermittedError} */
  async #rekeyed (make: MakeRekey, before?: Settled): Promise<Rekeyed | undefined> {
    const made = new Map<OpId, MadeRekey>()
    let rekeyed: Rekeyed | undefined

    try {
      for (const part of rekeyParts(this.history, this.self)) {
        const { place, ...draft } = rekeyPlace(this.history, this.self, part, [...made.keys()])
        const one = await make(place)

        if (one == null) {
          return undefined
        }

        const { op: unsigned, judged } = withPayload(draft, one.payload)
        const op = await this.#signed(unsigned, this.privateKey) as AnyOp<'REKEY'>
        one.signed(op.id)
        made.set(op.id, one)
        rekeyed = { op, settled: this.receiver.own(op, judged, rekeyed?.settled ?? before), with: (batch) => { made.forEach((each, id) => { each.with(batch, id) }) } }
      }
    } catch (err) {
      if (rekeyed != null) {
        this.#undo(rekeyed.settled)
      }

      throw err
    }

    return rekeyed
  }

  /** Runs one write after the other. @throws {NotStartedError} The log is closed. */
  protected async write <T> (work: () => Promise<T>, options?: AbortOptions): Promise<T> {
    return this.writes.add(async () => {
      if (this.isClosed) {
        throw new NotStartedError()
      }

      return work()
    }, options)
  }

  /** Takes ops in and keeps them. @throws {StorageError} */
  protected async settle (ops: Verified['ops'], { from }: ReceiveOptions, options?: AbortOptions): Promise<Settled> {
    const settled = await this.receiver.settle(ops, from ?? '', this.grant?.ops)
    await this.#keep(settled, { signal: options?.signal })

    return settled
  }

  /** Writes what was taken in, in one batch, and tells of it; if that fails, nothing was taken in. */
  async #keep (settled: Settled, options: Writing & AbortOptions & { with?: Fill }): Promise<void> {
    const { entries, held, freed, voids, members, forks, from } = settled
    const { graph } = this.history
    const isSynced = this.grant != null && graph.has(this.grant.admit.id)
    const changed = [...voids.keys()].map(({ place }) => place)

    if (entries.size === 0 && held.length === 0 && freed.length === 0) {
      return
    }

    let isUndone = false
    const undo = (): void => {
      if (!isUndone) {
        isUndone = true
        this.#undo(settled)
      }
    }

    try {
      await this.store.write((batch) => {
        this.store.sweep(batch)
        this.store.put(batch, this.history, from, changed)
        held.forEach(op => { this.store.putHeld(batch, op.id, op.signed) })
        freed.forEach(id => { this.store.deleteHeld(batch, id) })

        if (isSynced) {
          this.store.deleteGrant(batch)
        }

        options.with?.(batch)
      }, {
        signal: options.signal,
        sync: options.sync,
        before: (batch) => {
          undo()
          this.store.put(batch, this.history, recordOf(from), changed)
          entries.forEach((op) => { if (freed.includes(op.id) && !this.has(op.id)) { this.store.putHeld(batch, op.id, op.signed) } })
          this.putGrant(batch)
          options.before?.(batch)
        }
      })
    } catch (err) {
      undo()
      throw err
    }

    // whom the Grant showed is from here on what the log says
    const shown = isSynced ? this.grant?.members.map(({ person }) => person) ?? [] : []

    if (isSynced) {
      this.grant = undefined
    }

    if (entries.size > 0) {
      this.safeDispatchEvent('ops', { detail: [...entries.values()] })
    }

    if (held.length > 0) {
      this.safeDispatchEvent('held', { detail: held.map(({ id }) => id) })
    }

    if (members.size > 0 || isSynced) {
      this.safeDispatchEvent('members', { detail: [...new Set([...members.keys(), ...shown])].map(person => this.changed(person)) })
    }

    for (const [entry, lost] of voids) {
      this.safeDispatchEvent(lost == null ? 'unvoid' : 'void', { detail: { op: opOf(entry), ...lost } })
    }

    for (const [author, [one, other]] of forks) {
      this.safeDispatchEvent('fork', { detail: { author, ops: [opOf(one), opOf(other)] } })
    }
  }

  #undo (settled: Settled): void {
    this.history = settled.undo()
    this.store.follow(this.history)
  }

  /** Puts the Grant, where its past is not here, into a batch. */
  protected putGrant (batch: Parameters<Fill>[0]): void {
    if (this.grant != null) {
      this.store.putGrant(batch, signedGrant(this.grant))
    }
  }
}

/** @throws what it was, if it is not that the rules do not permit it */
function unlessNotPermitted (err: unknown): undefined {
  if (!(err instanceof NotPermittedError)) {
    throw err
  }
}
