/** Further devices of a member, as stories need them: linked by an op that its node writes, and a node with the party in its store. */
import { generateKeyPair } from '@libp2p/crypto/keys'
import { MemoryDatastore } from 'datastore-core'
import { keyOf, linkBytes, MembershipLog } from '../../src/log/index.js'
import { checkVersion } from '../../src/storage/records.js'
import type { LocalParty } from '../../src/parties/party.js'
import type { Network, NodeInit, TestNode } from '../../src/testing/index.js'
import type { Party } from '../../src/index.js'
import type { Ed25519PrivateKey } from '@libp2p/interface'

export interface LinkedDevice {
  node: TestNode
  party: LocalParty
}

/** The member of whoever has this party takes in one more device. */
export async function linkDevice (network: Network, of: Party, init: NodeInit = {}): Promise<LinkedDevice> {
  const { log } = of as LocalParty
  const privateKey = init.privateKey as Ed25519PrivateKey | undefined ?? await generateKeyPair('Ed25519')
  const datastore = init.datastore ?? new MemoryDatastore()
  await checkVersion(datastore)
  await link(of, privateKey)
  const copy = await MembershipLog.begin({ datastore, privateKey }, log.genesis.signed)
  await copy.receive(log.since([]).map(({ signed }) => signed))
  const node = await network.node({ ...init, datastore, privateKey })

  return { node, party: await node.services.parties.open(of.key) as LocalParty }
}

/** Links a key into the seat of whoever has this party. */
export async function link (of: Party, privateKey: Ed25519PrivateKey): Promise<void> {
  const { log } = of as LocalParty
  const person = log.member(log.self)?.person ?? ''
  await log.append('LINK', { key: keyOf(privateKey), acceptance: await privateKey.sign(linkBytes(log.key, person, log.self)) }, { speaker: person })
}

/** Takes a device out of the seat of whoever has this party. */
export async function unlink (of: Party, device: TestNode): Promise<void> {
  await (of as LocalParty).log.append('UNLINK', { key: keyOf(device.peerId) })
}
