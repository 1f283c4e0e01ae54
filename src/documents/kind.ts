/** What a library has to offer for its documents to be shared (docs/documents.md, "Another library"). */

/** Documents of one library. Their changes are bytes that can be applied in any order, and twice. */
export interface DocumentKind<Doc> {
  /** An id of libp2p: guarded streams of it carry all documents of that kind, of all parties. */
  protocol: string
  /** What is kept is sealed as this and the document's name, and opens as nothing else. */
  label: string
  /** Says what it has, so that whoever has more can tell what it lacks; at most 256 KiB. Of two empty ones it is the same. */
  version: (doc: Doc) => Uint8Array
  /** What who has this version lacks, as one change; all that it has. */
  since: (doc: Doc, version?: Uint8Array) => Uint8Array
  /** Several changes as one. */
  merge: (changes: Uint8Array[]) => Uint8Array
  /** @throws whatever is wrong with it; what cannot be read at all changes nothing. */
  apply: (doc: Doc, change: Uint8Array, origin?: unknown) => void
  /**
   * Tells of each change, at once, with its origin, and whether it was written here: by the app, or by `mirror`.
   *
   * @returns What ends it
   */
  follow: (doc: Doc, changed: (change: Uint8Array, origin: unknown, isWritten: boolean) => void) => () => void
  /** Has one all of what the other has, and no more? */
  equal: (one: Doc, other: Doc) => boolean
  /** By edits, which the app's views follow, `to` shows what `from` shows. */
  mirror: (from: Doc, to: Doc, origin: unknown) => void
  /** A new one with nothing in it, of the same settings. */
  empty: (like: Doc) => Doc
}
