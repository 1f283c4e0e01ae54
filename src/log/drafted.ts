/** Ops before they are signed: what they say, whether the rules permit them, and what they would void. */
import { NotPermittedError } from '../errors.js'
import { currentRekeys, owesAfter, recipientsOf } from './epochs.js'
import { byWorth } from './heading.js'
import { decodeOp, encodeOpBody, MAX_PARENTS } from './op.js'
import { opOf } from './kept-op.js'
import type { Entry } from './entry.js'
import type { Void } from './evaluation.js'
import type { Saying } from './heading.js'
import type { History, Judged } from './history.js'
import type { RekeyPlace, VoidedOp, WriteOptions } from './interface.js'
import type { Key, OpId } from './kinds.js'
import type { Op } from './op.js'
import type { Payloads } from './payloads.js'

/** What a REKEY holds is not judged. */
const ZEROS = '00'.repeat(32)
const REKEY: Saying = { kind: 'REKEY', payload: { commitment: ZEROS, wraps: ZEROS } }

/** For whom an op speaks, and on what it is not to rest. */
export type Terms = Pick<WriteOptions, 'speaker' | 'without'>

/** An op that is still to be signed, and what the rules read of it. */
export interface Drafted {
  op: Op
  judged: Judged
}

/** Judges what is to be signed. @param heads - What it is to rest on; missing: all that is here, as far as it fits @throws {NotPermittedError} */
export function drafted (history: History, author: Key, { kind, payload }: Saying, { speaker, without }: Terms = {}, heads?: Entry[]): Drafted {
  const body = encodeOpBody(kind, history.heading(author, speaker, { kind, payload }, MAX_PARENTS, without, heads), payload as Payloads['LEAVE'])
  const op = decodeOp({ body, sig: new Uint8Array(64) }) as Op
  const judged = history.judge(op)

  if (typeof judged === 'string') {
    throw new NotPermittedError(`The party's rules do not permit that (${judged}); ask an owner or an admin`)
  }

  return { op, judged }
}

/** What it would say with another payload, where the rules read none of it: it need not be judged again. */
export function withPayload ({ op, judged }: Drafted, payload: Payloads['REKEY']): Drafted {
  return { op: decodeOp({ body: encodeOpBody('REKEY', op, payload), sig: op.signed.sig }) as Op, judged }
}

/** One of the REKEYs that a rotation takes. */
export interface RekeyPart {
  /** Ends on which it rests, beside the part before it; missing: all that is here, as far as that fits. */
  ends?: Entry[]
  /** What was current before the first of several. */
  current?: readonly Entry[]
  isLast: boolean
}

/**
 * The REKEYs that a rotation takes: one. Where it had to have more ends in its past than an op has parents, so that nothing is
 * owed any more, as many as bring all ends together, each on the one before.
 *
 * @throws {NotPermittedError}
 */
export function rekeyParts (history: History, author: Key): RekeyPart[] {
  const { graph, view } = history
  const parents = graph.headCount <= MAX_PARENTS ? [] : drafted(history, author, REKEY).op.parents.map(id => graph.get(id) as Entry)

  if (parents.length === 0 || !owesAfter(history, { parents, ancestors: graph.ancestorsOf(parents) })) {
    return [{ isLast: true }]
  }

  const current = currentRekeys(history)
  const ends = [...graph.heads].sort(byWorth(view, author))
  const parts = [{ ends: ends.splice(0, MAX_PARENTS), current, isLast: false }]

  while (ends.length > 0) {
    parts.push({ ends: ends.splice(0, MAX_PARENTS - 1), current, isLast: ends.length === 0 })
  }

  return parts
}

/** Where a REKEY would stand that is written now, and what it says there but for its payload. @param done - The parts before it @throws {NotPermittedError} */
export function rekeyPlace (history: History, author: Key, { ends, current, isLast }: RekeyPart, done: readonly OpId[]): Drafted & { place: RekeyPlace } {
  const { genesis, graph } = history
  const heads = ends && [...done.slice(-1).map(id => graph.get(id) as Entry), ...ends]
  const { op, judged } = drafted(history, author, REKEY, {}, heads)
  const parents = op.parents.map(id => graph.get(id) as Entry)
  const past = graph.ancestorsOf(parents)
  const isWhole = graph.coveredBy(parents)
  // of more heads than fit some are not in its past: to whom that does not show nothing is sealed
  const recipients = !isLast ? [] : isWhole ? recipientsOf(history) : recipientsOf(history, { parents, ancestors: past })
  const follows = [...(current ?? currentRekeys(history, isWhole ? undefined : past)).map(({ id }) => id), ...done]

  return { place: { genesis: genesis.id, author, ...(op.previous == null ? {} : { previous: op.previous }), recipients, follows, isFirst: done.length === 0, isLast }, op, judged }
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
