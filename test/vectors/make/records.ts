/** What members sign beside the log (docs/membership-log.md, "Format"), and where they can be dialled (docs/meeting.md, "Records"). */
import { multiaddr } from '@multiformats/multiaddr'
import { sealDisplayName } from '../../../src/log/display-name.js'
import { sealProfile } from '../../../src/log/index.js'
import { sealRecord } from '../../../src/meeting/links/addresses.js'
import { sealRecord as sealRegistered } from '../../../src/rendezvous/protocol/records.js'
import { actor, bytesOf, hex, NOW, shown } from './cast.js'

const ADDRESSES = ['/ip4/192.0.2.7/tcp/4001', '/dns4/relay.example/tcp/443/wss/p2p/12D3KooWDpJ7As7BWAwRMfu1VU2WCqNjvq387JEYKDBj4kx6nXTN/p2p-circuit']

export async function records () {
  const bob = await actor('Bob')
  const { privateKey, peerId } = bob
  const party = hex(bytesOf('a party'))
  const person = hex(bytesOf('a recovery key'))
  const extra = { about: 'reads', born: { year: 1984, ratio: 0.5, none: null, is: true }, list: [1, -70_000, 'ü'] }
  const addresses = ADDRESSES.map(text => multiaddr(text))
  // the sequence number of a registered one is the time when it was signed: here, of the record that meeting seals
  const told = { key: bob.key, sequence: NOW, addresses: addresses.map(({ bytes }) => hex(bytes)) }

  return {
    page: 'docs/wire.md',
    signer: shown(bob),
    profiles: [
      { profile: { sequence: NOW, displayName: 'Bob', picture: '', more: [] }, record: hex(await sealProfile({ displayName: 'Bob' }, NOW, privateKey)) },
      { profile: { sequence: NOW + 1, displayName: '', picture: 'ipfs://bafy', extra, more: [] }, record: hex(await sealProfile({ picture: 'ipfs://bafy', extra }, NOW + 1, privateKey)) },
      { profile: { sequence: NOW + 2, displayName: 'Bob', picture: '', extra: {}, more: ['what comes', 1] }, record: hex(await sealProfile({ displayName: 'Bob' }, NOW + 2, privateKey, ['what comes', 1])) },
      { profile: { sequence: NOW + 3, displayName: 'Bob', picture: '', extra: {}, person, more: [1] }, record: hex(await sealProfile({ displayName: 'Bob' }, NOW + 3, privateKey, [1], person)) }
    ],
    displayNames: [
      { sequence: NOW, party, name: 'Bob from work', record: hex(await sealDisplayName('Bob from work', party, NOW, privateKey)) },
      { sequence: NOW + 1, party, name: '', person, record: hex(await sealDisplayName('', party, NOW + 1, privateKey, person)) }
    ],
    peerRecords: [{ ...told, record: hex(await sealRecord(addresses, BigInt(NOW), privateKey)) }],
    registered: await sealedNow(async () => Promise.all((['standard', 'routing-state'] as const).map(async form => ({ form, ...told, record: hex(await sealRegistered(peerId, privateKey, addresses, { form })) }))))
  }
}

/** What is sealed with the time as its sequence. */
async function sealedNow <T> (seal: () => Promise<T>): Promise<T> {
  const { now } = Date
  Date.now = () => NOW

  try {
    return await seal()
  } finally {
    Date.now = now
  }
}
