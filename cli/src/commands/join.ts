import { InvitationDeclinedError, InvitationUsedError } from 'plus-one'
import { codeOf } from '../code.js'
import { UsageError } from '../exit.js'
import { startNode } from '../node.js'
import { showPreview } from '../preview.js'
import { progressReporter } from '../progress.js'
import { untilPinRequired, completeRedemption } from '../redeem.js'
import { untilLinked } from '../devices.js'
import { reserve } from '../relays.js'
import type { Command } from '../command.js'
import type { Context } from '../context.js'
import type { InvitationLookup } from 'plus-one'

export async function join (command: Extract<Command, { name: 'join' }>, context: Context): Promise<void> {
  const { out, prompt, signal, common } = context
  // who pipes a code in wants to join by it
  const yes = command.yes || (command.code == null && !prompt.isInteractive)
  const code = await codeOf(command, context)

  if (!yes && !prompt.isInteractive) {
    throw new UsageError('Nobody is there to confirm; give --yes to join without being asked')
  }

  const { node, stop } = await startNode({ ...common, listen: common.listen ?? [] })

  try {
    await reserve(node, common.relay, out, signal)
    const preview = await previewUnlessUsed(node, code, context)
    const agreed = preview == null || yes || await prompt.confirm(preview.party.kind === 'person' ? 'Make this computer one of your devices?' : 'Join?')
    const redemption = node.services.parties.redeem(preview?.code ?? code, { signal, onProgress: progressReporter(out) })

    if (!agreed) {
      await untilPinRequired(redemption, signal)
      await redemption.decline('', { signal })
      throw new InvitationDeclinedError('You declined; the inviter was told')
    }

    const joined = await completeRedemption(redemption, context)

    if (joined.kind === 'person') {
      out.status('Getting your parties …')
      await untilLinked(node.services.parties.person, joined, signal)
    }
  } finally {
    out.status('')
    await stop()
  }
}

/** undefined: it is used, which may have been by this node, whose admission was lost on its way. */
async function previewUnlessUsed (...args: Parameters<typeof showPreview>): Promise<InvitationLookup | undefined> {
  try {
    return await showPreview(...args)
  } catch (err) {
    if (err instanceof InvitationUsedError) {
      return undefined
    }

    throw err
  }
}
