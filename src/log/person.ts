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
  /** Grants and REMOVEs, by the level that they were spoken at. */
  words: Array<Entry[] | undefined>
  /** The same by chain, where a level has many: so that what one signs on and on is not gone through each time. */
  lanes?: Array<Lanes | undefined>
  leaves: Entry[]
  /** ADMITs that name it. */
  admits: Entry[]
  /** What its keys signed for it. */
  spoken: Entry[]
  /** By the key that they name. */
  links?: Map<Key, Entry[]>
  unlinks?: Map<Key, Entry[]>
}

/** Words of one level about one person, by chain: of each the last ones say all. */
export interface Lanes {
  grants: Map<number, Entry[]>
  /** ADMITs and READOPTs: grants that say by which way one came. */
  ways: Map<number, Entry[]>
  removes: Map<number, Entry[]>
}

/** Words of a level that are gone through as they are; so few that random histories have more. */
const FEW = 4

/** Puts a word on its lane, where its level has lanes, or gets them now. */
export function addToLane (person: Person, { level }: Entry): void {
  const words = person.words[level] ?? []
  let lanes = person.lanes?.[level]
  const isNew = lanes == null && words.length > FEW

  if (isNew) {
    lanes = { grants: new Map(), ways: new Map(), removes: new Map() }
    person.lanes ??= []
    person.lanes[level] = lanes
  }

  if (lanes == null) {
    return
  }

  for (const word of isNew ? words : words.slice(-1)) {
    put(word.kind === 'REMOVE' ? lanes.removes : lanes.grants, word)

    if (word.kind === 'ADMIT' || word.kind === 'READOPT') {
      put(lanes.ways, word)
    }
  }
}

function put (lanes: Map<number, Entry[]>, word: Entry): void {
  const lane = lanes.get(word.chain)

  if (lane == null) {
    lanes.set(word.chain, [word])
  } else {
    lane.push(word)
  }
}
