/**
 * Every error that plus-one throws. Each has a constant `name` (also on the
 * class, as js-libp2p's errors have), a `code` for tables and scripts, and a
 * message that says what to do next. No message holds a PIN, a code's secret or
 * a session key.
 */

/** What all errors of plus-one share. */
export abstract class PlusOneError extends Error {
  /** Machine-readable, stable: `ERR_` and the name in capitals. */
  abstract readonly code: string
  /** Where the repository says more of it: a page, and its row there. */
  readonly help: string

  constructor (name: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = name
    this.help = `docs/troubleshooting.md#${name.toLowerCase()}`
  }
}

/** What can be wrong with a code's text. */
export type InvalidCodeReason = 'empty' | 'too-long' | 'characters' | 'no-fragment' | 'checksum' | 'version' | 'layout' | 'inviter' | 'address' | 'link-base' | 'words'

/** The text is no invitation code: `reason` tells what is wrong with it. No dial was made. */
export class InvalidCodeError extends PlusOneError {
  static override readonly name = 'InvalidCodeError'
  readonly code = 'ERR_INVALID_CODE'

  /** What is wrong with it, for tables. */
  readonly reason: InvalidCodeReason

  constructor (message = 'This is not an invitation code; copy it again, whole, from the person who invites you', reason: InvalidCodeReason = 'layout') {
    super('InvalidCodeError', message)
    this.reason = reason
  }
}

/** The inviter answered, but knows no such invitation (or the code's secret was not shown to be right). */
export class InvitationNotFoundError extends PlusOneError {
  static override readonly name = 'InvitationNotFoundError'
  readonly code = 'ERR_INVITATION_NOT_FOUND'

  constructor (message = 'The inviter does not know this invitation; ask for a new code') {
    super('InvitationNotFoundError', message)
  }
}

/** The invitation's time is over, by the inviter's clock. */
export class InvitationExpiredError extends PlusOneError {
  static override readonly name = 'InvitationExpiredError'
  readonly code = 'ERR_INVITATION_EXPIRED'

  constructor (message = 'The invitation has expired; ask for a new code') {
    super('InvitationExpiredError', message)
  }
}

/** The invitation was taken back, by its inviter or by an admin through the log. */
export class InvitationRevokedError extends PlusOneError {
  static override readonly name = 'InvitationRevokedError'
  readonly code = 'ERR_INVITATION_REVOKED'

  constructor (message = 'The invitation was revoked; ask the inviter why, or for a new code') {
    super('InvitationRevokedError', message)
  }
}

/** All uses of the invitation are spent. */
export class InvitationUsedError extends PlusOneError {
  static override readonly name = 'InvitationUsedError'
  readonly code = 'ERR_INVITATION_USED'

  constructor (message = 'The invitation was used already; ask for a new code') {
    super('InvitationUsedError', message)
  }
}

/** What is joined, or was offered since, is another than the person saw and said yes to: nothing was joined. */
export class PreviewMismatchError extends PlusOneError {
  static override readonly name = 'PreviewMismatchError'
  readonly code = 'ERR_PREVIEW_MISMATCH'

  constructor (message = 'The inviter offers another party, name, picture or role than you were shown; nothing was joined: look at the invitation again, or ask the inviter') {
    super('PreviewMismatchError', message)
  }
}

/** Who redeems is a member of the party already; nothing of the invitation was used. */
export class AlreadyMemberError extends PlusOneError {
  static override readonly name = 'AlreadyMemberError'
  readonly code = 'ERR_ALREADY_MEMBER'
  /** The party, as this node has it; undefined: it is on another device of this person alone. */
  readonly party: { readonly key: string, readonly name: string } | undefined

  constructor (party?: { readonly key: string, readonly name: string }, message = party == null
    ? 'You are a member of this party already, by another device; open the party there'
    : 'You are a member of this party already; open it in your list of parties') {
    super('AlreadyMemberError', message)
    this.party = party
  }
}

/** Too many guesses: the invitation serves nobody any more. */
export class InvitationLockedError extends PlusOneError {
  static override readonly name = 'InvitationLockedError'
  readonly code = 'ERR_INVITATION_LOCKED'

  constructor (message = 'Too many wrong PINs: the invitation is locked; ask the inviter for a fresh code and PIN') {
    super('InvitationLockedError', message)
  }
}

/** One side said no. */
export class InvitationDeclinedError extends PlusOneError {
  static override readonly name = 'InvitationDeclinedError'
  readonly code = 'ERR_INVITATION_DECLINED'
  /** What who declined said of it: a stranger's text, at most 256 bytes; empty where nothing was said. */
  readonly reason: string

  constructor (message = 'The invitation was declined; invite again for another try', reason = '') {
    super('InvitationDeclinedError', message)
    this.reason = reason
  }
}

/** The PIN was wrong; `attemptsLeft` more may be tried. */
export class WrongPinError extends PlusOneError {
  static override readonly name = 'WrongPinError'
  readonly code = 'ERR_WRONG_PIN'
  /** How many more PINs may be tried. */
  readonly attemptsLeft: number

  constructor (attemptsLeft: number, message = `Wrong PIN; ${attemptsLeft} ${attemptsLeft === 1 ? 'attempt' : 'attempts'} left: ask the inviter to say it again`) {
    super('WrongPinError', message)
    this.attemptsLeft = attemptsLeft
  }
}

/** No connection to the inviter could be made or kept. */
export class InviterUnreachableError extends PlusOneError {
  static override readonly name = 'InviterUnreachableError'
  readonly code = 'ERR_INVITER_UNREACHABLE'

  constructor (message = 'The inviter cannot be reached: try again when both of you are online', options?: ErrorOptions) {
    super('InviterUnreachableError', message, options)
  }
}

/** Several peers claim a short code's nameplate, and none that was asked knows its words. */
export class CodeContestedError extends PlusOneError {
  static override readonly name = 'CodeContestedError'
  readonly code = 'ERR_CODE_CONTESTED'

  constructor (options?: ErrorOptions) {
    super('CodeContestedError', 'Others claim this short code too, and none of them knows its words; check the last two words, or ask the inviter for the full code', options)
  }
}

/** No rendezvous could be asked, or none took this node's publication. */
export class RendezvousError extends PlusOneError {
  static override readonly name = 'RendezvousError'
  readonly code = 'ERR_RENDEZVOUS'

  constructor (message = 'No rendezvous can be reached; check the network connection, or use the full code', options?: ErrorOptions) {
    super('RendezvousError', message, options)
  }
}

/** The party's rules do not let this member do that. */
export class NotPermittedError extends PlusOneError {
  static override readonly name = 'NotPermittedError'
  readonly code = 'ERR_NOT_PERMITTED'

  constructor (message = 'Your role in this party does not permit that; ask an owner or an admin') {
    super('NotPermittedError', message)
  }
}

/** A PeerId names two members of a party: its device stands for both, or is one's and was the other's first. */
export class AmbiguousMemberError extends PlusOneError {
  static override readonly name = 'AmbiguousMemberError'
  readonly code = 'ERR_AMBIGUOUS_MEMBER'
  /** Those that it may mean, by `Member.id`. */
  readonly members: readonly string[]

  constructor (members: readonly string[] = [], message = 'This device stands for two members of the party; name the Member itself, one of party.members') {
    super('AmbiguousMemberError', message)
    this.members = members
  }
}

/** Who wants a stream of a party is not a member of it. */
export class NotMemberError extends PlusOneError {
  static override readonly name = 'NotMemberError'
  readonly code = 'ERR_NOT_MEMBER'

  constructor (message = 'The other side does not know this node as a member of the party; try again when the two have synced, or ask an admin to be invited') {
    super('NotMemberError', message)
  }
}

/** A member of a lower role than a party's protocol is for. */
export class RoleTooLowError extends PlusOneError {
  static override readonly name = 'RoleTooLowError'
  readonly code = 'ERR_ROLE_TOO_LOW'

  /** The least that will do; undefined: it was not told. */
  readonly needed?: 'owner' | 'admin' | 'writer' | 'reader'

  constructor (needed?: 'owner' | 'admin' | 'writer' | 'reader') {
    super('RoleTooLowError', needed == null ? 'Your role in the party is too low for that; ask an admin for a higher one' : `That takes the role ${needed} in the party, or a higher one; ask an admin for it`)
    this.needed = needed
  }
}

/** The last owner would leave: nobody could make an owner or an admin any more. */
export class LastOwnerError extends PlusOneError {
  static override readonly name = 'LastOwnerError'
  readonly code = 'ERR_LAST_OWNER'

  constructor (message = 'You are the only owner of this party; make another member an owner first, or say that you insist') {
    super('LastOwnerError', message)
  }
}

/** A party that this node is a member of would be forgotten. */
export class StillMemberError extends PlusOneError {
  static override readonly name = 'StillMemberError'
  readonly code = 'ERR_STILL_MEMBER'

  constructor (message = 'You are a member of this party; leave it first, so that the others know, or say that you insist') {
    super('StillMemberError', message)
  }
}

/** The party was forgotten on this node, by `forget` or `reset`: the object stands for nothing any more. */
export class PartyForgottenError extends PlusOneError {
  static override readonly name = 'PartyForgottenError'
  readonly code = 'ERR_PARTY_FORGOTTEN'

  constructor (message = 'This node has forgotten the party; to be in it again, ask a member for an invitation') {
    super('PartyForgottenError', message)
  }
}

/** The node is stopped, or about to be: nothing was changed. */
export class NotStartedError extends PlusOneError {
  static override readonly name = 'NotStartedError'
  readonly code = 'ERR_NOT_STARTED'

  constructor (message = 'The node is not started; await node.start() first, then try again') {
    super('NotStartedError', message)
  }
}

/** A key that is not Ed25519: plus-one's members are Ed25519 keys. */
export class UnsupportedKeyError extends PlusOneError {
  static override readonly name = 'UnsupportedKeyError'
  readonly code = 'ERR_UNSUPPORTED_KEY'

  constructor (message = 'Members of a party need an Ed25519 key; create the node with one (libp2p\'s default)') {
    super('UnsupportedKeyError', message)
  }
}

/** The other side sent what the protocol does not allow. */
export class ProtocolError extends PlusOneError {
  static override readonly name = 'ProtocolError'
  readonly code = 'ERR_PROTOCOL'

  constructor (message = 'The other side broke the protocol; check that both run a current plus-one', options?: ErrorOptions) {
    super('ProtocolError', message, options)
  }
}

/** A loop over events is slower than they come. */
export class EventsLostError extends PlusOneError {
  static override readonly name = 'EventsLostError'
  readonly code = 'ERR_EVENTS_LOST'

  constructor (message = 'More events wait than may, and later ones would be lost: take them faster') {
    super('EventsLostError', message)
  }
}

/** What can be wrong with recovery words: how many they are, one that is not in the list, or the checksum, as where two changed places. */
export type InvalidWordsReason = 'count' | 'word' | 'checksum'

/** The text is no recovery words: `reason` tells what is wrong with it. */
export class InvalidWordsError extends PlusOneError {
  static override readonly name = 'InvalidWordsError'
  readonly code = 'ERR_INVALID_WORDS'
  /** What is wrong with it, for tables. */
  readonly reason: InvalidWordsReason
  /** Reason `word`: which one, from 1. */
  readonly place: number | undefined

  constructor (message = 'These are not 12 recovery words; compare them with what you wrote down, in that order', reason: InvalidWordsReason = 'count', place?: number) {
    super('InvalidWordsError', message)
    this.reason = reason
    this.place = place
  }
}

/** Recovery words, or two of them, that are not this person's. */
export class WrongWordsError extends PlusOneError {
  static override readonly name = 'WrongWordsError'
  readonly code = 'ERR_WRONG_WORDS'

  constructor (message = 'These are not the recovery words of this person; compare them with what you wrote down') {
    super('WrongWordsError', message)
  }
}

/** It is no device of this person, and was none. */
export class NotLinkedError extends PlusOneError {
  static override readonly name = 'NotLinkedError'
  readonly code = 'ERR_NOT_LINKED'

  constructor (message = 'That is not one of your devices; see parties.person.devices for those') {
    super('NotLinkedError', message)
  }
}

/** The recovery words are not on this device: the person has written them down, or another device made them. */
export class WordsConfirmedError extends PlusOneError {
  static override readonly name = 'WordsConfirmedError'
  readonly code = 'ERR_WORDS_CONFIRMED'

  constructor (message = 'The recovery words are not on this device; they are where you wrote them down, or on the device that made them') {
    super('WordsConfirmedError', message)
  }
}

/** What can be wrong with a backup: its version, the words that it is opened with, or its layout. */
export type InvalidBackupReason = 'version' | 'words' | 'layout'

/** The file is no backup of this person: `reason` tells what is wrong with it. */
export class InvalidBackupError extends PlusOneError {
  static override readonly name = 'InvalidBackupError'
  readonly code = 'ERR_INVALID_BACKUP'
  /** What is wrong with it, for tables. */
  readonly reason: InvalidBackupReason

  constructor (message = 'This is no backup of plus-one; look for the file that a device of yours wrote', reason: InvalidBackupReason = 'layout', options?: ErrorOptions) {
    super('InvalidBackupError', message, options)
    this.reason = reason
  }
}

/** The recovery words are right in themselves, and no party that could be asked knows them. Nothing was changed. */
export class NoSeatError extends PlusOneError {
  static override readonly name = 'NoSeatError'
  readonly code = 'ERR_NO_SEAT'

  constructor (message = 'The member who was asked has no party in which these recovery words have a place; take the code of a party that you were in, or compare the words with what you wrote down') {
    super('NoSeatError', message)
  }
}

/** No member could be asked for what is to be recovered, or none long enough. What came is kept. */
export class MemberUnreachableError extends PlusOneError {
  static override readonly name = 'MemberUnreachableError'
  readonly code = 'ERR_MEMBER_UNREACHABLE'

  constructor (message = 'No member could be reached who knows you: try again when one of them is online; what came so far is kept', options?: ErrorOptions) {
    super('MemberUnreachableError', message, options)
  }
}

/** This device is linked already wherever the member who was asked could say. */
export class AlreadyLinkedError extends PlusOneError {
  static override readonly name = 'AlreadyLinkedError'
  readonly code = 'ERR_ALREADY_LINKED'

  constructor (message = 'This device is linked already in all parties that this member shares with you; open them, or ask a member of another party') {
    super('AlreadyLinkedError', message)
  }
}

/** This device's key was unlinked, and an unlinked key never returns. */
export class DeviceUnlinkedError extends PlusOneError {
  static override readonly name = 'DeviceUnlinkedError'
  readonly code = 'ERR_DEVICE_UNLINKED'

  constructor (message = 'This device was unlinked, and its key never returns; give it a new key and an empty store, and recover again') {
    super('DeviceUnlinkedError', message)
  }
}

/** This device has a person of its own, whose words are another's: nothing was changed. */
export class OtherPersonError extends PlusOneError {
  static override readonly name = 'OtherPersonError'
  readonly code = 'ERR_OTHER_PERSON'

  constructor (message = 'This device has a person of its own, with other recovery words; recover on a new device, or reset this one first') {
    super('OtherPersonError', message)
  }
}

/** The datastore failed. Of a write it is not known whether it is on disk; nothing more is written before that is known, and the next call sees to it. */
export class StorageError extends PlusOneError {
  static override readonly name = 'StorageError'
  readonly code = 'ERR_STORAGE'

  constructor (message = 'The datastore failed, and what it was to keep may be lost: free space on its disk or in its quota, then try again', options?: ErrorOptions) {
    super('StorageError', message, options)
  }
}

/** Another node uses this node's key: another device, or a copy of its store. They sign concurrently, and members keep one stream with a key. */
export class KeyInUseError extends PlusOneError {
  static override readonly name = 'KeyInUseError'
  readonly code = 'ERR_KEY_IN_USE'

  constructor (message = 'Another device, or a copy of this store, uses this node\'s key; stop one of the two, and give it a key and an invitation of its own') {
    super('KeyInUseError', message)
  }
}

/** A stored record is not what was written. It is kept apart, and what other members have of it comes back by sync. */
export class DamagedRecordError extends PlusOneError {
  static override readonly name = 'DamagedRecordError'
  readonly code = 'ERR_DAMAGED_RECORD'
  /** The record's key in the datastore. */
  readonly key: string

  constructor (key = '', options?: ErrorOptions) {
    super('DamagedRecordError', `A stored record is damaged (${key}); check the disk, and be online with other members: what they have of it comes back by itself`, options)
    this.key = key
  }
}

/** The store was written by another plus-one, whose records this one cannot read. Nothing of it was changed. */
export class StoreVersionError extends PlusOneError {
  static override readonly name = 'StoreVersionError'
  readonly code = 'ERR_STORE_VERSION'
  /** The version of what is on disk. */
  readonly version: number

  constructor (version = 0) {
    super('StoreVersionError', `The store is of version ${version}, which this plus-one does not read, and was left as it is; use the plus-one that wrote it, or another store`)
    this.version = version
  }
}

/** Sealed bytes do not open: they were changed, are another party's, or were sealed with other associated data. */
export class SealError extends PlusOneError {
  static override readonly name = 'SealError'
  readonly code = 'ERR_SEAL'

  constructor (message = 'These sealed bytes do not open: they were changed, are another party\'s, or the associated data is not what they were sealed with; fetch them again, and open them in their own party', options?: ErrorOptions) {
    super('SealError', message, options)
  }
}

/** The key under which bytes were sealed, or are to be, is not on this node, and no member who is connected could give it. */
export class KeyMissingError extends PlusOneError {
  static override readonly name = 'KeyMissingError'
  readonly code = 'ERR_KEY_MISSING'

  constructor (message = 'The party\'s key for this is not here yet; be online with a member who has it, and try again') {
    super('KeyMissingError', message)
  }
}
