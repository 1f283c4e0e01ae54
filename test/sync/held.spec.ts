/** Ops of a kind that this plus-one does not know: kept, handed on, bounded. */
import { generateKeyPair } from '@libp2p/crypto/keys'
import { hexToBytes } from '@noble/hashes/utils.js'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { encode } from '../../src/codec/index.js'
import { keyOf, opIdOf, signingBytes } from '../../src/log/index.js'
import { HeldOps } from '../../src/sync/index.js'
import { story } from '../helpers/parties.js'
import { admit, party, people, replica } from '../log/people.js'
import type { LocalParty } from '../../src/parties/party.js'
import type { SignedOp } from '../../src/log/index.js'
import type { Story } from '../helpers/parties.js'
import type { PrivateKey } from '@libp2p/interface'

let told: Story | undefined

afterEach(async () => {
  await told?.network.stop()
  told = undefined
})

/** An op of a kind that is yet to be made. */
async function newer (privateKey: PrivateKey, genesis: string, parents: string[], say: string): Promise<SignedOp> {
  const body = encode([2, 99, [...parents].sort().map(hexToBytes), hexToBytes(keyOf(privateKey)), null, null, [say], {}])

  return { body, sig: await privateKey.sign(signingBytes(genesis, body)) }
}

describe('Ops that only a newer plus-one understands', () => {
  it('come from Alice to Carol through Bob, who understands them no more than they do', async () => {
    const privateKey = await generateKeyPair('Ed25519')
    told = await story({ privateKey })
    const { network, alice, bob, party } = told
    const toBob = await party.invite({ role: 'admin' })
    const bobs = await bob.services.parties.redeem(toBob.code).setPin(toBob.pin) as LocalParty
    const carol = await network.node()
    const toCarol = await bobs.invite({ role: 'reader' })
    const carols = await carol.services.parties.redeem(toCarol.code).setPin(toCarol.pin) as LocalParty
    const { log } = party as LocalParty
    await vi.waitFor(() => {
      expect([bobs.log.size, carols.log.size]).toEqual([log.size, log.size])
      expect(carols.log.synced).toBe(true)
    })
    expect(alice.getConnections(carol.peerId)).toEqual([])

    const ops = [await newer(privateKey, log.key, log.heads, 'one')]
    ops.push(await newer(privateKey, log.key, [opIdOf(ops[0]!.body)], 'two'))
    const ids = ops.map(({ body }) => opIdOf(body)).sort()
    await log.receive(ops)
    expect([...log.held()].sort()).toEqual(ids)
    await vi.waitFor(() => { expect([...carols.log.held()].sort()).toEqual(ids) })
    expect(carols.log.needsNewer).toBe(true)

    // and with the next stream, to who was away
    await bob.hangUp(alice.peerId)
    const third = await newer(privateKey, log.key, [ids[0]!], 'three')
    await log.receive([third])
    await bob.dial(alice.getMultiaddrs())
    await vi.waitFor(() => { expect([...carols.log.held()]).toContain(opIdOf(third.body)) })
  })

  it('are bounded by author; of all keys that the log does not name together', async () => {
    const [alice, bob] = await people('Alice', 'Bob')
    const log = await party(alice!)
    await admit(log, bob!, 'writer')
    const root = await newer(bob!.privateKey, log.key, log.heads, 'root')
    const late = await newer(alice!.privateKey, log.key, log.heads, 'Alice')
    await log.receive([root])
    const strangers = await Promise.all(Array.from({ length: 200 }, async () => generateKeyPair('Ed25519')))
    await log.receive(await Promise.all(strangers.map(async key => newer(key, log.key, [opIdOf(root.body)], 'noise'))))
    await log.receive(await Promise.all(Array.from({ length: 200 }, async (_, nth) => newer(bob!.privateKey, log.key, [opIdOf(root.body)], `noise ${nth}`))))
    expect([...log.held()]).toHaveLength(256)
    await log.receive([late])
    expect([...log.held()]).toContain(opIdOf(late.body))
  })

  it('that are no ops are counted as such', async () => {
    const [alice, bob] = await people('Alice', 'Bob')
    const log = await party(alice!)
    await admit(log, bob!, 'writer')
    const bobs = await replica(log, bob!)
    const op = await newer(bob!.privateKey, log.key, log.heads, 'root')
    await bobs.receive([op])
    const held = new HeldOps(bobs, AbortSignal.timeout(60_000))
    const [entry] = [...held.entries()]
    const record = await held.get(entry!.key)
    const mine = new HeldOps(log, AbortSignal.timeout(60_000))
    expect(await mine.keep([record!, new Uint8Array(3), record!.subarray(1)], { from: bob!.key })).toEqual({ kept: 0, refused: 2 })
    expect([...log.held()]).toEqual([opIdOf(op.body)])
    expect([...mine.entries()]).toEqual([entry])
  })
})
