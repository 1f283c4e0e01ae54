/** What members are called in one party, where that is not what their profile says. */
import { hexToBytes } from '@noble/hashes/utils.js'
import { openDisplayName, sealDisplayName } from '../log/display-name.js'
import { PREFIX } from '../storage.js'
import { SignedRecords } from './signed-records.js'
import type { Opened, SignedRecordsComponents } from './signed-records.js'
import type { ProfileBook } from '../admission/index.js'
import type { Key, OpId, Profile } from '../log/index.js'

export class DisplayNames extends SignedRecords<string> {
  readonly #party: OpId
  readonly #profiles: ProfileBook

  constructor (components: SignedRecordsComponents, party: OpId, profiles: ProfileBook) {
    super(components, `${PREFIX}/name/${party}`)
    this.#party = party
    this.#profiles = profiles
  }

  /** What a member shows of itself in this party. */
  get (key: Key): Profile {
    const name = this.known(key) ?? ''
    const profile = this.#profiles.get(key)

    return name === '' ? profile : { ...profile, displayName: name }
  }

  protected override async open (sealed: Uint8Array, key: Key): Promise<Opened<string>> {
    const { name, seq } = await openDisplayName(sealed, this.#party, hexToBytes(key))

    return { seq, value: name }
  }

  protected override async seal (name: string, seq: number): Promise<Uint8Array> {
    return sealDisplayName(name, this.#party, seq, this.components.privateKey)
  }
}
