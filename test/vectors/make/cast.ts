/** Whom vectors are about, and what they draw: the same each time, from names. */
import { generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import { peerIdFromPublicKey } from '@libp2p/peer-id'
import { hkdf } from '@noble/hashes/hkdf.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'
import { MemoryDatastore } from 'datastore-core'
import { keyOf } from '../../../src/log/index.js'
import type { Key } from '../../../src/log/index.js'
import type { Ed25519PeerId, Ed25519PrivateKey } from '@libp2p/interface'
import type { Datastore } from 'interface-datastore'

export { bytesToHex as hex }

/** When all of it happens, ms since 1970. */
export const NOW = Date.UTC(2026, 10, 21, 12)

/** Bytes that look random, and are a name's. */
export function bytesOf (name: string, length = 32): Uint8Array<ArrayBuffer> {
  return new Uint8Array(hkdf(sha256, utf8ToBytes(name), undefined, utf8ToBytes('vectors'), length))
}

/** A source of bytes for one side: its first draw, its second, … */
export function drawing (name: string): (bytes: number) => Uint8Array<ArrayBuffer> {
  let draws = 0

  return bytes => bytesOf(`${name} ${++draws}`, bytes)
}

/** Runs what draws by itself, from the platform: its draws are a name's, too. */
export async function drawn <T> (name: string, run: () => T | Promise<T>): Promise<T> {
  const draw = drawing(name)

  const { crypto } = globalThis
  Object.defineProperty(crypto, 'getRandomValues', {
    configurable: true,
    value: (into: Uint8Array) => {
      into.set(draw(into.length))

      return into
    }
  })

  try {
    return await run()
  } finally {
    // the platform's own is its prototype's
    Reflect.deleteProperty(crypto, 'getRandomValues')
  }
}

export interface Actor {
  name: string
  /** Of its Ed25519 key, 32 bytes. */
  seed: Uint8Array
  privateKey: Ed25519PrivateKey
  key: Key
  peerId: Ed25519PeerId
  datastore: Datastore
}

export async function actor (name: string): Promise<Actor> {
  const seed = bytesOf(`seed of ${name}`)
  const privateKey = await generateKeyPairFromSeed('Ed25519', seed)

  return { name, seed, privateKey, key: keyOf(privateKey), peerId: peerIdFromPublicKey(privateKey.publicKey), datastore: new MemoryDatastore() }
}

/** What an implementer needs to be this one. */
export function shown ({ seed, key, peerId }: Actor): { seed: string, key: string, peerId: string, multihash: string } {
  return { seed: bytesToHex(seed), key, peerId: peerId.toString(), multihash: bytesToHex(peerId.toMultihash().bytes) }
}
