/** The service: what an app calls, and the lifecycle of the parts that do it. */
import { serviceCapabilities, serviceDependencies } from '@libp2p/interface'
import { TypedEventEmitter } from 'main-event'
import { obeying } from '../async/obeying.js'
import { StorageError } from '../errors.js'
import { keyOf, ownData } from '../log/terms.js'
import { Composition } from './composition.js'
import { assertInfo } from './info.js'
import { elsewhere, takeLock } from './lock.js'
import type { DamagedRecordError } from '../errors.js'
import type { CreatePartyInit, DialOptions, InvitationLookup, Parties, PartiesComponents, PartiesEvents, PartiesInit, Party, PartyKind, Profile, ReceivedInvitation, Recovered, RecoverOptions, RedeemOptions, Redemption, Subscribable } from '../interface/index.js'
import type { LocalPerson } from '../person/person.js'
import type { Lock } from './lock.js'
import type { AbortOptions, Logger, PeerId, Startable } from '@libp2p/interface'

export class PartiesService extends TypedEventEmitter<PartiesEvents> implements Parties, Startable {
  readonly [Symbol.toStringTag] = 'plus-one'
  readonly [serviceCapabilities]: string[] = ['plus-one']
  readonly [serviceDependencies]: string[] = ['@libp2p/identify']
  readonly #parts: Composition
  /** This node's key. */
  readonly #self: PeerId
  readonly #log: Logger
  #lock: Lock | undefined
  #holding = new AbortController()

  constructor (components: PartiesComponents, init: PartiesInit = {}) {
    super()
    keyOf(components.peerId)
    this.#self = components.peerId
    this.#log = components.logger.forComponent('plus-one:parties')
    this.#parts = new Composition(components, init, this)
  }

  isStarted (): boolean {
    return this.#parts.loading.isStarted
  }

  async start (): Promise<void> {
    if (this.isStarted()) {
      return
    }

    this.#holding = new AbortController()
    const { loading, network, admission, recoveries } = this.#parts
    this.#parts.begin()
    const first = loading.start()
    await network.start()
    await admission.start()
    await recoveries.start()
    this.#lock = takeLock(`plus-one/${this.#self.toString()}`, () => {
      first.resolve(loading.load())
    }, this.#holding.signal)

    if (!await this.#lock.free) {
      this.#log('another node of this key has the parties open: waiting for it to go')
      first.reject(elsewhere())
    }
  }

  /** While its connections stand: what is kept of them is not known afterwards. */
  async beforeStop (): Promise<void> {
    await this.#parts.network.beforeStop()
  }

  async stop (): Promise<void> {
    const { loading, network, admission, recoveries, home, parties } = this.#parts
    await this.#parts.settled()
    await loading.stop()
    await recoveries.unserve()
    await admission.stop()
    await network.stop()
    await loading.idle()
    await recoveries.stop()
    await home.stop()
    await Promise.all(parties.all.map(async party => party.stop()))
    // only now: until here it wrote
    this.#holding.abort(new DOMException('The node stopped', 'AbortError'))
    await this.#lock?.released
  }

  async create (init: CreatePartyInit, options?: AbortOptions): Promise<Party> {
    assertInfo(init)

    if ((init.kind as PartyKind) === 'person') {
      throw new RangeError('A party is a community, a group or a contact; the home of a person is made by person.invite()')
    }

    const app = ownData('A party\'s app data', init.app)

    return this.#parts.loading.call(options, async () => this.#parts.loading.changing(async () => this.#parts.parties.create({ ...init, app }, options)))
  }

  async open (key: string, options?: AbortOptions): Promise<Party> {
    await this.#parts.loading.call(options)
    const party = this.#parts.parties.get(key)

    if (party == null) {
      throw new StorageError('This node has no such party; see parties.list() for those that it has')
    }

    return party
  }

  async list (options?: AbortOptions): Promise<Party[]> {
    await this.#parts.loading.call(options)

    return this.#parts.parties.all
  }

  async lookup (code: string, options?: AbortOptions & DialOptions): Promise<InvitationLookup> {
    return obeying(options, async () => this.#parts.admission.lookup(code, options))
  }

  redeem (code: string, options?: RedeemOptions): Redemption {
    return this.#parts.admission.redeem(this.#parts.admission.parse(code), options)
  }

  async decline (code: string, reason?: string, options?: AbortOptions): Promise<void> {
    await obeying(options, async () => this.#parts.admission.decline(this.#parts.admission.parse(code), reason, options))
  }

  get person (): LocalPerson { return this.#parts.home.person }
  get received (): Subscribable<readonly ReceivedInvitation[]> { return this.#parts.admission.received }
  get damaged (): readonly DamagedRecordError[] { return this.#parts.damaged }
  get blocked (): Subscribable<readonly PeerId[]> { return this.#parts.admission.blocked }
  get profile (): Profile { return this.#parts.profiles.get(keyOf(this.#self)) }

  async block (peer: PeerId, options?: AbortOptions): Promise<void> {
    await this.#parts.loading.call(options, async () => this.#parts.admission.block(peer, options))
  }

  async unblock (peer: PeerId, options?: AbortOptions): Promise<void> {
    await this.#parts.loading.call(options, async () => this.#parts.admission.unblock(peer, options))
  }

  async recover (words: string, options: RecoverOptions): Promise<Recovered> {
    return this.#parts.loading.call(options, async () => this.#parts.loading.changing(async () => this.#parts.recoveries.recover(words, options)))
  }

  async setProfile (profile: Profile, options?: AbortOptions): Promise<void> {
    await this.#parts.loading.call(options, async () => this.#parts.setProfile(profile))
  }

  async reset (options?: AbortOptions): Promise<void> {
    await this.#parts.reset(options)
  }
}
