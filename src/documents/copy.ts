/** A party's document as this node has it: a writer's own; a reader's beside what writers have, so that what it writes can be taken back. */
import type { DocumentKind } from './kind.js'

export interface CopyInit<Doc> {
  doc: Doc
  kind: DocumentKind<Doc>
  /** A writer's document has changed, also by what others wrote. */
  onUpdate: (change: Uint8Array) => void
  /** A reader's change was undone. */
  onRefused: (change: Uint8Array) => void
  /** `isUnsure` is another. */
  onUnsure: () => void
  /** This is what writers have, more than before; nothing: all of it is another. */
  onAccepted: (change?: Uint8Array) => void
}

export class Copy<Doc> {
  readonly #init: CopyInit<Doc>
  readonly #unfollow: () => void
  /** The origin of what was kept. */
  readonly #restored = Symbol('restored')
  #canWrite = true
  /** What writers have, as far as it is here. A writer's is its document. */
  #accepted: Doc
  #isUnsure = false
  /** Is a reader's document made of other changes than `#accepted`, because something was undone? It shows the same. */
  #isMended = false

  constructor (init: CopyInit<Doc>) {
    this.#init = init
    this.#accepted = init.doc
    this.#unfollow = init.kind.follow(init.doc, (change, origin, isWritten) => { this.#changed(change, origin, isWritten) })
  }

  /** May it hold what no writer took? Then the next change has to be all that some writer has. */
  get isUnsure (): boolean { return this.#isUnsure }

  /** What it has, for who has more; of one that is unsure, nothing. */
  get version (): Uint8Array {
    const { doc, kind } = this.#init

    return kind.version(this.#isUnsure ? kind.empty(doc) : this.#accepted)
  }

  get canWrite (): boolean { return this.#canWrite }

  set canWrite (canWrite: boolean) {
    const { doc, kind, onAccepted } = this.#init
    const was = this.#canWrite
    this.#canWrite = canWrite

    if (canWrite) {
      this.#accepted = doc

      if (this.#isMended) {
        onAccepted()
      }

      this.#isUnsure = this.#isMended = false
    } else if (was) {
      // what it wrote as a writer may have reached nobody
      this.#accepted = this.#holding(kind.since(doc))
      this.#isUnsure = kind.version(doc).join() !== kind.version(kind.empty(doc)).join()
    }
  }

  /** What who has that version lacks; all of it. */
  since (version?: Uint8Array): Uint8Array {
    return this.#init.kind.since(this.#accepted, version)
  }

  /** A writer says this. @throws whatever is wrong with it: what no one can read changes nothing; of what is found wrong later, a part may be here */
  accept (change: Uint8Array): void {
    const { doc, kind, onRefused, onUnsure, onAccepted } = this.#init
    const refused = this.#isUnsure ? this.#compare(change) : undefined

    if (this.#accepted !== doc) {
      // also of what breaks off half-way
      const wasMended = this.#isMended
      this.#isMended = true
      kind.apply(this.#accepted, change)
      this.#isMended = wasMended
      onAccepted(refused == null ? change : undefined)
    }

    kind.apply(doc, change, this)

    if (this.#isMended) {
      kind.mirror(this.#accepted, doc, this)
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
  restore (change: Uint8Array): void {
    this.#init.kind.apply(this.#init.doc, change, this.#restored)
  }

  /** It is followed no more. */
  end (): void {
    this.#unfollow()
  }

  /** All that a writer has beside what is here. @returns What is here alone, which is given up with that */
  #compare (change: Uint8Array): Uint8Array | undefined {
    const { kind } = this.#init
    const theirs = this.#holding(change)
    const before = this.#accepted

    if (kind.equal(this.#holding(change, kind.since(before)), theirs)) {
      return undefined
    }

    this.#accepted = theirs
    this.#isMended = true

    return kind.since(before, kind.version(theirs))
  }

  #holding (...changes: Uint8Array[]): Doc {
    const { doc, kind } = this.#init
    const held = kind.empty(doc)
    changes.forEach((change) => { kind.apply(held, change) })

    return held
  }

  #changed (change: Uint8Array, origin: unknown, isWritten: boolean): void {
    const { doc, kind, onUpdate, onRefused, onUnsure, onAccepted } = this.#init

    if (origin !== this.#restored && (this.#canWrite || (origin !== this && !isWritten))) {
      onAccepted(change)
    }

    if (this.#canWrite) {
      onUpdate(change)
    } else if (origin !== this && isWritten) {
      this.#isMended = true
      kind.mirror(this.#accepted, doc, this)
      onRefused(change)
    } else if (origin !== this) {
      // what was stored, say: it may be a writer's from before
      kind.apply(this.#accepted, change)
      this.#isUnsure = true
      onUnsure()
    }
  }
}
