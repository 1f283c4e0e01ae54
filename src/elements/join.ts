/** `<plus-one-join>`: who invites me into what, the PIN, and "You're in". */
import { Drawn } from './drawn.js'
import { joinView } from './join-view.js'
import { Joiner } from './joiner.js'
import type { Parties, Party } from '../interface/index.js'
import type { Asked, JoiningState } from './joining.js'
import type { Drafts } from './join-view.js'
import type { Words } from './strings.js'

/** Where a person sees the time run. */
const COUNTING: readonly JoiningState[] = ['looking', 'preview', 'connecting', 'pin', 'checking', 'waiting', 'declining']

const NO_DRAFTS: Drafts = { code: '', pin: '', name: '', reason: '', deviceName: '' }

/** Joining, by a code or an invitation that was received: one state machine, shown. */
export class JoinElement extends Drawn {
  static override readonly observedAttributes = [...Drawn.observedAttributes, 'code']
  protected static override readonly settable = [...Drawn.settable, 'parties', 'code', 'name', 'deviceName']

  #parties: Parties | undefined
  #joiner: Joiner | undefined
  #code: Asked | undefined
  #drafts = NO_DRAFTS
  #problem: Error | undefined
  #suggestions: readonly string[] = []
  /** What was told of last, and what was shown last. */
  #told: JoiningState = 'empty'
  #before: JoiningState = 'empty'
  /** Is the name being kept? */
  #isNaming = false

  /** The service of the node that joins: `node.services.parties`. */
  get parties (): Parties | undefined { return this.#parties }
  set parties (parties: Parties | undefined) {
    if (parties !== this.#parties) {
      this.#close()
      this.#parties = parties
      this.#open()
    }
  }

  /** What is joined: a code of any form, or an invitation that was received. Another one ends what ran. */
  get code (): Asked | undefined { return this.#code }
  set code (code: Asked | undefined) {
    this.#code = code
    this.#ask(code)
  }

  /** What the person is called, for the field that asks for a name where the profile has none. */
  get name (): string { return this.#drafts.name }
  set name (name: string) { this.#type('name', name) }

  /** What this device is called, where it becomes another one of a person's: for the field that asks for it. */
  get deviceName (): string { return this.#drafts.deviceName }
  set deviceName (name: string) { this.#type('deviceName', name) }

  /** The browser's: it is in the page. */
  override connectedCallback (): void {
    super.connectedCallback()
    this.#open()
  }

  /** Gone from the page, it leaves what it was joining; back in the same turn, as where it is moved, it goes on. */
  override disconnectedCallback (): void {
    super.disconnectedCallback()
    queueMicrotask(() => {
      if (!this.isConnected) {
        this.#close()
      }
    })
  }

  /** The browser's: an attribute is another one. */
  override attributeChangedCallback (name = '', _before: string | null = null, value: string | null = null): void {
    if (name === 'code') {
      this.code = value ?? undefined
    } else if (name === 'offline') {
      this.#joiner?.send({ type: 'online', online: !this.offline })
    }

    this.draw()
  }

  protected override countsDown (): boolean {
    const { state, preview } = this.#joiner?.getSnapshot() ?? {}

    return state != null && COUNTING.includes(state) && preview?.expiresAt != null
  }

  protected override template (words: Words): unknown {
    const joiner = this.#joiner

    return joiner == null
      ? ''
      : joinView({
          words,
          joining: joiner.getSnapshot(),
          drafts: this.#drafts,
          headingLevel: this.headingLevel,
          isNameless: (this.#parties?.profile.displayName ?? '') === '',
          problem: this.#problem,
          suggestions: this.#suggestions,
          onType: (field, text) => { this.#type(field, text) },
          onCode: () => { this.#retype(this.#drafts.code) },
          onSuggestion: (code) => { this.#retype(code) },
          onJoin: () => { this.#join().catch(() => {}) },
          onDecline: () => { joiner.send({ type: 'decline', reason: this.#drafts.reason }) },
          onCancel: () => {
            joiner.send({ type: 'cancel' })
            this.tell('plus-one-cancelled')
          },
          onRetry: () => { joiner.send({ type: 'retry' }) },
          onEdit: () => { joiner.send({ type: 'edit' }) },
          onOpen: () => { this.tell('plus-one-opened', { party: joiner.getSnapshot().party }) }
        })
  }

  protected override drawn (): void {
    const state = this.#joiner?.getSnapshot().state ?? 'empty'
    const before = this.#before
    this.#before = state

    if (state !== before) {
      if (state === 'pin') {
        this.find('#pin')?.focus()
      } else if (state === 'mending') {
        this.find('#code')?.focus()
      } else if (before === 'pin' || before === 'checking' || state === 'joined') {
        this.focus()
      }
    }
  }

  #open (): void {
    if (this.#joiner == null && this.#parties != null && this.isConnected) {
      const joiner = this.#joiner = new Joiner(this.#parties, { online: !this.offline })
      joiner.subscribe(() => { this.#changed(joiner) })
      joiner.send({ type: 'code', invitation: this.#code })
    }
  }

  #close (): void {
    this.#joiner?.close()
    this.#joiner = undefined
    this.draw()
  }

  #ask (code: Asked | undefined): void {
    this.#drafts = { ...this.#drafts, pin: '', reason: '', code: typeof code === 'string' ? code : '' }
    this.#problem = undefined
    this.#suggestions = []
    this.#joiner?.send({ type: 'code', invitation: code })
    this.draw()
  }

  /** Another code, by hand. */
  #retype (code: string): void {
    this.#code = code
    this.tell('plus-one-code', { code })
    this.#ask(code)
  }

  #type (field: keyof Drafts, text: string): void {
    const before = this.#drafts
    this.#drafts = { ...before, [field]: text }
    const { preview } = this.#joiner?.getSnapshot() ?? {}

    if (field === 'pin' && text !== before.pin && preview != null && preview.pin !== false && [...text].length === preview.pin.length) {
      this.#joiner?.send({ type: 'pin', pin: text })
    }

    this.draw()
  }

  /** The name first: they see it beside the PIN. */
  async #join (): Promise<void> {
    const [parties, joiner, displayName] = [this.#parties, this.#joiner, this.#drafts.name.trim()]

    if (parties == null || joiner == null || this.#isNaming) {
      return
    }

    try {
      this.#isNaming = true
      this.#problem = undefined

      if (displayName !== '' && (parties.profile.displayName ?? '') === '') {
        await parties.setProfile({ ...parties.profile, displayName })
        this.tell('plus-one-named', { name: displayName })
      }

      joiner.send({ type: 'join' })
    } catch (err) {
      this.#problem = err as Error
    } finally {
      this.#isNaming = false
      this.draw()
    }
  }

  #changed (joiner: Joiner): void {
    const { state, error, party, invitation, turn, told } = joiner.getSnapshot()

    if (joiner !== this.#joiner) {
      return
    }

    if (state === 'pin' && error != null) {
      this.#drafts = { ...this.#drafts, pin: '' }
    }

    if (state !== this.#told) {
      this.#told = state

      if (state === 'mending' && typeof invitation === 'string') {
        this.#suggest(invitation, turn)
      } else if (state === 'joined' && party != null) {
        this.#joined(party)
      } else if (state === 'declined') {
        this.tell('plus-one-declined', { told })
      }
    }

    this.draw()
  }

  #joined (party: Party): void {
    const deviceName = this.#drafts.deviceName.trim()

    if (party.kind === 'person' && deviceName !== '') {
      // it is linked all the same
      this.#parties?.person.setDeviceName(deviceName).catch(() => {})
    }

    // names come after their members
    party.subscribe(() => { this.draw() })
    this.tell('plus-one-joined', { party, preview: this.#joiner?.getSnapshot().preview })
  }

  #suggest (code: string, turn: number): void {
    import('./suggestions.js').then(({ suggestionsFor }) => {
      if (this.#joiner?.getSnapshot().turn === turn) {
        this.#suggestions = suggestionsFor(code)
        this.draw()
      }
    }, () => {
      // the words can be typed again without
    })
  }
}
