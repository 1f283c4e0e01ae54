import { generateKeyPair } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { multiaddr } from '@multiformats/multiaddr'
import { MemoryDatastore } from 'datastore-core'
import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { FakeClock } from '../../src/testing/index.js'
import { keyOf } from '../../src/log/terms.js'
import { Acquaintances } from '../../src/meeting/links/acquaintances.js'
import { sealRecord } from '../../src/meeting/links/addresses.js'
import { PeerRecords } from '../../src/meeting/links/records.js'
import type { Key } from '../../src/log/index.js'
import type { AcquaintancesInit } from '../../src/meeting/links/acquaintances.js'
import type { Meetable } from '../../src/meeting/links/interface.js'
import type { Kin } from '../../src/meeting/links/party-links.js'
import type { Ed25519PeerId } from '@libp2p/interface'

const PEOPLE = 6
const SELF = 'ff'.repeat(32)

interface Person {
  peer: Ed25519PeerId
  key: Key
  record: Uint8Array
}

const people: Person[] = []

beforeAll(async () => {
  for (let nth = 0; nth < PEOPLE; nth++) {
    const privateKey = await generateKeyPair('Ed25519')
    people.push({ peer: peerIdFromPrivateKey(privateKey), key: keyOf(privateKey), record: await sealRecord([multiaddr('/ip4/8.8.8.8/tcp/4001')], 1n, privateKey) })
  }
})

/** What happens to one of the people. */
type Step =
  | { do: 'connect' | 'part' | 'show where it is' | 'leave' | 'forget who left', who: number }
  | { do: 'is', who: number, kin: Kin }

const kins = fc.constantFrom<Kin>('sibling', 'host', 'other')
const who = fc.nat(PEOPLE - 1)
const steps = fc.array(fc.oneof(
  fc.record({ do: fc.constantFrom('connect' as const, 'part' as const, 'show where it is' as const, 'leave' as const, 'forget who left' as const), who }),
  fc.record({ do: fc.constant('is' as const), who, kin: kins })
), { minLength: 1, maxLength: 24 })

/** Alice's node, with a party of which the people are members, or not. */
function story () {
  const connected = new Set<number>()
  const members = new Map<Key, Kin>()
  const party: Meetable = { key: 'party', self: SELF, scope: 'all', size: 1, hosts: 1, names: [], kinOf: key => members.get(key), siblingsOf: () => [] }
  const records = new PeerRecords({ datastore: new MemoryDatastore(), clock: new FakeClock(), isConnected: () => false, onChange: (key) => { acquaintances.changed([key]) } })
  const connections = (): Array<{ remotePeer: Ed25519PeerId }> => [...connected].flatMap(nth => ({ remotePeer: (people[nth] as Person).peer }))
  const init = {
    components: { connectionManager: { getConnections: connections }, peerStore: { get: async () => ({}) } },
    records,
    parties: () => [party]
  } as unknown as AcquaintancesInit
  const acquaintances = new Acquaintances(init)
  acquaintances.start()

  const take = async (step: Step): Promise<void> => {
    const { peer, key, record } = people[step.who] as Person

    switch (step.do) {
      case 'connect':
        connected.add(step.who)
        acquaintances.connected(peer)
        break
      case 'part':
        connected.delete(step.who)
        await acquaintances.parted(peer, {})
        break
      case 'show where it is':
        await records.keep(record, { scope: step.who % 2 === 0 ? 'all' : 'public', isMember: key => members.has(key) })
        break
      case 'is':
        members.set(key, step.kin)
        acquaintances.changed([key])
        break
      case 'leave':
        members.delete(key)
        acquaintances.changed([key])
        break
      case 'forget who left':
        await records.retain(key => members.has(key))
    }
  }

  return { acquaintances, init, party, take }
}

function listed (acquaintances: Acquaintances, party: Meetable): string[] {
  return acquaintances.of(party).map(({ key, is }) => `${key} ${is}`).sort()
}

describe('Acquaintances', () => {
  it('are, however people come and go, those that are found by looking at everybody anew', async () => {
    await fc.assert(fc.asyncProperty(steps, async (steps) => {
      const { acquaintances, init, party, take } = story()
      acquaintances.of(party)

      for (const step of steps) {
        await take(step)
        const anew = new Acquaintances(init)
        anew.start()
        expect(listed(acquaintances, party)).toEqual(listed(anew, party))
        expect(acquaintances.countOf(party)).toBe(listed(anew, party).length)
      }
    }))
  })

  it('looks at one of hundreds who are connected, where one comes', async () => {
    const { acquaintances, party, take } = story()

    for (let who = 0; who < PEOPLE; who++) {
      await take({ do: 'is', who, kin: 'other' })
      await take({ do: 'connect', who })
    }

    expect(acquaintances.countOf(party)).toBe(PEOPLE)
    let looks = 0
    const kinOf = party.kinOf.bind(party)
    party.kinOf = (key) => {
      looks++
      return kinOf(key)
    }
    await take({ do: 'connect', who: 0 })
    expect(acquaintances.countOf(party)).toBe(PEOPLE)
    expect(looks).toBe(1)
  })
})
