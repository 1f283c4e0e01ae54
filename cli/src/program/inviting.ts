/** Commands that invite, join, look and decline. */
import { choice, flag, number, online, option, OptionalArgument, yes } from '../options.js'
import { codeOf, expirationOf, partyOf } from '../values.js'
import type { InviteTerms } from '../command.js'
import type { PartyValues } from '../options.js'
import type { Define } from './page.js'
import type { CreatedKind, Role } from 'plus-one'

const INVITING = 'Invite and join:'
const KINDS: CreatedKind[] = ['community', 'group', 'contact']
const ROLES: Role[] = ['owner', 'admin', 'writer', 'reader']

/** What `invite` takes; of a device, some of it. */
export interface InviteValues extends PartyValues {
  kind?: CreatedKind
  role?: Role
  expires?: InviteTerms['expiration']
  uses?: number
  attempts?: number
  pin?: string
  pinAlphabet?: string
  noPin?: boolean
  approve?: boolean
  to?: string
  label?: string
  link?: string
  app?: string
  inviteData?: string
  short?: boolean
}

export function defineInviting (define: Define, now: number): void {
  define<InviteValues>('invite', {
    group: INVITING,
    says: 'invite someone: prints a code and a PIN, and waits',
    options: [
      option('--name <name>', 'the party, by name; made where there is none'),
      option('--party <key>', 'the party, by the beginning of its key'),
      choice('--kind <kind>', 'of a new party', KINDS),
      option('--app <text>', 'the app\'s, of a new party, shown to who is invited: a document\'s id, a URL; at most 512 bytes'),
      choice('--role <role>', 'what they become', ROLES),
      option('--expires <when>', '10m, "2h 30m", "3 days", 2030-12-01T18:00 or never; default 1h').argParser(text => expirationOf(text, now)),
      number('--uses <number>', 'how many may join by it; default 1, of a community 25', 1, 10_000),
      option('--pin <length>', 'characters of the PIN, which is drawn; default 6'),
      option('--pin-alphabet <characters>', 'what it is drawn from; default digits'),
      flag('--no-pin', 'whoever holds the code may join'),
      number('--attempts <number>', 'wrong PINs until it locks; default 3', 1, 10),
      option('--approve', 'you say yes or no to who has shown the PIN; a script: a line "yes KXQ-27M" on stdin'),
      option('--to <member>', 'for one person alone: someone of your parties, or a PeerId; handed over when both are online'),
      option('--label <text>', 'whom or what it is for, as plus-one list shows it to you; never sent'),
      option('--link <url>', 'where the link leads'),
      option('--invite-data <text>', 'the app\'s, of this invitation, shown to the invitee before the PIN; at most 512 bytes'),
      option('--short', 'four words, too, to say on the phone: first the words, then the PIN; needs --relay or --rendezvous, and the other side the same')
    ],
    common: online(),
    examples: [
      'plus-one invite --name "Book club" --as Alice',
      'plus-one invite --role reader --label "for the choir" --uses 20 --expires "3 days"',
      'plus-one invite --short --relay /dns4/relay.example/tcp/443/wss/p2p/12D3KooW…'
    ]
  }, async ({ expires, approve, label, link, pin: length, pinAlphabet: alphabet, noPin: none, party, name, app, inviteData, ...terms }) => {
    const { bytesOf, labelOf, linkOf, pinOf } = await import('../terms.js')

    return { name: 'invite', ...terms, ...partyOf({ party, name }), app: bytesOf('app', app), data: bytesOf('invite-data', inviteData), expiration: expires, approval: approve, label: label == null ? undefined : labelOf(label), link: link == null ? undefined : linkOf(link), pin: pinOf({ length, alphabet, none }) }
  })

  define<{ yes?: true }>('join', {
    group: INVITING,
    says: 'join by a code, its link, or four words; asks for the PIN, and for the code where none is given',
    words: [new OptionalArgument('CODE...')],
    options: [yes('do not ask whether to join')],
    common: online(),
    examples: [
      'plus-one join AEBAGBAF… --as Bob',
      'plus-one join conduct hurdle walnut wink --relay /dns4/relay.example/tcp/443/wss/p2p/12D3KooW…',
      'echo 204958 | plus-one join AEBAGBAF… --yes',
      'plus-one join < code-and-pin.txt'
    ],
    more: 'A script gives the PIN as a line on stdin, or as PLUS_ONE_PIN in\nthe environment. The code may be on stdin, too, on the line before\nit; then nobody is asked whether to join. Never give a PIN as an\nargument: others on this machine can read those.'
  }, ({ yes = false }, ...words) => ({ name: 'join', code: codeOf(words), yes }))

  define('lookup', {
    group: INVITING,
    says: 'who invites, into what; changes nothing',
    words: [new OptionalArgument('CODE...')],
    common: online(),
    examples: ['plus-one lookup AEBAGBAF…']
  }, (_, ...words) => ({ name: 'lookup', code: codeOf(words) }))

  define<{ reason?: string }>('decline', {
    group: INVITING,
    says: 'say no, and tell the inviter',
    words: [new OptionalArgument('CODE...')],
    options: [option('--reason <text>', 'for the inviter to read')],
    common: online(),
    examples: ['plus-one decline AEBAGBAF… --reason "Not for me"']
  }, async ({ reason = '' }, ...words) => ({ name: 'decline', code: codeOf(words), reason: (await import('../terms.js')).reasonOf(reason) }))
}
