/** The real `plus-one` in a process of its own, driven and watched through its JSON lines. */
import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { ChildProcessWithoutNullStreams } from 'node:child_process'

export const MAIN = fileURLToPath(new URL('../../../cli/bin/plus-one.js', import.meta.url))

export interface Event {
  event: string
  [field: string]: unknown
}

export class PlusOne {
  readonly events: Event[] = []
  readonly #child: ChildProcessWithoutNullStreams
  readonly #ended: Promise<number>
  readonly #waiting = new Set<() => void>()
  #stderr = ''
  #over = false

  constructor (args: string[], env: Record<string, string> = {}) {
    this.#child = spawn(process.execPath, [MAIN, ...args, '--json'], { env: { ...process.env, PLUS_ONE_PIN: '', ...env } })
    this.#child.stdin.on('error', () => { /* it has gone: what it was told last does not matter */ })
    this.#child.stderr.on('data', chunk => {
      this.#stderr += String(chunk)
      this.#waiting.forEach(check => { check() })
    })
    createInterface({ input: this.#child.stdout }).on('line', line => {
      this.events.push(JSON.parse(line) as Event)
      this.#waiting.forEach(check => { check() })
    })
    this.#ended = new Promise(resolve => {
      this.#child.on('close', (code, signal) => {
        this.#over = true
        this.#waiting.forEach(check => { check() })
        resolve(code ?? (signal === 'SIGKILL' ? 137 : -1))
      })
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
    this.#child.stdin.write(`${line}\n`)
  }

  /** Nothing more will be typed. */
  hangUp (): void {
    this.#child.stdin.end()
  }

  /** Resolves when it has gone. */
  async kill (signal: NodeJS.Signals): Promise<number> {
    this.#child.kill(signal)

    return this.#ended
  }

  /** Its exit code. */
  async ended (): Promise<number> {
    return this.#ended
  }
}

/** Processes and data directories of one test: `await using`. */
export class Terminals implements AsyncDisposable {
  readonly #folder: string
  readonly #processes: PlusOne[] = []

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

  run (who: string, args: string[], env?: Record<string, string>): PlusOne {
    const terminal = new PlusOne([...args, '--data', this.data(who)], env)
    this.#processes.push(terminal)

    return terminal
  }

  /** Runs it to its end. */
  async result (who: string, args: string[], env?: Record<string, string>): Promise<{ code: number, events: Event[], stderr: string }> {
    const terminal = this.run(who, args, env)
    terminal.hangUp()
    const code = await terminal.ended()

    return { code, events: terminal.events, stderr: terminal.stderr }
  }

  /** Who is a member, and as what, as this person's log says. */
  async members (who: string): Promise<string[]> {
    const { events } = await this.result(who, ['members'])
    const members = events.find(({ event }) => event === 'members')?.members as Array<{ peerId: string, role: string }>

    return members.map(({ peerId, role }) => `${role} ${peerId}`)
  }

  async [Symbol.asyncDispose] (): Promise<void> {
    await Promise.all(this.#processes.map(async terminal => terminal.kill('SIGKILL')))
    await rm(this.#folder, { recursive: true, force: true })
  }
}
