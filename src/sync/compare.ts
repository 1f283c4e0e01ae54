/** One comparison of one set with another replica's: what each side lacks, in as few bytes as it takes. Pure. */
import { ProtocolError } from '../errors.js'
import { LIST, MAX_WANTS, SUMMARY } from './constants.js'
import { fingerprintsOf, NO_FINGERPRINT, sameEntry, SPLIT_BYTES } from './tree.js'
import { bytesToHex } from '@noble/hashes/utils.js'
import type { OpId } from './interface.js'
import type { SyncSet } from './sets.js'
import type { Entry } from './tree.js'

export type Node = { prefix: string } & (
  /** 16 fingerprints of what lies under it. */
  | { kind: 'split', fingerprints: Uint8Array }
  /** All that lies under it; what differs is told in answer. */
  | { kind: 'list', entries: Entry[] }
  /** Some of what lies under it. */
  | { kind: 'answer', entries: Entry[] }
  /** More lies under it than is told: ask for the range. */
  | { kind: 'more' }
)

/** Heads, or that theirs are all here, or nodes. */
export interface Summary {
  start?: boolean
  heads?: OpId[]
  contained?: boolean
  nodes?: Node[]
  more?: boolean
}

/** What is to be asked for: all beyond these heads, or these ranges; keys and prefixes in hex digits. */
export interface Wanted {
  heads?: OpId[]
  prefixes: Set<string>
}

/** Nodes that wait to be sent, at most: what only a broken or malicious side reaches. */
const MAX_QUEUE = 65_536

export class Comparison {
  readonly #set: SyncSet
  readonly #salt: Uint8Array
  readonly #precedes: boolean
  #active = false
  /** This side began it, and has had no answer. */
  #unanswered = false
  #told: OpId[] | undefined
  #queue: Node[] = []
  #wanted: Wanted = { prefixes: new Set() }

  /** @param precedes - Where both begin at once, this side's beginning counts: the listener's */
  constructor (set: SyncSet, salt: Uint8Array, precedes: boolean) {
    this.#set = set
    this.#salt = salt
    this.#precedes = precedes
  }

  get active (): boolean {
    return this.#active
  }

  start (): Summary {
    this.#begin()
    this.#unanswered = true

    return { start: true, ...this.#opening() }
  }

  /** @returns What is answered, and where it is over what is to be asked for. @throws {ProtocolError} */
  receive (summary: Summary): { reply?: Summary, wanted?: Wanted } {
    if (summary.start === true) {
      if (this.#unanswered && this.#precedes) {
        return {}
      }

      this.#begin()
    } else if (!this.#active) {
      throw new ProtocolError('A Summary answers none')
    }

    this.#unanswered = false

    if (summary.contained === true) {
      this.#wanted.heads = this.#told

      return { wanted: this.#over() }
    }

    if (summary.heads != null) {
      if (summary.heads.every(id => this.#set.has(id))) {
        this.#over()

        return { reply: { contained: true }, wanted: { prefixes: new Set() } }
      }

      // each side tells its heads once; then where they differ is looked for
      return { reply: this.#told == null ? this.#opening() : { nodes: [this.#node('')] } }
    }

    return this.#compare(summary.nodes ?? [], summary.more === true)
  }

  #begin (): void {
    this.#active = true
    this.#unanswered = false
    this.#told = undefined
    this.#queue = []
    this.#wanted = { prefixes: new Set() }
  }

  #over (): Wanted {
    this.#active = false

    return this.#wanted
  }

  #opening (): Summary {
    this.#told = this.#set.heads()

    return this.#told == null ? { nodes: [this.#node('')] } : { heads: this.#told }
  }

  #compare (nodes: Node[], more: boolean): { reply?: Summary, wanted?: Wanted } {
    nodes.forEach(node => { this.#take(node) })

    if (this.#queue.length > MAX_QUEUE) {
      throw new ProtocolError('A comparison does not come to an end')
    }

    const reply = this.#batch()

    // a Summary with nodes is always answered, and an empty one is not
    return reply.length > 0
      ? { reply: { nodes: reply, more: this.#queue.length > 0 } }
      : { ...(nodes.length > 0 || more ? { reply: { nodes: [] } } : {}), ...(more ? {} : { wanted: this.#over() }) }
  }

  #take (node: Node): void {
    switch (node.kind) {
      case 'split': this.#split(node.prefix, node.fingerprints)
        break
      case 'list': this.#list(node.prefix, node.entries)
        break
      case 'answer': this.#lacking(node.entries)
        break
      case 'more': this.#want(node.prefix)
        break
      default: unknownNode(node)
    }
  }

  #split (prefix: string, fingerprints: Uint8Array): void {
    if (fingerprints.length !== SPLIT_BYTES || prefix.length > 63) {
      throw new ProtocolError('A split has 16 fingerprints')
    }

    fingerprintsOf(fingerprints).forEach((theirs, at) => {
      const child = prefix + at.toString(16)
      const { tree } = this.#set

      if (theirs === bytesToHex(tree.fingerprint(child, this.#salt))) {
        return
      }

      if (tree.count(child) === 0) {
        this.#want(child)
      } else if (theirs === NO_FINGERPRINT) {
        // of many it says only that they are there
        this.#tell(child, tree.count(child) > LIST ? 'more' : [...tree.under(child)])
      } else {
        this.#queue.push(this.#node(child))
      }
    })
  }

  #list (prefix: string, theirs: Entry[]): void {
    const known = new Map(theirs.map(entry => [entry.key, entry]))
    const differing: Entry[] = []
    this.#lacking(theirs)

    for (const entry of this.#set.tree.under(prefix)) {
      if (!sameEntry(known.get(entry.key), entry)) {
        differing.push(entry)

        if (differing.length > LIST) {
          break
        }
      }
    }

    this.#tell(prefix, differing)
  }

  #lacking (entries: Entry[]): void {
    entries.filter(entry => this.#set.lacks(entry)).forEach(({ key }) => { this.#want(key) })
  }

  /** Tells the other side of what it seems to lack. */
  #tell (prefix: string, entries: Entry[] | 'more'): void {
    if (entries.length > 0) {
      this.#queue.push(entries === 'more' || entries.length > LIST ? { prefix, kind: 'more' } : { prefix, kind: 'answer', entries })
    }
  }

  #want (prefix: string): void {
    if (this.#wanted.prefixes.size < MAX_WANTS) {
      this.#wanted.prefixes.add(prefix)
    }
  }

  #node (prefix: string): Node {
    const { tree } = this.#set

    return tree.count(prefix) > LIST
      ? { prefix, kind: 'split', fingerprints: tree.split(prefix, this.#salt) }
      : { prefix, kind: 'list', entries: [...tree.under(prefix)] }
  }

  /** The last ones first: so that few of them wait. */
  #batch (): Node[] {
    const batch: Node[] = []

    for (let bytes = 0; bytes < SUMMARY; bytes += sizeOf(batch.at(-1))) {
      const node = this.#queue.pop()

      if (node == null) {
        break
      }

      batch.push(node)
    }

    return batch
  }
}

/** Bytes of a node, about. */
function sizeOf (node: Node | undefined): number {
  switch (node?.kind) {
    case 'split': return SPLIT_BYTES + 40
    case 'list':
    case 'answer': return node.entries.reduce((sum, { marks }) => sum + 40 + 44 * marks.length, 40)
    default: return 40
  }
}

function unknownNode (node: never): never {
  throw new ProtocolError(`No node is ${JSON.stringify(node)}`)
}
