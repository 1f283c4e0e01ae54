/** What a log's ops say about a person, by what they are: the index that the rules read. */
import { byLevel, firstByLevel, levelLeftBy, lowerBound } from './entry.js'
import { placeOf } from './sorted.js'
import type { Entry } from './entry.js'
import type { Key, PersonId } from './kinds.js'

/** Words of a level that are gone through as they are; so few that random histories have more. */
const FEW = 4

/** What nobody has written to yet: most persons have few lists. */
const NONE: readonly Entry[] = []

/** A seat in the party, taken or not, and what the ops say about it, parents first. */
export interface Person {
  id: PersonId
  first: Key
  recovery?: Key
  /** An owner of the GENESIS. */
  isFounder: boolean
  /** Grants and REMOVEs, by the level that they were spoken at, those above first. */
  words: Words[]
  leaves: readonly Entry[]
  /** ADMITs that name it. */
  admits: readonly Entry[]
  /** What its keys signed for it. */
  spoken: readonly Entry[]
  /** By the key that they name; UNLINKs of a key by class, then level and id. */
  links?: Map<Key, Entry[]>
  unlinks?: Map<Key, Entry[]>
}

/** Words of one level about one person. */
export class Words {
  readonly level: number
  list: readonly Entry[] = NONE
  /** The same by chain, where there are many: so that what one signs on and on is not gone through each time. Of each chain the last ones say all. */
  lanes: Lanes | undefined
  /** The same by the level to which they bring the person, by id, where there are many. */
  #byId: Map<number, Entry[]> | undefined

  constructor (level: number) {
    this.level = level
  }

  add (word: Entry): void {
    this.list = withOne(this.list, word)

    if (this.list.length <= FEW) {
      return
    }

    const isNew = this.lanes == null
    const lanes: Lanes = this.lanes ??= { grants: new Map(), ways: new Map(), removes: new Map() }
    const byId = this.#byId ??= new Map<number, Entry[]>()

    for (const one of isNew ? this.list : [word]) {
      const alike = byId.get(levelLeftBy(one)) ?? []
      alike.splice(placeOf(alike, one, byLevel), 0, one)
      byId.set(levelLeftBy(one), alike)
      put(one.kind === 'REMOVE' ? lanes.removes : lanes.grants, one)

      if (one.kind === 'ADMIT' || one.kind === 'READOPT') {
        put(lanes.ways, one)
      }
    }
  }

  /**
   * The first by id of which this is true. Where many may be, it is looked for by id: the first ones are asked alone.
   *
   * @param from - Of those that stand at this place or after
   * @param above - Of those that bring the person below this level
   */
  find (is: (word: Entry) => boolean, from = 0, above = -1): Entry | undefined {
    const start = lowerBound(this.list, from)

    if (this.#byId == null || this.list.length - start <= FEW) {
      return firstByLevel(this.list.slice(start).filter(word => levelLeftBy(word) > above && is(word)))
    }

    return firstByLevel([...this.#byId].flatMap(([level, words]) => {
      const first = level > above ? words.find(word => word.place >= from && is(word)) : undefined

      return first == null ? [] : [first]
    }))
  }
}

export interface Lanes {
  grants: Map<number, readonly Entry[]>
  /** ADMITs and READOPTs: grants that say by which way one came. */
  ways: Map<number, readonly Entry[]>
  removes: Map<number, readonly Entry[]>
}

export function newPerson (id: PersonId, first: Key, recovery: Key | undefined, isFounder: boolean): Person {
  return { id, first, recovery, isFounder, words: [], leaves: NONE, admits: NONE, spoken: NONE }
}

/** The list with one more, in place where it can grow. */
export function withOne (list: readonly Entry[] | undefined, entry: Entry): readonly Entry[] {
  if (list == null || list.length === 0) {
    // takes less than one that grows from none
    return [entry]
  }

  (list as Entry[]).push(entry)

  return list
}

/** Takes a word about a person to the others of its level. */
export function addWord ({ words }: Person, word: Entry): void {
  let own = words.find(({ level }) => level === word.level)

  if (own == null) {
    own = new Words(word.level)
    words.push(own)
    words.sort((a, b) => a.level - b.level)
  }

  own.add(word)
}

function put (lanes: Map<number, readonly Entry[]>, word: Entry): void {
  const lane = lanes.get(word.chain)
  const longer = withOne(lane, word)

  if (longer !== lane) {
    lanes.set(word.chain, longer)
  }
}
