/** Questions to the person at the terminal, or the lines that a script pipes in. */
import { createInterface } from 'node:readline/promises'
import { CancelledError } from './exit.js'
import type { Output } from './output.js'

export interface PromptInit {
  input: NodeJS.ReadStream
  output: Output
  /** Ends a question. */
  signal: AbortSignal
  /** Called for Ctrl-C during a question: the terminal sends no signal then. */
  onInterrupt: () => void
}

export class Prompt {
  readonly #init: PromptInit
  #piped: AsyncIterator<string> | undefined

  constructor (init: PromptInit) {
    this.#init = init
  }

  /** Is there a person to ask? */
  get isInteractive (): boolean {
    return this.#init.input.isTTY
  }

  /**
   * Asks, or takes the next line of what is piped in.
   *
   * @returns The trimmed answer; undefined: the input has ended
   * @throws {CancelledError} Ctrl-C, or Ctrl-D at the terminal.
   */
  async ask (question: string): Promise<string | undefined> {
    this.#init.signal.throwIfAborted()

    return this.isInteractive ? this.#question(question) : this.#nextLine()
  }

  /** Yes or no; Enter means yes. */
  async confirm (question: string): Promise<boolean> {
    while (true) {
      const answer = (await this.ask(`${question} [Y/n] `))?.toLowerCase()

      if (answer == null || /^n(o)?$/.test(answer)) {
        return false
      }

      if (/^(y(es)?)?$/.test(answer)) {
        return true
      }
    }
  }

  /** Lets go of the input, so that it keeps no process alive. */
  close (): void {
    this.#init.input.destroy()
  }

  async #question (question: string): Promise<string> {
    const { input, output, signal, onInterrupt } = this.#init
    const terminal = createInterface({ input, output: output.people })
    const ended = new AbortController()
    terminal.on('SIGINT', onInterrupt)
    terminal.on('close', () => { ended.abort(new CancelledError('SIGINT')) })

    try {
      return (await terminal.question(question, { signal: AbortSignal.any([signal, ended.signal]) })).trim()
    } catch (err) {
      // the cursor stands behind the question
      output.people.write('\n')
      throw signal.aborted ? signal.reason : ended.signal.aborted ? ended.signal.reason : err
    } finally {
      terminal.close()
    }
  }

  async #nextLine (): Promise<string | undefined> {
    const { input, signal } = this.#init
    this.#piped ??= createInterface({ input, signal })[Symbol.asyncIterator]()
    const { value, done } = await this.#piped.next() as IteratorResult<string, undefined>
    signal.throwIfAborted()

    return done === true ? undefined : value.trim()
  }
}
