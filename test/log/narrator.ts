/** Ops told one after the other, by names: a key is 'Bob.2', a person 'Bob', an op its name ('o12'). */
import { begin, Teller } from './histories.js'
import type { Kind, PartyKind, Role } from './reference-ops.js'

/** Whom a key speaks for where nothing else is said: 'Bob.2' for 'Bob'. */
function ownerOf (key: string): string {
  return key.split('.')[0]!
}

export abstract class Narrator extends Teller {
  /** The newest op that was not refused: what the next one is signed on, where nothing else is said. */
  last = 'o0'

  constructor (owners: string[], kind: PartyKind) {
    super(begin(kind, owners))
  }

  /** What an INVITE says. */
  abstract inviteTo (role: Role): object

  /** What an ADMIT says. */
  abstract admissionOf (invite: string, person: string): object

  /** An op that its past permits. @returns its name */
  say (key: string, kind: Kind, payload: object, on = [this.last], person = ownerOf(key)): string {
    if (!this.add(kind, { person, key }, on, payload)) {
      throw new Error(`${key} may not sign ${kind} on ${on.join()}`)
    }

    this.last = this.drafts.at(-1)!.id

    return this.last
  }

  /** An op that its past refuses. @returns its name */
  refuse (key: string, kind: Kind, payload: object, on = [this.last], person = ownerOf(key)): string {
    if (this.add(kind, { person, key }, on, payload, { isKept: true })) {
      throw new Error(`${key} may sign ${kind} on ${on.join()}`)
    }

    return this.drafts.at(-1)!.id
  }

  invite (key: string, role: Role, on?: string[], besides: object = {}): string {
    return this.say(key, 'INVITE', { ...this.inviteTo(role), ...besides }, on)
  }

  admit (key: string, invite: string, person: string, on?: string[]): string {
    return this.say(key, 'ADMIT', this.admissionOf(invite, person), on)
  }

  /** Invites and admits. */
  join (key: string, person: string, role: Role, on?: string[]): string {
    return this.admit(key, this.invite(key, role, on), person)
  }

  remove (key: string, person: string, on?: string[]): string {
    return this.say(key, 'REMOVE', { person }, on)
  }

  setRole (key: string, person: string, role: Role, on?: string[]): string {
    return this.say(key, 'SET_ROLE', { person, role }, on)
  }

  revoke (key: string, invite: string, on?: string[]): string {
    return this.say(key, 'REVOKE', { invite, reason: '' }, on)
  }

  link (key: string, added: string, on?: string[]): string {
    return this.say(key, 'LINK', { key: added }, on)
  }

  unlink (key: string, other: string, on?: string[]): string {
    return this.say(key, 'UNLINK', { key: other }, on)
  }
}
