/** What a party asks of its node's network of members. */
import type { PartyKeys } from './party-keys.js'
import type { Key } from '../log/index.js'
import type { GuardedStreams, Protection } from '../meeting/index.js'
import type { LogSync } from '../sync/index.js'

export interface PartyNetwork {
  readonly sync: Pick<LogSync, 'catchUp' | 'delivered'>
  /** Resolves when a member is connected by this key; dials it where the node meets members by itself. */
  reach: (key: Key, options: { signal: AbortSignal }) => Promise<void>
  /** Has the party's key told to members, and asked of them, until the signal aborts. */
  exchange: (keys: PartyKeys, options: { signal: AbortSignal }) => Promise<void>
  /** Loaded with the first call. */
  streams: () => Promise<GuardedStreams>
  /** Loaded with the first call. */
  protection: () => Promise<Protection>
}
