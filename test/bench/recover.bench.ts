import { MemoryDatastore } from 'datastore-core'
import { keyOf as keyOfPrivate } from '../../src/log/index.js'
import { recoveryKeysOf } from '../../src/person/recovery-keys.js'
import { entropyOf, wordsOf } from '../../src/person/words.js'
import { checkVersion } from '../../src/storage/records.js'
import { createNetwork } from '../../src/testing/index.js'
import { table } from './measure.js'
import { Growing, privateKeyOf, storeOf } from './signed.js'
import type { Print } from './measure.js'
import type { Datastore } from 'interface-datastore'

/** Members of the party. */
const SIZES = [100, 1_000, 10_000]

/** All devices are lost: from the words to a device that is linked, in one process, over the memory transport. */
export default async function recover (print: Print): Promise<void> {
  const words = wordsOf(new Uint8Array(16).fill(1)).join(' ')
  const { privateKey } = await recoveryKeysOf(entropyOf(words))
  const rows: string[][] = []

  for (const members of SIZES) {
    const party = new Growing({ recovery: true }).grow(members - 1)
    party.put('ADMIT', party.admission(party.put('INVITE', party.invitation()), 'Bob', keyOfPrivate(privateKey)))
    const network = createNetwork({ meet: false })
    const alice = await network.node({ datastore: await marked(await storeOf(party.ops)), privateKey: privateKeyOf('Alice') })
    const [book] = await alice.services.parties.list()
    const code = (await book?.invite({ role: 'reader' }))?.code ?? ''
    const phone = await network.node()
    await phone.services.parties.list()
    const begun = performance.now()
    const { parties } = await phone.services.parties.recover(words, { code })
    const took = performance.now() - begun

    if (parties[0]?.role !== 'writer') {
      throw new Error('It was not recovered')
    }

    rows.push([String(members), `${(took / 1000).toFixed(2)} s`, `${(took / members).toFixed(2)} ms`])
    await network.stop()
  }

  print(`\n${table([['members', 'recovered', 'a member'], ...rows])}`)
}

/** As a node's store is: of this version. */
async function marked (datastore: Datastore): Promise<Datastore> {
  const store = new MemoryDatastore()
  await checkVersion(store)

  for await (const { key, value } of datastore.query({})) {
    await store.put(key, value)
  }

  return store
}
