/** One party's key on this node: what is sealed with it, and opened. Loaded with the first party. */
import { bytesToHex } from '@noble/hashes/utils.js'
import { raceSignal } from 'race-signal'
import { TypedEventEmitter } from 'main-event'
import { timeout } from '../clock.js'
import { KeyMissingError, NotMemberError } from '../errors.js'
import { Keyring } from '../keys/keyring.js'
import { epochIdIn, open, seal } from '../keys/sealed.js'
import type { Clock } from '../clock.js'
import type { Opened, PartyEpoch, SealOptions } from '../interface/index.js'
import type { Epoch } from '../keys/index.js'
import type { KeyringInit } from '../keys/keyring.js'
import type { AbortOptions } from '@libp2p/interface'

/** How long `seal` and `open` wait for a secret that is still to come, ms. */
const PATIENCE = 10_000

export interface PartyKeysInit extends KeyringInit {
  clock: Clock
}

export interface PartyKeysEvents {
  /** `epoch` is another. */
  'epoch': CustomEvent<void>
}

export class PartyKeys extends TypedEventEmitter<PartyKeysEvents> {
  readonly keyring: Keyring
  readonly #init: PartyKeysInit
  #epoch: PartyEpoch | undefined

  private constructor (init: PartyKeysInit, keyring: Keyring) {
    super()
    this.#init = init
    this.keyring = keyring
    keyring.addEventListener('epoch', () => { this.#review() })
    init.log.addEventListener('ops', () => { this.#review() })
  }

  /** @throws {StorageError} */
  static async open (init: PartyKeysInit, options?: AbortOptions): Promise<PartyKeys> {
    return new PartyKeys(init, await Keyring.open(init, options))
  }

  /** The log was opened again. @throws {StorageError} */
  async reopen (): Promise<void> {
    await this.keyring.reopen()
    this.#review()
  }

  /** It follows its log no more. */
  close (): void {
    this.keyring.close()
  }

  /** The same object until something of it changes. */
  get epoch (): PartyEpoch {
    this.#epoch ??= this.#now()

    return this.#epoch
  }

  async seal (bytes: Uint8Array, { associatedData, signal }: SealOptions = {}): Promise<Uint8Array> {
    const { log } = this.#init

    if (log.member(log.self) == null) {
      throw new NotMemberError('This node is no member of the party any more, and seals nothing for its members')
    }

    return seal(bytes, await this.#await(() => this.keyring.current, { signal }), { genesis: log.key, associatedData })
  }

  async open (sealed: Uint8Array, { associatedData, signal }: SealOptions = {}): Promise<Opened> {
    const id = epochIdIn(sealed)
    const epoch = await this.#await(() => this.keyring.epoch(id), { signal })

    return { bytes: open(sealed, epoch, { genesis: this.#init.log.key, associatedData }), epoch: id }
  }

  /** Waits until an epoch is here. @throws {KeyMissingError} */
  async #await (find: () => Epoch | undefined, { signal }: AbortOptions): Promise<Epoch> {
    const found = find()

    if (found != null) {
      return found
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

    try {
      return await raceSignal(promise, AbortSignal.any([timeout(this.#init.clock, PATIENCE), ...signal == null ? [] : [signal]]))
    } catch {
      signal?.throwIfAborted()
      throw new KeyMissingError()
    } finally {
      this.keyring.removeEventListener('epoch', look)
      this.keyring.removeEventListener('secrets', look)
    }
  }

  #now (): PartyEpoch {
    const { current } = this.keyring

    return { ...(current == null ? {} : { id: bytesToHex(current.id) }), owed: this.#init.log.indebted() != null, history: this.#init.log.sharesHistory }
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
