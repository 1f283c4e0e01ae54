/** An invitation as its handshake needs it: what it offers, and the Grant that ends it well. */
import { hexToBytes } from '@noble/hashes/utils.js'
import { lookupIdOf } from '../invitation/index.js'
import type { LocalParty } from '../parties/party.js'
import type { InvitationRecord } from './records.js'
import type { GrantFrame, Offer } from '../invitation/index.js'
import type { MembershipLog, Op } from '../log/index.js'

export function offerOf ({ party: genesis, id, secret, pin, shape, role, approval, ledger: { expiresAt } }: InvitationRecord, party: LocalParty): Offer {
  return {
    genesis: hexToBytes(genesis),
    invite: hexToBytes(id),
    lookupId: lookupIdOf(secret),
    secret,
    pin,
    preview: {
      name: party.name,
      kind: party.kind,
      picture: party.log.picture ?? '',
      memberCount: party.log.memberCount,
      profile: party.ownProfile as Uint8Array<ArrayBuffer>,
      role,
      expiresAt: BigInt(expiresAt ?? 0),
      pinLength: shape === false ? 0 : shape.length,
      pinAlphabet: shape === false ? '' : shape.alphabet,
      approval
    }
  }
}

/** The ADMIT and what it rests on (DESIGN section 5, frame 4); its tag is the machine's. */
export function grantOf (log: MembershipLog, invite: string, admit: Op): GrantFrame {
  const wire = ({ body, sig }: { body: Uint8Array, sig: Uint8Array }): NonNullable<GrantFrame['admit']> => ({ body: body as Uint8Array<ArrayBuffer>, sig: sig as Uint8Array<ArrayBuffer> })

  return {
    tag: new Uint8Array(),
    admit: wire(admit.signed),
    authority: log.authority(invite).map(wire),
    heads: log.heads.slice(0, 16).map(head => hexToBytes(head) as Uint8Array<ArrayBuffer>)
  }
}
