/** The home of a person (docs/persons.md, "The home") as its recovery key makes it: which party it is, and who its one member. */
import { encodeOpBody, opIdOf, personIdOf } from './op.js'
import type { Key, OpId, PersonId } from './kinds.js'

/** Of every home: nobody is shown it. */
export const HOME_NAME = 'home'

const NONCE = '00'.repeat(16)

/** The GENESIS' body: a function of the recovery key alone, so that words lead to their home, and there is one. */
export function homeBodyOf (recovery: Key): Uint8Array {
  return encodeOpBody('GENESIS', { parents: [], author: recovery }, { name: HOME_NAME, kind: 'person', owners: [{ first: recovery, recovery }], nonce: NONCE })
}

/** The key of a person's home. */
export function homeKeyOf (recovery: Key): OpId {
  return opIdOf(homeBodyOf(recovery))
}

/** The person in its home: the recovery key is its first key, too. */
export function homeSeatOf (recovery: Key): PersonId {
  return personIdOf(recovery, recovery)
}
