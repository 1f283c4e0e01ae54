/** The inviter's yes or no to who has shown the PIN. */
import { nameOf } from './members.js'
import type { Context } from './context.js'
import type { Candidate, Invitation } from 'plus-one'

/** A script's answer names whom it means: another may wait by the time it is read. */
const ANSWER = /^(?<word>y|yes|n|no)\s+(?<comparison>\S+)$/i

/**
 * Asks the person at the terminal, or a script for a line `yes KXQ-27M` or
 * `no KXQ-27M`. Where nobody can answer, the candidate is refused.
 *
 * @returns undefined: the question is moot
 */
export async function approve (invitation: Invitation, candidate: Candidate, { out, prompt, signal }: Context, moot: AbortSignal): Promise<boolean | undefined> {
  const { peerId, profile, comparison } = candidate
  const name = nameOf(candidate)
  const { id } = invitation

  out.event('candidate', { id, peerId, displayName: profile.displayName, comparison })
  out.line(`${out.style('bold', name)} has shown the PIN and asks to come in.`)
  out.line(`Both screens show ${out.style(['bold', 'inverse'], ` ${comparison} `)}: compare, best by voice; if they differ, say no.`)

  try {
    const approved = prompt.isInteractive ? await prompt.decide(`Admit ${name}?`, moot) : await answerTo(candidate)
    out.event('approval', { id, peerId, approved })
    out.line(approved ? `${out.style('green', '✓')} You said yes.` : `${out.style('red', '✗')} You said no; they are told, and the invitation stays open.`)

    return approved
  } catch (err) {
    if (moot.aborted && !signal.aborted) {
      out.event('candidate-gone', { id, peerId })
      out.line(`${name} waits no more.`)
    }

    return undefined
  }

  async function answerTo ({ comparison }: Candidate): Promise<boolean> {
    while (true) {
      const line = await prompt.ask('', { moot })

      if (line == null) {
        out.error(`Nobody is there to say yes, so ${name} is refused; use a terminal, or answer on stdin with "yes ${comparison}"`)

        return false
      }

      const { word, comparison: meant } = ANSWER.exec(line)?.groups ?? {}

      if (meant?.toUpperCase() === comparison) {
        return word?.toLowerCase().startsWith('y') === true
      }

      out.error(`Answer "yes ${comparison}" or "no ${comparison}"`)
    }
  }
}
