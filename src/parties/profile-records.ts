/** The profiles of one party's members, as sync sends them. */
import { TypedEventEmitter } from 'main-event'
import { signerOf } from '../log/terms.js'
import { PROFILES } from '../sync/constants.js'
import type { Profiles } from './profiles.js'
import type { Key, MembershipLog } from '../log/index.js'
import type { RecordEntry, RecordSet, RecordSetEvents } from '../sync/index.js'

export class ProfileRecords extends TypedEventEmitter<RecordSetEvents> implements RecordSet {
  readonly number = PROFILES
  readonly #log: MembershipLog
  readonly #profiles: Profiles

  /** @param signal - Ends it */
  constructor (log: MembershipLog, profiles: Profiles, signal: AbortSignal) {
    super()
    this.#log = log
    this.#profiles = profiles

    profiles.addEventListener('change', ({ detail }) => {
      if (this.#isMembers(detail.key)) {
        this.safeDispatchEvent('records', { detail: { changed: [detail], gone: [] } })
      }
    }, { signal })
    log.addEventListener('members', ({ detail }) => {
      const keys = detail.flatMap(({ person }) => log.firstKeyOf(person) ?? [])
      this.safeDispatchEvent('records', {
        detail: {
          changed: keys.filter(key => this.#isMembers(key)).flatMap(key => profiles.entry(key) ?? []),
          gone: keys.filter(key => !this.#isMembers(key))
        }
      })
    }, { signal })
  }

  * entries (): Iterable<RecordEntry> {
    for (const { key } of this.#log.members()) {
      const entry = this.#profiles.entry(key)

      if (entry != null) {
        yield entry
      }
    }
  }

  async get (key: Key): Promise<Uint8Array | undefined> {
    return this.#isMembers(key) ? this.#profiles.record(key) : undefined
  }

  async keep (records: Uint8Array[]): Promise<{ kept: number, refused: number, early: number }> {
    let kept = 0
    let refused = 0
    let early = 0

    for (const record of records) {
      const key = signerOf(record)

      try {
        // one who is not a member, or not yet, is passed over: the others are still welcome
        early += key != null && !this.#isMembers(key) ? 1 : 0
        kept += key != null && this.#isMembers(key) && await this.#profiles.put(record, key) ? 1 : 0
        refused += key == null ? 1 : 0
      } catch (err) {
        if ((err as Error).name !== 'ProtocolError') {
          throw err
        }

        refused++
      }
    }

    return { kept, refused, early }
  }

  /** A person has one profile, signed by its first key. */
  #isMembers (key: Key): boolean {
    return this.#log.member(key)?.key === key
  }
}
