import { codeOf } from '../code.js'
import { showPreview } from '../preview.js'
import { startNode } from '../node.js'
import { reserve } from '../relays.js'
import type { Command } from '../command.js'
import type { Context } from '../context.js'

/** `plus-one lookup CODE`: who invites, into what, until when; changes nothing. */
export async function lookup (command: Extract<Command, { name: 'lookup' }>, context: Context): Promise<void> {
  const { out, signal, common } = context
  const code = await codeOf(command, context)
  const { node, stop } = await startNode({ ...common, listen: common.listen ?? [], meet: false })

  try {
    await reserve(node, common.relay, out, signal)
    await showPreview(node, code, context)
  } finally {
    await stop()
  }
}
