/** The hash DAG: who is in whose past, what the heads are, and who is named where. */
import { contains, NO_ANCESTORS, ancestorsOf } from './ancestors.js'
import { Chains } from './chains.js'
import { byClass, byLevel, isGrant, lowerBound } from './entry.js'
import { personIdOf } from './op.js'
import { addWord, newPerson, withOne } from './person.js'
import { DOOR } from './levels.js'
import { placeOf } from './sorted.js'
import type { Ancestors, Order } from './ancestors.js'
import type { Draft, Entry } from './entry.js'
import type { Key, OpId, PartyKind, PersonId } from './kinds.js'
import type { AnyOp } from './op.js'
import type { Owner } from './payloads.js'
import type { Person } from './person.js'

const NONE: readonly Entry[] = []

export class Graph implements Order {
  readonly kind: PartyKind
  readonly chains = new Chains()
  readonly #byId = new Map<OpId, Entry>()
  readonly #entries: Entry[] = []
  readonly #heads = new Map<OpId, Entry>()
  readonly #persons = new Map<PersonId, Person>()
  /** Most keys are one person's: those have no set. */
  readonly #standing = new Map<Key, PersonId | Set<PersonId>>()
  /** By the INVITE's place, as of REVOKEs and LINKs. */
  readonly #admits = new Map<number, Entry[]>()
  readonly #revokes = new Map<number, Entry[]>()
  readonly #hosted = new Map<PersonId, Entry[]>()
  readonly #links = new Map<number, Entry[]>()
  readonly #invites: Entry[] = []
  readonly #shared: Entry[] = []

  constructor ({ id, author, signed, payload }: AnyOp<'GENESIS'>) {
    this.kind = payload.kind
    payload.owners.forEach((owner) => { this.#found(owner, true) })
    const { first, recovery } = payload.owners.find(owner => owner.first === author) as Owner
    this.add({ id, kind: 'GENESIS', author, speaker: personIdOf(first, recovery), level: -1, class: author === recovery ? 0 : 1, parents: [], signed })
  }

  /** Places taken. */
  get end (): number {
    return this.#entries.length
  }

  /** Ops that no other names as parent. */
  get heads (): Iterable<Entry> {
    return this.#heads.values()
  }

  get headCount (): number {
    return this.#heads.size
  }

  has (id: OpId): boolean {
    return this.#byId.has(id)
  }

  get (id: OpId): Entry | undefined {
    return this.#byId.get(id)
  }

  at (place: number): Entry {
    return this.#entries[place] as Entry
  }

  onChain (chain: number, link: number): Entry {
    return this.chains.at(chain, link)
  }

  /** All ops, parents first. */
  get entries (): readonly Entry[] {
    return this.#entries
  }

  person (id: PersonId): Person | undefined {
    return this.#persons.get(id)
  }

  persons (): Iterable<Person> {
    return this.#persons.values()
  }

  /** Persons that an op here made this key one of: first, recovery or linked. */
  personsOf (key: Key): ReadonlySet<PersonId> {
    const persons = this.#standing.get(key)

    return typeof persons === 'object' ? persons : new Set(persons == null ? [] : [persons])
  }

  admitsOf (invite: Entry): readonly Entry[] {
    return this.#admits.get(invite.place) ?? NONE
  }

  /** By level, then id: the first in effect is to blame. */
  revokesOf (invite: Entry): readonly Entry[] {
    return this.#revokes.get(invite.place) ?? NONE
  }

  /** In a home: LINKs by an INVITE. */
  linksOf (invite: Entry): readonly Entry[] {
    return this.#links.get(invite.place) ?? NONE
  }

  /** ADMITs by hosts, of INVITEs of this person. */
  hostedFor (person: PersonId): readonly Entry[] {
    return this.#hosted.get(person) ?? NONE
  }

  get invites (): readonly Entry[] {
    return this.#invites
  }

  /** REKEYs and INFOs. */
  get shared (): readonly Entry[] {
    return this.#shared
  }

  /** The past that an op with these parents has. */
  ancestorsOf (parents: readonly Entry[]): Ancestors {
    return this.coveredBy(parents) ? { upto: this.end } : ancestorsOf(parents, this)
  }

  /** This past and one op on top of it. */
  onTop (past: Ancestors, entry: Entry): Ancestors {
    return past.upto === entry.place && past.over == null ? { upto: entry.place + 1 } : ancestorsOf([{ ...entry, ancestors: past }], this)
  }

  /** Would an op with these parents have everything else in its past? */
  coveredBy (parents: readonly Entry[]): boolean {
    return parents.length === this.#heads.size && parents.every(({ id }) => this.#heads.has(id))
  }

  /** Of these, which stand in parents-first order, those in a past. */
  within (entries: readonly Entry[], past: Ancestors): readonly Entry[] {
    const below = lowerBound(entries, past.upto)

    return below === entries.length ? entries : [...entries.slice(0, below), ...(past.over == null ? [] : entries.slice(below).filter(entry => contains(past, entry)))]
  }

  /** Adds an op whose parents are here. */
  add (draft: Draft, ancestors: Ancestors = this.ancestorsOf(draft.parents)): Entry {
    let depth = 0

    for (const parent of draft.parents) {
      depth = Math.max(depth, parent.depth + 1)
      this.#heads.delete(parent.id)
    }

    const { chain, link } = this.chains.spotFor(draft)

    // each field named, so that all entries have one shape: a log has many
    const entry: Entry = {
      id: draft.id,
      kind: draft.kind,
      // one text for all that a key signed
      author: this.chains.by(draft.author)[0]?.author ?? draft.author,
      previous: draft.previous,
      speaker: draft.speaker,
      level: draft.level,
      class: draft.class,
      parents: draft.parents,
      signed: draft.signed,
      person: draft.person,
      role: draft.role,
      invite: draft.invite,
      of: draft.of,
      key: draft.key,
      recovery: draft.recovery,
      terms: draft.terms,
      after: draft.after,
      place: this.#entries.length,
      chain,
      link,
      sequence: draft.previous == null ? 0 : draft.previous.sequence + 1,
      depth,
      ancestors: draft.parents.length === 0 ? NO_ANCESTORS : ancestors
    }

    this.#entries.push(entry)
    this.#byId.set(entry.id, entry)
    this.#heads.set(entry.id, entry)
    this.chains.add(entry)
    this.#index(entry)

    return entry
  }

  #index (entry: Entry): void {
    const { kind, person, level, invite, key = '', recovery } = entry
    const invited = invite?.place ?? 0
    const speaker = this.#persons.get(entry.speaker)

    if (speaker != null) {
      speaker.spoken = withOne(speaker.spoken, entry)
    }

    if (kind === 'ADMIT') {
      const admitted = this.#found({ first: key, recovery }, false, person)
      admitted.admits = withOne(admitted.admits, entry)
    }

    const about = person == null ? undefined : this.#persons.get(person)

    if (about != null && (isGrant(entry) || kind === 'REMOVE')) {
      addWord(about, entry)
    }

    switch (kind) {
      case 'INVITE':
        this.#invites.push(entry)
        break
      case 'ADMIT':
        append(this.#admits, invited, entry)

        if (level === DOOR) {
          append(this.#hosted, invite?.speaker ?? '', entry)
        }

        break
      case 'REVOKE':
        insert(this.#revokes, invited, entry, byLevel)
        break
      case 'LEAVE':
        if (speaker != null) {
          speaker.leaves = withOne(speaker.leaves, entry)
        }

        break
      case 'LINK':
        if (speaker != null) {
          speaker.links ??= new Map<Key, Entry[]>()
          append(speaker.links, key, entry)
        }

        this.#name(key, entry.speaker)

        if (invite != null) {
          append(this.#links, invited, entry)
        }

        break
      case 'UNLINK':
        if (speaker != null) {
          speaker.unlinks ??= new Map<Key, Entry[]>()
          insert(speaker.unlinks, key, entry, byClass)
        }

        break
      case 'REKEY':
      case 'INFO':
        this.#shared.push(entry)
        break
      default:
    }
  }

  #found ({ first, recovery }: Owner, isFounder: boolean, id = personIdOf(first, recovery)): Person {
    let person = this.#persons.get(id)

    if (person == null) {
      person = newPerson(id, first, recovery, isFounder)
      this.#persons.set(id, person)
      this.#name(first, id)

      if (recovery != null) {
        this.#name(recovery, id)
      }
    }

    return person
  }

  #name (key: Key, person: PersonId): void {
    const persons = this.#standing.get(key)

    if (typeof persons === 'object') {
      persons.add(person)
    } else if (persons !== person) {
      this.#standing.set(key, persons == null ? person : new Set([persons, person]))
    }
  }
}

function append <K> (index: Map<K, Entry[]>, key: K, entry: Entry): void {
  const list = index.get(key)

  if (list == null) {
    index.set(key, [entry])
  } else {
    list.push(entry)
  }
}

function insert <K> (index: Map<K, Entry[]>, key: K, entry: Entry, compare: (a: Entry, b: Entry) => number): void {
  const list = index.get(key) ?? []
  list.splice(placeOf(list, entry, compare), 0, entry)
  index.set(key, list)
}
