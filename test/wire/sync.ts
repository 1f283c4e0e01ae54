/** Streams of the log protocol by docs/sync.md: frames, the hashes of sets, and what each frame has to be by what either side has. */
import { sha256 } from '@noble/hashes/sha2.js'
import { bigEndian, concat, hex, isSame, must, unhex, utf8 } from './bytes.js'
import { readOp } from './ops.js'
import { bytesOf, decode, encode, listOf, messageOf } from './protobuf.js'
import type { Message, Schema } from './protobuf.js'
import type { Op } from '../log/reference-ops.js'

const OP: Schema = { 1: ['body', 'bytes'], 2: ['sig', 'bytes'] }
const MARK: Schema = { 1: ['sequence', 'number'], 2: ['id', 'bytes'] }
const ENTRY: Schema = { 1: ['key', 'bytes'], 2: ['marks', [MARK]] }
const NODE: Schema = { 1: ['prefix', 'bytes'], 2: ['digits', 'number'], 3: ['kind', 'number'], 4: ['fingerprints', 'bytes'], 5: ['entries', [ENTRY]] }

const FRAME: Schema = {
  1: ['hello', { 1: ['party', 'bytes'], 2: ['salt', 'bytes'], 3: ['sets', [{ 1: ['set', 'number'], 2: ['hash', 'bytes'] }]] }],
  2: ['refusal', { 1: ['code', 'number'], 2: ['because', 'text'], 3: ['ops', ['bytes']] }],
  3: ['proof', { 1: ['ops', [OP]] }],
  4: ['summary', { 1: ['set', 'number'], 2: ['start', 'bool'], 3: ['heads', ['bytes']], 4: ['contained', 'bool'], 5: ['nodes', [NODE]], 6: ['more', 'bool'] }],
  5: ['pull', { 1: ['pull', 'number'], 2: ['set', 'number'], 3: ['window', 'number'], 4: ['heads', ['bytes']], 5: ['ranges', [{ 1: ['prefix', 'bytes'], 2: ['digits', 'number'], 3: ['have', [ENTRY]] }]] }],
  6: ['items', { 1: ['pull', 'number'], 2: ['set', 'number'], 3: ['ops', [OP]], 4: ['records', ['bytes']], 5: ['last', 'bool'], 6: ['items', 'number'], 7: ['bytes', 'number'] }],
  7: ['ack', { 1: ['pull', 'number'], 2: ['bytes', 'number'] }]
}

export interface Frame {
  is: string
  body: Message
}

export function readFrame (bytes: Uint8Array): Frame {
  must(bytes.length <= 65_536, 'at most 65,536 bytes')
  const frame = decode(FRAME, bytes)
  must(isSame(encode(FRAME, frame), bytes), 'fields by number')
  const set = Object.keys(frame).filter(name => frame[name] != null)
  must(set.length === 1, 'exactly one field')

  return { is: set[0]!, body: messageOf(frame, set[0]!) }
}

export interface Entry {
  /** Hex. */
  key: string
  marks: Array<{ sequence: number, id: string }>
}

/** Of ops: by author, the tips of its chain, each with how many ops of it lie behind. */
export function entriesOfOps (ops: Op[]): Entry[] {
  const byId = new Map(ops.map(op => [op.id, op]))
  const isTip = (op: Op): boolean => !ops.some(other => other.author === op.author && other.previous === op.id)
  const behind = (op: Op): number => op.previous == null ? 0 : 1 + behind(byId.get(op.previous)!)

  return [...new Set(ops.map(({ author }) => author))].sort().map((key) => {
    const tips = ops.filter(op => op.author === key && isTip(op)).sort((a, b) => a.id < b.id ? -1 : 1)

    return { key, marks: tips.length <= 16 ? tips.map(op => ({ sequence: behind(op), id: op.id })) : [{ sequence: tips.length, id: hex(sha256(utf8(tips.map(({ id }) => id).join('')))) }] }
  })
}

/** Of records: their sequence number, and the first 16 bytes of their hash. */
export function entryOfRecord (record: Uint8Array, key: string, sequence: number): Entry {
  return { key, marks: [{ sequence, id: hex(sha256(record)).slice(0, 32) }] }
}

/** Of the entries whose keys begin so. */
export function hashOf (entries: Entry[], prefix = ''): Uint8Array {
  const under = entries.filter(({ key }) => key.startsWith(prefix)).sort((a, b) => a.key < b.key ? -1 : 1)

  if (under.length === 0) {
    return new Uint8Array(32)
  } else if (under.length > 8) {
    return sha256(concat(Uint8Array.of(1), ...digits().map(digit => hashOf(under, prefix + digit))))
  }

  return sha256(concat(Uint8Array.of(0), ...under.map(({ key, marks }) =>
    concat(unhex(key), bigEndian(marks.length, 2), ...marks.map(({ sequence }) => bigEndian(sequence, 8)), ...marks.map(({ id }) => unhex(id))))))
}

function digits (): string[] {
  return [...'0123456789abcdef']
}

export function fingerprintOf (entries: Entry[], prefix: string, salt: Uint8Array): Uint8Array {
  return entries.some(({ key }) => key.startsWith(prefix)) ? sha256(concat(salt, hashOf(entries, prefix))).subarray(0, 8) : new Uint8Array(8)
}

/** What one side has. */
export interface Side {
  ops: Op[]
  /** By set. */
  sets: Map<number, Entry[]>
}

function prefixOf (node: Message): string {
  const packed = hex(bytesOf(node, 'prefix'))
  const count = node.digits as number
  must(packed.length === 2 * Math.ceil(count / 2) && packed.slice(count).replaceAll('0', '') === '', 'a prefix is packed, and filled up with zero')

  return packed.slice(0, count)
}

function entryOf (entry: Message): Entry {
  return { key: hex(bytesOf(entry, 'key', 32)), marks: (listOf(entry, 'marks') as Message[]).map(mark => ({ sequence: mark.sequence as number, id: hex(bytesOf(mark, 'id', 16, 32)) })) }
}

/** Is each node what this side has? */
function checkNodes (summary: Message, entries: Entry[], salt: Uint8Array): void {
  for (const node of listOf(summary, 'nodes') as Message[]) {
    const prefix = prefixOf(node)
    const under = entries.filter(({ key }) => key.startsWith(prefix))
    const told = (listOf(node, 'entries') as Message[]).map(entryOf)
    const isOwn = told.every(({ key, marks }) => JSON.stringify(marks) === JSON.stringify(under.find(entry => entry.key === key)?.marks))

    switch (node.kind) {
      case 0:
        must(under.length > 8 && isSame(bytesOf(node, 'fingerprints', 128), concat(...digits().map(digit => fingerprintOf(entries, prefix + digit, salt)))), 'a split')
        break
      case 1:
        must(told.length === under.length && told.length <= 8 && isOwn, 'a list')
        break
      case 2:
        must(isOwn, 'an answer')
        break
      default: must(node.kind === 3 && told.length === 0, 'more')
    }
  }
}

/** What a side has when these came. */
function withOps ({ ops, sets }: Side, bodies: Uint8Array[]): Side {
  const came = bodies.map(body => readOp(body) as Op)
  const all = [...ops, ...came.filter(({ id }) => !ops.some(op => op.id === id))]

  return { ops: all, sets: new Map([...sets, [0, entriesOfOps(all)]]) }
}

export interface Told {
  /** Codes, as they came. */
  refusals: number[]
  /** Bodies of the ops that each side was given, and records, by place: 0 the dialler. */
  ops: [Uint8Array[], Uint8Array[]]
  records: [Uint8Array[], Uint8Array[]]
  proof: Uint8Array[]
}

/** Follows a stream on which nothing changes but by it. */
export function follow (frames: Array<{ from: 0 | 1, bytes: Uint8Array }>, party: string, before: [Side, Side]): Told {
  const sides = [...before] as [Side, Side]
  const told: Told = { refusals: [], ops: [[], []], records: [[], []], proof: [] }
  const salts: [Uint8Array, Uint8Array] = [new Uint8Array(), new Uint8Array()]
  const pulls: [[Message | undefined, number], [Message | undefined, number]] = [[undefined, 0], [undefined, 0]]

  for (const { from, bytes } of frames) {
    const { is, body } = readFrame(bytes)
    const { ops, sets } = sides[from]
    const to = 1 - from as 0 | 1
    const salt = concat(...salts)
    const heads = ops.map(({ id }) => id).filter(id => !ops.some(({ parents }) => parents.includes(id))).sort()

    switch (is) {
      case 'hello': {
        salts[from] = bytesOf(body, 'salt', 8)
        must(hex(bytesOf(body, 'party', 32, 0)) === (from === 0 ? party : ''), 'the dialler names the party')
        const states = (listOf(body, 'sets') as Message[]).map(({ set, hash }) => [set as number, hex(hash as Uint8Array)] as const)
        must(states.every(([set, hash]) => hex(hashOf(sets.get(set) ?? [])) === hash), 'hashes of its sets')
        const differ = [...sets].filter(([set, entries]) => !isSame(hashOf(entries), hashOf(sides[to].sets.get(set) ?? []))).map(([set]) => set)
        must(from === 0 ? states.length === sets.size : states.map(([set]) => set).join() === differ.join(), 'the dialler tells of all, the listener of those that differ')
        break
      }
      case 'refusal':
        must(body.code !== 8 || (salts.every(salt => salt.length > 0) && !told.refusals.includes(8)), 'that a key is in use is said on a stream that stands, once')
        told.refusals.push(body.code as number)
        break
      case 'proof':
        told.proof = (listOf(body, 'ops') as Message[]).map(op => bytesOf(op, 'body'))
        must(told.proof.length <= 66, 'at most 66')
        sides[to] = withOps(sides[to], told.proof)
        break
      case 'summary': {
        const mine = (listOf(body, 'heads') as Uint8Array[]).map(hex)
        must(mine.length === 0 || mine.toSorted().join() === heads.join(), 'all heads')
        must(body.start !== true || from === 1, 'the listener begins')
        checkNodes(body, sets.get(body.set as number) ?? [], salt)
        break
      }
      case 'pull':
        must(body.pull === pulls[from][1] + 1 && (body.window as number) >= 8192, 'numbered from 1, with a window')
        must((listOf(body, 'heads').length === 0) !== (listOf(body, 'ranges').length === 0), 'heads or ranges')
        pulls[from] = [body, body.pull]
        break
      case 'items': {
        const asked = pulls[to][0]
        must(asked != null && asked.pull === body.pull && asked.set === body.set, 'in answer to a Pull')
        told.ops[to].push(...(listOf(body, 'ops') as Message[]).map(op => bytesOf(op, 'body')))
        told.records[to].push(...listOf(body, 'records') as Uint8Array[])
        // told before a record is read
        const size = [...(listOf(body, 'ops') as Message[]).map(op => bytesOf(op, 'body').length + 64), ...listOf(body, 'records').map(() => 256)]
        must(body.items === size.length && body.bytes === size.reduce((sum, one) => sum + one, 0) && body.last === true, 'how many, and how many bytes')
        break
      }
      default: must(is === 'ack' && body.pull === pulls[from][1] && (body.bytes as number) > 0, 'an Ack, of a Pull of its own')
    }
  }

  return told
}
