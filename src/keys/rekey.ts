/** A REKEY is made: a new secret, sealed to who stays (docs/keys.md, "Rotation"). */
import { randomBytes } from '@noble/hashes/utils.js'
import { SECRET_LENGTH } from './derive.js'
import { wrap } from './wraps.js'
import type { Keyring } from './keyring.js'
import type { MadeRekey, OpId, RekeyPlace } from '../log/index.js'

/**
 * @param sharesHistory - Is it sealed together with the secrets that it follows, for who may read what was before?
 * @param onSigned - Its id, once it is signed
 */
export async function madeRekey (keyring: Keyring, place: RekeyPlace, sharesHistory: boolean, onSigned?: (rekey: OpId) => void): Promise<MadeRekey> {
  const secret = randomBytes(SECRET_LENGTH)
  const wraps = await wrap({ secret, rekeying: place, recipients: place.recipients, predecessors: sharesHistory && place.isLast ? keyring.secretsBefore(place.follows) : [] })

  return {
    payload: wraps.payload,
    signed: (rekey) => {
      keyring.stage(rekey, secret)
      onSigned?.(rekey)
    },
    // nobody needs a set of nobody's
    with: (batch, rekey) => { keyring.put(batch, rekey, secret, place.isLast ? wraps : undefined) }
  }
}
