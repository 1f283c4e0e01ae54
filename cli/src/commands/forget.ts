import { confirmChange } from '../party-change.js'
import { erase, removeKey } from '../data.js'
import { foreign } from '../output.js'
import { partyFields } from '../members.js'
import { chooseParty, offline } from './parties.js'
import type { Command } from '../command.js'
import type { Context } from '../context.js'

/** `plus-one forget` */
export async function forget (command: Extract<Command, { name: 'forget' }>, context: Context): Promise<void> {
  const { out, signal } = context

  await offline(context, async (node, store) => {
    const party = await chooseParty(await node.services.parties.list(), command, context)
    const name = foreign(party.name)
    await confirmChange(`Take ${name} out of this device: its log, its invitations, and who is in it?`, command.yes, context)
    const fields = partyFields(party)
    await party.forget({ insist: command.insist, signal })
    await erase(store)
    out.event('forgotten', { party: fields })
    out.line(`${out.style('green', '✓')} ${out.style('bold', name)} is forgotten here. To be in it again, ask a member for an invitation.`)
  })
}

/** `plus-one reset` */
export async function reset (command: Extract<Command, { name: 'reset' }>, context: Context): Promise<void> {
  const { out, signal, common } = context

  await offline(context, async (node, store) => {
    await confirmChange(`Take everything out of ${common.data}: all parties, your recovery words, and this device's key? Nothing brings it back but words that you wrote down.`, command.yes, context)
    await node.services.parties.reset({ signal })
    await erase(store)
  })
  await removeKey(common.data)
  out.event('reset', {})
  out.line(`${out.style('green', '✓')} Nothing of you is left in ${common.data}. Others still see this device where it did not leave, and was not unlinked.`)
}
