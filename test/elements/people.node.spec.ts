import fc from 'fast-check'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { expect, it } from 'vitest'
import { nameAmong, nameOf } from '../../src/elements/people.js'

it('Who is called as another is has the end of the key behind the name, however many there are, and whoever asks twice', async () => {
  const peers = await Promise.all(Array.from({ length: 5 }, async () => peerIdFromPrivateKey(await generateKeyPair('Ed25519'))))
  const named = fc.record({ peerId: fc.constantFrom(...peers), profile: fc.record({ displayName: fc.constantFrom(undefined, '', 'Bob', 'BOB', 'Ｂob', 'Alice') }) })
  const plain = (name: string): string => name.normalize('NFKC').toLowerCase()

  fc.assert(fc.property(fc.array(named), named, (people, member) => {
    for (const one of [...people, member, ...people]) {
      const isAlike = people.some(other => !other.peerId.equals(one.peerId) && plain(nameOf(other)) === plain(nameOf(one)))
      expect(nameAmong(one, people)).toBe(isAlike ? `${nameOf(one)} (…${one.peerId.toString().slice(-6)})` : nameOf(one))
    }
  }))
})
