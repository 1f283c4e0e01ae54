/** The real `plus-one`, driven and watched through its JSON lines: in a process of its own, which runs its bundle, or in this one, where it is loaded once. */
import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { PassThrough } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { inject } from 'vitest'
import type { run } from '../../../cli/src/run.js'

/** As npm links it. */
export const MAIN = fileURLToPath(new URL('../../../cli/bin/plus-one.js', import.meta.url))

/** As it is built, on the built library: by an import Vite would load the sources. */
const built = createRequire(import.meta.url)('../../../cli/dist/run.js') as { run: typeof run }

export interface Event {
  event: string
  [field: string]: unknown
}

/** What a command came to. */
export interface Result {
  code: number
  events: Event[]
  stderr: string
}

/** A command that runs, wherever. */
interface Running {
  stdin: NodeJS.WritableStream
  stdout: NodeJS.ReadableStream
  stderr: NodeJS.ReadableStream
  /** Its exit code, once all it said is out. */
  ended: Promise<number>
  /** Nothing where it has ended. */
  kill: (signal: NodeJS.Signals) => void
}

const environment = (env: Record<string, string>): NodeJS.ProcessEnv => ({ ...process.env, PLUS_ONE_PIN: '', ...env })

function inOwnProcess (args: string[], env: Record<string, string>): Running {
  const child = spawn(process.execPath, [inject('bundledCli'), ...args, '--json'], { env: environment(env) })
  const ended = new Promise<number>(resolve => {
    child.on('close', (code, signal) => { resolve(code ?? (signal === 'SIGKILL' ? 137 : -1)) })
  })

  return { stdin: child.stdin, stdout: child.stdout, stderr: child.stderr, ended, kill: signal => { child.kill(signal) } }
}

function inThisProcess (args: string[], env: Record<string, string>): Running {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()]
  const controller = new AbortController()
  const streams = { stdin, stdout, stderr } as unknown as Pick<Parameters<typeof run>[1], 'stdin' | 'stdout' | 'stderr'>
  const ended = built.run([...args, '--json'], { ...streams, env: environment(env), signal: controller.signal, interrupt: () => {} }).then(async (code) => {
    await Promise.all([stdout, stderr].map(async stream => new Promise<void>(resolve => { stream.once('close', resolve).end() })))

    return code
  })

  return { stdin, stdout, stderr, ended, kill: () => { controller.abort(new Error('The test is over')) } }
}

export class PlusOne {
  readonly events: Event[] = []
  readonly #running: Running
  readonly #ended: Promise<number>
  readonly #waiting = new Set<() => void>()
  #stderr = ''
  #over = false

  constructor (args: string[], env: Record<string, string> = {}, start: (args: string[], env: Record<string, string>) => Running = inOwnProcess) {
    this.#running = start(args, env)
    this.#running.stdin.on('error', () => { /* it has gone: what it was told last does not matter */ })
    this.#running.stderr.on('data', chunk => {
      this.#stderr += String(chunk)
      this.#waiting.forEach(check => { check() })
    })
    createInterface({ input: this.#running.stdout }).on('line', line => {
      this.events.push(JSON.parse(line) as Event)
      this.#waiting.forEach(check => { check() })
    })
    this.#ended = this.#running.ended.then((code) => {
      this.#over = true
      this.#waiting.forEach(check => { check() })

      return code
    })
  }

  /** What people read. */
  get stderr (): string { return this.#stderr }

  /** The nth event of this name, now or when it comes. */
  async until (event: string, nth = 1): Promise<Event> {
    return this.#until(event, () => this.events.filter(seen => seen.event === event)[nth - 1])
  }

  /** People have been told this. */
  async untilSaid (text: string): Promise<void> {
    await this.#until(text, () => this.#stderr.includes(text) ? text : undefined)
  }

  async #until <T> (what: string, look: () => T | undefined): Promise<T> {
    return new Promise((resolve, reject) => {
      const check = (): void => {
        const found = look()

        if (found != null) {
          this.#waiting.delete(check)
          resolve(found)
        } else if (this.#over) {
          this.#waiting.delete(check)
          reject(new Error(`It ended without "${what}": ${JSON.stringify(this.events)}\n${this.#stderr}`))
        }
      }

      this.#waiting.add(check)
      check()
    })
  }

  /** A line on its stdin. */
  type (line: string): void {
    this.#running.stdin.write(`${line}\n`)
  }

  /** Nothing more will be typed. */
  hangUp (): void {
    this.#running.stdin.end()
  }

  /** Resolves when it has gone. */
  async kill (signal: NodeJS.Signals): Promise<number> {
    this.#running.kill(signal)

    return this.#ended
  }

  /** Its exit code. */
  async ended (): Promise<number> {
    return this.#ended
  }
}

/** Terminals and data directories of one test: `await using`. */
export class Terminals implements AsyncDisposable {
  readonly #folder: string
  readonly #terminals: PlusOne[] = []

  private constructor (folder: string) {
    this.#folder = folder
  }

  static async open (): Promise<Terminals> {
    return new Terminals(await mkdtemp(join(tmpdir(), 'plus-one-cli-')))
  }

  /** Someone's data directory. */
  data (who: string): string {
    return join(this.#folder, who)
  }

  /** In a process of its own. */
  run (who: string, args: string[], env?: Record<string, string>): PlusOne {
    return this.#start(who, args, env, inOwnProcess)
  }

  /** In this process, which takes a thirtieth of the time: for whom signals, exits and kill -9 are not what is told of. */
  runHere (who: string, args: string[], env?: Record<string, string>): PlusOne {
    return this.#start(who, args, env, inThisProcess)
  }

  #start (who: string, args: string[], env: Record<string, string> | undefined, start: typeof inOwnProcess): PlusOne {
    const terminal = new PlusOne([...args, '--data', this.data(who)], env, start)
    this.#terminals.push(terminal)

    return terminal
  }

  /** Runs it to its end, in a process of its own. */
  async result (who: string, args: string[], env?: Record<string, string>): Promise<Result> {
    return resultOf(this.run(who, args, env))
  }

  /** Runs it to its end in this process. */
  async resultHere (who: string, args: string[], env?: Record<string, string>): Promise<Result> {
    return resultOf(this.runHere(who, args, env))
  }

  /** Who is a member, and as what, as this person's log says. */
  async members (who: string): Promise<string[]> {
    const { events } = await this.resultHere(who, ['members'])
    const members = events.find(({ event }) => event === 'members')?.members as Array<{ peerId: string, role: string }>

    return members.map(({ peerId, role }) => `${role} ${peerId}`)
  }

  async [Symbol.asyncDispose] (): Promise<void> {
    await Promise.all(this.#terminals.map(async terminal => terminal.kill('SIGKILL')))
    await rm(this.#folder, { recursive: true, force: true })
  }
}

async function resultOf (terminal: PlusOne): Promise<Result> {
  terminal.hangUp()
  const code = await terminal.ended()

  return { code, events: terminal.events, stderr: terminal.stderr }
}
