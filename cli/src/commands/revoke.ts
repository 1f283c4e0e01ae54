import { setTimeout } from 'node:timers/promises'
import { changeParty } from '../party-change.js'
import { UsageError } from '../exit.js'
import { SHORT_ID } from '../invitation-table.js'
import { foreign, withArticle } from '../output.js'
import { partyFields } from '../members.js'
import { chooseParty } from './parties.js'
import type { Command, PartyChoice } from '../command.js'
import type { Context } from '../context.js'
import type { InvitationItem, Party } from 'plus-one'

/** How long an unknown invitation is waited for, ms. */
const SYNC_PATIENCE = 5_000

/** `plus-one revoke ID`: takes back an invitation, this node's or another admin's. */
export async function revoke (command: Extract<Command, { name: 'revoke' }>, context: Context): Promise<void> {
  const { out, signal } = context

  await changeParty(context, command, async (parties) => {
    const choice = await partiesToSearch(parties, command, context)
    await waitForInvitation(command.id, choice, signal)
    const { party, item } = findInvitation(command.id, choice)
    const { id, status, role } = item

    if (status !== 'pending') {
      throw new UsageError(`The invitation ${id.slice(0, SHORT_ID)} is ${status} already: there is nothing to take back`)
    }

    await party.revoke(id, { signal })
    out.event('revoked', { id, party: partyFields(party) })
    out.line(`${out.style('green', '✓')} The invitation ${id.slice(0, SHORT_ID)} of ${withArticle(role)} into ${out.style('bold', foreign(party.name))} is revoked: its code works no more.`)

    return { party }
  })
}

/** An id tells its party by itself; a choice narrows the search. */
async function partiesToSearch (parties: Party[], choice: PartyChoice, context: Context): Promise<Party[]> {
  return choice.party == null && choice.partyName == null ? parties : [await chooseParty(parties, choice, context)]
}

/** Another admin's may only come in now, from the members that were met. */
async function waitForInvitation (start: string, parties: readonly Party[], signal: AbortSignal): Promise<void> {
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(SYNC_PATIENCE)])

  while (!deadline.aborted && !parties.flatMap(allOf).some(({ id }) => id.startsWith(start))) {
    await setTimeout(50, undefined, { signal: deadline }).catch(() => {})
  }

  signal.throwIfAborted()
}

/**
 * The one invitation whose id begins so.
 *
 * @throws {UsageError} None, or more than one.
 */
export function findInvitation (start: string, parties: readonly Party[]): { party: Party, item: InvitationItem } {
  const fitting = parties.flatMap(party => allOf(party).filter(({ id }) => id.startsWith(start)).map(item => ({ party, item })))
  const [first] = fitting

  if (first == null) {
    throw new UsageError('No invitation here has an id that begins so; plus-one list --status all shows them')
  }

  if (fitting.length > 1) {
    throw new UsageError(`${fitting.length} invitations have an id that begins so: ${fitting.slice(0, 5).map(({ item }) => item.id.slice(0, start.length + 4)).join(', ')}${fitting.length > 5 ? ', …' : ''}; type more of it`)
  }

  return first
}

function allOf (party: Party): InvitationItem[] {
  const items: InvitationItem[] = []
  let cursor: string | undefined

  do {
    const page = party.invitations.list({ status: 'all', limit: 1_000, cursor })
    items.push(...page.items)
    cursor = page.nextCursor
  } while (cursor != null)

  return items
}
