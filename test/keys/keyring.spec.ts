/** The secrets of a party on one node: kept with their REKEYs, checked, combined, read again. */
import { bytesToHex } from '@noble/hashes/utils.js'
import { Key as StoreKey } from 'interface-datastore'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { epochIdOf, hashOf, Keyring, wrap } from '../../src/keys/index.js'
import { MembershipLog } from '../../src/log/index.js'
import { FailingStore } from '../../src/testing/index.js'
import { admit, party, people, person } from '../log/people.js'
import { nextOf, rekeyOf, rotate } from './rotating.js'
import type { EpochSecret } from '../../src/keys/index.js'
import type { AnyOp, SignedOp } from '../../src/log/index.js'
import type { Person } from '../log/people.js'

/** A member's log and keyring. */
interface Member {
  log: MembershipLog
  keyring: Keyring
  person: Person
}

let alice: Member
let bob: Member
let carol: Member

const opsOf = (log: MembershipLog): SignedOp[] => [...log.since([])].map(({ signed }) => signed)

async function sync (...members: Member[]): Promise<void> {
  for (const one of members) {
    for (const other of members) {
      await other.log.receive(opsOf(one.log))
    }
  }
}

async function joined (who: Person): Promise<Member> {
  const log = await MembershipLog.begin(who, alice.log.genesis.signed)
  await log.receive(opsOf(alice.log))

  return { log, person: who, keyring: await Keyring.open({ ...who, log }) }
}

/** Another member's wrap set, from the one who made it. */
async function fetch (rekey: AnyOp<'REKEY'>, from: Member, to: Member): Promise<boolean> {
  return to.keyring.keepWrapSet(rekey.id, await from.keyring.wrapSet(rekey.payload.wraps) ?? new Uint8Array())
}

/** The same member, after a restart. */
async function reopened ({ log: before, keyring, person: who }: Member): Promise<Member> {
  await Promise.all([keyring.close(), before.close()])
  const log = await MembershipLog.open(who, before.key)

  return { log, person: who, keyring: await Keyring.open({ ...who, log }) }
}

const recordOf = (what: string, name: string): StoreKey => new StoreKey(`/plus-one/keys/${alice.log.key}/${what}/${name}`)

const idOf = ({ keyring }: Member): string | undefined => keyring.current == null ? undefined : bytesToHex(keyring.current.id)

beforeEach(async () => {
  const [a, b, c] = await people('Alice', 'Bob', 'Carol') as [Person, Person, Person]
  const log = await party(a)
  await admit(log, b, 'admin')
  await admit(log, c, 'reader')
  alice = { log, person: a, keyring: await Keyring.open({ ...a, log }) }
  bob = await joined(b)
  carol = await joined(c)
})

describe('Alice gives the party a key', () => {
  it('she has it with the op; Bob and Carol, when they have the wrap set', async () => {
    const told = vi.fn()
    bob.keyring.addEventListener('epoch', told)
    expect(alice.keyring.current).toBeUndefined()
    const rekey = await rotate(alice.log, alice.keyring)
    await sync(alice, bob, carol)

    expect(alice.keyring.missing).toEqual([])
    expect([bob, carol].map(({ keyring }) => keyring.missing)).toEqual([[rekey.id], [rekey.id]])
    expect(bob.keyring.current).toBeUndefined()
    expect(await fetch(rekey, alice, bob)).toBe(true)
    // and goes on with it
    expect(await fetch(rekey, bob, carol)).toBe(true)
    expect(bob.keyring.missing).toEqual([])
    expect(new Set([alice, bob, carol].map(idOf))).toEqual(new Set([bytesToHex(epochIdOf([rekey.id]))]))
    expect(bob.keyring.current).toEqual(alice.keyring.current)
    expect(told).toHaveBeenCalledTimes(1)
  })

  it('a restart has it still, and the wrap set', async () => {
    const rekey = await rotate(alice.log, alice.keyring)
    await Promise.all([alice.keyring.close(), alice.log.close()])
    const log = await MembershipLog.open(alice.person, alice.log.key)
    const again = await Keyring.open({ ...alice.person, log })

    expect(again.current).toEqual(alice.keyring.current)
    expect(await again.wrapSet(rekey.payload.wraps)).toEqual(await alice.keyring.wrapSet(rekey.payload.wraps))
    expect(again.all()).toEqual(alice.keyring.all())
  })

  it('killed between op and secret: the op is there, and the secret is asked for as by anybody else', async () => {
    const rekey = await rotate(alice.log, alice.keyring)
    await sync(alice, bob)
    await fetch(rekey, alice, bob)
    await alice.person.datastore.delete(recordOf('secret', rekey.id))
    await alice.person.datastore.delete(recordOf('wraps', rekey.payload.wraps))
    const again = await reopened(alice)

    expect(again.keyring.missing).toEqual([rekey.id])
    expect(await fetch(rekey, bob, again)).toBe(true)
    expect(idOf(again)).toBe(idOf(bob))
  })

  it('a disk that is full then keeps neither; the next rotation is whole', async () => {
    const store = new FailingStore()
    const owner = { ...alice.person, datastore: store }
    const log = await party(owner)
    const keyring = await Keyring.open({ ...owner, log })
    store.fail({ times: 1 })
    await expect(rotate(log, keyring)).rejects.toMatchObject({ name: 'StorageError' })
    expect([keyring.rekeys, keyring.missing, keyring.all()]).toEqual([[], [], []])

    const rekey = await rotate(log, keyring)
    const again = await reopened({ log, keyring, person: owner })
    expect(again.keyring.all().map(({ rekey }) => rekey)).toEqual([rekey.id])
    expect(again.keyring.current).toEqual(keyring.current)
  })

  it('whose disk is full takes no secret in, and does once there is room', async () => {
    const rekey = await rotate(alice.log, alice.keyring)
    const store = new FailingStore()
    const log = await MembershipLog.begin({ ...bob.person, datastore: store }, alice.log.genesis.signed)
    await log.receive(opsOf(alice.log))
    const keyring = await Keyring.open({ ...bob.person, datastore: store, log })
    store.fail()
    await expect(keyring.add(alice.keyring.all())).rejects.toMatchObject({ name: 'StorageError' })
    expect(keyring.missing).toEqual([rekey.id])
    store.recover()
    expect(await keyring.add(alice.keyring.all())).toEqual([rekey.id])
    expect(keyring.missing).toEqual([])
  })
})

describe('A secret that Bob is told', () => {
  it('is taken where its REKEY commits to it, and for no other REKEY', async () => {
    const first = await rotate(alice.log, alice.keyring)
    const second = await rotate(alice.log, alice.keyring)
    await sync(alice, bob)
    const [one, other] = alice.keyring.secretsOf([first.id, second.id]) as [EpochSecret, EpochSecret]

    expect(await bob.keyring.add([{ rekey: second.id, secret: one.secret }, { rekey: first.id, secret: other.secret.subarray(1) }])).toEqual([])
    expect(bob.keyring.missing).toEqual([second.id])
    expect(await bob.keyring.add([{ rekey: second.id, secret: other.secret }])).toEqual([second.id])
    expect(idOf(bob)).toBe(idOf(alice))
  })

  it('of a REKEY that is not here waits for it, unused, over a restart; one that it does not commit to is thrown away then', async () => {
    const before = opsOf(alice.log)
    const rekey = await rotate(alice.log, alice.keyring)
    await carol.log.receive(before)
    await bob.keyring.add(alice.keyring.all())
    await carol.keyring.add([{ rekey: rekey.id, secret: new Uint8Array(32) }])
    expect([bob, carol].map(({ keyring }) => keyring.all())).toEqual([[], []])

    const again = await reopened(bob)
    expect(again.keyring.current).toBeUndefined()
    await sync(alice, again, carol)
    expect(idOf(again)).toBe(idOf(alice))
    expect(carol.keyring.missing).toEqual([rekey.id])
    expect((await reopened(again)).keyring.current).toEqual(alice.keyring.current)
    carol = await reopened(carol)
    expect(carol.keyring.damaged).toEqual([])
    // what was wrong does not stand in the way of what is right
    expect(await carol.keyring.add(alice.keyring.all())).toEqual([rekey.id])
  })
})

describe('A wrap set', () => {
  it('of other bytes than the REKEY names is not taken, and none that is longer than its past explains', async () => {
    const rekey = await rotate(alice.log, alice.keyring)
    await sync(alice, bob)
    const bytes = await alice.keyring.wrapSet(rekey.payload.wraps) as Uint8Array

    for (const bit of [0, 8, 300, 700, bytes.length * 8 - 1]) {
      const flipped = bytes.slice()
      flipped[bit >> 3]! ^= 1 << (bit & 7)
      expect(await bob.keyring.keepWrapSet(rekey.id, flipped)).toBe(false)
    }

    const padded = await rotate(alice.log, alice.keyring, { recipients: [...alice.log.recipients(), ...Array.from({ length: 10 }, () => alice.person.key)] })
    await sync(alice, bob)
    expect(await fetch(padded, alice, bob)).toBe(false)
    expect(await fetch(rekey, alice, bob)).toBe(true)
  })

  it('that is garbage gives nothing; the secret itself, which another tells, does', async () => {
    const rekey = await rotate(alice.log, alice.keyring, { instead: ({ payload, bytes }) => {
      const garbage = bytes.slice().fill(7, 40)

      return { payload: { ...payload, wraps: hashOf(garbage) }, bytes: garbage }
    } })
    await sync(alice, bob)

    expect(await fetch(rekey, alice, bob)).toBe(false)
    expect(bob.keyring.missing).toEqual([rekey.id])
    expect(await bob.keyring.add(alice.keyring.all())).toEqual([rekey.id])
  })

  it('whose ephemeral key is of small order gives nothing', async () => {
    const rekey = await rotate(alice.log, alice.keyring, { instead: ({ payload, bytes }) => {
      const small = bytes.slice().fill(0, 1, 33)

      return { payload: { ...payload, wraps: hashOf(small) }, bytes: small }
    } })
    await sync(alice, bob)

    expect(await fetch(rekey, alice, bob)).toBe(false)
    expect(bob.keyring.missing).toEqual([rekey.id])
  })

  it('of Alice, under a REKEY of Bob, an admin, gives nobody a key', async () => {
    const first = await rotate(alice.log, alice.keyring)
    await sync(alice, bob, carol)
    await fetch(first, alice, bob)
    const copied = await bob.keyring.wrapSet(first.payload.wraps) as Uint8Array
    // the same secret, or the same set: neither holds in another place
    const again = await rekeyOf(bob.log, first.payload)
    const other = await rekeyOf(bob.log, { ...(await wrap({ secret: bob.keyring.all()[0]!.secret, rekeying: nextOf(bob.log), recipients: [] })).payload, wraps: hashOf(copied) })
    await sync(bob, carol)

    for (const rekey of [again, other]) {
      expect(await carol.keyring.keepWrapSet(rekey.id, copied)).toBe(false)
      expect(await bob.keyring.add([{ rekey: again.id, secret: bob.keyring.all()[0]!.secret }])).toEqual([])
    }

    expect(carol.keyring.missing).toEqual([other.id])
  })

  it('brings the secrets of the epochs before: who was away for two rotations reads both', async () => {
    const first = await rotate(alice.log, alice.keyring)
    const second = await rotate(alice.log, alice.keyring)
    await sync(alice, bob)
    await fetch(second, alice, bob)

    expect(bob.keyring.secretsOf([first.id, second.id])).toEqual(alice.keyring.secretsOf([first.id, second.id]))
  })

  it('of a REKEY that is not current any more is kept for a while, then not', async () => {
    const rekeys = []

    for (let nth = 0; nth < 8; nth++) {
      const rekey = await rotate(alice.log, alice.keyring)
      await sync(alice, bob)
      await fetch(rekey, alice, bob)
      rekeys.push(rekey)
    }

    const kept = await Promise.all(rekeys.map(async ({ payload }) => await bob.keyring.wrapSet(payload.wraps) != null))
    expect(kept).toEqual([false, false, false, true, true, true, true, true])
    // hers, who made them
    const hers = await Promise.all(rekeys.map(async ({ payload }) => await alice.keyring.wrapSet(payload.wraps) != null))
    expect(hers).toEqual([false, false, true, true, true, true, true, true])
    expect((await reopened(bob)).keyring.all()).toHaveLength(8)
  })
})

describe('Alice and Bob rotate apart', () => {
  it('together: both secrets make the key, on all sides; each alone opens what was sealed meanwhile', async () => {
    const [one, other] = [await rotate(alice.log, alice.keyring), await rotate(bob.log, bob.keyring)]
    const apart = [alice, bob].map(idOf)
    await sync(alice, bob, carol)
    expect([alice, bob, carol].map(idOf)).toEqual([undefined, undefined, undefined])

    await fetch(one, alice, bob)
    await fetch(other, bob, alice)
    await fetch(one, alice, carol)
    expect(idOf(carol)).toBeUndefined()
    await fetch(other, bob, carol)

    expect(new Set([alice, bob, carol].map(idOf))).toEqual(new Set([bytesToHex(epochIdOf([one.id, other.id]))]))
    expect(apart.map(id => carol.keyring.epoch(id ?? ''))).toEqual([expect.anything(), expect.anything()])
    expect(carol.keyring.epoch('00'.repeat(16))).toBeUndefined()
    expect((await reopened(carol)).keyring.current).toEqual(alice.keyring.current)
  })

  it('three at once: who saw two of them seals under those, and all open it', async () => {
    const [c, d] = await people('Carol', 'Dave') as [Person, Person]
    await alice.log.append('SET_ROLE', { person: c.id, role: 'admin' })
    await admit(alice.log, d, 'reader')
    await sync(alice, bob, carol)
    const dave = await joined(d)
    const rekeys = [await rotate(alice.log, alice.keyring), await rotate(bob.log, bob.keyring), await rotate(carol.log, carol.keyring)] as const
    await sync(alice, bob)
    await fetch(rekeys[0], alice, bob)
    const seen = idOf(bob) ?? ''
    await sync(alice, bob, carol, dave)
    await Promise.all([alice, bob, carol].map(async (from, nth) => fetch(rekeys[nth]!, from, dave)))

    expect(seen).toBe(bytesToHex(epochIdOf([rekeys[0].id, rekeys[1].id])))
    expect(dave.keyring.epoch(seen)).toEqual(bob.keyring.epoch(seen))
  })

  it('and Bob is removed, unknown to him: his REKEY is void, its secret is kept for reading, and the key is Alice\'s', async () => {
    const first = await rotate(alice.log, alice.keyring)
    await sync(alice, bob, carol)
    await Promise.all([fetch(first, alice, bob), fetch(first, alice, carol)])
    const his = await rotate(bob.log, bob.keyring)
    const sealed = idOf(bob) ?? ''
    await sync(bob, carol)
    await fetch(his, bob, carol)
    await alice.log.append('REMOVE', { person: bob.person.id })
    const hers = await rotate(alice.log, alice.keyring)
    await sync(alice, carol)
    expect(carol.keyring.missing).toEqual([hers.id])
    await fetch(hers, alice, carol)

    expect(idOf(carol)).toBe(idOf(alice))
    expect(carol.keyring.epoch(sealed)).toBeDefined()
    expect(alice.log.voidOf(his.id) ?? carol.log.voidOf(his.id)).toBeDefined()
    // he is no recipient of hers
    await sync(alice, bob)
    expect(await fetch(hers, alice, bob)).toBe(false)
  })

  it('and hers is void after all: the key is the one before again', async () => {
    const first = await rotate(alice.log, alice.keyring)
    await sync(alice, bob, carol)
    await Promise.all([fetch(first, alice, bob), fetch(first, alice, carol)])
    const before = idOf(carol)
    const his = await rotate(bob.log, bob.keyring)
    await sync(bob, carol)
    await fetch(his, bob, carol)
    expect(idOf(carol)).not.toBe(before)
    await alice.log.append('REMOVE', { person: bob.person.id })
    await sync(alice, carol)

    expect(idOf(carol)).toBe(before)
  })
})

describe('A record that is damaged', () => {
  it('of a secret: it is told and set aside, and the secret is missing', async () => {
    const rekey = await rotate(alice.log, alice.keyring)
    await alice.person.datastore.put(recordOf('secret', rekey.id), new Uint8Array(36).fill(1))
    const again = await reopened(alice)

    expect(again.keyring.damaged.map(({ key }) => key)).toEqual([recordOf('secret', rekey.id).toString()])
    expect(again.keyring.missing).toEqual([rekey.id])
    expect((await reopened(again)).keyring.damaged).toEqual([])
  })

  it('of a wrap set: nobody is given it, and what it holds is known', async () => {
    const rekey = await rotate(alice.log, alice.keyring)
    await alice.person.datastore.put(recordOf('wraps', rekey.payload.wraps), new Uint8Array(300))
    const again = await reopened(alice)

    expect(await again.keyring.wrapSet(rekey.payload.wraps)).toBeUndefined()
    expect(again.keyring.current).toEqual(alice.keyring.current)
  })
})

describe('A key that asks', () => {
  it('is given all that its member may have: without the history, what was current when it came, and later', async () => {
    const old = await rotate(alice.log, alice.keyring)
    const atHerTime = await rotate(alice.log, alice.keyring)
    const d = await person('Dave')
    await admit(alice.log, d, 'reader')
    const later = await rotate(alice.log, alice.keyring)
    const given = (key: string, withHistory: boolean): string[] => [old, atHerTime, later].map(({ id }) => id).filter(alice.log.givenTo(key, withHistory))

    expect(given(d.key, false)).toEqual([atHerTime.id, later.id])
    expect(given(d.key, true)).toEqual([old.id, atHerTime.id, later.id])
    // who was there before them all
    expect(given(carol.person.key, false)).toEqual([old.id, atHerTime.id, later.id])
    expect(given(alice.person.key, false)).toEqual([old.id, atHerTime.id, later.id])
    // nobody, and nothing that is no REKEY
    expect(given((await person('Eve')).key, true)).toEqual([])
    expect([alice.log.key, '00'.repeat(32)].filter(alice.log.givenTo(d.key, true))).toEqual([])
    await alice.log.append('REMOVE', { person: d.id })
    expect(given(d.key, true)).toEqual([])
  })
})
