/** What revoke, remove and role share: a change of a party's log, and its way to the other members. */
import { setTimeout } from 'node:timers/promises'
import { UsageError } from './exit.js'
import { startNode } from './node.js'
import { count, shortPeer } from './output.js'
import { reserve } from './relays.js'
import type { Context } from './context.js'
import type { Party, VoidedOp } from 'plus-one'

/** How long members that are connected have to take the change, ms: a few hundred bytes, on a machine that may be busy. */
const HANDOVER = 2_000

/** How long is looked for other members, ms: one of them is enough. */
const LOOKING = 5_000

/** Members that are dialled beside those whom the node dials by itself, at most: one of them has the others' news. */
const MAX_DIALS = 16

/**
 * Opens the data directory, waits for a member who can be reached, makes a change and
 * hands it over.
 *
 * @param change - Resolves with what it voided
 */
export async function changeParty (context: Context, change: (parties: Party[]) => Promise<VoidedOp[]>): Promise<void> {
  const { out, signal, common } = context
  const { node, stop } = await startNode({ ...common, listen: common.listen ?? [] })

  try {
    await reserve(node, common.relay, out, signal)
    const parties = await node.services.parties.list({ signal })
    out.status('Looking for other members …')
    const connected = await onlineMembers(parties, signal)
    out.status('')
    const voided = await change(parties)

    if (voided.length > 0) {
      out.event('voided', { ops: voided })
      voided.forEach(({ kind, author, member }) => { out.line(`  without effect now: ${kind}${member == null ? '' : ` of ${shortPeer(member)}`} by ${shortPeer(author)}`) })
    }

    if (connected > 0) {
      await setTimeout(HANDOVER, undefined, { signal })
    }

    out.event('told', { members: connected })
    out.line(out.style('dim', connected > 0 ? `Told ${count(connected, 'member')}; the others hear of it from them.` : 'No other member can be reached now; they hear of it when you are online together (plus-one serve).'))
  } finally {
    out.status('')
    await stop()
  }
}

/** Waits, a little, until the node has found another member. @returns How many are connected */
async function onlineMembers (parties: Party[], signal: AbortSignal): Promise<number> {
  const enough = new AbortController()
  const options = { signal: AbortSignal.any([signal, enough.signal, AbortSignal.timeout(LOOKING)]) }
  const others = parties.flatMap(party => party.members.filter(({ self }) => !self).map(({ peerId }) => ({ party, peerId, lot: Math.random() })))
  const found = others.sort((a, b) => a.lot - b.lot).slice(0, MAX_DIALS).map(async ({ party, peerId }) => party.connected(peerId, options))

  await Promise.any(found).catch(() => { /* nobody was there in time */ })
  enough.abort()
  await Promise.allSettled(found)
  signal.throwIfAborted()

  return new Set(parties.flatMap(({ online }) => online.map(({ peerId }) => peerId.toString()))).size
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
