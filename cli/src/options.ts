/** Options and arguments that commands share, as commander takes them: each reads its value, and says what it takes. */
import { Argument, Option } from 'commander'
import { oneOf, wholeNumber } from './values.js'

export const option = (flags: string, says: string): Option => new Option(flags, says)

/** One of a few words, which a shell can complete. */
export function choice <T extends string> (flags: string, says: string, choices: readonly T[]): Option {
  const own = option(flags, says).choices(choices)

  return own.argParser(text => oneOf(`--${own.name()}`, choices, text))
}

export function number (flags: string, says: string, min: number, max: number): Option {
  const own = option(flags, says)

  return own.argParser(text => wholeNumber(own.name(), text, min, max))
}

/** A `--no-…` of its own: commander would take it for the negation of an option that has a value here. */
export function flag (flags: string, says: string): Option {
  const own = option(flags, says)
  own.negate = false

  return own
}

/** Multiaddrs, one for each time that it is given. */
function addresses (name: string, says: string): Option {
  return option(`--${name} <multiaddr>`, says).argParser((text, before?: string[]) => [...before ?? [], text])
}

/** A word of a command; where it is missing, the command says what for it is. */
export const argument = (name: string): Argument => new Argument(`[${name}]`)

/** One without which the command asks, lists, or reads it from stdin. */
export class OptionalArgument extends Argument {
  constructor (name: string) {
    super(`[${name}]`)
  }
}

/** As help writes it. */
export function shownArgument (word: Argument): string {
  return word instanceof OptionalArgument ? `[${word.name()}]` : word.name()
}

export const choiceArgument = <T extends string> (name: string, choices: readonly T[], word = argument(name)): Argument => word.choices(choices).argParser(text => oneOf(name, choices, text))

export const always = (): Option[] => [
  option('--json', 'JSON lines on stdout; what people read on stderr'),
  option('-v, --verbose', 'whole keys and names; more on stderr')
]

/** What a command that reads the data directory takes. */
export const stored = (): Option[] => [
  ...always(),
  option('--data <directory>', 'default: plus-one in $XDG_DATA_HOME or ~/.local/share; one process at a time')
]

export const listening = (): Option[] => [
  addresses('listen', 'again for more; default: TCP and WebSockets'),
  addresses('announce', 'what to hand out instead, as behind a proxy')
]

/** What a command that runs a node takes. */
export const online = (): Option[] => [
  ...stored(),
  ...listening(),
  addresses('relay', 'be reachable through this relay; it is a rendezvous point, too'),
  addresses('rendezvous', 'where short codes are published and found'),
  option('--as <name>', 'your display name, kept')
]

export const party = (): Option[] => [
  option('--name <name>', 'the party, by its name'),
  option('--party <key>', 'the party, by the beginning of its key')
]

/** Of a change that is handed to other members. */
export const changing = (): Option[] => [
  ...party(),
  number('--timeout <seconds>', 'how long members have to acknowledge it; default 10', 1, 3_600)
]

export interface ChangeValues extends PartyValues {
  timeout?: number
}

export interface PartyValues {
  party?: string
  name?: string
}

export const yes = (says: string): Option => option('-y, --yes', says)
