/** What the sheet of an invitation shows: the terms, then PIN, link and what becomes of them. */
import { html, nothing } from 'lit/html.js'
import { bdi, leftUntil, nameAmong, nameOf } from './people.js'
import type { Candidate, Invitation, Member, Party, Role } from '../interface/index.js'
import type { Offer } from './offered.js'
import type { Told } from './told.js'
import type { Words } from './strings.js'

/** On which terms somebody is invited. */
export interface Terms {
  role: Role
  uses: number
  approval: boolean
  withPin: boolean
  /** For whom: a note on this device alone. */
  label: string
}

export interface InviteView {
  words: Words
  headingLevel: number
  /** Into what; undefined: a device of one's own is invited. */
  party?: Party
  /** Nothing is asked until there is a network. */
  offline: boolean
  invitation?: Invitation
  link: string
  terms: Terms
  /** Whose keys are known: a yes is enough. */
  offer: Offer
  /** The part of a name by which they are searched. */
  typed: string
  /** Something is being done: what is disabled would lose the focus. */
  busy: boolean
  /** The words are shown, in place of the link. */
  aloud: boolean
  qr?: SVGElement
  copied: boolean
  canShare: boolean
  /** Where a phone finds this page. */
  phoneAddress?: string
  told?: Told
  problem?: Error
  onSearch: (typed: string) => void
  onTerms: (terms: Partial<Terms>) => void
  onInvite: (to?: Member) => void
  onClose: () => void
  onCopy: () => void
  onShare: () => void
  onAloud: () => void
  onQr: (open: boolean) => void
  onAdmit: (candidate: Candidate) => void
  onRefuse: (candidate: Candidate) => void
  onCancel: () => void
  onRenew: () => void
}

const ROLES: readonly Role[] = ['reader', 'writer', 'admin']

/** Most that one invitation may admit. */
const MOST_USES = 1000

/** Names of this machine, which no other one can open (RFC 6761, 6.3; RFC 1122, 3.2.1.3). */
const LOOPBACK = /^(localhost|.+\.localhost|127(\.\d+){3}|\[::1\])$/

export function inviteView (view: InviteView): unknown {
  const { words, headingLevel, party, invitation, problem, told, onClose } = view
  const { strings, error } = words

  return html`
    <section part="card" aria-labelledby="heading">
      <div class="row head">
        <div id="heading" part="heading" role="heading" aria-level=${headingLevel} tabindex="-1">${invitation == null ? party == null ? strings.newDevice : strings.invite : party == null ? strings.newDevice : strings.invitation}</div>
        ${invitation == null ? nothing : html`<button class="end" part="button" @click=${onClose}>${strings.close}</button>`}
      </div>
      <p role="status" part="status" class=${`told ${told?.tone ?? ''}`}>${told?.say(words) ?? nothing}</p>
      <div role="alert" part="problem">${problem == null ? nothing : html`<p class="problem">${error(problem)}</p>`}</div>
      ${invitation == null ? termsOf(view) : sheetOf(view, invitation)}
    </section>`
}

function termsOf (view: InviteView): unknown {
  const { words: { strings }, party, offline, busy, terms, onTerms, onInvite } = view
  const roles = ROLES.filter(role => role !== 'admin' || party?.role === 'owner')
  const checked = (event: Event): boolean => (event.target as HTMLInputElement).checked

  return html`
    ${party == null ? html`<p class="hint">${strings.newDeviceHint}</p>` : nothing}
    <div class="row">
      <button class="primary" part="button primary" ?disabled=${offline} aria-busy=${busy} @click=${() => { onInvite() }}>${offline ? strings.waitingForRelay : party == null ? strings.newDevice : strings.inviteSomeone}</button>
    </div>
    ${peopleOf(view)}
    ${party == null || party.kind === 'contact'
      ? nothing
      : html`
        <details>
          <summary>${strings.options}</summary>
          <div class="terms">
            <label for="label">${strings.label}</label>
            <input id="label" part="input" dir="auto" maxlength="40" .value=${terms.label} @input=${(event: Event) => { onTerms({ label: (event.target as HTMLInputElement).value }) }} />
            <label for="role">${strings.permission}</label>
            <select id="role" part="input" @change=${(event: Event) => { onTerms({ role: (event.target as HTMLSelectElement).value as Role }) }}>
              ${roles.map(role => html`<option value=${role} ?selected=${role === terms.role}>${strings.permissions[role]}</option>`)}
            </select>
            <label for="uses">${strings.uses}</label>
            <input id="uses" part="input" type="number" min="1" max=${MOST_USES} .value=${String(terms.uses)} @change=${(event: Event) => { onTerms({ uses: Math.min(MOST_USES, Math.max(1, (event.target as HTMLInputElement).valueAsNumber || 1)) }) }} />
            <label for="approval">${strings.approval}</label>
            <input id="approval" type="checkbox" .checked=${terms.approval} @change=${(event: Event) => { onTerms({ approval: checked(event) }) }} />
            <label for="with-pin">${strings.withPin}</label>
            <input id="with-pin" type="checkbox" .checked=${terms.withPin} @change=${(event: Event) => { onTerms({ withPin: checked(event) }) }} />
          </div>
          <p role="status" class=${terms.withPin ? '' : 'warning'}>${terms.withPin ? '' : strings.noPinWarning}</p>
        </details>`}`
}

/** Those whom one knows already; where they are many, by their names. */
function peopleOf ({ words: { strings, say, count }, offer: { people, shown, left, isSearched }, typed, offline, busy, onSearch, onInvite }: InviteView): unknown {
  return html`
    ${isSearched
      ? html`
        <div class="field known">
          <label for="person">${strings.findPerson}</label>
          <input id="person" type="search" part="input" dir="auto" autocomplete="off" .value=${typed} @input=${(event: Event) => { onSearch((event.target as HTMLInputElement).value) }} />
        </div>`
      : nothing}
    ${shown.length === 0
      ? nothing
      : html`
        <div class="row">
          ${shown.map(member => html`<button part="button" ?disabled=${offline} aria-busy=${busy} @click=${() => { onInvite(member) }}>${say(strings.inviteMember, { name: bdi(nameAmong(member, people)) })}</button>`)}
        </div>`}
    ${isSearched ? html`<p role="status" class="hint">${left > 0 ? count(strings.andMore, left) : shown.length === 0 ? strings.nobodyFound : ''}</p>` : nothing}`
}

function sheetOf (view: InviteView, invitation: Invitation): unknown {
  const { words: { strings, text }, party, offer: { people }, aloud, onAloud, onCancel, onRenew } = view
  const { status, candidates, to, delivered, expiresAt, uses, usedBy } = invitation.getSnapshot()

  if (status !== 'pending') {
    return html`<div class="row"><button class="primary" part="button primary" @click=${onRenew}>${party == null ? strings.newCode : strings.newInvitation}</button></div>`
  }

  const target = to == null ? undefined : people.find(({ peerId }) => peerId.equals(to))
  const name = to == null ? '' : target == null ? `…${to.toString().slice(-6)}` : nameOf(target)

  return html`
    ${candidates.map(candidate => candidateOf(view, candidate, candidates))}
    ${to != null
      ? html`<p>${text(delivered ? strings.hasIt : strings.forMember, { name })}</p>`
      : html`${pinOf(view, invitation)}${aloud ? wordsOf(view, invitation) : linkOf(view)}`}
    <p class="from">
      ${expiresAt == null ? nothing : html`<span class="time" role="timer">${text(strings.left, { time: leftUntil(expiresAt) })}</span>`}
      ${invitation.pin === '' ? nothing : html`<span>${view.words.count(strings.attemptsLeft, invitation.getSnapshot().attemptsLeft)}</span>`}
      ${uses > 1 ? html`<span>${text(strings.joinedOf, { n: usedBy.length, all: uses })}</span>` : nothing}
    </p>
    ${to != null || aloud ? nothing : qrOf(view)}
    <div class="row">
      ${to == null ? html`<button part="button" @click=${onAloud}>${aloud ? strings.showLink : party == null ? strings.wordsInstead : strings.aloud}</button>` : nothing}
      <button class="danger" part="button danger" @click=${onCancel}>${strings.cancelInvitation}</button>
    </div>`
}

/** Do both screens show the same? Nothing else matters now. */
function candidateOf ({ words: { strings, say }, party, onAdmit, onRefuse }: InviteView, candidate: Candidate, others: readonly Candidate[]): unknown {
  return html`
    <div class="candidate" part="candidate">
      <p>${say(party == null ? strings.candidateDevice : strings.candidate, { name: bdi(nameAmong(candidate, party?.members ?? [], others)) })}</p>
      <b class="comparison" part="comparison">${candidate.comparison}</b>
      <div class="row">
        <button class="primary" part="button primary" @click=${() => { onAdmit(candidate) }}>${strings.itMatches}</button>
        <button part="button" @click=${() => { onRefuse(candidate) }}>${strings.itDoesNot}</button>
      </div>
    </div>`
}

/** Large, in two halves: people read it aloud. */
function pinOf ({ words: { strings, text }, party, aloud }: InviteView, { pin }: Invitation): unknown {
  const half = Math.ceil([...pin].length / 2)
  const halves = `${[...pin].slice(0, half).join('')} ${[...pin].slice(half).join('')}`
  const label = aloud ? party == null ? strings.typePinWords : strings.sayPinWords : party == null ? strings.typePin : strings.sayPin

  return pin === ''
    ? html`<p class="warning">${strings.noPin}</p>`
    : html`<p class="hint">${label}</p><div class="pin" part="pin" role="img" aria-label=${text(strings.pin, { pin: [...pin].join(' ') })}>${halves}</div>`
}

function linkOf ({ words: { strings }, party, link, copied, canShare, onCopy, onShare }: InviteView): unknown {
  return html`
    <p class="hint">${party == null ? strings.scanDevice : strings.sendLink}</p>
    <div class="row link">
      ${canShare ? html`<button class="primary" part="button primary" @click=${onShare}>${strings.share}</button>` : nothing}
      <button class=${canShare ? '' : 'primary'} part=${canShare ? 'button' : 'button primary'} @click=${onCopy}>${copied ? strings.copied : strings.copy}</button>
      <input readonly id="link" part="input" dir="ltr" aria-label=${strings.link} .value=${link} @focus=${(event: Event) => { (event.target as HTMLInputElement).select() }} />
    </div>`
}

/** Folded, since it is large; not for a device of one's own, which is at hand. */
function qrOf ({ words: { strings, text }, party, link, qr, phoneAddress, onQr }: InviteView): unknown {
  const { hostname, host } = new URL(link)

  return html`
    <details ?open=${party == null} @toggle=${(event: Event) => { onQr((event.target as HTMLDetailsElement).open) }}>
      <summary>${strings.showQr}</summary>
      ${LOOPBACK.test(hostname) ? html`<p class="hint">${text(strings.onlyHere, { host })} ${phoneAddress == null ? '' : text(strings.phoneAddress, { address: phoneAddress })}</p>` : nothing}
      <div class="qr" part="qr">${qr ?? nothing}</div>
    </details>`
}

function wordsOf ({ words: { strings }, party }: InviteView, { shortCode }: Invitation): unknown {
  return html`
    <p class="hint">${party == null ? strings.typeWords : strings.sayWords}</p>
    <div class="words" part="words" role="group" aria-label=${strings.shortCode} lang="en">${shortCode?.split('-').map(word => html`<span>${word}</span>`) ?? strings.findingPlace}</div>`
}
