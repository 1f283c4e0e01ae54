/** A person: one seat in each party, with all devices of theirs, and the words that outrank those. */
import type { Invitation, InviteOptions } from './invitation.js'
import type { Subscribable } from './observable.js'
import type { VoidedOp } from './member.js'
import type { Party } from './party.js'
import type { DialProgress } from './redemption.js'
import type { AbortOptions, PeerId } from '@libp2p/interface'

/** A device of this node's person. */
export interface Device {
  peerId: PeerId
  /** What it calls itself; empty until it is known here. At most 64 bytes of UTF-8. */
  name: string
  /** When it was linked, by its own clock, ms since 1970; undefined until it is known here. */
  addedAt?: number
  /** The device that linked it; undefined: the recovery words did. */
  addedBy?: PeerId
  /** Is this node connected with it? */
  online: boolean
  self: boolean
  /** Keys of the person's parties in which it is not linked yet: it is, as soon as it meets a device that is there. */
  missing: readonly string[]
}

/** What this node's person is now: the same object until something changes. */
export interface PersonSnapshot {
  devices: readonly Device[]
  /** Has the person written the recovery words down? */
  isConfirmed: boolean
}

/** What to do about the recovery words: 12 words of BIP-39, from which a key comes that outranks all devices. */
export interface Recovery {
  /** False: the words are still on this device, where who steals it can read them; show them, and `confirm`. */
  readonly isConfirmed: boolean
  /**
   * The 12 words: a secret, to be written down on paper.
   *
   * @throws {WordsConfirmedError} They were confirmed, and are nowhere any more; or are on another device of the person, which made them.
   */
  words (options?: AbortOptions): Promise<readonly string[]>
  /** Which two words `confirm` asks for: places from 1 to 12, ascending, the same until it succeeds; undefined: the words are not here. */
  readonly asked: readonly [number, number] | undefined
  /**
   * Wipes the words from this device, if these are the two that are asked for; in any case, their first four letters are enough.
   *
   * @throws {WordsConfirmedError} The words are not here.
   * @throws {WrongWordsError} They are not; nothing is changed.
   * @throws {StorageError}
   */
  confirm (words: readonly [string, string], options?: AbortOptions): Promise<void>
}

/** As for a party's invitation, but for what a device has no use for. */
export type DeviceInviteOptions = Pick<InviteOptions, 'expiration' | 'attempts' | 'pin' | 'approval' | 'approve' | 'onJoin' | 'onDone' | 'onError' | 'onExpiration' | 'onAttemptFailed' | 'onDecline' | 'onShortCode' | 'signal'>

/** What an unlinking would do, or did. */
export interface Unlinking {
  /** Parties in which this device may do it, or did. */
  parties: readonly Party[]
  /** Parties in which it takes the words, since that device came there before this one did. */
  needsWords: readonly Party[]
  /** Ops of that device, and what rests on them, that lose their effect. */
  voided: ReadonlyArray<{ party: Party } & VoidedOp>
}

/** With which words, and on which ops, a device is unlinked. */
export interface UnlinkOptions extends AbortOptions {
  /** The 12 recovery words: with them no device outranks another. */
  words?: string
  /**
   * Ids of ops that are not to count: what the device signed of these, and what it signed on top of them, is void.
   * Else what is here by now stands, and only what it signs from now on is void.
   */
  without?: readonly string[]
}

/** This node's person: all its devices are one member of each party. */
export interface Person extends Subscribable<PersonSnapshot> {
  /** Devices of this person, this one first, then as they were linked; then those that stand in a party, and that no device here knows: of before a recovery, or a thief's. */
  readonly devices: readonly Device[]
  readonly recovery: Recovery
  /**
   * Invites a device of one's own: the same handshake as for another person, and what comes of it is a key of this
   * person in all of its parties. Use the code on the new device, and never one that somebody else shows or sends.
   *
   * @throws {RangeError}
   * @throws {StorageError}
   */
  invite (options?: DeviceInviteOptions): Promise<Invitation>
  /** What `unlink` would do now; nothing is changed. @throws as `unlink`, but {NotPermittedError} */
  tryUnlink (device: PeerId, options?: UnlinkOptions): Promise<Unlinking>
  /**
   * Takes a device out of all parties where this one may: what it signs from now on, on whatever past, is void.
   * Sync with others first where you can: what it signed that is not here yet is void, too. Of one that stands nowhere
   * any more nothing is done: after an error the same call goes on.
   *
   * @throws {NotLinkedError} It is no device of this person, and was none.
   * @throws {NotPermittedError} It takes the words: that device is as near to them as this one, or nearer.
   * @throws {InvalidWordsError} These are no recovery words.
   * @throws {WrongWordsError} The words are another person's.
   */
  unlink (device: PeerId, options?: UnlinkOptions): Promise<Unlinking>
  /** What this device calls itself for the others: 1 to 64 bytes of UTF-8. @throws {RangeError} @throws {StorageError} */
  setDeviceName (name: string, options?: AbortOptions): Promise<void>
  /**
   * A file for `Parties.recover`, sealed to the words: which parties there are, where their members were last, and
   * the parties' keys; not this node's own. At most 1 MiB. Write one now and then: members move.
   *
   * @throws {NotPermittedError} This device does not know yet to what key: another device, which does, is to be met first.
   * @throws {StorageError}
   */
  backup (options?: AbortOptions): Promise<Uint8Array>
}

/** How far a recovery is. */
export type RecoverProgress = DialProgress
  /** A member knows the person, in so many parties. */
  | { type: 'proved', peer: PeerId, parties: number }
  /** A party's log comes in: so many ops are here. */
  | { type: 'receiving', party: string, name: string, done: number, all: number }
  /** This device stands for the person there. */
  | { type: 'linked', party: string, name: string }

/** Where the parties are that a recovery looks for. */
export interface RecoverOptions extends AbortOptions {
  /** The code of any invitation into one of the parties, whoever made it: it tells whom to ask; nothing of it is used. */
  code?: string
  /** What `Person.backup` gave. */
  backup?: Uint8Array
  /** Keys of parties that the person left, by a device that was stolen: see `Recovered.left`. That device is unlinked there, and its leaving is void. */
  retake?: readonly string[]
  /** How far it is. */
  onProgress?: (event: RecoverProgress) => void
}

/** What a recovery brought. */
export interface Recovered {
  /** In which this device stands for the person now: show them, for who was asked named them. */
  parties: readonly Party[]
  /** Parties that the person left: by a thief, maybe. `retake` takes them back. */
  left: ReadonlyArray<{ key: string, name: string }>
  /** Keys of parties that could not be recovered, of a backup or of what a member named: who else is in them is to be asked. */
  missing: readonly string[]
}
