/**
 * Direct invitations: an inviter hands the code to the peer whom it is for over a
 * connection that is there, and that peer's app says yes or no. The code lets
 * nobody else in: the INVITE names the key (docs/handshake.md, "Direct invitations").
 *
 * Wire of `/plus-one/direct/1.0.0`: the inviter sends one length-prefixed message,
 * the code's text; the other side, having taken it, answers with an empty one.
 */
import { lpStream } from '@libp2p/utils'
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'
import { decodeLength, MAX_CODE_TEXT, parseCode } from '../../codec/index.js'
import { ProtocolError } from '../../errors.js'
import { DIRECT_PROTOCOL, lookupIdOf } from '../../invitation/index.js'
import { bestConnection } from '../connection/dial-race.js'
import { Observable } from '../../observable.js'
import { assertSecure } from '../connection/secure.js'
import { peerIdOf } from '../../log/terms.js'
import type { Clock } from '../../clock.js'
import type { InvitationCode } from '../../codec/index.js'
import type { InvitationPreview, ReceivedInvitation, RedeemOptions, Redemption } from '../../interface/index.js'
import type { LocalInvitation } from '../invitation.js'
import type { Key } from '../../log/index.js'
import type { AbortOptions, Connection, Logger, PeerId, Stream } from '@libp2p/interface'
import type { ConnectionManager } from '@libp2p/interface-internal'

/** Invitations of one peer that may await an answer here. */
const MAX_OF_PEER = 3

/** And of all. */
const MAX_RECEIVED = 64

/** How long handing over may take, ms. */
const TIMEOUT = 10_000

/** The first wait before what failed is handed over again, ms; it doubles up to the second. */
const BACKOFF = [1_000, 60_000] as const

export interface DirectInit {
  components: { connectionManager: ConnectionManager }
  /** What a yes or no leads to. */
  admission: {
    preview: (code: InvitationCode, options?: AbortOptions) => Promise<InvitationPreview>
    redeem: (code: InvitationCode, options?: RedeemOptions) => Redemption
    decline: (code: InvitationCode, reason?: string, options?: AbortOptions) => Promise<void>
  }
  log: Logger
  clock: Clock
  /** Invitations of this node that are served. */
  invitations: () => Iterable<LocalInvitation>
  received: (invitation: ReceivedInvitation) => void
}

export class DirectExchange extends Observable<readonly ReceivedInvitation[]> {
  readonly #init: DirectInit
  /** By lookup id. */
  readonly #received = new Map<string, ReceivedInvitation>()
  #running = new AbortController()
  #retry: unknown
  #wait: number = BACKOFF[0]

  constructor (init: DirectInit) {
    super()
    this.#init = init
  }

  start (): void {
    this.#running = new AbortController()
  }

  stop (): void {
    this.#running.abort()
    this.#init.clock.clearTimeout(this.#retry)
    this.#retry = undefined
    this.#received.clear()
    this.changed()
  }

  /** Hands this member what is for it, now if it is connected, else as soon as it is. */
  deliver (key: Key): void {
    this.#wait = BACKOFF[0]
    this.#deliver(key)
  }

  #deliver (key: Key): void {
    const peer = peerIdOf(key)
    const connection = bestConnection(this.#init.components, peer)

    for (const invitation of this.#undelivered()) {
      if (invitation.target === key && connection != null) {
        this.#hand(invitation, connection).catch((err: unknown) => {
          this.#init.log('a direct invitation was not handed to %p - %e', peer, err)
          this.#later()
        })
      } else if (invitation.target === key) {
        this.#later()
      }
    }
  }

  /** Connections come and go under what is handed over, and not each one that comes is told of: looks again. */
  #later (): void {
    if (this.#retry == null && !this.#running.signal.aborted) {
      this.#retry = this.#init.clock.setTimeout(() => {
        this.#retry = undefined
        this.#wait = Math.min(2 * this.#wait, BACKOFF[1])
        new Set(this.#undelivered().map(({ target }) => target)).forEach(key => { this.#deliver(key) })
      }, this.#wait)
    }
  }

  #undelivered (): Array<LocalInvitation & { target: Key }> {
    return [...this.#init.invitations()].filter((invitation): invitation is LocalInvitation & { target: Key } =>
      invitation.target != null && invitation.status === 'pending' && !invitation.getSnapshot().delivered)
  }

  async #hand (invitation: LocalInvitation, connection: Connection): Promise<void> {
    assertSecure(connection)
    const signal = AbortSignal.any([this.#running.signal, AbortSignal.timeout(TIMEOUT)])
    const stream = await connection.newStream(DIRECT_PROTOCOL, { signal, runOnLimitedConnection: true })
    const messages = lpStream(stream, { maxDataLength: 0, lengthDecoder: decodeLength })

    try {
      await messages.write(utf8ToBytes(invitation.code), { signal })
      await messages.read({ signal })
      invitation.delivered()
      await stream.close({ signal })
    } catch (err) {
      stream.abort(err as Error)
      throw err
    }
  }

  /** Takes what an inviter hands over. @throws {ProtocolError} */
  async take (stream: Stream, connection: Connection): Promise<void> {
    assertSecure(connection)
    const from = connection.remotePeer
    const signal = AbortSignal.any([this.#running.signal, AbortSignal.timeout(TIMEOUT)])
    const messages = lpStream(stream, { maxDataLength: MAX_CODE_TEXT, lengthDecoder: decodeLength })
    const code = parseCode(new TextDecoder().decode((await messages.read({ signal })).subarray()))

    if (!code.inviter.equals(from)) {
      throw new ProtocolError('A direct invitation comes from its inviter alone')
    }

    const id = bytesToHex(lookupIdOf(code.secret))

    if (!this.#received.has(id)) {
      const before = [...this.#received.values()].filter(other => other.from.equals(from)).length

      if (before >= MAX_OF_PEER || this.#received.size >= MAX_RECEIVED) {
        throw new ProtocolError('Too many invitations await an answer here')
      }

      const received = this.#receive(id, from, code)
      this.#received.set(id, received)
      this.changed()
      this.#init.received(received)
    }

    await messages.write(new Uint8Array(), { signal })
    await stream.close({ signal })
  }

  #receive (id: string, from: PeerId, code: InvitationCode): ReceivedInvitation {
    const { admission } = this.#init
    const gone = (): void => {
      this.#received.delete(id)
      this.changed()
    }

    return {
      from,
      preview: async (options?: AbortOptions): Promise<InvitationPreview> => {
        try {
          return await admission.preview(code, options)
        } catch (err) {
          if (ENDS.includes((err as Error).name)) {
            gone()
          }

          throw err
        }
      },
      accept: (options: RedeemOptions = {}): Redemption => {
        const redemption = admission.redeem(code, options)
        const over = redemption.subscribe(() => {
          const { state, error } = redemption.getSnapshot()

          if (state === 'admitted' || state === 'declined' || ENDS.includes(error?.name ?? '')) {
            over()
            gone()
          }
        })

        return redemption
      },
      decline: async (reason?: string, options?: AbortOptions): Promise<void> => {
        await admission.decline(code, reason, options)
        gone()
      }
    }
  }

  protected override snapshot (): readonly ReceivedInvitation[] {
    return [...this.#received.values()]
  }
}

/** What no second try changes. */
const ENDS = ['InvitationNotFoundError', 'InvitationExpiredError', 'InvitationRevokedError', 'InvitationUsedError', 'InvitationLockedError', 'InvitationDeclinedError', 'NotPermittedError']
