/** This node's own records, one for each scope: sealed anew when its addresses are others. */
import { chooseAddresses, sealRecord } from './addresses.js'
import type { Clock } from '../../async/clock.js'
import type { Scope } from './addresses.js'
import type { PrivateKey } from '@libp2p/interface'
import type { AddressManager } from '@libp2p/interface-internal'

export class OwnRecord {
  readonly #components: { addressManager: AddressManager, privateKey: PrivateKey }
  readonly #clock: Pick<Clock, 'now'>
  readonly #sealed = new Map<Scope, { addresses: string, record: Promise<Uint8Array> }>()
  #sequence = 0n

  constructor (components: { addressManager: AddressManager, privateKey: PrivateKey }, clock: Pick<Clock, 'now'>) {
    this.#components = components
    this.#clock = clock
  }

  /** Empty: it can be dialled nowhere. */
  async of (scope: Scope): Promise<Uint8Array> {
    const chosen = chooseAddresses(this.#components.addressManager.getAddresses(), scope)
    const addresses = chosen.map(String).join(' ')
    const known = this.#sealed.get(scope)

    if (known?.addresses === addresses) {
      return known.record
    }

    const now = BigInt(this.#clock.now())
    this.#sequence = now > this.#sequence ? now : this.#sequence + 1n
    const record = chosen.length === 0 ? Promise.resolve(new Uint8Array()) : sealRecord(chosen, this.#sequence, this.#components.privateKey)
    this.#sealed.set(scope, { addresses, record })

    return record
  }
}
