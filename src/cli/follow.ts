/** An invitation under the eyes of its inviter: shown, counted down, told about, to its end. */
import { setTimeout } from 'node:timers/promises'
import { raceSignal } from 'race-signal'
import { InvitationExpiredError } from '../errors.js'
import { formatTimeLeft } from './duration.js'
import { partyFields } from './people.js'
import { count, foreign, groupPin, withArticle } from './output.js'
import { qrLines } from './qr.js'
import type { PlusOneNode } from './node.js'
import type { Output } from './output.js'
import type { Invitation, Member } from '../parties/interface.js'
import type { PeerId } from '@libp2p/interface'

/** How long a new member's node may stay connected for the rest of the log before this one goes, ms. */
const LINGER = 3_000

/** Prints what is to be handed over. Its code and PIN are secrets, and this is the place to show them. */
export function showInvitation (invitation: Invitation, out: Output, { resumed = false } = {}): void {
  const { id, party, code, pin, expiresAt } = invitation
  const { role, uses, attemptsLeft, usedBy } = invitation.getSnapshot()
  const link = invitation.link()

  out.event('invitation', { id, party: partyFields(party), role, uses, used: usedBy.length, code, link, pin, attemptsLeft, expiresAt, resumed })
  out.line(`You invite ${uses === 1 ? withArticle(role) : count(uses, role)} into ${out.style('bold', foreign(party.name))} (${party.kind}).`)
  out.line()

  // the QR code first: what is typed and said stays in sight on a small terminal
  if (!resumed && out.isTerminal) {
    qrLines(code, out.hasColour).forEach(line => { out.line(line) })
    out.line()
  }

  out.line(`${out.style('bold', 'Code')}  ${out.style('dim', 'hand it over by chat or mail; the other side runs plus-one join CODE')}`)
  // alone on its lines, so that a double click takes it whole
  out.line(code)
  out.line()

  if (!resumed) {
    out.line(`${out.style('bold', 'Link')}  ${out.style('dim', 'the same, for an app')}`)
    out.line(link)
    out.line()
  }

  out.line(`${out.style('bold', 'PIN')}   ${out.style(['bold', 'inverse'], ` ${groupPin(pin)} `)}  ${out.style('dim', 'say it over another channel than the code: best by voice')}`)
  out.line()
}

/**
 * Tells of guesses and guests until the invitation ends, with a countdown where
 * there is a terminal.
 *
 * @returns The members that it brought
 * @throws What ended it otherwise, and the signal's reason.
 */
export async function follow (invitation: Invitation, out: Output, { signal, countdown = false }: { signal: AbortSignal, countdown?: boolean }): Promise<Member[]> {
  const { id } = invitation
  const end = Promise.withResolvers<void>()
  const joined: Member[] = []
  let guests = 0
  let told = invitation.getSnapshot().usedBy.length

  const redraw = (): void => {
    if (countdown) {
      out.status(statusLine(invitation, out))
    }
  }

  const forget = invitation.on({
    onDone: () => { end.resolve() },
    onError: error => { end.reject(error) },
    onExpiration: () => { end.reject(new InvitationExpiredError('The invitation expired, and nobody came; make another one with plus-one invite')) },
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

    for (const peerId of snapshot.usedBy.slice(told)) {
      const member: Member = { peerId, role: snapshot.role, profile: {}, self: false }
      joined.push(member)
      out.event('joined', { id, party: partyFields(invitation.party), member: { peerId, role: member.role } })
      out.line(`${out.style('green', '✓')} ${peerId.toString()} joined as ${member.role}`)
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
export async function linger (node: PlusOneNode, peers: PeerId[], signal: AbortSignal): Promise<void> {
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(LINGER)])

  while (!deadline.aborted && peers.some(peer => node.getConnections(peer).length > 0)) {
    await setTimeout(50, undefined, { signal: deadline }).catch(() => {})
  }
}
