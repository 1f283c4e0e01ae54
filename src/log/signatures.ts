/** Signatures of ops that came: an op's own at once, and with it, where it can be told what for, that of who is admitted or linked. */
import { decodeStored } from './op.js'
import { acceptanceHolds, signatureHolds } from './verify.js'
import type { Draft } from './entry.js'
import type { History } from './history.js'
import type { Key, OpId, PersonId } from './kinds.js'
import type { AnyOp, Op, UnknownOp } from './op.js'
import type { Terms } from './verify.js'

export class Signatures {
  /** What acceptances of ADMITs and LINKs were found to hold for. */
  readonly #accepted = new WeakMap<Op, Terms>()

  /**
   * Does an op's own signature hold?
   *
   * @param beside - Ops that came with it
   * @param firsts - Persons whom those admit, by their first keys
   */
  async hold (history: History, op: Op | UnknownOp, beside: Map<OpId, Op | UnknownOp>, firsts: Map<Key, PersonId>): Promise<boolean> {
    const { genesis } = history

    if (op.kind !== 'ADMIT' && op.kind !== 'LINK') {
      return signatureHolds(genesis.id, op)
    }

    // where what it was given for is not clear yet, the acceptance is checked when it is
    const terms = this.#termsOf(history, op, beside, firsts)
    const [signed, accepted] = await Promise.all([signatureHolds(genesis.id, op), terms != null && acceptanceHolds(genesis, op, terms)])

    if (accepted && terms != null) {
      this.#accepted.set(op, terms)
    }

    return signed
  }

  /** What an acceptance was probably given for. */
  #termsOf (history: History, op: AnyOp<'ADMIT' | 'LINK'>, beside: Map<OpId, Op | UnknownOp>, firsts: Map<Key, PersonId>): Terms | undefined {
    if (op.kind === 'LINK') {
      const person = op.speaker ?? firsts.get(op.author) ?? [...history.graph.personsOf(op.author)][0]

      return person == null ? undefined : { person }
    }

    const invite = beside.get(op.payload.invite)
    const info = beside.get(op.payload.info ?? '')
    const role = invite?.kind === 'INVITE' ? invite.payload.role : history.graph.get(op.payload.invite)?.role

    return role == null ? undefined : { role, info: info?.kind === 'INFO' ? info : infoOf(history, op) }
  }

  /** Did who is admitted, or linked, agree to just that? */
  async isAccepted (history: History, op: Op, { role, speaker }: Draft): Promise<boolean> {
    const known = this.#accepted.get(op)
    const terms: Terms = op.kind === 'LINK' ? { person: speaker } : { role, info: infoOf(history, op) }

    return (known != null && known.role === terms.role && known.info?.id === terms.info?.id && known.person === terms.person) || acceptanceHolds(history.genesis, op, terms)
  }
}

/** The INFO that an ADMIT names. */
export function infoOf ({ graph }: History, op: Op): AnyOp<'INFO'> | undefined {
  const entry = op.kind === 'ADMIT' && op.payload.info != null ? graph.get(op.payload.info) : undefined
  const info = entry?.kind === 'INFO' ? decodeStored(entry.id, entry.signed) : undefined

  return info?.kind === 'INFO' ? info : undefined
}
