import { CancelledError, UsageError } from '../exit.js'
import { follow, linger, showInvitation } from '../follow.js'
import { startNode } from '../node.js'
import { foreign } from '../output.js'
import { partyFields, showMembers } from '../people.js'
import { reserve } from '../relays.js'
import { chooseParty } from './parties.js'
import type { Command } from '../arguments.js'
import type { Context } from '../context.js'
import type { PlusOneNode } from '../node.js'
import type { Output } from '../output.js'
import type { Invitation, Party } from '../../parties/interface.js'

type InviteCommand = Extract<Command, { name: 'invite' }>

/** A party on first use. */
const DEFAULT_NAME = 'My party'

export async function invite (command: InviteCommand, context: Context): Promise<void> {
  const { out, signal, common } = context
  const { node, stop } = await startNode(common)

  try {
    await reserve(node, common.relay, out, signal)
    const party = await partyFor(command, node, context)
    const invitation = await party.invite({ role: command.role, expiration: command.expiration, uses: command.uses, signal })
    showInvitation(invitation, out)
    out.detail(`Reachable at ${node.getMultiaddrs().join(', ')}`)

    try {
      const joined = await follow(invitation, out, { signal, countdown: true })
      out.event('done', { id: invitation.id })
      out.line()
      showMembers(party, out)
      await linger(node, joined.map(({ peerId }) => peerId), signal)
    } catch (err) {
      if (err instanceof CancelledError && invitation.status === 'pending') {
        await leave(invitation, err, out)
      }

      throw err
    }
  } finally {
    await stop()
  }
}

/** Ctrl-C takes the invitation back; the end of the session or of the machine does not. */
async function leave (invitation: Invitation, { signal }: CancelledError, out: Output): Promise<void> {
  if (signal === 'SIGINT') {
    await invitation.cancel()
    out.line('The invitation is taken back: its code works no more.')
  } else {
    out.line('The invitation stays open; plus-one serve takes it up.')
  }
}

/** The party that is meant; made where it is not there yet. */
async function partyFor ({ party: key, partyName, kind }: InviteCommand, node: PlusOneNode, context: Context): Promise<Party> {
  const { out, prompt, signal } = context
  const all = await node.services.parties.list({ signal })

  if (key != null && partyName != null) {
    throw new UsageError('Choose the party by --party or by --name, not both')
  }

  const named = partyName == null ? all : all.filter(({ name }) => name === partyName)

  if (key != null || named.length > 0) {
    const party = await chooseParty(named, key, context)

    if (kind != null && kind !== party.kind) {
      throw new UsageError(`${foreign(party.name)} is a ${party.kind}, not a ${kind}; give another --name to make a new party`)
    }

    return party
  }

  const asked = partyName ?? (prompt.isInteractive ? await prompt.ask(`What shall your party be called? [${DEFAULT_NAME}] `) : undefined)
  const name = asked == null || asked === '' ? DEFAULT_NAME : asked
  const party = await node.services.parties.create({ name, kind }, { signal })
  out.event('party', { party: partyFields(party), created: true })
  out.line(`${out.style('green', '✓')} Made the party ${out.style('bold', foreign(party.name))} (${party.kind}); you are its owner.`)

  return party
}
