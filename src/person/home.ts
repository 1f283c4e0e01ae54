/** A person's home (docs/persons.md, "The home"): the party whose one member is the person, and whose keys are their devices. */
import { listLogs } from '../log/datastore.js'
import { homeBodyOf, homeKeyOf, homeSeatOf } from '../log/home.js'
import { opIdOf, signingBytes } from '../log/op.js'
import { keyOf } from '../log/terms.js'
import { linkBytes } from '../log/acceptance.js'
import { MembershipLog } from '../log/log.js'
import type { Key, LogInit, SignedOp } from '../log/index.js'
import type { AbortOptions, PrivateKey } from '@libp2p/interface'

export { homeKeyOf, homeSeatOf } from '../log/home.js'

export async function homeGenesis (recovery: PrivateKey): Promise<SignedOp> {
  const body = homeBodyOf(keyOf(recovery))

  return { body, sig: Uint8Array.from(await recovery.sign(signingBytes(opIdOf(body), body))) }
}

/**
 * Makes the home of a person, with this node as its first device.
 *
 * @throws {StorageError} What is there of it is gone on with by `linkFirst`.
 */
export async function makeHome (init: LogInit, recovery: PrivateKey, options?: AbortOptions): Promise<MembershipLog> {
  const home = await MembershipLog.begin(init, await homeGenesis(recovery), options)
  await linkFirst(home, init.privateKey, recovery, options)

  return home
}

/**
 * The home of these words, with this node as one of its devices: as the store has it, where a stop, a full disk or a
 * recovery that broke off came after its first op; else made.
 *
 * @throws {StorageError}
 */
export async function openHome (init: LogInit, recovery: PrivateKey, options?: AbortOptions): Promise<{ home: MembershipLog, origin: 'new' | 'stored' }> {
  const key = homeKeyOf(keyOf(recovery))
  const origin = (await listLogs(init.datastore)).includes(key) ? 'stored' : 'new'
  const home = origin === 'stored' ? await MembershipLog.open(init, key) : await makeHome(init, recovery, options)
  await linkFirst(home, init.privateKey, recovery, options)

  return { home, origin }
}

/** The recovery key links this node's, unless it was named in the home before. @throws {StorageError} */
export async function linkFirst (home: MembershipLog, device: PrivateKey, recovery: PrivateKey, options?: AbortOptions): Promise<void> {
  const key = keyOf(device)

  if (home.personsOf(key).length === 0) {
    const acceptance = Uint8Array.from(await device.sign(linkBytes(home.key, homeSeatOf(keyOf(recovery)), keyOf(recovery))))
    await home.append('LINK', { key, acceptance }, { ...options, signer: recovery })
  }
}

/** The recovery key of a home. */
export function recoveryOf ({ genesis }: Pick<MembershipLog, 'genesis'>): Key {
  return genesis.payload.owners[0]?.first ?? ''
}
