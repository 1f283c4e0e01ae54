/** Profiles that this node knows: its own, and those that members showed it; the newest wins. */
import { Key } from 'interface-datastore'
import { sha256 } from '@noble/hashes/sha2.js'
import { hexToBytes, utf8ToBytes } from '@noble/hashes/utils.js'
import { keyOf, openProfile, PREFIX, sealProfile, signerOf } from '../log/index.js'
import { stored } from '../storage.js'
import type { Key, MembershipLog, Profile } from '../log/index.js'
import type { ProfileStore } from '../log/sync/index.js'
import type { PeerId, PrivateKey } from '@libp2p/interface'
import type { Datastore } from 'interface-datastore'

export interface ProfilesComponents {
  peerId: PeerId
  privateKey: PrivateKey
  datastore: Datastore
}

export class Profiles implements ProfileStore {
  /** This node's signed profile record; empty before it has one. */
  own: Uint8Array = new Uint8Array()
  readonly #components: ProfilesComponents
  readonly #initial: Profile | undefined
  readonly #changed: () => void
  readonly #seqs = new Map<Key, number>()
  readonly #shown = new Map<Key, Profile>()
  #seq = 0

  /** @param changed - Called when a profile is learnt */
  constructor (components: ProfilesComponents, initial: Profile | undefined, changed: () => void) {
    this.#components = components
    this.#changed = changed
    this.#initial = initial
  }

  /** @throws {StorageError} */
  async load (): Promise<void> {
    await this.#loadAll()
    const stored = await this.#read(keyOf(this.#components.peerId))

    if (stored != null) {
      const { seq, profile } = await openProfile(stored, hexToBytes(keyOf(this.#components.peerId)))
      this.#seq = seq
      this.own = stored

      if (this.#initial == null || (profile.displayName === this.#initial.displayName && profile.picture === this.#initial.picture)) {
        return
      }
    }

    if (this.#initial != null) {
      await this.setOwn(this.#initial)
    }
  }

  /** @throws {StorageError} */
  async setOwn (profile: Profile): Promise<void> {
    const sealed = await sealProfile(profile, this.#seq + 1, this.#components.privateKey)
    await this.#write(keyOf(this.#components.peerId), sealed)
    this.#seq++
    this.own = sealed
    this.#learn(keyOf(this.#components.peerId), this.#seq, profile)
  }

  /** Keeps another member's, if it is newer: then true. @throws {ProtocolError} It is not that member's. */
  async put (sealed: Uint8Array, key: Key): Promise<boolean> {
    if (sealed.length === 0) {
      return false
    }

    const { seq, profile } = await openProfile(sealed, hexToBytes(key))

    if ((this.#seqs.get(key) ?? 0) >= seq) {
      return false
    }

    await this.#write(key, sealed)
    this.#learn(key, seq, profile)

    return true
  }

  /** Profiles of a party's members, in short. */
  async digest (log: MembershipLog): Promise<Uint8Array> {
    const seqs: string[] = []

    for (const { key } of this.#known(log)) {
      seqs.push(`${key} ${this.#seqs.get(key) ?? 0}`)
    }

    return sha256(utf8ToBytes(seqs.sort().join('\n')))
  }

  /** Their signed records. */
  async * records (log: MembershipLog): AsyncIterable<Uint8Array> {
    for (const { key } of this.#known(log)) {
      const record = await this.#read(key)

      if (record != null) {
        yield record
      }
    }
  }

  /** Keeps those that are a member's and newer; gives those that it kept. */
  async keep (log: MembershipLog, records: Uint8Array[]): Promise<Uint8Array[]> {
    const kept: Uint8Array[] = []

    for (const record of records) {
      const key = signerOf(record)

      // one who is not a member, and one that does not hold, is passed over: the others are still welcome
      if (key != null && log.member(key) != null && await this.put(record, key).catch(() => false)) {
        kept.push(record)
      }
    }

    return kept
  }

  /** The profile of a member, as far as it is known here. */
  get (key: Key): Profile {
    return this.#shown.get(key) ?? {}
  }

  * #known (log: MembershipLog): Iterable<{ key: Key }> {
    for (const member of log.members()) {
      if (this.#seqs.has(member.key)) {
        yield member
      }
    }
  }

  #learn (key: Key, seq: number, profile: Profile): void {
    this.#seqs.set(key, seq)
    this.#shown.set(key, profile)
    this.#changed()
  }

  async #loadAll (): Promise<void> {
    await stored(async () => {
      for await (const { key, value } of this.#components.datastore.query({ prefix: `${PREFIX}/profile/` })) {
        const member = key.name()
        const opened = await openProfile(value, hexToBytes(member)).catch(() => undefined)

        if (opened != null) {
          this.#learn(member, opened.seq, opened.profile)
        }
      }
    })
  }

  async #read (key: Key): Promise<Uint8Array | undefined> {
    const { datastore } = this.#components

    return stored(async () => await datastore.has(profileKey(key)) ? datastore.get(profileKey(key)) : undefined)
  }

  async #write (key: Key, sealed: Uint8Array): Promise<void> {
    await stored(async () => this.#components.datastore.put(profileKey(key), sealed))
  }
}

function profileKey (key: Key): Key {
  return new Key(`${PREFIX}/profile/${key}`)
}
