/** What a code leads to: who invites, into what, and what will be asked. */
import { formatExpiration } from './duration.js'
import { nameOf } from './members.js'
import { count, foreign, foreignBytes } from './output.js'
import { progressReporter } from './progress.js'
import type { Context } from './context.js'
import type { PlusOneNode } from './node.js'
import type { Output } from './output.js'
import type { InvitationLookup, InvitationPreview, PinShape } from 'plus-one'

/** Fetches and prints it; costs no attempt. @throws as `Parties.lookup`. */
export async function showPreview (node: PlusOneNode, code: string, { out, signal }: Context): Promise<InvitationLookup> {
  out.status('Looking for the inviter …')

  try {
    const preview = await node.services.parties.lookup(code, { signal, onProgress: progressReporter(out) })
    out.status('')
    out.event('preview', previewFields(preview))
    out.line(preview.party.kind === 'person' ? 'This makes this computer a device of its inviter\'s. Go on only if that is you, and you asked for it on your other device yourself:' : 'You are invited:')
    previewLines(preview, Date.now(), out).forEach(line => { out.line(line) })
    out.line()

    return preview
  } finally {
    out.status('')
  }
}

/** Who invites, into what: what the invitee says yes to. */
export function previewLines ({ party, memberCount, inviter, role, expiresAt, attemptsLeft, pin, approval, data }: InvitationPreview, now: number, out: Output): string[] {
  const field = (label: string, value: string): string => `  ${out.style('dim', label.padEnd(9))} ${value}`

  return [
    ...party.kind === 'person' ? [] : [field('party', `${out.style('bold', foreign(party.name))} (${party.kind}, ${count(memberCount, 'member')})`)],
    // the name is what they call themselves: the key is who they are
    field('inviter', nameOf(inviter)),
    ...(out.verbose ? [field('', inviter.peerId.toString())] : []),
    ...(party.app == null ? [] : [field('app', foreignBytes(party.app))]),
    ...party.kind === 'person' ? [] : [field('your role', role)],
    ...(data == null ? [] : [field('data', foreignBytes(data))]),
    field('expires', formatExpiration(expiresAt, now)),
    ...(pin === false ? [field('PIN', 'none is needed')] : [field('PIN', describePin(pin)), field('attempts', `${attemptsLeft} left`)]),
    ...(approval ? [field('approval', 'the inviter then says yes or no')] : [])
  ]
}

/** `6 digits` */
export function describePin ({ length, alphabet }: PinShape): string {
  return `${length} ${/^\d+$/.test(alphabet) ? 'digits' : 'characters'}`
}

/** A preview in JSON events. */
export function previewFields ({ party, memberCount, inviter, role, expiresAt, attemptsLeft, pin, approval, data }: InvitationPreview): Record<string, unknown> {
  return { party, memberCount, inviter: { peerId: inviter.peerId, ...inviter.profile }, role, expiresAt, attemptsLeft, pin, approval, data }
}
