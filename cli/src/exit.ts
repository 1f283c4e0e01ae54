/** What the process ends with, by cause: stable, for scripts. */

/** One cause: what `help` says of it, and the errors' names that mean it. */
interface Cause {
  code: number
  says: string
  names: readonly string[]
}

export const EXIT_CODES = [
  { code: 0, says: 'done', names: [] },
  { code: 1, says: 'a fault of plus-one', names: [] },
  { code: 2, says: 'wrong usage', names: ['UsageError', 'RangeError', 'EventsLostError', 'InvalidPinError', 'AmbiguousMemberError', 'NotLinkedError'] },
  { code: 3, says: 'not an invitation code', names: ['InvalidCodeError'] },
  { code: 4, says: 'the inviter knows no such invitation', names: ['InvitationNotFoundError'] },
  { code: 5, says: 'the invitation expired', names: ['InvitationExpiredError'] },
  { code: 6, says: 'the invitation was revoked', names: ['InvitationRevokedError'] },
  { code: 7, says: 'the invitation was used already', names: ['InvitationUsedError'] },
  { code: 8, says: 'locked after too many wrong PINs', names: ['InvitationLockedError'] },
  { code: 9, says: 'one side declined', names: ['InvitationDeclinedError'] },
  { code: 10, says: 'wrong PIN', names: ['WrongPinError'] },
  { code: 11, says: 'the inviter, the relay, or a member to recover from, cannot be reached', names: ['InviterUnreachableError', 'RelayUnreachableError', 'MemberUnreachableError', 'KeyMissingError'] },
  { code: 12, says: 'your role does not permit it', names: ['NotPermittedError', 'NotMemberError', 'RoleTooLowError', 'LastOwnerError', 'StillMemberError', 'NotLinkedError'] },
  { code: 13, says: 'the other side broke the protocol, offers something else than was shown, or its key is not Ed25519', names: ['ProtocolError', 'PreviewMismatchError', 'UnsupportedKeyError', 'SealError'] },
  { code: 14, says: 'storage failed, or another process uses the data directory', names: ['StorageError', 'PartyForgottenError', 'DamagedRecordError', 'StoreVersionError', 'KeyInUseError'] },
  { code: 15, says: 'no rendezvous can be asked', names: ['RendezvousError'] },
  { code: 16, says: 'others claim the short code too', names: ['CodeContestedError'] },
  { code: 17, says: 'you are a member of that party already, or this device is linked there', names: ['AlreadyMemberError', 'AlreadyLinkedError'] },
  { code: 18, says: 'not recovery words, or not those of this person, or not their backup', names: ['InvalidWordsError', 'WrongWordsError', 'InvalidBackupError'] },
  { code: 19, says: 'the recovery words are not on this device any more', names: ['WordsConfirmedError'] },
  { code: 20, says: 'no party that could be asked knows the recovery words', names: ['NoSeatError'] },
  { code: 21, says: 'this device cannot recover: it has a person of its own, or was unlinked', names: ['OtherPersonError', 'DeviceUnlinkedError'] },
  { code: 130, says: 'cancelled (Ctrl-C)', names: ['AbortError', 'CancelledError', 'NotStartedError'] },
  { code: 143, says: 'terminated; invitations stay, plus-one serve takes them up', names: [] }
] as const satisfies readonly Cause[]

/** What `engines` of both packages say: Promise.withResolvers, and more. */
const NODE = [22, 12] as const

/** @param version - Node's, as 22.12.0 @throws {UsageError} It is too old: libraries would fail somewhere in the middle. */
export function checkNode (version: string): void {
  const [major = 0, minor = 0] = version.split('.').map(Number)

  if (major < NODE[0] || (major === NODE[0] && minor < NODE[1])) {
    throw new UsageError(`plus-one needs Node ${NODE.join('.')} or newer, and this is ${version}: install another one, as from https://nodejs.org`)
  }
}

/** The exit code of an error. */
export function exitCodeOf (error: unknown): number {
  if (error instanceof CancelledError && error.signal !== 'SIGINT') {
    return 143
  }

  const name = (error as Error | undefined)?.name
  const causes: readonly Cause[] = EXIT_CODES

  return causes.find(({ names }) => name != null && names.includes(name))?.code ?? 1
}

/** The command line cannot be understood; the message says how it goes. */
export class UsageError extends Error {
  static override readonly name = 'UsageError'
  readonly code = 'ERR_USAGE'

  constructor (message: string) {
    super(message)
    this.name = 'UsageError'
  }
}

/** The relay that `--relay` names cannot be used. */
export class RelayUnreachableError extends Error {
  static override readonly name = 'RelayUnreachableError'
  readonly code = 'ERR_RELAY_UNREACHABLE'

  constructor (relay: string, options?: ErrorOptions) {
    super(`The relay ${relay} cannot be used; check that it runs (plus-one relay) and that the address is right`, options)
    this.name = 'RelayUnreachableError'
  }
}

/** A signal asked the process to end: SIGINT takes the work back, others only stop it. */
export class CancelledError extends Error {
  static override readonly name = 'CancelledError'
  readonly code = 'ERR_CANCELLED'
  readonly signal: NodeJS.Signals

  constructor (signal: NodeJS.Signals) {
    super(signal === 'SIGINT' ? 'Cancelled' : `Stopped by ${signal}`)
    this.name = 'CancelledError'
    this.signal = signal
  }
}
