/** The handshakes of one redemption: one stream after the other, until one settles it. */
import { bytesToHex, hexToBytes, randomBytes } from '@noble/hashes/utils.js'
import { AlreadyMemberError, InviterUnreachableError, PreviewMismatchError, ProtocolError } from '../errors.js'
import { drive, StreamEnd } from '../pake/machine.js'
import { NONCE_LENGTH } from '../pake/constants.js'
import { InviterBusyError, lookupIdOf, MAX_INVITER_FRAME, NoAnswerError } from '../invitation/index.js'
import { invitee } from '../invitation/machines.js'
import { acceptanceBytes, linkBytes, previewHash } from '../log/acceptance.js'
import { checkLink } from '../log/device-grant.js'
import { checkGrant, checkReturn } from '../log/grant.js'
import { homeSeatOf } from '../log/home.js'
import { decodeOp } from '../log/op.js'
import { copyOf, isSameData, keyOf } from '../log/terms.js'
import { after, delay, timeout } from '../async/clock.js'
import { FrameStream } from '../streams/frame-stream.js'
import { CodeTurn } from './code-turn.js'
import { reachInviter, streamOn } from './connection/open-stream.js'
import { homeOf, previewHashOf, previewOf, roleOf } from './preview.js'
import type { ProfileBook } from './profile-book.js'
import type { OpenStreamComponents, OpenStreamOptions } from './connection/open-stream.js'
import type { Clock, DialProgress, InvitationPreview, Party } from '../interface/index.js'
import type { InvitationCode } from '../codec/index.js'
import type { Accepted, InviteeEffect, InviteeOutcome, PinAnswer, WaitAnswer, Welcomed } from '../invitation/index.js'
import type { EpochSecret } from '../keys/index.js'
import type { AnyGrant, AnyOp, Grant, Key, Role } from '../log/index.js'
import type { PrivateKey } from '@libp2p/interface'

/** Waits before another try to connect, ms: none, then the first, doubling up to the second. */
const BACKOFF = [250, 4_000] as const

export interface HandshakesComponents extends OpenStreamComponents {
  privateKey: PrivateKey
}

/** At the PIN box, after its stream was lost: waits before the inviter is looked for again, ms, the first, doubling up to the second. */
const RETURN = [1_000, 30_000] as const

/** How a Grant came. */
export interface JoinInit {
  /** It was lost here. */
  isReturn: boolean
  /** The party's key, as the inviter gave it: unchecked. */
  secrets: readonly EpochSecret[]
}

/** Stores a Grant, or what a member gets back, and gives the party. */
export type Join = (grant: AnyGrant | AnyOp<'GENESIS'>, init: JoinInit) => Promise<Party>

/** What a handshake asks of the person who redeems, and tells them. */
export interface Invited {
  /** Is the PIN box open, and nobody's PIN on its way? */
  isIdle: () => boolean
  /** When a PIN was last given, by `clock.elapsed()`: from there on it is tried for `connectTimeout`. */
  askedAt: () => number
  welcome: (preview: InvitationPreview) => void
  /** Asks for a PIN; `spoke`: the inviter was faster. */
  pin: (attemptsLeft: number, spoke: () => Promise<{ frame: Uint8Array }>) => Promise<PinAnswer>
  /** A PIN is about to be given away. */
  release: () => Promise<void>
  wrong: (attemptsLeft: number) => Promise<void>
  /** Does the person say no? */
  declines: () => boolean
  /** It is admitted, by an INVITE with this data. */
  invitedWith: (data: Uint8Array | undefined) => void
  waiting: (comparison: string, spoke: () => Promise<{ frame: Uint8Array }>) => Promise<WaitAnswer>
  /** What a person does next; rejects with the signal's reason. */
  nextAnswer: () => Promise<PinAnswer>
  /** The stream has ended: nobody listens to answers. */
  hungUp: () => void
}

export interface HandshakesInit {
  /** Invitations' id. */
  protocol: string
  code: InvitationCode
  /** What looks for the inviter's addresses of now, if anything does. */
  more: OpenStreamOptions['more']
  clock: Clock
  /** ms */
  stepTimeout: number
  connectTimeout: number
  signal: AbortSignal
  onProgress: (event: DialProgress) => void
  profiles: ProfileBook
  /** The recovery key that seats of this node's person carry; undefined: none. */
  recovery: () => Key | undefined
  /** What the person saw before, if anything. */
  seen?: Pick<InvitationPreview, 'party' | 'role' | 'data'>
  /** The party by the id of its GENESIS, if this node has it and thinks itself a member. */
  ownParty: (genesis: string) => Party | undefined
  /** May this node become a device of another's home? @throws {OtherPersonError} */
  assertMayJoin: (home: string) => void
  join: Join
}

export class Handshakes {
  readonly #components: HandshakesComponents
  readonly #init: HandshakesInit
  readonly #invited: Invited
  readonly #nonce = randomBytes(NONCE_LENGTH)
  /** What the person saw: party, hash of how it was shown, role, and the invitation's data. */
  #seen: { genesis: string, preview: string, role: Role, data?: Uint8Array } | undefined
  readonly #turn: CodeTurn
  /** The inviter's, signed. */
  #profile = new Uint8Array()
  /** When the inviter was last reached, by `clock.elapsed()`. */
  #reachedAt = Number.NEGATIVE_INFINITY

  constructor (components: HandshakesComponents, init: HandshakesInit, invited: Invited) {
    this.#components = components
    this.#init = init
    this.#invited = invited
    this.#turn = new CodeTurn(components, bytesToHex(lookupIdOf(init.code.secret)))
    this.#seen = init.seen == null ? undefined : { genesis: init.seen.party.key, preview: previewHash(init.seen.party), role: init.seen.role, data: init.seen.data }
  }

  /** Opens streams until one settles it; a lost stream is not an end. */
  async run (): Promise<InviteeOutcome<Party>> {
    try {
      return await this.#run()
    } finally {
      this.#turn.end()
    }
  }

  async #run (): Promise<InviteeOutcome<Party>> {
    const { clock, connectTimeout, signal } = this.#init
    let since = this.#since
    let wait = 0
    let pause: number = RETURN[0]

    while (true) {
      try {
        return await this.#handshake()
      } catch (err) {
        this.#turn.release()

        if (!(err instanceof StreamEnd || err instanceof InviterUnreachableError) || err instanceof NoAnswerError) {
          throw err
        }

        if (since !== this.#since) {
          // it was reached, or asked anew, since the last try
          since = this.#since
          wait = 0
          pause = RETURN[0]
        }

        if (this.#invited.isIdle()) {
          // with a PIN at once; without one now and then, to hear how the invitation ended meanwhile; whose place was given away leaves it to others
          const answer = await this.#answered(err instanceof InviterBusyError ? Number.POSITIVE_INFINITY : pause)
          pause = Math.min(2 * pause, RETURN[1])

          // a no has to be told: as a PIN, it looks for the inviter at once
          if (answer != null && 'cancel' in answer) {
            return { type: 'cancelled' }
          }
        } else if (clock.elapsed() + wait > since + connectTimeout) {
          throw err
        } else {
          await delay(clock, wait, signal)
          wait = Math.min(Math.max(2 * wait, BACKOFF[0]), BACKOFF[1])
        }
      }
    }
  }

  /** What the person did within so many ms, if anything. */
  async #answered (ms: number): Promise<PinAnswer | undefined> {
    const late = Promise.withResolvers<undefined>()
    const callOff = after(this.#init.clock, ms, () => { late.resolve(undefined) })

    try {
      return await Promise.race([this.#invited.nextAnswer(), late.promise])
    } finally {
      callOff()
      this.#invited.hungUp()
    }
  }

  get #since (): number {
    return Math.max(this.#reachedAt, this.#invited.askedAt())
  }

  /** One stream, from Knock to its end. */
  async #handshake (): Promise<InviteeOutcome<Party>> {
    const { protocol, clock, code, more, signal, stepTimeout, connectTimeout, onProgress, profiles } = this.#init
    const deadline = (): AbortSignal => AbortSignal.any([signal, timeout(clock, connectTimeout)])
    const connection = await reachInviter(this.#components, code, { signal: deadline(), onProgress, more })
    // a no waits for nobody
    await (this.#invited.declines() ? undefined : this.#turn.take(signal))
    this.#turn.knock()
    const stream = await streamOn(connection, protocol, deadline())
    const frames = new FrameStream(stream, MAX_INVITER_FRAME, clock)

    try {
      const outcome = await drive(invitee<Party>({
        ends: { inviter: connection.remotePeer.toMultihash().bytes, invitee: this.#components.peerId.toMultihash().bytes },
        secret: code.secret,
        random: randomBytes,
        profile: () => profiles.own,
        nonce: this.#nonce
      }), async effect => this.#perform(effect, frames))

      if (outcome.type === 'declined') {
        // a connection may be dead, and nobody told yet: the inviter has heard the no once it ends its half
        await frames.ended(stepTimeout, signal)
      }

      return outcome
    } finally {
      this.#invited.hungUp()
      await frames.close()
    }
  }

  async #perform (effect: InviteeEffect, frames: FrameStream): Promise<unknown> {
    const { signal, stepTimeout } = this.#init
    const spoke = async (): Promise<{ frame: Uint8Array }> => ({ frame: await frames.peek() })

    switch (effect.type) {
      case 'send': return frames.send(effect.frame, signal)
      case 'receive': return frames.receive(effect.wait === 'step' ? stepTimeout : Number.POSITIVE_INFINITY, signal)
      case 'welcomed': return this.#welcome(effect.welcomed)
      case 'pin': return this.#pin(effect.attemptsLeft, spoke)
      case 'release': return this.#release()
      case 'wrong': return this.#invited.wrong(effect.attemptsLeft)
      case 'waiting': return this.#invited.waiting(effect.comparison, spoke)
      case 'accept': return this.#accept(effect)
      case 'store': return this.#store(effect)
    }
  }

  async #pin (...asked: Parameters<Invited['pin']>): Promise<PinAnswer> {
    const answer = this.#invited.pin(...asked)

    if (this.#invited.isIdle()) {
      // a person may take their time
      this.#turn.release()
    }

    return answer
  }

  async #release (): Promise<void> {
    await this.#turn.take(this.#init.signal)

    if (!this.#turn.isLast) {
      // this one's place is gone, and a PIN that is sent to it would be given away for nothing
      throw new StreamEnd()
    }

    await this.#invited.release()
  }

  async #welcome (welcomed: Welcomed): Promise<void> {
    const { clock, code, ownParty, assertMayJoin } = this.#init
    const offered = { genesis: bytesToHex(welcomed.genesis), preview: previewHashOf(welcomed), role: roleOf(welcomed.preview.role), data: welcomed.preview.data }
    const { genesis, preview, role, data } = this.#seen ?? offered
    const own = welcomed.preview.member ? ownParty(offered.genesis) : undefined

    // what the person says yes to does not change under their hands
    if (genesis !== offered.genesis || preview !== offered.preview || role !== offered.role || !isSameData(data, offered.data)) {
      throw new PreviewMismatchError()
    }

    if (own != null) {
      throw new AlreadyMemberError(own)
    }

    if (homeOf(welcomed) != null) {
      assertMayJoin(offered.genesis)
    }

    this.#seen = offered
    this.#profile = copyOf(welcomed.preview.profile)
    this.#reachedAt = clock.elapsed()
    this.#invited.welcome(await previewOf(welcomed, code.inviter))
  }

  async #accept ({ welcomed, transcript }: InviteeEffect & { type: 'accept' }): Promise<Accepted> {
    const home = homeOf(welcomed)

    // a device takes no seat: the person's has its recovery key
    if (home != null) {
      const bytes = linkBytes(bytesToHex(welcomed.genesis), homeSeatOf(home), keyOf(this.#init.code.inviter))

      return { acceptance: await this.#components.privateKey.sign(bytes), recovery: new Uint8Array() }
    }

    const recovery = this.#init.recovery()
    const acceptance = await this.#components.privateKey.sign(acceptanceBytes({
      genesis: bytesToHex(welcomed.genesis),
      invite: bytesToHex(welcomed.invite),
      first: keyOf(this.#components.peerId),
      recovery,
      inviter: keyOf(this.#init.code.inviter),
      role: roleOf(welcomed.preview.role),
      preview: previewHashOf(welcomed),
      transcript: bytesToHex(transcript)
    }))

    return { acceptance, recovery: recovery == null ? new Uint8Array() : hexToBytes(recovery) }
  }

  async #store ({ grant: { admit, authority }, secrets, accepted }: InviteeEffect & { type: 'store' }): Promise<Party> {
    const { code } = this.#init
    const shown = { admit: admit ?? { body: new Uint8Array(), sig: new Uint8Array() }, authority }
    const first = keyOf(this.#components.peerId)

    if (accepted == null ? decodeOp(shown.admit).kind === 'LINK' : homeOf(accepted.welcomed) != null) {
      return this.#storeLink(shown, secrets, accepted?.welcomed)
    }

    if (accepted?.welcomed.preview.member === true) {
      return this.#join(await checkReturn(shown, { first, recovery: this.#init.recovery(), shown: { genesis: bytesToHex(accepted.welcomed.genesis), preview: previewHashOf(accepted.welcomed) } }), { isReturn: true, secrets })
    }

    const grant = await checkGrant(shown, {
      inviter: keyOf(code.inviter),
      first,
      accepted: accepted == null
        ? undefined
        : {
            genesis: bytesToHex(accepted.welcomed.genesis),
            invite: bytesToHex(accepted.welcomed.invite),
            role: roleOf(accepted.welcomed.preview.role),
            preview: previewHashOf(accepted.welcomed),
            transcript: bytesToHex(accepted.transcript),
            ...(accepted.recovery.length === 0 ? {} : { recovery: bytesToHex(accepted.recovery) }),
            acceptance: accepted.acceptance
          }
    })

    this.#checkInvite(grant.invite)
    this.#assertWanted(grant, accepted != null)

    return this.#join(grant, { isReturn: false, secrets })
  }

  /** This node becomes a device of the inviter's person; or it lost the home, or the Grant, and gets it again. */
  async #storeLink (shown: Grant, secrets: readonly EpochSecret[], welcomed: Welcomed | undefined): Promise<Party> {
    const { code } = this.#init
    const isReturn = welcomed?.preview.member === true
    const grant = await checkLink(shown, {
      key: keyOf(this.#components.peerId),
      accepted: welcomed == null || isReturn
        ? undefined
        : {
            inviter: keyOf(code.inviter),
            genesis: bytesToHex(welcomed.genesis),
            invite: bytesToHex(welcomed.invite),
            role: roleOf(welcomed.preview.role),
            preview: previewHashOf(welcomed)
          }
    })

    if (isReturn) {
      if (grant.genesis.id !== bytesToHex(welcomed.genesis)) {
        throw new PreviewMismatchError()
      }
    } else if (grant.invite == null) {
      throw new ProtocolError('The Grant is for no invitation; ask for a new code')
    } else {
      this.#checkInvite(grant.invite)
      this.#assertWanted(grant, welcomed != null)
    }

    return this.#join(grant, { isReturn, secrets })
  }

  /** The inviter goes on being known by name, also where it is gone before the two have synced. */
  async #join (...joining: Parameters<Join>): Promise<Party> {
    const { code, profiles, join } = this.#init
    // before, so that it is there with the party; a bad one keeps nobody out
    await profiles.put(this.#profile, keyOf(code.inviter)).catch(() => {})

    return join(...joining)
  }

  /** Who says no is not given again what was given before. @throws {AlreadyMemberError} It is a member, for the others at least. */
  #assertWanted ({ genesis }: AnyGrant, isAccepted: boolean): void {
    if (!isAccepted && this.#invited.declines()) {
      const own = this.#init.ownParty(genesis.id)
      throw new AlreadyMemberError(own, own == null ? 'You joined by this code before, and are a member for the others still; to leave, redeem it again, and then leave the party' : undefined)
    }
  }

  /** @throws {ProtocolError} It is another than the code's. @throws {PreviewMismatchError} Its data is not what was shown. */
  #checkInvite ({ payload: { lookupId, data } }: AnyOp<'INVITE'>): void {
    if (lookupId !== bytesToHex(lookupIdOf(this.#init.code.secret))) {
      throw new ProtocolError('The Grant is for another invitation than the code; ask for a new code')
    }

    // the acceptance covers the INVITE, and that its data; not what was shown of it
    if (this.#seen != null && !isSameData(this.#seen.data, data)) {
      throw new PreviewMismatchError()
    }

    this.#invited.invitedWith(data)
  }
}
