/** The command line, read: what each command takes, and what is wrong with what was typed. Pure. */
import { homedir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { UsageError } from './exit.js'
import { addressOf, expirationOf, linkOf, oneOf, pinOf, reasonOf, wholeNumber } from './values.js'
import type { InvitationStatus, PartyKind, PinShape, Role } from 'plus-one'
import type { ParseArgsOptionsConfig } from 'node:util'

export interface CommonOptions {
  /** JSON lines on stdout, all else on stderr. */
  json: boolean
  verbose: boolean
  /** The data directory. */
  data: string
  /** Was it given? A relay keeps nothing otherwise. */
  dataGiven: boolean
  /** Multiaddrs; undefined: the default ones. */
  listen?: string[]
  /** Multiaddrs to hand out in place of those listened on. */
  announce: string[]
  relay: string[]
  /** Rendezvous points beside the relays. */
  rendezvous: string[]
  /** The display name to take on. */
  as?: string
}

/** One of this node's parties. */
export interface PartyChoice {
  /** The beginning of its key. */
  party?: string
  partyName?: string
}

export type Command =
  | { name: 'invite', kind?: PartyKind, link?: string, to?: string, short?: boolean } & PartyChoice & InviteTerms
  | { name: 'serve' }
  | { name: 'join', code?: string, yes: boolean }
  | { name: 'lookup', code?: string }
  | { name: 'decline', code?: string, reason: string }
  | { name: 'list', status: InvitationStatus | 'all', limit: number, cursor?: string } & PartyChoice
  | { name: 'revoke', id: string } & PartyChoice
  | { name: 'parties' }
  | { name: 'members' } & PartyChoice
  | { name: 'remove', member: string, yes: boolean } & PartyChoice
  | { name: 'role', member: string, role: Role, yes: boolean } & PartyChoice
  | { name: 'relay', port: number, metrics?: number }
  | { name: 'demo' }
  | { name: 'help' }
  | { name: 'version' }

/** What `Party.invite` is told. */
export interface InviteTerms {
  role?: Role
  expiration?: number | 'never'
  uses?: number
  attempts?: number
  pin?: Partial<PinShape> | false
  approval?: boolean
}

export type CommandName = Command['name']

const KINDS: PartyKind[] = ['community', 'group', 'contact']
const ROLES: Role[] = ['owner', 'admin', 'writer', 'reader']
const STATUSES: Array<InvitationStatus | 'all'> = ['pending', 'used', 'expired', 'revoked', 'declined', 'locked', 'all']

/** Rows of `plus-one list`: those of a terminal. */
const PAGE = 20

/** The port of `plus-one relay`, WebSockets; TCP is on the next. */
export const RELAY_PORT = 4100

const OPTIONS = {
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean' },
  json: { type: 'boolean' },
  verbose: { type: 'boolean', short: 'v' },
  data: { type: 'string' },
  listen: { type: 'string', multiple: true },
  announce: { type: 'string', multiple: true },
  relay: { type: 'string', multiple: true },
  rendezvous: { type: 'string', multiple: true },
  as: { type: 'string' },
  party: { type: 'string' },
  name: { type: 'string' },
  kind: { type: 'string' },
  role: { type: 'string' },
  expires: { type: 'string' },
  uses: { type: 'string' },
  attempts: { type: 'string' },
  pin: { type: 'string' },
  'pin-alphabet': { type: 'string' },
  'no-pin': { type: 'boolean' },
  approve: { type: 'boolean' },
  to: { type: 'string' },
  link: { type: 'string' },
  short: { type: 'boolean' },
  status: { type: 'string' },
  limit: { type: 'string' },
  cursor: { type: 'string' },
  reason: { type: 'string' },
  yes: { type: 'boolean', short: 'y' },
  port: { type: 'string' },
  metrics: { type: 'string' }
} as const satisfies ParseArgsOptionsConfig

type Option = keyof typeof OPTIONS
type Values = ReturnType<typeof parseArgs<{ options: typeof OPTIONS, allowPositionals: true }>>['values']

const ALWAYS: Option[] = ['help', 'version', 'json', 'verbose']
const STORED: Option[] = [...ALWAYS, 'data']
const ONLINE: Option[] = [...STORED, 'listen', 'announce', 'relay', 'rendezvous', 'as']

const PARTY: Option[] = ['party', 'name']

/** What each command takes; `words` are those after its name, at most. */
const COMMANDS: Record<CommandName, { options: Option[], words: number }> = {
  invite: { options: [...ONLINE, ...PARTY, 'kind', 'role', 'expires', 'uses', 'attempts', 'pin', 'pin-alphabet', 'no-pin', 'approve', 'to', 'link', 'short'], words: 0 },
  serve: { options: ONLINE, words: 0 },
  // a code pasted with spaces is many words, and a short one is four
  join: { options: [...ONLINE, 'yes'], words: Number.POSITIVE_INFINITY },
  lookup: { options: ONLINE, words: Number.POSITIVE_INFINITY },
  decline: { options: [...ONLINE, 'reason'], words: Number.POSITIVE_INFINITY },
  list: { options: [...STORED, ...PARTY, 'status', 'limit', 'cursor'], words: 0 },
  revoke: { options: [...ONLINE, ...PARTY], words: 1 },
  parties: { options: STORED, words: 0 },
  members: { options: [...STORED, ...PARTY], words: 0 },
  remove: { options: [...ONLINE, ...PARTY, 'yes'], words: 1 },
  role: { options: [...ONLINE, ...PARTY, 'yes'], words: 2 },
  relay: { options: [...STORED, 'listen', 'announce', 'port', 'metrics'], words: 0 },
  demo: { options: ALWAYS, words: 0 },
  help: { options: ALWAYS, words: 1 },
  version: { options: ALWAYS, words: 0 }
}

/**
 * @param argv - Without node and the script
 * @param now - ms since 1970, for `--expires 10m`
 * @throws {UsageError}
 */
export function parseCommandLine (argv: string[], env: Record<string, string | undefined>, now: number): { command: Command, common: CommonOptions } {
  const { values, positionals: [typed, ...words] } = read(argv)
  const name = commandName(typed, values)
  const { options, words: most } = COMMANDS[name]
  const stranger = Object.keys(values).find(option => !options.includes(option as Option))

  if (stranger != null && values.help !== true && values.version !== true) {
    throw new UsageError(`plus-one ${name} takes no --${stranger}; see plus-one help`)
  }

  if (words.length > most) {
    throw new UsageError(`plus-one ${name} takes no "${words[most]}"; see plus-one help`)
  }

  return { command: commandOf(name, values, words, now), common: commonOf(values, env) }
}

function read (argv: string[]): { values: Values, positionals: string[] } {
  try {
    return parseArgs({ args: argv, options: OPTIONS, allowPositionals: true })
  } catch (err) {
    // node:util's messages are good; its first sentence is enough
    throw new UsageError(`${(err as Error).message.split('. ')[0]}; see plus-one help`)
  }
}

function commandName (typed: string | undefined, values: Values): CommandName {
  if (values.version === true) {
    return 'version'
  }

  if (typed == null || values.help === true) {
    return 'help'
  }

  if (!Object.hasOwn(COMMANDS, typed)) {
    throw new UsageError(`There is no command ${JSON.stringify(typed)}: ${Object.keys(COMMANDS).join(', ')}`)
  }

  return typed as CommandName
}

function commandOf (name: CommandName, values: Values, words: string[], now: number): Command {
  switch (name) {
    case 'invite': return { name, ...partyOf(values), kind: oneOf('kind', KINDS, values.kind), to: values.to, link: linkOf(values.link), short: values.short, ...termsOf(values, now) }
    case 'join': return { name, code: codeOf(words), yes: values.yes === true }
    case 'lookup': return { name, code: codeOf(words) }
    case 'decline': return { name, code: codeOf(words), reason: reasonOf(values.reason) }
    case 'list': return {
      name,
      ...partyOf(values),
      status: oneOf('status', STATUSES, values.status) ?? 'pending',
      limit: wholeNumber('limit', values.limit, 1, 1_000) ?? PAGE,
      cursor: values.cursor
    }
    case 'revoke': return { name, ...partyOf(values), id: wordOf(words[0], 'Which invitation? plus-one revoke ID, with the beginning of an id that plus-one list shows').toLowerCase() }
    case 'members': return { name, ...partyOf(values) }
    case 'remove': return { name, ...partyOf(values), member: wordOf(words[0], 'Whom? plus-one remove MEMBER, by name or by the end of the PeerId'), yes: values.yes === true }
    case 'role': {
      const asks = `Who is to be what? plus-one role MEMBER ROLE, with one of ${ROLES.join(', ')}`
      const member = wordOf(words[0], asks)

      return { name, ...partyOf(values), member, role: oneOf('role', ROLES, wordOf(words[1], asks), 'ROLE') ?? 'reader', yes: values.yes === true }
    }
    case 'relay': return { name, port: wholeNumber('port', values.port, 0, 65_534) ?? RELAY_PORT, metrics: wholeNumber('metrics', values.metrics, 0, 65_535) }
    case 'serve':
    case 'parties':
    case 'demo':
    case 'help':
    case 'version': return { name }
  }
}

function partyOf ({ party, name }: Values): PartyChoice {
  if (party != null && name != null) {
    throw new UsageError('Choose the party by --party or by --name, not both')
  }

  return { party, partyName: name }
}

function termsOf (values: Values, now: number): InviteTerms {
  return {
    role: oneOf('role', ROLES, values.role),
    expiration: expirationOf(values.expires, now),
    uses: wholeNumber('uses', values.uses, 1, 10_000),
    attempts: wholeNumber('attempts', values.attempts, 1, 10),
    pin: pinOf({ length: values.pin, alphabet: values['pin-alphabet'], none: values['no-pin'] }),
    approval: values.approve
  }
}

/** undefined: it is asked for. */
function codeOf (words: string[]): string | undefined {
  return words.length === 0 ? undefined : words.join(' ')
}

function wordOf (word: string | undefined, asks: string): string {
  if (word == null || word === '') {
    throw new UsageError(asks)
  }

  return word
}

function commonOf (values: Values, env: Record<string, string | undefined>): CommonOptions {
  return {
    json: values.json === true,
    verbose: values.verbose === true,
    data: values.data ?? defaultDataDirectory(env),
    dataGiven: values.data != null,
    listen: values.listen?.map(text => addressOf('listen', text)),
    announce: (values.announce ?? []).map(text => addressOf('announce', text)),
    relay: (values.relay ?? []).map(text => addressOf('relay', text)),
    rendezvous: (values.rendezvous ?? []).map(text => addressOf('rendezvous', text)),
    as: values.as
  }
}

/** The XDG base directory specification's place for data. */
function defaultDataDirectory (env: Record<string, string | undefined>): string {
  const base = env.XDG_DATA_HOME

  // "must be absolute; if not, ignore"
  return join(base?.startsWith('/') === true ? base : join(homedir(), '.local', 'share'), 'plus-one')
}
