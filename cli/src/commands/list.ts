import { itemFields, itemLines } from '../invitation-table.js'
import { partyTitle, membersOf } from '../members.js'
import { chooseParty, offline } from './parties.js'
import type { Command } from '../command.js'
import type { Context } from '../context.js'

/** `plus-one list`: the invitations of a party, whoever of its admins made them. */
export async function listInvitations (command: Extract<Command, { name: 'list' }>, context: Context): Promise<void> {
  const { out } = context
  const { status, limit, cursor } = command

  await offline(context, async (node) => {
    const parties = await node.services.parties.list()
    const party = await chooseParty(parties, command, context)
    const { items, nextCursor } = party.invitations.list({ status, limit, cursor })

    items.forEach(item => { out.event('item', itemFields(item)) })
    out.event('page', { items: items.length, nextCursor })
    out.line(partyTitle(party, out))

    if (items.length === 0) {
      out.line(`  ${status === 'all' ? 'No invitation' : `No ${status} invitation; --status all shows the others`}`)
    } else {
      itemLines(items, membersOf(parties), Date.now(), out).forEach(line => { out.line(`  ${line}`) })
    }

    if (nextCursor != null) {
      out.line(`  ${out.style('dim', `more: --cursor ${nextCursor}`)}`)
    }
  })
}
