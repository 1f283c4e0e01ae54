/** What an invitee was shown, says yes to, and is given at the end: three that have to be the same. */
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js'
import { AlreadyMemberError, PreviewMismatchError, ProtocolError } from '../errors.js'
import { lookupIdOf } from '../invitation/index.js'
import { acceptanceBytes, linkBytes, previewHash } from '../log/acceptance.js'
import { checkLink } from '../log/device-grant.js'
import { checkGrant, checkReturn } from '../log/grant.js'
import { homeSeatOf } from '../log/home.js'
import { decodeOp } from '../log/op.js'
import { copyOf, isSameData, keyOf } from '../log/terms.js'
import { homeOf, previewHashOf, roleOf } from './preview.js'
import type { ProfileBook } from './profile-book.js'
import type { InvitationPreview, Party } from '../interface/index.js'
import type { InvitationCode } from '../codec/index.js'
import type { Accepted, InviteeEffect, Welcomed } from '../invitation/index.js'
import type { EpochSecret } from '../keys/index.js'
import type { AnyGrant, AnyOp, Grant, Key, Role } from '../log/index.js'
import type { PeerId, PrivateKey } from '@libp2p/interface'

/** How a Grant came. */
export interface JoinInit {
  /** It was lost here. */
  isReturn: boolean
  /** The party's key, as the inviter gave it: unchecked. */
  secrets: readonly EpochSecret[]
}

/** Stores a Grant, or what a member gets back, and gives the party. */
export type Join = (grant: AnyGrant | AnyOp<'GENESIS'>, init: JoinInit) => Promise<Party>

export interface JoiningComponents {
  peerId: PeerId
  privateKey: PrivateKey
}

export interface JoiningInit {
  code: InvitationCode
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

/** The person who joins. */
export interface Joiner {
  /** Does the person say no? */
  declines: () => boolean
  /** It is admitted, by an INVITE with this data. */
  invitedWith: (data: Uint8Array | undefined) => void
}

export class Joining {
  readonly #components: JoiningComponents
  readonly #init: JoiningInit
  readonly #joiner: Joiner
  /** What the person saw: party, hash of how it was shown, role, and the invitation's data. */
  #seen: { genesis: string, preview: string, role: Role, data?: Uint8Array } | undefined
  /** The inviter's, signed. */
  #profile = new Uint8Array()

  constructor (components: JoiningComponents, init: JoiningInit, joiner: Joiner) {
    const { seen } = init
    this.#components = components
    this.#init = init
    this.#joiner = joiner
    this.#seen = seen == null ? undefined : { genesis: seen.party.key, preview: previewHash(seen.party), role: seen.role, data: seen.data }
  }

  /**
   * What is about to be shown to the person: what they say yes to does not change under their hands.
   *
   * @throws {PreviewMismatchError} It is another than before.
   * @throws {AlreadyMemberError} This node has that party.
   * @throws {OtherPersonError} It is another person's home.
   */
  welcome (welcomed: Welcomed): void {
    const { ownParty, assertMayJoin } = this.#init
    const offered = { genesis: bytesToHex(welcomed.genesis), preview: previewHashOf(welcomed), role: roleOf(welcomed.preview.role), data: welcomed.preview.data }
    const { genesis, preview, role, data } = this.#seen ?? offered
    const own = welcomed.preview.member ? ownParty(offered.genesis) : undefined

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
  }

  /** The yes, signed. */
  async accept ({ welcomed, transcript }: InviteeEffect & { type: 'accept' }): Promise<Accepted> {
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

  /**
   * Checks the Grant against what was accepted, or what is given back against what was shown, and stores it.
   *
   * @throws {ProtocolError} It does not prove what it has to.
   * @throws {PreviewMismatchError} It is for something else than what was shown.
   * @throws {AlreadyMemberError} The person said no; for the others it is a member still.
   */
  async store ({ grant: { admit, authority }, secrets, accepted }: InviteeEffect & { type: 'store' }): Promise<Party> {
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
    if (!isAccepted && this.#joiner.declines()) {
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

    this.#joiner.invitedWith(data)
  }
}
