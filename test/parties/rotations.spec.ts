/** Who makes a party's key anew, and when: nodes with their logs and keyrings, without a network; ops and wrap sets go from one to the other when a story says so. */
import { describe, expect, it } from 'vitest'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { defaultLogger } from '@libp2p/logger'
import { bytesToHex } from '@noble/hashes/utils.js'
import { MemoryDatastore } from 'datastore-core'
import { epochIdIn, Keyring, open, seal } from '../../src/keys/index.js'
import { keyOf, MembershipLog, personIdOf } from '../../src/log/index.js'
import { Rotations } from '../../src/parties/rotations.js'
import { FailingStore, FakeClock } from '../../src/testing/index.js'
import { rotate } from '../keys/rotating.js'
import { admit, forge, linking, party, people, person, replica, signedOps } from '../log/people.js'
import type { RotationCause } from '../../src/parties/rotations.js'
import type { Person } from '../log/people.js'

const MINUTE = 60_000

interface NodeOf {
  who: Person
  log: MembershipLog
  keyring: Keyring
  rotations: Rotations
  /** What it rotated for, in order. */
  causes: RotationCause[]
  /** What it told of what is owed, in order. */
  told: boolean[]
}

/** @param random - How long it waits within what it may wait: 0 to 1 */
async function nodeOf (who: Person, log: MembershipLog, clock: FakeClock, random = 0.5): Promise<NodeOf> {
  const causes: RotationCause[] = []
  const told: boolean[] = []
  const keyring = await Keyring.open({ ...who, log })
  const rotations = new Rotations({
    log, keyring, clock, catchUp: async () => {}, onRotation: (cause) => { causes.push(cause) }, logger: defaultLogger().forComponent('test'), random: () => random
  })
  rotations.addEventListener('owed', () => { told.push(rotations.owed) })

  return { who, log, keyring, rotations, causes, told }
}

/** One gets all that another has: ops, and the secrets of their wrap sets. */
async function tell (from: NodeOf, to: NodeOf): Promise<void> {
  await to.log.receive(signedOps(from.log))

  for (const rekey of to.log.rekeys()) {
    const bytes = await from.keyring.wrapSet(rekey.payload.wraps)
    await (bytes != null && to.keyring.keepWrapSet(rekey.id, bytes))
  }
}

async function meet (one: NodeOf, two: NodeOf): Promise<void> {
  await tell(one, two)
  await tell(two, one)
}

/** A newcomer has what the one has who admitted them: ops by sync, secrets by the Grant. */
async function grown (from: NodeOf, who: Person, clock: FakeClock, random?: number): Promise<NodeOf> {
  const node = await nodeOf(who, await replica(from.log, who), clock, random)
  await node.keyring.add(from.keyring.all())

  return node
}

/** Time goes on, step by step: what is begun is done before it does. */
async function pass (clock: FakeClock, ms: number, ...nodes: NodeOf[]): Promise<void> {
  for (let step = 0; step < 20; step++) {
    clock.advance(ms / 20)
    await settled(...nodes)
  }
}

/** What is begun is written: nothing more waits. */
async function settled (...nodes: NodeOf[]): Promise<void> {
  await new Promise((resolve) => { setTimeout(resolve) })
  await Promise.all(nodes.map(async ({ log }) => log.receive([])))
}

/** A device that nobody has seen before. */
async function newDevice (): Promise<Person> {
  const privateKey = await generateKeyPair('Ed25519')
  const key = keyOf(privateKey)

  return { name: 'a device', id: personIdOf(key), key, privateKey, datastore: new MemoryDatastore() }
}

/** Alice admits one more, and all know. */
async function admitted (alice: NodeOf, name: string, ...others: NodeOf[]): Promise<Person> {
  const who = await person(name)
  await admit(alice.log, who, 'writer')
  await Promise.all(others.map(async other => tell(alice, other)))

  return who
}

function currentOf (...nodes: NodeOf[]): Array<string | undefined> {
  return [...new Set(nodes.map(({ keyring }) => keyring.current == null ? undefined : bytesToHex(keyring.current.id)))]
}

interface Three {
  clock: FakeClock
  alice: NodeOf
  bob: NodeOf
  carol: NodeOf
}

/** Alice has a party with a key, Bob is an admin, Carol a writer. */
async function inThree (): Promise<Three> {
  const clock = new FakeClock()
  const [a, b, c] = await people('Alice', 'Bob', 'Carol')
  const alice = await nodeOf(a!, await party(a!), clock, 0.9)
  await alice.rotations.begin()
  await admit(alice.log, b!, 'admin')
  await admit(alice.log, c!, 'writer')

  return { clock, alice, bob: await grown(alice, b!, clock, 0.1), carol: await grown(alice, c!, clock) }
}

describe('At once', () => {
  it('a new party has a key; who joins has it, and nothing is owed', async () => {
    const { alice, bob, carol } = await inThree()

    expect(currentOf(alice, bob, carol)).toEqual([expect.any(String)])
    expect([alice.causes, bob.causes, alice.rotations.owed]).toEqual([['first'], [], false])
  })

  it('Alice removes Carol: another key stands beside the REMOVE, and Bob hears of no debt', async () => {
    const { alice, bob, carol } = await inThree()
    const before = currentOf(alice)
    await alice.log.append('REMOVE', { person: carol.who.id }, { rekey: alice.rotations.make })
    await tell(alice, bob)
    await tell(alice, carol)

    expect(currentOf(alice, bob)).toEqual([expect.any(String)])
    expect(currentOf(alice)).not.toEqual(before)
    expect([alice.causes, alice.told, bob.told, carol.keyring.current]).toEqual([['first', 'removal'], [], [], undefined])
  })

  it('Bob unlinks his phone, and rotates; Carol, a writer, unlinks hers, and may not', async () => {
    const { clock, alice, bob, carol } = await inThree()
    const [phone, other] = await people('Bob\'s laptop', 'Dave')
    await bob.log.append('LINK', await linking(bob.log, phone!, bob.who))
    await bob.log.append('UNLINK', { key: phone!.key }, { rekey: bob.rotations.make })
    expect([bob.causes, bob.rotations.owed]).toEqual([['removal'], false])

    await tell(bob, carol)
    await carol.log.append('LINK', await linking(carol.log, other!, carol.who))
    await carol.log.append('UNLINK', { key: other!.key }, { rekey: carol.rotations.make })
    await pass(clock, MINUTE, alice, bob, carol)
    expect([carol.causes, carol.rotations.owed]).toEqual([[], true])
  })
})

describe('A debt', () => {
  it('Carol leaves: Bob, who waits less, pays, and Alice drops her own; each is told', async () => {
    const { clock, alice, bob, carol } = await inThree()
    const before = currentOf(alice)
    await carol.log.append('LEAVE', {}, { rekey: carol.rotations.make })
    await tell(carol, alice)
    await tell(carol, bob)
    await settled(alice, bob)
    expect([alice.rotations.owed, bob.rotations.owed]).toEqual([true, true])

    await pass(clock, 4_000, alice, bob)
    expect(bob.causes).toEqual(['debt'])
    await tell(bob, alice)
    await pass(clock, 20 * MINUTE, alice, bob)

    expect([alice.causes, alice.told, bob.told]).toEqual([['first'], [true, false], [true, false]])
    expect(currentOf(alice, bob)).toEqual([expect.any(String)])
    expect(currentOf(alice)).not.toEqual(before)
  })

  it('what comes together is paid together; what comes after a payment, ten minutes later; a removal is not held up', async () => {
    const { clock, alice, bob, carol } = await inThree()
    const [dave, eve, frank] = await people('Dave', 'Eve', 'Frank')
    const joined: NodeOf[] = []

    for (const who of [dave!, eve!, frank!]) {
      await admit(alice.log, who, 'writer')
      joined.push(await grown(alice, who, clock))
    }

    await tell(alice, bob)
    await carol.log.append('LEAVE', {})
    await tell(carol, bob)
    await joined[0]!.log.append('LEAVE', {})
    await tell(joined[0]!, bob)
    await pass(clock, MINUTE, bob)
    expect([bob.causes, bob.rotations.owed]).toEqual([['debt'], false])

    await joined[1]!.log.append('LEAVE', {})
    await tell(joined[1]!, bob)
    await pass(clock, 8 * MINUTE, bob)
    expect([bob.causes, bob.rotations.owed]).toEqual([['debt'], true])
    await pass(clock, 3 * MINUTE, bob)
    expect([bob.causes, bob.rotations.owed]).toEqual([['debt', 'debt'], false])

    await tell(bob, alice)
    await alice.log.append('REMOVE', { person: frank!.id }, { rekey: alice.rotations.make })
    expect(alice.causes).toEqual(['first', 'removal'])
  })

  it('Carol, a reader, links and unlinks for an hour: the others rotate every ten minutes, and no more often', async () => {
    const clock = new FakeClock()
    const [a, c] = await people('Alice', 'Carol')
    const alice = await nodeOf(a!, await party(a!), clock)
    await alice.rotations.begin()
    await admit(alice.log, c!, 'reader')
    const carol = await grown(alice, c!, clock)

    for (let round = 0; round < 60; round++) {
      const device = await newDevice()
      await carol.log.append('LINK', await linking(carol.log, device, c!))
      await carol.log.append('UNLINK', { key: device.key }, { rekey: carol.rotations.make })
      await meet(carol, alice)
      await pass(clock, MINUTE, alice)
    }

    expect(alice.causes.filter(cause => cause === 'debt').length).toBeLessThanOrEqual(7)
    expect(alice.causes.filter(cause => cause === 'debt').length).toBeGreaterThanOrEqual(5)
    await pass(clock, 11 * MINUTE, alice)
    expect(alice.rotations.owed).toBe(false)
  })

  it('Mallory, a reader, makes 40 ends before each rotation: one pays, once', async () => {
    for (const isUnlinked of [false, true]) {
      const { clock, alice, bob, carol } = await inThree()
      const [mallory] = await people('Eve')
      const joined = await admit(alice.log, mallory!, 'reader')
      await tell(alice, bob)
      await carol.log.append('LEAVE', {})
      await meet(carol, bob)
      const before = currentOf(bob)

      for (let nth = 0; nth < 40; nth++) {
        const device = await newDevice()
        const link = await forge(mallory!, bob.log, 'LINK', [joined.id], await linking(bob.log, device, mallory!, mallory!.key))
        const unlink = await forge(mallory!, bob.log, 'UNLINK', [link.id], { key: device.key }, { previous: link.id })
        await bob.log.receive([link, ...isUnlinked ? [unlink] : []].map(({ signed }) => signed))
      }

      await tell(bob, alice)
      await pass(clock, 5_000, bob)
      await tell(bob, alice)
      await pass(clock, 30 * MINUTE, alice, bob)
      await tell(bob, carol)

      expect([bob.causes, alice.causes, bob.rotations.owed]).toEqual([['debt'], ['first'], false])
      expect([currentOf(alice, bob), carol.keyring.current]).toEqual([[expect.any(String)], undefined])
      expect(currentOf(alice)).not.toEqual(before)
      // what brought the ends together, too: nobody asks for that
      expect(alice.keyring.all().map(({ rekey }) => rekey).sort()).toEqual(alice.log.allRekeys().sort())
    }
  })

  it('two admins remove each other\'s protégés, concurrently: nobody who was removed has the key, nor after it was paid', async () => {
    const { clock, alice, bob, carol } = await inThree()
    const [d, e] = await people('Dave', 'Eve')
    await admit(alice.log, d!, 'admin')
    const dave = await grown(alice, d!, clock)
    await admit(alice.log, e!, 'writer')
    const eve = await grown(alice, e!, clock)
    await Promise.all([bob, dave, carol].map(async node => tell(alice, node)))
    await bob.log.append('REMOVE', { person: e!.id }, { rekey: bob.rotations.make })
    await dave.log.append('REMOVE', { person: carol.who.id }, { rekey: dave.rotations.make })
    // each is told by the one who removed the other
    await tell(bob, carol)
    await tell(dave, eve)
    expect([carol.keyring.current, eve.keyring.current].every(epoch => epoch != null)).toBe(true)

    await meet(bob, dave)
    await tell(bob, alice)
    await tell(dave, alice)
    expect(currentOf(alice, bob, dave)).toEqual([expect.any(String)])
    await Promise.all([carol, eve].map(async node => tell(alice, node)))
    expect([carol.keyring.current, eve.keyring.current]).toEqual([undefined, undefined])
    expect(alice.rotations.owed).toBe(true)

    // Bob waits least
    await pass(clock, 5_000, bob)
    await Promise.all([alice, dave, carol, eve].map(async node => tell(bob, node)))
    await pass(clock, MINUTE, alice, bob, dave)
    expect([bob.causes, alice.causes, dave.causes, alice.rotations.owed, alice.log.rekeys().length]).toEqual([['removal', 'debt'], ['first'], ['removal'], false, 1])
    expect(currentOf(alice, bob, dave)).toEqual([expect.any(String)])
    expect([carol.keyring.current, eve.keyring.current]).toEqual([undefined, undefined])
  })

  it('Bob rotates as Alice removes him: his is void, what was sealed under it is read, and nobody goes on with it', async () => {
    const { alice, bob, carol } = await inThree()
    await alice.log.append('REMOVE', { person: bob.who.id }, { rekey: alice.rotations.make })
    await bob.log.append('REMOVE', { person: carol.who.id }, { rekey: bob.rotations.make })
    const text = new TextEncoder().encode('of Bob\'s epoch')
    const { genesis } = alice.log
    const sealed = seal(text, bob.keyring.current!, { genesis: genesis.id })
    await meet(alice, bob)
    await tell(alice, carol)
    const his = bob.log.allRekeys().find(id => bob.log.voidOf(id) != null)!
    await alice.keyring.add(bob.keyring.secretsOf([his]))

    expect(currentOf(alice, carol)).toEqual([expect.any(String)])
    expect([bob.keyring.current, alice.rotations.owed]).toEqual([undefined, false])
    expect(open(sealed, alice.keyring.epoch(epochIdIn(sealed))!, { genesis: genesis.id })).toEqual(text)
  })

  it('Bob gets the key from nobody: he makes another, unless it comes before; Carol, who may not, waits', async () => {
    const { clock, alice, bob, carol } = await inThree()
    await alice.log.append('REMOVE', { person: (await admitted(alice, 'Dave', bob, carol)).id }, { rekey: alice.rotations.make })
    await bob.log.receive(signedOps(alice.log))
    await carol.log.receive(signedOps(alice.log))
    bob.rotations.lost(bob.keyring.missing)
    carol.rotations.lost(carol.keyring.missing)
    await settled(bob, carol)
    expect([bob.keyring.current, bob.rotations.owed, carol.rotations.owed]).toEqual([undefined, true, false])

    // it comes after all
    await tell(alice, bob)
    await settled(bob)
    expect([bob.rotations.owed, bob.causes]).toEqual([false, []])

    await alice.log.append('REMOVE', { person: (await admitted(alice, 'Eve', bob, carol)).id }, { rekey: alice.rotations.make })
    await bob.log.receive(signedOps(alice.log))
    bob.rotations.lost(bob.keyring.missing)
    await pass(clock, MINUTE, bob)
    expect([bob.causes, bob.rotations.owed]).toEqual([['debt'], false])
    await Promise.all([alice, carol].map(async node => tell(bob, node)))
    expect(currentOf(alice, bob, carol)).toEqual([expect.any(String)])
  })

  it('Bob, who was removed, rotates on as if he were not, and somebody hands it on: what is owed for Carol is paid all the same', async () => {
    const { clock, alice, bob, carol } = await inThree()
    await alice.log.append('REMOVE', { person: bob.who.id }, { rekey: alice.rotations.make })
    await tell(alice, carol)
    await carol.log.append('LEAVE', {})
    await tell(carol, alice)

    for (let nth = 0; nth < 12; nth++) {
      await rotate(bob.log, bob.keyring)
      await alice.log.receive(signedOps(bob.log))
      await pass(clock, 5_000, alice)
    }

    expect([alice.causes, alice.rotations.owed]).toEqual([['first', 'removal', 'debt'], false])
  })

  it('nor does that keep Dave, an admin whom nobody gives the key, from making another', async () => {
    const { clock, alice, bob } = await inThree()
    const dave = await grown(alice, await admitted(alice, 'Dave', bob), clock)
    await alice.log.append('SET_ROLE', { person: dave.who.id, role: 'admin' })
    await alice.log.append('REMOVE', { person: bob.who.id }, { rekey: alice.rotations.make })
    await dave.log.receive(signedOps(alice.log))
    dave.rotations.lost(dave.keyring.missing)
    await rotate(bob.log, bob.keyring)
    await dave.log.receive(signedOps(bob.log))
    await pass(clock, MINUTE, dave)

    expect([dave.causes, dave.rotations.owed]).toEqual([['debt'], false])
  })

  it('Alice is stopped between the REMOVE and its REKEY, or as she begins the party: she makes it after the next start', async () => {
    const clock = new FakeClock()
    const [a, b] = await people('Alice', 'Bob')
    const alice = await nodeOf(a!, await party(a!), clock)
    await pass(clock, MINUTE, alice)
    expect(alice.causes).toEqual(['first'])

    await admit(alice.log, b!, 'writer')
    await alice.log.append('REMOVE', { person: b!.id })
    alice.rotations.stop()
    await alice.log.close()
    await pass(clock, MINUTE)
    expect(alice.causes).toEqual(['first'])

    await alice.log.reopen()
    alice.rotations.reopen()
    expect(alice.rotations.owed).toBe(true)
    await pass(clock, MINUTE, alice)
    expect([alice.causes, alice.rotations.owed]).toEqual([['first', 'debt'], false])
  })

  it('her disk is full for a while: she pays when it is not', async () => {
    const clock = new FakeClock()
    const datastore = new FailingStore()
    const [a, b] = [await person('Alice', datastore), await person('Bob')]
    const alice = await nodeOf(a, await party(a), clock)
    await alice.rotations.begin()
    await admit(alice.log, b, 'writer')
    await alice.log.append('REMOVE', { person: b.id })
    datastore.fail()
    await pass(clock, 5 * MINUTE, alice)
    expect([alice.causes, alice.rotations.owed]).toEqual([['first'], true])

    datastore.recover()
    await pass(clock, MINUTE, alice)
    expect([alice.causes, alice.rotations.owed]).toEqual([['first', 'debt'], false])
    expect((await MembershipLog.open(a, alice.log.key)).rekeys()).toHaveLength(1)
  })
})
