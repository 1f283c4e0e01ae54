/** What was begun and has to be finished, whatever comes between: parties that this node forgets, and a reset (docs/storage.md, "Forgetting"). */
import { Key } from 'interface-datastore'
import { known, PREFIX, stored, writeBatch } from '../storage.js'
import type { Fill } from '../storage.js'
import type { AbortOptions } from '@libp2p/interface'
import type { Datastore } from 'interface-datastore'

const MARKS = `${PREFIX}/forgetting`

/** What a reset forgets, in place of a party's key. */
export const ALL = 'all'

/** Keys of parties that are none of this node's any more, though some of them may still be in its store; or `all`. @throws {StorageError} */
export async function marksIn (datastore: Datastore): Promise<string[]> {
  await known(datastore)

  return stored(async () => {
    const marks: string[] = []

    for await (const key of datastore.queryKeys({ prefix: `${MARKS}/` })) {
      marks.push(key.toString().slice(MARKS.length + 1))
    }

    return marks
  })
}

/** From here on a party, or `all`, is forgotten: what fails or ends after that is gone on with by the next start. @param also - Goes into the same batch @throws {StorageError} Nothing is changed. */
export async function mark (datastore: Datastore, what: string, options?: AbortOptions, also?: Fill): Promise<void> {
  await writeBatch(datastore, (batch) => {
    batch.put(markOf(what), Uint8Array.of(1))
    also?.(batch)
  }, { ...options, sync: true })
}

export function markOf (what: string): Key {
  return new Key(`${MARKS}/${what}`, false)
}
