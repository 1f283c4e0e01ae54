/** What a log's ops say about a person, by what they are: the index that the rules read. */
import type { Entry } from './entry.js'
import type { Key, PersonId } from './kinds.js'

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
export interface Words {
  level: number
  list: readonly Entry[]
  /** The same by chain, where there are many: so that what one signs on and on is not gone through each time. Of each chain the last ones say all. */
  lanes?: Lanes
}

export interface Lanes {
  grants: Map<number, readonly Entry[]>
  /** ADMITs and READOPTs: grants that say by which way one came. */
  ways: Map<number, readonly Entry[]>
  removes: Map<number, readonly Entry[]>
}

/** Words of a level that are gone through as they are; so few that random histories have more. */
const FEW = 4

/** What nobody has written to yet: most persons have few lists. */
const NONE: readonly Entry[] = []

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
    own = { level: word.level, list: NONE, lanes: undefined }
    words.push(own)
    words.sort((a, b) => a.level - b.level)
  }

  own.list = withOne(own.list, word)

  if (own.list.length > FEW) {
    const isNew = own.lanes == null
    const lanes: Lanes = own.lanes ??= { grants: new Map(), ways: new Map(), removes: new Map() }

    for (const one of isNew ? own.list : [word]) {
      put(one.kind === 'REMOVE' ? lanes.removes : lanes.grants, one)

      if (one.kind === 'ADMIT' || one.kind === 'READOPT') {
        put(lanes.ways, one)
      }
    }
  }
}

function put (lanes: Map<number, readonly Entry[]>, word: Entry): void {
  const lane = lanes.get(word.chain)
  const longer = withOne(lane, word)

  if (longer !== lane) {
    lanes.set(word.chain, longer)
  }
}
