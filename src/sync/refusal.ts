/** Why a stream is refused, in numbers on the wire and as an error here. */
import { PlusOneError } from '../errors.js'
import type { RefusalInit, Standing } from './interface.js'

export type { RefusalInit } from './interface.js'

/** The codes of a Refusal; they are never given another meaning. */
export const RefusalCode = {
  /** The peer is not known as a member, or there is no such party: the same word for both. A proof may follow, once. */
  UNKNOWN: 1,
  /** There is a stream for this party already. */
  DUPLICATE: 2,
  /** The first frame is no Hello, or is not understood. */
  BAD_HELLO: 3,
  /** The peer's membership ended; the ops that ended it may be asked for (docs/sync.md, "Refusals"). */
  REMOVED: 4,
  /** The peer's admission is void; `because` says why, and the ops may be asked for. */
  VOID: 5,
  /** The peer sent more than was asked for, or too much that does not hold. */
  LIMIT: 6,
  /** A frame that has no place here. */
  PROTOCOL: 7,
  /** Another node uses the peer's key: said on a stream that stands, which goes on. */
  IN_USE: 8
} as const

export type RefusalCode = typeof RefusalCode[keyof typeof RefusalCode]

const MESSAGES: Record<RefusalCode, string> = {
  [RefusalCode.UNKNOWN]: 'The other member does not know this node as a member of the party; it will when it hears from your inviter',
  [RefusalCode.DUPLICATE]: 'There is a stream with this member for the party already; nothing is to be done',
  [RefusalCode.BAD_HELLO]: 'The other member did not understand this node; update this app, or theirs',
  [RefusalCode.REMOVED]: 'This node is no member of the party any more; ask an admin to be invited anew',
  [RefusalCode.VOID]: 'This node\'s admission to the party is void; ask an admin to admit it again',
  [RefusalCode.LIMIT]: 'The other member was sent more than it asked for, or what does not hold; it will be tried again later',
  [RefusalCode.PROTOCOL]: 'The other member did not expect what this node sent; update this app, or theirs',
  [RefusalCode.IN_USE]: 'Another node uses this node\'s key; stop one of them, and give it a key of its own'
}

/** The other side said no, and why; or this side said it. */
export class SyncRefusedError extends PlusOneError {
  static override readonly name = 'SyncRefusedError'
  readonly code = 'ERR_SYNC_REFUSED'
  readonly reason: RefusalInit

  constructor (reason: RefusalInit) {
    const text = MESSAGES[reason.code as RefusalCode] ?? 'The other member refused, for a reason that this plus-one does not know; update this app'
    // the name of a reason: anything else that the other side says goes into no log
    super('SyncRefusedError', /^[a-z-]+$/.test(reason.because ?? '') ? `${text} (${reason.because})` : text)
    this.reason = reason
  }
}

/** What a peer is told of its standing; undefined: it is a member. */
export function refusalFor (standing: Standing): RefusalInit | undefined {
  switch (standing.is) {
    case 'member': return undefined
    case 'stranger': return { code: RefusalCode.UNKNOWN }
    case 'removed': return { code: RefusalCode.REMOVED, ops: standing.ops }
    case 'void': return { code: RefusalCode.VOID, because: standing.because, ops: standing.ops }
    default: return unknownStanding(standing)
  }
}

function unknownStanding (standing: never): never {
  throw new RangeError(`No standing is called ${JSON.stringify(standing)}`)
}
