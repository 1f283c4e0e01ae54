/** An invitation as its handshake needs it: what it offers, and the Grant that ends it well. */
import { hexToBytes } from '@noble/hashes/utils.js'
import { lookupIdOf } from '../invitation/index.js'
import { PARTY_KINDS, ROLES } from '../log/terms.js'
import type { InvitingParty } from './inviting-party.js'
import type { InvitationRecord } from './records.js'
import type { GrantFrame, Offer } from '../invitation/index.js'
import type { AnyOp, MembershipLog } from '../log/index.js'

export function offerOf ({ party: genesis, id, secret, pin, shape, role, approval, ledger: { expiresAt } }: InvitationRecord, party: InvitingParty, profile: Uint8Array): Offer {
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
      memberCount: party.log.memberCount,
      profile,
      role: ROLES.indexOf(role),
      expiresAt: BigInt(expiresAt ?? 0),
      pinLength: shape === false ? 0 : shape.length,
      pinAlphabet: shape === false ? '' : shape.alphabet,
      approval
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
