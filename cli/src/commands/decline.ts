import { codeOf } from '../code.js'
import { startNode } from '../node.js'
import { reserve } from '../relays.js'
import type { Command } from '../command.js'
import type { Context } from '../context.js'

/** `plus-one decline CODE`: says no, and the inviter is told. */
export async function decline (command: Extract<Command, { name: 'decline' }>, context: Context): Promise<void> {
  const { out, signal, common } = context
  const { reason } = command
  const code = await codeOf(command, context)
  const { node, stop } = await startNode({ ...common, listen: common.listen ?? [], meet: false })

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
