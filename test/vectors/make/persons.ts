/** Recovery words and what comes of them, the home, devices' records, a recovery and a backup (docs/persons.md). */
import { hexToBytes } from '@noble/hashes/utils.js'
import { x25519 } from '@noble/curves/ed25519.js'
import { homeBodyOf, homeKeyOf, homeSeatOf } from '../../../src/log/home.js'
import { keyOf, verify } from '../../../src/log/index.js'
import { sealRecord } from '../../../src/meeting/links/addresses.js'
import { encodeContent } from '../../../src/person/backup/content.js'
import { openBackup, sealBackup } from '../../../src/person/backup/seal.js'
import { sealDeviceRecord, slotOf } from '../../../src/person/device-record.js'
import { homeGenesis } from '../../../src/person/home.js'
import { decodeFrame } from '../../../src/person/recover/frames.js'
import { device, member, proofBytes } from '../../../src/person/recover/machines.js'
import { publicOf, recoveryKeysOf } from '../../../src/person/recovery-keys.js'
import { wordsOf } from '../../../src/person/words.js'
import { multiaddr } from '@multiformats/multiaddr'
import { actor, bytesOf, drawn, hex, NOW, shown } from './cast.js'
import { converse } from './converse.js'
import type { Actor } from './cast.js'
import type { DeviceFact } from '../../../src/person/device-record.js'
import type { RecoveryKeys } from '../../../src/person/recovery-keys.js'

export async function persons () {
  const [phone, laptop, alice] = await Promise.all(['Bob\'s phone', 'Bob\'s laptop', 'Alice'].map(async name => actor(name))) as [Actor, Actor, Actor]
  const keys = await recoveryKeysOf(bytesOf('Bob\'s words', 16))

  return {
    page: 'docs/persons.md',
    words: await Promise.all([new Uint8Array(16), bytesOf('Bob\'s words', 16)].map(async entropy => fromWords(entropy))),
    devices: await deviceRecords(keys, phone, laptop),
    recovery: await recovery(keys, phone, alice),
    backup: await backup(keys, alice)
  }
}

async function fromWords (entropy: Uint8Array) {
  const keys = await recoveryKeysOf(entropy)
  const { key, backup } = await publicOf(keys)
  const { body, sig } = await homeGenesis(keys.privateKey)

  return {
    entropy: hex(entropy),
    words: wordsOf(entropy).join(' '),
    recovery: { seed: hex(keys.privateKey.raw.subarray(0, 32)), key },
    backup: { secret: hex(keys.backup), publicKey: hex(backup.publicKey), signature: hex(backup.signature) },
    home: { genesis: homeKeyOf(key), body: hex(body), sig: hex(sig), seat: homeSeatOf(key) }
  }
}

async function deviceRecords (keys: RecoveryKeys, phone: Actor, laptop: Actor) {
  const { key, backup } = await publicOf(keys)
  const home = homeKeyOf(key)
  const genesis = { body: homeBodyOf(laptop.key), sig: bytesOf('a signature', 64) }
  const party = homeKeyOf(laptop.key)
  const facts: DeviceFact[] = [
    { kind: 'device', name: 'Bob\'s phone', addedAt: NOW, backup },
    { kind: 'device', name: '', addedAt: NOW },
    { kind: 'seat', party, genesis, first: phone.key },
    { kind: 'awaited', party, accepted: new Map([[phone.key, bytesOf('one acceptance', 64)], [laptop.key, bytesOf('another', 64)]]) },
    { kind: 'gone', party }
  ]

  return {
    home,
    device: shown(phone),
    records: await Promise.all(facts.map(async (fact, i) => ({
      fact: plain(fact), sequence: NOW + i, slot: slotOf(phone.key, fact), record: hex(await sealDeviceRecord(home, fact, NOW + i, phone.privateKey))
    })))
  }
}

function plain (fact: DeviceFact): object {
  switch (fact.kind) {
    case 'device': return { kind: 0, name: fact.name, addedAt: fact.addedAt, ...(fact.backup == null ? {} : { backup: { publicKey: hex(fact.backup.publicKey), signature: hex(fact.backup.signature) } }) }
    case 'seat': return { kind: 1, party: fact.party, body: hex(fact.genesis.body), sig: hex(fact.genesis.sig), first: fact.first }
    case 'awaited': return { kind: 2, party: fact.party, accepted: [...fact.accepted].sort(([a], [b]) => a < b ? -1 : 1).map(([key, acceptance]) => ({ key, acceptance: hex(acceptance) })) }
    case 'gone': return { kind: 3, party: fact.party }
  }
}

async function recovery ({ privateKey }: RecoveryKeys, phone: Actor, alice: Actor) {
  const ends = { device: phone.peerId.toMultihash().bytes, member: alice.peerId.toMultihash().bytes }
  const key = privateKey.publicKey.raw
  const seats = [phone.key, alice.key].map((first, i) => ({ genesis: { body: homeBodyOf(first), sig: bytesOf(`signature of ${i}`, 64) }, left: i === 1 }))
  let bytes = ''

  const { frames, draws } = await converse('a recovery', {
    name: 'member',
    machine: random => member(ends, random),
    perform: async (effect) => {
      switch (effect.type) {
        case 'verify':
          bytes = hex(effect.bytes)
          return verify(effect.key, effect.bytes, effect.signature)
        case 'find': return seats
        default: return undefined
      }
    }
  }, {
    name: 'device',
    machine: () => device(ends, key),
    perform: async effect => privateKey.sign(effect.bytes)
  })
  const { nonce } = decodeFrame(hexToBytes(frames[0]?.frame ?? '')) as { nonce: Uint8Array }

  if (bytes !== hex(proofBytes(ends, nonce, key))) {
    throw new Error('The member checks other bytes than the device signs')
  }

  return { device: shown(phone), member: shown(alice), key: keyOf(privateKey), frames, draws, proof: bytes, seats: seats.map(({ genesis: { body, sig }, left }) => ({ body: hex(body), sig: hex(sig), left })) }
}

async function backup ({ backup: secret }: RecoveryKeys, alice: Actor) {
  const record = await sealRecord([multiaddr('/ip4/192.0.2.7/tcp/4001')], BigInt(NOW), alice.privateKey)
  const parties = ['a party', 'another party'].map((name, i) => ({
    key: hex(bytesOf(name)),
    records: i === 0 ? [record] : [record, bytesOf('another record', 120)],
    secrets: i === 0 ? [] : ['the second REKEY', 'the first REKEY'].map(rekey => ({ rekey: hex(bytesOf(rekey)), secret: bytesOf(`the secret of ${rekey}`) }))
  }))
  const content = encodeContent({ at: NOW, parties })
  const sealed = await drawn('a backup', () => sealBackup(x25519.getPublicKey(secret), content))

  if (hex(openBackup(secret, sealed)) !== hex(content)) {
    throw new Error('The backup is not what was sealed')
  }

  return { secret: hex(secret), at: NOW, parties: parties.map(({ key, records, secrets }) => ({ key, records: records.map(hex), secrets: secrets.map(({ rekey, secret }) => ({ rekey, secret: hex(secret) })) })), content: hex(content), sealed: hex(sealed) }
}
