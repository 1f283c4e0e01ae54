import { parseInvitation } from '../../codec/index.js'
import { InvitationDeclinedError, InvitationUsedError } from '../../errors.js'
import { UsageError } from '../exit.js'
import { startNode } from '../node.js'
import { previewFields, previewLines } from '../people.js'
import { begun, seeThrough } from '../redeem.js'
import { reserve } from '../relays.js'
import type { Command } from '../arguments.js'
import type { Context } from '../context.js'
import type { PlusOneNode } from '../node.js'
import type { InvitationPreview } from '../../parties/interface.js'

export async function join ({ code, yes }: Extract<Command, { name: 'join' }>, context: Context): Promise<void> {
  const { out, prompt, signal, common } = context

  // before any node starts: a mistyped code is the commonest fault
  parseInvitation(code)

  if (!yes && !prompt.isInteractive) {
    throw new UsageError('Nobody is there to confirm; give --yes to join without being asked')
  }

  const { node, stop } = await startNode({ ...common, listen: common.listen ?? [] })

  try {
    await reserve(node, common.relay, out, signal)
    const preview = await look(node, code, context)
    const agreed = preview == null || yes || await prompt.confirm('Join?')
    const redemption = node.services.parties.redeem(code, { signal })

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

/** Shows what the code leads to; undefined: it is used, which may have been by this node, whose admission was lost on its way. */
async function look (node: PlusOneNode, code: string, { out, signal }: Context): Promise<InvitationPreview | undefined> {
  out.status('Looking for the inviter …')

  try {
    const preview = await node.services.parties.lookup(code, { signal })
    out.status('')
    out.event('preview', previewFields(preview))
    out.line('You are invited:')
    previewLines(preview, Date.now(), out).forEach(line => { out.line(line) })
    out.line()

    return preview
  } catch (err) {
    out.status('')

    if (err instanceof InvitationUsedError) {
      return undefined
    }

    throw err
  }
}
