/** P1 to P9 of docs/membership-log.md: what must hold whatever is signed, by whom, on which past. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CAST, FAKES, STEP_KINDS, Teller, build, cheats, fakeIdOf, goOn, keyNames, personNames, plans, shuffled, tell } from './histories.js'
import { reference } from './reference.js'
import { DOORS, MEMBERS, is, isAncestor, isGrant, mayGive, personId } from './reference-ops.js'
import type { History } from './histories.js'
import type { Kind, Known, OpId, PersonId } from './reference-ops.js'
import type { Outcome } from './reference.js'

/** `FUZZ=5000 npm run fuzz` asks for more; `SEED=… npm run fuzz` repeats one. */
const RUNS = Number(globalThis.process?.env.FUZZ ?? 20)
const TIMEOUT = Math.max(60_000, RUNS * 1000)
const MOST = 30
/** What some key signs besides: several such chains a history. */
const CHAINS = fc.array(cheats(1, 4), { minLength: 3, maxLength: 3 })
const HOSTILE = plans(MOST, ['group', 'group', 'group', 'group', 'contact'])

function settings (): fc.Parameters<unknown> {
  return { numRuns: RUNS, ...(globalThis.process?.env.SEED == null ? {} : { seed: Number(globalThis.process.env.SEED) }) }
}

const levelOf = (outcome: Outcome, person: PersonId): number => outcome.persons.get(person)?.level ?? Infinity
const of = <K extends Kind>(outcome: Outcome, ...kinds: K[]): Array<Known<K>> => [...outcome.known.values()].filter(is(...kinds))

const hasLeft = (outcome: Outcome, person: PersonId): boolean => of(outcome, 'LEAVE').some(({ op, speaker }) => speaker === person && outcome.inEffect.has(op.id))

/** The rank with which a person can act: what it has; of who left, what it had at any op. */
function rankOf ({ outcome, memory }: History, person: PersonId): number {
  const pasts = hasLeft(outcome, person) ? [...outcome.known.values()] : []
  const views = pasts.map(({ op, past }) => memory.viewOf([op.id], [...past, op.id].map(id => outcome.known.get(id)!)))

  return Math.min(...[outcome, ...views].map(({ persons }) => persons.get(person)?.level ?? Infinity))
}

/** Higher than before; of writers and readers the role tells. */
function isRaised (before: Outcome, after: Outcome, person: PersonId): boolean {
  const was = before.persons.get(person)
  const now = after.persons.get(person)

  return now != null && (was == null || now.level < was.level || (now.role === 'writer' && was.role === 'reader'))
}

/** What an outcome says of these ops, and of persons; whose keys may change, is left out. */
function said (outcome: Outcome, { ops, outcome: { keys } }: History, besides?: PersonId): object {
  const ids = ops.map(({ id }) => id)
  const mine = (id: OpId): boolean => outcome.known.get(id)?.speaker === besides && is('LINK', 'UNLINK')(outcome.known.get(id)!)

  return {
    persons: outcome.persons,
    keys: [...keys.keys()].filter(person => person !== besides).map(person => [...outcome.keys.get(person)!].filter(([, { stands }]) => stands).sort()),
    inEffect: ids.filter(id => outcome.inEffect.has(id) && !mine(id)),
    invites: ids.map(id => outcome.invites.get(id)),
    info: outcome.info
  }
}

const names = [...personNames]
const pairs = <A, B>(some: A[], others: B[]): Array<[A, B]> => some.flatMap(one => others.map((other): [A, B] => [one, other]))

describe('Whatever is signed, by whom, on which past', () => {
  it('P1, P2: the same set of ops says the same in any order, and nothing is read before it is decided', () => {
    fc.assert(fc.property(plans(MOST), (plan) => {
      const { ops, outcome, drafts } = tell(plan)

      expect(reference(shuffled([...ops, ...ops.slice(3)], plan.order))).toEqual(outcome)
      expect(build(drafts, FAKES)).toEqual(ops)
    }), settings())
  }, TIMEOUT)

  it('P3, P4: by signing nobody gains rank, nor takes any from those who are not below', () => {
    fc.assert(fc.property(HOSTILE, CHAINS, (plan, chains) => {
      const history = tell(plan)
      const { outcome } = history

      for (const [[k, name], chain] of pairs(names.filter(([person]) => outcome.keys.has(person)), chains)) {
        const after = goOn(history, chain, ({ person }) => person === name).outcome
        const rank = rankOf(history, k)
        const isGone = hasLeft(outcome, k)

        expect(levelOf(after, k)).toBeGreaterThanOrEqual(rank)
        expect(!isGone && isRaised(outcome, after, k)).toBe(false)

        for (const q of outcome.keys.keys()) {
          const now = after.persons.get(q)

          if (q !== k && now != null && now.level < MEMBERS && isRaised(outcome, after, q)) {
            expect({ q, may: mayGive(rank, now.role) && now.level > rank }).toEqual({ q, may: true })
          }

          if (q !== k && rank >= levelOf(outcome, q) && !isOwnNewcomer(outcome, k, q)) {
            expect({ q, falls: isRaised(after, outcome, q) }).toEqual({ q, falls: false })
          }
        }

        if (!outcome.persons.has(k) && !isGone) {
          expect(said(after, history, k)).toEqual(said(outcome, history, k))
        }
      }
    }), settings())
  }, TIMEOUT)

  it('P5: an unlinked key that goes on signing on old parents changes nothing, nor do the keys that it links there', () => {
    fc.assert(fc.property(HOSTILE, CHAINS, (plan, chains) => {
      const history = tell(plan)
      const { outcome } = history

      for (const [k, keys] of outcome.keys) {
        for (const [[key], chain] of pairs([...keys].filter(([, { stands }]) => !stands), chains)) {
          const lost = keyNames.get(key)!
          const after = goOn(history, chain, ({ person, key: signer }, drafts) => person === personNames.get(k) && (signer === lost ||
            (!keys.get(FAKES.keyOf(signer))?.stands && drafts.slice(history.drafts.length).some(draft => draft.kind === 'LINK' && draft.payload.key === signer))))

          expect(after.ops.filter(({ id }) => after.outcome.inEffect.has(id) && !outcome.known.has(id))).toEqual([])
          expect(said(after.outcome, history)).toEqual(said(outcome, history))
        }
      }
    }), settings())
  }, TIMEOUT)

  it('P6: a host admits writers and readers only, up to the uses, and nothing concurrent to its removal or a REVOKE counts', () => {
    fc.assert(fc.property(HOSTILE, (plan) => {
      const { outcome } = tell(plan)
      const counted = of(outcome, 'ADMIT').filter(({ op, level }) => level === DOORS && outcome.inEffect.has(op.id))
      const removes = of(outcome, 'REMOVE', 'REVOKE').filter(({ op }) => outcome.inEffect.has(op.id))

      for (const admit of counted) {
        const invite = outcome.known.get(admit.op.payload.invite) as Known<'INVITE'>
        const own = counted.filter(({ op, speaker }) => op.payload.invite === invite.op.id && speaker === admit.speaker)

        expect(['writer', 'reader']).toContain(invite.op.payload.role)
        expect(outcome.inEffect.has(invite.op.id)).toBe(true)
        expect(new Set(own.map(({ op }) => personId(op.payload.first, op.payload.recovery))).size).toBeLessThanOrEqual(invite.op.payload.uses)

        for (const end of removes.filter(({ op }) => op.kind === 'REMOVE' ? op.payload.person === admit.speaker : op.payload.invite === invite.op.id)) {
          const back = of(outcome, 'ADMIT', 'SET_ROLE', 'READOPT').filter(grant => isAncestor(end, grant) && isAncestor(grant, admit))

          expect(isAncestor(admit, end) || (end.op.kind === 'REMOVE' && isAncestor(end, admit) && back.length > 0)).toBe(true)
        }
      }
    }), settings())
  }, TIMEOUT)

  it('P7: who left or was removed is back only by an INVITE that has that in its past, or a grant of somebody who had seen it', () => {
    fc.assert(fc.property(HOSTILE, (plan) => {
      const { outcome } = tell(plan)
      const grants = [...outcome.known.values()].filter(isGrant).filter(({ op }) => outcome.inEffect.has(op.id))
      const about = ({ op }: Known): PersonId | undefined => op.kind === 'ADMIT' ? personId(op.payload.first, op.payload.recovery)
        : op.kind === 'READOPT' ? about(outcome.known.get(op.payload.admit)!) : op.kind === 'SET_ROLE' || op.kind === 'REMOVE' ? op.payload.person : undefined

      for (const end of of(outcome, 'REMOVE', 'LEAVE').filter(({ op }) => outcome.inEffect.has(op.id))) {
        const person = end.op.kind === 'LEAVE' ? end.speaker : end.op.payload.person
        const back = grants.filter(grant => about(grant) === person && isAncestor(end, grant) &&
          (grant.op.kind !== 'ADMIT' || isAncestor(end, outcome.known.get(grant.op.payload.invite)!)))

        expect(!outcome.persons.has(person) || back.length > 0).toBe(true)
      }
    }), settings())
  }, TIMEOUT)

  it('P8: the words take a founder\'s seat back from whoever holds all its devices', () => {
    fc.assert(fc.property(HOSTILE, cheats(1, 6), fc.nat(), (plan, chain, pick) => {
      const history = tell(plan)

      for (const name of ['Alice', 'Anna', 'Bob']) {
        const k = fakeIdOf(name)
        const trusted = history.drafts.filter((draft, i) => history.outcome.known.has(history.ops[i]!.id))
        const teller = new Teller(history)
        const place = trusted[pick % trusted.length]!.id
        const { now } = teller.at([place])!

        if (levelOf(now as Outcome, k) === 0 && !history.drafts.some(({ author }) => author === CAST[name]!.recovery)) {
          const words = { person: name, key: CAST[name]!.recovery! }
          const lost = [...now.keys.get(k)!].filter(([, { class: c }]) => c > 0).map(([key]) => keyNames.get(key)!)
          const last = (): string[] => [teller.drafts.at(-1)!.id]

          lost.forEach((key, i) => { expect(teller.add('UNLINK', words, i === 0 ? [place] : last(), { key })).toBe(true) })
          expect(teller.add('LINK', words, last(), { key: 'Fresh.1' })).toBe(true)
          const { outcome } = goOn(teller.history, chain, ({ person, key }) => person === name && key !== words.key && key !== 'Fresh.1')

          expect([...outcome.keys.get(k)!].filter(([, { stands }]) => stands).map(([key]) => keyNames.get(key)).sort()).toEqual([words.key, 'Fresh.1'].sort())
          expect(levelOf(outcome, k)).toBe(0)
        }
      }
    }), settings())
  }, TIMEOUT)

  it('P9: LINK and UNLINK by a device key leave every op of the keys of the same or smaller class', () => {
    const kinds = [STEP_KINDS.indexOf('LINK'), STEP_KINDS.indexOf('UNLINK')]

    fc.assert(fc.property(HOSTILE, CHAINS, (plan, chains) => {
      const history = tell(plan)

      for (const [k, keys] of history.outcome.keys) {
        for (const [[key], chain] of pairs([...keys], chains)) {
          const { outcome } = goOn(history, chain.map(step => ({ ...step, kind: kinds[step.kind % 2]! })),
            signer => signer.person === personNames.get(k) && signer.key === keyNames.get(key))
          const added = [...outcome.known.values()].filter(({ op }) => !history.outcome.known.has(op.id))
          const left = [...history.outcome.known.values()].filter(one => one.speaker === k && added.every(other => one.class <= other.class)).map(({ op }) => op.id)

          expect(left.filter(id => outcome.standing.has(id))).toEqual(left.filter(id => history.outcome.standing.has(id)))
        }
      }
    }), settings())
  }, TIMEOUT)
})

/** Edge of P4: a host displaces its own newcomers by forking its chain, until an owner or admin gave them a role. */
function isOwnNewcomer (outcome: Outcome, host: PersonId, person: PersonId): boolean {
  return !outcome.insiders.has(person) && of(outcome, 'ADMIT').some(({ op, speaker, level }) =>
    level === DOORS && speaker === host && personId(op.payload.first, op.payload.recovery) === person)
}
