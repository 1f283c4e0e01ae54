/** What can go wrong in a run; each ends it. */
export type CPaceReason =
  /** The other side's share is not 32 bytes, not canonical, or no group element. */
  | 'bad-share'
  /** It, or the shared point, is the neutral element (draft section 7.2: abort). */
  | 'identity'
  /** The other side sent our own share back. */
  | 'reflected'
  /** The tag does not hold: the PIN, or anything else bound in, differs. */
  | 'unconfirmed'
  /** This side's scalar was used up. */
  | 'used'

const MESSAGES: Record<CPaceReason, string> = {
  'bad-share': 'The key share is not a valid ristretto255 element',
  identity: 'The key share is the neutral element',
  reflected: 'The key share is our own, sent back',
  unconfirmed: 'The confirmation tag does not hold',
  used: 'This run was finished before; start a new one'
}

/** A CPace run ended without a key. Tells nothing of the password, scalars or keys. */
export class CPaceError extends Error {
  static override readonly name = 'CPaceError'
  readonly code = 'ERR_CPACE'
  readonly reason: CPaceReason

  constructor (reason: CPaceReason) {
    super(MESSAGES[reason])
    this.name = 'CPaceError'
    this.reason = reason
  }
}
