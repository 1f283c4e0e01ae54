import { changeParty, confirmChange } from '../party-change.js'
import { foreign } from '../output.js'
import { partyFields } from '../members.js'
import { chooseParty } from './parties.js'
import type { Command } from '../command.js'
import type { Context } from '../context.js'

/** `plus-one leave` */
export async function leave (command: Extract<Command, { name: 'leave' }>, context: Context): Promise<void> {
  const { out, signal } = context

  await changeParty(context, command, async (parties) => {
    const party = await chooseParty(parties, command, context)
    const name = foreign(party.name)
    await confirmChange(`Leave ${name}, with all your devices?`, command.yes, context)
    await party.leave({ insist: command.insist, signal })
    out.event('left', { party: partyFields(party) })
    out.line(`${out.style('green', '✓')} You are no member of ${out.style('bold', name)} any more. Its log is still here: plus-one forget takes it away.`)

    return { party }
  })
}
