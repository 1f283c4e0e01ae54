/** What members are called in one party, where that is not what their profile says. */
import { hexToBytes } from '@noble/hashes/utils.js'
import { openDisplayName, sealDisplayName } from '../log/display-name.js'
import { PREFIX } from '../storage/records.js'
import { SignedRecords } from './signed-records.js'
import type { Opened, SignedRecordsComponents, Speakers } from './signed-records.js'
import type { Profiles } from './profiles.js'
import type { Key, OpId, Profile } from '../log/index.js'

export class DisplayNames extends SignedRecords<string> {
  readonly #party: OpId
  readonly #profiles: Profiles

  constructor (components: SignedRecordsComponents, party: OpId, profiles: Profiles) {
    super(components, `${PREFIX}/name/${party}`)
    this.#party = party
    this.#profiles = profiles
  }

  /** What a member shows of itself in this party. */
  of (speakers: Speakers): Profile {
    const name = this.newestOf(speakers) ?? ''
    const profile = this.#profiles.of(speakers)

    return name === '' ? profile : { ...profile, displayName: name }
  }

  protected override async open (sealed: Uint8Array, key: Key): Promise<Opened<string>> {
    const { name, seq, person } = await openDisplayName(sealed, this.#party, hexToBytes(key))

    return { seq, value: name, ...person == null ? {} : { person } }
  }

  protected override async seal (name: string, seq: number, person: Key | undefined): Promise<Uint8Array> {
    return sealDisplayName(name, this.#party, seq, this.components.privateKey, person)
  }

  protected override isSame (one: string, other: string): boolean {
    return one === other
  }
}
