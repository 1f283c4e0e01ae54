/** Signed records of one party's members, as sync sends them: profiles, display names. */
import { TypedEventEmitter } from 'main-event'
import { signerOf } from '../log/terms.js'
import type { SignedRecords } from './signed-records.js'
import type { Key, MembershipLog } from '../log/index.js'
import type { RecordEntry, RecordSet, RecordSetEvents } from '../sync/index.js'

export class MemberRecords extends TypedEventEmitter<RecordSetEvents> implements RecordSet {
  readonly number: number
  readonly #log: MembershipLog
  readonly #records: SignedRecords<unknown>

  /**
   * @param number - The set's (docs/sync.md, "Sets")
   * @param signal - Ends it
   */
  constructor (number: number, log: MembershipLog, records: SignedRecords<unknown>, signal: AbortSignal) {
    super()
    this.number = number
    this.#log = log
    this.#records = records

    records.addEventListener('change', ({ detail }) => {
      if (this.#isMembers(detail.key)) {
        this.safeDispatchEvent('records', { detail: { changed: [detail], gone: [] } })
      }
    }, { signal })
    log.addEventListener('members', ({ detail }) => {
      const keys = detail.flatMap(({ person }) => log.firstKeyOf(person) ?? [])
      this.safeDispatchEvent('records', {
        detail: {
          changed: keys.filter(key => this.#isMembers(key)).flatMap(key => records.entry(key) ?? []),
          gone: keys.filter(key => !this.#isMembers(key))
        }
      })
    }, { signal })
  }

  * entries (): Iterable<RecordEntry> {
    for (const { key } of this.#log.members()) {
      const entry = this.#records.entry(key)

      if (entry != null) {
        yield entry
      }
    }
  }

  async get (key: Key): Promise<Uint8Array | undefined> {
    return this.#isMembers(key) ? this.#records.record(key) : undefined
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
        kept += key != null && this.#isMembers(key) && await this.#records.put(record, key) ? 1 : 0
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

  /** A person has one record, signed by its first key. */
  #isMembers (key: Key): boolean {
    return this.#log.member(key)?.key === key
  }
}
