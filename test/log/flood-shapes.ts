/** What one member can sign to be a burden: each shape on the same party, of any length, signed only where that is asked for. */
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { acceptanceBytes, decodeOp, encodeOpBody, linkBytes, opIdOf, personIdOf, shownHash, signingBytes } from '../../src/log/index.js'
import { History } from '../../src/log/history.js'
import type { AnyOp, Heading, Key, Op, OpId, OpKind, Payloads, PersonId, Role } from '../../src/log/index.js'

const SIG = new Uint8Array(64)
const hash = (text: string, bytes = 32): string => bytesToHex(sha256(utf8ToBytes(text)).subarray(0, bytes))

/** Keys by name, and what they sign. */
export interface Signing {
  keyOf: (name: string) => Key
  sign: (key: Key, bytes: Uint8Array) => Uint8Array
}

const UNSIGNED: Signing = { keyOf: name => hash(name), sign: () => SIG }

/** A party of Alice, who founded it, Bob, an admin, and a friend, a writer: Bob floods. */
export class Party {
  readonly alice: Key
  readonly bob: Key
  readonly friend: Key
  readonly genesis: AnyOp<'GENESIS'>
  readonly ops: Op[]
  readonly last: Record<Key, OpId>
  readonly #signing: Signing
  readonly #roles = new Map<OpId, Role>()
  #made = 0

  constructor (signing = UNSIGNED) {
    this.#signing = signing
    this.alice = this.keyOf('Alice')
    this.bob = this.keyOf('Bob')
    this.friend = this.keyOf('Friend')
    this.genesis = this.op('GENESIS', { parents: [], author: this.alice }, { name: 'x', kind: 'group', owners: [{ first: this.alice }], nonce: hash('', 16) }) as AnyOp<'GENESIS'>
    this.ops = [this.genesis]
    this.last = { [this.alice]: this.genesis.id }
    const bobs = this.invite(this.alice, [this.genesis.id], 'admin', 1)
    const bob = this.admit(this.alice, [bobs], bobs, this.bob)
    const friends = this.invite(this.alice, [bob], 'writer', 1)
    this.admit(this.alice, [friends], friends, this.friend)
  }

  keyOf (name: string): Key {
    return this.#signing.keyOf(name)
  }

  get head (): OpId {
    return this.ops.at(-1)!.id
  }

  op <K extends OpKind> (kind: K, heading: Heading, payload: Payloads[K]): Op {
    const body = encodeOpBody(kind, heading, payload)
    const genesis = kind === 'GENESIS' ? opIdOf(body) : this.genesis.id

    return decodeOp({ body, sig: this.#signing.sign(heading.author, signingBytes(genesis, body)) }) as Op
  }

  /** @param previous - Of a fork; otherwise the author's newest */
  put <K extends OpKind> (author: Key, parents: OpId[], kind: K, payload: Payloads[K], previous: OpId | undefined = this.last[author], speaker?: PersonId): OpId {
    const op = this.op(kind, { parents, author, previous, speaker }, payload)
    this.ops.push(op)
    this.last[author] = op.id

    return op.id
  }

  invite (author: Key, parents: OpId[], role: Role = 'reader', uses = 1, previous?: OpId): OpId {
    const id = this.put(author, parents, 'INVITE', { lookupId: hash(`${++this.#made}`, 16), role, uses, hosts: [], createdAt: 0, expiresAt: 0 }, previous)
    this.#roles.set(id, role)

    return id
  }

  admit (author: Key, parents: OpId[], invite: OpId, first: Key = this.keyOf(`member ${++this.#made}`), previous?: OpId): OpId {
    const transcript = hash(`${++this.#made}`)
    const role = this.#roles.get(invite) ?? 'reader'
    const acceptance = this.#signing.sign(first, acceptanceBytes({ genesis: this.genesis.id, invite, first, inviter: author, role, preview: shownHash(this.genesis), transcript }))

    return this.put(author, parents, 'ADMIT', { invite, first, acceptance, transcript, after: 0 }, previous)
  }

  link (author: Key, parents: OpId[], key: Key, previous?: OpId): OpId {
    const acceptance = this.#signing.sign(key, linkBytes(this.genesis.id, personIdOf(author), author))

    return this.put(author, parents, 'LINK', { key, acceptance }, previous)
  }

  rekey (author: Key, parents: OpId[], previous?: OpId): OpId {
    return this.put(author, parents, 'REKEY', { commitment: hash(`${++this.#made}`), wraps: hash('') }, previous)
  }

  /** What Bob says of the friend, by turns. */
  setRole (i: number): Payloads['SET_ROLE'] {
    return { person: personIdOf(this.friend), role: i % 2 === 0 ? 'reader' : 'writer' }
  }
}

type Shape = (party: Party, length: number) => void

/** Bob's ops, `length` of them; of two who flood together half are Alice's. */
export const SHAPES: Record<string, Shape> = {
  'straight INVITEs': (party, length) => {
    for (let i = 0; i < length; i++) {
      party.invite(party.bob, [party.head])
    }
  },
  'straight ADMITs of many': (party, length) => {
    const invite = party.invite(party.bob, [party.head], 'reader', length)

    for (let i = 1; i < length; i++) {
      party.admit(party.bob, [party.head], invite)
    }
  },
  'straight SET_ROLEs of one friend': (party, length) => {
    for (let i = 0; i < length; i++) {
      party.put(party.bob, [party.head], 'SET_ROLE', party.setRole(i))
    }
  },
  'straight REKEYs': (party, length) => {
    for (let i = 0; i < length; i++) {
      party.rekey(party.bob, [party.head])
    }
  },
  'REKEYs, all on one op': (party, length) => {
    const root = party.invite(party.bob, [party.head])

    for (let i = 1; i < length; i++) {
      party.rekey(party.bob, [root], root)
    }
  },
  'sixteen interleaved chains of REKEYs': (party, length) => {
    const root = party.invite(party.bob, [party.head])
    const tips = Array.from({ length: 16 }, () => party.rekey(party.bob, [root], root))

    for (let i = 17; i < length; i++) {
      tips[i % 16] = party.rekey(party.bob, [tips[i % 16]!], tips[i % 16])
    }
  },
  'ADMITs of one friend, on one invitation of one use': (party, length) => {
    const invite = party.invite(party.bob, [party.head])

    for (let i = 1; i < length; i++) {
      party.admit(party.bob, [invite], invite, party.keyOf('new'), invite)
    }
  },
  'ADMITs of many, on one invitation of one use': (party, length) => {
    const invite = party.invite(party.bob, [party.head])

    for (let i = 1; i < length; i++) {
      party.admit(party.bob, [invite], invite, undefined, invite)
    }
  },
  'SET_ROLEs of one friend, concurrent': (party, length) => {
    const base = star(party, length)
    base.forEach((at, i) => { party.put(party.bob, [at], 'SET_ROLE', party.setRole(i), at) })
  },
  'SET_ROLEs of one friend, all on one op': (party, length) => {
    const ends = ladder(party, Math.ceil(Math.sqrt(length)))
    let made = 0

    // pairs of parents: another op each
    for (const one of ends) {
      for (const other of ends) {
        if (one < other && made++ < length - ends.length) {
          party.put(party.bob, [one, other], 'SET_ROLE', party.setRole(made), one)
        }
      }
    }
  },
  'REMOVEs of one friend, concurrent': (party, length) => {
    const base = star(party, length)
    base.forEach((at) => { party.put(party.bob, [at], 'REMOVE', { person: personIdOf(party.friend) }, at) })
  },
  'LINKs, concurrent': (party, length) => {
    const root = party.invite(party.bob, [party.head])

    for (let i = 1; i < length; i++) {
      party.link(party.bob, [root], party.keyOf(`device ${i}`), root)
    }
  },
  'LINKs and UNLINKs by turns, concurrent with each other': (party, length) => {
    const root = party.invite(party.bob, [party.head])
    let made = 1

    while (made + 1 < length) {
      const key = party.keyOf(`device ${made}`)
      const link = party.link(party.bob, [root], key, root)
      party.put(party.bob, [link], 'UNLINK', { key }, link)
      made += 2
    }
  },
  'two interleaved chains': (party, length) => {
    let [one, other] = [party.invite(party.bob, [party.head]), party.head]

    for (let i = 1; i < length; i += 2) {
      one = party.invite(party.bob, [one], 'reader', 1, one)
      other = party.invite(party.bob, [other], 'reader', 1, other)
    }
  },
  'sixteen interleaved chains of SET_ROLEs': (party, length) => {
    const root = party.invite(party.bob, [party.head])
    const tips = Array.from({ length: 16 }, () => party.invite(party.bob, [root], 'reader', 1, root))

    for (let i = 17; i < length; i++) {
      tips[i % 16] = party.put(party.bob, [tips[i % 16]!], 'SET_ROLE', party.setRole(i + Math.floor(i / 16)), tips[i % 16])
    }
  },
  'a lattice of sixteen': (party, length) => {
    let layer = [party.invite(party.bob, [party.head])]

    for (let made = 1; made < length; made += 16) {
      const below = layer
      layer = Array.from({ length: 16 }, (_, i) => party.invite(party.bob, below, 'reader', 1, below[i % below.length]))
    }
  },
  'a lattice of SET_ROLEs': (party, length) => {
    const root = party.invite(party.bob, [party.head])
    let layer = [1, 2, 3, 4].map(() => party.invite(party.bob, [root], 'reader', 1, root))

    for (let made = 5; made < length; made += 4) {
      const below = layer
      layer = Array.from({ length: 4 }, (_, i) => party.put(party.bob, below, 'SET_ROLE', party.setRole(made + i), below[i % below.length]))
    }
  },
  'a grid': (party, length) => {
    const side = Math.floor(Math.sqrt(length))
    const grid: OpId[][] = []

    for (let row = 0; row < side; row++) {
      grid[row] = []

      for (let column = 0; column < side; column++) {
        const parents = [grid[row - 1]?.[column], grid[row]?.[column - 1]].filter(id => id != null)
        grid[row]![column] = party.invite(party.bob, parents.length === 0 ? [party.head] : parents, 'reader', 1, parents[0])
      }
    }
  },
  'two thousand heads, merged by sixteens, and again': (party, length) => {
    let root = party.invite(party.bob, [party.head])

    for (let made = 1; made < length;) {
      const heads = Array.from({ length: Math.min(2000, length - made) }, () => party.invite(party.bob, [root], 'reader', 1, root))
      made += heads.length

      for (let at = 0; at < heads.length && made < length; at += 15, made++) {
        const parents = [...at === 0 ? [] : [root], ...heads.slice(at, at + 15)]
        root = party.invite(party.bob, parents, 'reader', 1, parents[0])
      }
    }
  },
  'ADMITs of two by turns, on one invitation of one use, each shallower': (party, length) => {
    const invite = party.invite(party.bob, [party.head])
    const chain = [invite]

    for (let i = 1; i < length / 2; i++) {
      chain.push(party.invite(party.bob, [chain.at(-1)!], 'reader', 1, chain.at(-1)))
    }

    chain.reverse().forEach((at, i) => { party.admit(party.bob, [at], invite, party.keyOf(`new ${i % 2}`), at) })
  },
  'ADMITs and REVOKEs of one invitation, concurrent': (party, length) => {
    const invite = party.invite(party.bob, [party.head])

    for (let i = 1; i < length; i += 2) {
      party.admit(party.bob, [invite], invite, party.keyOf('new'), invite)
      party.put(party.bob, [invite], 'REVOKE', { invite, reason: `${i}` }, invite)
    }
  },
  'UNLINKs of a laptop, concurrent, that signs on': (party, length) => {
    const laptop = party.keyOf('laptop')
    const root = party.head
    const link = party.link(party.bob, [root], laptop)
    const speaker = personIdOf(party.bob)
    let at = link
    const base = star(party, length / 2)

    for (let i = 0; i < length / 4; i++) {
      at = party.put(laptop, [at], 'INVITE', { lookupId: hash(`l ${i}`, 16), role: 'reader', uses: 1, hosts: [], createdAt: 0, expiresAt: 0 }, i === 0 ? undefined : at, speaker)
      party.put(party.bob, [base[i]!], 'UNLINK', { key: laptop }, base[i])
    }
  },
  'UNLINKs of a laptop, beside an owner\'s SET_ROLE that saw what it signed': (party, length) => {
    const link = laptopSigns(party, length / 2)
    party.put(party.alice, [party.head], 'SET_ROLE', { person: personIdOf(party.bob), role: 'reader' })
    unlinkLaptop(party, link, length / 2)
  },
  'UNLINKs of a laptop, beside an owner\'s SET_ROLE that comes last': (party, length) => {
    const link = laptopSigns(party, length / 2)
    const end = party.head
    unlinkLaptop(party, link, length / 2)
    party.put(party.alice, [end], 'SET_ROLE', { person: personIdOf(party.bob), role: 'reader' })
  },
  'side ops on each op of a chain': (party, length) => {
    let at = party.invite(party.bob, [party.head])
    const chain: OpId[] = []

    for (let i = 1; i < length / 2; i++) {
      chain.push(at = party.invite(party.bob, [at], 'reader', 1, at))
    }

    chain.forEach((base, i) => { party.put(party.bob, [base], 'SET_ROLE', party.setRole(i), base) })
  },
  'SET_ROLEs of the one who floods, by an owner beside it': (party, length) => {
    let [bobs, alices] = [party.head, party.head]

    for (let i = 0; i < length; i += 2) {
      bobs = party.invite(party.bob, [bobs])
      alices = party.put(party.alice, [alices], 'SET_ROLE', { person: personIdOf(party.bob), role: i % 4 === 0 ? 'reader' : 'admin' })
    }
  },
  'SET_ROLEs of the one who floods, by an owner beside it, with a laptop unlinked': (party, length) => {
    const laptop = party.keyOf('laptop')
    const link = party.link(party.bob, [party.head], laptop)
    party.put(party.bob, [link], 'UNLINK', { key: laptop }, link)
    SHAPES['SET_ROLEs of the one who floods, by an owner beside it']?.(party, length - 2)
  },
  'SET_ROLEs of the one who floods, by an owner, each on one op less': (party, length) => {
    const root = party.last[party.alice]
    const chain = [party.head]

    for (let i = 0; i < length / 2; i++) {
      chain.push(party.put(party.bob, [chain.at(-1)!], 'SET_ROLE', party.setRole(i)))
    }

    chain.slice(1).reverse().forEach((at, i) => { party.put(party.alice, [at], 'SET_ROLE', { person: personIdOf(party.bob), role: i % 2 === 0 ? 'reader' : 'admin' }, root) })
  }
}

/** Bob's laptop makes a row of INVITEs. @returns Its LINK */
function laptopSigns (party: Party, length: number): OpId {
  const laptop = party.keyOf('laptop')
  const link = party.link(party.bob, [party.head], laptop)

  for (let i = 0; i < length; i++) {
    party.put(laptop, [party.head], 'INVITE', { lookupId: hash(`l ${i}`, 16), role: 'reader', uses: 1, hosts: [], createdAt: 0, expiresAt: 0 }, party.last[laptop], personIdOf(party.bob))
  }

  return link
}

/** Bob unlinks it, again and again, on top of its LINK. */
function unlinkLaptop (party: Party, link: OpId, length: number): void {
  for (let i = 0, at = link; i < length; i++) {
    at = party.put(party.bob, [at], 'UNLINK', { key: party.keyOf('laptop') }, at)
  }
}

/** A chain by Alice, on whose ops Bob's concurrent ones can stand; half of the length. */
function star (party: Party, length: number): OpId[] {
  const root = party.invite(party.bob, [party.head])

  return [root, ...Array.from({ length: length - 2 }, () => party.invite(party.bob, [root], 'reader', 1, root))].slice(0, Math.ceil(length / 2))
}

/** Heads beside each other. */
function ladder (party: Party, count: number): OpId[] {
  const root = party.invite(party.bob, [party.head])

  return Array.from({ length: count * 2 }, () => party.invite(party.bob, [root], 'reader', 1, root))
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
