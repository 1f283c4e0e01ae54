/** Questions to the person at the terminal, asked by Clack, or the lines that a script pipes in. */
import { createInterface } from 'node:readline'
import { isCancel, SelectPrompt, settings, TextPrompt, wrapTextWithPrefix } from '@clack/core'
import { raceSignal } from 'race-signal'
import { CancelledError } from './exit.js'
import type { Output } from './output.js'
import type { Prompt as Question, TextOptions } from '@clack/core'
import type { Key } from 'node:readline'

// to Clack it is Ctrl-C, which takes an invitation back: too much for a slip
settings.aliases.delete('escape')

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
  complete?: Completer
}

type Completer = (line: string) => { word: string, words: string[] }

/** What Clack's prompts are made with here. */
interface Terminal {
  input: NodeJS.ReadStream
  output: NodeJS.WriteStream
  signal: AbortSignal
  /** Lays text out for the terminal, and remembers it. */
  draw: (text: string) => string
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

    return this.#inTurn(signal, async () => this.isInteractive ? (await this.#show(signal, terminal => this.#textPrompt(question, terminal, complete)))?.trim() : this.#nextLine(signal))
  }

  /** Has the person at the terminal choose by the arrow keys. @throws as `ask`. */
  async choose <T> (question: string, choices: Array<{ value: T, label: string }>): Promise<T> {
    const { signal } = this.#init

    return this.#inTurn(signal, async () => await this.#show(signal, terminal => listPrompt(question, choices, terminal)) as T)
  }

  async #inTurn <T> (signal: AbortSignal, ask: () => Promise<T>): Promise<T> {
    const answer = this.#last.then(async () => {
      signal.throwIfAborted()

      return ask()
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

  /** Shows a question until it is answered; what is told meanwhile stands above it. */
  async #show <T> (signal: AbortSignal, make: (terminal: Terminal) => Question<T>): Promise<T | undefined> {
    const { input, output: { people }, output, onInterrupt } = this.#init
    // of this question alone: Clack listens to it for good
    const end = new AbortController()
    const onAbort = (): void => { end.abort(signal.reason) }
    const onHangUp = (): void => { end.abort(new CancelledError('SIGINT')) }
    let frame = ''
    const question = make({ input, output: people, signal: end.signal, draw: text => (frame = wrapTextWithPrefix(people, text, '')) })
    let atEndOfInput = false
    question.on('key', (_, { ctrl, name }) => {
      if (ctrl === true && name === 'd' && question.userInput === '') {
        atEndOfInput = true
        question.state = 'cancel'
      }
    })
    signal.addEventListener('abort', onAbort, { once: true })
    input.once('end', onHangUp).prependListener('keypress', enterIsReturn)
    const answered = output.question({
      erase: () => { people.write(eraseLines(frame.split('\n').length)) },
      draw: () => { people.write(frame) }
    })

    try {
      const answer = await question.prompt()

      if (!isCancel(answer)) {
        return answer
      }

      end.signal.throwIfAborted()

      if (!atEndOfInput) {
        onInterrupt()
      }

      throw new CancelledError('SIGINT')
    } finally {
      signal.removeEventListener('abort', onAbort)
      input.off('end', onHangUp).off('keypress', enterIsReturn)
      answered()
    }
  }

  #textPrompt (question: string, { draw, ...terminal }: Terminal, complete: Completer = () => ({ word: '', words: [] })): Question<string> {
    const line: LinePrompt = new LinePrompt({
      ...terminal,
      render: () => draw(`${question}${isOpen(line) ? line.userInputWithCursor : line.userInput}`)
    }, complete, words => { this.#init.output.line(words.join('  ')) })

    return line
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

/** A line to type, in which Tab completes the last word. */
class LinePrompt extends TextPrompt {
  /** @param hint - Is given what the word may become, where that is not one */
  constructor (options: TextOptions, complete: Completer, hint: (words: string[]) => void) {
    super(options)
    this.on('key', (_, { name }) => {
      if (name === 'tab' && this.cursor === this.userInput.length) {
        const { word, words } = complete(this.userInput)

        if (words.length === 1) {
          const before = this.userInput.slice(0, this.userInput.length - word.length)
          this._clearUserInput()
          // alone, it is followed by the next one
          this._setUserInput(`${before}${words[0]} `, true)
        } else if (words.length > 1) {
          hint(words)
        }
      }
    })
  }
}

function listPrompt <T> (question: string, choices: Array<{ value: T, label: string }>, { draw, ...terminal }: Terminal): Question<T> {
  const list: SelectPrompt<{ value: T, label: string }> = new SelectPrompt({
    ...terminal,
    options: choices,
    render: () => draw([question, ...choices.map(({ label }, i) => `${i === list.cursor ? '❯' : ' '} ${label}`)].join('\n'))
  })

  return list
}

/** Is it still being answered? */
const isOpen = ({ state }: Question<string>): boolean => state !== 'submit' && state !== 'cancel'

/** A terminal sends one, what drives one may send the other. Clack knows the first alone. */
function enterIsReturn (_: unknown, key: Key): void {
  if (key.name === 'enter') {
    key.name = 'return'
  }
}

/** Clears so many lines, of which the cursor is on the last. */
function eraseLines (lines: number): string {
  return `\r${lines > 1 ? `\u001b[${lines - 1}A` : ''}\u001b[J`
}
