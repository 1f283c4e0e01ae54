import type { CommonOptions } from './command.js'
import type { Output } from './output.js'
import type { Prompt } from './prompt.js'

/** What every command is given. */
export interface Context {
  common: CommonOptions
  out: Output
  prompt: Prompt
  /** Ctrl-C, SIGTERM or SIGHUP: its reason is a CancelledError. */
  signal: AbortSignal
  env: Record<string, string | undefined>
}
