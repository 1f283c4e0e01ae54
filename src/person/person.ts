/** This node's person as an app sees it: its devices, and its recovery words. What takes a home is loaded where there is one. */
import { utf8ToBytes } from '@noble/hashes/utils.js'
import { obeying } from '../async/obeying.js'
import { Observable } from '../interface/observable.js'
import type { Device, DeviceInviteOptions, Invitation, Party, Person, PersonSnapshot, Recovery, UnlinkOptions, Unlinking, VoidedOp } from '../interface/index.js'
import type { Household } from './household.js'
import type { PartyShelf } from './interface.js'
import type { LocalRecovery } from './recovery.js'
import type { UnlinkingPlan, VoidedIn } from './unlinking.js'
import type { AbortOptions, Libp2pEvents, PeerId, TypedEventTarget } from '@libp2p/interface'

/** Bytes of UTF-8 in a device's name. */
const MAX_NAME = 64

export interface PersonInit {
  peerId: PeerId
  events: TypedEventTarget<Libp2pEvents>
  recovery: LocalRecovery
  shelf: PartyShelf
  /** The home, where there is one by now. */
  household: () => Household | undefined
  /** The home, made where there is none. @throws {StorageError} */
  makeHome: (options?: AbortOptions) => Promise<Household>
  invite: (options: DeviceInviteOptions) => Promise<Invitation>
  backup: (options?: AbortOptions) => Promise<Uint8Array>
  ready: (options?: AbortOptions) => Promise<void>
  /** An op as apps see it. */
  voidedOf: (voided: VoidedIn) => Promise<VoidedOp>
}

export class LocalPerson extends Observable<PersonSnapshot> implements Person {
  readonly #init: PersonInit

  constructor (init: PersonInit) {
    super()
    this.#init = init
    const follow = ({ detail }: CustomEvent<PeerId>): void => {
      if (this.devices.some(({ peerId }) => peerId.equals(detail))) {
        this.changed()
      }
    }
    init.events.addEventListener('peer:connect', follow)
    init.events.addEventListener('peer:disconnect', follow)
    init.recovery.subscribe(() => { this.changed() })
  }

  get devices (): readonly Device[] { return this.getSnapshot().devices }
  get recovery (): Recovery { return this.#init.recovery }

  async invite (options: DeviceInviteOptions = {}): Promise<Invitation> {
    return obeying(options, async () => {
      await this.#init.ready(options)
      await this.#init.makeHome(options)

      return this.#init.invite(options)
    })
  }

  async setDeviceName (name: string, options?: AbortOptions): Promise<void> {
    if (name === '' || utf8ToBytes(name).length > MAX_NAME) {
      throw new RangeError(`A device's name has 1 to ${MAX_NAME} bytes of UTF-8; give it a shorter one, or one at all`)
    }

    await obeying(options, async () => {
      await this.#init.ready(options)
      await (await this.#init.makeHome(options)).setName(name)
    })
  }

  async backup (options?: AbortOptions): Promise<Uint8Array> {
    await this.#init.ready(options)

    return this.#init.backup(options)
  }

  async tryUnlink (device: PeerId, options: UnlinkOptions = {}): Promise<Unlinking> {
    return obeying(options, async () => {
      const { wouldBeVoid } = await import('./unlinking.js')
      const plan = await this.#plan(device, options)

      return this.#unlinking(plan, wouldBeVoid(plan))
    })
  }

  async unlink (device: PeerId, options: UnlinkOptions = {}): Promise<Unlinking> {
    return obeying(options, async () => {
      const { carryOut } = await import('./unlinking.js')
      const plan = await this.#plan(device, options)
      options.signal?.throwIfAborted()

      return this.#unlinking(plan, await carryOut(plan, options))
    })
  }

  /** Something that is shown changed. */
  follow (): void {
    this.changed()
  }

  /** What would be done, on top of what connected members have. */
  async #plan (device: PeerId, options: UnlinkOptions): Promise<UnlinkingPlan> {
    const { ready, makeHome, shelf } = this.#init
    await ready(options)
    const [household, { planUnlinking }] = await Promise.all([makeHome(options), import('./unlinking.js')])
    await Promise.all([household.home, ...[...shelf.parties()].map(({ log }) => log)].map(async ({ key }) => shelf.catchUp(key, options)))

    return planUnlinking(household, shelf, device, options)
  }

  async #unlinking ({ steps }: UnlinkingPlan, voided: readonly VoidedIn[]): Promise<Unlinking> {
    // a device that may not be unlinked at home is unlinked nowhere
    const isHere = steps.every(({ party, mayNot }) => party != null || mayNot.length === 0)
    const parties = (are: (step: UnlinkingPlan['steps'][number]) => boolean): Party[] => steps.flatMap(step => step.party != null && are(step) ? [step.party] : [])
    const shown = await Promise.all(voided.map(async one => one.party == null ? [] : [{ party: one.party, ...await this.#init.voidedOf(one) }]))

    return { parties: parties(({ may }) => isHere && may.length > 0), needsWords: parties(({ mayNot }) => !isHere || mayNot.length > 0), voided: shown.flat() }
  }

  protected override snapshot (): PersonSnapshot {
    const { recovery, household, peerId } = this.#init
    // before there is a home this device is alone
    const devices = household()?.devices() ?? [{ peerId, name: '', online: true, self: true, missing: [] }]

    return { devices, isConfirmed: recovery.isConfirmed }
  }
}
