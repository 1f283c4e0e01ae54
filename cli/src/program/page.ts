/** How a command presents itself, and how it is defined. */
import type { Command } from '../command.js'
import type { Argument, Option } from 'commander'

/** How a command presents itself. */
export interface Page {
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

/** Adds a command. @param read - What its values and words come to: `now`, where they name a time, is ms since 1970 */
export type Define = <T extends object>(name: string, page: Page, read: (values: T, ...words: string[]) => Command | Promise<Command>) => void
