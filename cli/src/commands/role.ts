import { changeParty, confirmChange } from '../party-change.js'
import { foreign, withArticle } from '../output.js'
import { findMember, memberFields, nameOf, partyFields } from '../members.js'
import { chooseParty } from './parties.js'
import type { Command } from '../command.js'
import type { Context } from '../context.js'

/** `plus-one role MEMBER ROLE` */
export async function setRole (command: Extract<Command, { name: 'role' }>, context: Context): Promise<void> {
  const { out, signal } = context
  const { role } = command

  await changeParty(context, command, async (parties) => {
    const party = await chooseParty(parties, command, context)
    const member = findMember(command.member, party.members)
    await confirmChange(`Make ${nameOf(member)}, ${member.role}, ${withArticle(role)} of ${foreign(party.name)}?`, command.yes, context)
    const { voided } = await party.setRole(member, role, { signal })
    out.event('role', { party: partyFields(party), member: memberFields({ ...member, role }), before: member.role })
    out.line(`${out.style('green', '✓')} ${nameOf(member)} is ${withArticle(role)} of ${out.style('bold', foreign(party.name))} now.`)

    return { party, voided }
  })
}
