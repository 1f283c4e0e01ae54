/** A document, kept together with the members of a party for as long as their log says so. */
import { TypedEventEmitter } from 'main-event'
import { applyAwarenessUpdate, Awareness, encodeAwarenessUpdate, removeAwarenessStates } from 'y-protocols/awareness'
import * as Y from 'yjs'
import { Channel } from '../documents/channel.js'
import { SealedRecords } from '../documents/records.js'
import { isAtLeast } from '../interface/roles.js'
import { Copy } from './copy.js'
import type { RecordStore } from '../documents/records.js'
import type { Party } from '../interface/index.js'
import type { AbortOptions, PeerId } from '@libp2p/interface'

/** Guarded streams of it carry all documents of all parties (docs/documents.md, "On the wire"). */
export const YJS_PROTOCOL = '/plus-one/yjs/1.0.0'

/** What a message is, its first byte: an update of the document, or of who is there. */
const [DOCUMENT, AWARENESS] = [0, 1]

/** Bytes of updates that wait for who takes them slowly: as much again is soon made of what it lacks. */
const MOST_WAITING = 1024 * 1024

/** Bytes of a message of a writer, which are held until all of it is there; and of a reader, who only says that it is there. */
const [MOST, MOST_OF_READER] = [64 * 1024 * 1024, 256 * 1024]

/** Which document, and what it begins with. */
export interface YjsProviderOptions extends AbortOptions {
  /** Which of the party's documents; 1 to 255 bytes of UTF-8. @default 'default' */
  name?: string
  /** Who is there, and what they do. @default a new one, which ends with the provider */
  awareness?: Awareness
  /** Keeps the document, sealed under the party's key. @default nothing does: the document may have a store of its own */
  store?: RecordStore
}

/** What a provider tells. */
export interface YjsProviderEvents {
  /** `synced` is another. */
  synced: CustomEvent<{ synced: boolean }>
  /** `canWrite` is another. */
  access: CustomEvent<{ canWrite: boolean }>
  /** This update was written here by who may not write, or may not any more: it was undone in this copy, and no other has it. */
  refused: CustomEvent<{ update: Uint8Array }>
  /**
   * What a member (`peer`) says cannot be read (`ProtocolError`), or is too long for the connection (`LimitedConnectionError`). Or, without
   * `peer`, the store failed, or the party cannot be served: as it was forgotten (`PartyForgottenError`).
   */
  error: CustomEvent<{ error: Error, peer?: PeerId }>
}

interface AwarenessChange {
  added: number[]
  updated: number[]
  removed: number[]
}

/** Keeps a Yjs document together with a party's members: writers write, readers read (docs/documents.md). */
export class YjsProvider extends TypedEventEmitter<YjsProviderEvents> {
  readonly party: Party
  readonly doc: Y.Doc
  readonly awareness: Awareness
  /** Resolves when all that one writer has is here. @throws `AbortError`: it was destroyed before that */
  readonly whenSynced: Promise<void>
  readonly #copy: Copy
  readonly #channel: Channel
  readonly #records: SealedRecords | undefined
  /** Connected writers, all of whose document is here. */
  readonly #synced = new Map<string, PeerId>()
  /** By whom each client's presence was last told. */
  readonly #heard = new Map<number, string>()
  readonly #destroyed = new AbortController()
  /** Whose word is being taken right now. */
  #teller: PeerId | undefined
  #isSynced = false

  /**
   * @throws {TypeError} This party's document of that name has a provider already.
   * @throws {RangeError} No such name.
   */
  constructor (party: Party, doc: Y.Doc, { name = 'default', awareness, store, signal }: YjsProviderOptions = {}) {
    super()
    signal?.throwIfAborted()
    this.party = party
    this.doc = doc
    this.#channel = new Channel({
      party,
      protocol: YJS_PROTOCOL,
      name,
      greet: () => this.#copy.stateVector,
      terms: peer => `${this.#isWriter(peer)} ${this.#copy.isUnsure}`,
      most: peer => this.#isWriter(peer) ? MOST : MOST_OF_READER,
      take: (peer, message) => { this.#take(peer, message) },
      gone: (peer) => { this.#gone(peer.toString()) },
      welcome: (_, known) => [...this.canWrite ? [framed(DOCUMENT, this.#copy.since(known))] : [], this.#presenceOf([...this.awareness.getStates().keys()])],
      mostWaiting: MOST_WAITING,
      failed: (error, peer) => {
        if (peer == null) this.destroy()
        this.#failed(error, peer)
      }
    })
    this.#copy = new Copy({
      doc,
      onUpdate: (update) => { this.#channel.tell(framed(DOCUMENT, update), { but: this.#teller?.toString() }) },
      onRefused: (update) => { this.safeDispatchEvent('refused', { detail: { update } }) },
      onUnsure: () => { this.#channel.review() },
      onAccepted: (update) => { this.#records?.keep(update) }
    })
    this.#records = store == null ? undefined : new SealedRecords({
      party,
      store,
      associatedData: new TextEncoder().encode(`plus-one/yjs/${name}`),
      take: (update) => { this.#copy.restore(update) },
      state: () => this.#copy.since(),
      merge: Y.mergeUpdates,
      onError: (error) => { this.#failed(error) },
      signal: this.#destroyed.signal
    })
    this.awareness = awareness ?? new Awareness(doc)
    this.awareness.on('update', this.#onPresence)
    doc.on('destroy', this.destroy)

    const unsubscribe = party.subscribe(() => { this.#review() })
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    this.whenSynced = promise
    promise.catch(() => { /* who waits is told */ })
    this.addEventListener('synced', () => { resolve() }, { once: true })
    signal?.addEventListener('abort', this.destroy)

    this.#destroyed.signal.addEventListener('abort', () => {
      signal?.removeEventListener('abort', this.destroy)
      doc.off('destroy', this.destroy)
      unsubscribe()
      this.#channel.stop()
      this.#copy.end()
      this.awareness.off('update', this.#onPresence)
      reject(new DOMException('The provider was destroyed', 'AbortError'))

      if (awareness == null) {
        this.awareness.destroy()
      }
    })

    this.#review()
  }

  /** May this node's member write, as far as its log says? What it writes all the same is undone: see `refused`. */
  get canWrite (): boolean { return this.#copy.canWrite }
  /** Is all here that some connected writer has? */
  get synced (): boolean { return this.#isSynced }

  /** Shares the document with nobody any more; the document stays. */
  readonly destroy = (): void => { this.#destroyed.abort() }

  /** Resolves when what its store had is here, and what is here is in its store; or an `error` said why not. */
  async flush (): Promise<void> {
    return this.#records?.flush()
  }

  #failed (error: Error, peer?: PeerId): void {
    this.safeDispatchEvent('error', { detail: { error, peer } })
  }

  #isWriter (peer: PeerId): boolean {
    return isAtLeast(this.party.roleOf(peer), 'writer')
  }

  /** The party has changed, or who is there. */
  #review (): void {
    const canWrite = isAtLeast(this.party.role, 'writer')
    const isNew = canWrite !== this.canWrite

    if (isNew) {
      this.#copy.canWrite = canWrite
      this.#channel.renew()
    }

    this.#synced.forEach((peer, name) => { if (!this.#isWriter(peer)) this.#synced.delete(name) })
    this.#tellSynced()

    if (isNew) {
      this.safeDispatchEvent('access', { detail: { canWrite } })
    }
  }

  /** A member's device says something. What a reader says of the document is none of it. */
  #take (peer: PeerId, message: Uint8Array): void {
    const teller = peer.toString()
    const body = message.subarray(1)
    this.#teller = peer

    try {
      if (message[0] === AWARENESS) {
        applyAwarenessUpdate(this.awareness, body, teller)
      } else if (message[0] === DOCUMENT && this.#isWriter(peer)) {
        this.#copy.accept(body)
        this.#synced.set(teller, peer)
        this.#tellSynced()
      }
    } finally {
      this.#teller = undefined
    }
  }

  #gone (peer: string): void {
    const clients = [...this.#heard].filter(([client, teller]) => teller === peer && client !== this.awareness.clientID).map(([client]) => client)
    clients.forEach((client) => { this.#heard.delete(client) })
    removeAwarenessStates(this.awareness, clients, this)
    this.#synced.delete(peer)
    this.#tellSynced()
  }

  #presenceOf (clients: number[]): Uint8Array {
    return framed(AWARENESS, encodeAwarenessUpdate(this.awareness, clients))
  }

  readonly #onPresence = ({ added, updated, removed }: AwarenessChange, origin: unknown): void => {
    const clients = [...added, ...updated, ...removed]
    const teller = origin === this.#teller?.toString() ? origin as string | undefined : undefined
    this.#channel.tell(this.#presenceOf(clients), { but: teller })

    if (teller != null) {
      clients.forEach((client) => { this.#heard.set(client, teller) })

      // of itself a node tells also who has just said that it is gone
      if (clients.includes(this.awareness.clientID)) {
        this.#channel.tell(this.#presenceOf([this.awareness.clientID]), { to: teller })
      }
    }
  }

  #tellSynced (): void {
    const synced = this.#synced.size > 0

    if (synced !== this.#isSynced) {
      this.#isSynced = synced
      this.safeDispatchEvent('synced', { detail: { synced } })
    }
  }
}

function framed (kind: number, body: Uint8Array): Uint8Array {
  const message = new Uint8Array(body.length + 1)
  message[0] = kind
  message.set(body, 1)

  return message
}
