/** What revoke, remove and role share: a change of a party's log, and its way to the other members. */
import { UsageError } from './exit.js'
import { dialMembers } from './member-dialer.js'
import { startNode } from './node.js'
import { count, shortPeer } from './output.js'
import { reserve } from './relays.js'
import type { ChangeTerms } from './command.js'
import type { Context } from './context.js'
import type { Party, VoidedOp } from 'plus-one'

/** What a change did, and where. */
export interface Changed {
  party: Party
  voided?: VoidedOp[]
}

/**
 * Opens the data directory, dials the members that can be reached, makes a change and
 * hands it to them.
 *
 * @param timeout - How long those have to acknowledge it, s
 */
export async function changeParty (context: Context, { timeout }: ChangeTerms, change: (parties: Party[]) => Promise<Changed>): Promise<void> {
  const { out, signal, common } = context
  const { node, stop } = await startNode({ ...common, listen: common.listen ?? [] })

  try {
    await reserve(node, common.relay, out, signal)
    const parties = await node.services.parties.list({ signal })
    out.status('Looking for other members …')
    await dialMembers(node, parties, signal)
    out.status('')
    const { party, voided = [] } = await change(parties)

    if (voided.length > 0) {
      out.event('voided', { ops: voided })
      voided.forEach(({ kind, author, member }) => { out.line(`  without effect now: ${kind}${member == null ? '' : ` of ${shortPeer(member)}`} by ${shortPeer(author)}`) })
    }

    out.status('Telling other members …')
    const told = await party.delivered({ timeout: timeout == null ? undefined : timeout * 1_000, signal })
    out.status('')
    out.event('told', { members: told.length, peers: told })
    out.line(out.style('dim', told.length > 0 ? `${count(told.length, 'member')} acknowledged it; the others hear of it from them.` : 'No other member acknowledged it yet; they hear of it when you are online together (plus-one serve).'))
  } finally {
    out.status('')
    await stop()
  }
}

/** At a terminal asks; for a script, `--yes` has answered. @throws {UsageError} Nobody is there, or the answer is no. */
export async function confirmChange (question: string, yes: boolean, { prompt }: Context): Promise<void> {
  if (yes) {
    return
  }

  if (!prompt.isInteractive) {
    throw new UsageError('Nobody is there to confirm; give --yes to do it without being asked')
  }

  if (!await prompt.confirm(question)) {
    throw new UsageError('Nothing was changed')
  }
}
