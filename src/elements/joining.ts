/** Joining as one state machine, tied to one invitation: pure, with no network, clock or page. */
import { looksLikeShortCode } from '../codec/form.js'
import type { DialProgress, InvitationPreview, Party, ReceivedInvitation, RedemptionSnapshot } from '../interface/index.js'

/** A code of any form, or an invitation that came over a connection. */
export type Asked = string | ReceivedInvitation

/** docs/elements.md, "The states of joining". */
export type JoiningState =
  /** There is no code yet. */
  | 'empty'
  /** The code cannot be right: it is mended where it stands. */
  | 'mending'
  /** The inviter is asked as soon as there is a network. */
  | 'offline'
  | 'looking'
  /** Who invites me into what: a yes or a no is asked for. */
  | 'preview'
  | 'connecting'
  | 'pin'
  | 'checking'
  /** A person at the other side says yes or no. */
  | 'waiting'
  | 'joined'
  | 'declining'
  | 'declined'
  | 'cancelled'
  /** It ended otherwise: `error` says how. */
  | 'over'

export interface Joining {
  readonly state: JoiningState
  /** Counts the codes, and what is begun anew with one: what an earlier turn has to tell is not heard. */
  readonly turn: number
  readonly online: boolean
  /** Kept until there is another one. */
  readonly invitation?: Asked
  /** What was told of this invitation last: by the lookup, then by the redemption itself. */
  readonly preview?: InvitationPreview
  /** Who invites by the one that was on the screen, and that this one has taken the place of. */
  readonly insteadOf?: InvitationPreview['inviter']
  readonly attemptsLeft?: number
  /** While waiting, as KXQ-27M: the inviter's screen shows the same. */
  readonly comparison?: string
  readonly progress?: DialProgress
  readonly error?: Error
  /** Where a no was said: does the inviter know? */
  readonly told?: boolean
  readonly party?: Party
}

/** `turn`: of what was begun then. */
export type JoiningEvent =
  /** Another invitation; the same one again begins anew where it has come to nothing. */
  | { type: 'code', invitation?: Asked }
  | { type: 'online', online: boolean }
  | { type: 'progress', turn: number, progress: DialProgress }
  | { type: 'looked', turn: number, preview: InvitationPreview }
  /** A lookup, a decline or the beginning of a redemption came to nothing. */
  | { type: 'failed', turn: number, error: Error }
  /** The redemption has changed. */
  | { type: 'told', turn: number, snapshot: RedemptionSnapshot }
  /** The PIN was not sent, as its characters are none of a PIN. */
  | { type: 'pin-refused', turn: number, error: Error }
  /** `told`: the inviter knows; else it is told when it comes again. */
  | { type: 'declined', turn: number, told: boolean }
  /** By the clock here its time is over; whether it is, the inviter says. */
  | { type: 'overdue', turn: number }
  // the person's
  | { type: 'join' }
  | { type: 'pin', pin: string }
  | { type: 'decline', reason: string }
  | { type: 'cancel' }
  | { type: 'retry' }
  /** The code is shown, to be changed. */
  | { type: 'edit' }

/** What is to be done. `stop` ends what ran before: a lookup, a redemption, a decline. */
export type JoiningEffect =
  | { type: 'stop' }
  | { type: 'look', turn: number, invitation: Asked }
  | { type: 'redeem', turn: number, invitation: Asked, seen: InvitationPreview }
  | { type: 'give-pin', turn: number, pin: string }
  /** Yes, where no PIN is asked for. */
  | { type: 'accept', turn: number }
  /** `redeeming`: by the redemption that runs. */
  | { type: 'decline', turn: number, invitation: Asked, reason: string, redeeming: boolean }

export type Step = readonly [next: Joining, effects: readonly JoiningEffect[]]

/** Nothing runs, and the same code may be tried again. */
export const AT_REST: readonly JoiningState[] = ['empty', 'mending', 'declined', 'cancelled', 'over']

/** A redemption runs, and can be left. */
const REDEEMING: readonly JoiningState[] = ['connecting', 'pin', 'checking', 'waiting']

/** Where one of four words was misheard; of a full code they say something else. */
const OF_WORDS = ['InvitationNotFoundError', 'CodeContestedError']

export function begin (online = true): Joining {
  return { state: 'empty', turn: 0, online }
}

/** One step: what is not for a state leaves it as it is, the very object. */
export function next (joining: Joining, event: JoiningEvent): Step {
  const { state, invitation, preview, turn } = joining
  const stay: Step = [joining, []]

  if ('turn' in event && event.turn !== turn) {
    return stay
  }

  switch (event.type) {
    case 'code':
      return event.invitation === invitation && !AT_REST.includes(state) ? stay : lookAt(event.invitation, joining)
    case 'online':
      return turnOnline(joining, event.online)
    case 'progress':
      return state === 'looking' || state === 'connecting' ? [{ ...joining, progress: event.progress }, []] : stay
    case 'looked':
      return state === 'looking' ? [{ ...kept(joining), state: 'preview', preview: event.preview, attemptsLeft: event.preview.attemptsLeft }, []] : stay
    case 'failed':
      return ['looking', 'connecting', 'declining'].includes(state) ? [ended(joining, event.error), []] : stay
    case 'told':
      return [...REDEEMING, 'declining'].includes(state) ? heard(joining, event.snapshot) : stay
    case 'pin-refused':
      return state === 'checking' ? [{ ...joining, state: 'pin', error: event.error }, []] : stay
    case 'declined':
      return state === 'declining' ? [{ ...joining, state: 'declined', told: event.told }, []] : stay
    case 'overdue':
      return state === 'preview' ? lookAt(invitation, joining, preview) : stay
    case 'join':
      return state === 'preview' && invitation != null && preview != null
        ? [{ ...kept(joining), state: 'connecting' }, [{ type: 'redeem', turn, invitation, seen: preview }]]
        : stay
    case 'pin':
      return state === 'pin' ? [{ ...joining, state: 'checking', error: undefined }, [{ type: 'give-pin', turn, pin: event.pin }]] : stay
    case 'decline':
      return ['preview', 'pin', 'waiting'].includes(state) && invitation != null
        ? [{ ...kept(joining), state: 'declining' }, [{ type: 'decline', turn, invitation, reason: event.reason, redeeming: state !== 'preview' }]]
        : stay
    case 'cancel':
      return ['joined', 'declined', 'cancelled'].includes(state) ? stay : [{ ...kept(joining), state: 'cancelled', turn: turn + 1 }, [{ type: 'stop' }]]
    case 'retry':
      return AT_REST.includes(state) && invitation != null ? lookAt(invitation, joining) : stay
    case 'edit':
      return ['preview', 'cancelled', 'over'].includes(state) && typeof invitation !== 'object' ? [{ state: 'mending', turn, online: joining.online, invitation }, []] : stay
  }
}

/** Of another invitation nothing stays; of the same one, what is known of it may be shown meanwhile. */
function lookAt (invitation: Asked | undefined, joining: Joining, preview?: InvitationPreview): Step {
  const { turn, online } = joining
  const anew = { turn: turn + 1, online, invitation, preview, insteadOf: insteadOf(invitation, joining) }

  return invitation == null
    ? [{ ...anew, state: 'empty' }, [{ type: 'stop' }]]
    : online
      ? [{ ...anew, state: 'looking' }, [{ type: 'stop' }, { type: 'look', turn: turn + 1, invitation }]]
      : [{ ...anew, state: 'offline' }, [{ type: 'stop' }]]
}

/** Told where another code comes while one is under way: the person may not have seen that it is another's. */
function insteadOf (invitation: Asked | undefined, { state, invitation: before, preview, insteadOf: earlier }: Joining): Joining['insteadOf'] {
  return invitation === before ? earlier : invitation == null || state === 'joined' || AT_REST.includes(state) ? undefined : preview?.inviter ?? earlier
}

/** Only what looks for the inviter waits for the network: a redemption finds its way back by itself. */
function turnOnline (joining: Joining, online: boolean): Step {
  const { state, invitation, preview } = joining
  const now = { ...joining, online }

  return joining.online === online
    ? [joining, []]
    : (online && state === 'offline') || (!online && state === 'looking')
        ? lookAt(invitation, now, preview)
        : [now, []]
}

/** What a redemption tells: of inviter and party it knows best. */
function heard (joining: Joining, snapshot: RedemptionSnapshot): Step {
  const { state, turn } = joining
  const { attemptsLeft = joining.attemptsLeft, comparison, error, party, preview = joining.preview } = snapshot
  const now = { ...kept(joining), preview, attemptsLeft }

  if (state === 'declining' && (snapshot.state === 'pin-required' || snapshot.state === 'waiting' || snapshot.state === 'authenticating')) {
    return [joining, []]
  }

  switch (snapshot.state) {
    case 'connecting':
      return [{ ...now, state: 'connecting', progress: joining.progress }, []]
    case 'pin-required':
      return preview?.pin === false
        ? [{ ...now, state: 'checking' }, state === 'checking' ? [] : [{ type: 'accept', turn }]]
        : [{ ...now, state: 'pin', error }, []]
    case 'authenticating':
      return [{ ...now, state: 'checking' }, []]
    case 'waiting':
      return [{ ...now, state: 'waiting', comparison }, []]
    case 'admitted':
      return [{ ...now, state: 'joined', party }, []]
    case 'declined':
      return [state === 'declining' ? { ...now, state: 'declined', told: true } : { ...now, state: 'over', error }, []]
    case 'cancelled':
      return [{ ...now, state: 'cancelled' }, []]
    case 'expired':
    case 'failed':
      return [ended(now, error), []]
  }
}

/** What is mistyped is mended; all else is over. */
function ended (joining: Joining, error: Error | undefined): Joining {
  const { invitation, turn, online } = joining
  const isMistyped = error?.name === 'InvalidCodeError' || (typeof invitation === 'string' && joining.preview == null && looksLikeShortCode(invitation) && OF_WORDS.includes(error?.name ?? ''))

  return isMistyped
    ? { state: 'mending', turn, online, invitation, error }
    : { ...kept(joining), state: 'over', error, ...(joining.state === 'declining' ? { told: false } : {}) }
}

/** All but what only one moment has. */
function kept ({ turn, online, invitation, preview, insteadOf, attemptsLeft, state }: Joining): Joining {
  return { state, turn, online, invitation, preview, insteadOf, attemptsLeft }
}
