import { codeOf } from '../code.js'
import { look } from '../look.js'
import { startNode } from '../node.js'
import { reserve } from '../relays.js'
import type { Command } from '../arguments.js'
import type { Context } from '../context.js'

/** `plus-one lookup CODE`: who invites, into what, until when; changes nothing. */
export async function lookup (command: Extract<Command, { name: 'lookup' }>, context: Context): Promise<void> {
  const { out, signal, common } = context
  const code = await codeOf(command, context)
  const { node, stop } = await startNode({ ...common, listen: common.listen ?? [] })

  try {
    await reserve(node, common.relay, out, signal)
    await look(node, code, context)
  } finally {
    await stop()
  }
}
