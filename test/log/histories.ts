/** Random histories: every kind of op, by honest and cheating keys, on any past. They are made as drafts. */
import fc from 'fast-check'
import { CAST, FAKES, KEYS, NAMES, build, fakeIdOf, hash, keyNames, make, personNames } from './drafts.js'
import { Memory, judge, reference } from './reference.js'
import { ADMINS, is, isAncestor, seatsOf } from './reference-ops.js'
import type { Draft } from './drafts.js'
import type { Kind, Known, Op, OpId, PartyKind, Role } from './reference-ops.js'
import type { Outcome } from './reference.js'
import type { View } from './reference-view.js'

export { CAST, FAKES, build, fakeIdOf, keyNames, personNames } from './drafts.js'
export type { Draft, Maker } from './drafts.js'

const CREATED = Date.UTC(2026, 10, 21)

/** One op to be: who, what, on which past; numbers pick from what there is. */
export interface Step {
  kind: number
  author: number
  /** How parents are picked, and which. */
  past: number
  parents: number[]
  a: number
  b: number
  /** 0: one that cheats; 3 to 6: one that is careless. */
  honesty: number
}

export interface Plan {
  kind: PartyKind
  owners: number
  /** Whom the party begins with: all but one, and a bit for each second device. */
  settled: number
  nonce: number
  steps: Step[]
  order: number[]
}

/** As often as they come in a history. */
export const STEP_KINDS: Kind[] = ['INVITE', 'INVITE', 'INVITE', 'ADMIT', 'ADMIT', 'ADMIT', 'ADMIT', 'ADMIT', 'REVOKE', 'REVOKE', 'REMOVE', 'REMOVE', 'REMOVE', 'SET_ROLE', 'SET_ROLE',
  'SET_ROLE', 'SET_ROLE', 'LEAVE', 'LEAVE', 'READOPT', 'READOPT', 'READOPT', 'LINK', 'LINK', 'LINK', 'UNLINK', 'UNLINK', 'REKEY', 'INFO']
const ROLES: Role[] = ['owner', 'admin', 'writer', 'reader', 'owner', 'admin']

/** What cheats sign on old parents: words about people, and of keys. */
const CHEATS: Kind[] = ['SET_ROLE', 'SET_ROLE', 'REMOVE', 'REMOVE', 'ADMIT', 'READOPT', 'UNLINK', 'LINK', 'LEAVE', 'INVITE', 'REVOKE']

const ABOUT: Kind[] = ['SET_ROLE', 'SET_ROLE', 'SET_ROLE', 'SET_ROLE', 'REMOVE', 'ADMIT', 'ADMIT', 'READOPT', 'INVITE', 'LEAVE', 'UNLINK']

export function steps (minLength: number, maxLength: number): fc.Arbitrary<Step[]> {
  return stepsOf(fc.nat(STEP_KINDS.length - 1), fc.nat(9), minLength, maxLength)
}

export function cheats (minLength: number, maxLength: number): fc.Arbitrary<Step[]> {
  return stepsOf(fc.constantFrom(...CHEATS.map(kind => STEP_KINDS.indexOf(kind))), fc.integer({ min: 3, max: 9 }), minLength, maxLength)
}

/** Mostly about people: so that there are many words about each. */
function words (minLength: number, maxLength: number): fc.Arbitrary<Step[]> {
  return stepsOf(fc.constantFrom(...ABOUT.map(kind => STEP_KINDS.indexOf(kind))), fc.nat(9), minLength, maxLength)
}

function stepsOf (kind: fc.Arbitrary<number>, past: fc.Arbitrary<number>, minLength: number, maxLength: number): fc.Arbitrary<Step[]> {
  return fc.array(fc.record({
    kind, author: fc.nat(40), past,
    parents: fc.array(fc.nat(60), { minLength: 1, maxLength: 3 }), a: fc.nat(30), b: fc.nat(30), honesty: fc.nat(19)
  }), { minLength, maxLength, size: 'max' })
}

export function plans (most: number, kinds: PartyKind[] = ['group', 'group', 'group', 'group', 'community', 'contact', 'person']): fc.Arbitrary<Plan> {
  return fc.record({
    kind: fc.constantFrom(...kinds),
    owners: fc.integer({ min: 1, max: 3 }),
    settled: fc.nat(511),
    nonce: fc.nat(1_000_000),
    steps: steps(Math.min(10, most), most),
    order: fc.array(fc.nat(1000), { minLength: most + 30, maxLength: most + 30 })
  })
}

/** Plans of more steps, about few people. */
export function wordy (most: number): fc.Arbitrary<Plan> {
  return fc.tuple(plans(most, ['group']), words(Math.floor(most / 2), most)).map(([plan, steps]) => ({ ...plan, steps }))
}

export interface History {
  drafts: Draft[]
  /** The drafts with fake keys and ids. */
  ops: Op[]
  outcome: Outcome
  memory: Memory
}

/** Whoever may sign: a person with one of its keys, both by name. */
export interface Signer {
  person: string
  key: string
}

/** Writes a history on. */
export class Teller {
  drafts: Draft[]
  ops: Op[]
  memory: Memory
  /** Names by id, and ids by name. */
  names = new Map<OpId, string>()
  ids = new Map<string, OpId>()

  constructor ({ drafts, ops, memory }: Omit<History, 'outcome'>) {
    this.drafts = [...drafts]
    this.ops = [...ops]
    this.memory = memory
    this.ops.forEach((op, i) => {
      this.names.set(op.id, this.drafts[i]!.id)
      this.ids.set(this.drafts[i]!.id, op.id)
    })
  }

  get history (): History {
    return { drafts: this.drafts, ops: this.ops, memory: this.memory, outcome: reference(this.ops, this.memory) }
  }

  /** What is known at these parents: nothing, where one of them is refused. */
  at (parents: string[]): { here: Known[], now: View } | undefined {
    const heads = parents.map(name => this.memory.known.get(this.ids.get(name)!))

    if (heads.some(head => head == null)) {
      return undefined
    }

    const past = new Set(heads.flatMap(head => [head!.op.id, ...head!.past]))
    const here = [...past].map(id => this.memory.known.get(id)!)

    return { here, now: this.memory.viewOf(heads.map(head => head!.op.id), here) }
  }

  /** @returns whether it is authorised: only then it is kept, or where that is asked for */
  add (kind: Kind, { person, key }: Signer, parents: string[], payload: object, { fork = 0, isKept = false } = {}): boolean {
    const at = this.at(parents)

    if (at == null) {
      return false
    }

    const author = FAKES.keyOf(key)
    const own = at.here.filter(({ op }) => op.author === author)
    const latest = own.filter(one => !own.some(other => isAncestor(one, other)))
    const seats = [...seatsOf(at.here)].filter(([, { first }]) => first === author).map(([id]) => personNames.get(id))
    const draft = {
      id: `o${this.drafts.length}`,
      kind,
      parents,
      previous: latest.length === 0 ? undefined : this.names.get(latest[fork % latest.length]!.op.id),
      author: key,
      speaker: seats.length === 1 && seats[0] === person ? undefined : person,
      payload
    } as Draft
    const op = make(draft, this.ids, FAKES)

    if (this.ops.some(({ id }) => id === op.id)) {
      return false
    }

    const known = judge(op, new Map(at.here.map(one => [one.op.id, one])), this.memory)
    const isAuthorised = known != null
    this.memory.known.set(op.id, known)

    if (isAuthorised || isKept) {
      this.names.set(op.id, draft.id)
      this.ids.set(draft.id, op.id)
      this.drafts.push(draft)
      this.ops.push(op)
    }

    return isAuthorised
  }

  parentsOf ({ past, parents }: Step): string[] {
    const kept = this.drafts.filter((_, i) => this.memory.known.get(this.ops[i]!.id) != null)
    const names = kept.map(({ id }) => id)
    const taken = new Set(kept.flatMap(draft => draft.parents))
    const back = (most: number): string[] => [...new Set(parents.map(pick => names[Math.max(0, names.length - 1 - pick % most)]!))]

    return past < 3 ? names.filter(name => !taken.has(name)).slice(-16) : past < 6 ? [names.at(-1)!] : past < 8 ? back(6) : back(60)
  }

  /** Tries some authors and subjects until one op is authorised; a cheat signs the first, and who is careless all that are not, too. */
  step (step: Step, isAllowed: (signer: Signer, drafts: Draft[]) => boolean = () => true): void {
    const parents = this.parentsOf(step)
    const kind = STEP_KINDS[step.kind]!
    const at = this.at(parents)

    if (at == null) {
      return
    }

    const able = signersAt(at.now, kind, step).filter(signer => isAllowed(signer, this.drafts))
    const isCheat = step.honesty === 0
    const isCareless = step.honesty > 2 && step.honesty < 7

    for (let attempt = 0; attempt < 12 && able.length > 0; attempt++) {
      const signer = able[(step.author + attempt) % able.length]!
      const payload = this.payloadOf(kind, step, attempt, at, signer)

      if (payload != null && (this.add(kind, signer, parents, payload, { fork: step.a, isKept: isCheat || isCareless }) || isCheat)) {
        return
      }
    }
  }

  payloadOf (kind: Kind, { a, b, honesty }: Step, attempt: number, { here, now }: { here: Known[], now: View }, signer: Signer): object | undefined {
    const i = a + attempt
    const pick = <T>(some: T[]): T | undefined => some[i % Math.max(1, some.length)]
    const members = [...now.persons.keys()].map(id => personNames.get(id)!)
    const name = (known?: Known): string | undefined => known && this.names.get(known.op.id)
    const { kind: party } = here.find(is('GENESIS'))!.op.payload
    const invites = here.filter(is('INVITE'))

    switch (kind) {
      case 'INVITE': {
        const role = party === 'contact' ? 'owner' : ROLES[(b + attempt) % ROLES.length]!
        return {
          lookupId: hash(`${a} ${this.drafts.length}`).slice(0, 32), role, uses: party === 'contact' ? 1 : 1 + b % 3, createdAt: CREATED + a, expiresAt: CREATED + 1000,
          hosts: role === 'writer' || role === 'reader' ? [...new Set([a, a + b, b].map(n => [...members, ...NAMES][n % (members.length + 2)]!))].slice(0, (a + attempt) % 4) : [],
          target: honesty === 1 ? `${NAMES[b % 7]!}.1` : undefined
        }
      }
      case 'ADMIT': {
        const fits = invites.filter(({ op, speaker }) => [speaker, ...op.payload.hosts].some(id => personNames.get(id) === signer.person))
        const person = pick(NAMES.filter(one => !members.includes(one)))
        return fits.length === 0 || person == null ? undefined : { invite: name(fits[b % fits.length]), ...CAST[person], transcript: hash(`${b}`), after: a }
      }
      case 'REVOKE': return invites.length === 0 ? undefined : { invite: name(pick(invites)), reason: '' }
      case 'REMOVE': return { person: (b % 4 === 0 ? undefined : pick(members)) ?? pick(NAMES) }
      case 'SET_ROLE': return { person: pick(members) ?? pick(NAMES), role: ROLES[(b + attempt) % ROLES.length] }
      case 'READOPT': {
        const admit = pick(here.filter(is('ADMIT')).filter(({ op }) => !now.inEffect.has(op.id)))
        return admit && { admit: name(admit) }
      }
      case 'LINK': {
        const invite = party === 'person' && b % 2 === 0 ? name(pick(invites)) : undefined
        const pool = { Eva: 'Eve', Bobbie: 'Bob', Mallory: 'Frank', Home: 'Alice' }[signer.person] ?? signer.person
        return { key: b < 26 ? `${pool}.${1 + i % 4}` : pick(KEYS.slice(0, -1)), invite }
      }
      case 'UNLINK': {
        const own = pick([...now.keys.get(fakeIdOf(signer.person))?.keys() ?? []])
        return { key: own == null ? pick(KEYS) : keyNames.get(own) }
      }
      case 'REKEY': return { commitment: hash(`${a}`), wraps: hash(`${b}`) }
      case 'INFO': return { name: `Book club ${a}` }
      default: return {}
    }
  }
}

/** Standing keys of members who may sign such a thing, or almost. */
function signersAt (now: View, kind: Kind, { honesty, author, b }: Step): Signer[] {
  if (honesty === 0) {
    return [{ person: NAMES[author % NAMES.length]!, key: KEYS[(author * 7) % KEYS.length]! }]
  }

  const own = ['LEAVE', 'LINK', 'UNLINK'].includes(kind)
  const able = [...now.persons].filter(([, { level }]) => own || kind === 'ADMIT' || level <= ADMINS).map(([person]) =>
    [...now.keys.get(person)!].filter(([, { stands, class: c }]) => stands && (own || c > 0))
      .map(([key]) => ({ person: personNames.get(person)!, key: keyNames.get(key)! })))

  // a person before its keys, and a founder who leaves now and then
  return [0, 1, 2, 3, 4].flatMap(i => able.flatMap(keys => keys.length === 0 ? [] : [keys[(i + b) % keys.length]!]))
    .filter(({ person }) => kind !== 'LEAVE' || b === 0 || now.persons.get(fakeIdOf(person))!.level > 0)
}

/** A party with nothing but its GENESIS; a home's is signed by the words. */
export function begin (kind: PartyKind, owners: string[], nonce = 0): History {
  const genesis = {
    id: 'o0', kind: 'GENESIS', parents: [], author: CAST[owners[0]!]!.first,
    payload: { name: 'Book club', kind, owners: owners.map(name => CAST[name]!), nonce: hash(`${nonce}`).slice(0, 32) }
  } as unknown as Draft
  const ops = build([genesis], FAKES)
  const memory = new Memory()

  return { drafts: [genesis], ops, memory, outcome: reference(ops, memory) }
}

/** The history of a plan. */
export function tell ({ kind, owners, settled, nonce, steps }: Plan): History {
  const founders = kind === 'person' ? ['Home'] : ['Alice', 'Anna', 'Bob'].slice(0, kind === 'contact' ? 1 : owners)
  const teller = new Teller(begin(kind, founders, nonce))

  if (kind === 'group' || kind === 'community') {
    settle(teller, settled)
  }

  steps.forEach(step => { teller.step(step) })
  return teller.history
}

/** A party that has grown for a while: owners of several levels, an admin, writers with second devices. */
function settle (teller: Teller, settled: number): void {
  const roles: Array<[string, string, Role]> = [['Alice', 'Bob', 'owner'], ['Bob', 'Carol', 'owner'], ['Carol', 'Dave', 'admin'], ['Dave', 'Eve', 'writer'], ['Alice', 'Frank', 'admin']]
  const last = (): string[] => [teller.drafts.at(-1)!.id]

  for (const [i, [by, person, role]] of roles.entries()) {
    const signer = { person: by, key: `${by}.1` }

    if (settled % 8 !== i && teller.add('INVITE', signer, last(), { lookupId: hash(person).slice(0, 32), role, uses: 2, hosts: role === 'writer' ? ['Frank'] : [], createdAt: CREATED, expiresAt: 0 })) {
      teller.add('ADMIT', signer, last(), { invite: last()[0], ...CAST[person], transcript: hash(person), after: i })
    }
  }

  for (const [i, [person, by]] of [['Alice', 'words'], ['Bob', '1'], ['Carol', '1'], ['Bob', '2']].entries()) {
    if ((settled & 1 << (5 + i)) !== 0) {
      teller.add('LINK', { person: person!, key: `${person}.${by}` }, last(), { key: `${person}.${i === 3 ? 3 : 2}` })
    }
  }
}

/** The history with more steps, by those alone; each on any past. */
export function goOn (history: History, steps: Step[], isAllowed: (signer: Signer, drafts: Draft[]) => boolean): History {
  const teller = new Teller(history)
  steps.forEach(step => { teller.step({ ...step, honesty: 2 }, isAllowed) })
  return teller.history
}

/** What there is, in another order. */
export function shuffled <T> (items: T[], order: number[]): T[] {
  return items.map((item, i) => ({ item, at: order[i % order.length] ?? 0, i })).sort((a, b) => a.at - b.at || a.i - b.i).map(({ item }) => item)
}
