/** Signed records of one party's members, as sync sends them: profiles, display names. One of each device; what another of this node's own said last, it says, too. */
import { TypedEventEmitter } from 'main-event'
import { signerOf } from '../log/terms.js'
import { speakersFor, spokenFor } from './speakers.js'
import type { SignedRecords } from './signed-records.js'
import type { Key, MembershipLog } from '../log/index.js'
import type { RecordEntry, RecordSet, RecordSetEvents } from '../sync/index.js'

export class MemberRecords extends TypedEventEmitter<RecordSetEvents> implements RecordSet {
  readonly number: number
  readonly #log: MembershipLog
  readonly #records: SignedRecords<unknown>
  readonly #person: () => Key | undefined

  /**
   * @param number - The set's (docs/sync.md, "Sets")
   * @param signal - Ends it
   * @param person - The recovery key of this node's person
   */
  constructor (number: number, log: MembershipLog, records: SignedRecords<unknown>, signal: AbortSignal, person: () => Key | undefined = () => undefined) {
    super()
    this.number = number
    this.#log = log
    this.#records = records
    this.#person = person

    records.addEventListener('change', ({ detail }) => {
      if (this.#isMembers(detail.key)) {
        this.safeDispatchEvent('records', { detail: { changed: [detail], gone: [] } })
        this.#adopt([detail.key])
      }
    }, { signal })
    log.addEventListener('members', ({ detail }) => {
      const keys = detail.flatMap(({ keys }) => keys)
      this.safeDispatchEvent('records', {
        detail: {
          changed: keys.filter(key => this.#isMembers(key)).flatMap(key => records.entry(key) ?? []),
          gone: keys.filter(key => !this.#isMembers(key))
        }
      })
      this.#adopt(keys)
    }, { signal })
    this.#adopt([log.self])
  }

  * entries (): Iterable<RecordEntry> {
    const seen = new Set<Key>()

    for (const { person, key } of this.#log.members()) {
      const { keys } = speakersFor(this.#log, person, key)

      for (const one of keys) {
        const entry = this.#records.entry(one)

        // one that stands for two members has one record
        if (entry != null && !seen.has(one)) {
          seen.add(one)
          yield entry
        }
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

  #isMembers (key: Key): boolean {
    return spokenFor(this.#log, key).length > 0
  }

  /** Where another device of this node's person may have said something. */
  #adopt (keys: readonly Key[]): void {
    const person = this.#person()

    for (const speakers of person == null ? [] : spokenFor(this.#log, this.#log.self)) {
      if (speakers.recovery === person && keys.some(key => speakers.keys.includes(key))) {
        // where the disk fails, the next start says it
        this.#records.adopt(speakers).catch(() => {})
      }
    }
  }
}
