/** What admissions need of profiles. */
import type { Profile } from '../interface/index.js'
import type { Key } from '../log/index.js'

export interface ProfileBook {
  /** This node's signed profile record; empty where it has none. */
  readonly own: Uint8Array
  /** What a member shows of themselves, as far as it is known here. */
  get (key: Key): Profile
  /** Keeps another member's, if it is newer: then true. @throws {ProtocolError} It is not that member's. */
  put (sealed: Uint8Array, key: Key): Promise<boolean>
}
