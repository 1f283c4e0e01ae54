/** What is left of an invitation's secret once it has ended: enough to tell who holds the code, and no code. */
import { generateKeyPair } from '@libp2p/crypto/keys'
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'
import { MemoryDatastore } from 'datastore-core'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { invitationKey } from '../../src/admission/records.js'
import { decodeStrict, encode, parseCode } from '../../src/codec/index.js'
import { readRecord, writeBatch } from '../../src/storage/records.js'
import { createNetwork, FakeClock } from '../../src/testing/index.js'
import { wrongPin } from '../helpers/parties.js'
import type { Invitation, Party } from '../../src/index.js'
import type { Network, TestNode } from '../../src/testing/index.js'

let network: Network
let datastore: MemoryDatastore
let clock: FakeClock
let alice: TestNode
let bob: TestNode
let party: Party

beforeEach(async () => {
  network = createNetwork({ meet: false })
  datastore = new MemoryDatastore()
  clock = new FakeClock()
  ;[alice, bob] = await Promise.all([network.node({ datastore, privateKey: await generateKeyPair('Ed25519'), clock }), network.node({ clock })])
  party = await alice.services.parties.create({ name: 'Book club' })
})

afterEach(async () => { await network.stop() })

/** Is the secret of a code, or the code, in Alice's store? */
async function holds (code: string): Promise<boolean> {
  const sought = [parseCode(code).secret, utf8ToBytes(code)].map(bytesToHex)

  for await (const { value } of datastore.query({})) {
    if (sought.some(one => bytesToHex(value).includes(one))) {
      return true
    }
  }

  return false
}

const join = async ({ code, pin }: Invitation, node = bob): Promise<Party> => node.services.parties.redeem(code).setPin(pin)

const ENDS: ReadonlyArray<[status: string, error: string, end: (invitation: Invitation) => Promise<unknown>]> = [
  ['used', 'InvitationUsedError', async invitation => join(invitation)],
  ['revoked', 'InvitationRevokedError', async invitation => invitation.cancel()],
  ['declined', 'InvitationDeclinedError', async ({ code }) => bob.services.parties.decline(code)],
  ['locked', 'InvitationLockedError', async (invitation) => {
    for (const nth of [1, 2, 3]) {
      await bob.services.parties.redeem(invitation.code).setPin(wrongPin(invitation, nth)).catch(() => {})
    }
  }],
  ['expired', 'InvitationExpiredError', async () => clock.advance(3_600_000)]
]

describe('An invitation that has ended', () => {
  it.each(ENDS)('as %s: its code is nowhere in the store, and who holds it is told why, after a restart too', async (status, error, end) => {
    const invitation = await party.invite()
    const { code } = invitation
    expect(await holds(code)).toBe(true)
    await end(invitation)
    await vi.waitFor(async () => { expect([invitation.status, await holds(code)]).toEqual([status, false]) })
    const carol = await network.node({ clock })
    await expect(carol.services.parties.redeem(code).setPin('123456')).rejects.toMatchObject({ name: error })

    const again = await network.restart(alice)
    const [stored] = (await again.services.parties.open(party.key)).invitations.getSnapshot()
    expect([stored?.status, stored?.code, stored?.qr, stored?.link()]).toEqual([status, '', '', ''])
    await expect(carol.services.parties.redeem(code).setPin('123456')).rejects.toMatchObject({ name: error })
  })

  it('brings Bob back, who came by it and lost his store', async () => {
    const privateKey = await generateKeyPair('Ed25519')
    const first = await network.node({ privateKey, clock })
    const invitation = await party.invite()
    await join(invitation, first)
    await first.stop()
    await network.restart(alice)
    const again = await network.node({ privateKey, clock, datastore: new MemoryDatastore() })
    await expect(again.services.parties.redeem(invitation.code).setPin('000000')).resolves.toMatchObject({ key: party.key })
  })

  it('before less was kept: is kept so from the next start on, and answers as before', async () => {
    const invitation = await party.invite()
    const { code, pin } = invitation
    const key = invitationKey({ party: party.key, id: invitation.id })
    await invitation.cancel()
    await alice.stop()
    const record = decodeStrict(await readRecord(datastore, key) as Uint8Array, 8192) as unknown[]
    // as it was written then
    record[2] = parseCode(code).secret
    record[3] = pin
    record[5] = code
    await writeBatch(datastore, (batch) => { batch.put(key, encode(record)) })
    expect(await holds(code)).toBe(true)
    const restarted = await network.restart(alice)
    await restarted.services.parties.list()
    await vi.waitFor(async () => { expect(await holds(code)).toBe(false) })
    await expect(bob.services.parties.redeem(code).setPin(pin)).rejects.toMatchObject({ name: 'InvitationRevokedError' })
    // there is nothing to drop the next time
    const before = await datastore.get(key)
    await (await network.restart(restarted)).services.parties.list()
    expect(await datastore.get(key)).toBe(before)
  })
})
