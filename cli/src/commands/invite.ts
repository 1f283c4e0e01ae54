import { setTimeout } from 'node:timers/promises'
import { UsageError } from '../exit.js'
import { watchInvitation, waitForHangUp, publishAndShow } from '../invitation-progress.js'
import { startNode } from '../node.js'
import { foreign } from '../output.js'
import { findPeer, nameOf, partyFields, showMembers } from '../members.js'
import { assertFindable, reserve } from '../relays.js'
import { chooseParty } from './parties.js'
import type { PeerId } from '@libp2p/interface'
import type { Command } from '../command.js'
import type { Context } from '../context.js'
import type { PlusOneNode } from '../node.js'
import type { Party } from 'plus-one'

type InviteCommand = Extract<Command, { name: 'invite' }>

/** The wait before who is no member anywhere is dialled again, ms. */
const AGAIN = 10_000

/** A party on first use. */
const DEFAULT_NAME = 'My party'

export async function invite (command: InviteCommand, context: Context): Promise<void> {
  const { out, signal, common } = context

  assertFindable(command, common)
  const { node, stop } = await startNode(common)

  try {
    await reserve(node, common.relay, out, signal)
    const target = command.to == null ? undefined : findPeer(command.to, await node.services.parties.list({ signal }))
    const party = await findOrCreateParty(command, node, context)
    const { role, expiration, uses, attempts, pin, approval, data, label } = command
    const invitation = await party.invite({ role, expiration, uses, attempts, pin, approval, data, label, to: target?.peerId, signal })
    const options = { alone: true, short: command.short, linkBase: command.link, target: target == null ? undefined : nameOf(target) }
    await publishAndShow(invitation, context, options)
    out.detail(`Reachable at ${node.getMultiaddrs().join(', ')}`)

    if (target != null) {
      reach(node, target.peerId, signal).catch(() => { /* the signal */ })
    }

    const joined = await watchInvitation(invitation, context, options)
    out.event('done', { id: invitation.id })
    out.line()
    showMembers(party, out)
    await waitForHangUp(node, joined.map(({ peerId }) => peerId), signal)
  } finally {
    await stop()
  }
}

/** Dials who is to be handed the invitation: a member of another party, or one whom only libp2p knows. */
async function reach (node: PlusOneNode, peer: PeerId, signal: AbortSignal): Promise<void> {
  const parties = await node.services.parties.list({ signal })
  const known = parties.find(party => party.roleOf(peer) != null)

  if (known != null) {
    await known.connected(peer, { signal })
  }

  while (node.getConnections(peer).length === 0) {
    try {
      await node.dial(peer, { signal })
    } catch {
      await setTimeout(AGAIN, undefined, { signal })
    }
  }
}

/** The party that is meant; made where it is not there yet. */
async function findOrCreateParty ({ party: key, partyName, kind, app }: InviteCommand, node: PlusOneNode, context: Context): Promise<Party> {
  const { out, prompt, signal } = context
  const all = await node.services.parties.list({ signal })

  const named = partyName == null ? all : all.filter(({ name }) => name === partyName)

  if (key != null || named.length > 0) {
    const party = await chooseParty(named, { party: key }, context)

    if (kind != null && kind !== party.kind) {
      throw new UsageError(`${foreign(party.name)} is a ${party.kind}, not a ${kind}; give another --name to make a new party`)
    }

    if (app != null) {
      throw new UsageError(`${foreign(party.name)} is there already, and --app is of a new party; give another --name to make one`)
    }

    return party
  }

  const asked = partyName ?? (prompt.isInteractive ? await prompt.ask(`What shall your party be called? [${DEFAULT_NAME}] `) : undefined)
  const name = asked == null || asked === '' ? DEFAULT_NAME : asked
  const party = await node.services.parties.create({ name, kind, app }, { signal })
  out.event('party', { party: partyFields(party), created: true })
  out.line(`${out.style('green', '✓')} Made the party ${out.style('bold', foreign(party.name))} (${party.kind}); you are its owner.`)

  return party
}
