/** A party's log that grows fast: ops signed side by side, taken in at once. */
import { decodeOp, encodeOpBody, keyOf, signingBytes } from '../../src/log/index.js'
import type { MembershipLog, OpId, SignedOp } from '../../src/log/index.js'
import type { PrivateKey } from '@libp2p/interface'

let lookups = 0

/** So many invitations by who has this key, one a second up to `now`, oldest first. */
export async function inviteMany (log: MembershipLog, privateKey: PrivateKey, count: number, now: number): Promise<OpId[]> {
  const author = keyOf(privateKey)
  const ids: OpId[] = []
  const signed: Array<Promise<SignedOp>> = []
  let [parent = ''] = log.heads
  let previous = log.chain(author)[0]?.id

  for (let i = 0; i < count; i++) {
    const lookupId = (++lookups).toString(16).padStart(32, 'e')
    const body = encodeOpBody('INVITE', { parents: [parent], previous, author }, { lookupId, role: 'writer', uses: 1, hosts: [], createdAt: now - 1000 * (count - i), expiresAt: 0 })
    parent = decodeOp({ body, sig: new Uint8Array(64) }).id
    previous = parent
    ids.push(parent)
    signed.push((async () => ({ body, sig: await privateKey.sign(signingBytes(log.key, body)) }))())
  }

  await log.receive(await Promise.all(signed))

  return ids
}
