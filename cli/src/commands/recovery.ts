/** `plus-one recovery`: the recovery words, written down and asked back; and a backup to recover from. */
import { writeFile } from 'node:fs/promises'
import { WrongWordsError } from 'plus-one'
import { erase } from '../data.js'
import { UsageError } from '../exit.js'
import { offline } from './parties.js'
import type { Command } from '../command.js'
import type { Context } from '../context.js'
import type { Recovery } from 'plus-one'

/** `plus-one recovery` */
export async function recovery (context: Context): Promise<void> {
  const { out, prompt, signal } = context

  await offline(context, async ({ services: { parties } }, store) => {
    await parties.list({ signal })
    const { recovery: own } = parties.person

    if (own.isConfirmed) {
      out.event('recovery', { confirmed: true })
      out.line('Your recovery words are written down, and on none of your devices.')

      return
    }

    const words = await own.words({ signal })
    const { asked } = own
    out.event('recovery', { confirmed: false, words, asked })
    out.line('Write these down on paper, in this order. Who has them can take your place in all of your parties:')
    out.line()
    rowsOf(words).forEach(line => { out.line(line) })
    out.line()

    if (!prompt.isInteractive) {
      out.line('plus-one recovery at a terminal asks two of them back, and then wipes them from this device.')
    } else if (asked == null || !await prompt.confirm('Are they written down?')) {
      out.line('They stay on this device until then.')
    } else {
      await askBack(own, asked, context)
      await erase(store)
      out.line(`${out.style('green', '✓')} They are wiped from this device. Keep the paper where nobody finds it but you.`)
    }
  })
}

/** `plus-one recovery --confirm WORD WORD`, or by what is typed. @throws {UsageError} No answer came. */
async function askBack (own: Recovery, asked: readonly [number, number], { out, prompt, signal }: Context): Promise<void> {
  for (;;) {
    const typed = [await prompt.ask(`Word ${asked[0]}: `), await prompt.ask(`Word ${asked[1]}: `)]
    const [one, other] = typed

    if (one == null || other == null) {
      throw new UsageError('No words came; they stay on this device')
    }

    try {
      await own.confirm([one, other], { signal })
      out.event('recovery', { confirmed: true })

      return
    } catch (err) {
      if (!(err instanceof WrongWordsError)) {
        throw err
      }

      out.line(`${out.style('red', '✗')} ${err.message}`)
    }
  }
}

/** Three rows of four, each with its place. */
function rowsOf (words: readonly string[]): string[] {
  const cells = words.map((word, i) => `${String(i + 1).padStart(2)} ${word.padEnd(10)}`)

  return [0, 4, 8].map(at => `  ${cells.slice(at, at + 4).join(' ').trimEnd()}`)
}

/** `plus-one backup FILE` */
export async function backup ({ file }: Extract<Command, { name: 'backup' }>, context: Context): Promise<void> {
  const { out, signal } = context

  await offline(context, async ({ services: { parties } }) => {
    await parties.list({ signal })
    const bytes = await parties.person.backup({ signal })

    try {
      await writeFile(file, bytes, { flag: 'wx', mode: 0o600 })
    } catch (err) {
      throw new UsageError(`The backup cannot be written to ${file}: ${(err as Error).message}`)
    }

    out.event('backup', { file, bytes: bytes.length })
    out.line(`${out.style('green', '✓')} ${file} says which parties you are in and where their members were last. It opens with your recovery words alone.`)
  })
}
