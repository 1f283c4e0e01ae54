/** Profiles that this node knows: its own, and those that members showed it; the newest wins. */
import { hexToBytes } from '@noble/hashes/utils.js'
import { isSameProfile, openProfile, sealProfile } from '../log/terms.js'
import { PREFIX } from '../storage/records.js'
import { SignedRecords } from './signed-records.js'
import type { Opened, SignedRecordsComponents, Speakers } from './signed-records.js'
import type { ProfileBook } from '../admission/index.js'
import type { Key, Profile } from '../log/index.js'

const NOTHING: Profile = {}

/** A profile, and what a newer plus-one wrote behind it. */
interface Shown {
  profile: Profile
  more: unknown[]
}

export class Profiles extends SignedRecords<Shown> implements ProfileBook {
  /** This node's signed profile record; empty before it has one. */
  own: Uint8Array = new Uint8Array()
  readonly #initial: Profile | undefined

  constructor (components: SignedRecordsComponents, initial: Profile | undefined) {
    super(components, `${PREFIX}/profile`)
    this.#initial = initial
  }

  /**
   * Shows what the app starts with, where that is not shown already.
   *
   * @param person - This node's
   * @param isShared - It has other devices: what was said on them since is not taken back by a start of this one
   */
  async begin (person: Key | undefined, isShared: boolean): Promise<void> {
    if (this.#initial != null) {
      const stored = this.get(this.self)
      // an app that knows nothing of it takes nothing away
      const profile = { ...stored.extra == null ? {} : { extra: stored.extra }, ...this.#initial }

      if (this.entry(this.self) == null || (!isShared && !isSameProfile(stored, profile))) {
        await this.setProfile(profile, person)
      }
    }
  }

  /** This node's own. @throws {RangeError} @throws {StorageError} */
  async setProfile (profile: Profile, person?: Key): Promise<void> {
    await this.setOwn({ profile, more: this.known(this.self)?.more ?? [] }, person)
  }

  override clear (): void {
    super.clear()
    this.own = new Uint8Array()
  }

  /** The profile that a key signed, as far as it is known here. */
  get (key: Key): Profile {
    return this.known(key)?.profile ?? NOTHING
  }

  /** What a member shows. */
  of (speakers: Speakers): Profile {
    return this.newestOf(speakers)?.profile ?? NOTHING
  }

  protected override async open (sealed: Uint8Array, key: Key): Promise<Opened<Shown>> {
    const { seq, profile, person, more } = await openProfile(sealed, hexToBytes(key))

    return { seq, value: { profile, more }, ...person == null ? {} : { person } }
  }

  protected override async seal ({ profile, more }: Shown, seq: number, person: Key | undefined): Promise<Uint8Array> {
    return sealProfile(profile, seq, this.components.privateKey, more, person)
  }

  protected override isSame (one: Shown, other: Shown): boolean {
    return isSameProfile(one.profile, other.profile)
  }

  protected override learned (key: Key, sealed: Uint8Array): void {
    if (key === this.self) {
      this.own = sealed
    }
  }
}
