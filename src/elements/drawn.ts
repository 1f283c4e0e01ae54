/** What both elements are: a shadow root that is drawn anew, once a turn, when something has changed. */
import { html, render } from 'lit/html.js'
import { sheet } from './styles.js'
import { wordsOf } from './strings.js'
import type { Words } from './strings.js'

/** A server, which has no elements, may import the entry all the same. */
const Base = (globalThis as { HTMLElement?: typeof HTMLElement }).HTMLElement ?? class {} as typeof HTMLElement

/** How often what counts down is drawn, ms. */
const TICK = 1_000

export abstract class Drawn extends Base {
  static readonly observedAttributes: string[] = ['lang', 'heading-level', 'offline']

  /** Properties that may be set before the class is known: then they are the object's own, and hide the class's. */
  protected static readonly settable: string[] = ['headingLevel', 'offline']

  readonly #root: ShadowRoot
  #isPending = false
  #ticking: ReturnType<typeof setInterval> | undefined

  constructor () {
    super()
    this.#root = this.attachShadow({ mode: 'open' })
    this.#root.adoptedStyleSheets = [sheet()]
  }

  /** The level of its heading, 1 to 6. @default 2 */
  get headingLevel (): number { return Number(this.getAttribute('heading-level') ?? 2) }
  set headingLevel (level: number) { this.setAttribute('heading-level', String(level)) }

  /** There is no network yet: nothing is asked until there is. @default false */
  get offline (): boolean { return this.hasAttribute('offline') }
  set offline (offline: boolean) { this.toggleAttribute('offline', offline) }

  /** The browser's: it is in the page. */
  connectedCallback (): void {
    for (const name of (this.constructor as typeof Drawn).settable) {
      if (Object.hasOwn(this, name)) {
        const value: unknown = Reflect.get(this, name)
        Reflect.deleteProperty(this, name)
        Reflect.set(this, name, value)
      }
    }

    this.#ticking = setInterval(() => { if (this.countsDown()) { this.draw() } }, TICK)
    this.draw()
  }

  /** The browser's: it is gone from the page. */
  disconnectedCallback (): void {
    clearInterval(this.#ticking)
  }

  /** The browser's: an attribute is another one. */
  attributeChangedCallback (): void {
    this.draw()
  }

  /** Focuses the heading, as for who comes to this screen. */
  override focus (options?: FocusOptions): void {
    this.find('#heading')?.focus(options)
  }

  /** What is shown. */
  protected abstract template (words: Words): unknown

  /** Is there a time that runs? */
  protected abstract countsDown (): boolean

  /** Called when what is shown has changed. */
  protected drawn (): void {}

  /** Something that is shown. */
  protected find <Found extends HTMLElement> (selector: string): Found | null {
    return this.#root.querySelector<Found>(selector)
  }

  /** Tells the page, also from within other elements' shadow roots. */
  protected tell (type: string, detail: Record<string, unknown> = {}): void {
    this.dispatchEvent(new CustomEvent(type, { detail, bubbles: true, composed: true }))
  }

  /** What is shown may be another: it is drawn at the end of this turn. */
  protected draw (): void {
    if (!this.#isPending) {
      this.#isPending = true
      queueMicrotask(() => {
        this.#isPending = false

        if (this.isConnected) {
          this.#draw()
        }
      })
    }
  }

  #draw (): void {
    const words = wordsOf(this.closest<HTMLElement>('[lang]')?.lang ?? globalThis.navigator.language, () => { this.draw() })
    const hadFocus = this.#root.activeElement != null
    render(html`<div class="root" lang=${words.language} dir=${words.dir}>${this.template(words)}</div>`, this.#root, { host: this })
    this.drawn()

    // who was on a button that is gone is not thrown out of the page's order
    if (hadFocus && this.#root.activeElement == null) {
      this.focus()
    }
  }
}
