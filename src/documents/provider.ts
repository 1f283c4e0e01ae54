/** Keeps a document together with the members of a party, for as long as their log says so: what is the same for documents of any library. */
import { TypedEventEmitter } from 'main-event'
import { isAtLeast } from '../interface/roles.js'
import { Channel } from './channel.js'
import { Copy } from './copy.js'
import { SealedRecords } from './records.js'
import type { Party } from '../interface/index.js'
import type { Audience } from './followers.js'
import type { DocumentKind } from './kind.js'
import type { RecordStore } from './records.js'
import type { AbortOptions, PeerId } from '@libp2p/interface'

/** What a message is, its first byte: a change of the document, or what is told beside. */
const [DOCUMENT, BESIDE] = [0, 1]

/** Bytes of changes that wait for who takes them slowly: as much again is soon made of what it lacks. */
const MOST_WAITING = 1024 * 1024

/** Bytes of a message of a writer, which are held until all of it is there; and of a reader, who only says what is told beside. */
const [MOST, MOST_OF_READER] = [64 * 1024 * 1024, 256 * 1024]

/** Which document, and where it is kept. */
export interface DocumentOptions extends AbortOptions {
  /** Which of the party's documents; 1 to 255 bytes of UTF-8. @default 'default' */
  name?: string
  /** Keeps the document, sealed under the party's key. @default nothing does: the document may have a store of its own */
  store?: RecordStore
}

/** What a provider tells. */
export interface DocumentEvents {
  /** `synced` is another. */
  synced: CustomEvent<{ synced: boolean }>
  /** `canWrite` is another. */
  access: CustomEvent<{ canWrite: boolean }>
  /** This change was written here by who may not write, or may not any more: it was undone in this copy, and no other has it. */
  refused: CustomEvent<{ update: Uint8Array }>
  /**
   * What a member (`peer`) says cannot be read (`ProtocolError`), or is too long for the connection (`LimitedConnectionError`). Or, without
   * `peer`, the store failed, or the party cannot be served: as it was forgotten (`PartyForgottenError`).
   */
  error: CustomEvent<{ error: Error, peer?: PeerId }>
}

/** Keeps a document together with a party's members: writers write, readers read. What a library has of its own extends it. */
export class DocumentProvider<Doc> extends TypedEventEmitter<DocumentEvents> {
  readonly party: Party
  readonly doc: Doc
  /** Resolves when all that one writer has is here. @throws `AbortError`: it was destroyed before that */
  readonly whenSynced: Promise<void>
  readonly #copy: Copy<Doc>
  readonly #channel: Channel
  readonly #records: SealedRecords | undefined
  /** Connected writers, all of whose document is here. */
  readonly #synced = new Map<string, PeerId>()
  readonly #destroyed = new AbortController()
  #teller: string | undefined
  #isSynced = false

  /**
   * @throws {TypeError} This party's document of that name has a provider already.
   * @throws {RangeError} No such name.
   */
  constructor (party: Party, doc: Doc, kind: DocumentKind<Doc>, { name = 'default', store, signal }: DocumentOptions = {}) {
    super()
    signal?.throwIfAborted()
    this.party = party
    this.doc = doc
    this.#channel = new Channel({
      party,
      protocol: kind.protocol,
      name,
      greet: () => this.#copy.version,
      terms: peer => `${this.#isWriter(peer)} ${this.#copy.isUnsure}`,
      most: peer => this.#isWriter(peer) ? MOST : MOST_OF_READER,
      take: (peer, message) => { this.#take(peer, message) },
      gone: (peer) => { this.#gone(peer) },
      welcome: (_, known) => [
        ...this.canWrite ? [framed(DOCUMENT, this.#copy.since(known))] : [],
        ...this.welcome().map(message => framed(BESIDE, message))
      ],
      mostWaiting: MOST_WAITING,
      failed: (error, peer) => {
        if (peer == null) this.destroy()
        this.#failed(error, peer)
      }
    })
    this.#copy = new Copy({
      doc,
      kind,
      onUpdate: (change) => { this.#channel.tell(framed(DOCUMENT, change), { but: this.#teller }) },
      onRefused: (update) => { this.safeDispatchEvent('refused', { detail: { update } }) },
      onUnsure: () => { this.#channel.review() },
      onAccepted: (change) => { this.#records?.keep(change) }
    })
    this.#records = store == null ? undefined : new SealedRecords({
      party,
      store,
      associatedData: new TextEncoder().encode(`${kind.label}/${name}`),
      take: (change) => { this.#copy.restore(change) },
      state: () => this.#copy.since(),
      merge: kind.merge,
      onError: (error) => { this.#failed(error) },
      signal: this.ended
    })

    const unsubscribe = party.subscribe(() => { this.#review() })
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    this.whenSynced = promise
    promise.catch(() => { /* who waits is told */ })
    this.addEventListener('synced', () => { resolve() }, { once: true })
    signal?.addEventListener('abort', this.destroy)

    this.ended.addEventListener('abort', () => {
      signal?.removeEventListener('abort', this.destroy)
      unsubscribe()
      this.#channel.stop()
      this.#copy.end()
      reject(new DOMException('The provider was destroyed', 'AbortError'))
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

  /** Whose word is being taken right now: a PeerId. */
  protected get teller (): string | undefined { return this.#teller }

  /** Aborts when it is destroyed. */
  protected get ended (): AbortSignal { return this.#destroyed.signal }

  /** @returns What is told, beside the document, to who has it open from now on */
  protected welcome (): Uint8Array[] { return [] }

  /** A member, be it a reader, tells something beside the document. @throws whatever is wrong with that: it is left, and followed again later */
  protected heard (_message: Uint8Array, _peer: string): void {}

  /** It is not heard any more. */
  protected gone (_peer: string): void {}

  /** Tells members something beside the document. */
  protected say (message: Uint8Array, audience: Audience = {}): void {
    this.#channel.tell(framed(BESIDE, message), audience)
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
    const body = message.subarray(1)
    this.#teller = peer.toString()

    try {
      if (message[0] === BESIDE) {
        this.heard(body, this.#teller)
      } else if (message[0] === DOCUMENT && this.#isWriter(peer)) {
        this.#copy.accept(body)
        this.#synced.set(this.#teller, peer)
        this.#tellSynced()
      }
    } finally {
      this.#teller = undefined
    }
  }

  #gone (peer: PeerId): void {
    this.gone(peer.toString())
    this.#synced.delete(peer.toString())
    this.#tellSynced()
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
