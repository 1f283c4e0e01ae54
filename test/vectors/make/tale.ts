/** A history by names, told op by op: what its past permits, and what it refuses. */
import { CAST } from '../../log/histories.js'
import { hash } from '../../log/drafts.js'
import { Narrator } from '../../log/narrator.js'
import type { Kind, Role } from '../../log/reference-ops.js'

const CREATED = Date.UTC(2026, 10, 21, 12)

export class Tale extends Narrator {
  readonly refused: string[] = []

  override refuse (key: string, kind: Kind, payload: object, on?: string[], person?: string): string {
    const refused = super.refuse(key, kind, payload, on, person)
    this.refused.push(refused)

    return refused
  }

  override inviteTo (role: Role): object {
    return { role, uses: 1, hosts: [], lookupId: hash(`lookup id ${this.drafts.length}`).slice(0, 32), createdAt: CREATED, expiresAt: CREATED + 3_600_000 }
  }

  override admissionOf (invite: string, person: string): object {
    return { invite, ...CAST[person], transcript: hash(`transcript with ${person}`), after: 60_000 }
  }
}
