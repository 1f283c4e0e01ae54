/** The code that a person was given, in whatever form: full, a link, or four words. */
import { InvalidCodeError, parseInvitation } from 'plus-one'
import { completeWord, looksLikeShortCode, parseShortCode } from 'plus-one/rendezvous/words'
import { UsageError } from './exit.js'
import type { Command } from './command.js'
import type { Context } from './context.js'

/**
 * The code of the command line; where there is none, the first line of what is
 * piped in, or the person is asked, and helped with the words. Checked before any node starts: a mistyped code is the
 * commonest fault.
 *
 * @throws {InvalidCodeError}
 * @throws {UsageError} None comes; four words, and no rendezvous point to look them up.
 */
export async function codeOf ({ name, code }: { name: Command['name'], code?: string }, context: Context): Promise<string> {
  const { prompt, out } = context

  if (code != null) {
    check(code, context)

    return code
  }

  if (!prompt.isInteractive) {
    const piped = await prompt.ask('')

    if (piped == null || piped === '') {
      throw new UsageError(`What code? plus-one ${name} CODE, or the code on stdin, as your inviter handed it to you; or the four words`)
    }

    check(piped, context)

    return piped
  }

  while (true) {
    const typed = await prompt.ask('Code, link, or four words (Tab completes a word): ', { complete: completeLast })

    if (typed == null) {
      throw new UsageError(`No code came; plus-one ${name} CODE`)
    }

    try {
      check(typed, context)

      return typed
    } catch (err) {
      if (!(err instanceof InvalidCodeError)) {
        throw err
      }

      out.line(`${out.style('red', '✗')} ${err.message}`)
    }
  }
}

function check (code: string, { common: { relay, rendezvous } }: Context): void {
  if (looksLikeShortCode(code)) {
    parseShortCode(code)

    if (relay.length + rendezvous.length === 0) {
      throw new UsageError('Four words are looked up at a rendezvous point: give --rendezvous with the address of the relay that your inviter uses, or ask for the full code')
    }
  } else {
    parseInvitation(code)
  }
}

/** What the last word of a line may be. */
export function completeLast (line: string): { word: string, words: string[] } {
  const word = /\p{L}*$/u.exec(line)?.[0] ?? ''

  return { word, words: completeWord(word, MOST) }
}

/** Candidates shown for one word: a screen's worth. */
const MOST = 24
