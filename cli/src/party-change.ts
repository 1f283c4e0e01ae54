/** What revoke, remove and role share: a change of a party's log, and its way to the other members. */
import { raceSignal } from 'race-signal'
import { UsageError } from './exit.js'
import { startNode } from './node.js'
import { count, shortPeer } from './output.js'
import { reserve } from './relays.js'
import type { ChangeTerms } from './command.js'
import type { Context } from './context.js'
import type { PlusOneNode } from './node.js'
import type { PeerId } from '@libp2p/interface'
import type { Party, VoidedOp } from 'plus-one'

/** What a change did, and where. */
export interface Changed {
  party: Party
  voided?: VoidedOp[]
}

/** How long is looked for other members, ms: one of them is enough. */
const LOOKING = 5_000

/** How long the node dials them by itself before it is asked whether anybody is left to dial, ms: what it knows of them is read by then. */
const HEAD_START = 500

/** Members that are dialled beside those whom the node dials by itself, at most: one of them has the others' news. */
const MAX_DIALS = 16

/**
 * Opens the data directory, waits for a member who can be reached, makes a change and
 * hands it over.
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
    await onlineMembers(parties, { node, rendezvous: common.rendezvous, signal })
    out.status('')
    const { party, voided = [] } = await change(parties)

    if (voided.length > 0) {
      out.event('voided', { ops: voided })
      voided.forEach(({ kind, author, member }) => { out.line(`  without effect now: ${kind}${member == null ? '' : ` of ${shortPeer(member)}`} by ${shortPeer(author)}`) })
    }

    await tellMembers([party], context, timeout)
  } finally {
    out.status('')
    await stop()
  }
}

/**
 * Hands over what was changed, and says who has it.
 *
 * @param timeout - How long those have to acknowledge it, s
 */
export async function tellMembers (parties: readonly Party[], { out, signal }: Context, timeout?: number): Promise<void> {
  out.status('Telling other members …')
  const peers = (await Promise.all(parties.map(async party => party.delivered({ timeout: timeout == null ? undefined : timeout * 1_000, signal })))).flat()
  const told = [...new Map(peers.map(peer => [peer.toString(), peer])).values()]
  out.status('')
  out.event('told', { members: told.length, peers: told })
  out.line(out.style('dim', told.length > 0 ? `${count(told.length, 'member')} acknowledged it; the others hear of it from them.` : 'No other member acknowledged it yet; they hear of it when you are online together (plus-one serve).'))
}

export interface LookingInit {
  node: Pick<PlusOneNode, 'dial' | 'getMultiaddrs'>
  /** Points that may tell where members are by now. */
  rendezvous: readonly string[]
  signal: AbortSignal
}

/** Waits, a little, until the node has found another member; no longer than somebody is left to dial, where nobody can dial this node or tell of others. */
export async function onlineMembers (parties: Party[], { node, rendezvous, signal }: LookingInit): Promise<void> {
  const enough = new AbortController()
  const timer = setTimeout(() => { enough.abort() }, LOOKING)
  const options = { signal: AbortSignal.any([signal, enough.signal]) }
  const others = parties.flatMap(party => party.members.filter(({ self }) => !self).map(({ peerId }) => ({ party, peerId, lot: Math.random() })))
  const isAlone = node.getMultiaddrs().length === 0 && rendezvous.length === 0
  const found = others.sort((a, b) => a.lot - b.lot).slice(0, MAX_DIALS).map(async ({ party, peerId }) => Promise.race([
    party.connected(peerId, options),
    ...isAlone ? [dialled(node, peerId, options)] : []
  ]))

  await Promise.any(found).catch(() => { /* nobody was there in time */ })
  clearTimeout(timer)
  enough.abort()
  await Promise.allSettled(found)
  signal.throwIfAborted()
}

/** @throws Nobody answers wherever this member is known to be. */
async function dialled (node: LookingInit['node'], peerId: PeerId, options: { signal: AbortSignal }): Promise<void> {
  await new Promise(resolve => { setTimeout(resolve, HEAD_START) })
  await raceSignal(node.dial(peerId, options), options.signal)
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
