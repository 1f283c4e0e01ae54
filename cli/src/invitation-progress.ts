/** An invitation under the eyes of its inviter: shown, counted down, told about, to its end. */
import { setTimeout } from 'node:timers/promises'
import { InvitationExpiredError, InvitationLockedError } from 'plus-one'
import { raceSignal } from 'race-signal'
import { approve } from './approve.js'
import { formatTimeLeft } from './duration.js'
import { CancelledError } from './exit.js'
import { nameOf, partyFields } from './members.js'
import { count, foreign, groupPin, shortPeer, withArticle } from './output.js'
import { qrLines } from './qr.js'
import type { Context } from './context.js'
import type { PlusOneNode } from './node.js'
import type { Output } from './output.js'
import type { PeerId } from '@libp2p/interface'
import type { Invitation, Member } from 'plus-one'

/** How long a new member's node may stay connected for the rest of the log before this one goes, ms. */
const HANG_UP_TIMEOUT = 3_000

/** Prints what is to be handed over. Its code and PIN are secrets, and this is the place to show them. */
export function showInvitation (invitation: Invitation, out: Output, { resumed = false, linkBase, target }: { resumed?: boolean, linkBase?: string, target?: string } = {}): void {
  const { id, party, code, shortCode, qr, pin, expiresAt, data, label } = invitation
  const { role, uses, attemptsLeft, usedBy, to } = invitation.getSnapshot()
  const link = invitation.link(linkBase)
  const whom = to == null ? uses === 1 ? withArticle(role) : count(uses, role) : `${target ?? shortPeer(to)}, and nobody else, as ${role}`

  out.event('invitation', { id, party: partyFields(party), role, uses, used: usedBy.length, code, link, shortCode, pin: pin === '' ? undefined : pin, to, attemptsLeft, expiresAt, data, label: label === '' ? undefined : label, resumed })
  out.line(party.kind === 'person' ? 'You add a device of your own. Use this on it, and give it to nobody: whoever joins by it is you.' : `You invite ${whom} into ${out.style('bold', foreign(party.name))} (${party.kind})${label === '' ? '' : `: ${foreign(label)}`}.`)
  out.line()

  // the QR code first: what is typed and said stays in sight on a small terminal
  if (!resumed && out.isTerminal) {
    qrLines(qr, out.hasColour).forEach(line => { out.line(line) })
    out.line()
  }

  out.line(`${out.style('bold', 'Code')}  ${out.style('dim', to == null ? 'hand it over by chat or mail; the other side runs plus-one join CODE' : 'it is handed over once both are online (plus-one serve); or do it yourself')}`)
  // alone on its lines, so that a double click takes it whole
  out.line(code)
  out.line()

  if (!resumed) {
    out.line(`${out.style('bold', 'Link')}  ${out.style('dim', 'the same, for an app')}`)
    out.line(link)
    out.line()
  }

  if (shortCode != null) {
    out.line(`${out.style('bold', 'Words')} ${wordsOf(shortCode, out)}  ${out.style('dim', 'on the phone: say these first; the other side types them after plus-one join')}`)
  }

  if (pin !== '' && shortCode != null) {
    out.line(`${out.style('bold', 'PIN')}   ${out.style(['bold', 'inverse'], ` ${groupPin(pin)} `)}  ${out.style('dim', 'say it when they have told you that they see your name, and not before')}`)
  } else if (pin !== '') {
    out.line(`${out.style('bold', 'PIN')}   ${out.style(['bold', 'inverse'], ` ${groupPin(pin)} `)}  ${out.style('dim', 'say it over another channel than the code: best by voice')}`)
  } else if (to == null) {
    out.line(`${out.style('bold', 'PIN')}   none: whoever gets hold of the code may join`)
  } else {
    out.line(`${out.style('bold', 'PIN')}   none: their key is enough`)
  }

  out.line()
}

/** As they are said. */
function wordsOf (shortCode: string, out: Output): string {
  return out.style(['bold', 'inverse'], ` ${shortCode.replaceAll('-', ' ')} `)
}

/** Publishes a short code where one is asked for; without it the full code still works. */
export async function publishAndShow (invitation: Invitation, { out, signal }: Context, options: InvitationDisplay): Promise<void> {
  if (options.short === true) {
    out.status('Publishing the short code …')

    try {
      await invitation.publish({ signal })
    } catch (err) {
      signal.throwIfAborted()
      out.event('short-code-failed', { id: invitation.id, name: (err as Error).name, message: (err as Error).message })
      out.line(`${out.style('red', '✗')} There is no short code: ${(err as Error).message}`)
    } finally {
      out.status('')
    }
  }

  showInvitation(invitation, out, options)
}

/** How an invitation is shown and followed. */
export interface InvitationDisplay {
  /** Is the command about it alone? Then it is counted down, and Ctrl-C takes it back. */
  alone?: boolean
  /** Four words, too, to be said aloud. */
  short?: boolean
  /** Where links lead. */
  linkBase?: string
  /** Whom it is for, by name. */
  target?: string
}

/**
 * Follows an invitation; once wrong PINs have locked it, offers the person at the
 * terminal a fresh code and PIN.
 *
 * @returns The members that it brought
 * @throws What ended it otherwise, and the signal's reason.
 */
export async function watchInvitation (invitation: Invitation, context: Context, options: InvitationDisplay = {}): Promise<Member[]> {
  const { out, prompt, signal } = context

  try {
    return await reportProgress(invitation, context, options)
  } catch (err) {
    if (err instanceof CancelledError && options.alone === true && invitation.status === 'pending') {
      await endByCancellation(invitation, err, out)
    }

    if (!(err instanceof InvitationLockedError)) {
      throw err
    }

    out.event('locked', { id: invitation.id })

    if (!prompt.isInteractive) {
      throw err
    }

    out.line(`${out.style('red', '✗')} Too many wrong PINs: the invitation${invitation.party.kind === 'person' ? '' : ` into ${foreign(invitation.party.name)}`} is locked.`)

    if (!await prompt.confirm('Make a fresh code and PIN for the same terms?')) {
      throw err
    }
  }

  const fresh = await invitation.renew({ signal })
  await publishAndShow(fresh, context, options)

  return watchInvitation(fresh, context, options)
}

/** Ctrl-C takes the invitation back; the end of the session or of the machine does not. */
async function endByCancellation (invitation: Invitation, { signal }: CancelledError, out: Output): Promise<void> {
  if (signal === 'SIGINT') {
    await invitation.cancel()
    out.line('The invitation is taken back: its code works no more.')
  } else {
    out.line('The invitation stays open; plus-one serve takes it up.')
  }
}

/**
 * Tells of guesses and guests until the invitation ends, with a countdown where
 * there is a terminal.
 *
 * @returns The members that it brought
 * @throws What ended it otherwise, and the signal's reason.
 */
async function reportProgress (invitation: Invitation, context: Context, { alone = false, target }: InvitationDisplay): Promise<Member[]> {
  const { out, signal } = context
  const { id } = invitation
  const end = Promise.withResolvers<void>()
  const joined: Member[] = []
  let guests = 0
  let { delivered, usedBy: { length: told } } = invitation.getSnapshot()

  const redraw = (): void => {
    if (alone) {
      out.status(statusLine(invitation, out))
    }
  }

  const forget = invitation.on({
    approve: async (candidate, { signal: moot }) => approve(invitation, candidate, context, moot),
    onDecline: ({ peerId, reason }) => {
      out.event('declined', { id, peerId, reason })
      out.line(`${out.style('red', '✗')} ${target ?? shortPeer(peerId)} declined${reason === '' ? '' : `: ${foreign(reason)}`}`)
    },
    onDone: () => { end.resolve() },
    onError: error => { end.reject(error) },
    onExpiration: () => { end.reject(new InvitationExpiredError('The invitation expired, and nobody came; make another one with plus-one invite')) },
    onShortCode: (shortCode) => {
      out.event('short-code', { id, shortCode })
      out.line(`${out.style('red', '✗')} ${shortCode == null ? 'Someone keeps guessing at the four words: they are good no more; hand over the code or the link' : `Someone guessed at the four words; say these from now on: ${wordsOf(shortCode, out)}`}`)
    },
    onAttemptFailed: ({ attemptsLeft }) => {
      out.event('attempt-failed', { id, attemptsLeft })
      out.line(`${out.style('red', '✗')} A wrong PIN was tried; ${count(attemptsLeft, 'attempt')} left`)
    }
  })

  const unsubscribe = invitation.subscribe(() => {
    const snapshot = invitation.getSnapshot()

    if (snapshot.guests !== guests) {
      guests = snapshot.guests
      out.event('guests', { id, guests })
    }

    if (snapshot.delivered && !delivered) {
      delivered = true
      out.event('delivered', { id, to: snapshot.to })
      out.line(`${out.style('green', '✓')} Handed to ${target ?? (snapshot.to == null ? '' : shortPeer(snapshot.to))}`)
    }

    for (const peerId of snapshot.usedBy.slice(told)) {
      const member = invitation.party.members.find(other => other.peerId.equals(peerId)) ?? { id: '', peerId, devices: [peerId], role: snapshot.role, profile: {}, self: false, online: false }
      joined.push(member)
      out.event('joined', { id, party: partyFields(invitation.party), member: { peerId, role: member.role, displayName: member.profile.displayName } })
      out.line(`${out.style('green', '✓')} ${nameOf(member)} ${invitation.party.kind === 'person' ? 'is a device of yours now' : `joined as ${member.role}`}`)
    }

    told = snapshot.usedBy.length
    redraw()
  })

  // the node's sockets keep the process alive, not this
  const timer = setInterval(redraw, 1_000).unref()
  redraw()

  try {
    await raceSignal(end.promise, signal)
  } finally {
    clearInterval(timer)
    unsubscribe()
    forget()
    out.status('')
  }

  return joined
}

function statusLine (invitation: Invitation, out: Output): string {
  const { expiresAt, attemptsLeft, guests, uses, usedBy } = invitation.getSnapshot()

  return [
    expiresAt == null ? 'never expires' : `${formatTimeLeft(expiresAt - Date.now())} left`,
    count(attemptsLeft, 'attempt'),
    ...(uses > 1 ? [`${usedBy.length} of ${uses} joined`] : []),
    guests > 0 ? `${count(guests, 'guest')} here` : 'waiting',
    out.style('dim', 'Ctrl-C takes it back')
  ].join(' · ')
}

/** A new member still fetches the log: waits until it has hung up, for a moment. */
export async function waitForHangUp (node: PlusOneNode, peers: PeerId[], signal: AbortSignal): Promise<void> {
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(HANG_UP_TIMEOUT)])

  while (!deadline.aborted && peers.some(peer => node.getConnections(peer).length > 0)) {
    await setTimeout(50, undefined, { signal: deadline }).catch(() => {})
  }
}
