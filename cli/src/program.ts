/** The commands of `plus-one`: what each takes, says of itself, and comes to. Commander reads them, and lays out their help. */
import { Command as Definition } from 'commander'
import { EXIT_CODES } from './exit.js'
import { always, argument, changing, choice, choiceArgument, flag, listening, number, online, option, OptionalArgument, party, shownArgument, stored, yes } from './options.js'
import { expirationOf, partyOf, required } from './values.js'
import type { Command, InviteTerms, Screen, Shell } from './command.js'
import type { ChangeValues, PartyValues } from './options.js'
import type { Argument, Option } from 'commander'
import type { InvitationStatus, CreatedKind, Role } from 'plus-one'

const KINDS: CreatedKind[] = ['community', 'group', 'contact']
const ROLES: Role[] = ['owner', 'admin', 'writer', 'reader']
const STATUSES: Array<InvitationStatus | 'all'> = ['pending', 'used', 'expired', 'revoked', 'declined', 'locked', 'all']
const DEVICE_ACTIONS = ['invite', 'unlink', 'name'] as const
const SHELLS: Shell[] = ['bash', 'zsh', 'fish', 'powershell']

/** Rows of `plus-one list`: those of a terminal. */
const PAGE = 20

/** The port of `plus-one relay`, WebSockets; TCP is on the next. */
const RELAY_PORT = 4100

const INVITING = 'Invite and join:'
const MANAGING = 'A party, its members and its invitations:'
const YOURSELF = 'Your devices, and your recovery words:'
const RUNNING = 'Keep it running, and see it run:'
const HELPING = 'Help:'

/** How a command presents itself. */
interface Page {
  /** Its heading in the list of commands. */
  group: string
  says: string
  words?: Argument[]
  options?: Option[]
  /** Options that it shares with others. */
  common: Option[]
  examples: string[]
  /** Lines below the examples. */
  more?: string
}

export interface ProgramInit {
  /** Is told the command that was typed. */
  take: (command: Command) => void
  /** ms since 1970, for `--expires 10m`. */
  now: number
  screen: Screen
}

interface InviteValues extends PartyValues {
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

export function createProgram ({ take, now, screen }: ProgramInit): Definition {
  const program = new Definition('plus-one')
    .configureOutput({ getOutHelpWidth: () => screen.columns, getOutHasColors: () => screen.hasColour })
    .configureHelp({
      showGlobalOptions: false,
      styleTitle: text => `\u001b[1m${text}\u001b[22m`,
      subcommandTerm: command => [command.name(), ...command.registeredArguments.map(shownArgument)].join(' ')
    })
    .usage('COMMAND [options]')
    .description('Invite people with a code and a PIN, and no server that knows either.')
    .enablePositionalOptions()
    .optionsGroup('Options:')
    .version('', '--version', 'show the version')
    .helpOption('-h, --help', 'help for a command, or this list')
    .optionsGroup('Options of most commands, before or after them:')
  online().forEach(shared => program.addOption(shared))
  program.addHelpText('after', [
    `\n${bold('Examples:')}`,
    '  plus-one invite --name "Book club"    prints a code, and a PIN to say',
    '  plus-one join CODE                    on the other side',
    `\n${bold('Exit codes:')}`,
    ...EXIT_CODES.map(({ code, says }) => `  ${String(code).padStart(3)}  ${says}`)
  ].join('\n'))

  function define <T extends object> (name: string, { group, says, words = [], options = [], common, examples, more }: Page, read: (values: T, ...words: string[]) => Command | Promise<Command>): void {
    const command = program.command(name).helpGroup(group).description(says)
      .usage(['', ...words.map(shownArgument), '[options]'].join(' ').trim())
      .helpOption('-h, --help', 'this page')
    words.forEach(word => command.addArgument(word))
    command.optionsGroup('Options:')
    options.forEach(own => command.addOption(own))
    command.optionsGroup('Options of most commands:')
    common.forEach(shared => command.addOption(shared))
    command.addHelpText('after', [`\n${bold('Examples:')}`, ...examples.map(line => `  ${line}`), ...(more == null ? [] : ['', more])].join('\n'))
    command.action(async () => { take(await read(command.opts<T>(), ...command.processedArgs.flat() as string[])) })
  }

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
    const { bytesOf, labelOf, linkOf, pinOf } = await import('./terms.js')

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
  }, async ({ reason = '' }, ...words) => ({ name: 'decline', code: codeOf(words), reason: (await import('./terms.js')).reasonOf(reason) }))

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

  define<InviteValues & { yes?: true }>('devices', {
    group: YOURSELF,
    says: 'your devices; invite adds one by a code and a PIN, unlink DEVICE takes one out, name NAME names this one',
    words: [choiceArgument('ACTION', DEVICE_ACTIONS, new OptionalArgument('ACTION')), new OptionalArgument('DEVICE')],
    options: [
      option('--expires <when>', 'of invite: 10m, "2h 30m" or a date; default 1h').argParser(text => expirationOf(text, now)),
      number('--attempts <number>', 'of invite: wrong PINs until it locks; default 3', 1, 10),
      option('--approve', 'of invite: you say yes or no once both screens show the same'),
      option('--link <url>', 'of invite: where the link leads'),
      option('--short', 'of invite: four words, too'),
      yes('of unlink: do not ask whether to')
    ],
    common: online(),
    examples: [
      'plus-one devices',
      'plus-one devices invite',
      'plus-one devices unlink laptop',
      'plus-one devices name phone'
    ],
    more: 'On the new device: plus-one join CODE. Use the code there alone: whoever joins by it is you, in all of your parties.\nWhere unlinking takes the recovery words, a script gives them on stdin or as PLUS_ONE_WORDS.'
  }, async ({ expires, approve, link, attempts, short, yes = false }, action, device) => {
    const { linkOf } = await import('./terms.js')

    switch (action as typeof DEVICE_ACTIONS[number] | undefined) {
      case 'invite': return { name: 'devices', action: 'invite', expiration: expires, attempts, approval: approve, short, link: link == null ? undefined : linkOf(link) }
      case 'unlink': return { name: 'devices', action: 'unlink', device: required(device, 'Which one? plus-one devices unlink DEVICE, by a name or the end of a PeerId as plus-one devices shows them'), yes }
      case 'name': return { name: 'devices', action: 'name', deviceName: required(device, 'What is this device to be called? plus-one devices name NAME') }
      default: return { name: 'devices', action: 'list' }
    }
  })

  define('recovery', {
    group: YOURSELF,
    says: 'your 12 recovery words, to be written down; asks two back, and then wipes them from this device',
    common: stored(),
    examples: ['plus-one recovery']
  }, () => ({ name: 'recovery' }))

  define<{ backup?: string }>('recover', {
    group: YOURSELF,
    says: 'be yourself again on a new device, by your 12 words and the code of any invitation into one of your parties',
    words: [new OptionalArgument('CODE...')],
    options: [option('--backup <file>', 'what plus-one backup wrote, in place of a code or beside one')],
    common: online(),
    examples: ['plus-one recover AEBAGBAF…', 'plus-one recover --backup plus-one.backup'],
    more: 'Nothing of the invitation is used. A script gives the words as a\nline on stdin, or as PLUS_ONE_WORDS in the environment; never as\nan argument: others on this machine can read those.'
  }, ({ backup }, ...words) => ({ name: 'recover', code: codeOf(words), backup }))

  define('backup', {
    group: YOURSELF,
    says: 'write down, sealed to your recovery words, which parties you are in and where their members were last',
    words: [argument('FILE')],
    common: stored(),
    examples: ['plus-one backup plus-one.backup']
  }, (_, file) => ({ name: 'backup', file: required(file, 'Where to? plus-one backup FILE') }))

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

  define<{ metrics?: number }>('serve', {
    group: RUNNING,
    says: 'stay online: open invitations, your parties, and invitations to you that come in',
    common: online(),
    options: [number('--metrics <port>', '/metrics and /health over HTTP, on loopback', 0, 65_535)],
    examples: ['plus-one serve --relay /dns4/relay.example/tcp/443/wss/p2p/12D3KooW…', 'plus-one serve --metrics 9464']
  }, ({ metrics }) => ({ name: 'serve', metrics }))

  define<{ port?: number, metrics?: number }>('relay', {
    group: RUNNING,
    says: 'run a circuit relay for those who cannot be dialled, and a rendezvous point for short codes',
    options: [
      number('--port <port>', `WebSockets here, TCP on the next port; default ${RELAY_PORT}`, 0, 65_534),
      number('--metrics <port>', '/metrics and /health over HTTP, on loopback', 0, 65_535)
    ],
    common: [...stored(), ...listening()],
    examples: ['plus-one relay --data /var/lib/plus-one --metrics 9464'],
    more: 'With --data it keeps its key, and so its address.'
  }, ({ port = RELAY_PORT, metrics }) => ({ name: 'relay', port, metrics }))

  define('demo', { group: RUNNING, says: 'watch one invitation, from both sides', common: always(), examples: ['plus-one demo'] }, () => ({ name: 'demo' }))

  program.commandsGroup(HELPING).helpCommand('help [COMMAND]', 'what a command takes, with examples')

  return program
}

/** What @bomb.sh/tab adds by itself to the program that it completes. */
export function addCompletion (program: Definition, { take }: ProgramInit): void {
  program.command('completion').description('what makes your shell complete plus-one, as it prints it').usage('SHELL')
    .optionsGroup('Options:').helpOption('-h, --help', 'this page')
    .addArgument(choiceArgument('SHELL', SHELLS))
    .addHelpText('after', [
      `\n${bold('Examples:')}`,
      '  source <(plus-one completion bash)    in ~/.bashrc, after bash-completion',
      '  source <(plus-one completion zsh)     in ~/.zshrc, after compinit',
      '  plus-one completion fish | source     in ~/.config/fish/config.fish'
    ].join('\n'))
    .action((shell?: Shell) => { take({ name: 'completion', shell: required(shell, `For which shell? plus-one completion SHELL, with one of ${SHELLS.join(', ')}`) }) })
  program.command('complete', { hidden: true }).argument('[words...]').action((words: string[]) => { take({ name: 'complete', words }) })
}

/** Taken out again where there is no colour. */
const bold = (text: string): string => `\u001b[1m${text}\u001b[22m`

/** undefined: it is asked for. A code pasted with spaces is many words, and a short one is four. */
function codeOf (words: string[]): string | undefined {
  return words.length === 0 ? undefined : words.join(' ')
}
