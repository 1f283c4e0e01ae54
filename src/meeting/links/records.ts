/**
 * Signed records of where members are (docs/meeting.md, "Records"): the newest of
 * each key, kept over restarts, for as long as its key stands for a member.
 */
import { Key as StoreKey } from 'interface-datastore'
import { equals } from 'uint8arrays/equals'
import { decodeStrict, encode } from '../../codec/index.js'
import { ProtocolError } from '../../errors.js'
import { PREFIX, readRecords, writeBatch } from '../../storage/records.js'
import { isPublic, openRecord, readRecord, relayOf } from './addresses.js'
import { MAX_BYTES, MAX_OF_PARTY, MAX_RECORD, MAX_RECORDS } from './constants.js'
import type { OpenedRecord, Scope } from './addresses.js'
import type { Clock } from '../../async/clock.js'
import type { Key } from '../../log/index.js'
import type { AbortOptions } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { Datastore } from 'interface-datastore'

const MEET = `${PREFIX}/meet`

/** How old the time in the store may be at which a member was seen last, ms: it is written anew when it is older. */
const PRECISION = 86_400_000

/** Around a record in the store: the time, and their lengths. */
const AROUND = 32

interface Kept extends OpenedRecord {
  /** PeerIds of the relays through which it is dialled. */
  relays: ReadonlySet<string>
  bytes: Uint8Array
  scope: Scope
  /** When its member was connected, or it was told of, the last time, ms since 1970; 0: nobody answered there. */
  seen: number
  /** The same, as it is in the store. */
  storedSeen: number
}

export interface KeepOptions extends AbortOptions {
  scope: Scope
  /** Does this key stand for a member of the party by which the record came? */
  isMember: (key: Key) => boolean
  /** From whom it is: who shows its own record is believed, whatever an older one's sequence number. */
  from?: Key
  /** Was its signature verified before it came here? @default false */
  isVerified?: boolean
}

export class PeerRecords {
  readonly #datastore: Datastore
  readonly #clock: Pick<Clock, 'now'>
  readonly #isConnected: (key: Key) => boolean
  readonly #onChange: (key: Key) => void
  /** By scope and key; those seen last at the end. */
  readonly #kept = new Map<string, Kept>()
  #bytes = 0

  /**
   * @param isConnected - Connected members' records go last
   * @param onChange - There is a first record of a key, or one less
   */
  constructor ({ datastore, clock, isConnected, onChange = () => {} }: { datastore: Datastore, clock: Pick<Clock, 'now'>, isConnected: (key: Key) => boolean, onChange?: (key: Key) => void }) {
    this.#datastore = datastore
    this.#clock = clock
    this.#isConnected = isConnected
    this.#onChange = onChange
  }

  /** Records here, and their bytes. */
  get size (): { records: number, bytes: number } { return { records: this.#kept.size, bytes: this.#bytes } }

  /** @throws {StorageError} */
  async load (): Promise<void> {
    const found: Kept[] = []
    const { records, damaged } = await readRecords(this.#datastore, MEET)
    const bad = [...damaged.keys()]

    for (const [name, value] of records) {
      try {
        const [seen, bytes] = decodeStrict(value, MAX_RECORD + AROUND) as [number, Uint8Array]
        found.push({ ...withRelays(readRecord(bytes)), bytes, scope: name.startsWith('public/') ? 'public' : 'all', seen, storedSeen: seen })
      } catch {
        bad.push(name)
      }
    }

    found.sort((a, b) => a.seen - b.seen).forEach(kept => { this.#set(kept) })
    // it is only a hint where somebody is: another one will come
    await writeBatch(this.#datastore, batch => { bad.forEach(name => { batch.delete(new StoreKey(`${MEET}/${name}`)) }) })
  }

  /** Keys of those who can be dialled through this relay. */
  behind (relay: string): Set<Key> {
    return new Set([...this.#kept.values()].filter(({ relays }) => relays.has(relay)).map(({ key }) => key))
  }

  /** Keys of whom there is a record that members of such a party may see. */
  * keys (scope: Scope): Iterable<Key> {
    for (const { key, scope: of } of this.#kept.values()) {
      if (of === scope || (scope === 'all' && !this.#kept.has(nameOf('all', key)))) {
        yield key
      }
    }
  }

  /** Is there any record of this key? */
  has (key: Key): boolean {
    return this.#kept.has(nameOf('all', key)) || this.#kept.has(nameOf('public', key))
  }

  /** The record of a key for members of such a party; not of one whom nobody reached there, unless that is asked for. */
  get (key: Key, scope: Scope, unanswered = false): Uint8Array | undefined {
    const kept = this.#of(key, scope)

    return kept == null || (kept.seen === 0 && !unanswered) ? undefined : kept.bytes
  }

  /** Where it is known to be dialled, by either record. */
  addresses (key: Key): Multiaddr[] {
    const all = [...this.#kept.get(nameOf('all', key))?.addresses ?? [], ...this.#kept.get(nameOf('public', key))?.addresses ?? []]

    return [...new Map(all.map(address => [address.toString(), address])).values()]
  }

  /**
   * Keeps a record that came by a party, if it is of a member and newer than what is here: then true.
   *
   * @throws {ProtocolError} It is none, or has addresses that are not for this party.
   * @throws {StorageError} It was not kept.
   */
  async keep (bytes: Uint8Array, { scope, isMember, from, isVerified = false, ...options }: KeepOptions): Promise<boolean> {
    const claimed = readRecord(bytes)
    const isNewer = (): boolean => {
      const known = this.#kept.get(nameOf(scope, claimed.key))

      return isMember(claimed.key) && (known == null || known.sequence < claimed.sequence || (claimed.key === from && !equals(known.bytes, bytes)))
    }

    // the costly part is for what is new, and of a member
    if (!isNewer()) {
      return false
    }

    if (scope === 'public' && !claimed.addresses.every(isPublic)) {
      throw new ProtocolError('A peer record has addresses that are not for a community')
    }

    const opened = isVerified ? claimed : await openRecord(bytes, options)

    // another one may have come meanwhile
    if (!isNewer()) {
      return false
    }

    const seen = this.#clock.now()
    const kept: Kept = { ...withRelays(opened), bytes, scope, seen, storedSeen: seen }
    const gone = this.#surplus(kept, isMember)

    await writeBatch(this.#datastore, (batch) => {
      gone.forEach(({ key, scope }) => { batch.delete(storeKeyOf(scope, key)) })
      batch.put(storeKeyOf(scope, opened.key), encode([seen, bytes]))
    }, options)
    gone.forEach(other => { this.#delete(other) })
    this.#set(kept)

    return true
  }

  /** A member is connected. @throws {StorageError} */
  async saw (key: Key): Promise<void> {
    const now = this.#clock.now()
    const seen = [...this.#both(key)]
    const old = seen.filter(({ storedSeen }) => now - storedSeen >= PRECISION)
    seen.forEach((kept) => { this.#set({ ...kept, seen: now, storedSeen: old.includes(kept) ? now : kept.storedSeen }) })

    if (old.length > 0) {
      await writeBatch(this.#datastore, batch => { old.forEach(({ scope, bytes }) => { batch.put(storeKeyOf(scope, key), encode([now, bytes])) }) })
    }
  }

  /** Nobody answered there: it is told to nobody until it is seen again, and is the first to go. */
  missed (key: Key): void {
    for (const kept of this.#both(key)) {
      kept.seen = 0
    }
  }

  /** Forgets all whose keys stand for no member any more. @throws {StorageError} */
  async retain (stands: (key: Key) => boolean): Promise<void> {
    const gone = [...this.#kept.values()].filter(({ key }) => !stands(key))

    if (gone.length > 0) {
      gone.forEach(kept => { this.#delete(kept) })
      await writeBatch(this.#datastore, batch => { gone.forEach(({ key, scope }) => { batch.delete(storeKeyOf(scope, key)) }) })
    }
  }

  /** What has to go for this one: of its own party, where that has its share. */
  #surplus (next: Kept, isMember: (key: Key) => boolean): Kept[] {
    // most nodes know few: whose record goes is looked into where there are too many
    if (this.#kept.size < Math.min(MAX_OF_PARTY, MAX_RECORDS) && this.#bytes + next.bytes.length <= MAX_BYTES) {
      return []
    }

    const others = [...this.#kept.values()].filter(kept => kept.key !== next.key || kept.scope !== next.scope)
    const ofParty = others.filter(({ key, scope }) => scope === next.scope && isMember(key))
    const gone = new Set(ofParty.length >= MAX_OF_PARTY ? this.#idlest(ofParty).slice(0, ofParty.length - MAX_OF_PARTY + 1) : [])
    let bytes = others.reduce((sum, { bytes }) => sum + bytes.length, next.bytes.length) - [...gone].reduce((sum, { bytes }) => sum + bytes.length, 0)

    for (const kept of this.#idlest(others)) {
      if (others.length - gone.size < MAX_RECORDS && bytes <= MAX_BYTES) {
        break
      }

      if (!gone.has(kept)) {
        gone.add(kept)
        bytes -= kept.bytes.length
      }
    }

    return [...gone]
  }

  /** Those that are away the longest first. */
  #idlest (of: Kept[]): Kept[] {
    const rankOf = ({ key, seen }: Kept): number => this.#isConnected(key) ? Number.POSITIVE_INFINITY : seen

    return of.map(kept => ({ kept, rank: rankOf(kept) })).sort((a, b) => a.rank === b.rank ? 0 : a.rank - b.rank).map(({ kept }) => kept)
  }

  #of (key: Key, scope: Scope): Kept | undefined {
    return this.#kept.get(nameOf(scope, key)) ?? (scope === 'all' ? this.#kept.get(nameOf('public', key)) : undefined)
  }

  * #both (key: Key): Iterable<Kept> {
    for (const scope of ['all', 'public'] as const) {
      const kept = this.#kept.get(nameOf(scope, key))

      if (kept != null) {
        yield kept
      }
    }
  }

  #set (kept: Kept): void {
    const isFirst = !this.has(kept.key)
    this.#take(kept)
    this.#kept.set(nameOf(kept.scope, kept.key), kept)
    this.#bytes += kept.bytes.length

    if (isFirst) {
      this.#onChange(kept.key)
    }
  }

  #delete (kept: Kept): void {
    this.#take(kept)
    this.#onChange(kept.key)
  }

  #take ({ scope, key }: Kept): void {
    this.#bytes -= this.#kept.get(nameOf(scope, key))?.bytes.length ?? 0
    this.#kept.delete(nameOf(scope, key))
  }
}

function withRelays (opened: OpenedRecord): OpenedRecord & Pick<Kept, 'relays'> {
  return { ...opened, relays: new Set(opened.addresses.flatMap(address => relayOf(address) ?? [])) }
}

function nameOf (scope: Scope, key: Key): string {
  return `${scope} ${key}`
}

function storeKeyOf (scope: Scope, key: Key): StoreKey {
  return new StoreKey(`${MEET}/${scope}/${key}`)
}
