/**
 * The rules of DESIGN section 6, slow and obvious: a function from a set of ops
 * to a view. What `src/log` computes must equal it on every history.
 */
import type { AnyOp, MemberKey, Op, OpId, Role } from '../../src/log/index.js'

type Grant = AnyOp<'ADMIT'> | AnyOp<'SET_ROLE'> | AnyOp<'READOPT'>

export interface Meaning {
  /** Role, and the grant that gives it ('' for the owners of GENESIS). */
  members: Map<MemberKey, { role: Role, grant: OpId }>
  /** Ids of void ops, and why. */
  voids: Map<OpId, string>
  /** In effect. */
  used: Map<OpId, OpId[]>
  revoked: Set<OpId>
}

export interface Outcome extends Meaning {
  /** Authorised by its own past (rule 1). */
  kept: Set<OpId>
}

const RANK: Record<Role, number> = { owner: 3, admin: 2, writer: 1, reader: 0 }

function byId (a: { id: OpId }, b: { id: OpId }): number {
  return a.id < b.id ? -1 : 1
}

/** @param unwilling - ADMITs whose acceptance does not hold */
export function reference (all: Op[], unwilling = new Set<OpId>()): Outcome {
  const ops = new Map(all.map(op => [op.id, op]))
  const pasts = new Map<OpId, Set<OpId>>()
  const verdicts = new Map<OpId, boolean>()
  const before = new Map<OpId, Meaning>()
  const genesis = all.find((op): op is AnyOp<'GENESIS'> => op.kind === 'GENESIS')

  if (genesis == null) {
    throw new Error('no GENESIS')
  }

  const isContact = genesis.payload.kind === 'contact'
  const isOwner = (key: MemberKey): boolean => isContact || genesis.payload.owners.includes(key)

  function past (op: Op): Set<OpId> {
    let known = pasts.get(op.id)

    if (known == null) {
      known = new Set(op.parents.flatMap((id) => {
        const parent = ops.get(id)

        return parent == null ? [id] : [id, ...past(parent)]
      }))
      pasts.set(op.id, known)
    }

    return known
  }

  const isBefore = (a: Op, b: Op): boolean => past(b).has(a.id)
  const beside = (a: Op, b: Op): boolean => a.id !== b.id && !isBefore(a, b) && !isBefore(b, a)
  const depths = new Map<OpId, number>()

  function depth (op: Op): number {
    const known = depths.get(op.id) ?? (op.parents.length === 0 ? 0 : 1 + Math.max(...op.parents.map(id => depth(ops.get(id) as Op))))
    depths.set(op.id, known)
    return known
  }

  function inviteOf (op: AnyOp<'ADMIT'> | AnyOp<'REVOKE'>): AnyOp<'INVITE'> {
    return ops.get(op.payload.invite) as AnyOp<'INVITE'>
  }

  /** Whom an op is about. */
  function subject (op: Op): MemberKey | undefined {
    switch (op.kind) {
      case 'ADMIT':
      case 'SET_ROLE':
      case 'REMOVE': return op.payload.member
      case 'LEAVE': return op.author
      case 'READOPT': return (ops.get(op.payload.admit) as AnyOp<'ADMIT'> | undefined)?.payload.member
      default: return undefined
    }
  }

  function given (grant: Grant): Role {
    switch (grant.kind) {
      case 'ADMIT': return inviteOf(grant).payload.role
      case 'SET_ROLE': return grant.payload.role
      case 'READOPT': return given(ops.get(grant.payload.admit) as AnyOp<'ADMIT'>)
    }
  }

  const isGrant = (op: Op): op is Grant => op.kind === 'ADMIT' || op.kind === 'SET_ROLE' || op.kind === 'READOPT'

  /** Rule 4's choice among living grants. */
  function decide (living: Grant[]): Grant | undefined {
    let left = living.filter(one => !living.some(other => isBefore(one, other)))

    if (left.some(one => isOwner(one.author))) {
      left = left.filter(one => isOwner(one.author))
    }

    if (left.some(({ kind }) => kind === 'SET_ROLE')) {
      return left.filter(({ kind }) => kind === 'SET_ROLE').sort((a, b) => RANK[given(a)] - RANK[given(b)] || byId(a, b))[0]
    }

    return left.sort((a, b) => RANK[given(b)] - RANK[given(a)] || byId(a, b))[0]
  }

  /** The grant that a LEAVE ends, by its own past. */
  const leaves = (op: Op): OpId => viewBefore(op).members.get(op.author)?.grant ?? ''

  function viewBefore (op: Op): Meaning {
    let known = before.get(op.id)

    if (known == null) {
      known = meaning([...past(op)].map(id => ops.get(id) as Op))
      before.set(op.id, known)
    }

    return known
  }

  /** Rules 2 to 7. */
  function meaning (here: Op[]): Meaning {
    const voids = new Map<OpId, string>()
    const inEffect = (op: Op): boolean => !voids.has(op.id)
    const kind = <K extends Op['kind']>(name: K): Array<AnyOp<K>> => here.filter((op): op is AnyOp<K> => op.kind === name)
    const void_ = (op: Op, reason: string): void => { if (inEffect(op)) { voids.set(op.id, reason) } }

    for (const leave of kind('LEAVE')) {
      if (kind('LEAVE').some(other => other.author === leave.author && other.id < leave.id && leaves(other) === leaves(leave))) {
        void_(leave, 'repeated')
      }
    }

    const ends = (op: Op): boolean => (op.kind === 'REMOVE' || op.kind === 'LEAVE') && inEffect(op)

    function spend (admits: Array<AnyOp<'ADMIT'>>): void {
      const groups = new Map<OpId, Array<AnyOp<'ADMIT'>>>()
      admits.filter(inEffect).forEach(op => {
        const group = isContact ? 'all' : op.payload.invite
        groups.set(group, [...groups.get(group) ?? [], op])
      })

      for (const group of groups.values()) {
        const counted: Array<AnyOp<'ADMIT'>> = []

        for (const op of group.sort((a, b) => depth(a) - depth(b) || byId(a, b))) {
          if (counted.some(({ payload }) => payload.invite === op.payload.invite && payload.member === op.payload.member && payload.transcript === op.payload.transcript)) {
            void_(op, 'acceptance')
          } else if (counted.length >= inviteOf(op).payload.uses) {
            void_(op, 'uses')
          } else {
            counted.push(op)
          }
        }
      }
    }

    // rule 2: the owners
    const owners = here.filter(op => isOwner(op.author))
    const ownersAdmits = kind('ADMIT').filter(op => isOwner(op.author))

    for (const admit of ownersAdmits) {
      if (kind('REVOKE').some(revoke => isOwner(revoke.author) && revoke.payload.invite === admit.payload.invite && beside(revoke, admit))) {
        void_(admit, 'revoked')
      }
    }

    spend(ownersAdmits)

    // rule 3: the admins, as the owners left them
    const admins = here.filter(op => !isOwner(op.author) && op.kind !== 'LEAVE')

    for (const op of admins) {
      const words = owners.filter(word => subject(word) === op.author)
      const demotes = (word: Op): boolean => word.kind === 'SET_ROLE' && RANK[word.payload.role] < RANK.admin

      if (words.some(word => word.kind === 'REMOVE' && beside(word, op))) {
        void_(op, 'author-removed')
      } else if (words.some(word => demotes(word) && beside(word, op))) {
        void_(op, 'author-demoted')
      } else {
        const gone = here.filter(end => (end.kind === 'LEAVE' ? end.author === op.author : words.includes(end) && end.kind === 'REMOVE') && isBefore(end, op))
        const living = words.filter(isGrant).filter(grant => isBefore(grant, op) && inEffect(grant) && gone.every(end => isBefore(end, grant)))
        const deciding = decide(living)

        if (deciding == null || given(deciding) !== 'admin') {
          void_(op, 'author-void')
        }
      }
    }

    for (const op of admins) {
      if (subject(op) != null && owners.some(other => other.kind !== 'LEAVE' && subject(other) === subject(op) && inEffect(other) && beside(other, op))) {
        void_(op, 'owner-beside')
      }
    }

    for (const admit of kind('ADMIT').filter(op => !isOwner(op.author))) {
      if (!inEffect(inviteOf(admit))) {
        void_(admit, 'invite-void')
      } else if (kind('REVOKE').some(revoke => inEffect(revoke) && revoke.payload.invite === admit.payload.invite && beside(revoke, admit))) {
        void_(admit, 'revoked')
      }
    }

    spend(kind('ADMIT').filter(op => !isOwner(op.author)))

    for (const op of admins.filter(({ kind }) => kind === 'SET_ROLE').sort((a, b) => depth(a) - depth(b))) {
      const under = here.filter(isGrant).filter(grant => subject(grant) === subject(op) && isBefore(grant, op) && inEffect(grant))
      const gone = here.filter(end => ends(end) && subject(end) === subject(op) && isBefore(end, op))

      if (!under.some(grant => gone.every(end => isBefore(end, grant)))) {
        void_(op, 'unfounded')
      }
    }

    // rule 4
    const members = new Map<MemberKey, { role: Role, grant: OpId }>()

    for (const key of new Set(here.map(subject).filter(key => key != null))) {
      const gone = here.filter(op => ends(op) && subject(op) === key)
      const deciding = decide(here.filter(isGrant).filter(op => subject(op) === key && inEffect(op) && gone.every(end => isBefore(end, op))))

      if (deciding != null) {
        members.set(key, { role: given(deciding), grant: deciding.id })
      }
    }

    for (const key of genesis?.payload.owners ?? []) {
      if (!here.some(op => ends(op) && subject(op) === key)) {
        members.set(key, { role: 'owner', grant: '' })
      }
    }

    return {
      members,
      voids,
      used: new Map(kind('INVITE').map(({ id }) => [id, kind('ADMIT').filter(op => op.payload.invite === id && inEffect(op)).map(op => op.id)])),
      revoked: new Set(kind('REVOKE').filter(inEffect).map(op => op.payload.invite))
    }
  }

  /** Rule 1. */
  function isAuthorised (op: Op): boolean {
    const view = viewBefore(op)
    const here = [...past(op)].map(id => ops.get(id) as Op)
    const own = view.members.get(op.author)?.role
    const above = (role: Role): boolean => (own === 'owner' || own === 'admin') && RANK[own] > RANK[role]
    const mayInvite = (role: Role): boolean => isContact ? own === 'owner' && role === 'owner' : above(role)

    switch (op.kind) {
      case 'GENESIS': return op === genesis
      case 'INVITE': {
        const earlier = here.filter(({ kind }) => kind === 'INVITE')

        return mayInvite(op.payload.role) && (!isContact ||
          (op.payload.uses === 1 && earlier.every(({ id }) => view.revoked.has(id)) && !here.some(({ kind }) => kind === 'ADMIT')))
      }
      case 'ADMIT': {
        const invite = here.find((other): other is AnyOp<'INVITE'> => other.kind === 'INVITE' && other.id === op.payload.invite)
        const uses = isContact ? [...view.used.values()].flat() : view.used.get(op.payload.invite) ?? []

        return invite != null && invite.author === op.author && !view.voids.has(invite.id) && mayInvite(invite.payload.role) &&
          !view.revoked.has(invite.id) && uses.length < invite.payload.uses &&
          (invite.payload.target ?? op.payload.member) === op.payload.member && !view.members.has(op.payload.member) && !unwilling.has(op.id) &&
          !here.some(other => other.kind === 'ADMIT' && other.payload.invite === invite.id && other.payload.member === op.payload.member && other.payload.transcript === op.payload.transcript)
      }
      case 'REVOKE': {
        const invite = here.find((other): other is AnyOp<'INVITE'> => other.kind === 'INVITE' && other.id === op.payload.invite)

        return invite != null && (isContact ? own === 'owner' && invite.author === op.author : above(invite.payload.role))
      }
      case 'REMOVE': {
        const { member } = op.payload
        const present = view.members.get(member)?.role
        const removes = here.filter(other => other.kind === 'REMOVE' && other.payload.member === member && !view.voids.has(other.id))
        const left = here.filter(other => other.kind === 'LEAVE' && other.author === member && !removes.some(remove => isBefore(other, remove)))
          .map(other => viewBefore(other).members.get(member)?.role as Role)

        return present == null ? left.length > 0 && left.every(above) : above(present)
      }
      case 'SET_ROLE': {
        const role = view.members.get(op.payload.member)?.role

        return role != null && above(role) && above(op.payload.role)
      }
      case 'LEAVE': return own != null && (own !== 'owner' || isContact)
      case 'READOPT': {
        const admit = here.find((other): other is AnyOp<'ADMIT'> => other.kind === 'ADMIT' && other.id === op.payload.admit)
        const reason = view.voids.get(op.payload.admit)

        return admit != null && reason != null && reason !== 'acceptance' && above(given(admit)) && !view.members.has(admit.payload.member) &&
          !here.some(other => subject(other) === admit.payload.member && !isBefore(other, admit) &&
            (other.kind === 'LEAVE' || (other.kind === 'REMOVE' && !view.voids.has(other.id))))
      }
    }
  }

  function isKept (op: Op): boolean {
    let known = verdicts.get(op.id)

    if (known == null) {
      known = op.parents.every(id => ops.has(id) && isKept(ops.get(id) as Op)) && isAuthorised(op)
      verdicts.set(op.id, known)
    }

    return known
  }

  const kept = all.filter(isKept)

  return { kept: new Set(kept.map(({ id }) => id)), ...meaning(kept) }
}
