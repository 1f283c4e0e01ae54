import { findNamed, findPeer, membersOf, nameOf } from '../members.js'
import { offline } from './parties.js'
import type { Command } from '../command.js'
import type { Context } from '../context.js'
import type { Member } from 'plus-one'

/** `plus-one block PEER`: wants nothing more of a peer. `plus-one block`: shows of whom. */
export async function block ({ peer: text }: Extract<Command, { name: 'block' }>, context: Context): Promise<void> {
  const { out, signal } = context

  await offline(context, async ({ services: { parties } }) => {
    const all = await parties.list({ signal })

    if (text == null) {
      const blocked = parties.blocked.getSnapshot()
      out.event('blocked', { peers: blocked })
      out.line(blocked.length === 0 ? 'Nobody is blocked.' : blocked.map(peer => `  ${nameOf(findPeer(peer.toString(), all))}`).join('\n'))
    } else {
      const peer = findPeer(text, all)
      await parties.block(peer.peerId, { signal })
      out.event('blocked', { peers: parties.blocked.getSnapshot() })
      out.line(`${out.style('green', '✓')} ${nameOf(peer)} is blocked: no invitation from there comes in, and none is answered. A member stays one: plus-one remove takes it out.`)
    }
  })
}

/** `plus-one unblock PEER` */
export async function unblock ({ peer: text }: Extract<Command, { name: 'unblock' }>, context: Context): Promise<void> {
  const { out, signal } = context

  await offline(context, async ({ services: { parties } }) => {
    const known = membersOf(await parties.list({ signal }))
    const peer = findNamed(text, parties.blocked.getSnapshot().map((blocked): Pick<Member, 'peerId' | 'profile'> => known.find(({ peerId }) => peerId.equals(blocked)) ?? { peerId: blocked, profile: {} }), {
      called: ({ profile }) => profile.displayName ?? '',
      idsOf: ({ peerId }) => [peerId],
      shownAs: nameOf,
      none: wanted => `Nobody who is blocked is called ${wanted}; plus-one block shows who is, with the end of each PeerId`
    })
    await parties.unblock(peer.peerId, { signal })
    out.event('blocked', { peers: parties.blocked.getSnapshot() })
    out.line(`${out.style('green', '✓')} ${nameOf(peer)} is not blocked any more.`)
  })
}
