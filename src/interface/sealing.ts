/** The party's key as an app sees it, and what is sealed under it. */
import type { AbortOptions } from '@libp2p/interface'

/** The party's key, as this node has it: its epochs are those between two rotations of it (docs/keys.md). */
export interface PartyEpoch {
  /** Names the epoch under which this node seals, 16 bytes, hex; missing while a secret of it has not come here, or the party has no key. */
  id?: string
  /** Somebody who is no member any more may know the key: an owner or an admin who is online makes another. */
  owed: boolean
  /** Does who joins get the keys of before, too? */
  history: boolean
}

/** To what sealed bytes are bound. */
export interface SealOptions extends AbortOptions {
  /** What the bytes belong to, a document's id say: they open with the same alone. @default nothing */
  associatedData?: Uint8Array
}

/** What was sealed. */
export interface Opened {
  bytes: Uint8Array
  /** The id of the epoch in which they were sealed, hex: `Party.epoch` has that of now. */
  epoch: string
}
