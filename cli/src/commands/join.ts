import { InvitationDeclinedError, InvitationUsedError } from 'plus-one'
import { codeOf } from '../code.js'
import { UsageError } from '../exit.js'
import { startNode } from '../node.js'
import { look } from '../look.js'
import { tellProgress } from '../progress.js'
import { begun, seeThrough } from '../redeem.js'
import { reserve } from '../relays.js'
import type { Command } from '../arguments.js'
import type { Context } from '../context.js'
import type { InvitationLookup } from 'plus-one'

export async function join (command: Extract<Command, { name: 'join' }>, context: Context): Promise<void> {
  const { out, prompt, signal, common } = context
  const { yes } = command
  const code = await codeOf(command, context)

  if (!yes && !prompt.isInteractive) {
    throw new UsageError('Nobody is there to confirm; give --yes to join without being asked')
  }

  const { node, stop } = await startNode({ ...common, listen: common.listen ?? [] })

  try {
    await reserve(node, common.relay, out, signal)
    const preview = await lookUnlessUsed(node, code, context)
    const agreed = preview == null || yes || await prompt.confirm('Join?')
    const redemption = node.services.parties.redeem(preview?.code ?? code, { signal, onProgress: tellProgress(out) })

    if (!agreed) {
      await begun(redemption, signal)
      await redemption.decline('', { signal })
      throw new InvitationDeclinedError('You declined; the inviter was told')
    }

    await seeThrough(redemption, context)
  } finally {
    out.status('')
    await stop()
  }
}

/** undefined: it is used, which may have been by this node, whose admission was lost on its way. */
async function lookUnlessUsed (...args: Parameters<typeof look>): Promise<InvitationLookup | undefined> {
  try {
    return await look(...args)
  } catch (err) {
    if (err instanceof InvitationUsedError) {
      return undefined
    }

    throw err
  }
}
