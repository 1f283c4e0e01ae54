/** The commands of `plus-one`, by subject in program/: what each takes, says of itself, and comes to. Commander reads them, and lays out their help. */
import { Command as Definition } from 'commander'
import { EXIT_CODES } from './exit.js'
import { choiceArgument, online, shownArgument } from './options.js'
import { defineInviting } from './program/inviting.js'
import { defineManaging } from './program/managing.js'
import { defineRunning } from './program/running.js'
import { defineYourself } from './program/yourself.js'
import { required } from './values.js'
import type { Command, Screen, Shell } from './command.js'
import type { Page } from './program/page.js'

const SHELLS: Shell[] = ['bash', 'zsh', 'fish', 'powershell']

const HELPING = 'Help:'

export interface ProgramInit {
  /** Is told the command that was typed. */
  take: (command: Command) => void
  /** ms since 1970, for `--expires 10m`. */
  now: number
  screen: Screen
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

  defineInviting(define, now)
  defineManaging(define)
  defineYourself(define, now)
  defineRunning(define)

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
