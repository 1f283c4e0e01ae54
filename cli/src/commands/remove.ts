import { changeParty, confirmChange } from '../party-change.js'
import { foreign } from '../output.js'
import { findMember, memberFields, nameOf, partyFields } from '../members.js'
import { chooseParty } from './parties.js'
import type { Command } from '../command.js'
import type { Context } from '../context.js'

/** `plus-one remove MEMBER` */
export async function remove (command: Extract<Command, { name: 'remove' }>, context: Context): Promise<void> {
  const { out, signal } = context

  await changeParty(context, command, async (parties) => {
    const party = await chooseParty(parties, command, context)
    const member = findMember(command.member, party.members)
    await confirmChange(`Remove ${nameOf(member)}, ${member.role}, from ${foreign(party.name)}?`, command.yes, context)
    const { voided } = await party.remove(member, { signal })
    out.event('removed', { party: partyFields(party), member: memberFields(member) })
    out.line(`${out.style('green', '✓')} ${nameOf(member)} is no member of ${out.style('bold', foreign(party.name))} any more.`)

    return { party, voided }
  })
}
