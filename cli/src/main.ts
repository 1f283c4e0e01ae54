/** `plus-one`: reads the command line, runs the command, and turns its end into an exit code. */
import { readFile } from 'node:fs/promises'
import { CancelledError, checkNode, exitCodeOf } from './exit.js'
import { foreign, foreignStack, Output } from './output.js'
import { parseCommandLine } from './parse.js'
import { Prompt } from './prompt.js'
import { signalsOf } from './signals.js'
import type { Command } from './command.js'
import type { Context } from './context.js'

/** How long whoever reads may take for what was written last, ms. */
const GRACE = 3_000

// commands are loaded when they run: `plus-one help` needs no libp2p
async function run (command: Command, context: Context): Promise<void> {
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

async function main (): Promise<void> {
  const { argv, env, stdin, stdout, stderr } = process
  const { signal, interrupt } = signalsOf(process)
  // as `plus-one list | head`: nobody reads on
  stdout.on('error', () => { process.exit() })
  // asked for before the rest is understood, so that usage errors are JSON too
  let out = new Output({ json: argv.includes('--json'), verbose: false, stdout, stderr })
  let prompt: Prompt | undefined
  // the process lives as long as its command: libp2p's sockets may be gone, and its timeouts alone hold nothing
  const alive = setInterval(() => {}, 2 ** 30)

  try {
    checkNode(process.versions.node)
    const { command, common } = await parseCommandLine(argv.slice(2), env, Date.now(), { columns: out.columns, hasColour: out.hasColour })
    out = new Output({ json: common.json, verbose: common.verbose, stdout, stderr })
    prompt = new Prompt({ input: stdin, output: out, signal, onInterrupt: interrupt })

    if (common.verbose) {
      (await import('@libp2p/logger')).enable('plus-one:*,libp2p:circuit-relay:*')
    }

    await run(command, { common, out, prompt, signal, env })
  } catch (err) {
    const error = signal.aborted ? signal.reason as Error : err as Error
    process.exitCode = exitCodeOf(error)
    tell(error, out)
  } finally {
    clearInterval(alive)
    prompt?.close()
    setTimeout(() => { process.exit() }, GRACE).unref()
    await Promise.all([written(stdout), written(stderr)])
    // a timer of libp2p holds the process for another second after its node has stopped
    process.exit()
  }
}

/** Has all been handed to the terminal, the file or the pipe? */
async function written (stream: NodeJS.WriteStream): Promise<void> {
  if (stream.writableLength > 0) {
    await new Promise<void>(resolve => { stream.write('', () => { resolve() }) })
  }
}

function tell (error: Error, out: Output): void {
  const { name, message } = error
  out.event('error', { name, code: (error as { code?: unknown }).code, message: foreign(message) })

  if (!(error instanceof CancelledError)) {
    out.error(`${out.style('red', 'plus-one:')} ${foreign(message)}`)
  }

  if (process.exitCode === 1 || (out.verbose && !(error instanceof CancelledError))) {
    out.error(out.style('dim', foreignStack(error)))
  }
}

await main()
