/** One party's key on this node: what is sealed with it, and opened. Loaded with the first party. */
import { bytesToHex } from '@noble/hashes/utils.js'
import { raceSignal } from 'race-signal'
import { TypedEventEmitter } from 'main-event'
import { after } from '../async/clock.js'
import { KeyMissingError, NotMemberError } from '../errors.js'
import { Keyring } from '../keys/keyring.js'
import { epochIdIn, open, seal } from '../keys/sealed.js'
import { Rotations } from './rotations.js'
import type { DamagedRecordError } from '../errors.js'
import type { Opened, PartyEpoch, SealOptions } from '../interface/index.js'
import type { Epoch } from '../keys/index.js'
import type { KeyringInit } from '../keys/keyring.js'
import type { MembershipLog, OpId } from '../log/index.js'
import type { KeyAsker } from './key-asker.js'
import type { RotationsInit } from './rotations.js'
import type { AbortOptions } from '@libp2p/interface'

/** How long `seal` and `open` wait for a secret that is still to come, ms. */
const PATIENCE = 10_000

export interface PartyKeysInit extends KeyringInit, Pick<RotationsInit, 'clock' | 'catchUp' | 'onRotation' | 'logger'> {}

export interface PartyKeysEvents {
  /** `epoch` is another. */
  'epoch': CustomEvent<void>
  /** `unanswered` is another. */
  'unanswered': CustomEvent<void>
}

export class PartyKeys extends TypedEventEmitter<PartyKeysEvents> {
  readonly keyring: Keyring
  readonly log: MembershipLog
  /** A home has no key. */
  readonly rotations: Rotations | undefined
  readonly #init: PartyKeysInit
  /** While the node runs. */
  #asker: KeyAsker | undefined
  #epoch: PartyEpoch | undefined

  private constructor (init: PartyKeysInit, keyring: Keyring) {
    super()
    this.#init = init
    this.keyring = keyring
    this.log = init.log
    this.rotations = init.log.kind === 'person' ? undefined : new Rotations({ ...init, keyring })
    keyring.addEventListener('epoch', () => { this.#review() })
    this.rotations?.addEventListener('owed', () => { this.#review() })
  }

  /** @throws {StorageError} */
  static async open (init: PartyKeysInit, options?: AbortOptions): Promise<PartyKeys> {
    return new PartyKeys(init, await Keyring.open(init, options))
  }

  /** The log was opened again: goes on with what is stored now. @returns What is damaged of it @throws {StorageError} */
  async reopen (): Promise<readonly DamagedRecordError[]> {
    await this.keyring.reopen()
    this.rotations?.reopen()
    this.#review()

    return this.keyring.damaged
  }

  /** Nothing more is written when it resolves; what is here it shows still. */
  async close (): Promise<void> {
    this.rotations?.stop()
    await this.keyring.close()
  }

  /** Members are asked for what is missing, as long as this one goes on. */
  ask (asker: KeyAsker): void {
    this.#asker = asker
    asker.addEventListener('unanswered', () => {
      this.rotations?.lost(asker.unanswered)
      this.safeDispatchEvent('unanswered')
    })
  }

  /** Current REKEYs whose secrets nobody gave who can be reached: see `KeyAsker`. */
  get unanswered (): readonly OpId[] {
    return this.#asker?.unanswered ?? []
  }

  /** The same object until something of it changes. */
  get epoch (): PartyEpoch {
    this.#epoch ??= this.#now()

    return this.#epoch
  }

  async seal (bytes: Uint8Array, { associatedData, signal }: SealOptions = {}): Promise<Uint8Array> {
    const { log } = this.#init

    if (log.member(log.self) == null) {
      throw new NotMemberError('This node is no member of the party any more, so it can seal nothing for its members; ask one for an invitation')
    }

    return seal(bytes, await this.#await(() => this.keyring.current, { signal, isKnown: true }), { genesis: log.key, associatedData })
  }

  async open (sealed: Uint8Array, { associatedData, signal }: SealOptions = {}): Promise<Opened> {
    const id = epochIdIn(sealed)
    const epoch = await this.#await(() => this.keyring.epoch(id), { signal, isKnown: this.keyring.rekeysOf(id) != null })

    return { bytes: open(sealed, epoch, { genesis: this.#init.log.key, associatedData }), epoch: id }
  }

  /**
   * Waits until an epoch is here.
   *
   * @param isKnown - Its REKEYs are here: else what names it may be anybody's, and members are not asked anew for that
   * @throws {KeyMissingError}
   */
  async #await (find: () => Epoch | undefined, { signal, isKnown }: AbortOptions & { isKnown: boolean }): Promise<Epoch> {
    const found = find()

    if (found != null) {
      return found
    }

    if (isKnown) {
      this.#asker?.hurry()
    }

    const { promise, resolve } = Promise.withResolvers<Epoch>()
    const look = (): void => {
      const epoch = find()

      if (epoch != null) {
        resolve(epoch)
      }
    }
    this.keyring.addEventListener('epoch', look)
    this.keyring.addEventListener('secrets', look)

    const late = new AbortController()
    const callOff = after(this.#init.clock, PATIENCE, () => { late.abort(new KeyMissingError()) })

    try {
      return await raceSignal(promise, signal == null ? late.signal : AbortSignal.any([late.signal, signal]), { translateError: aborted => aborted.reason as Error })
    } finally {
      callOff()
      this.keyring.removeEventListener('epoch', look)
      this.keyring.removeEventListener('secrets', look)
    }
  }

  #now (): PartyEpoch {
    const { current } = this.keyring

    return { ...(current == null ? {} : { id: bytesToHex(current.id) }), owed: this.rotations?.owed ?? false, history: this.#init.log.sharesHistory }
  }

  #review (): void {
    const before = this.#epoch
    const now = this.#now()

    if (before?.id !== now.id || before?.owed !== now.owed || before?.history !== now.history) {
      this.#epoch = now
      this.safeDispatchEvent('epoch')
    }
  }
}
