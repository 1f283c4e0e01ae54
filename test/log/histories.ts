/** Random histories for properties: every kind of op, by honest and cheating authors, on any past. */
import fc from 'fast-check'
import { acceptanceBytes } from '../../src/log/index.js'
import { forge, party, people } from './people.js'
import { reference } from './reference.js'
import type { Outcome } from './reference.js'
import type { Person } from './people.js'
import type { AnyOp, Op, OpId, OpKind, PartyKind, Payloads } from '../../src/log/index.js'

const CREATED = Date.UTC(2026, 10, 21)
const KINDS = ['INVITE', 'ADMIT', 'ADMIT', 'ADMIT', 'REVOKE', 'REMOVE', 'SET_ROLE', 'SET_ROLE', 'LEAVE', 'READOPT', 'READOPT'] as const
const ROLES = ['admin', 'writer', 'reader', 'admin', 'writer', 'owner'] as const

/** One op to be: who, what, on which past; numbers pick from what there is. */
export interface Step {
  author: number
  kind: number
  parents: number[]
  target: number
  role: number
  /** 0: one that cheats. */
  honesty: number
}

export interface Plan {
  kind: PartyKind
  owners: number
  steps: Step[]
  order: number[]
}

export function plans (most: number): fc.Arbitrary<Plan> {
  const step = fc.record({
    author: fc.nat(7), kind: fc.nat(KINDS.length - 1), parents: fc.array(fc.nat(40), { minLength: 1, maxLength: 3 }),
    target: fc.nat(30), role: fc.nat(ROLES.length - 1), honesty: fc.nat(19)
  })

  return fc.record({
    kind: fc.constantFrom<PartyKind>('group', 'group', 'group', 'community', 'contact'),
    owners: fc.integer({ min: 1, max: 3 }),
    steps: fc.array(step, { minLength: 3, maxLength: most, size: 'max' }),
    order: fc.array(fc.nat(1000), { minLength: most + 10, maxLength: most + 10 })
  })
}

export interface Case {
  genesis: AnyOp<'GENESIS'>
  ops: Op[]
  unwilling: Set<OpId>
  outcome: Outcome
}

let everyone: Promise<Person[]> | undefined

export async function cast (): Promise<Person[]> {
  everyone ??= people('Alice', 'Bob', 'Carol', 'Dave', 'Eve', 'Frank', 'Grace', 'Heidi')
  return everyone
}

/** Signs the ops of a plan. */
export async function enact ({ kind, owners, steps }: Plan): Promise<Case> {
  const persons = await cast()
  const keys = persons.slice(0, kind === 'contact' ? 1 : owners).map(({ key }) => key)
  const log = await party(persons[0]!, kind, keys)
  const genesis = log.get(log.key) as AnyOp<'GENESIS'>
  const ops: Op[] = [genesis]
  const unwilling = new Set<OpId>()

  if (kind !== 'contact') {
    // so that most stories begin in a party with two admins, a writer and a reader
    await settle(genesis, ops, persons)
  }

  for (const step of steps) {
    const made = await opOf(step, genesis, ops, unwilling, persons)

    if (made != null && !ops.some(({ id }) => id === made.id)) {
      ops.push(made)
    }
  }

  return { genesis, ops, unwilling, outcome: reference(ops, unwilling) }
}

async function settle (genesis: AnyOp<'GENESIS'>, ops: Op[], [alice, ...others]: Person[]): Promise<void> {
  for (const [i, role] of (['admin', 'admin', 'writer', 'reader'] as const).entries()) {
    const member = others[i + 2]!
    const lookupId = `${i}`.padStart(32, 'f')
    const transcript = 'cd'.repeat(32)
    const invite = await forge(alice!, genesis.id, 'INVITE', [ops.at(-1)!.id], { lookupId, role, uses: 2, createdAt: CREATED, expiresAt: 0 })
    const acceptance = await member.privateKey.sign(acceptanceBytes({ genesis: genesis.id, invite: invite.id, member: member.key, inviter: alice!.key, role, transcript }))
    ops.push(invite, await forge(alice!, genesis.id, 'ADMIT', [invite.id], { invite: invite.id, member: member.key, acceptance, transcript, after: 0 }))
  }
}

/** Tries some authors and targets until one op is authorised; a cheat signs the first. */
async function opOf (step: Step, genesis: AnyOp<'GENESIS'>, ops: Op[], unwilling: Set<OpId>, persons: Person[]): Promise<Op | undefined> {
  // near the end of what there is, mostly
  const parents = [...new Set(step.parents.map(back => ops[Math.max(0, ops.length - 1 - (back < 30 ? back % 5 : back - 25))]?.id ?? genesis.id))]
  const kind = KINDS[step.kind] ?? 'INVITE'
  let first: Op | undefined

  for (let attempt = 0; attempt < 8; attempt++) {
    const author = persons[(step.author + attempt * 3) % persons.length]!
    const payload = await payloadOf(kind, step, attempt, genesis, ops, unwilling, persons)

    if (payload == null) {
      continue
    }

    const { honest, ...fields } = payload
    const admit = ops.find(op => op.kind === 'INVITE' && 'invite' in fields && op.id === fields.invite)
    const signer = kind === 'ADMIT' ? persons.find(({ key }) => key === (admit as AnyOp<'INVITE'> | undefined)?.author) ?? author : author
    const op = await forge(signer, genesis.id, kind as OpKind, parents, fields as never) as Op

    if (!honest) {
      unwilling.add(op.id)
    }

    first ??= op

    if (step.honesty === 0 || reference([...ops, op], unwilling).kept.has(op.id)) {
      return op
    }
  }

  return step.honesty < 3 ? first : undefined
}

async function payloadOf (kind: Exclude<OpKind, 'GENESIS'>, step: Step, attempt: number, genesis: AnyOp<'GENESIS'>, ops: Op[], unwilling: Set<OpId>, persons: Person[]): Promise<(Payloads[OpKind] & { honest: boolean }) | undefined> {
  const target = persons[(step.target + attempt) % persons.length]!
  const role = ROLES[(step.role + attempt) % ROLES.length]!
  const pick = <K extends OpKind>(name: K): AnyOp<K> | undefined => {
    const some = ops.filter((op): op is AnyOp<K> => op.kind === name)

    return some[(step.target + attempt) % Math.max(1, some.length)]
  }

  switch (kind) {
    case 'INVITE': return {
      lookupId: (step.target * 100 + step.parents.length + ops.length * 7919).toString(16).padStart(32, '0'),
      role: genesis.payload.kind === 'contact' ? 'owner' : role,
      uses: 1 + step.target % 2,
      // told times are judged by no rule: any order, any distance
      createdAt: CREATED - step.target * 1000,
      expiresAt: step.target % 2 === 0 ? 0 : 1 + step.target,
      honest: true,
      ...(step.honesty === 1 ? { target: target.key } : {}),
      ...(genesis.payload.kind === 'contact' ? { uses: 1 } : {})
    }
    case 'ADMIT': {
      const invite = pick('INVITE')

      if (invite == null) {
        return undefined
      }

      const transcript = (step.target % 3 === 0 ? 'ab' : (ops.length % 256).toString(16).padStart(2, '0')).repeat(32)
      const signer = step.honesty === 2 ? persons[0]! : target
      const acceptance = await signer.privateKey.sign(acceptanceBytes({
        genesis: genesis.id, invite: invite.id, member: target.key, inviter: invite.author, role: invite.payload.role, transcript
      }))

      return { invite: invite.id, member: target.key, acceptance, transcript, after: step.target * 1000, honest: signer === target }
    }
    case 'REVOKE': {
      const invite = pick('INVITE')

      return invite == null ? undefined : { invite: invite.id, reason: '', honest: true }
    }
    case 'REMOVE': return { member: target.key, honest: true }
    case 'SET_ROLE': return { member: target.key, role, honest: true }
    case 'LEAVE': return { honest: true }
    case 'READOPT': {
      const { voids } = reference(ops, unwilling)
      const lost = ops.filter(op => op.kind === 'ADMIT' && voids.has(op.id))
      const admit = attempt < 6 ? lost[(step.target + attempt) % Math.max(1, lost.length)] : pick('ADMIT')

      return admit == null ? undefined : { admit: admit.id, honest: true }
    }
  }
}

/** What there is, in another order. */
export function shuffled <T> (items: T[], order: number[]): T[] {
  return items.map((item, i) => ({ item, at: order[i] ?? 0, i })).sort((a, b) => a.at - b.at || a.i - b.i).map(({ item }) => item)
}
