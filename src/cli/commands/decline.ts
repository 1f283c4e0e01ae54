import { parseInvitation } from '../../codec/index.js'
import { startNode } from '../node.js'
import { reserve } from '../relays.js'
import type { Command } from '../arguments.js'
import type { Context } from '../context.js'

/** `plus-one decline CODE`: says no, and the inviter is told. */
export async function decline ({ code, reason }: Extract<Command, { name: 'decline' }>, { out, signal, common }: Context): Promise<void> {
  // before any node starts: a mistyped code is the commonest fault
  parseInvitation(code)
  const { node, stop } = await startNode({ ...common, listen: common.listen ?? [] })

  try {
    await reserve(node, common.relay, out, signal)
    out.status('Looking for the inviter …')
    await node.services.parties.decline(code, reason, { signal })
    out.status('')
    out.event('declined', { reason })
    out.line(`${out.style('green', '✓')} You declined; the inviter was told.`)
  } finally {
    out.status('')
    await stop()
  }
}
