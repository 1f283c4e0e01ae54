/** Frames as sync reads them, and as they are on the wire; what is too long or out of range is refused here. */
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js'
import { ProtocolError } from '../errors.js'
import { CHUNK, MAX_FRAME, MAX_HAVE, MAX_HEADS, MAX_PROOF, MAX_SETS } from './constants.js'
import { SyncFrame } from './pb/message.js'
import { packPrefix, unpackPrefix } from './sets.js'
import type { Entry as WireEntry, Node as WireNode, SignedOp as WireOp } from './pb/message.js'
import type { Node, Summary } from './compare.js'
import type { OpId, SignedOp } from './interface.js'
import type { RefusalInit } from './refusal.js'
import type { Range } from './sets.js'
import type { Entry } from './tree.js'
import type { Uint8ArrayList } from 'uint8arraylist'

export interface Hello {
  /** Empty in an answer. */
  party: OpId
  salt: Uint8Array
  /** In an answer only those that differ. */
  sets: Array<{ set: number, hash: string }>
}

export interface Pull {
  pull: number
  set: number
  window: number
  heads: OpId[]
  ranges: Range[]
}

export interface Items {
  pull: number
  set: number
  ops: SignedOp[]
  records: Uint8Array[]
  last: boolean
  items: number
  bytes: number
}

export type Frame =
  | { kind: 'hello', hello: Hello }
  | { kind: 'refusal', refusal: RefusalInit }
  | { kind: 'proof', ops: SignedOp[] }
  | { kind: 'summary', set: number, summary: Summary }
  | { kind: 'pull', pull: Pull }
  | { kind: 'items', items: Items }
  | { kind: 'ack', pull: number, bytes: number }

const KINDS = ['split', 'list', 'answer', 'more'] as const

/** Of what there may be several in a frame: none is smaller than this many bytes. */
const MAX_NODES = MAX_FRAME / 4
const MAX_ITEMS = CHUNK / 8

export function encodeFrame (frame: Frame): Uint8Array {
  return SyncFrame.encode(toWire(frame))
}

/** @throws {ProtocolError} */
export function decodeFrame (bytes: Uint8Array | Uint8ArrayList): Frame {
  try {
    return fromWire(SyncFrame.decode(bytes, {
      limits: {
        hello: { sets: MAX_SETS },
        refusal: { ops: MAX_HEADS },
        proof: { ops: MAX_PROOF },
        summary: { heads: MAX_HEADS, nodes: MAX_NODES },
        pull: { heads: MAX_HEADS, ranges: MAX_NODES, 'ranges$': { have: MAX_HAVE } },
        items: { ops: MAX_ITEMS, records: MAX_ITEMS }
      }
    }))
  } catch (err) {
    throw err instanceof ProtocolError ? err : new ProtocolError('A frame of the log protocol is damaged', { cause: err })
  }
}

function toWire (frame: Frame): SyncFrame {
  switch (frame.kind) {
    case 'hello': {
      const { party, salt, sets } = frame.hello

      return { hello: { party: raw(party), salt: own(salt), sets: sets.map(({ set, hash }) => ({ set, hash: raw(hash) })) } }
    }
    case 'refusal': {
      const { code, because = '', ops = [] } = frame.refusal

      return { refusal: { code, because, ops: ops.map(raw) } }
    }
    case 'proof': return { proof: { ops: frame.ops.map(wireOp) } }
    case 'summary': {
      const { set, summary: { start = false, heads = [], contained = false, nodes = [], more = false } } = frame

      return { summary: { set, start, heads: heads.map(raw), contained, nodes: nodes.map(wireNode), more } }
    }
    case 'pull': {
      const { heads, ranges, ...pull } = frame.pull

      return { pull: { ...pull, heads: heads.map(raw), ranges: ranges.map(({ prefix, have }) => ({ ...packPrefix(prefix), have: have.map(wireEntry) })) } }
    }
    case 'items': return { items: { ...frame.items, ops: frame.items.ops.map(wireOp), records: frame.items.records.map(own) } }
    case 'ack': return { ack: { pull: frame.pull, bytes: frame.bytes } }
    default: return unknownFrame(frame)
  }
}

function fromWire ({ hello, refusal, proof, summary, pull, items, ack }: SyncFrame): Frame {
  if (hello != null) {
    return {
      kind: 'hello',
      hello: { party: hello.party.length === 0 ? '' : id(hello.party), salt: sized(hello.salt, 8), sets: hello.sets.map(({ set, hash }) => ({ set, hash: id(hash) })) }
    }
  } else if (refusal != null) {
    return { kind: 'refusal', refusal: { code: refusal.code, because: refusal.because.slice(0, 64), ops: refusal.ops.map(id) } }
  } else if (proof != null) {
    return { kind: 'proof', ops: proof.ops.map(signedOp) }
  } else if (summary != null) {
    const { set, start, contained, more } = summary
    const heads = summary.heads.map(id)

    return { kind: 'summary', set, summary: { start, contained, more, ...(heads.length > 0 ? { heads } : {}), nodes: summary.nodes.map(node) } }
  } else if (pull != null) {
    const ranges = pull.ranges.map(({ prefix, digits, have }) => ({ prefix: unpackPrefix(prefix, digits), have: have.map(entry) }))

    return { kind: 'pull', pull: { pull: pull.pull, set: pull.set, window: pull.window, heads: pull.heads.map(id), ranges } }
  } else if (items != null) {
    return { kind: 'items', items: { ...items, ops: items.ops.map(signedOp) } }
  } else if (ack != null) {
    return { kind: 'ack', pull: ack.pull, bytes: ack.bytes }
  }

  throw new ProtocolError('A frame of the log protocol is of no kind that this plus-one knows')
}

function wireNode (node: Node): WireNode {
  return {
    ...packPrefix(node.prefix),
    kind: KINDS.indexOf(node.kind),
    fingerprints: own(node.kind === 'split' ? node.fingerprints : new Uint8Array()),
    entries: node.kind === 'list' || node.kind === 'answer' ? node.entries.map(wireEntry) : []
  }
}

function node (wire: WireNode): Node {
  const prefix = unpackPrefix(wire.prefix, wire.digits)
  const kind = KINDS[wire.kind]

  switch (kind) {
    case 'split': return { prefix, kind, fingerprints: wire.fingerprints }
    case 'list':
    case 'answer': return { prefix, kind, entries: wire.entries.map(entry) }
    case 'more': return { prefix, kind }
    default: throw new ProtocolError('A node is of no known kind')
  }
}

function wireEntry ({ key, marks }: Entry): WireEntry {
  return { key: raw(key), marks: marks.map(({ sequence, id }) => ({ sequence, id: raw(id) })) }
}

function entry ({ key, marks }: WireEntry): Entry {
  return {
    key: id(key),
    marks: marks.map(({ sequence, id: bytes }) => {
      if (!Number.isSafeInteger(sequence) || (bytes.length !== 16 && bytes.length !== 32)) {
        throw new ProtocolError('A mark has a sequence number, and an id of 16 or 32 bytes')
      }

      return { sequence, id: bytesToHex(bytes) }
    })
  }
}

function wireOp ({ body, sig }: SignedOp): WireOp {
  return { body: own(body), sig: own(sig) }
}

function signedOp ({ body, sig }: WireOp): SignedOp {
  return { body, sig: sized(sig, 64) }
}

function id (bytes: Uint8Array): string {
  return bytesToHex(sized(bytes, 32))
}

function sized (bytes: Uint8Array, length: number): Uint8Array {
  if (bytes.length !== length) {
    throw new ProtocolError(`A field of ${length} bytes has ${bytes.length}`)
  }

  return bytes
}

function raw (hex: string): Uint8Array<ArrayBuffer> {
  return hexToBytes(hex)
}

function own (bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return bytes as Uint8Array<ArrayBuffer>
}

function unknownFrame (frame: never): never {
  throw new RangeError(`No frame is ${JSON.stringify(frame)}`)
}
