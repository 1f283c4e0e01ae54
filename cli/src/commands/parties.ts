import { startNode } from '../node.js'
import { UsageError } from '../exit.js'
import { foreign } from '../output.js'
import { partyFields, partyTitle, showMembers } from '../members.js'
import type { PartyChoice } from '../command.js'
import type { LevelDatastore } from 'datastore-level'
import type { Context } from '../context.js'
import type { PlusOneNode } from '../node.js'
import type { Party } from 'plus-one'

/** `plus-one parties` */
export async function listParties (context: Context): Promise<void> {
  const { out } = context

  await offline(context, async (node) => {
    const all = await node.services.parties.list()

    if (all.length === 0) {
      out.line('No party yet: make one with plus-one invite, or join one with plus-one join CODE.')
    }

    for (const party of all) {
      out.event('party', { party: partyFields(party), role: party.role, members: party.members.length, pending: party.invitations.getSnapshot().filter(({ status }) => status === 'pending').length })
      out.line(partyTitle(party, out))
      out.line(`  ${out.style('dim', 'key')} ${out.verbose ? party.key : party.key.slice(0, 8)}`)
    }
  })
}

/** `plus-one members` */
export async function listMembers (choice: PartyChoice, context: Context): Promise<void> {
  await offline(context, async (node) => {
    showMembers(await chooseParty(await node.services.parties.list(), choice, context), context.out)
  })
}

/** A node that nobody can reach, to read what is stored. */
export async function offline ({ common }: Context, use: (node: PlusOneNode, store: LevelDatastore) => Promise<void>): Promise<void> {
  const { node, store, stop } = await startNode({ data: common.data, listen: [], meet: false })

  try {
    await use(node, store)
  } finally {
    await stop()
  }
}

/**
 * The one party, the one of this name or whose key begins so, or the one that the
 * person at the terminal chooses.
 *
 * @throws {UsageError} None, or more than one and nobody to ask.
 */
export async function chooseParty (all: Party[], { party: key, partyName }: PartyChoice, { out, prompt }: Context): Promise<Party> {
  const fitting = all.filter(party => (key == null || party.key.startsWith(key.toLowerCase())) && (partyName == null || party.name === partyName))
  const [first] = fitting

  if (first == null) {
    throw new UsageError(all.length === 0 ? 'There is no party yet: make one with plus-one invite, or join one with plus-one join CODE' : 'No party here is called so, or has that key; see plus-one parties')
  }

  if (fitting.length === 1) {
    return first
  }

  if (!prompt.isInteractive) {
    throw new UsageError(`Which party? Choose with --party and the beginning of its key: ${fitting.map(party => `${party.key.slice(0, 8)} (${foreign(party.name)})`).join(', ')}`)
  }

  return prompt.choose('Which party?', fitting.map(party => ({ value: party, label: `${partyTitle(party, out)}  ${out.style('dim', party.key.slice(0, 8))}` })))
}
