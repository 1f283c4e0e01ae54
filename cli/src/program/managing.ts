/** Commands for a party, its members and its invitations. */
import { argument, changing, choice, choiceArgument, number, online, option, OptionalArgument, party, stored, yes } from '../options.js'
import { partyOf, required } from '../values.js'
import type { ChangeValues, PartyValues } from '../options.js'
import type { Define } from './page.js'
import type { InvitationStatus, Role } from 'plus-one'

const MANAGING = 'A party, its members and its invitations:'
const ROLES: Role[] = ['owner', 'admin', 'writer', 'reader']
const STATUSES: Array<InvitationStatus | 'all'> = ['pending', 'used', 'expired', 'revoked', 'declined', 'locked', 'all']

/** Rows of `plus-one list`: those of a terminal. */
const PAGE = 20

export function defineManaging (define: Define): void {
  define<PartyValues & { status?: InvitationStatus | 'all', limit?: number, cursor?: string }>('list', {
    group: MANAGING,
    says: 'the invitations of a party, by all its admins',
    options: [
      ...party(),
      choice('--status <status>', 'default pending', STATUSES),
      number('--limit <rows>', `default ${PAGE}`, 1, 1_000),
      option('--cursor <cursor>', 'the next ones, as the last page says')
    ],
    common: stored(),
    examples: ['plus-one list --status all', 'plus-one list --name "Book club" --limit 5']
  }, ({ status = 'pending', limit = PAGE, cursor, ...party }) => ({ name: 'list', ...partyOf(party), status, limit, cursor }))

  define<ChangeValues>('revoke', {
    group: MANAGING,
    says: 'take an invitation back; the beginning of its id is enough',
    words: [argument('ID')],
    options: changing(),
    common: online(),
    examples: ['plus-one revoke 3fa9']
  }, ({ timeout, ...party }, id) => ({ name: 'revoke', ...partyOf(party), timeout, id: required(id, 'Which invitation? plus-one revoke ID, with the beginning of an id that plus-one list shows').toLowerCase() }))

  define('parties', { group: MANAGING, says: 'the parties that you are in', common: stored(), examples: ['plus-one parties --json'] }, () => ({ name: 'parties' }))

  define<PartyValues>('members', {
    group: MANAGING,
    says: 'who is in a party',
    options: party(),
    common: stored(),
    examples: ['plus-one members --name "Book club"']
  }, party => ({ name: 'members', ...partyOf(party) }))

  define<ChangeValues & { yes?: true }>('remove', {
    group: MANAGING,
    says: 'take a member out, by a name or a PeerId\'s beginning or end',
    words: [argument('MEMBER')],
    options: [...changing(), yes('do not ask whether to')],
    common: online(),
    examples: ['plus-one remove Bob', 'plus-one remove x7Kq2mPd --yes']
  }, ({ yes = false, timeout, ...party }, member) => ({ name: 'remove', ...partyOf(party), timeout, member: required(member, 'Whom? plus-one remove MEMBER, by name or by the end of the PeerId'), yes }))

  define<ChangeValues & { yes?: true }>('role', {
    group: MANAGING,
    says: 'give a member another role',
    words: [argument('MEMBER'), choiceArgument('ROLE', ROLES)],
    options: [...changing(), yes('do not ask whether to')],
    common: online(),
    examples: ['plus-one role Bob admin', 'plus-one role Bob owner'],
    more: 'Owners make admins and co-owners, who are below them; nobody changes the role of who is above.'
  }, ({ yes = false, timeout, ...party }, member, role) => {
    const asks = `Who is to be what? plus-one role MEMBER ROLE, with one of ${ROLES.join(', ')}`

    return { name: 'role', ...partyOf(party), timeout, member: required(member, asks), role: required(role, asks) as Role, yes }
  })

  define('block', {
    group: MANAGING,
    says: 'want nothing more of a peer: no invitations, no answers to its codes; without PEER: who is blocked',
    words: [new OptionalArgument('PEER')],
    common: stored(),
    examples: ['plus-one block 12D3KooW…', 'plus-one block']
  }, (_, peer) => ({ name: 'block', peer }))

  define('unblock', {
    group: MANAGING,
    says: 'end that',
    words: [argument('PEER')],
    common: stored(),
    examples: ['plus-one unblock 12D3KooW…']
  }, (_, peer) => ({ name: 'unblock', peer: required(peer, 'Whom? plus-one unblock PEER; plus-one block shows who is blocked') }))

  define<ChangeValues & { insist?: true, yes?: true }>('leave', {
    group: MANAGING,
    says: 'leave a party, with all your devices',
    options: [...changing(), option('--insist', 'also as the only owner, though others stay'), yes('do not ask whether to')],
    common: online(),
    examples: ['plus-one leave --name "Book club"']
  }, ({ insist = false, yes = false, timeout, ...party }) => ({ name: 'leave', ...partyOf(party), timeout, insist, yes }))

  define<PartyValues & { insist?: true, yes?: true }>('forget', {
    group: MANAGING,
    says: 'take a party that you left out of this device',
    options: [...party(), option('--insist', 'also as a member, whom the others still have'), yes('do not ask whether to')],
    common: stored(),
    examples: ['plus-one forget --name "Book club"']
  }, ({ insist = false, yes = false, ...party }) => ({ name: 'forget', ...partyOf(party), insist, yes }))

  define<{ yes?: true }>('reset', {
    group: MANAGING,
    says: 'take everything out of this device: parties, recovery words, and its key',
    options: [yes('do not ask whether to')],
    common: stored(),
    examples: ['plus-one reset --data ~/bob']
  }, ({ yes = false }) => ({ name: 'reset', yes }))
}
