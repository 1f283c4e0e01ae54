/** Rules 1 to 6 of docs/membership-log.md, slow and obvious: from a set of authorised ops to who is a member. */
import { ADMINS, DOORS, MEMBERS, areConcurrent, is, isAncestor, isGrant, isWord, personId, seatsOf } from './reference-ops.js'
import type { Grant, Key, Kind, Known, OpId, PersonId, Role, Word } from './reference-ops.js'

export interface Seat {
  role: Role
  level: number
}

export interface View {
  /** Members. */
  persons: Map<PersonId, Seat>
  /** Whom words of owners and admins alone make a member. */
  insiders: Set<PersonId>
  /** Of all persons that ops name, members or not: their keys and what unlinked ones were. */
  keys: Map<PersonId, Map<Key, { class: number, stands: boolean }>>
  /** Of words and LEAVEs, and LINKs and UNLINKs that count. */
  inEffect: Set<OpId>
  /** At which their author key stands (rule 1). */
  standing: Set<OpId>
  invites: Map<OpId, { admitted: Set<PersonId>, linked: Set<Key>, revoked: boolean }>
  info: { name: string, picture?: string }
}

const ROLES: Role[] = ['owner', 'admin', 'writer', 'reader']

export function view (here: Known[]): View {
  const all = new Map(here.map(known => [known.op.id, known]))
  const of = <K extends Kind>(...kinds: K[]): Array<Known<K>> => here.filter(is(...kinds))
  const genesis = of('GENESIS')[0]!.op.payload
  const founders = genesis.owners.map(({ first, recovery }) => personId(first, recovery))
  const seats = seatsOf(here)
  const words = here.filter(isWord)
  const decided = new Map<OpId, boolean>()

  function isInEffect (word: Known<Word>): boolean {
    const known = decided.get(word.op.id)

    if (known == null) {
      throw new Error(`${word.op.kind} ${word.op.id} is read before it is decided`)
    }

    return known
  }

  const above = new Map<number, Array<Known<Word>>>()

  /** Words in effect of levels strictly above one: all are decided when this is first asked. */
  function wordsAbove (level: number): Array<Known<Word>> {
    const found = above.get(level) ?? words.filter(word => word.level < level && isInEffect(word))
    above.set(level, found)
    return found
  }

  const inviteOf = ({ op }: Known<'ADMIT' | 'REVOKE'>): Known<'INVITE'> => all.get(op.payload.invite) as Known<'INVITE'>
  const isHosts = (x: Known): boolean => x.op.kind === 'ADMIT' && x.level === DOORS

  const subjects = new Map(words.map(word => [word.op.id, subjectOf(word)]))
  const about = ({ op }: Known<Word>): PersonId | undefined => subjects.get(op.id)

  /** Whom a word is about. */
  function subjectOf ({ op }: Known<Word>): PersonId | undefined {
    switch (op.kind) {
      case 'ADMIT': return personId(op.payload.first, op.payload.recovery)
      case 'READOPT': return subjectOf(all.get(op.payload.admit) as Known<'ADMIT'>)
      case 'SET_ROLE':
      case 'REMOVE': return op.payload.person
      default: return undefined
    }
  }

  function gives (grant: Known<Grant>): Seat {
    const { op, level } = grant
    const role = op.kind === 'SET_ROLE' ? op.payload.role
      : inviteOf(op.kind === 'ADMIT' ? grant as Known<'ADMIT'> : all.get(op.payload.admit) as Known<'ADMIT'>).op.payload.role

    return { role, level: role === 'owner' ? level + 1 : role === 'admin' ? ADMINS : MEMBERS }
  }

  /** What x needs, of whom. */
  function needs (x: Known): Array<{ person: PersonId, level: number }> {
    return isHosts(x)
      ? [{ person: x.speaker, level: MEMBERS }, { person: inviteOf(x as Known<'ADMIT'>).speaker, level: ADMINS }]
      : [{ person: x.speaker, level: x.op.kind === 'LEAVE' ? MEMBERS : x.level }]
  }

  const isFall = (word: Known<Word>, { person, level }: { person: PersonId, level: number }): boolean =>
    about(word) === person && (word.op.kind === 'REMOVE' || (isGrant(word) && gives(word).level > level))

  /** Rule 1: does y's author stand at it, where these LINKs and UNLINKs of its person count? */
  function standsAt (y: Known, counting: Array<Known<'LINK' | 'UNLINK'>>): boolean {
    const { first, recovery } = seats.get(y.speaker)!
    const key = y.op.author
    const smaller = counting.filter(({ op, class: c }) => op.payload.key === key && c < y.class)

    return key === recovery || (
      (key === first || smaller.some(one => one.op.kind === 'LINK' && isAncestor(one, y))) &&
      smaller.every(one => one.op.kind !== 'UNLINK' || isAncestor(y, one)))
  }

  /** Rule 1: the LINKs and UNLINKs of a person that count; some UNLINKs may not. */
  function counting (person: PersonId, isOut: (unlink: Known) => boolean): Array<Known<'LINK' | 'UNLINK'>> {
    const counted: Array<Known<'LINK' | 'UNLINK'>> = []

    for (const one of of('LINK', 'UNLINK').filter(({ speaker }) => speaker === person).sort((a, b) => a.class - b.class)) {
      if (!(one.op.kind === 'UNLINK' && isOut(one)) && standsAt(one, counted)) {
        counted.push(one)
      }
    }

    return counted
  }

  const allCounting = new Map([...seats.keys()].map(person => [person, counting(person, () => false)]))

  /**
   * Rule 1 for x itself: what those above saw of x before the speaker's fall, the
   * speaker cannot erase.
   *
   * @param level - of the word for which x is read: words above that one, and above x
   */
  function authorStands (x: Known, level = x.level): boolean {
    const falls = wordsAbove(Math.min(level, x.level)).filter(word => isAncestor(x, word) && isFall(word, needs(x)[0]!))

    return standsAt(x, falls.length === 0 ? allCounting.get(x.speaker)! : counting(x.speaker, unlink => falls.some(fall => areConcurrent(fall, unlink))))
  }

  /** Rules 4 to 6: what the words above a level, of those that `isSeen`, make of a person. */
  function seatOf (person: PersonId, level: number, isSeen: (known: Known) => boolean): Seat | undefined {
    const left = of('LEAVE').filter(leave => leave.speaker === person && isSeen(leave) && authorStands(leave, level))

    if (founders.includes(person) && left.length === 0) {
      return { role: 'owner', level: 0 }
    }

    const said = wordsAbove(level).filter(word => isSeen(word) && about(word) === person)
    const ends = [...left, ...said.filter(is('REMOVE'))]
    const living = said.filter(isGrant).filter(grant => ends.every(end => isAncestor(end, grant)))
    const latest = living.filter(grant => !living.some(other => isAncestor(grant, other)))

    return latest.map(gives).sort((a, b) => b.level - a.level || ROLES.indexOf(b.role) - ROLES.indexOf(a.role))[0]
  }

  /** Rule 2. */
  function isWordInEffect (x: Known<Word>): boolean {
    const over = wordsAbove(x.level)
    const person = about(x)
    const inPast = (known: Known): boolean => isAncestor(known, x)
    const a = authorStands(x)
    const b = needs(x).every(need => (seatOf(need.person, x.level, inPast)?.level ?? Infinity) <= need.level)
    const c = !needs(x).some(need => over.some(word => isFall(word, need) && areConcurrent(word, x)))
    const d = person == null || !over.some(word => about(word) === person && areConcurrent(word, x))
    const e = person == null || (seatOf(person, x.level, inPast)?.level ?? Infinity) > x.level

    return a && b && c && d && e
  }

  const ADMITs = of('ADMIT').sort((a, b) => a.level - b.level || a.depth - b.depth || (a.op.id < b.op.id ? -1 : 1))

  /** Rule 3, of an ADMIT that is otherwise in effect. */
  function isAdmissionInEffect (x: Known<'ADMIT'>): boolean {
    const invite = inviteOf(x)
    const isRevoked = of('REVOKE').some(revoke => revoke.op.payload.invite === invite.op.id && revoke.level <= x.level &&
      isInEffect(revoke) && !isAncestor(x, revoke))
    const before = ADMITs.slice(0, ADMITs.indexOf(x)).filter(isInEffect)
      .filter(other => genesis.kind === 'contact' || (inviteOf(other) === invite && other.speaker === x.speaker))
    const first = new Set(before.map(about))

    return isInEffect(invite) && !isRevoked && (first.has(about(x)) || first.size < invite.op.payload.uses)
  }

  for (let level = 0; level <= DOORS; level++) {
    for (const x of words.filter(word => word.level === level && word.op.kind !== 'ADMIT')) {
      decided.set(x.op.id, isWordInEffect(x))
    }

    for (const x of ADMITs.filter(admit => admit.level === level)) {
      decided.set(x.op.id, isWordInEffect(x) && isAdmissionInEffect(x))
    }
  }

  /** The latest INFO in effect; of concurrent ones the highest level's, then the lowest id. */
  function infoShown (): View['info'] {
    const infos = of('INFO').filter(isInEffect)
    const latest = infos.filter(info => !infos.some(other => isAncestor(info, other)))

    return latest.sort((a, b) => a.level - b.level || (a.op.id < b.op.id ? -1 : 1))[0]?.op.payload ?? genesis
  }

  /** Keys as they are after all ops: there is no x that a fall could spare. */
  function keysOf (person: PersonId): Map<Key, { class: number, stands: boolean }> {
    const { first, recovery } = seats.get(person)!
    const counted = allCounting.get(person)!
    const classes = new Map<Key, number>()
    const found = (key: Key, c: number): void => { classes.set(key, Math.min(c, classes.get(key) ?? c)) }

    found(first, 1)
    counted.filter(is('LINK')).forEach(({ op, class: c }) => { found(op.payload.key, c + 1) })

    if (recovery != null) {
      found(recovery, 0)
    }

    return new Map([...classes].map(([key, c]) => [key, {
      class: c,
      stands: !counted.filter(is('UNLINK')).some(unlink => unlink.op.payload.key === key && unlink.class < c)
    }]))
  }

  const keys = new Map([...seats.keys()].map(person => [person, keysOf(person)]))
  const counted = [...allCounting.values()].flat()
  const inEffect = [...words.filter(isInEffect), ...of('LEAVE').filter(leave => authorStands(leave)), ...counted]
  const standing = [...words.filter(word => authorStands(word)), ...of('LEAVE').filter(leave => authorStands(leave)), ...counted]
  const seated = (level: number): Map<PersonId, Seat> => new Map([...seats.keys()].flatMap((person) => {
    const seat = seatOf(person, level, () => true)
    return seat == null ? [] : [[person, seat]]
  }))

  return {
    persons: seated(Infinity),
    insiders: new Set(seated(DOORS).keys()),
    keys,
    inEffect: new Set(inEffect.map(({ op }) => op.id)),
    standing: new Set(standing.map(({ op }) => op.id)),
    invites: new Map(of('INVITE').map(({ op: { id } }) => [id, {
      admitted: new Set(of('ADMIT').filter(admit => admit.op.payload.invite === id && isInEffect(admit)).map(admit => about(admit)!)),
      linked: new Set(counted.filter(is('LINK')).filter(({ op }) => op.payload.invite === id).map(({ op }) => op.payload.key)),
      revoked: of('REVOKE').some(revoke => revoke.op.payload.invite === id && isInEffect(revoke))
    }])),
    info: infoShown()
  }
}
