/** The party's key: a rotation by size beside its bare X25519 and AEAD operations, and beside MLS; how a newcomer gets it; sealing beside the bare cipher. */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { chacha20poly1305, xchacha20poly1305 } from '@noble/ciphers/chacha.js'
import { bytesToHex, randomBytes } from '@noble/hashes/utils.js'
import { MemoryDatastore } from 'datastore-core'
import { Key as StoreKey } from 'interface-datastore'
import { commitmentOf, epochOf, Keyring, open, openSecrets, seal, sealSecrets, secretOf, unwrap, wrap } from '../../src/keys/index.js'
import { madeRekey } from '../../src/keys/rekey.js'
import { fromEd25519, newOnce } from '../../src/keys/x25519.js'
import { MembershipLog } from '../../src/log/index.js'
import { measure, report, reportWorked, table } from './measure.js'
import { Growing, keyOf, privateKeyOf, storeOf } from './signed.js'
import type { Wraps } from '../../src/keys/index.js'
import type { Once } from '../../src/keys/x25519.js'
import type { MadeRekey, RekeyPlace } from '../../src/log/index.js'
import type { Print } from './measure.js'

const SIZES = [10, 100, 1_000, 10_000]

/** A commit in a group of 10,000 would take longer than all the rest. */
const MOST_OF_MLS = 1_000

const MLS = 'test/bench/ts-mls'
/** Members that are sealed to in one timed run, at least: rotations in a row, and as many of all that is beside them. */
const IN_A_RUN = 500

const NONCE = new Uint8Array(12)

interface MlsGroup {
  /** @returns Bytes of the commit */
  remove (): Promise<number>
  /** @returns Bytes of the welcome */
  join (): Promise<number>
}

export const parts = { rotation, debts, sealing }

export default async function keys (print: Print): Promise<void> {
  for (const part of Object.values(parts)) {
    await part(print)
  }
}

/** A package of its own: its peers are other versions of what plus-one stands on. */
async function mlsOf (size: number): Promise<MlsGroup> {
  if (!existsSync(`${MLS}/node_modules`)) {
    spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--workspaces=false'], { cwd: MLS, stdio: 'inherit' })
  }

  const { groupOf } = await import(pathToFileURL(resolve(MLS, 'index.js')).href) as { groupOf: (size: number) => Promise<MlsGroup> }

  return groupOf(size)
}

interface Subject {
  log: MembershipLog
  keyring: Keyring
}

/** Alice's party, which has a key. */
async function partyOf (size: number): Promise<Subject> {
  const party = new Growing().grow(size)
  const datastore = await storeOf(party.ops)
  const privateKey = privateKeyOf('Alice')
  const log = await MembershipLog.open({ datastore, privateKey }, party.genesis.id)
  const keyring = await Keyring.open({ datastore, log, privateKey })
  await log.rekey(async place => madeRekey(keyring, place, true))

  return { log, keyring }
}

async function rotation (print: Print): Promise<void> {
  const bytes: string[][] = [['bytes', 'REKEY', 'wrap set', 'ts-mls, commit', 'in the Grant', 'ts-mls, welcome']]

  for (const size of SIZES) {
    const { log, keyring } = await partyOf(size)
    const recipients = log.recipients()
    const points = fromEd25519(recipients)
    const secret = randomBytes(32)
    const newest = `member ${size - 1}`
    const own = await secretOf(privateKeyOf(newest).raw.subarray(0, 32))
    const [rekey] = log.rekeys()
    const { commitment = '', wraps = '' } = rekey?.payload ?? {}
    const wrapSet = await keyring.wrapSet(wraps) ?? new Uint8Array()
    const rekeying = { genesis: log.key, author: log.self, previous: rekey?.previous }
    const granted = { codeSecret: randomBytes(16), sessionKey: randomBytes(64), transcript: randomBytes(32), admit: log.heads[0] ?? '' }
    const secrets = keyring.secretsOf(keyring.rekeys)
    const mls = size > MOST_OF_MLS ? undefined : await mlsOf(size)

    const { subtle } = globalThis.crypto
    const sealedTo = async ({ key }: Once, point: Uint8Array): Promise<Uint8Array> => {
      const other = await subtle.importKey('raw', new Uint8Array(point), 'X25519', false, [])
      const shared = await subtle.deriveBits({ name: 'X25519', public: other }, key as CryptoKey, 256)

      return chacha20poly1305(new Uint8Array(shared), NONCE).encrypt(secret)
    }
    const bare = async (): Promise<void> => {
      const once = await newOnce()

      for (let at = 0; at < size; at += 256) {
        await Promise.all(points.slice(at, at + 256).map(async point => sealedTo(once, point)))
      }
    }
    const privateKey = privateKeyOf('Alice')
    const written = new MemoryDatastore()
    const measured = await measure([{
      name: 'floor: an ephemeral key, an X25519 and a ChaCha20-Poly1305 for each',
      prepare: () => bare
    }, {
      name: 'the same, and one signature and one batch as any rotation has them',
      prepare: () => async () => {
        await bare()
        const sig = await privateKey.sign(rekey?.signed.body ?? secret)
        const batch = written.batch()
        batch.put(new StoreKey('/op'), sig)
        batch.put(new StoreKey('/secret'), secret)
        batch.put(new StoreKey('/wraps'), wrapSet)
        await batch.commit()
      }
    }, {
      name: 'a signature',
      prepare: () => async () => privateKey.sign(rekey?.signed.body ?? secret)
    }, {
      name: 'a wrap set',
      prepare: () => async () => wrap({ secret, rekeying, recipients })
    }, {
      name: 'a rotation: who it is for, all wraps, REKEY signed, judged and stored',
      prepare: () => async () => log.rekey(async place => madeRekey(keyring, place, true))
    }, {
      name: 'the rotation with a wrap set that is made already',
      prepare: () => async () => log.rekey(async place => setMade(keyring, place, { payload: { commitment, wraps }, bytes: wrapSet }))
    }, {
      name: 'a member opens its wrap',
      prepare: () => async () => unwrap({ bytes: wrapSet, rekeying, commitment, key: keyOf(newest), own })
    }, {
      name: 'a newcomer gets the key: sealed into the Grant, and opened',
      prepare: () => () => openSecrets(sealSecrets(secrets, granted), granted)
    }], { runs: size > 1_000 ? 9 : 20, warmups: 5, times: Math.ceil(IN_A_RUN / size), isCollected: false })
    const [, both, , , whole] = measured
    print(`\n${size} members; a rotation is ${((whole?.median ?? 0) / (both?.median ?? 1)).toFixed(2)} of its floor with signature and batch, by processor time ${((whole?.processor ?? 0) / (both?.processor ?? 1)).toFixed(2)}`)
    print(report(measured))
    print(reportWorked(measured))

    if (mls != null) {
      print(report(await measure([
        { name: 'ts-mls: a commit that removes one', prepare: () => async () => mls.remove() },
        { name: 'ts-mls: a commit that adds one, and its welcome opened', prepare: () => async () => mls.join() }
      ], { runs: size > 100 ? 5 : 15, warmups: 2 })))
    }

    bytes.push([String(size), ...[(rekey?.signed.body.length ?? 0) + 64, wrapSet.length, await mls?.remove(), sealSecrets(secrets, granted).length, await mls?.join()].map(length => length?.toLocaleString('en') ?? '')])
  }

  print('')
  print(table(bytes))
}

/** A REKEY of whose work the wraps are none. */
function setMade (keyring: Keyring, place: RekeyPlace, { payload: { wraps }, bytes }: Wraps): MadeRekey {
  const secret = randomBytes(32)
  const payload = { commitment: bytesToHex(commitmentOf(secret, place)), wraps }

  return { payload, signed: (rekey) => { keyring.stage(rekey, secret) }, with: (batch, rekey) => { keyring.put(batch, rekey, secret, { payload, bytes }) } }
}

/** Whether a rotation is owed, as it is asked after each op. */
async function debts (print: Print): Promise<void> {
  for (const size of SIZES) {
    const { log, keyring } = await partyOf(size)
    const gone = Math.floor(size / 2)

    for (const { person } of [...log.members()].filter(({ role }) => role !== 'owner').slice(0, Math.min(gone, 200))) {
      await log.append('REMOVE', { person })
    }

    await log.rekey(async place => madeRekey(keyring, place, true))
    await log.append('INVITE', new Growing().invitation())
    print(`\n${size} members, ${Math.min(gone, 200)} of them removed, nothing owed`)
    print(report(await measure([{ name: 'is a rotation owed?', prepare: () => () => log.indebted() }, { name: 'for whom a REKEY is', prepare: () => () => log.recipients() }], { runs: 15, warmups: 3 })))
  }
}

async function sealing (print: Print): Promise<void> {
  const genesis = '0a'.repeat(32)
  const epoch = epochOf([{ rekey: genesis, secret: randomBytes(32) }])
  const text = randomBytes(1024)
  const init = { genesis, associatedData: randomBytes(32) }

  print('\n1 kB, 200 times')
  print(report(await measure([{
    name: 'floor: XChaCha20-Poly1305, both ways',
    prepare: () => () => {
      for (let i = 0; i < 200; i++) {
        const nonce = randomBytes(24)
        xchacha20poly1305(epoch.sealing, nonce).decrypt(xchacha20poly1305(epoch.sealing, nonce).encrypt(text))
      }
    }
  }, {
    name: 'seal and open',
    prepare: () => () => {
      for (let i = 0; i < 200; i++) {
        open(seal(text, epoch, init), epoch, init)
      }
    }
  }])))
}
