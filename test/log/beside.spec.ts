import { beforeAll, describe, expect, it } from 'vitest'
import { people, rolesOf } from './people.js'
import { Tale } from './tale.js'
import type { Person } from './people.js'

let alice: Person, anna: Person, bob: Person, carol: Person, dave: Person, eve: Person, frank: Person

beforeAll(async () => {
  [alice, anna, bob, carol, dave, eve, frank] = await people('Alice', 'Heidi', 'Bob', 'Carol', 'Dave', 'Eve', 'Frank') as [Person, Person, Person, Person, Person, Person, Person]
})

describe('Removals, and what stands beside them', () => {
  it('Bob, an admin, admits Carol while Alice removes him: Carol is out, and it is told why', async () => {
    const tale = await Tale.of([alice])
    const joined = await tale.join(alice, bob, 'admin')
    const removal = await tale.op(alice, 'REMOVE', { member: bob.key })
    const lost = await tale.join(bob, carol, 'writer', [joined])
    const log = await tale.told(alice)

    expect(rolesOf(log, alice, bob, carol)).toEqual({ Alice: 'owner', Bob: undefined, Carol: undefined })
    expect(log.voids().get(lost.id)).toEqual({ reason: 'author-removed', because: removal.id })
  })

  it('what Bob did before Alice removed him, and she saw, stands', async () => {
    const tale = await Tale.of([alice])
    await tale.join(alice, bob, 'admin')
    await tale.join(bob, carol, 'writer')
    await tale.op(alice, 'REMOVE', { member: bob.key })

    expect(rolesOf(await tale.told(alice), bob, carol)).toEqual({ Bob: undefined, Carol: 'writer' })
  })

  it('an op that Bob back-dates to before his removal has no effect', async () => {
    const tale = await Tale.of([alice])
    const joined = await tale.join(alice, bob, 'admin')
    await tale.op(alice, 'REMOVE', { member: bob.key })
    await tale.join(alice, carol, 'writer')
    const late = await tale.op(bob, 'REMOVE', { member: carol.key }, [joined])
    const log = await tale.told(alice)

    expect(rolesOf(log, carol)).toEqual({ Carol: 'writer' })
    // at that past Carol was no member: refused, not only void
    expect(log.get(late.id)).toBeUndefined()
  })

  it('Bob and Carol, made admins by two owners apart, remove each other: neither may, both stay', async () => {
    const tale = await Tale.of([alice, anna])
    await tale.join(alice, bob, 'writer')
    const start = await tale.join(anna, carol, 'writer')
    const bobUp = await tale.op(alice, 'SET_ROLE', { member: bob.key, role: 'admin' }, [start])
    const carolUp = await tale.op(anna, 'SET_ROLE', { member: carol.key, role: 'admin' }, [start])
    // each acts on a past in which the other is a writer still
    const one = await tale.op(bob, 'REMOVE', { member: carol.key }, [bobUp])
    const other = await tale.op(carol, 'REMOVE', { member: bob.key }, [carolUp])
    const log = await tale.told(alice)

    expect(rolesOf(log, bob, carol)).toEqual({ Bob: 'admin', Carol: 'admin' })
    expect(log.voids().get(one.id)).toEqual({ reason: 'owner-beside', because: carolUp.id })
    expect(log.voids().get(other.id)).toEqual({ reason: 'owner-beside', because: bobUp.id })
  })

  it('a ring of three who remove each other: all stay', async () => {
    const tale = await Tale.of([alice])
    const ring = [bob, carol, dave]

    for (const person of ring) {
      await tale.join(alice, person, 'writer')
    }

    const start = tale.last
    const ups = []

    for (const person of ring) {
      ups.push(await tale.op(alice, 'SET_ROLE', { member: person.key, role: 'admin' }, [start]))
    }

    for (const [i, person] of ring.entries()) {
      await tale.op(person, 'REMOVE', { member: ring[(i + 1) % 3]!.key }, [ups[i]!])
    }

    expect(rolesOf(await tale.told(alice), bob, carol, dave)).toEqual({ Bob: 'admin', Carol: 'admin', Dave: 'admin' })
  })

  it('Bob back-dates a REMOVE of Carol and a REVOKE of hers to before Alice made her an admin: her admissions stand', async () => {
    const tale = await Tale.of([alice])
    await tale.join(alice, bob, 'admin')
    const before = await tale.join(alice, carol, 'writer')
    const up = await tale.op(alice, 'SET_ROLE', { member: carol.key, role: 'admin' })
    const invite = await tale.invite(carol, 'writer')
    const admitted = await tale.admit(invite, dave, carol)
    await tale.op(bob, 'REMOVE', { member: carol.key }, [before])
    const log = await tale.told(alice)

    expect(rolesOf(log, bob, carol, dave)).toEqual({ Bob: 'admin', Carol: 'admin', Dave: 'writer' })

    // a REVOKE can be back-dated to the INVITE at most; it voids the admission beside it, as honest ones do, and READOPT mends it
    await tale.op(bob, 'REVOKE', { invite: invite.id, reason: '' }, [invite])
    expect(rolesOf(await tale.told(alice), dave)).toEqual({ Dave: undefined })
    await tale.op(alice, 'READOPT', { admit: admitted.id }, [tale.last, admitted])
    expect(rolesOf(await tale.told(alice), carol, dave)).toEqual({ Carol: 'admin', Dave: 'writer' })
    expect(up.author).toBe(alice.key)
  })

  it('Bob, demoted, writes on from old parents: void', async () => {
    const tale = await Tale.of([alice])
    const joined = await tale.join(alice, bob, 'admin')
    const down = await tale.op(alice, 'SET_ROLE', { member: bob.key, role: 'writer' })
    const late = await tale.join(bob, eve, 'writer', [joined])
    const log = await tale.told(alice)

    expect(rolesOf(log, bob, eve)).toEqual({ Bob: 'writer', Eve: undefined })
    expect(log.voids().get(late.id)).toEqual({ reason: 'author-demoted', because: down.id })
  })

  it('one owner demotes Bob while the other promotes him: the lower role holds', async () => {
    const tale = await Tale.of([alice, anna])
    const joined = await tale.join(alice, bob, 'writer')
    await tale.op(alice, 'SET_ROLE', { member: bob.key, role: 'reader' }, [joined])
    const up = await tale.op(anna, 'SET_ROLE', { member: bob.key, role: 'admin' }, [joined])
    await tale.join(bob, carol, 'reader', [up])

    expect(rolesOf(await tale.told(alice), bob, carol)).toEqual({ Bob: 'reader', Carol: undefined })
  })

  it('Carol leaves while Alice removes her: gone; admitted anew after both, she is back', async () => {
    const tale = await Tale.of([alice])
    const joined = await tale.join(alice, carol, 'writer')
    const left = await tale.op(carol, 'LEAVE', {}, [joined])
    const removed = await tale.op(alice, 'REMOVE', { member: carol.key }, [joined])
    expect(rolesOf(await tale.told(alice), carol)).toEqual({ Carol: undefined })

    await tale.join(alice, carol, 'reader', [left, removed])
    expect(rolesOf(await tale.told(alice), carol)).toEqual({ Carol: 'reader' })
  })

  it('Bob, an admin, leaves and goes on signing, until Alice removes him', async () => {
    const tale = await Tale.of([alice])
    const joined = await tale.join(alice, bob, 'admin')
    const left = await tale.op(bob, 'LEAVE', {})
    const cheat = await tale.join(bob, eve, 'reader', [joined])
    expect(rolesOf(await tale.told(alice), bob, eve)).toEqual({ Bob: undefined, Eve: 'reader' })

    const late = await tale.join(bob, frank, 'reader', [joined])
    const removal = await tale.op(alice, 'REMOVE', { member: bob.key }, [left, cheat])
    const log = await tale.told(alice)
    expect(rolesOf(log, bob, eve, frank)).toEqual({ Bob: undefined, Eve: 'reader', Frank: undefined })
    expect(log.voids().get(late.id)).toEqual({ reason: 'author-removed', because: removal.id })
  })

  it('the honest removal of Eve by Bob is lost, because Alice retired Bob beside it: Eve is there again, and it is told', async () => {
    const tale = await Tale.of([alice])
    await tale.join(alice, eve, 'writer')
    const joined = await tale.join(alice, bob, 'admin')
    const removal = await tale.op(bob, 'REMOVE', { member: eve.key }, [joined])
    const retired = await tale.op(alice, 'SET_ROLE', { member: bob.key, role: 'writer' }, [joined])
    const log = await tale.told(alice)

    expect(rolesOf(log, eve)).toEqual({ Eve: 'writer' })
    expect(log.voids().get(removal.id)).toEqual({ reason: 'author-demoted', because: retired.id })
  })
})

describe('Invitations, and what stands beside their admissions', () => {
  it('Alice revokes Bob\'s invitation while he admits Carol by it: revoked; READOPT brings her in', async () => {
    const tale = await Tale.of([alice])
    await tale.join(alice, bob, 'admin')
    const invite = await tale.invite(bob, 'writer')
    const revoke = await tale.op(alice, 'REVOKE', { invite: invite.id, reason: '' }, [invite])
    const lost = await tale.admit(invite, carol, bob, [invite])
    expect(rolesOf(await tale.told(alice), carol)).toEqual({ Carol: undefined })

    await tale.op(bob, 'READOPT', { admit: lost.id }, [revoke, lost])
    expect(rolesOf(await tale.told(alice), carol)).toEqual({ Carol: 'writer' })
  })

  it('Carol hangs on Bob, whose own admission is void: both are out, then both readopted', async () => {
    const tale = await Tale.of([alice, anna])
    const invite = await tale.invite(alice, 'admin')
    const revoke = await tale.op(anna, 'REVOKE', { invite: invite.id, reason: '' }, [invite])
    const bobs = await tale.admit(invite, bob, alice, [invite])
    const carols = await tale.join(bob, carol, 'writer', [bobs])
    const log = await tale.told(alice)

    expect(rolesOf(log, bob, carol)).toEqual({ Bob: undefined, Carol: undefined })
    expect(log.voids().get(bobs.id)).toEqual({ reason: 'revoked', because: revoke.id })
    expect(log.voids().get(carols.id)).toEqual({ reason: 'author-void', because: bobs.id })

    await tale.op(alice, 'READOPT', { admit: bobs.id }, [revoke, carols])
    await tale.op(alice, 'READOPT', { admit: carols.id })
    expect(rolesOf(await tale.told(alice), bob, carol)).toEqual({ Bob: 'admin', Carol: 'writer' })
  })

  it('Bob forks his chain and spends one use twice, long after Carol was promoted: Alice\'s word about her holds, one of the others goes', async () => {
    const tale = await Tale.of([alice])
    await tale.join(alice, bob, 'admin')
    const invite = await tale.invite(bob, 'writer')
    await tale.admit(invite, carol, bob, [invite])
    await tale.op(alice, 'SET_ROLE', { member: carol.key, role: 'admin' })
    await tale.join(carol, dave, 'writer')
    await tale.admit(invite, eve, bob, [invite])
    const log = await tale.told(alice)

    expect(rolesOf(log, carol, dave)).toEqual({ Carol: 'admin', Dave: 'writer' })
    expect([...log.voids().values()].map(({ reason }) => reason)).toEqual(['uses'])
    expect(log.forks().has(bob.key)).toBe(true)
  })

  it('an acceptance is good for one ADMIT, ever: also for a forked one', async () => {
    const tale = await Tale.of([alice])
    const invite = await tale.invite(alice, 'writer', undefined, 5)
    const first = await tale.admit(invite, carol, alice)
    await tale.op(alice, 'REMOVE', { member: carol.key })
    const again = await tale.op(alice, 'ADMIT', first.payload)
    const log = await tale.told(alice)

    expect(rolesOf(log, carol)).toEqual({ Carol: undefined })
    expect(log.get(again.id)).toBeUndefined()
  })

  it('Bob, a writer, is made an admin by Carol, an admin: refused', async () => {
    const tale = await Tale.of([alice])
    await tale.join(alice, bob, 'writer')
    await tale.join(alice, carol, 'admin')
    const op = await tale.op(carol, 'SET_ROLE', { member: bob.key, role: 'admin' })
    const log = await tale.told(alice)

    expect(rolesOf(log, bob)).toEqual({ Bob: 'writer' })
    expect(log.get(op.id)).toBeUndefined()
  })

  it('nobody who left or was removed is readopted against their will', async () => {
    const tale = await Tale.of([alice, anna])
    const invite = await tale.invite(alice, 'writer', undefined, 2)
    const revoke = await tale.op(anna, 'REVOKE', { invite: invite.id, reason: '' }, [invite])
    const lost = await tale.admit(invite, carol, alice, [invite])
    const back = await tale.op(alice, 'READOPT', { admit: lost.id }, [lost, revoke])
    await tale.op(carol, 'LEAVE', {}, [back])
    const refused = await tale.op(alice, 'READOPT', { admit: lost.id })
    const log = await tale.told(alice)

    expect(rolesOf(log, carol)).toEqual({ Carol: undefined })
    expect(log.get(refused.id)).toBeUndefined()
  })

  it('after a removal Carol can be admitted again, and removed again', async () => {
    const tale = await Tale.of([alice])
    await tale.join(alice, carol, 'writer')
    await tale.op(alice, 'REMOVE', { member: carol.key })
    await tale.join(alice, carol, 'reader')
    expect(rolesOf(await tale.told(alice), carol)).toEqual({ Carol: 'reader' })

    await tale.op(alice, 'REMOVE', { member: carol.key })
    expect(rolesOf(await tale.told(alice), carol)).toEqual({ Carol: undefined })
  })
})

describe('A contact', () => {
  it('either may leave; nobody else can be brought in', async () => {
    const tale = await Tale.of([alice], 'contact')
    await tale.join(alice, bob, 'owner')
    await tale.op(alice, 'LEAVE', {})
    expect(rolesOf(await tale.told(alice), alice, bob)).toEqual({ Alice: undefined, Bob: 'owner' })

    const more = await tale.invite(bob, 'owner')
    expect((await tale.told(alice)).get(more.id)).toBeUndefined()
  })

  it('a revoked invitation makes room for one other', async () => {
    const tale = await Tale.of([alice], 'contact')
    const first = await tale.invite(alice, 'owner')
    await tale.op(alice, 'REVOKE', { invite: first.id, reason: '' })
    await tale.join(alice, bob, 'owner')

    expect(rolesOf(await tale.told(alice), bob)).toEqual({ Bob: 'owner' })
  })

  it('Alice forks hers for two others: one of them is the contact, the same on every replica', async () => {
    const tale = await Tale.of([alice], 'contact')
    await tale.join(alice, bob, 'owner', [tale.genesis])
    await tale.join(alice, carol, 'owner', [tale.genesis])

    expect((await tale.told(alice)).memberCount).toBe(2)
  })
})
