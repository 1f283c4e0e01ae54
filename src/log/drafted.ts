/** Ops before they are signed: what they say, whether the rules permit them, and what they would void. */
import { NotPermittedError } from '../errors.js'
import { currentRekeys, recipientsOf } from './epochs.js'
import { decodeOp, encodeOpBody, MAX_PARENTS } from './op.js'
import { opOf } from './reader.js'
import type { Entry } from './entry.js'
import type { Void } from './evaluation.js'
import type { Saying } from './heading.js'
import type { History, Judged } from './history.js'
import type { RekeyPlace, VoidedOp, WriteOptions } from './interface.js'
import type { Key } from './kinds.js'
import type { Op } from './op.js'
import type { Payloads } from './payloads.js'

/** What a REKEY holds is not judged. */
const ZEROS = '00'.repeat(32)

/** For whom an op speaks, and on what it is not to rest. */
export type Terms = Pick<WriteOptions, 'speaker' | 'without'>

/** An op that is still to be signed, judged. @throws {NotPermittedError} */
export function drafted (history: History, author: Key, { kind, payload }: Saying, { speaker, without }: Terms = {}): { op: Op, judged: Judged } {
  const body = encodeOpBody(kind, history.heading(author, speaker, { kind, payload }, MAX_PARENTS, without), payload as Payloads['LEAVE'])
  const op = decodeOp({ body, sig: new Uint8Array(64) }) as Op
  const judged = history.judge(op)

  if (typeof judged === 'string') {
    throw new NotPermittedError(`The party's rules do not permit that (${judged}); ask an owner or an admin`)
  }

  return { op, judged }
}

/** Where a REKEY would stand that is written now. @throws {NotPermittedError} */
export function rekeyPlace (history: History, author: Key): RekeyPlace {
  const { genesis, graph } = history
  const { op } = drafted(history, author, { kind: 'REKEY', payload: { commitment: ZEROS, wraps: ZEROS } })
  const parents = op.parents.map(id => graph.get(id) as Entry)
  const past = graph.pastOf(parents)
  // of more heads than fit some are not in its past: to whom that does not show nothing is sealed, nor to who is out by what it does not show
  const recipients = graph.coveredBy(parents) ? recipientsOf(history) : recipientsOf(history, { parents, ancestors: past }).filter(key => history.isMemberNow(key))
  const follows = currentRekeys(history, past).map(({ id }) => id)

  return { genesis: genesis.id, author, ...(op.previous == null ? {} : { previous: op.previous }), recipients, follows }
}

/** Ops that would lose their effect, were these written on top of a history, one after the other. @throws {NotPermittedError} */
export function voidedBy (history: History, author: Key, sayings: readonly Saying[], terms: Terms): VoidedOp[] {
  const other = history.upTo(history.graph.end)
  const lost = new Map<Entry, Void | undefined>()

  for (const saying of sayings) {
    other.take(drafted(other, author, saying, terms).judged)
    other.view.changes().voids.forEach((why, entry) => { lost.set(entry, why) })
  }

  return [...lost].flatMap(([entry, why]) => why == null || isVoid(history, entry) ? [] : [{ op: opOf(entry), ...why }])
}

/** Is it void already, before those? */
function isVoid ({ graph, view }: History, { id }: Entry): boolean {
  const entry = graph.get(id)

  return entry != null && view.voidOf(entry) != null
}
