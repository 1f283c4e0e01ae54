/** A page whose party has many members: written into its store, as if they had joined one after the other. */
import { Key } from 'interface-datastore'
import { PREFIX, sealProfile, writeBatch } from '../../../src/log/terms.js'
import { Growing, keyOf, keyOfSeed, privateKeyOf, storeOf } from '../../bench/signed.js'
import type { BrowserNode } from '../../../demo/src/node.js'
import type { PrivateKey } from '@libp2p/interface'
import type { Datastore } from 'interface-datastore'
import type { Page } from 'playwright'

type NodeInside = BrowserNode & { components: { privateKey: PrivateKey, datastore: Datastore } }

/** @param names - Of the members beside the page's own person; each came by an invitation of hers */
export async function fill (page: Page, names: readonly string[]): Promise<void> {
  // a node has let its store go once it stopped
  const seed = await page.evaluate(async () => {
    const { node } = globalThis as unknown as { node: NodeInside }
    await node.stop()

    return [...node.components.privateKey.raw.subarray(0, 32)]
  })
  const { ops } = new Growing({ author: keyOfSeed(Uint8Array.from(seed)) }).grow(names.length + 1)
  const profiles = await Promise.all(names.map(async (displayName, i) => sealProfile({ displayName }, 1, privateKeyOf(`member ${i + 1}`))))
  const store = await storeOf(ops)
  await writeBatch(store, (batch) => { profiles.forEach((sealed, i) => { batch.put(new Key(`${PREFIX}/profile/${keyOf(`member ${i + 1}`)}`), sealed) }) })
  const records: Array<[key: string, value: number[]]> = []

  for await (const { key, value } of store.query({})) {
    records.push([key.toString(), [...value]])
  }

  await page.evaluate(async (records) => {
    const { node: { components: { datastore } } } = globalThis as unknown as { node: NodeInside }
    await Promise.all(records.map(async ([key, value]) => datastore.put({ toString: () => key } as Key, Uint8Array.from(value))))
  }, records)
  await page.reload()
  await page.getByText('online', { exact: true }).waitFor()
}
