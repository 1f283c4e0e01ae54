/** What a code leads to, shown to the person. */
import { previewFields, previewLines } from './people.js'
import { tellProgress } from './progress.js'
import type { Context } from './context.js'
import type { PlusOneNode } from './node.js'
import type { InvitationLookup } from 'plus-one'

/** Costs no attempt. @throws as `Parties.lookup`. */
export async function look (node: PlusOneNode, code: string, { out, signal }: Context): Promise<InvitationLookup> {
  out.status('Looking for the inviter …')

  try {
    const preview = await node.services.parties.lookup(code, { signal, onProgress: tellProgress(out) })
    out.status('')
    out.event('preview', previewFields(preview))
    out.line('You are invited:')
    previewLines(preview, Date.now(), out).forEach(line => { out.line(line) })
    out.line()

    return preview
  } finally {
    out.status('')
  }
}
