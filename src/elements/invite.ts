/** `<plus-one-invite>`: on which terms; PIN, link, four words; who asks, and what became of it. */
import { KIND_DEFAULTS } from '../interface/kinds.js'
import { Drawn } from './drawn.js'
import { foreign } from './foreign.js'
import { inviteView } from './invite-view.js'
import { Offered } from './offered.js'
import { endOf, follow } from './told.js'
import type { Invitation, InviteOptions, Member, Party, Person } from '../interface/index.js'
import type { Terms } from './invite-view.js'
import type { Told } from './told.js'
import type { Words } from './strings.js'

/** How long it lives where nothing else is said, ms: who is told a PIN is there now. */
const LIFETIME = 600_000

/** How long it is said that the link was copied, ms. */
const COPIED = 2_000

/** Rows of the terms that a party has no words for. */
const NO_TERMS: Terms = { role: 'writer', uses: 1, approval: false, withPin: true, label: '' }

/** The sheet of an invitation into a party, or of a device of one's own. */
export class InviteElement extends Drawn {
  protected static override readonly settable = [...Drawn.settable, 'party', 'person', 'invitation', 'people', 'options', 'lifetime', 'linkBase', 'phoneAddress']

  #party: Party | undefined
  #person: Person | undefined
  #people: readonly Member[] = []
  readonly #offered = new Offered()
  /** A part of a name, of those whom it may offer. */
  #typed = ''
  #invitation: Invitation | undefined
  /** It was made here, and nobody else shows it. */
  #isOwn = false
  #unfollow = (): void => {}
  #terms = NO_TERMS
  #told: Told | undefined
  #problem: Error | undefined
  #busy = false
  #aloud = false
  #copied: ReturnType<typeof setTimeout> | undefined
  #qr: SVGElement | undefined

  /** What is passed to `invite` besides the terms that the person chooses. */
  options: Partial<InviteOptions> = {}
  /** How long an invitation lives, ms. @default 600_000 */
  lifetime = LIFETIME
  /** Where links lead. @default PartiesInit.linkBase */
  linkBase: string | undefined
  /** Where a phone finds this page, where that is another address than this one. */
  phoneAddress: string | undefined

  /** Into what somebody is invited. */
  get party (): Party | undefined { return this.#party }
  set party (party: Party | undefined) {
    if (party !== this.#party) {
      this.#party = party
      this.#terms = party == null ? NO_TERMS : { ...NO_TERMS, ...KIND_DEFAULTS[party.kind] }
      this.draw()
    }
  }

  /** In place of a party: a device of this person's is invited. */
  get person (): Person | undefined { return this.#person }
  set person (person: Person | undefined) {
    this.#person = person
    this.draw()
  }

  /** Members of other parties, to be invited by their keys. */
  get people (): readonly Member[] { return this.#people }
  set people (people: readonly Member[]) {
    this.#people = people
    this.draw()
  }

  /** The invitation that is shown; one that exists can be put here. */
  get invitation (): Invitation | undefined { return this.#invitation }
  set invitation (invitation: Invitation | undefined) {
    if (invitation !== this.#invitation) {
      this.#show(invitation)
    }
  }

  /** The browser's: it is in the page. */
  override connectedCallback (): void {
    super.connectedCallback()
    this.#show(this.#invitation)
  }

  /** Gone from the page, it takes a device's code with it, which is of use only while both screens are looked at. */
  override disconnectedCallback (): void {
    super.disconnectedCallback()
    queueMicrotask(() => {
      if (!this.isConnected) {
        this.#unfollow()

        if (this.#isOwn && this.#person != null && this.#invitation?.status === 'pending') {
          this.#invitation.cancel().catch(() => {})
        }
      }
    })
  }

  protected override countsDown (): boolean {
    return this.#invitation?.status === 'pending'
  }

  protected override template (words: Words): unknown {
    const [party, invitation] = [this.#party, this.#invitation]

    return party == null && this.#person == null
      ? ''
      : inviteView({
          words,
          headingLevel: this.headingLevel,
          party,
          offline: this.offline,
          invitation,
          link: invitation?.link(this.linkBase) ?? '',
          terms: this.#terms,
          offer: this.#offered.of(this.#people, party?.members, this.#typed),
          typed: this.#typed,
          busy: this.#busy,
          aloud: this.#aloud,
          qr: this.#qr,
          copied: this.#copied != null,
          canShare: 'share' in navigator,
          phoneAddress: this.phoneAddress,
          told: this.#told,
          problem: this.#problem,
          onSearch: (typed) => { this.#typed = typed; this.draw() },
          onTerms: (terms) => { this.#terms = { ...this.#terms, ...terms }; this.draw() },
          onInvite: (to) => { this.#try(async () => { this.#made(await this.#invite(to)) }) },
          onRenew: () => { this.#try(async () => { this.#made(await invitation?.renew()) }) },
          onClose: () => { this.#close() },
          onCancel: () => { this.#try(async () => { await invitation?.cancel(); this.#close() }) },
          onCopy: () => { this.#copy() },
          onShare: () => { this.#share(words) },
          onAloud: () => { this.#speak(!this.#aloud) },
          onQr: (open) => { if (open) { this.#encode(words) } },
          onAdmit: ({ peerId }) => { invitation?.admit(peerId) },
          onRefuse: ({ peerId }) => { invitation?.refuse(peerId) }
        })
  }

  async #invite (to?: Member): Promise<Invitation | undefined> {
    const { role, uses, approval, withPin, label } = this.#terms
    const expiration = Date.now() + this.lifetime

    if (this.#party == null) {
      return this.#person?.invite({ expiration, approval: true, ...this.options })
    }

    return this.#party.invite({
      role, expiration, approval, ...(label.trim() === '' ? {} : { label: label.trim() }), ...(to == null ? { uses, ...(withPin ? {} : { pin: false }) } : { to: to.peerId, pin: false }), ...this.options
    })
  }

  #made (invitation: Invitation | undefined): void {
    this.#show(invitation)
    this.#isOwn = true
    this.tell('plus-one-created', { invitation })
    this.scrollIntoView({ block: 'start' })
  }

  #close (): void {
    this.#show(undefined)
    this.tell('plus-one-closed')
  }

  #show (invitation: Invitation | undefined): void {
    this.#unfollow()
    this.#isOwn &&= invitation === this.#invitation
    this.#invitation = invitation
    this.#aloud = false
    this.#qr = undefined
    this.#problem = undefined
    this.#told = invitation == null ? undefined : endOf(invitation)

    if (invitation != null && this.isConnected) {
      const ends = [
        invitation.subscribe(() => { this.draw() }),
        follow(invitation, (told) => { this.#told = told; this.draw() })
      ]
      this.#unfollow = () => { ends.forEach(end => { end() }) }
    }

    this.draw()
  }

  /** One thing at a time; what comes of it is shown. */
  #try (what: () => Promise<void>): void {
    if (!this.#busy) {
      this.#busy = true
      this.#problem = undefined
      this.draw()
      what().catch((error: Error) => { this.#problem = error }).finally(() => {
        this.#busy = false
        this.draw()
      })
    }
  }

  #copy (): void {
    navigator.clipboard.writeText(this.#invitation?.link(this.linkBase) ?? '').then(() => {
      clearTimeout(this.#copied)
      this.#copied = setTimeout(() => { this.#copied = undefined; this.draw() }, COPIED)
      this.draw()
    }, () => {
      // the page may not: then by hand
      this.find<HTMLInputElement>('#link')?.select()
    })
  }

  #share ({ strings, text }: Words): void {
    const url = this.#invitation?.link(this.linkBase) ?? ''
    // who changes their mind is told nothing
    navigator.share({ title: 'plus-one', text: text(strings.shareText, { party: foreign(this.#party?.name ?? '') }), url }).catch(() => {})
  }

  #speak (aloud: boolean): void {
    const invitation = this.#invitation
    this.#aloud = aloud
    this.#problem = undefined
    this.draw()

    if (aloud) {
      invitation?.publish().then(() => { this.draw() }, (error: Error) => {
        if (this.#invitation === invitation) {
          this.#problem = error
          this.draw()
        }
      })
    }
  }

  #encode ({ strings }: Words): void {
    const invitation = this.#invitation

    if (this.#qr == null && invitation != null) {
      import('./qr.js').then(({ qrOf }) => {
        if (this.#invitation === invitation) {
          this.#qr = qrOf(invitation.link(this.linkBase), strings.qr)
          this.draw()
        }
      }, (error: Error) => { this.#problem = error; this.draw() })
    }
  }
}
