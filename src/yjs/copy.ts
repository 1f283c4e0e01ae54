/** A party's document as this node has it: a writer's own; a reader's beside what writers have, so that what it writes can be taken back. */
import * as Y from 'yjs'
import { mirror } from './mirror.js'

/** Whence what was kept comes. */
const RESTORED = Symbol('restored')

export interface CopyInit {
  doc: Y.Doc
  /** A writer's document has changed, also by what others wrote. */
  onUpdate: (update: Uint8Array) => void
  /** A reader's change was undone. */
  onRefused: (update: Uint8Array) => void
  /** `isUnsure` is another. */
  onUnsure: () => void
  /** This is what writers have, more than before; nothing: all of it is another. */
  onAccepted: (update?: Uint8Array) => void
}

export class Copy {
  readonly #init: CopyInit
  #canWrite = true
  /** What writers have, as far as it is here. A writer's is its document. */
  #accepted: Y.Doc
  #isUnsure = false
  /** Has a reader's document other structs than `#accepted`, because something was undone? It shows the same. */
  #isMended = false

  constructor (init: CopyInit) {
    this.#init = init
    this.#accepted = init.doc
    init.doc.on('update', this.#follow)
  }

  /** May it hold what no writer took? Then the next update has to be all that some writer has. */
  get isUnsure (): boolean { return this.#isUnsure }

  /** What it has, for who has more; of one that is unsure, nothing. */
  get stateVector (): Uint8Array {
    return Y.encodeStateVector(this.#isUnsure ? new Y.Doc() : this.#accepted)
  }

  get canWrite (): boolean { return this.#canWrite }

  set canWrite (canWrite: boolean) {
    const { doc } = this.#init
    const was = this.#canWrite
    this.#canWrite = canWrite

    if (canWrite) {
      this.#accepted = doc

      if (this.#isMended) {
        this.#init.onAccepted()
      }

      this.#isUnsure = this.#isMended = false
    } else if (was) {
      // what it wrote as a writer may have reached nobody
      this.#accepted = docOf(doc.gc, Y.encodeStateAsUpdate(doc))
      this.#isUnsure = doc.store.clients.size > 0
    }
  }

  /** What who knows `stateVector` lacks; all of it. */
  since (stateVector?: Uint8Array): Uint8Array {
    return Y.encodeStateAsUpdate(this.#accepted, stateVector)
  }

  /** A writer says this. @throws whatever is wrong with it: what no one can read changes nothing; of what Yjs finds wrong later, a part may be here */
  accept (update: Uint8Array): void {
    const { doc, onRefused, onUnsure, onAccepted } = this.#init
    Y.decodeUpdate(update)
    const refused = this.#isUnsure ? this.#compare(update) : undefined

    if (this.#accepted !== doc) {
      // also of what breaks off half-way
      const wasMended = this.#isMended
      this.#isMended = true
      Y.applyUpdate(this.#accepted, update)
      this.#isMended = wasMended
      onAccepted(refused == null ? update : undefined)
    }

    Y.applyUpdate(doc, update, this)

    if (this.#isMended) {
      // not in one transaction: Yjs takes what is ours in it for another client's
      doc.transact(() => { mirror(this.#accepted, doc) }, this)
    }

    if (this.#isUnsure) {
      this.#isUnsure = false
      onUnsure()
    }

    if (refused != null) {
      onRefused(refused)
    }
  }

  /** What was kept of it. */
  restore (update: Uint8Array): void {
    Y.applyUpdate(this.#init.doc, update, RESTORED)
  }

  /** It is followed no more. */
  end (): void {
    this.#init.doc.off('update', this.#follow)
  }

  /** All that a writer has beside what is here. @returns What is here alone, which is given up with that */
  #compare (update: Uint8Array): Uint8Array | undefined {
    const { gc } = this.#init.doc
    const theirs = docOf(gc, update)
    const before = Y.encodeStateAsUpdate(this.#accepted)

    if (Y.equalSnapshots(Y.snapshot(docOf(gc, update, before)), Y.snapshot(theirs))) {
      return undefined
    }

    this.#accepted = theirs
    this.#isMended = true

    return Y.diffUpdate(before, Y.encodeStateVector(theirs))
  }

  readonly #follow = (update: Uint8Array, origin: unknown, doc: Y.Doc, { local }: Y.Transaction): void => {
    const { onUpdate, onRefused, onUnsure, onAccepted } = this.#init

    if (origin !== RESTORED && (this.#canWrite || (origin !== this && !local))) {
      onAccepted(update)
    }

    if (this.#canWrite) {
      onUpdate(update)
    } else if (origin !== this && local) {
      this.#isMended = true
      doc.transact(() => { mirror(this.#accepted, doc) }, this)
      onRefused(update)
    } else if (origin !== this) {
      // what was stored, say: it may be a writer's from before
      Y.applyUpdate(this.#accepted, update)
      this.#isUnsure = true
      onUnsure()
    }
  }
}

function docOf (gc: boolean, ...updates: Uint8Array[]): Y.Doc {
  const doc = new Y.Doc({ gc })
  updates.forEach((update) => { Y.applyUpdate(doc, update) })

  return doc
}
