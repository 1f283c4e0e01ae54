/** A history by names, told op by op: what its past permits, and what it refuses. */
import { begin, CAST, Teller } from '../../log/histories.js'
import { hash } from '../../log/drafts.js'
import type { Kind, PartyKind, Role } from '../../log/reference-ops.js'

const CREATED = Date.UTC(2026, 10, 21, 12)

export class Tale extends Teller {
  /** The newest op that was not refused: what the next one is signed on, where nothing else is said. */
  last = 'o0'
  readonly refused: string[] = []

  constructor (owners: string[], kind: PartyKind) {
    super(begin(kind, owners))
  }

  /** An op that its past permits. @returns its name */
  say (key: string, kind: Kind, payload: object, on = [this.last], person = key.split('.')[0]!): string {
    if (!this.add(kind, { person, key }, on, payload)) {
      throw new Error(`${key} may not sign ${kind} on ${on.join()}`)
    }

    this.last = this.drafts.at(-1)!.id

    return this.last
  }

  /** An op that its past refuses. */
  refuse (key: string, kind: Kind, payload: object, on = [this.last], person = key.split('.')[0]!): void {
    if (this.add(kind, { person, key }, on, payload, { isKept: true })) {
      throw new Error(`${key} may sign ${kind} on ${on.join()}`)
    }

    this.refused.push(this.drafts.at(-1)!.id)
  }

  inviteTo (role: Role, besides: object = {}): object {
    return { role, uses: 1, hosts: [], lookupId: hash(`lookup id ${this.drafts.length}`).slice(0, 32), createdAt: CREATED, expiresAt: CREATED + 3_600_000, ...besides }
  }

  invite (key: string, role: Role, on?: string[], besides?: object): string {
    return this.say(key, 'INVITE', this.inviteTo(role, besides), on)
  }

  admit (key: string, invite: string, person: string, on?: string[]): string {
    return this.say(key, 'ADMIT', admissionOf(invite, person), on)
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

  revoke (key: string, invite: string): string {
    return this.say(key, 'REVOKE', { invite, reason: '' }, [invite])
  }

  link (key: string, added: string): string {
    return this.say(key, 'LINK', { key: added })
  }

  unlink (key: string, other: string, on?: string[]): string {
    return this.say(key, 'UNLINK', { key: other }, on)
  }
}

export function admissionOf (invite: string, person: string): object {
  return { invite, ...CAST[person], transcript: hash(`transcript with ${person}`), after: 60_000 }
}
