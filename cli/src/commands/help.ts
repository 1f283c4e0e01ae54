import { RELAY_PORT } from '../arguments.js'
import { EXIT_CODES } from '../exit.js'
import type { Output } from '../output.js'

const SECTIONS: Array<[title: string, lines: string[]]> = [
  ['Use', [
    'plus-one invite            invite someone: prints a code and a PIN, and waits',
    'plus-one join CODE         join by a code, its link, or four words; asks for',
    '                           the PIN, and for the code where none is given',
    'plus-one lookup CODE       who invites, into what; changes nothing',
    'plus-one decline CODE      say no, and tell the inviter',
    'plus-one list              the invitations of a party, by all its admins',
    'plus-one revoke ID         take one back; the beginning of its id is enough',
    'plus-one serve             stay online: open invitations, your parties, and',
    '                           invitations to you that come in',
    'plus-one parties           the parties that you are in',
    'plus-one members           who is in a party',
    'plus-one remove MEMBER     take a member out',
    'plus-one role MEMBER ROLE  give a member another role',
    'plus-one relay             run a circuit relay for those who cannot be dialled,',
    '                           and a rendezvous point for short codes',
    'plus-one demo              watch one invitation, from both sides',
    'plus-one help, --version'
  ]],
  ['invite', [
    '--name "Book club"         the party, by name; made where there is none',
    '--party KEY                the party, by the beginning of its key',
    '--kind group               of a new party: community, group or contact',
    '--role writer              owner, admin, writer or reader',
    '--expires 10m              or 1h30m, 2d, 2030-12-01T18:00, never; default 1h',
    '--uses 5                   how many may join by it; default 1, of a',
    '                           community 25',
    '--pin 8                    characters of the PIN; default 6. It is drawn',
    '--pin-alphabet ABCDEFGH    of these; default digits',
    '--no-pin                   whoever holds the code may join',
    '--attempts 3               wrong PINs until it locks',
    '--approve                  you say yes or no to who has shown the PIN; a',
    '                           script: a line "yes KXQ-27M" on stdin',
    '--to MEMBER                for one person alone: someone of your parties, or',
    '                           a PeerId; handed over when both are online',
    '--link https://app/join    where the link leads',
    '--short                    four words, too, to say on the phone: first the',
    '                           words, then the PIN. Needs --relay or',
    '                           --rendezvous, and the other side the same'
  ]],
  ['join', [
    '--yes, -y                  do not ask whether to join',
    'PLUS_ONE_PIN=204958        the PIN, for scripts; or a line on stdin. Never an',
    '                           argument: others on this machine can read those'
  ]],
  ['decline', [
    '--reason "Not for me"      for the inviter to read'
  ]],
  ['list', [
    '--status all               or pending (default), used, expired, revoked,',
    '                           declined, locked',
    '--limit 20                 rows; --cursor CURSOR: the next ones'
  ]],
  ['list, revoke, members, remove, role', [
    '--name, --party            which party, as for invite',
    'MEMBER                     a name, or a PeerId\'s beginning or end',
    '--yes, -y                  remove and role: do not ask whether to'
  ]],
  ['relay', [
    `--port ${RELAY_PORT}                WebSockets here, TCP on the next port`,
    '--metrics 4190             /metrics and /health over HTTP, on loopback',
    '--data DIR                 keep its key, and so its address'
  ]],
  ['Always', [
    '--json                     JSON lines on stdout; what people read on stderr',
    '--data DIR                 default: plus-one in $XDG_DATA_HOME or',
    '                           ~/.local/share. One process at a time',
    '--as NAME                  your display name, kept',
    '--listen MULTIADDR         again for more; default: TCP and WebSockets',
    '--announce MULTIADDR       what to hand out instead, as behind a proxy',
    '--relay MULTIADDR          be reachable through this relay; it is a',
    '                           rendezvous point, too',
    '--rendezvous MULTIADDR     where short codes are published and found',
    '--verbose, -v              more on stderr'
  ]]
]

export function help (out: Output): void {
  out.line(`${out.style('bold', 'plus-one')}: invite people with a code and a PIN, and no server that knows either`)

  for (const [title, lines] of SECTIONS) {
    out.line()
    out.line(out.style('bold', title))
    lines.forEach(line => { out.line(`  ${line}`) })
  }

  out.line()
  out.line(out.style('bold', 'Exit codes'))
  EXIT_CODES.forEach(({ code, says }) => { out.line(`  ${String(code).padStart(3)}  ${says}`) })
}
