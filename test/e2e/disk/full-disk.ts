/** A process whose files may not grow for a moment: what it is told to be stored, before and after, in one line of JSON. */
import { execFileSync } from 'node:child_process'
import { generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import { LevelDatastore } from 'datastore-level'
import { Key } from 'interface-datastore'
import { MembershipLog } from '../../../src/log/index.js'
import { readRecord, writeBatch } from '../../../src/storage/records.js'
import type { Payloads } from '../../../src/log/index.js'

const [directory = ''] = process.argv.slice(2)
const limit = (bytes: string): void => { execFileSync('prlimit', ['--pid', String(process.pid), `--fsize=${bytes}:unlimited`]) }
const invite = (nth: number): Payloads['INVITE'] => ({ lookupId: nth.toString(16).padStart(32, '0'), role: 'writer', uses: 1, hosts: [], createdAt: 0, expiresAt: 0 })

const datastore = new LevelDatastore(directory)
await datastore.open()
const privateKey = await generateKeyPairFromSeed('Ed25519', new Uint8Array(32).fill(1))
const log = await MembershipLog.create({ datastore, privateKey }, { name: 'Book club', kind: 'group', nonce: '00'.repeat(16) })
const counted = new Key('/plus-one/test/attempts')
const told: string[] = []
let attempts = 3

async function append (nth: number): Promise<boolean> {
  try {
    told.push((await log.append('INVITE', invite(nth))).id)
    return true
  } catch {
    return false
  }
}

async function spend (): Promise<boolean> {
  const put = (left: number) => (batch: { put: (key: Key, value: Uint8Array) => void }): void => { batch.put(counted, Uint8Array.of(left)) }

  try {
    await writeBatch(datastore, put(attempts - 1), { before: (batch) => { put(attempts)(batch) } })
    attempts--
    return true
  } catch {
    return false
  }
}

for (let nth = 0; nth < 20; nth++) {
  await append(nth)
}

limit('9000')
const failed = [await append(20), await spend(), await append(21)].filter(done => !done).length
limit('unlimited')

for (let nth = 22; nth < 222; nth++) {
  await append(nth)
}

await spend()
await spend()
await datastore.close()
await datastore.open()

const again = await MembershipLog.open({ datastore, privateKey }, log.key)
await again.verifyAll()
console.info(JSON.stringify({
  failed, told: told.length, there: told.filter(id => again.has(id)).length, forks: again.forks().size, attempts, attemptsThere: (await readRecord(datastore, counted))?.[0] ?? 3
}))
await datastore.close()
