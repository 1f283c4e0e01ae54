/** How one party comes by its key: opened when it is first needed. Where what is stored of it cannot be read, the party goes on without. */
import type { DamagedRecordError } from '../errors.js'
import type { PartyEpoch } from '../interface/index.js'
import type { EpochSecret } from '../keys/index.js'
import type { MakeRekey } from '../log/index.js'
import type { PartyKeys } from './party-keys.js'

export interface KeyAccessInit {
  /** Before what is stored of the key is read. */
  epoch: PartyEpoch
  open: () => Promise<PartyKeys>
  /** Members are asked for what is missing of it, and answered, until the node stops. */
  exchange: (keys: PartyKeys) => Promise<void>
  /** The key is another, or it is owed. */
  onEpoch: (epoch: PartyEpoch) => void
}

export class KeyAccess {
  readonly #init: KeyAccessInit
  #keys: Promise<PartyKeys> | undefined
  #epoch: PartyEpoch

  constructor (init: KeyAccessInit) {
    this.#init = init
    this.#epoch = init.epoch
  }

  /** What apps are shown of it. */
  get epoch (): PartyEpoch { return this.#epoch }

  /** Once what is stored of it is read. @throws {StorageError} The next call tries again. */
  async open (): Promise<PartyKeys> {
    this.#keys ??= this.#init.open().then((keys) => {
      keys.addEventListener('epoch', () => { this.#show(keys.epoch) })
      this.#show(keys.epoch)

      return keys
    }, (err: unknown) => {
      this.#keys = undefined
      throw err
    })

    return this.#keys
  }

  /** Members are asked for what is missing of it, and answered. @throws {StorageError} */
  async exchange (): Promise<void> {
    await this.#init.exchange(await this.open())
  }

  /** The first one of a new party: where that fails it is made later. */
  async begin (): Promise<void> {
    await this.open().then(async ({ rotations }) => rotations?.begin()).catch(() => {})
  }

  /** Makes the REKEY behind what takes somebody out, in its batch; undefined: a home has none, or what is stored of the key cannot be read. */
  async rotation (): Promise<MakeRekey | undefined> {
    return this.open().then(({ rotations }) => rotations?.make, () => undefined)
  }

  /** The secrets of the current epochs; empty: there are none, or they cannot be read. */
  async secrets (): Promise<readonly EpochSecret[]> {
    // who is given none asks for them
    const keyring = (await this.open().catch(() => undefined))?.keyring

    return keyring?.secretsOf(keyring.rekeys) ?? []
  }

  /** Keeps secrets that a member gave: unused until they are checked. Where that fails they are asked for. */
  async take (secrets: readonly EpochSecret[]): Promise<void> {
    if (secrets.length > 0) {
      await this.open().then(async ({ keyring }) => keyring.add(secrets)).catch(() => {})
    }
  }

  /** The log was opened again. @returns What is damaged of the key @throws {StorageError} */
  async reopen (): Promise<readonly DamagedRecordError[]> {
    const damaged = await this.#keys?.then(async keys => keys.reopen()) ?? []
    await this.exchange()

    return damaged
  }

  /** Nothing more is written when it resolves; what is here it shows still. */
  async close (): Promise<void> {
    await this.#keys?.then(async keys => keys.close(), () => {})
  }

  #show (epoch: PartyEpoch): void {
    this.#epoch = epoch
    this.#init.onEpoch(epoch)
  }
}
