/** What one member can sign to be a burden: each shape on the same party, of any length, unsigned. */
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { decodeOp, encodeOpBody, personIdOf } from '../../src/log/index.js'
import { History } from '../../src/log/history.js'
import type { AnyOp, Heading, Key, Op, OpId, OpKind, Payloads, Role } from '../../src/log/index.js'

const SIG = new Uint8Array(64)
const hash = (text: string, bytes = 32): string => bytesToHex(sha256(utf8ToBytes(text)).subarray(0, bytes))

export const [ALICE, BOB, FRIEND] = ['Alice', 'Bob', 'Friend'].map(name => hash(name)) as [Key, Key, Key]

/** A party of Alice, who founded it, Bob, an admin, and a friend, a writer: Bob floods. */
export class Party {
  readonly genesis = this.op('GENESIS', { parents: [], author: ALICE }, { name: 'x', kind: 'group', owners: [{ first: ALICE }], nonce: hash('', 16) }) as AnyOp<'GENESIS'>
  readonly ops: Op[] = [this.genesis]
  readonly last: Record<Key, OpId> = { [ALICE]: this.genesis.id }
  #made = 0

  constructor () {
    const bobs = this.invite(ALICE, [this.genesis.id], 'admin', 1)
    const bob = this.admit(ALICE, [bobs], bobs, BOB)
    const friends = this.invite(ALICE, [bob], 'writer', 1)
    this.admit(ALICE, [friends], friends, FRIEND)
  }

  get head (): OpId {
    return this.ops.at(-1)!.id
  }

  op <K extends OpKind> (kind: K, heading: Heading, payload: Payloads[K]): Op {
    return decodeOp({ body: encodeOpBody(kind, heading, payload), sig: SIG }) as Op
  }

  /** @param previous - Of a fork; otherwise the author's newest */
  put <K extends OpKind> (author: Key, parents: OpId[], kind: K, payload: Payloads[K], previous: OpId | undefined = this.last[author]): OpId {
    const op = this.op(kind, { parents, author, previous }, payload)
    this.ops.push(op)
    this.last[author] = op.id

    return op.id
  }

  invite (author: Key, parents: OpId[], role: Role = 'reader', uses = 1, previous?: OpId): OpId {
    return this.put(author, parents, 'INVITE', { lookupId: hash(`${++this.#made}`, 16), role, uses, hosts: [], createdAt: 0, expiresAt: 0 }, previous)
  }

  admit (author: Key, parents: OpId[], invite: OpId, first: Key = hash(`member ${++this.#made}`), previous?: OpId): OpId {
    return this.put(author, parents, 'ADMIT', { invite, first, acceptance: SIG, transcript: hash(`${++this.#made}`), after: 0 }, previous)
  }
}

type Shape = (party: Party, length: number) => void

const setRole = (i: number): Payloads['SET_ROLE'] => ({ person: personIdOf(FRIEND), role: i % 2 === 0 ? 'reader' : 'writer' })

/** Bob's ops, `length` of them. */
export const SHAPES: Record<string, Shape> = {
  'straight INVITEs': (party, length) => {
    for (let i = 0; i < length; i++) {
      party.invite(BOB, [party.head])
    }
  },
  'straight SET_ROLEs of one friend': (party, length) => {
    for (let i = 0; i < length; i++) {
      party.put(BOB, [party.head], 'SET_ROLE', setRole(i))
    }
  },
  'ADMITs of one friend, on one invitation of one use': (party, length) => {
    const invite = party.invite(BOB, [party.head])

    for (let i = 1; i < length; i++) {
      party.admit(BOB, [invite], invite, hash('new'), invite)
    }
  },
  'ADMITs of many, on one invitation of one use': (party, length) => {
    const invite = party.invite(BOB, [party.head])

    for (let i = 1; i < length; i++) {
      party.admit(BOB, [invite], invite, undefined, invite)
    }
  },
  'SET_ROLEs of one friend, concurrent': (party, length) => {
    const base = star(party, length)
    base.forEach((at, i) => { party.put(BOB, [at], 'SET_ROLE', setRole(i), at) })
  },
  'SET_ROLEs of one friend, all on one op': (party, length) => {
    const ends = ladder(party, Math.ceil(Math.sqrt(length)))
    let made = 0

    // pairs of parents: another op each
    for (const one of ends) {
      for (const other of ends) {
        if (one < other && made++ < length - ends.length) {
          party.put(BOB, [one, other], 'SET_ROLE', setRole(made), one)
        }
      }
    }
  },
  'REMOVEs of one friend, concurrent': (party, length) => {
    const base = star(party, length)
    base.forEach((at) => { party.put(BOB, [at], 'REMOVE', { person: personIdOf(FRIEND) }, at) })
  },
  'LINKs, concurrent': (party, length) => {
    const root = party.invite(BOB, [party.head])

    for (let i = 1; i < length; i++) {
      party.put(BOB, [root], 'LINK', { key: hash(`device ${i}`), acceptance: SIG }, root)
    }
  },
  'LINKs and UNLINKs by turns, concurrent with each other': (party, length) => {
    const root = party.invite(BOB, [party.head])
    let made = 1

    while (made + 1 < length) {
      const key = hash(`device ${made}`)
      const link = party.put(BOB, [root], 'LINK', { key, acceptance: SIG }, root)
      party.put(BOB, [link], 'UNLINK', { key }, link)
      made += 2
    }
  },
  'two interleaved chains': (party, length) => {
    let [one, other] = [party.invite(BOB, [party.head]), party.head]

    for (let i = 1; i < length; i += 2) {
      one = party.invite(BOB, [one], 'reader', 1, one)
      other = party.invite(BOB, [other], 'reader', 1, other)
    }
  },
  'sixteen interleaved chains of SET_ROLEs': (party, length) => {
    const root = party.invite(BOB, [party.head])
    const tips = Array.from({ length: 16 }, () => party.invite(BOB, [root], 'reader', 1, root))

    for (let i = 17; i < length; i++) {
      tips[i % 16] = party.put(BOB, [tips[i % 16]!], 'SET_ROLE', setRole(i + Math.floor(i / 16)), tips[i % 16])
    }
  },
  'a lattice of sixteen': (party, length) => {
    let layer = [party.invite(BOB, [party.head])]

    for (let made = 1; made < length; made += 16) {
      const below = layer
      layer = Array.from({ length: 16 }, (_, i) => party.invite(BOB, below, 'reader', 1, below[i % below.length]))
    }
  },
  'a lattice of SET_ROLEs': (party, length) => {
    const root = party.invite(BOB, [party.head])
    let layer = [1, 2, 3, 4].map(() => party.invite(BOB, [root], 'reader', 1, root))

    for (let made = 5; made < length; made += 4) {
      const below = layer
      layer = Array.from({ length: 4 }, (_, i) => party.put(BOB, below, 'SET_ROLE', setRole(made + i), below[i % below.length]))
    }
  },
  'a grid': (party, length) => {
    const side = Math.floor(Math.sqrt(length))
    const grid: OpId[][] = []

    for (let row = 0; row < side; row++) {
      grid[row] = []

      for (let column = 0; column < side; column++) {
        const parents = [grid[row - 1]?.[column], grid[row]?.[column - 1]].filter(id => id != null)
        grid[row]![column] = party.invite(BOB, parents.length === 0 ? [party.head] : parents, 'reader', 1, parents[0])
      }
    }
  },
  'two thousand heads, merged by sixteens, and again': (party, length) => {
    let root = party.invite(BOB, [party.head])

    for (let made = 1; made < length;) {
      const heads = Array.from({ length: Math.min(2000, length - made) }, () => party.invite(BOB, [root], 'reader', 1, root))
      made += heads.length

      for (let at = 0; at < heads.length && made < length; at += 15, made++) {
        const parents = [...at === 0 ? [] : [root], ...heads.slice(at, at + 15)]
        root = party.invite(BOB, parents, 'reader', 1, parents[0])
      }
    }
  },
  'side ops on each op of a chain': (party, length) => {
    let at = party.invite(BOB, [party.head])
    const chain: OpId[] = []

    for (let i = 1; i < length / 2; i++) {
      chain.push(at = party.invite(BOB, [at], 'reader', 1, at))
    }

    chain.forEach((base, i) => { party.put(BOB, [base], 'SET_ROLE', setRole(i), base) })
  }
}

/** A chain by Alice, on whose ops Bob's concurrent ones can stand; half of the length. */
function star (party: Party, length: number): OpId[] {
  const root = party.invite(BOB, [party.head])

  return [root, ...Array.from({ length: length - 2 }, () => party.invite(BOB, [root], 'reader', 1, root))].slice(0, Math.ceil(length / 2))
}

/** Heads beside each other. */
function ladder (party: Party, count: number): OpId[] {
  const root = party.invite(BOB, [party.head])

  return Array.from({ length: count * 2 }, () => party.invite(BOB, [root], 'reader', 1, root))
}

/** Takes ops in, as sync brings them; in ms of processor time and bytes of heap an op. Who signed is not asked. */
export function takeIn (ops: Op[], batch = 300): { history: History, kept: number, time: number, heap: number } {
  const signed = ops.map(op => op.signed)
  globalThis.gc?.()
  const heap = process.memoryUsage().heapUsed
  const start = process.cpuUsage()
  const history = new History(decodeOp(signed[0]!) as AnyOp<'GENESIS'>)

  for (let at = 1; at < signed.length; at += batch) {
    for (const one of signed.slice(at, at + batch)) {
      const op = decodeOp(one) as Op
      const judged = history.judge(op)

      if (typeof judged !== 'string') {
        history.take(judged)
      }
    }

    history.view.changes()
  }

  const { user } = process.cpuUsage(start)
  globalThis.gc?.()

  return { history, kept: history.graph.end, time: user / ops.length / 1000, heap: (process.memoryUsage().heapUsed - heap) / ops.length }
}
