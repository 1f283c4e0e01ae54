/** One party's key is rotated by this node: at once by who removes, and what is owed otherwise a little later (docs/keys.md, "Rotation" and "Debts"). */
import { TypedEventEmitter } from 'main-event'
import { after } from '../async/clock.js'
import { madeRekey } from '../keys/rekey.js'
import type { Clock } from '../async/clock.js'
import type { Keyring } from '../keys/keyring.js'
import type { AnyOp, LogEvents, MadeRekey, MakeRekey, MembershipLog, OpId, RekeyPlace } from '../log/index.js'
import type { Logger } from '@libp2p/interface'

/** Between two rotations that pay debts, ms: a reader who links and unlinks keys for ever costs the others no more than that. */
const PAUSE = 600_000

/** What comes together is paid together, ms. */
const LEAST = 1_000

/** Who may pay waits for a random part of this, ms, and as much again for each ten who may: most see the first one's, and drop their own. */
const SPREAD = 20_000
const LONGEST_SPREAD = 300_000

export type RotationCause = 'first' | 'removal' | 'debt'

export interface RotationsInit {
  log: MembershipLog
  keyring: Keyring
  clock: Clock
  /** Waits, a little, for what connected members have: one of them may have paid. */
  catchUp: () => Promise<void>
  onRotation: (cause: RotationCause) => void
  logger: Logger
  /** 0 ≤ x < 1 @default Math.random */
  random?: () => number
}

export interface RotationsEvents {
  /** `owed` is another. */
  owed: CustomEvent<void>
}

export class Rotations extends TypedEventEmitter<RotationsEvents> {
  readonly #init: RotationsInit
  #isOwed = false
  #isLost = false
  #isStopped = false
  #isLooking = false
  #isPaying = false
  /** Calls off the payment that is planned. */
  #callOff: (() => void) | undefined
  /** This node's newest, which counts once it is durable. */
  #newest: { rekey: OpId, cause: RotationCause } | undefined
  /** When a rotation was last seen that paid debts, by `elapsed`, ms. */
  #paidAt: number | undefined

  constructor (init: RotationsInit) {
    super()
    this.#init = init
    const { log, keyring } = init
    log.addEventListener('ops', this.#onOps)
    log.addEventListener('members', this.#look)
    keyring.addEventListener('secrets', this.#onSecrets)
    this.#review()
  }

  /** May somebody know the key who should not, or does an owner or admin here lack it, whom nobody can give it? */
  get owed (): boolean {
    return this.#isOwed
  }

  /** Makes the REKEY behind a REMOVE, UNLINK or LEAVE, in its batch. */
  readonly make: MakeRekey = async (place) => {
    return place.isFirst && !this.#isIndebted ? undefined : this.#made(place, 'removal')
  }

  /** The first one of a new party. @throws {StorageError} It is owed. */
  async begin (): Promise<void> {
    await this.#rotate()
  }

  /** @param rekeys - Those whose secrets are missing here, and nobody has who can be reached */
  lost (rekeys: readonly OpId[]): void {
    this.#isLost = rekeys.length > 0
    this.#onSecrets()
  }

  /** The node stops, or forgets the party. */
  stop (): void {
    this.#isStopped = true
    this.#cancel()
  }

  /** It starts again. */
  reopen (): void {
    this.#isStopped = false
    this.#isLost = false
    this.#paidAt = undefined
    this.#review()
  }

  readonly #onOps = ({ detail }: LogEvents['ops']): void => {
    // void ones pay nothing: who was an admin would hold up debts with them
    const rekeys = detail.filter(op => op.kind === 'REKEY').filter(({ id }) => this.#init.log.voidOf(id) == null)

    if (rekeys.length > 0) {
      // another's will do; what that does not pay is planned anew, and its secret is asked for first
      this.#cancel()
      this.#isLost = false

      if (this.#newest != null && rekeys.some(({ id }) => id === this.#newest?.rekey)) {
        this.#init.onRotation(this.#newest.cause)
      }

      // of several that bring ends together the first one says what for
      if (rekeys.some(rekey => !rekeys.some(({ id }) => id === rekey.previous) && this.#paysDebts(rekey))) {
        this.#paidAt = this.#init.clock.elapsed()
      }
    }

    // who invites takes nobody out
    if (detail.some(({ kind }) => kind !== 'INVITE' && kind !== 'INFO')) {
      this.#look()
    }
  }

  readonly #onSecrets = (): void => {
    this.#isLost &&= this.#init.keyring.missing.length > 0
    this.#look()
  }

  /** Looks at it once all that has just happened is told. */
  readonly #look = (): void => {
    if (!this.#isLooking) {
      this.#isLooking = true
      queueMicrotask(() => {
        this.#isLooking = false
        this.#review()
      })
    }
  }

  get #isIndebted (): boolean {
    return this.#init.log.indebted() != null
  }

  /** By an older plus-one, or one that was stopped as it made it. */
  get #hasNoKey (): boolean {
    return this.#init.log.rekeyIds().length === 0
  }

  get #mayRotate (): boolean {
    const { log } = this.#init
    const role = log.member(log.self)?.role

    return !this.#isStopped && !log.isClosed && log.synced && (role === 'owner' || role === 'admin')
  }

  #review (): void {
    const mayRotate = this.#mayRotate
    const isOwed = this.#isIndebted || (this.#isLost && mayRotate)

    if (isOwed !== this.#isOwed) {
      this.#isOwed = isOwed
      this.safeDispatchEvent('owed')
    }

    if (!mayRotate || !(isOwed || this.#hasNoKey)) {
      this.#cancel()
    } else if (this.#callOff == null && !this.#isPaying) {
      this.#plan()
    }
  }

  #plan (): void {
    const { log, clock, random = Math.random } = this.#init
    const who = [...log.members()].filter(({ role }) => role === 'owner' || role === 'admin').length
    const spread = Math.min(LONGEST_SPREAD, SPREAD * (1 + who / 10))
    const pause = this.#paidAt == null ? 0 : Math.max(0, this.#paidAt + PAUSE - clock.elapsed())

    this.#callOff = after(clock, Math.max(LEAST, pause) + random() * spread, () => {
      this.#callOff = undefined
      this.#pay().catch(() => {})
    })
  }

  #cancel (): void {
    this.#callOff?.()
    this.#callOff = undefined
  }

  async #pay (): Promise<void> {
    this.#isPaying = true

    try {
      await this.#init.catchUp()
      await (this.#mayRotate && this.#rotate())
    } catch (err) {
      this.#init.logger('the rotation of a party\'s key is still owed - %e', err)
    } finally {
      this.#isPaying = false
      this.#review()
    }
  }

  async #rotate (): Promise<void> {
    await this.#init.log.rekey(async (place) => {
      if (this.#hasNoKey) {
        return this.#made(place, 'first')
      }

      return !place.isFirst || this.#isIndebted || this.#isLost ? this.#made(place, 'debt') : undefined
    })
  }

  async #made (place: RekeyPlace, cause: RotationCause): Promise<MadeRekey> {
    const { log, keyring } = this.#init

    return madeRekey(keyring, place, log.sharesHistory, (rekey) => { this.#newest = { rekey, cause } })
  }

  /** Those that pay debts stand on whatever was there; one of a removal stands on that. */
  #paysDebts ({ previous }: AnyOp<'REKEY'>): boolean {
    const kind = previous == null ? undefined : this.#init.log.get(previous)?.kind

    return kind !== 'GENESIS' && kind !== 'REMOVE' && kind !== 'UNLINK' && kind !== 'LEAVE'
  }
}
