/** A Yjs document, kept together with the members of a party, and who is there. */
import { applyAwarenessUpdate, Awareness, encodeAwarenessUpdate, removeAwarenessStates } from 'y-protocols/awareness'
import { DocumentProvider } from '../documents/provider.js'
import { YJS } from './kind.js'
import { Tellers, toldIn, updateOf } from './presence.js'
import type { DocumentOptions } from '../documents/provider.js'
import type { Party } from '../interface/index.js'
import type { Told } from './presence.js'
import type { Doc } from 'yjs'

/** Who is remembered as gone, at most. */
const MOST_REMEMBERED = 16_384

/** A number of this copy that others tell is gone on from up to this: somebody may tell the highest that there is. */
const MOST_CLOCK = 2 ** 32

/** Which document, and what it begins with. */
export interface YjsProviderOptions extends DocumentOptions {
  /** Who is there, and what they do. @default a new one, which ends with the provider */
  awareness?: Awareness
}

/** Keeps a Yjs document together with a party's members: writers write, readers read (docs/documents.md). */
export class YjsProvider extends DocumentProvider<Doc> {
  readonly awareness: Awareness
  /** By whom each client's presence was last told. */
  readonly #heard = new Map<number, string>()
  readonly #tellers = new Tellers()

  /**
   * @throws {TypeError} This party's document of that name has a provider already.
   * @throws {RangeError} No such name.
   */
  constructor (party: Party, doc: Doc, { awareness, ...options }: YjsProviderOptions = {}) {
    super(party, doc, YJS, options)
    this.awareness = awareness ?? new Awareness(doc)
    this.awareness.on('update', this.#onPresence)
    doc.on('destroy', this.destroy)

    this.ended.addEventListener('abort', () => {
      doc.off('destroy', this.destroy)
      this.awareness.off('update', this.#onPresence)

      if (awareness == null) {
        this.awareness.destroy()
      }
    })
  }

  protected override welcome (): Uint8Array[] {
    return [encodeAwarenessUpdate(this.awareness, [...this.awareness.getStates().keys()])]
  }

  protected override heard (update: Uint8Array, peer: string): void {
    const all = [...toldIn(update)]
    this.#tellers.take(peer, all)
    const [own, others] = [all.filter(({ client }) => client === this.awareness.clientID), all.filter(({ client }) => client !== this.awareness.clientID)]
    applyAwarenessUpdate(this.awareness, updateOf(others), peer)
    own.forEach((told) => { this.#heardOfSelf(told) })

    // y-protocols remembers all who were ever told of, so that nothing old brings them back
    if (this.awareness.meta.size > MOST_REMEMBERED) {
      [...this.awareness.meta.keys()].filter(client => !this.awareness.getStates().has(client)).forEach((client) => { this.awareness.meta.delete(client) })
    }
  }

  /** Somebody tells of this copy: as it was, or that it is gone. It says what it is, under the next number. */
  #heardOfSelf ({ clock, isGone }: Told): void {
    const { awareness } = this
    const state = awareness.getLocalState()
    const known = awareness.meta.get(awareness.clientID)?.clock ?? 0

    if (state != null && clock <= MOST_CLOCK && (clock > known || (clock === known && isGone))) {
      awareness.meta.set(awareness.clientID, { clock, lastUpdated: Date.now() })
      awareness.setLocalState(state)
    }
  }

  protected override gone (peer: string): void {
    const clients = [...this.#heard].filter(([client, teller]) => teller === peer && client !== this.awareness.clientID).map(([client]) => client)
    clients.forEach((client) => { this.#heard.delete(client) })
    this.#tellers.delete(peer)
    removeAwarenessStates(this.awareness, clients, this)
  }

  readonly #onPresence = (changes: Record<'added' | 'updated' | 'removed', number[]>, origin: unknown): void => {
    const clients = Object.values(changes).flat()
    const teller = origin === this.teller ? this.teller : undefined
    this.say(encodeAwarenessUpdate(this.awareness, clients), { but: teller })

    if (teller != null) {
      clients.forEach((client) => { this.#heard.set(client, teller) })
    }
  }
}
