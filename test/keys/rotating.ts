/** A rotation as a test wants it, and what goes wrong with one. */
import { wrap } from '../../src/keys/index.js'
import type { EpochSecret, Keyring, Rekeying, Wraps } from '../../src/keys/index.js'
import type { AnyOp, Key, MadeRekey, MembershipLog, Payloads } from '../../src/log/index.js'

export interface RotationInit {
  /** @default members' keys, as they stand now */
  recipients?: Key[]
  /** @default the current secrets, as far as they are here */
  predecessors?: EpochSecret[]
  /** What is written in place of what was wrapped. */
  instead?: (wraps: Wraps) => Wraps
}

/** Where the next op of this node goes. */
export function nextOf (log: MembershipLog): Rekeying {
  const [tip] = log.chain(log.self)

  return { genesis: log.key, author: log.self, ...(tip == null ? {} : { previous: tip.id }) }
}

export async function rotate (log: MembershipLog, keyring: Keyring, { recipients = log.recipients(), predecessors = keyring.secretsOf(keyring.rekeys), instead = wraps => wraps }: RotationInit = {}): Promise<AnyOp<'REKEY'>> {
  const secret = globalThis.crypto.getRandomValues(new Uint8Array(32))
  const wraps = instead(await wrap({ secret, rekeying: nextOf(log), recipients, predecessors }))

  return rekeyOf(log, wraps.payload, { signed: (rekey) => { keyring.stage(rekey, secret) }, with: (batch, rekey) => { keyring.put(batch, rekey, secret, wraps) } })
}

/** A REKEY that says this, whatever it is. */
export async function rekeyOf (log: MembershipLog, payload: Payloads['REKEY'], made: Omit<MadeRekey, 'payload'> = { signed: () => {}, with: () => {} }): Promise<AnyOp<'REKEY'>> {
  return await log.rekey(async () => ({ payload, ...made })) as AnyOp<'REKEY'>
}
