/** What a person reads, and what a script reads: never on the same stream. */
import { stripVTControlCharacters, styleText } from 'node:util'
import { cut, widthOf } from './table.js'
import type { PeerId } from '@libp2p/interface'
import type { Role } from 'plus-one'

export type Style = Parameters<typeof styleText>[0]

export interface OutputInit {
  json: boolean
  verbose: boolean
  stdout: NodeJS.WriteStream
  stderr: NodeJS.WriteStream
}

/** What stands below all that is printed. */
export interface StandingQuestion {
  erase: () => void
  /** Writes it again, with what has been typed. */
  draw: () => void
}

/**
 * Without `--json` people read stdout. With it scripts read JSON lines there, and
 * people stderr. Colour and the line that is updated in place need a terminal.
 */
export class Output {
  readonly json: boolean
  readonly verbose: boolean
  readonly #scripts: NodeJS.WriteStream
  readonly #errors: NodeJS.WriteStream
  readonly #people: NodeJS.WriteStream
  #status = ''
  #question: StandingQuestion | undefined

  constructor ({ json, verbose, stdout, stderr }: OutputInit) {
    this.json = json
    this.verbose = verbose
    this.#scripts = stdout
    this.#errors = stderr
    this.#people = json ? stderr : stdout
  }

  /** Can a line be updated in place? */
  get isTerminal (): boolean {
    return this.#people.isTTY
  }

  get hasColour (): boolean {
    return this.style('bold', ' ') !== ' '
  }

  get columns (): number {
    return this.#people.columns ?? 80
  }

  /** The stream that prompts go to. */
  get people (): NodeJS.WriteStream {
    return this.#people
  }

  /** One JSON line, for scripts. */
  event (event: string, fields: Record<string, unknown>): void {
    if (this.json) {
      this.#scripts.write(`${escaped(JSON.stringify({ event, ...fields }, (_, value: unknown) => isPeerId(value) ? value.toString() : value instanceof Uint8Array ? textOf(value) ?? { hex: Buffer.from(value).toString('hex') } : value))}\n`)
    }
  }

  /** Lines for people. */
  line (text = ''): void {
    this.#below(this.#people, text)
  }

  /** For people, only when they ask for more. */
  detail (text: string): void {
    if (this.verbose) {
      this.#below(this.#errors, this.style('dim', text))
    }
  }

  /** What went wrong, always on stderr. */
  error (text: string): void {
    this.#below(this.#errors, text)
  }

  /** The line that changes in place; empty: none. Nothing where there is no terminal. */
  status (text: string): void {
    if (this.isTerminal && text !== this.#status) {
      this.#status = text

      if (this.#question == null) {
        this.#people.write(text === '' ? CLEAR_LINE : `${CLEAR_LINE}${fit(text, this.columns)}`)
      }
    }
  }

  /**
   * A question stands on the last lines, in the status line's place, until the
   * returned function is called: what is printed goes above it.
   */
  question (question: StandingQuestion): () => void {
    const status = this.#status
    this.status('')
    this.#question = question
    this.#status = status

    return () => {
      const latest = this.#status
      this.#question = undefined
      this.#status = ''
      this.status(latest)
    }
  }

  /** Respects NO_COLOR, FORCE_COLOR and streams that are no terminal. */
  style (style: Style, text: string): string {
    return styleText(style, text, { stream: this.#people })
  }

  #below (stream: NodeJS.WriteStream, text: string): void {
    if (this.#question != null) {
      this.#question.erase()
      stream.write(`${text}\n`)
      this.#question.draw()

      return
    }

    const status = this.#status
    this.status('')
    stream.write(`${text}\n`)
    this.status(status)
  }
}

const CLEAR_LINE = '\r\u001b[2K'

/** Cuts a styled line so that it does not wrap: a wrapped one cannot be updated in place. */
function fit (text: string, columns: number): string {
  return widthOf(text) < columns ? text : cut(stripVTControlCharacters(text), columns - 1)
}

function isPeerId (value: unknown): value is PeerId {
  return typeof value === 'object' && value != null && 'toMultihash' in value
}

/** Controls, line separators, what turns the direction, tags, and letters that show nothing; emoji keep their joiner. As in src/elements/foreign.ts, of which no part is for a terminal. */
const UNFIT = /[\p{Cc}\p{Zl}\p{Zp}\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164\ufeff\uffa0\ufff9-\ufffb\u{e0000}-\u{e0fff}]/gu

/** Marks upon one letter: more of them are a heap that covers other lines. */
const HEAP = /(\p{M}{6})\p{M}+/gu

/** Is there anything to see? Joiners and marks alone are not. */
const VISIBLE = /[\p{L}\p{N}\p{P}\p{S}]/u

/**
 * Text that another person chose, as a name: no control characters (a terminal
 * obeys them), nothing that turns the direction of what follows, one line.
 */
export function foreign (text: string): string {
  const line = stripVTControlCharacters(text).replace(UNFIT, ' ').replace(HEAP, '$1').replace(/\s+/g, ' ').trim()

  return VISIBLE.test(line) ? line : ''
}

/** Where an error was thrown, line by line: its message may quote what another node said. */
export function foreignStack ({ message, stack = '' }: Error): string {
  return stack.replace(message, () => foreign(message)).split('\n').map(line => `${/^ */.exec(line)?.[0] ?? ''}${foreign(line)}`).join('\n')
}

/** JSON whose strings a terminal shows as they are: what `foreign` leaves out is written as \u…. */
function escaped (json: string): string {
  return json.replace(UNFIT, text => text.split('').map(unit => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`).join(''))
}

/** `204 958`: groups of three, easy to say. The PIN is read back with or without the space. */
export function groupPin (pin: string): string {
  return pin.length % 3 === 0 ? pin.match(/.{3}/g)?.join(' ') ?? pin : pin.match(/.{1,4}/g)?.join(' ') ?? pin
}

/** The end of a PeerId: enough to tell people apart in a list. */
export function shortPeer (peerId: PeerId): string {
  return `…${peerId.toString().slice(-8)}`
}

/** The same, and whole where people asked for more (`--verbose`). */
export function peerText (peerId: PeerId, { verbose }: Pick<Output, 'verbose'>): string {
  return verbose ? peerId.toString() : shortPeer(peerId)
}

/** `1 member`, `2 members` */
export function count (n: number, noun: string, plural = `${noun}s`): string {
  return `${n} ${n === 1 ? noun : plural}`
}

/** `a writer`, `an owner` */
export function withArticle (role: Role): string {
  return `${/^[aeiou]/.test(role) ? 'an' : 'a'} ${role}`
}

/** Bytes of an app, as text; undefined: they are none. */
export function textOf (bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return undefined
  }
}

/** The same for people, whoever chose them. */
export function foreignBytes (bytes: Uint8Array): string {
  const text = textOf(bytes)

  return text == null ? count(bytes.length, 'byte') : foreign(text)
}
