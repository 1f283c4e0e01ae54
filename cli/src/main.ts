/** The process of `plus-one`: its streams and signals, and the end of it. */
import { run } from './run.js'
import { signalsOf } from './signals.js'

/** How long whoever reads may take for what was written last, ms. */
const GRACE = 3_000

async function main (): Promise<void> {
  const { argv, env, stdin, stdout, stderr } = process
  // as `plus-one list | head`: nobody reads on
  stdout.on('error', () => { process.exit() })
  // the process lives as long as its command: libp2p's sockets may be gone, and its timeouts alone hold nothing
  const alive = setInterval(() => {}, 2 ** 30)
  process.exitCode = await run(argv.slice(2), { env, stdin, stdout, stderr, ...signalsOf(process) })
  clearInterval(alive)
  setTimeout(() => { process.exit() }, GRACE).unref()
  await Promise.all([written(stdout), written(stderr)])
  // a timer of libp2p holds the process for another second after its node has stopped
  process.exit()
}

/** Has all been handed to the terminal, the file or the pipe? */
async function written (stream: NodeJS.WriteStream): Promise<void> {
  if (stream.writableLength > 0) {
    await new Promise<void>(resolve => { stream.write('', () => { resolve() }) })
  }
}

await main()
