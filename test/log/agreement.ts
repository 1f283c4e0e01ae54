/** The log and the reference, asked the same: each answers in the reference's words. No signatures. */
import { History } from '../../src/log/history.js'
import { keysOf } from '../../src/log/keys.js'
import { MEMBERS } from './reference-ops.js'
import type { AnyOp, Op } from '../../src/log/op.js'
import type { History as Told } from './histories.js'
import type { Op as ReferenceOp } from './reference-ops.js'

const NO_SIGNATURE = { body: new Uint8Array(), sig: new Uint8Array() }

const plain = (op: ReferenceOp): Op => ({ ...op, signed: NO_SIGNATURE }) as unknown as Op

/** Takes ops in, in this order but parents first; refused ones are left out with what hangs on them. */
export function take (ops: ReferenceOp[], each: (history: History) => void = () => {}): History {
  const [genesis, ...rest] = ops.map(plain)
  const history = new History(genesis as AnyOp<'GENESIS'>)
  const queue = [...rest]
  let left = Infinity

  while (queue.length < left) {
    left = queue.length

    for (const op of queue.splice(0)) {
      if (op.parents.every(id => history.graph.has(id))) {
        const judged = history.judge(op)

        if (typeof judged !== 'string' && !history.graph.has(op.id)) {
          history.take(judged)
          each(history)
        }
      } else {
        queue.push(op)
      }
    }
  }

  return history
}

/** What a history says, in the reference's words. */
export function said ({ graph, view }: History): object {
  const entries = [...graph.entries]

  return {
    fixed: new Map(entries.filter(({ kind }) => kind !== 'GENESIS').map(({ id, level, class: c, speaker, depth }) => [id, { level: Math.min(level, MEMBERS), class: c, speaker, depth }])),
    persons: new Map([...view.members].map(([id, { level, role }]) => [id, { level: Math.min(level, MEMBERS), role }])),
    inEffect: new Set(entries.filter(entry => entry.kind !== 'GENESIS' && view.voidOf(entry) == null).map(({ id }) => id)),
    keys: new Map([...graph.persons()].map(person => [person.id, new Set(keysOf(view, person))])),
    forked: new Set(graph.chains.forks.keys())
  }
}

/** What the reference says. */
export function expected ({ outcome }: Pick<Told, 'outcome'>): object {
  return {
    fixed: new Map([...outcome.known].filter(([, { op }]) => op.kind !== 'GENESIS').map(([id, { level, class: c, speaker, depth }]) => [id, { level, class: c, speaker, depth }])),
    persons: new Map([...outcome.persons].map(([id, { level, role }]) => [id, { level, role }])),
    inEffect: outcome.inEffect,
    keys: new Map([...outcome.keys].map(([id, keys]) => [id, new Set([...keys].filter(([, { stands, class: c }]) => stands && c > 0).map(([key]) => key))])),
    forked: new Set(outcome.forks.map(({ author }) => author))
  }
}
