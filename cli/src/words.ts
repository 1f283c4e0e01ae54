/** Recovery words from the person at the terminal, or from what a script gives: never an argument, which others on this machine can read. */
import type { Context } from './context.js'

/** For scripts. */
const WORDS_VARIABLE = 'PLUS_ONE_WORDS'

/** @returns undefined: none came */
export async function askForWords (question: string, { prompt, env, out }: Context): Promise<string | undefined> {
  const given = env[WORDS_VARIABLE]
  const words = given == null || given === '' ? await prompt.ask(out.style('bold', question)) : given

  return words == null || words.trim() === '' ? undefined : words
}
