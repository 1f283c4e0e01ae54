import tab from '@bomb.sh/tab/commander'
import { createProgram } from '../program.js'
import type { Shell } from '../command.js'

// it completes a program of its own, to which it adds what completion needs
const completion = (): ReturnType<typeof tab> => tab(createProgram({ take: () => {}, now: 0, screen: { columns: 80, hasColour: false } }), { completionCommandName: 'completion' })

/** `plus-one completion SHELL`: prints what the shell sources. */
export function printCompletion (shell: Shell): void {
  completion().setup('plus-one', 'plus-one', shell)
}

/** `plus-one complete -- WORDS`: prints what the last word may be, for the shell. */
export function complete (words: string[]): void {
  completion().parse(words)
}
