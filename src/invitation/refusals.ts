/** A Refusal's code and the error that it is at either end (docs/handshake.md, "Refusals"). */
import {
  AlreadyMemberError, InvitationDeclinedError, InvitationExpiredError, InvitationLockedError, InvitationNotFoundError, InvitationRevokedError,
  InvitationUsedError, InviterUnreachableError, ProtocolError, UnsupportedKeyError
} from '../errors.js'
import { VersionError } from '../pake/index.js'
import { InviterBusyError, NoAnswerError, NotForYouError, UnlinkedError } from './errors.js'
import { RefusalCode } from './pb/message.js'

export { RefusalCode }

/** What a Refusal means to the invitee. */
export function refusalError (code: RefusalCode): Error {
  switch (code) {
    case RefusalCode.NOT_FOUND: return new InvitationNotFoundError()
    case RefusalCode.EXPIRED: return new InvitationExpiredError()
    case RefusalCode.REVOKED: return new InvitationRevokedError()
    case RefusalCode.USED: return new InvitationUsedError()
    case RefusalCode.LOCKED: return new InvitationLockedError()
    case RefusalCode.DECLINED: return new InvitationDeclinedError()
    case RefusalCode.BUSY: return new InviterBusyError()
    case RefusalCode.UNSUPPORTED_VERSION: return new ProtocolError('The inviter speaks another version of plus-one; update the older side')
    case RefusalCode.UNSUPPORTED_KEY: return new UnsupportedKeyError()
    case RefusalCode.UNAVAILABLE: return new InviterUnreachableError('The inviter cannot serve this invitation right now; try again in a moment')
    case RefusalCode.NOT_FOR_YOU: return new NotForYouError()
    case RefusalCode.NO_ANSWER: return new NoAnswerError()
    case RefusalCode.ALREADY_MEMBER: return new AlreadyMemberError()
    case RefusalCode.UNLINKED: return new UnlinkedError()
    default: return new ProtocolError('The inviter says that this side broke the protocol; check that both run a current plus-one')
  }
}

/** What an error at the inviter tells the guest. */
export function refusalCode (error: unknown): RefusalCode {
  switch (error instanceof Error ? error.name : '') {
    case 'InvitationNotFoundError': return RefusalCode.NOT_FOUND
    case 'InvitationExpiredError': return RefusalCode.EXPIRED
    case 'InvitationRevokedError': return RefusalCode.REVOKED
    case 'InvitationUsedError': return RefusalCode.USED
    case 'InvitationLockedError': return RefusalCode.LOCKED
    case 'InvitationDeclinedError': return RefusalCode.DECLINED
    case 'UnsupportedKeyError': return RefusalCode.UNSUPPORTED_KEY
    case 'AlreadyMemberError': return RefusalCode.ALREADY_MEMBER
    default: return own.find(([Class]) => error instanceof Class)?.[1] ?? RefusalCode.UNAVAILABLE
  }
}

const own = [[VersionError, RefusalCode.UNSUPPORTED_VERSION], [InviterBusyError, RefusalCode.BUSY], [NoAnswerError, RefusalCode.NO_ANSWER], [NotForYouError, RefusalCode.NOT_FOR_YOU], [UnlinkedError, RefusalCode.UNLINKED], [ProtocolError, RefusalCode.PROTOCOL]] as const
