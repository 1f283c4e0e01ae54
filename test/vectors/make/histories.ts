/** Whole histories (docs/membership-log.md): signed ops, what of them is refused or void, and who is a member by the rest. */
import { generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import { MemoryDatastore } from 'datastore-core'
import { MembershipLog } from '../../../src/log/index.js'
import { sign } from '../../log/signed-plans.js'
import { bytesOf, hex } from './cast.js'
import { tales } from './tales.js'

export async function histories () {
  return { page: 'docs/membership-log.md', histories: await Promise.all(tales().map(async ({ name, tale }) => {
    const { genesis, ops } = sign(tale.drafts)
    const log = await MembershipLog.begin({ datastore: new MemoryDatastore(), privateKey: await generateKeyPairFromSeed('Ed25519', bytesOf('a bystander')) }, genesis.signed)
    const { refused } = await log.receive(ops)

    if (refused !== tale.refused.length) {
      throw new Error(`${name}: ${refused} ops were refused`)
    }

    return {
      name,
      ops: [genesis.signed, ...ops].map(({ body, sig }) => ({ body: hex(body), sig: hex(sig) })),
      refused: [...ops.keys()].filter(i => tale.refused.includes(`o${i + 1}`)).map(i => i + 1),
      members: [...log.members()].map(({ person, key, recovery, role, level }) => ({ person, first: key, recovery, role, level, keys: log.keysOf(person) })).sort((a, b) => a.person < b.person ? -1 : 1),
      voids: [...log.voids()].map(([op, { reason, because }]) => ({ op, reason, because })).sort((a, b) => a.op < b.op ? -1 : 1),
      forked: [...log.forks().keys()].sort(),
      heads: [...log.heads].sort(),
      info: { name: log.info()?.payload.name ?? log.name, picture: (log.info()?.payload ?? log.genesis.payload).picture }
    }
  })) }
}
