/** What a reconnection costs in a community of 10,000, in bytes on the stream, both ways. */
import { describe, expect, it } from 'vitest'
import { contentOf, replica, sync } from './replicas.js'
import type { FakeOp } from './fake-log.js'
import type { Replica } from './replicas.js'

const MEMBERS = 10_000

async function cost (dialler: Replica, listener: Replica): Promise<number> {
  return (await sync(dialler, listener)).wire.bytes
}

/** Each member has a profile and, where `chains`, an op of its own; all was synced. */
async function community (chains: boolean): Promise<[Replica, Replica]> {
  const two: [Replica, Replica] = [replica('Alice'), replica('Bob')]
  const [{ log }, { log: other }] = two
  const ops: FakeOp[] = []

  for (let nth = 0; nth < MEMBERS; nth++) {
    ops.push(await log.append(chains ? `member ${nth}` : 'Alice', `op ${nth}`))

    for (const { profiles } of two) {
      await profiles.put(`member ${nth}`, 1, `A name of ${nth}`)
    }
  }

  await other.receive(ops)
  other.came.clear()

  return two
}

describe.each([['one author', false], ['10,000 authors', true]])('At 10,000 members, ops by %s', (_, chains) => {
  it('nothing new takes at most 300 bytes, one op or profile new at most 1,500', async () => {
    const [alice, bob] = await community(chains)
    expect(await cost(bob, alice)).toBeLessThanOrEqual(300)

    // an op as long as an ADMIT
    await alice.log.append('member 77', 'x'.repeat(300))
    expect(await cost(bob, alice)).toBeLessThanOrEqual(1500)
    await bob.log.append('member 78', 'x'.repeat(300))
    expect(await cost(bob, alice)).toBeLessThanOrEqual(1500)

    await alice.profiles.put('member 99', 2, 'x'.repeat(60))
    expect(await cost(bob, alice)).toBeLessThanOrEqual(1500)
    await bob.profiles.put('member 98', 2, 'x'.repeat(60))
    expect(await cost(bob, alice)).toBeLessThanOrEqual(1500)

    // both have an op that the other has not
    await alice.log.append('member 5', 'x'.repeat(300))
    await bob.log.append('member 6', 'x'.repeat(300))
    expect(await cost(bob, alice)).toBeLessThanOrEqual(3500)
    expect(contentOf(alice)).toBe(contentOf(bob))
  }, 60_000)
})
