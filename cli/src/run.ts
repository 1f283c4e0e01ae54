/** One command line of `plus-one`, wherever it runs: what it reads and says goes there, and its end is an exit code. */
import { readFile } from 'node:fs/promises'
import { CancelledError, checkNode, exitCodeOf } from './exit.js'
import { foreign, foreignStack, Output } from './output.js'
import { parseCommandLine } from './parse.js'
import { Prompt } from './prompt.js'
import type { Command } from './command.js'
import type { Context } from './context.js'

/** Where a command runs: in the process's own surroundings, or in others. */
export interface RunInit {
  env: Record<string, string | undefined>
  stdin: NodeJS.ReadStream
  stdout: NodeJS.WriteStream
  stderr: NodeJS.WriteStream
  /** Ctrl-C, SIGTERM or SIGHUP: its reason is a CancelledError. */
  signal: AbortSignal
  /** Is told of Ctrl-C during a question: no signal comes then. */
  interrupt: () => void
}

/**
 * Runs one command to its end.
 *
 * @param argv - Without the program's name
 * @returns The exit code; what went wrong has been told
 */
export async function run (argv: string[], { env, stdin, stdout, stderr, signal, interrupt }: RunInit): Promise<number> {
  // asked for before the rest is understood, so that usage errors are JSON too
  let out = new Output({ json: argv.includes('--json'), verbose: false, stdout, stderr })
  let prompt: Prompt | undefined

  try {
    checkNode(process.versions.node)
    const { command, common } = await parseCommandLine(argv, env, Date.now(), { columns: out.columns, hasColour: out.hasColour })
    out = new Output({ json: common.json, verbose: common.verbose, stdout, stderr })
    prompt = new Prompt({ input: stdin, output: out, signal, onInterrupt: interrupt })

    if (common.verbose) {
      (await import('@libp2p/logger')).enable('plus-one:*,libp2p:circuit-relay:*')
    }

    await dispatch(command, { common, out, prompt, signal, env })

    return 0
  } catch (err) {
    const error = signal.aborted ? signal.reason as Error : err as Error
    const code = exitCodeOf(error)
    tell(error, code, out)

    return code
  } finally {
    prompt?.close()
  }
}

// commands are loaded when they run: `plus-one help` needs no libp2p
async function dispatch (command: Command, context: Context): Promise<void> {
  switch (command.name) {
    case 'invite': return (await import('./commands/invite.js')).invite(command, context)
    case 'serve': return (await import('./commands/serve.js')).serve(command, context)
    case 'join': return (await import('./commands/join.js')).join(command, context)
    case 'lookup': return (await import('./commands/lookup.js')).lookup(command, context)
    case 'decline': return (await import('./commands/decline.js')).decline(command, context)
    case 'list': return (await import('./commands/list.js')).listInvitations(command, context)
    case 'revoke': return (await import('./commands/revoke.js')).revoke(command, context)
    case 'parties': return (await import('./commands/parties.js')).listParties(context)
    case 'members': return (await import('./commands/parties.js')).listMembers(command, context)
    case 'remove': return (await import('./commands/remove.js')).remove(command, context)
    case 'role': return (await import('./commands/role.js')).setRole(command, context)
    case 'leave': return (await import('./commands/leave.js')).leave(command, context)
    case 'forget': return (await import('./commands/forget.js')).forget(command, context)
    case 'reset': return (await import('./commands/forget.js')).reset(command, context)
    case 'block': return (await import('./commands/block.js')).block(command, context)
    case 'unblock': return (await import('./commands/block.js')).unblock(command, context)
    case 'devices': return (await import('./commands/devices.js')).devices(command, context)
    case 'recovery': return (await import('./commands/recovery.js')).recovery(context)
    case 'recover': return (await import('./commands/recover.js')).recover(command, context)
    case 'backup': return (await import('./commands/recovery.js')).backup(command, context)
    case 'relay': return (await import('./commands/relay.js')).relay(command, context)
    case 'demo': return (await import('./commands/demo.js')).demo(context)
    case 'completion': { (await import('./commands/completion.js')).printCompletion(command.shell); return }
    case 'complete': { (await import('./commands/completion.js')).complete(command.words); return }
    case 'help': { context.out.line(command.text); return }
    case 'version': {
      const { version } = JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }
      context.out.event('version', { version })
      context.out.line(version)
    }
  }
}

function tell (error: Error, code: number, out: Output): void {
  const { name, message } = error
  out.event('error', { name, code: (error as { code?: unknown }).code, message: foreign(message) })

  if (!(error instanceof CancelledError)) {
    out.error(`${out.style('red', 'plus-one:')} ${foreign(message)}`)
  }

  if (code === 1 || (out.verbose && !(error instanceof CancelledError))) {
    out.error(out.style('dim', foreignStack(error)))
  }
}
