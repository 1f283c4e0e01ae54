/** All files of test/vectors, by name, as src/ makes them now. */
import { codes } from './codes.js'
import { documents } from './documents.js'
import { handshakes } from './handshakes.js'
import { histories } from './histories.js'
import { keys } from './keys.js'
import { meeting } from './meeting.js'
import { ops } from './ops.js'
import { persons } from './persons.js'
import { records } from './records.js'
import { shortCodes } from './short-codes.js'
import { sync } from './sync.js'

export const makers = { codes, documents, handshakes, histories, keys, meeting, ops, persons, records, 'short-codes': shortCodes, sync }

/** What a file has. */
export type Vectors<Name extends keyof typeof makers> = Awaited<ReturnType<typeof makers[Name]>>

/** A file's text. */
export function textOf (vectors: object) {
  return `${JSON.stringify(vectors, undefined, 2)}\n`
}
