/** Devices that proved a recovery key lately: they are sent the logs in which it has a seat, though their own keys stand for nobody yet. */
import { after } from '../../async/clock.js'
import { ENTITLED, MAX_ENTITLED } from './constants.js'
import type { Clock } from '../../async/clock.js'
import type { Key, OpId } from '../../log/index.js'

export interface EntitledInit {
  clock: Clock
  /** Lets a key in to the sync of a party, while this holds and until the signal aborts. */
  letIn: (party: OpId, device: Key, holds: () => boolean, signal: AbortSignal) => void
}

export class Entitled {
  readonly #init: EntitledInit
  /** By recovery key, then by device; who proved it longest ago first. */
  readonly #devices = new Map<Key, Map<Key, () => void>>()

  constructor (init: EntitledInit) {
    this.#init = init
  }

  /**
   * A device proved a recovery key.
   *
   * @param holds - Has the recovery key a seat in this party still?
   */
  give (recovery: Key, device: Key, parties: OpId[], holds: (party: OpId) => boolean): void {
    const devices = this.#devices.get(recovery) ?? new Map<Key, () => void>()
    const before = devices.get(device)
    const over = new AbortController()
    const end = (): void => {
      callOff()
      over.abort()

      if (devices.get(device) === end) {
        devices.delete(device)
      }

      if (devices.size === 0) {
        this.#devices.delete(recovery)
      }
    }
    const callOff = after(this.#init.clock, ENTITLED, end)
    this.#devices.set(recovery, devices)
    devices.delete(device)
    devices.set(device, end)
    // first the new time, then the end of the old one: no stream ends in between
    parties.forEach(party => { this.#init.letIn(party, device, () => holds(party), over.signal) })
    before?.()
    const [oldest] = devices.values()

    if (devices.size > MAX_ENTITLED) {
      oldest?.()
    }
  }

  /** Nobody is let in any more. */
  clear (): void {
    [...this.#devices.values()].flatMap(devices => [...devices.values()]).forEach(end => { end() })
  }
}
