/** Profiles that this node knows: its own, and those that members showed it; the newest wins. */
import { Key } from 'interface-datastore'
import { hexToBytes } from '@noble/hashes/utils.js'
import { StorageError } from '../errors.js'
import { openProfile, PREFIX, sealProfile } from '../log/index.js'
import { memberOf } from './peers.js'
import type { MemberKey, Profile } from '../log/index.js'
import type { PeerId, PrivateKey } from '@libp2p/interface'
import type { Datastore } from 'interface-datastore'

export interface ProfilesComponents {
  peerId: PeerId
  privateKey: PrivateKey
  datastore: Datastore
}

export class Profiles {
  /** This node's signed profile record; empty before it has one. */
  own: Uint8Array = new Uint8Array()
  readonly #components: ProfilesComponents
  readonly #initial: Profile | undefined
  #seq = 0

  constructor (components: ProfilesComponents, initial?: Profile) {
    this.#components = components
    this.#initial = initial
  }

  /** @throws {StorageError} */
  async load (): Promise<void> {
    const stored = await this.#read(memberOf(this.#components.peerId))

    if (stored != null) {
      const { seq, profile } = await openProfile(stored, hexToBytes(memberOf(this.#components.peerId)))
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
    await this.#write(memberOf(this.#components.peerId), sealed)
    this.#seq++
    this.own = sealed
  }

  /** Keeps another member's, if it is newer. @throws {ProtocolError} It is not that member's. */
  async put (sealed: Uint8Array, key: MemberKey): Promise<void> {
    if (sealed.length === 0) {
      return
    }

    const { seq } = await openProfile(sealed, hexToBytes(key))
    const stored = await this.#read(key)

    if (stored == null || (await openProfile(stored, hexToBytes(key))).seq < seq) {
      await this.#write(key, sealed)
    }
  }

  async #read (key: MemberKey): Promise<Uint8Array | undefined> {
    const { datastore } = this.#components

    try {
      return await datastore.has(profileKey(key)) ? await datastore.get(profileKey(key)) : undefined
    } catch (err) {
      throw new StorageError(undefined, { cause: err })
    }
  }

  async #write (key: MemberKey, sealed: Uint8Array): Promise<void> {
    try {
      await this.#components.datastore.put(profileKey(key), sealed)
    } catch (err) {
      throw new StorageError(undefined, { cause: err })
    }
  }
}

function profileKey (key: MemberKey): Key {
  return new Key(`${PREFIX}/profile/${key}`)
}
