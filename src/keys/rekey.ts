/** A REKEY is made: a new secret, sealed to who stays (docs/keys.md, "Rotation"). */
import { randomBytes } from '@noble/hashes/utils.js'
import { SECRET_LENGTH } from './derive.js'
import { wrap } from './wraps.js'
import type { Keyring } from './keyring.js'
import type { MadeRekey, OpId, RekeyPlace } from '../log/index.js'

/**
 * @param sharesHistory - Is it sealed together with the secrets that it follows, for who may read what was before?
 * @param onPut - Its id, once it is in a batch
 */
export async function madeRekey (keyring: Keyring, place: RekeyPlace, sharesHistory: boolean, onPut?: (rekey: OpId) => void): Promise<MadeRekey> {
  const secret = randomBytes(SECRET_LENGTH)
  const wraps = await wrap({ secret, rekeying: place, recipients: place.recipients, predecessors: sharesHistory ? keyring.secretsOf(place.follows) : [] })

  return {
    payload: wraps.payload,
    with: (batch, rekey) => {
      keyring.put(batch, rekey, secret, wraps)
      onPut?.(rekey)
    }
  }
}
