/** What the stories of the service share. */
import { expect, vi } from 'vitest'
import { createNetwork } from '../../src/testing/index.js'
import type { AttemptFailed, Invitation, InvitationCallbacks, InvitationJoin, Party, RedeemCallbacks, Role } from '../../src/index.js'
import type { LocalParty } from '../../src/parties/party.js'
import type { Network, NodeInit, TestNode } from '../../src/testing/index.js'

export interface Story {
  network: Network
  alice: TestNode
  bob: TestNode
  party: Party
}

/** Alice has a party; Bob has a node. */
export async function story (init: NodeInit = {}): Promise<Story> {
  // whom they are connected with is part of these stories
  const network = createNetwork({ meet: false })
  const [alice, bob] = await Promise.all([network.node(init), network.node({ clock: init.clock })])

  return { network, alice, bob, party: await alice.services.parties.create({ name: 'Book club' }) }
}

export interface Remembered extends InvitationCallbacks, Omit<RedeemCallbacks, 'onDone'> {
  /** Attempts left, at each wrong PIN. */
  failed: number[]
  joins: InvitationJoin[]
  /** What was called, by name. */
  ends: () => string[]
  onDone: (value: unknown) => void
}

/** Callbacks that remember what was called. */
export function callbacks (): Remembered {
  const ends: string[] = []
  const failed: number[] = []
  const joins: InvitationJoin[] = []
  const end = (name: string) => (value?: unknown): void => { ends.push(value instanceof Error ? `${name} ${value.name}` : name) }

  return {
    onDone: end('onDone'),
    onError: end('onError'),
    onExpiration: end('onExpiration'),
    onAttemptFailed: ({ attemptsLeft }: AttemptFailed) => { failed.push(attemptsLeft) },
    onJoin: (join: InvitationJoin) => { joins.push(join) },
    failed,
    joins,
    ends: () => ends
  }
}

/** Somebody joins by an invitation of their own, and waits until they have all that its inviter has. */
export async function join (party: Party, node: TestNode, role?: Role): Promise<LocalParty> {
  const { code, pin } = await party.invite({ role })
  const joined = await node.services.parties.redeem(code).setPin(pin) as LocalParty
  await vi.waitFor(() => { expect(joined.synced).toBeDefined() })

  return joined
}

/** A PIN that is not this one. */
export function wrongPin ({ pin }: Invitation, nth = 1): string {
  return ((Number(pin) + nth) % 1_000_000).toString().padStart(6, '0')
}

/** Members as others see them. */
export function rolesOf (party: Party): Record<string, string> {
  return Object.fromEntries(party.members.map(({ peerId, role }) => [peerId.toString(), role]))
}

/** Connects two nodes and waits until both know it. */
export async function connect (one: TestNode, two: TestNode): Promise<void> {
  await one.dial(two.getMultiaddrs())
}
