/** The command line, read: what each command takes, and what is wrong with what was typed. Pure. */
import { homedir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { multiaddr } from '@multiformats/multiaddr'
import { parseExpiration } from './duration.js'
import { UsageError } from './exit.js'
import type { PartyKind, Role } from '../parties/interface.js'
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
  /** The display name to take on. */
  as?: string
}

export type Command =
  | { name: 'invite', party?: string, partyName?: string, kind?: PartyKind, role?: Role, expiration?: number | 'never', uses?: number }
  | { name: 'serve' }
  | { name: 'join', code: string, yes: boolean }
  | { name: 'parties' }
  | { name: 'members', party?: string }
  | { name: 'relay', port: number, metrics?: number }
  | { name: 'demo' }
  | { name: 'help' }
  | { name: 'version' }

export type CommandName = Command['name']

const KINDS: PartyKind[] = ['community', 'group', 'contact']
const ROLES: Role[] = ['owner', 'admin', 'writer', 'reader']

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
  as: { type: 'string' },
  party: { type: 'string' },
  name: { type: 'string' },
  kind: { type: 'string' },
  role: { type: 'string' },
  expires: { type: 'string' },
  uses: { type: 'string' },
  yes: { type: 'boolean', short: 'y' },
  port: { type: 'string' },
  metrics: { type: 'string' }
} as const satisfies ParseArgsOptionsConfig

type Option = keyof typeof OPTIONS
type Values = ReturnType<typeof parseArgs<{ options: typeof OPTIONS, allowPositionals: true }>>['values']

const ALWAYS: Option[] = ['help', 'version', 'json', 'verbose']
const STORED: Option[] = [...ALWAYS, 'data']
const ONLINE: Option[] = [...STORED, 'listen', 'announce', 'relay', 'as']

/** What each command takes; `words` are those after its name. */
const COMMANDS: Record<CommandName, { options: Option[], words: number }> = {
  invite: { options: [...ONLINE, 'party', 'name', 'kind', 'role', 'expires', 'uses'], words: 0 },
  serve: { options: ONLINE, words: 0 },
  // a code pasted with spaces is many words
  join: { options: [...ONLINE, 'yes'], words: Number.POSITIVE_INFINITY },
  parties: { options: STORED, words: 0 },
  members: { options: [...STORED, 'party'], words: 0 },
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
    case 'invite': return {
      name,
      party: values.party,
      partyName: values.name,
      kind: oneOf('kind', KINDS, values.kind),
      role: oneOf('role', ROLES, values.role),
      expiration: expirationOf(values.expires, now),
      uses: wholeNumber('uses', values.uses, 1, 10_000)
    }
    case 'join': {
      if (words.length === 0) {
        throw new UsageError('What code? plus-one join CODE, as your inviter handed it to you')
      }

      return { name, code: words.join(' '), yes: values.yes === true }
    }
    case 'members': return { name, party: values.party }
    case 'relay': return { name, port: wholeNumber('port', values.port, 0, 65_534) ?? RELAY_PORT, metrics: wholeNumber('metrics', values.metrics, 0, 65_535) }
    case 'serve':
    case 'parties':
    case 'demo':
    case 'help':
    case 'version': return { name }
  }
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
    as: values.as
  }
}

/** The XDG base directory specification's place for data. */
function defaultDataDirectory (env: Record<string, string | undefined>): string {
  const base = env.XDG_DATA_HOME

  // "must be absolute; if not, ignore"
  return join(base?.startsWith('/') === true ? base : join(homedir(), '.local', 'share'), 'plus-one')
}

function addressOf (option: string, text: string): string {
  try {
    return multiaddr(text).toString()
  } catch {
    throw new UsageError(`--${option} takes a multiaddr, as /ip4/0.0.0.0/tcp/4001 or /dns4/relay.example/tcp/443/wss, not ${JSON.stringify(text)}`)
  }
}

function oneOf <T extends string> (option: string, choices: T[], text: string | undefined): T | undefined {
  const found = choices.find(choice => choice === text)

  if (text != null && found == null) {
    throw new UsageError(`--${option} is one of ${choices.join(', ')}, not ${JSON.stringify(text)}`)
  }

  return found
}

function wholeNumber (option: string, text: string | undefined, min: number, max: number): number | undefined {
  if (text == null) {
    return undefined
  }

  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN

  if (!(value >= min && value <= max)) {
    throw new UsageError(`--${option} is a whole number from ${min} to ${max}, not ${JSON.stringify(text)}`)
  }

  return value
}

function expirationOf (text: string | undefined, now: number): number | 'never' | undefined {
  if (text == null) {
    return undefined
  }

  const expiration = parseExpiration(text, now)

  if (expiration == null) {
    throw new UsageError(`--expires is a time from now (10m, 1h30m, 2d), a date (2030-12-01T18:00) or never, not ${JSON.stringify(text)}`)
  }

  if (expiration !== 'never' && expiration <= now) {
    throw new UsageError(`--expires ${text} is past`)
  }

  return expiration
}
