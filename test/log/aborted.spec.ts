import { generateKeyPair } from '@libp2p/crypto/keys'
import { BaseDatastore, MemoryDatastore } from 'datastore-core'
import { expect, it } from 'vitest'
import { MembershipLog } from '../../src/log/index.js'
import type { Batch } from 'interface-datastore'
import type { Payloads } from '../../src/log/index.js'

const invite = (nth: number): Payloads['INVITE'] => ({ lookupId: nth.toString(16).padStart(32, '0'), role: 'writer', uses: 1, hosts: [], createdAt: 0, expiresAt: 0 })

/** A disk that takes a while over a batch, and then has not written it. */
class SlowDisk extends MemoryDatastore {
  slow: { begun: () => void, fails: Promise<never> } | undefined

  override batch (): Batch {
    const batch = BaseDatastore.prototype.batch.call(this)

    return {
      put: (key, value) => { batch.put(key, value) },
      delete: (key) => { batch.delete(key) },
      commit: async () => {
        const { slow } = this
        this.slow = undefined
        slow?.begun()
        await slow?.fails
        await batch.commit()
      }
    }
  }
}

it('who waits no longer for a write leaves it its turn: what is signed next is signed on what came of it', async () => {
  const datastore = new SlowDisk()
  const log = await MembershipLog.create({ datastore, privateKey: await generateKeyPair('Ed25519') }, { name: 'Book club', kind: 'group', nonce: '00'.repeat(16) })
  const begun = Promise.withResolvers<void>()
  const fails = Promise.withResolvers<never>()
  fails.promise.catch(() => {})
  datastore.slow = { begun: begun.resolve, fails: fails.promise }
  const impatient = new AbortController()
  const first = log.append('INVITE', invite(1), { signal: impatient.signal })
  await begun.promise
  impatient.abort()
  await expect(first).rejects.toMatchObject({ name: 'AbortError' })

  const second = log.append('INVITE', invite(2))
  fails.reject(new Error('The disk is full'))
  const { id, parents } = await second
  expect(parents).toEqual([log.key])
  expect(log.heads).toEqual([id])
  expect(log.size).toBe(2)
  await log.verifyAll()
})
