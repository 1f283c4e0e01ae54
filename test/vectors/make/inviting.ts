/** The two ends of an invitation, as far as the wire tells of them: src's machines, its log and its checks, without a network. */
import { hexToBytes } from '@noble/hashes/utils.js'
import { grantOf } from '../../../src/admission/offer.js'
import { homeOf, previewHashOf, roleOf } from '../../../src/admission/preview.js'
import { invitee, inviter, previewer } from '../../../src/invitation/machines.js'
import { ledger, lookupIdOf } from '../../../src/invitation/index.js'
import { acceptanceBytes, checkGrant, checkLink, keyOf, linkBytes, PARTY_KINDS, ROLES, sealProfile, verify } from '../../../src/log/index.js'
import { homeSeatOf } from '../../../src/log/home.js'
import { bytesOf, hex, NOW } from './cast.js'
import type { Actor } from './cast.js'
import type { Side } from './converse.js'
import type { EpochSecret } from '../../../src/keys/index.js'
import type { CommonEffect } from '../../../src/pake/index.js'
import type { Accepted, Admitted, GrantFrame, InviteeEffect, InviterEffect, Ledger, Session, Welcomed } from '../../../src/invitation/index.js'
import type { AnyOp, MembershipLog, Role } from '../../../src/log/index.js'

export const EXPIRES_AT = NOW + 3_600_000

export interface InvitingInit {
  host: Actor
  guest: Actor
  /** Of it the secret is made. */
  name: string
  /** Empty: none. */
  pin: string
  role: Role
  data?: Uint8Array
  approval?: boolean
  /** Of the party's key, for the Grant. */
  secrets?: readonly EpochSecret[]
}

/** Alice's side of one invitation. */
export class Inviting {
  readonly secret: Uint8Array
  readonly #init: InvitingInit
  readonly #log: MembershipLog
  readonly #invite: AnyOp<'INVITE'>
  readonly #profile: Uint8Array
  #ledger: Ledger = { status: 'pending', attemptsLeft: 3, uses: 1, used: 0, expiresAt: EXPIRES_AT }

  private constructor (init: InvitingInit, log: MembershipLog, invite: AnyOp<'INVITE'>, profile: Uint8Array) {
    this.secret = secretOf(init.name)
    this.#init = init
    this.#log = log
    this.#invite = invite
    this.#profile = profile
  }

  static async into (log: MembershipLog, init: InvitingInit): Promise<Inviting> {
    const { name, role, data, host } = init
    const invite = await log.append('INVITE', { lookupId: hex(lookupIdOf(secretOf(name))), role, uses: 1, hosts: [], createdAt: NOW, expiresAt: EXPIRES_AT, ...(data == null ? {} : { data }) })

    return new Inviting(init, log, invite, await sealProfile({ displayName: 'Alice' }, NOW, host.privateKey))
  }

  get side (): Side<InviterEffect, unknown> {
    return {
      name: 'inviter',
      machine: random => inviter({ ends: endsOf(this.#init), random }),
      perform: async effect => this.#perform(effect)
    }
  }

  get #session (): Session {
    const { kind, app, owners: [owner] } = this.#log.genesis.payload
    const { name, picture = '' } = this.#log.info()?.payload ?? this.#log.genesis.payload
    const recovery = kind === 'person' ? owner?.recovery : undefined

    return {
      attemptsLeft: this.#ledger.attemptsLeft,
      offer: {
        genesis: hexToBytes(this.#log.key),
        invite: hexToBytes(this.#invite.id),
        lookupId: lookupIdOf(this.secret),
        secret: this.secret,
        pin: this.#init.pin,
        preview: {
          name,
          kind: PARTY_KINDS.indexOf(kind),
          memberCount: this.#log.memberCount,
          profile: this.#profile,
          role: ROLES.indexOf(this.#invite.payload.role),
          expiresAt: BigInt(EXPIRES_AT),
          pinLength: this.#init.pin.length,
          pinAlphabet: this.#init.pin === '' ? '' : '0123456789',
          approval: this.#init.approval ?? false,
          picture,
          member: false,
          app,
          data: this.#invite.payload.data,
          ...(recovery == null ? {} : { recovery: hexToBytes(recovery) })
        }
      }
    }
  }

  async #perform (effect: Exclude<InviterEffect, CommonEffect>): Promise<unknown> {
    switch (effect.type) {
      case 'find': return { secret: this.secret }
      case 'preview':
      case 'begin': return this.#session
      case 'repeat': return this.#granted()
      case 'accepted': {
        const { offer } = this.#session
        const welcomed = { ...offer, preview: { ...offer.preview, attemptsLeft: 3 } } as Welcomed

        return verify(hexToBytes(this.#init.guest.key), acceptedBytes(this.#init, welcomed, effect.transcript, effect.recovery), effect.acceptance)
      }
      case 'spend':
        this.#ledger = ledger.spend(this.#ledger, NOW)
        return this.#ledger.attemptsLeft
      case 'approve': return { approved: true }
      case 'admit': return this.#admit(effect)
      default: return undefined
    }
  }

  #granted (): GrantFrame | undefined {
    const { guest } = this.#init
    const op = this.#log.kind === 'person' ? this.#log.linkOf(guest.key) : this.#log.get(this.#log.member(guest.key)?.admit ?? '')

    return op == null ? undefined : grantOf(this.#log, op as AnyOp<'ADMIT'>)
  }

  async #admit ({ acceptance, transcript, recovery }: InviterEffect & { type: 'admit' }): Promise<Admitted> {
    const { id: invite } = this.#invite
    const first = this.#init.guest.key
    const info = this.#log.info()?.id
    const op = this.#log.kind === 'person'
      ? await this.#log.append('LINK', { key: first, acceptance, invite })
      : await this.#log.append('ADMIT', { invite, first, ...(recovery.length === 0 ? {} : { recovery: hex(recovery) }), acceptance, transcript: hex(transcript), after: 60_000, info })

    return { grant: grantOf(this.#log, op), secrets: this.#init.secrets ?? [] }
  }
}

/** Bob's side: looks, or redeems with these PINs, typed one after the other. @param recovery - His recovery key; empty: none */
export async function guestOf (inviting: Inviting, init: InvitingInit, pins: string[] | undefined, recovery: Uint8Array = new Uint8Array()): Promise<Side<InviteeEffect, unknown>> {
  const { guest, name } = init
  const profile = await sealProfile({ displayName: 'Bob', picture: 'https://bob.example/me.png' }, NOW, guest.privateKey)
  const left = [...pins ?? []]
  const common = { ends: endsOf(init), secret: inviting.secret, profile: () => profile, nonce: bytesOf(`${name}: the guest's nonce`) }

  return {
    name: 'invitee',
    machine: random => pins == null ? previewer({ ...common, random }) : invitee({ ...common, random }),
    perform: async (effect, next) => {
      switch (effect.type) {
        case 'pin': return { pin: left.shift() ?? '' }
        case 'waiting': return { frame: await next() }
        case 'accept': {
          const own = effect.welcomed.preview.recovery == null ? recovery : new Uint8Array()

          return { acceptance: await guest.privateKey.sign(acceptedBytes(init, effect.welcomed, effect.transcript, own)), recovery: own } satisfies Accepted
        }
        case 'store': return checked(effect, init)
        default: return undefined
      }
    }
  }
}

/** Would it be taken? */
async function checked ({ grant: { admit, authority }, secrets, accepted }: InviteeEffect & { type: 'store' }, { host, guest, secrets: given = [] }: InvitingInit): Promise<unknown> {
  if (admit == null || (accepted != null && secrets.length !== given.length)) {
    throw new RangeError('A Grant without its op, or its secrets')
  }

  if (accepted?.welcomed.preview.recovery != null) {
    return checkLink({ admit, authority }, { key: guest.key })
  }

  const { welcomed, transcript, recovery, acceptance } = accepted ?? {}

  return checkGrant({ admit, authority }, {
    inviter: host.key,
    first: guest.key,
    ...(welcomed == null || transcript == null || recovery == null || acceptance == null ? {} : {
      accepted: {
        genesis: hex(welcomed.genesis), invite: hex(welcomed.invite), role: roleOf(welcomed.preview.role), preview: previewHashOf(welcomed), transcript: hex(transcript),
        ...(recovery.length === 0 ? {} : { recovery: hex(recovery) }), acceptance
      }
    })
  })
}

/** What the guest signs. */
function acceptedBytes ({ host, guest }: InvitingInit, welcomed: Welcomed, transcript: Uint8Array, recovery: Uint8Array): Uint8Array {
  const home = homeOf(welcomed)

  return home != null
    ? linkBytes(hex(welcomed.genesis), homeSeatOf(home), host.key)
    : acceptanceBytes({
        genesis: hex(welcomed.genesis), invite: hex(welcomed.invite), first: guest.key, ...(recovery.length === 0 ? {} : { recovery: hex(recovery) }), inviter: keyOf(host.peerId),
        role: roleOf(welcomed.preview.role), preview: previewHashOf(welcomed), transcript: hex(transcript)
      })
}

function endsOf ({ host, guest }: InvitingInit): { inviter: Uint8Array, invitee: Uint8Array } {
  return { inviter: host.peerId.toMultihash().bytes, invitee: guest.peerId.toMultihash().bytes }
}

function secretOf (name: string): Uint8Array {
  return bytesOf(`${name}: the code's secret`, 16)
}
