/** How many PINs this node gave away with one code: a false inviter must not collect them, restarts and windows side by side included. */
import { bytesToHex } from '@noble/hashes/utils.js'
import { InvitationLockedError } from '../errors.js'
import { INVITEE_ATTEMPTS } from '../invitation/constants.js'
import { lookupIdOf } from '../invitation/keys.js'
import { loadGuesses, storeGuesses } from './records.js'
import type { SerialQueue } from '../async/serial-queue.js'
import type { Datastore } from 'interface-datastore'

export class GivenPins {
  readonly #datastore: Datastore
  readonly #queue: SerialQueue
  readonly #lookupId: string

  /**
   * @param queue - The node's one line: redemptions of one code may run side by side
   * @param secret - The code's
   */
  constructor (datastore: Datastore, queue: SerialQueue, secret: Uint8Array) {
    this.#datastore = datastore
    this.#queue = queue
    this.#lookupId = bytesToHex(lookupIdOf(secret))
  }

  /** One more is about to be given away. @throws {InvitationLockedError} No more are, whatever the other side says. */
  async give (): Promise<void> {
    await this.#queue.add(async () => {
      await this.assertMore()
      await storeGuesses(this.#datastore, this.#lookupId, await loadGuesses(this.#datastore, this.#lookupId) + 1)
    })
  }

  /** May one more be given away? @throws {InvitationLockedError} */
  async assertMore (): Promise<void> {
    if (await loadGuesses(this.#datastore, this.#lookupId) >= INVITEE_ATTEMPTS) {
      throw new InvitationLockedError(`${INVITEE_ATTEMPTS} PINs were tried with this code, and no more are given away; ask the inviter for a fresh code and PIN`)
    }
  }

  /** The inviter has shown that it knows the PIN: it was given away to nobody else. */
  async reset (): Promise<void> {
    await this.#queue.add(async () => storeGuesses(this.#datastore, this.#lookupId, 0))
  }
}
