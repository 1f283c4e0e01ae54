/** The command line, read: a command, or what is wrong with what was typed. Pure. */
import { homedir } from 'node:os'
import { join } from 'node:path'
import { CommanderError } from 'commander'
import { UsageError } from './exit.js'
import { addCompletion, createProgram } from './program.js'
import type { Command, CommonOptions, Screen } from './command.js'
import type { Command as Definition } from 'commander'

/**
 * @param argv - Without node and the script
 * @param now - ms since 1970, for `--expires 10m`
 * @param screen - What help is laid out for
 * @throws {UsageError}
 */
export async function parseCommandLine (argv: string[], env: Record<string, string | undefined>, now: number, screen: Screen = { columns: 80, hasColour: false }): Promise<{ command: Command, common: CommonOptions }> {
  let command: Command | undefined
  let help = ''
  const init = { now, screen, take: (taken: Command) => { command = taken } }
  const program = createProgram(init)
  addCompletion(program, init)
  const write = (text: string): void => { help += text }

  for (const each of [program, ...program.commands]) {
    each.configureOutput({ writeOut: write, writeErr: write, outputError: () => { /* it is thrown */ } })
    each.exitOverride(err => { throw usageErrorOf(err, each) })
  }

  try {
    await program.parseAsync(argv, { from: 'user' })
  } catch (err) {
    if (!(err instanceof CommanderError)) {
      throw err
    }

    command = err.code === 'commander.version' ? { name: 'version' } : { name: 'help', text: help.trim() }
  }

  if (command == null) {
    throw new Error('Commander ran no command')
  }

  // asked for help or the version, commander reads no further
  const late = ['help', 'version'].includes(command.name) && argv.includes('--json') ? { json: true } : {}
  const typed = program.commands.find(each => each.name() === command?.name)
  refuseStrangers(program, typed)

  return { command, common: await commonOf({ ...program.opts<Values>(), ...typed?.opts<Values>(), ...late }, env) }
}

interface Values {
  json?: boolean
  verbose?: boolean
  data?: string
  listen?: string[]
  announce?: string[]
  relay?: string[]
  rendezvous?: string[]
  as?: string
}

/** What commander says, as `plus-one` says it; help and version, which it throws too, as they are. */
function usageErrorOf (err: CommanderError, command: Definition): Error {
  const { code, message } = err
  const meant = /\(Did you mean (?:one of )?(.+)\?\)/.exec(message)?.[1]
  const hint = meant == null ? '' : `; did you mean ${meant}?`
  const full = command.parent == null ? command.name() : `${command.parent.name()} ${command.name()}`
  const see = `see plus-one help${command.parent == null ? '' : ` ${command.name()}`}`
  const quoted = /'([^']+)'/.exec(message)?.[1] ?? ''

  switch (code) {
    case 'commander.help':
    case 'commander.helpDisplayed':
    case 'commander.version': return err
    case 'commander.unknownCommand': return new UsageError(`There is no command ${JSON.stringify(command.args[0])}: ${command.createHelp().visibleCommands(command).map(each => each.name()).join(', ')}${hint}`)
    case 'commander.unknownOption': return new UsageError(`${full} takes no ${quoted}${hint === '' ? '; ' : `${hint} `}${see}`)
    case 'commander.excessArguments': return new UsageError(`${full} takes no ${JSON.stringify(command.args[command.registeredArguments.length])}; ${see}`)
    case 'commander.optionMissingArgument': return new UsageError(`${quoted} needs a value; ${see}`)
    default: return new UsageError(`${message.replace(/^error: /, '')}; ${see}`)
  }
}

/** An option before the command is the program's to read, and may be none of the command's. */
function refuseStrangers (program: Definition, command: Definition | undefined): void {
  const stranger = program.options.find(option => option.attributeName() in program.opts() && command?.options.every(own => own.long !== option.long))

  if (command != null && stranger != null) {
    throw new UsageError(`plus-one ${command.name()} takes no ${stranger.long}; see plus-one help ${command.name()}`)
  }
}

async function commonOf ({ json = false, verbose = false, data, listen, announce = [], relay = [], rendezvous = [], as }: Values, env: Record<string, string | undefined>): Promise<CommonOptions> {
  return {
    json,
    verbose,
    data: data ?? defaultDataDirectory(env),
    dataGiven: data != null,
    listen: listen == null ? undefined : await addressesOf('listen', listen),
    announce: await addressesOf('announce', announce),
    relay: await addressesOf('relay', relay),
    rendezvous: await addressesOf('rendezvous', rendezvous),
    as
  }
}

async function addressesOf (option: string, texts: string[]): Promise<string[]> {
  return Promise.all(texts.map(async text => (await import('./terms.js')).addressOf(option, text)))
}

/** The XDG base directory specification's place for data. */
function defaultDataDirectory (env: Record<string, string | undefined>): string {
  const base = env.XDG_DATA_HOME

  // "must be absolute; if not, ignore"
  return join(base?.startsWith('/') === true ? base : join(homedir(), '.local', 'share'), 'plus-one')
}
