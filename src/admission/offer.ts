/** An invitation as its handshake needs it: what it offers, and the Grant that ends it well. */
import { hexToBytes } from '@noble/hashes/utils.js'
import { lookupIdOf, NotForYouError, UnlinkedError } from '../invitation/index.js'
import { PARTY_KINDS, ROLES } from '../log/terms.js'
import type { InvitingParty } from './inviting-party.js'
import type { InvitationRecord } from './records.js'
import type { GrantFrame, Offer } from '../invitation/index.js'
import type { AnyOp, Key, MembershipLog } from '../log/index.js'

/** @param data - What the INVITE says to the invitee's app */
export function offerOf ({ party: genesis, id, secret, pin, shape, role, approval, ledger: { expiresAt } }: InvitationRecord, party: InvitingParty, data: Uint8Array | undefined, profile: Uint8Array, guest: Key): Offer {
  const { log } = party
  const member = log.member(guest) != null
  const [owner] = log.genesis.payload.owners

  return {
    genesis: hexToBytes(genesis),
    invite: hexToBytes(id),
    lookupId: lookupIdOf(secret),
    secret,
    pin,
    // a home is shown as the words made it, whatever a device renamed it to
    ...(isHome(log) ? {} : { info: log.info()?.id }),
    preview: {
      ...(isHome(log)
        ? { name: log.name, picture: '', ...(owner?.recovery == null ? {} : { recovery: hexToBytes(owner.recovery) }) }
        : { name: party.name, picture: party.picture ?? '', app: party.app }),
      kind: PARTY_KINDS.indexOf(party.kind),
      data,
      memberCount: log.memberCount,
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

/** Is it the home of a person? Then a right PIN brings a device: a LINK, in place of an ADMIT. */
export function isHome ({ kind }: Pick<MembershipLog, 'kind'>): boolean {
  return kind === 'person'
}

/** The op that brought a member, or in a home a device, in by an invitation; undefined: none did, as with a founder. */
export function broughtBy (log: MembershipLog, key: Key): AnyOp<'ADMIT' | 'LINK'> | undefined {
  const op = isHome(log) ? log.linkOf(key) : log.get(log.member(key)?.admit ?? '')

  return op?.kind === 'ADMIT' || op?.kind === 'LINK' ? op : undefined
}

/**
 * May this key come to a home, to be linked or to hear that it is?
 *
 * @throws {UnlinkedError} The key was unlinked: it never returns.
 * @throws {NotForYouError} It is the recovery key, which is no device.
 */
export function assertDevice (log: MembershipLog, key: Key): void {
  if (log.personsOf(key).length > 0 && broughtBy(log, key) == null) {
    throw log.member(key) == null ? new UnlinkedError() : new NotForYouError()
  }
}

/** The ADMIT or LINK and what it rests on (docs/handshake.md, "The Grant"); its tag is the machine's. */
export function grantOf (log: MembershipLog, op: AnyOp<'ADMIT' | 'LINK'>): GrantFrame {
  return {
    tag: new Uint8Array(),
    admit: op.signed,
    authority: op.kind === 'LINK' ? log.groundOf(op.id) : log.shownWith(op),
    heads: log.heads.slice(0, 16).map(head => hexToBytes(head))
  }
}

/** What brings a member its party back whose store was lost: the ADMIT that it came by, a founder the GENESIS; and the name that is shown now. A device its LINK. */
export function returnOf (log: MembershipLog, key: Key): GrantFrame {
  const op = broughtBy(log, key)
  const info = isHome(log) ? undefined : log.info()
  const grant = op != null
    ? grantOf(log, op)
    : { tag: new Uint8Array(), admit: log.genesis.signed, authority: [log.genesis.signed], heads: log.heads.slice(0, 16).map(head => hexToBytes(head)) }
  const isShown = info == null || (op?.kind === 'ADMIT' && op.payload.info === info.id)

  return isShown ? grant : { ...grant, authority: [...grant.authority, info.signed] }
}
