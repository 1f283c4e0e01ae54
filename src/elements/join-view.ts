/** What each state of joining shows (docs/elements.md, "The states of joining"). */
import { html, nothing } from 'lit/html.js'
import { bdi, leftUntil, nameAmong, nameOf } from './people.js'
import { pinBoxes } from './pin-boxes.js'
import type { Joining, JoiningState } from './joining.js'
import type { InvitationPreview, Party } from '../interface/index.js'
import type { Words } from './strings.js'

/** What the person has typed so far. */
export interface Drafts {
  code: string
  pin: string
  /** What the others will see. */
  name: string
  reason: string
  deviceName: string
}

export interface JoinView {
  words: Words
  joining: Joining
  drafts: Drafts
  headingLevel: number
  /** Has this node no name to show? */
  isNameless: boolean
  /** Why the name could not be kept. */
  problem?: Error
  /** The code with one of its words mended, for each that may be meant. */
  suggestions: readonly string[]
  /** Nothing is waited for, so nothing can be left but this screen. */
  onType: (field: keyof Drafts, text: string) => void
  onCode: () => void
  onJoin: () => void
  onDecline: () => void
  onCancel: () => void
  onRetry: () => void
  onEdit: () => void
  onOpen: () => void
  onSuggestion: (code: string) => void
}

export function joinView (view: JoinView): unknown {
  const { words: { strings, error }, joining, headingLevel, problem } = view
  const told = problem ?? joining.error

  return html`
    <section part="card" aria-labelledby="heading">
      <div id="heading" part="heading" role="heading" aria-level=${headingLevel} tabindex="-1">${titleOf(view)}</div>
      <div role="status" part="notice">${noticeOf(view)}</div>
      ${fromWhom(view)}
      <p role="status" part="status" class="hint">${statusOf(view)}</p>
      <div role="alert" part="problem">${told == null ? nothing : html`<p class="problem">${joining.state === 'pin' ? wrongPin(view, told) : error(told)}</p>`}</div>
      ${bodyOf(view)}
      ${joining.state === 'joined' || joining.state === 'declined' ? nothing : actionsOf(view)}
      ${joining.state === 'declined' ? html`<div class="row"><button part="button" @click=${view.onCancel}>${strings.close}</button></div>` : nothing}
    </section>`
}

/** Nothing of this invitation is decided any more. */
const ENDS: readonly JoiningState[] = ['joined', 'declined', 'cancelled', 'over']

/** Members that are shown on "You're in". */
const MOST_SHOWN = 20

const isDevice = ({ preview }: Joining): boolean => preview?.party.kind === 'person'

function titleOf ({ words: { strings, say }, joining }: JoinView): unknown {
  const { state, preview } = joining
  const values = { party: bdi(preview?.party.name ?? ''), inviter: bdi(preview == null ? '' : nameOf(preview.inviter)) }

  switch (state) {
    case 'empty': return strings.youWereInvited
    case 'mending': return strings.checkTheCode
    case 'declined': return strings.youDeclined
    case 'joined': return say(isDevice(joining) ? strings.deviceAdded : strings.youAreIn, { ...values, party: bdi(joining.party?.name ?? preview?.party.name ?? '') })
    default: return preview == null ? strings.anInvitation : say(isDevice(joining) ? strings.addDevice : state === 'preview' || state === 'looking' || state === 'offline' ? strings.joinParty : strings.joining, values)
  }
}

/** Another link came while this screen was another invitation's. */
function noticeOf ({ words: { strings, say }, joining: { state, insteadOf } }: JoinView): unknown {
  return insteadOf == null || ENDS.includes(state) ? nothing : html`<p class="warning">${say(strings.insteadOf, { inviter: bdi(nameOf(insteadOf)) })}</p>`
}

/** Inviter and time left, wherever the preview does not tell them at length. */
function fromWhom ({ words: { strings, say, text }, joining: { state, preview } }: JoinView): unknown {
  if (preview == null || ['empty', 'mending', 'preview', 'declined', 'joined'].includes(state)) {
    return nothing
  }

  return html`
    <p class="from">
      <span>${say(strings.from, { inviter: bdi(nameOf(preview.inviter)) })}</span>
      ${preview.expiresAt == null || ['cancelled', 'over'].includes(state) ? nothing : html`<span class="time" role="timer">${text(strings.left, { time: leftUntil(preview.expiresAt) })}</span>`}
    </p>`
}

function statusOf ({ words: { strings, text, count }, joining }: JoinView): string {
  const { state, progress, preview, attemptsLeft } = joining

  switch (state) {
    case 'offline': return strings.waitingForNetwork
    case 'looking':
    case 'connecting': return { finding: strings.finding, dialing: strings.dialing, connected: strings.asking, contested: strings.contested }[progress?.type ?? 'finding']
    case 'checking': return preview?.pin === false ? strings.joiningNow : strings.checking
    case 'pin': return attemptsLeft == null || attemptsLeft >= 3 || joining.error != null ? '' : count(strings.attemptsLeft, attemptsLeft)
    case 'waiting': return isDevice(joining) ? strings.compareDevice : strings.compare
    case 'declining': return strings.declining
    case 'declined': return preview == null ? '' : text(joining.told === true ? strings.theyWereTold : strings.toldLater, { inviter: nameOf(preview.inviter) })
    case 'over': return joining.told === false && preview != null ? text(strings.notTold, { inviter: nameOf(preview.inviter) }) : ''
    case 'cancelled': return strings.youCancelled
    case 'preview': return preview?.isMember === true ? strings.alreadyMember : ''
    default: return ''
  }
}

/** English is the errors' own language: they say more. */
function wrongPin ({ words: { strings, language, count, error }, joining: { attemptsLeft } }: JoinView, told: Error): string {
  return told.name === 'WrongPinError' && language !== 'en' && attemptsLeft != null ? count(strings.wrongPinLeft, attemptsLeft) : error(told)
}

function bodyOf (view: JoinView): unknown {
  const { words, joining: { state, preview, comparison, party }, drafts, onType } = view
  const { strings } = words

  switch (state) {
    case 'empty':
    case 'mending': return codeForm(view)
    case 'preview': return preview == null ? nothing : preview.party.kind === 'person' ? devicePreview(view, preview) : partyPreview(view, preview)
    case 'pin':
    case 'checking': return preview?.pin === false || preview == null
      ? nothing
      : pinBoxes(words, { shape: preview.pin, typed: drafts.pin, from: preview.party.kind === 'person' ? strings.onOtherDevice : strings.theyTellYou, busy: state === 'checking', onType: (text) => { onType('pin', text) } })
    case 'waiting': return html`<b class="comparison" part="comparison">${comparison}</b>`
    case 'joined': return party == null || party.kind === 'person'
      ? html`<div class="row"><button class="primary" part="button primary" @click=${view.onOpen}>${strings.continue}</button></div>`
      : html`
        <p class="hint" id="members">${strings.members}</p>
        ${membersOf(words, party)}
        <div class="row"><button class="primary" part="button primary" @click=${view.onOpen}>${words.say(strings.open, { party: bdi(party.name) })}</button></div>`
    default: return nothing
  }
}

/** Oneself, and the first of the others: a community may have thousands. */
function membersOf ({ strings, count }: Words, { members }: Party): unknown {
  const shown = [...members.filter(({ self }) => self), ...members.filter(({ self }) => !self).slice(0, MOST_SHOWN)].slice(0, MOST_SHOWN)
  const left = members.length - shown.length

  return html`
    <ul aria-labelledby="members">${shown.map(member => html`<li><bdi>${nameAmong(member, members)}</bdi>${member.self ? ` (${strings.you})` : ''}</li>`)}</ul>
    ${left > 0 ? html`<p class="hint">${count(strings.andMore, left)}</p>` : nothing}`
}

function codeForm ({ words: { strings }, drafts, suggestions, onType, onCode, onSuggestion }: JoinView): unknown {
  return html`
    <form @submit=${(event: Event) => { event.preventDefault(); onCode() }}>
      <div class="field">
        <label for="code">${strings.code}</label>
        <input id="code" part="input" dir="ltr" autocomplete="off" autocapitalize="off" spellcheck="false" .value=${drafts.code} @input=${(event: Event) => { onType('code', (event.target as HTMLInputElement).value) }} />
      </div>
      ${suggestions.length === 0
        ? html`<p class="hint">${strings.codeHint}</p>`
        : html`<div class="suggestions"><span class="hint">${strings.didYouMean}</span>${suggestions.map(code => html`<button type="button" part="button" dir="ltr" @click=${() => { onSuggestion(code) }}>${code}</button>`)}</div>`}
      <button class="primary" part="button primary" ?disabled=${drafts.code.trim() === ''}>${strings.continue}</button>
    </form>`
}

function partyPreview ({ words: { strings, text }, drafts, isNameless, onType }: JoinView, preview: InvitationPreview): unknown {
  const { inviter, party, role, memberCount, expiresAt } = preview

  return html`
    <dl>
      <dt>${strings.invitedBy}</dt><dd><bdi>${nameOf(inviter)}</bdi></dd>
      <dt>${strings.into}</dt><dd>${strings.kinds[party.kind]}</dd>
      <dt>${strings.asRole}</dt><dd>${strings.roles[role]}</dd>
      <dt>${strings.memberCount}</dt><dd>${memberCount}</dd>
      ${expiresAt == null ? nothing : html`<dt>${strings.timeLeft}</dt><dd class="time">${leftUntil(expiresAt)}</dd>`}
    </dl>
    ${isNameless
      ? html`
        <div class="field">
          <label for="name">${strings.seenAs}</label>
          <input id="name" part="input" dir="auto" autocomplete="nickname" maxlength="40" aria-describedby="name-hint" .value=${drafts.name} @input=${(event: Event) => { onType('name', (event.target as HTMLInputElement).value) }} />
          <span class="hint" id="name-hint">${text(strings.seenAsHint, { inviter: nameOf(inviter) })}</span>
        </div>`
      : nothing}`
}

/** What a device's code does, said before the PIN: whoever made it would be this browser's person. */
function devicePreview ({ words: { strings, say }, drafts, onType }: JoinView, preview: InvitationPreview): unknown {
  const values = { inviter: bdi(nameOf(preview.inviter)) }

  return html`
    <p><b>${say(strings.deviceDoes, values)}</b> ${say(strings.deviceGets, values)}</p>
    <p class="warning">${strings.deviceWarning}</p>
    <p class="hint">${strings.deviceKeeps}</p>
    <div class="field">
      <label for="device-name">${strings.deviceName}</label>
      <input id="device-name" part="input" dir="auto" maxlength="40" .value=${drafts.deviceName} @input=${(event: Event) => { onType('deviceName', (event.target as HTMLInputElement).value) }} />
    </div>`
}

/** What can be done besides: always at least to leave. */
function actionsOf (view: JoinView): unknown {
  const { words: { strings }, joining, drafts, onJoin, onCancel, onRetry, onEdit, onDecline, onType } = view
  const { state, invitation } = joining
  const isText = typeof invitation !== 'object'
  const mayDecline = !isDevice(joining) && (state === 'preview' || state === 'pin' || state === 'waiting')

  return html`
    <div class="row">
      ${state === 'preview' ? html`<button class="primary" part="button primary" @click=${onJoin}>${isDevice(joining) ? strings.continue : strings.yesJoin}</button>` : nothing}
      ${(state === 'over' || state === 'cancelled') ? html`<button class="primary" part="button primary" @click=${onRetry}>${strings.tryAgain}</button>` : nothing}
      ${(state === 'over' || state === 'cancelled') && isText ? html`<button part="button" @click=${onEdit}>${strings.anotherCode}</button>` : nothing}
      ${state === 'cancelled' || (state === 'empty' && invitation == null) ? nothing : html`<button part="button" @click=${onCancel}>${strings.cancel}</button>`}
    </div>
    ${mayDecline
      ? html`
        <details>
          <summary>${strings.decline}</summary>
          <form @submit=${(event: Event) => { event.preventDefault(); onDecline() }}>
            <label for="reason">${strings.why}</label>
            <div class="row">
              <input id="reason" part="input" dir="auto" maxlength="60" .value=${drafts.reason} @input=${(event: Event) => { onType('reason', (event.target as HTMLInputElement).value) }} />
              <button part="button">${strings.sayNo}</button>
            </div>
          </form>
        </details>`
      : nothing}`
}
