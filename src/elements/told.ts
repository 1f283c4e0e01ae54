/** The last thing that happened to an invitation, in a sentence of the right tone. */
import { bdi, nameAmong } from './people.js'
import type { Invitation, InvitationCallbacks, InvitationStatus } from '../interface/index.js'
import type { Words } from './strings.js'

/** `ListOptions.limit`, at most. */
const LONGEST_PAGE = 1_000

export interface Told {
  tone: 'good' | 'bad' | 'plain'
  /** In whatever language is spoken when it is shown. */
  say: (words: Words) => unknown
}

const tell = (tone: Told['tone'], say: Told['say']): Told => ({ tone, say })

const declined = (reason: string): Told => tell('bad', ({ strings, say }) => reason === '' ? strings.theyDeclined : say(strings.theyDeclinedWith, { reason: bdi(reason) }))

/** Calls `told` for each; returns what ends it. */
export function follow (invitation: Invitation, told: (told: Told) => void): () => void {
  const isDevice = invitation.party.kind === 'person'
  const callbacks: InvitationCallbacks = {
    onJoin: ({ member }) => { told(tell('good', ({ strings, say }) => isDevice ? strings.deviceIsIn : say(strings.isIn, { name: bdi(nameAmong(member, invitation.party.members)) }))) },
    onAttemptFailed: ({ attemptsLeft }) => { told(tell('bad', ({ strings }) => attemptsLeft > 0 ? strings.wrongPin : strings.locked)) },
    onDecline: ({ reason }) => { told(declined(reason)) },
    onExpiration: () => { told(tell('bad', ({ strings }) => strings.expired)) },
    onShortCode: (shortCode) => { told(tell('bad', ({ strings }) => shortCode == null ? strings.wordsGone : strings.wordsGuessed)) }
  }

  return invitation.on(callbacks)
}

/** What is told of one that has ended, where nothing was told before. */
export function endOf ({ id, status, party }: Invitation): Told | undefined {
  const ends: Partial<Record<InvitationStatus, Told>> = {
    used: tell('plain', ({ strings }) => strings.usedUp),
    expired: tell('bad', ({ strings }) => strings.expired),
    revoked: tell('bad', ({ strings }) => strings.revoked),
    locked: tell('bad', ({ strings }) => strings.locked),
    declined: declined(status === 'declined' ? party.invitations.list({ status, limit: LONGEST_PAGE }).items.find(item => item.id === id)?.reason ?? '' : '')
  }

  return ends[status]
}
