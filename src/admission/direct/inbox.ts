/**
 * Direct invitations that await a yes or no here. They outlive a restart; strangers
 * share the places (docs/handshake.md, "Direct invitations").
 */
import { lpStream } from '@libp2p/utils'
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'
import { decodeLength, MAX_CODE_TEXT, parseCode } from '../../codec/index.js'
import { ProtocolError } from '../../errors.js'
import { lookupIdOf, MAX_REASON } from '../../invitation/index.js'
import { keyOf } from '../../log/terms.js'
import { at } from '../../async/clock.js'
import { obeying } from '../../async/obeying.js'
import { Observable } from '../../interface/observable.js'
import { originOf } from '../../limits/origin.js'
import { Shares } from '../../limits/shares.js'
import { assertSecure } from '../../network/secure.js'
import { HANDING_TIMEOUT, MAX_DECLINED, MAX_KEPT, MAX_OF_PEER, MAX_RECEIVED } from './constants.js'
import { forgetReceived, loadReceived, storeReceived } from './records.js'
import type { DirectInit } from './interface.js'
import type { ReceivedRecord } from './records.js'
import type { InvitationPreview, ReceivedInvitation, RedeemOptions, Redemption } from '../../interface/index.js'
import type { Holder } from '../../limits/shares.js'
import type { AbortOptions, Connection, PeerId, Stream } from '@libp2p/interface'

interface Entry extends ReceivedRecord, Holder {
  invitation: ReceivedInvitation
  /** Ends the wait for its expiry. */
  callOff: () => void
  /** The inviter could not be reached when it was looked at. */
  unreachable?: boolean
}

export class Inbox extends Observable<readonly ReceivedInvitation[]> {
  readonly #init: DirectInit
  /** By lookup id, oldest first; declined ones, too. */
  readonly #entries = new Map<string, Entry>()
  /** Declined ones whose inviter is being told. */
  readonly #telling = new Set<string>()
  readonly #running = new AbortController()

  constructor (init: DirectInit) {
    super()
    this.#init = init
  }

  /** @throws {StorageError} */
  async start (): Promise<void> {
    const { components, clock } = this.#init

    for (const record of await loadReceived(components.datastore)) {
      if (endOf(record) > clock.now()) {
        this.#keep(record)
      } else {
        await forgetReceived(components.datastore, record)
      }
    }

    this.changed()
  }

  stop (): void {
    this.#running.abort()
    this.#entries.forEach(({ callOff }) => { callOff() })
    this.#entries.clear()
    this.changed()
  }

  /** Takes what an inviter hands over. @throws {ProtocolError} */
  async take (stream: Stream, connection: Connection): Promise<void> {
    assertSecure(connection)
    const signal = AbortSignal.any([this.#running.signal, AbortSignal.timeout(HANDING_TIMEOUT)])
    const messages = lpStream(stream, { maxDataLength: MAX_CODE_TEXT, lengthDecoder: decodeLength })
    const code = parseCode(new TextDecoder().decode((await messages.read({ signal })).subarray()))
    const record = { id: bytesToHex(lookupIdOf(code.secret)), code, origin: originOf(connection.remoteAddr), receivedAt: this.#init.clock.now() }

    if (!code.inviter.equals(connection.remotePeer)) {
      throw new ProtocolError('A direct invitation comes from its inviter alone')
    }

    const known = this.#entries.get(record.id)

    if (known?.declined != null) {
      this.#tell(known).catch((err: unknown) => { this.#init.log('%p has not heard that its invitation was declined - %e', code.inviter, err) })
    } else if (known == null) {
      await this.#receive(record)
    } else {
      known.unreachable = false
    }

    await messages.write(new Uint8Array(), { signal })
    await stream.close({ signal })
  }

  /** All of a peer's go, unanswered. @throws {StorageError} */
  async forgetAll (peer: PeerId): Promise<void> {
    for (const entry of [...this.#entries.values()].filter(({ code }) => code.inviter.equals(peer))) {
      await this.#forget(entry)
    }
  }

  /** Those of these lookup ids go, unanswered. @throws {StorageError} */
  async forgetThose (ids: ReadonlySet<string>): Promise<void> {
    for (const entry of [...this.#entries.values()].filter(({ id }) => ids.has(id))) {
      await this.#forget(entry)
    }
  }

  async #receive (record: ReceivedRecord): Promise<void> {
    const { received, components } = this.#init

    if (endOf(record) <= this.#init.clock.now()) {
      throw new ProtocolError('A direct invitation that has expired')
    }

    const waiting = [...this.#entries.values()].filter(({ declined }) => declined == null)

    if (waiting.filter(({ code }) => code.inviter.equals(record.code.inviter)).length >= MAX_OF_PEER) {
      throw new ProtocolError('Too many invitations of one peer await an answer here')
    }

    const victim = waiting.length < MAX_RECEIVED ? undefined : this.#yielding(waiting, record)
    const entry = this.#keep(record)

    try {
      if (victim != null) {
        await this.#forget(victim)
      }

      await storeReceived(components.datastore, record)
    } catch (err) {
      this.#drop(entry)
      throw err
    }

    this.changed()
    received(entry.invitation)
  }

  /** Who makes room: a stranger before a member of a party of ours; of equals who has most, and who is away first. @throws {ProtocolError} Nobody. */
  #yielding (waiting: Entry[], { code, origin }: ReceivedRecord): Entry {
    const { isMember, components } = this.#init
    const newcomer = { peer: code.inviter.toString(), origin }
    const isIdle = ({ code, unreachable }: Entry): boolean => unreachable === true || components.connectionManager.getConnections(code.inviter).length === 0
    const [strangers, members] = [new Shares<Entry>(), new Shares<Entry>()]
    waiting.forEach(entry => { (isMember(keyOf(entry.code.inviter)) ? members : strangers).add(entry) })

    const victim = isMember(keyOf(code.inviter))
      // a member is never kept out by strangers
      ? strangers.greediest(isIdle) ?? members.yielding(newcomer, isIdle)
      : strangers.yielding(newcomer, isIdle)

    if (victim == null) {
      throw new ProtocolError('Too many invitations await an answer here')
    }

    return victim
  }

  #keep (record: ReceivedRecord): Entry {
    const entry: Entry = { ...record, peer: record.code.inviter.toString(), invitation: this.#invitation(record), callOff: () => {} }
    this.#entries.set(record.id, entry)
    entry.callOff = at(this.#init.clock, endOf(record), () => {
      this.#forget(entry).catch((err: unknown) => { this.#init.log.error('an expired direct invitation stays in the store - %e', err) })
    })

    return entry
  }

  #drop (entry: Entry): void {
    entry.callOff()

    if (this.#entries.get(entry.id) === entry) {
      this.#entries.delete(entry.id)
      this.changed()
    }
  }

  /** Gone here, at once; then from the store. @throws {StorageError} */
  async #forget (entry: Entry): Promise<void> {
    this.#drop(entry)
    await forgetReceived(this.#init.components.datastore, entry)
  }

  /** A person said no: it is gone here whatever comes of telling it. @returns Was the inviter told? @throws {StorageError} */
  async #decline (id: string, reason: string, options?: AbortOptions): Promise<boolean> {
    if (utf8ToBytes(reason).length > MAX_REASON) {
      throw new RangeError(`A reason has at most ${MAX_REASON} bytes of UTF-8; shorten it`)
    }

    const entry = this.#entries.get(id)

    if (entry == null) {
      return false
    }

    entry.declined = reason
    this.changed()
    await storeReceived(this.#init.components.datastore, entry)

    // the oldest come again if their inviters still wait
    for (const old of [...this.#entries.values()].filter(({ declined }) => declined != null).slice(0, -MAX_DECLINED)) {
      await this.#forget(old)
    }

    try {
      return await this.#tell(entry, options)
    } catch (err) {
      options?.signal?.throwIfAborted()
      this.#init.log('%p has not heard that its invitation was declined - %e', entry.code.inviter, err)

      return false
    }
  }

  /** Says a "no" to the inviter; once it knows, or can be told nothing any more, nothing is kept of it. */
  async #tell (entry: Entry, options?: AbortOptions): Promise<boolean> {
    if (this.#telling.has(entry.id)) {
      return false
    }

    this.#telling.add(entry.id)

    try {
      await this.#init.admission.decline(entry.code, entry.declined, options)
      await this.#forget(entry)

      return true
    } catch (err) {
      if (ENDS.includes((err as Error).name)) {
        await this.#forget(entry)
      }

      throw err
    } finally {
      this.#telling.delete(entry.id)
    }
  }

  #invitation ({ id, code }: ReceivedRecord): ReceivedInvitation {
    const { admission, log } = this.#init
    const over = (): void => {
      const entry = this.#entries.get(id)

      if (entry != null) {
        this.#forget(entry).catch((err: unknown) => { log.error('a direct invitation that is over stays in the store - %e', err) })
      }
    }

    return {
      from: code.inviter,
      preview: async (options?: AbortOptions): Promise<InvitationPreview> => {
        try {
          return await obeying(options, async () => admission.preview(code, options))
        } catch (err) {
          const entry = this.#entries.get(id)

          if (ENDS.includes((err as Error).name)) {
            over()
          } else if (entry != null && options?.signal?.aborted !== true) {
            entry.unreachable = true
          }

          throw err
        }
      },
      accept: (options: RedeemOptions = {}): Redemption => {
        const redemption = admission.redeem(code, options)
        const unsubscribe = redemption.subscribe(() => {
          const { state, error } = redemption.getSnapshot()

          if (state === 'admitted' || state === 'declined' || ENDS.includes(error?.name ?? '')) {
            unsubscribe()
            over()
          }
        })

        return redemption
      },
      decline: async (reason = '', options?: AbortOptions): Promise<boolean> => obeying(options, async () => this.#decline(id, reason, options))
    }
  }

  protected override snapshot (): readonly ReceivedInvitation[] {
    return [...this.#entries.values()].filter(({ declined }) => declined == null).map(({ invitation }) => invitation)
  }
}

/** ms since 1970 */
function endOf ({ code, receivedAt }: ReceivedRecord): number {
  return Math.min(code.expiresAt ?? Number.POSITIVE_INFINITY, receivedAt + MAX_KEPT)
}

/** What no second try changes. */
const ENDS = ['InvitationNotFoundError', 'InvitationExpiredError', 'InvitationRevokedError', 'InvitationUsedError', 'InvitationLockedError', 'InvitationDeclinedError', 'NotPermittedError', 'AlreadyMemberError']
