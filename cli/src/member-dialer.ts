/** Connections to the members that this node has met before: logs and direct invitations travel on them. */
import { setTimeout } from 'node:timers/promises'
import { membersOf } from './members.js'
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
export async function dialMembers (node: PlusOneNode, parties: Party[], signal: AbortSignal): Promise<number> {
  const others = membersOf(parties).filter(({ self }) => !self)
  const findable = (await Promise.all(others.map(async ({ peerId }) => await hasAddresses(node, peerId) ? [peerId] : []))).flat()
  const chosen = findable.map(peer => ({ peer, lot: Math.random() })).sort((a, b) => a.lot - b.lot).slice(0, MAX_DIALS)
  const connected = await Promise.all(chosen.map(async ({ peer }) => connectTo(node, peer, signal)))
  signal.throwIfAborted()

  return connected.filter(Boolean).length
}

async function hasAddresses (node: PlusOneNode, peer: PeerId): Promise<boolean> {
  return await node.peerStore.has(peer) && (await node.peerStore.get(peer)).addresses.length > 0
}

/** Dials a peer again and again until it is connected. @throws the signal's reason. */
export async function dialUntilConnected (node: PlusOneNode, peer: PeerId, signal: AbortSignal): Promise<void> {
  while (!await connectTo(node, peer, signal)) {
    await setTimeout(INTERVAL, undefined, { signal })
  }
}

/** Stays connected to members until the signal. @throws its reason. */
export async function keepMembersConnected (node: PlusOneNode, signal: AbortSignal): Promise<void> {
  while (true) {
    await dialMembers(node, await node.services.parties.list({ signal }), signal)
    await setTimeout(INTERVAL, undefined, { signal })
  }
}

async function connectTo (node: PlusOneNode, peer: PeerId, signal: AbortSignal): Promise<boolean> {
  try {
    return node.getConnections(peer).length > 0 || (await node.dial(peer, { signal: AbortSignal.any([signal, AbortSignal.timeout(DIAL_TIMEOUT)]) })).status === 'open'
  } catch {
    // away, or its address is not known
    return false
  }
}
