/** A Yjs document, kept together with the members of a party, and who is there. */
import { applyAwarenessUpdate, Awareness, encodeAwarenessUpdate, removeAwarenessStates } from 'y-protocols/awareness'
import { DocumentProvider } from '../documents/provider.js'
import { YJS } from './kind.js'
import type { DocumentOptions } from '../documents/provider.js'
import type { Party } from '../interface/index.js'
import type { Doc } from 'yjs'

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
    applyAwarenessUpdate(this.awareness, update, peer)
  }

  protected override gone (peer: string): void {
    const clients = [...this.#heard].filter(([client, teller]) => teller === peer && client !== this.awareness.clientID).map(([client]) => client)
    clients.forEach((client) => { this.#heard.delete(client) })
    removeAwarenessStates(this.awareness, clients, this)
  }

  readonly #onPresence = (changes: Record<'added' | 'updated' | 'removed', number[]>, origin: unknown): void => {
    const clients = Object.values(changes).flat()
    const teller = origin === this.teller ? this.teller : undefined
    this.say(encodeAwarenessUpdate(this.awareness, clients), { but: teller })

    if (teller != null) {
      clients.forEach((client) => { this.#heard.set(client, teller) })

      // of itself a node tells also who has just said that it is gone
      if (clients.includes(this.awareness.clientID)) {
        this.say(encodeAwarenessUpdate(this.awareness, [this.awareness.clientID]), { to: teller })
      }
    }
  }
}
