/** Connections to the members that this node has met before: logs and direct invitations travel on them. */
import { setTimeout } from 'node:timers/promises'
import { peopleOf } from './people.js'
import type { PlusOneNode } from './node.js'
import type { PeerId } from '@libp2p/interface'
import type { Party } from 'plus-one'

/** How long one dial may take, ms. */
const DIAL_TIMEOUT = 5_000

/** The wait before who was away is dialled again, ms. */
const INTERVAL = 10_000

/** Members that are dialled side by side, at most: one of them has the others' news. */
const MAX_DIALS = 16

/**
 * Dials members whose addresses are known, some at random if they are many.
 *
 * @returns How many are connected
 */
export async function meet (node: PlusOneNode, parties: Party[], signal: AbortSignal): Promise<number> {
  const others = peopleOf(parties).filter(({ self }) => !self)
  const findable = (await Promise.all(others.map(async ({ peerId }) => await isFindable(node, peerId) ? [peerId] : []))).flat()
  const chosen = findable.map(peer => ({ peer, lot: Math.random() })).sort((a, b) => a.lot - b.lot).slice(0, MAX_DIALS)
  const met = await Promise.all(chosen.map(async ({ peer }) => reach(node, peer, signal)))
  signal.throwIfAborted()

  return met.filter(Boolean).length
}

async function isFindable (node: PlusOneNode, peer: PeerId): Promise<boolean> {
  return await node.peerStore.has(peer) && (await node.peerStore.get(peer)).addresses.length > 0
}

/** Dials a peer again and again until it is connected. @throws the signal's reason. */
export async function seek (node: PlusOneNode, peer: PeerId, signal: AbortSignal): Promise<void> {
  while (!await reach(node, peer, signal)) {
    await setTimeout(INTERVAL, undefined, { signal })
  }
}

/** Stays connected to members until the signal. @throws its reason. */
export async function keepMeeting (node: PlusOneNode, signal: AbortSignal): Promise<void> {
  while (true) {
    await meet(node, await node.services.parties.list({ signal }), signal)
    await setTimeout(INTERVAL, undefined, { signal })
  }
}

async function reach (node: PlusOneNode, peer: PeerId, signal: AbortSignal): Promise<boolean> {
  try {
    return node.getConnections(peer).length > 0 || (await node.dial(peer, { signal: AbortSignal.any([signal, AbortSignal.timeout(DIAL_TIMEOUT)]) })).status === 'open'
  } catch {
    // away, or its address is not known
    return false
  }
}
