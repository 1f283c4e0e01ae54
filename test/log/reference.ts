/** The membership log by docs/membership-log.md alone: who may sign what, and what a set of ops comes to. Nothing of src/. */
import { ADMINS, DOORS, is, isAncestor, isWord, mayGive, personId, seatsOf } from './reference-ops.js'
import { view } from './reference-view.js'
import type { Key, Kind, Known, Op, OpId, PersonId } from './reference-ops.js'
import type { View } from './reference-view.js'

export interface Outcome extends View {
  /** Authorised ops; what is refused is not kept, nor what hangs on it. */
  known: Map<OpId, Known>
  /** Ops of one key that name the same op of it before them. */
  forks: Array<{ author: Key, previous?: OpId, ops: OpId[] }>
}

/** What is known of ops, and the views of their pasts: both are final, so they serve all sets in which the ops are. */
export class Memory {
  known = new Map<OpId, Known | undefined>()
  views = new Map<string, View>()

  /** The view of what is known, where these are its latest ops. */
  viewOf (heads: OpId[], here: Known[]): View {
    const place = [...heads].sort().join()
    const found = this.views.get(place) ?? view(here)
    this.views.set(place, found)
    return found
  }
}

const IN_NO_CONTACT = ['SET_ROLE', 'REMOVE', 'READOPT']

/** Who speaks: the one person whose first key the author is needs no naming, and is never named. */
function speakerOf (op: Op, here: Known[]): PersonId | undefined {
  const own = [...seatsOf(here)].filter(([, { first }]) => first === op.author).map(([person]) => person)

  return own.length !== 1 ? op.speaker : op.speaker === own[0] ? undefined : op.speaker ?? own[0]
}

/** `previous` is the latest op of the author key in the past, or one of the latest of a fork; none where there is none. */
function isPreviousRight (op: Op, here: Known[]): boolean {
  const own = here.filter(one => one.op.author === op.author)
  const latest = own.filter(one => !own.some(other => isAncestor(one, other)))

  return op.previous == null ? own.length === 0 : latest.some(one => one.op.id === op.previous)
}

/**
 * The table of who may sign what, in the view of the op's own past.
 *
 * @param here - the op's past
 * @returns its level, undefined for one that is refused
 */
function levelIfAuthorised (op: Op, speaker: PersonId, here: Known[], now: View): number | undefined {
  const own = now.persons.get(speaker)
  const key = now.keys.get(speaker)?.get(op.author)
  const party = here.find(is('GENESIS'))!.op.payload.kind
  const find = <K extends Kind>(kind: K, id?: OpId): Known<K> | undefined => here.filter(is(kind)).find(known => known.op.id === id)
  const levelOf = (person: PersonId): number => now.persons.get(person)?.level ?? Infinity
  const ends = (person: PersonId): Known[] => here.filter(({ op: end, speaker: by }) =>
    end.kind === 'REMOVE' ? end.payload.person === person : end.kind === 'LEAVE' && by === person)

  if (own == null || key == null || !key.stands || (isWord({ op } as Known) && key.class === 0)) {
    return undefined
  }

  if (party === 'contact' && IN_NO_CONTACT.includes(op.kind)) {
    return undefined
  }

  const { level } = own
  const isRuler = level <= ADMINS
  const allowed = (yes: boolean): number | undefined => yes ? level : undefined

  switch (op.kind) {
    case 'GENESIS': return undefined
    case 'INVITE': {
      const { role, hosts, uses } = op.payload
      const isFirst = here.filter(is('INVITE')).every(({ op: { id } }) => now.invites.get(id)!.revoked && now.invites.get(id)!.admitted.size === 0)

      return allowed(mayGive(level, role) && (hosts.length === 0 || role === 'writer' || role === 'reader') &&
        (party !== 'contact' || (role === 'owner' && uses === 1 && isFirst)))
    }
    case 'ADMIT': {
      const { first, recovery } = op.payload
      const person = personId(first, recovery)
      const invite = find('INVITE', op.payload.invite)

      if (invite == null || party === 'person' || (op.payload.info != null && find('INFO', op.payload.info) == null)) {
        return undefined
      }

      const { role, uses, target, hosts } = invite.op.payload
      const { admitted, revoked } = now.invites.get(invite.op.id)!
      const isInviter = speaker === invite.speaker
      const isHost = hosts.includes(speaker) && now.insiders.has(speaker)
      const isFree = [...now.keys].every(([other, keys]) => other === person || !now.persons.has(other) || keys.get(first)?.stands !== true || keys.get(first)?.class === 0)
      const isNobody = party !== 'contact' || [...now.invites.values()].every(other => other.admitted.size === 0)

      return (isInviter || isHost) && now.inEffect.has(invite.op.id) && !revoked && admitted.size < uses &&
        mayGive(levelOf(invite.speaker), role) && (target ?? first) === first && !now.persons.has(person) && isFree && isNobody &&
        ends(person).every(end => isAncestor(end, invite))
        ? isInviter ? Math.max(level, invite.level) : DOORS
        : undefined
    }
    case 'REVOKE': {
      const invite = find('INVITE', op.payload.invite)

      return allowed(invite != null && mayGive(level, invite.op.payload.role))
    }
    case 'REMOVE': {
      const left = ends(op.payload.person).filter(is('LEAVE')).filter(end => now.inEffect.has(end.op.id))
      const isGone = !now.persons.has(op.payload.person) && left.length > 0

      return allowed(isRuler && (isGone ? left.every(leave => level < leave.level) : now.persons.has(op.payload.person) && level < levelOf(op.payload.person)))
    }
    case 'SET_ROLE': return allowed(now.persons.has(op.payload.person) && level < levelOf(op.payload.person) && mayGive(level, op.payload.role))
    case 'LEAVE': return level
    case 'READOPT': {
      const admit = find('ADMIT', op.payload.admit)
      const person = admit == null ? '' : personId(admit.op.payload.first, admit.op.payload.recovery)

      return allowed(admit != null && !now.inEffect.has(admit.op.id) && mayGive(level, find('INVITE', admit.op.payload.invite)!.op.payload.role) &&
        !now.persons.has(person) && ends(person).every(end => isAncestor(end, admit)))
    }
    case 'LINK': {
      const { key: added, invite: id } = op.payload
      const invite = find('INVITE', id)
      const status = now.invites.get(id ?? '')
      const isNew = !here.filter(is('LINK', 'UNLINK')).some(one => one.speaker === speaker && one.op.payload.key === added)
      const isInvited = id == null || (party === 'person' && invite != null && now.inEffect.has(id) && !status!.revoked &&
        status!.linked.size < invite.op.payload.uses && (invite.op.payload.target ?? added) === added)

      return allowed(isNew && isInvited)
    }
    case 'UNLINK': return allowed(key.class < (now.keys.get(speaker)!.get(op.payload.key)?.class ?? -1))
    case 'REKEY': return allowed(isRuler)
    case 'INFO': return allowed(level < ADMINS)
  }
}

/**
 * What an op's own past says of it: nothing, where it is refused.
 *
 * @param known - at least its past
 */
export function judge (op: Op, known: Map<OpId, Known>, memory: Memory): Known | undefined {
  const parents = op.parents.map(id => known.get(id)!)
  const past = new Set(parents.flatMap(parent => [parent.op.id, ...parent.past]))
  const here = [...past].map(id => known.get(id)!)
  const depth = parents.length === 0 ? 0 : 1 + Math.max(...parents.map(parent => parent.depth))

  if (op.kind === 'GENESIS') {
    return parents.length > 0 ? undefined : { op, past, depth, speaker: '', level: 0, class: 1 }
  }

  const now = memory.viewOf(op.parents, here)
  const speaker = speakerOf(op, here)
  const level = speaker == null || !isPreviousRight(op, here) ? undefined : levelIfAuthorised(op, speaker, here, now)

  return speaker == null || level == null ? undefined : { op, past, depth, speaker, level, class: now.keys.get(speaker)!.get(op.author)!.class }
}

/**
 * @param ops - a set: order and repetition say nothing. One GENESIS among them
 * @param memory - of ops judged before, for many sets that share ops
 */
export function reference (ops: Op[], memory = new Memory()): Outcome {
  const known = new Map<OpId, Known>()
  const open = new Map(ops.map(op => [op.id, op]))

  for (let size = -1; size !== open.size;) {
    size = open.size

    for (const op of open.values()) {
      const parents = op.parents.map(id => known.get(id))

      if ((op.kind === 'GENESIS' || parents.length > 0) && parents.every(parent => parent != null)) {
        open.delete(op.id)
        const found = memory.known.has(op.id) ? memory.known.get(op.id) : judge(op, known, memory)
        memory.known.set(op.id, found)

        if (found != null) {
          known.set(op.id, found)
        }
      }
    }
  }

  return { ...view([...known.values()]), known, forks: forksOf([...known.values()]) }
}

function forksOf (known: Known[]): Outcome['forks'] {
  const groups = new Map<string, Op[]>()

  for (const { op } of known) {
    const place = `${op.author} ${op.previous ?? ''}`
    groups.set(place, [...groups.get(place) ?? [], op])
  }

  return [...groups.values()].filter(group => group.length > 1)
    .map(group => ({ author: group[0]!.author, previous: group[0]!.previous, ops: group.map(({ id }) => id).sort() }))
    .sort((a, b) => a.ops[0]! < b.ops[0]! ? -1 : 1)
}
