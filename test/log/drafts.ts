/**
 * Ops by name: a history is made as *drafts*, with names in place of ids, keys
 * and persons ('o12', 'Bob.2', 'Bob'). `build` makes ops of them, with ids and
 * keys of whoever asks: fake ones here, real ones with signatures for the log.
 */
import { personId } from './reference-ops.js'
import type { Key, Op, OpId, PersonId } from './reference-ops.js'

/** An op whose ids, keys and persons are names; `id` is its own. */
export type Draft = Op

export interface Maker {
  /** The key of a name. */
  keyOf: (name: string) => Key
  /** The acceptance of an ADMIT or a LINK, by the key that it brings. */
  acceptanceOf: (op: Omit<Op, 'id'>, by: string) => string
  /** The id of an op that is otherwise whole; one that signs does it here. */
  idOf: (op: Omit<Op, 'id'>, draft: Draft) => OpId
}

/** Seats by name: most with words, one without; two share a first key, one begins with another's second key. */
export const CAST: Record<string, { first: string, recovery?: string }> = {
  Alice: { first: 'Alice.1', recovery: 'Alice.words' },
  Anna: { first: 'Anna.1', recovery: 'Anna.words' },
  Bob: { first: 'Bob.1', recovery: 'Bob.words' },
  Carol: { first: 'Carol.1', recovery: 'Carol.words' },
  Dave: { first: 'Dave.1' },
  Eve: { first: 'Eve.1', recovery: 'Eve.words' },
  Frank: { first: 'Frank.1', recovery: 'Frank.words' },
  Eva: { first: 'Eve.1' },
  Bobbie: { first: 'Bob.2', recovery: 'Bobbie.words' },
  Mallory: { first: 'Frank.2', recovery: 'Dave.1' },
  Home: { first: 'Alice.words', recovery: 'Alice.words' }
}

export const NAMES = Object.keys(CAST)
export const KEYS = NAMES.slice(0, 7).flatMap(name => [1, 2, 3, 4].map(i => `${name}.${i}`)).concat('Fresh.1')

/** 32 bytes in hexadecimal, quick and not secure: murmur's mixing of two halves. */
export function hash (text: string): string {
  let [a, b] = [0xdeadbeef, 0x41c6ce57]

  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    a = Math.imul(a ^ code, 2654435761)
    b = Math.imul(b ^ code, 1597334677)
  }

  a = Math.imul(a ^ a >>> 16, 2246822507) ^ Math.imul(b ^ b >>> 13, 3266489909)
  b = Math.imul(b ^ b >>> 16, 2246822507) ^ Math.imul(a ^ a >>> 13, 3266489909)
  return [b, a].map(half => (half >>> 0).toString(16).padStart(8, '0')).join('').repeat(4)
}

const fakeKeys = new Map(Object.values(CAST).flatMap(({ first, recovery }) => [first, recovery ?? first]).concat(KEYS).map(name => [name, hash(name)]))

/** Keys and ids that nobody signs with. */
export const FAKES: Maker = {
  keyOf: name => fakeKeys.get(name)!,
  acceptanceOf: () => '00',
  idOf: op => hash(JSON.stringify(op))
}

export const keyNames = new Map([...fakeKeys].map(([name, key]) => [key, name]))
export const personNames = new Map(NAMES.map(name => [fakeIdOf(name), name]))

export function fakeIdOf (name: string): PersonId {
  const { first, recovery } = CAST[name]!
  return personId(FAKES.keyOf(first), recovery == null ? undefined : FAKES.keyOf(recovery))
}

/** Ops of drafts, each after its parents. */
export function build (drafts: Draft[], maker: Maker): Op[] {
  const ids = new Map<string, OpId>()

  return drafts.map((draft) => {
    const op = make(draft, ids, maker)
    ids.set(draft.id, op.id)
    return op
  })
}

/**
 * The op of one draft.
 *
 * @param ids - of the ops that it names
 */
export function make (draft: Draft, ids: Map<string, OpId>, { keyOf, acceptanceOf, idOf }: Maker): Op {
  const id = (name?: string): OpId | undefined => name == null ? undefined : ids.get(name)!
  const key = (name?: string): Key | undefined => name == null ? undefined : keyOf(name)
  const seat = ({ first, recovery }: { first: string, recovery?: string }): { first: Key, recovery?: Key } => ({ first: keyOf(first), recovery: key(recovery) })
  const person = (name: string): PersonId => personId(keyOf(CAST[name]!.first), key(CAST[name]!.recovery))

  function payloadOf (): object {
    switch (draft.kind) {
      case 'GENESIS': return { ...draft.payload, owners: draft.payload.owners.map(seat) }
      case 'INVITE': return { ...draft.payload, hosts: draft.payload.hosts.map(person), target: key(draft.payload.target) }
      case 'ADMIT': return { ...draft.payload, ...seat(draft.payload), invite: id(draft.payload.invite) }
      case 'REVOKE': return { ...draft.payload, invite: id(draft.payload.invite) }
      case 'REMOVE':
      case 'SET_ROLE': return { ...draft.payload, person: person(draft.payload.person) }
      case 'READOPT': return { admit: id(draft.payload.admit) }
      case 'LINK': return { ...draft.payload, key: keyOf(draft.payload.key), invite: id(draft.payload.invite) }
      case 'UNLINK': return { key: keyOf(draft.payload.key) }
      default: return draft.payload
    }
  }

  const payload = payloadOf()
  const op = {
    kind: draft.kind,
    parents: draft.parents.map(name => id(name)!).sort(),
    previous: id(draft.previous),
    author: keyOf(draft.author),
    speaker: draft.speaker == null ? undefined : person(draft.speaker),
    payload
  } as Omit<Op, 'id'>

  if (draft.kind === 'ADMIT' || draft.kind === 'LINK') {
    Object.assign(payload, { acceptance: acceptanceOf(op, draft.kind === 'ADMIT' ? draft.payload.first : draft.payload.key) })
  }

  return { ...op, id: idOf(op, draft) } as Op
}
