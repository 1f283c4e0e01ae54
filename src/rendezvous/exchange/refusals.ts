/** A Refusal's code and the error that it is at either end. */
import { InvalidCodeError, InvitationLockedError, InvitationNotFoundError, InviterUnreachableError, ProtocolError } from '../../errors.js'
import { VersionError } from '../../pake/index.js'
import { RefusalCode } from './pb/message.js'

/** Too many guesses were made at a short code: the inviter has been given a fresh one. */
export class NameplateLockedError extends InvitationLockedError {
  constructor () {
    super('This short code was guessed at too often and is no longer answered; ask the inviter for the new one, or for the full code')
  }
}

/** The secret words are not those of the peer that was asked: mistyped, or a peer that only claims the nameplate. */
export class WrongWordsError extends InvalidCodeError {
  constructor () {
    super('The last two words do not fit; ask the inviter to say the four words again', 'words')
  }
}

/** More exchanges are open than one nameplate serves at once. */
export class BusyError extends InviterUnreachableError {
  constructor () {
    super('The inviter is busy with other guests; try again in a moment')
  }
}

/** What a Refusal means to the invitee. */
export function refusalError (code: RefusalCode): Error {
  switch (code) {
    case RefusalCode.NOT_FOUND: return new InvitationNotFoundError('Who answered knows no such short code; ask the inviter whether it is still good')
    case RefusalCode.LOCKED: return new NameplateLockedError()
    case RefusalCode.WRONG: return new WrongWordsError()
    case RefusalCode.BUSY: return new BusyError()
    case RefusalCode.UNSUPPORTED_VERSION: return new ProtocolError('The inviter speaks another version of plus-one; update the older side')
    case RefusalCode.UNAVAILABLE: return new InviterUnreachableError('The inviter cannot answer right now; try again in a moment')
    default: return new ProtocolError('The inviter says that this side broke the protocol; check that both run a current plus-one')
  }
}

/** What an error at the inviter tells the guest. */
export function refusalCode (error: unknown): RefusalCode {
  if (error instanceof VersionError) {
    return RefusalCode.UNSUPPORTED_VERSION
  }

  if (error instanceof NameplateLockedError) {
    return RefusalCode.LOCKED
  }

  if (error instanceof WrongWordsError) {
    return RefusalCode.WRONG
  }

  if (error instanceof BusyError) {
    return RefusalCode.BUSY
  }

  switch (error instanceof Error ? error.name : '') {
    case 'InvitationNotFoundError': return RefusalCode.NOT_FOUND
    case 'ProtocolError': return RefusalCode.PROTOCOL
    default: return RefusalCode.UNAVAILABLE
  }
}
