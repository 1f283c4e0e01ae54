/** An invitation as its handshake needs it: what it offers, and the Grant that ends it well. */
import { hexToBytes } from '@noble/hashes/utils.js'
import { lookupIdOf } from '../invitation/index.js'
import { PARTY_KINDS, ROLES } from '../log/terms.js'
import type { InvitingParty } from './inviting-party.js'
import type { InvitationRecord } from './records.js'
import type { GrantFrame, Offer } from '../invitation/index.js'
import type { AnyOp, Key, MemberRecord, MembershipLog } from '../log/index.js'

export function offerOf ({ party: genesis, id, secret, pin, shape, role, approval, ledger: { expiresAt } }: InvitationRecord, party: InvitingParty, profile: Uint8Array, guest: Key): Offer {
  const member = party.log.member(guest) != null

  return {
    genesis: hexToBytes(genesis),
    invite: hexToBytes(id),
    lookupId: lookupIdOf(secret),
    info: party.log.info()?.id,
    secret,
    pin,
    preview: {
      name: party.name,
      kind: PARTY_KINDS.indexOf(party.kind),
      picture: party.picture ?? '',
      app: party.app,
      data: party.log.dataOf(id),
      memberCount: party.log.memberCount,
      profile,
      role: ROLES.indexOf(role),
      expiresAt: BigInt(expiresAt ?? 0),
      pinLength: shape === false ? 0 : shape.length,
      pinAlphabet: shape === false ? '' : shape.alphabet,
      // whom a person let in before is not asked about again
      approval: approval && !member,
      member
    }
  }
}

/** The ADMIT and what it rests on (docs/handshake.md, "The Grant"); its tag is the machine's. */
export function grantOf (log: MembershipLog, invite: string, admit: AnyOp<'ADMIT'>): GrantFrame {
  return {
    tag: new Uint8Array(),
    admit: admit.signed,
    authority: log.authority(invite, admit.payload.info ?? ''),
    heads: log.heads.slice(0, 16).map(head => hexToBytes(head))
  }
}

/** What brings a member its party back whose store was lost: the ADMIT that it came by, a founder the GENESIS; and the name that is shown now. */
export function returnOf (log: MembershipLog, { admit }: MemberRecord): GrantFrame {
  const op = log.get(admit ?? '')
  const info = log.info()
  const grant = op?.kind === 'ADMIT'
    ? grantOf(log, op.payload.invite, op)
    : { tag: new Uint8Array(), admit: log.genesis.signed, authority: [log.genesis.signed], heads: log.heads.slice(0, 16).map(head => hexToBytes(head)) }
  const isShown = info == null || (op?.kind === 'ADMIT' && op.payload.info === info.id)

  return isShown ? grant : { ...grant, authority: [...grant.authority, info.signed] }
}
