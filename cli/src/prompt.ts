/** Questions to the person at the terminal, or the lines that a script pipes in. */
import { createInterface } from 'node:readline/promises'
import { raceSignal } from 'race-signal'
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

export interface AskOptions {
  /** Aborts when the answer matters no more. */
  moot?: AbortSignal
  /** What Tab makes of a line: its last word, and what that may become. */
  complete?: (line: string) => { word: string, words: string[] }
}

export class Prompt {
  readonly #init: PromptInit
  #piped: AsyncIterator<string> | undefined
  /** A line that is awaited, maybe since a question that is moot by now. */
  #line: Promise<IteratorResult<string, undefined>> | undefined
  /** One question at a time. */
  #last: Promise<unknown> = Promise.resolve()

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
   * @throws The reason of `moot`.
   */
  async ask (question: string, { moot, complete }: AskOptions = {}): Promise<string | undefined> {
    const signal = moot == null ? this.#init.signal : AbortSignal.any([this.#init.signal, moot])
    const answer = this.#last.then(async () => {
      signal.throwIfAborted()

      return this.isInteractive ? this.#question(question, signal, complete) : this.#nextLine(signal)
    })
    this.#last = answer.catch(() => {})

    return raceSignal(answer, signal)
  }

  /** Yes or no; Enter means yes. @throws as `ask`. */
  async confirm (question: string, moot?: AbortSignal): Promise<boolean> {
    return this.#yesOrNo(`${question} [Y/n] `, 'yes', moot)
  }

  /** Yes or no, and nothing by default. @throws as `ask`. */
  async decide (question: string, moot?: AbortSignal): Promise<boolean> {
    return this.#yesOrNo(`${question} [y/n] `, '', moot)
  }

  async #yesOrNo (question: string, usual: string, moot?: AbortSignal): Promise<boolean> {
    while (true) {
      const typed = await this.ask(question, { moot })
      const answer = typed === '' ? usual : typed?.toLowerCase()

      if (answer == null || /^n(o)?$/.test(answer)) {
        return false
      }

      if (/^y(es)?$/.test(answer)) {
        return true
      }
    }
  }

  /** Lets go of the input, so that it keeps no process alive. */
  close (): void {
    this.#init.input.destroy()
  }

  async #question (question: string, signal: AbortSignal, complete?: AskOptions['complete']): Promise<string> {
    const { input, output, onInterrupt } = this.#init
    const terminal = createInterface({
      input,
      output: output.people,
      completer: complete == null
        ? undefined
        : (line: string): [string[], string] => {
            const { word, words } = complete(line)

            // alone, it is followed by the next one
            return [words.length === 1 ? [`${words[0]} `] : words, word]
          }
    })
    const closed = new AbortController()
    terminal.on('SIGINT', onInterrupt)
    terminal.on('close', () => { closed.abort(new CancelledError('SIGINT')) })
    const over = AbortSignal.any([signal, closed.signal])
    const answered = output.question(() => { terminal.prompt(true) })

    try {
      return (await terminal.question(question, { signal: over })).trim()
    } catch (err) {
      // the cursor stands behind the question
      output.people.write('\n')
      throw over.aborted ? over.reason : err
    } finally {
      terminal.close()
      answered()
    }
  }

  async #nextLine (signal: AbortSignal): Promise<string | undefined> {
    this.#piped ??= createInterface({ input: this.#init.input })[Symbol.asyncIterator]()
    // what comes after a question was moot is the next one's answer
    this.#line ??= this.#piped.next() as Promise<IteratorResult<string, undefined>>
    const { value, done } = await raceSignal(this.#line, signal)
    this.#line = undefined

    return done === true ? undefined : value.trim()
  }
}
