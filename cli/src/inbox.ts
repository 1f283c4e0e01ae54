/** Direct invitations that come in, put to the person at the terminal. */
import { foreign } from './output.js'
import { previewFields, previewLines } from './preview.js'
import { completeRedemption } from './redeem.js'
import type { Context } from './context.js'
import type { Parties, ReceivedInvitation } from 'plus-one'

/** Shows each, one after the other, and asks for a yes or no where somebody is there to give it; until the signal. */
export async function answerInvitations (parties: Parties, context: Context): Promise<void> {
  const { signal } = context
  const seen = new WeakSet<ReceivedInvitation>()

  while (!signal.aborted) {
    const next = parties.received.getSnapshot().find(received => !seen.has(received))

    if (next == null) {
      await untilReceivedChanges(parties, signal)
    } else {
      seen.add(next)
      await answerInvitation(next, parties, context)
    }
  }
}

/** What fails is told, and ends nothing else. */
async function answerInvitation (received: ReceivedInvitation, parties: Parties, context: Context): Promise<void> {
  const { out, prompt, signal } = context
  const { from } = received
  const gone = new AbortController()
  // taken back, or expired, while the person thinks
  const unsubscribe = parties.received.subscribe(() => {
    if (!parties.received.getSnapshot().includes(received)) {
      gone.abort()
    }
  })

  try {
    const preview = await received.preview({ signal })
    out.event('received', { from, preview: previewFields(preview) })
    out.line('You are invited, you alone:')
    previewLines(preview, Date.now(), out).forEach(line => { out.line(line) })

    if (!prompt.isInteractive) {
      out.line('Answer it with plus-one serve at a terminal.')

      return
    }

    if (!await prompt.decide(`Join ${foreign(preview.party.name)}?`, gone.signal)) {
      unsubscribe()
      const told = await received.decline('', { signal })
      out.event('declined', { from, party: preview.party })
      out.line(`You declined; the inviter ${told ? 'was told' : 'cannot be reached, and is told when it comes again'}.`)

      return
    }

    unsubscribe()
    await completeRedemption(received.accept({ signal }), context)
  } catch (err) {
    if (!signal.aborted) {
      out.status('')
      out.event('received-failed', { from, name: (err as Error).name, message: foreign((err as Error).message) })
      out.line(`${out.style('red', '✗')} ${gone.signal.aborted ? 'The invitation is not there any more' : foreign((err as Error).message)}`)
    }
  } finally {
    unsubscribe()
  }
}

async function untilReceivedChanges (parties: Parties, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const unsubscribe = parties.received.subscribe(resolve)
  signal.addEventListener('abort', () => { resolve() }, { once: true })

  try {
    await promise
  } finally {
    unsubscribe()
  }
}
