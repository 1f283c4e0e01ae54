/** Histories that a simpler reading of the rules of docs/membership-log.md gets wrong, each by name. */
import { describe, expect, it } from 'vitest'
import { expected, said, take } from './agreement.js'
import { CAST, FAKES, Teller, begin, fakeIdOf } from './histories.js'
import type { Kind } from './reference-ops.js'

/** Tells a story op by op: keys and persons by name, the newest op the parent where none is named. */
class Tale extends Teller {
  constructor (...owners: string[]) {
    super(begin('group', owners))
  }

  /** @returns the op's name */
  say (key: string, kind: Kind, payload: object, on: string[] = [this.drafts.at(-1)!.id], person = key.split('.')[0]!): string {
    expect({ kind, key, isAuthorised: this.add(kind, { person, key }, on, payload) }).toEqual({ kind, key, isAuthorised: true })
    return this.drafts.at(-1)!.id
  }

  /** One that its own past does not allow: neither the log nor the reference keeps it. */
  refuses (key: string, kind: Kind, payload: object, on: string[] = [this.drafts.at(-1)!.id], person = key.split('.')[0]!): void {
    const before = this.drafts.length
    expect({ kind, key, isAuthorised: this.add(kind, { person, key }, on, payload, { isKept: true }) }).toEqual({ kind, key, isAuthorised: false })
    expect(said(take(this.ops))).toEqual(expected(this.history))
    this.drafts.splice(before)
    this.ops.splice(before)
  }

  invite (key: string, role: string, on?: string[], besides: object = {}): string {
    return this.say(key, 'INVITE', { role, uses: 1, hosts: [], lookupId: '', createdAt: 0, expiresAt: 0, ...besides }, on)
  }

  admit (key: string, invite: string, person: string, on?: string[]): string {
    return this.say(key, 'ADMIT', { invite, ...CAST[person], transcript: '', after: 0 }, on)
  }

  heads (): string[] {
    const taken = new Set(this.drafts.flatMap(({ parents }) => parents))
    return this.drafts.map(({ id }) => id).filter(id => !taken.has(id))
  }

  link (key: string, added: string, on?: string[]): string {
    return this.say(key, 'LINK', { key: added }, on)
  }

  /** By the reference, with which the log must agree. */
  roles (): Record<string, string> {
    const { persons } = this.history.outcome
    const [genesis, ...rest] = this.ops

    for (const ops of [rest, rest.toReversed()]) {
      expect(said(take([genesis!, ...ops]))).toEqual(expected(this.history))
    }

    return Object.fromEntries(Object.keys(CAST).flatMap(name => persons.has(fakeIdOf(name)) ? [[name, persons.get(fakeIdOf(name))!.role]] : []))
  }

  isInEffect (name: string): boolean {
    return this.history.outcome.inEffect.has(this.ids.get(name)!)
  }

  stands (person: string, key: string): boolean {
    return this.history.outcome.keys.get(fakeIdOf(person))?.get(FAKES.keyOf(key))?.stands === true
  }
}

describe('What a simpler reading of the rules gets wrong', () => {
  it('a REVOKE that was void when Carol admitted Dave comes into effect again, and voids the ADMIT after it', () => {
    const tale = new Tale('Alice')
    tale.admit('Alice.1', tale.invite('Alice.1', 'owner'), 'Bob')
    tale.admit('Alice.1', tale.invite('Alice.1', 'owner'), 'Carol')
    tale.link('Alice.1', 'Alice.2')
    const invite = tale.invite('Carol.1', 'writer')
    const revoke = tale.say('Bob.1', 'REVOKE', { invite, reason: '' })
    const demotion = tale.say('Alice.2', 'SET_ROLE', { person: 'Bob', role: 'reader' }, [invite])
    const admit = tale.admit('Carol.1', invite, 'Dave', [revoke, demotion])

    expect(tale.isInEffect(revoke)).toBe(false)
    expect(tale.roles()).toEqual({ Alice: 'owner', Bob: 'reader', Carol: 'owner', Dave: 'writer' })

    tale.say('Alice.1', 'UNLINK', { key: 'Alice.2' }, [invite])

    expect([demotion, revoke, admit].map(name => tale.isInEffect(name))).toEqual([false, true, false])
    expect(tale.roles()).toEqual({ Alice: 'owner', Bob: 'owner', Carol: 'owner' })
  })

  it('an admin\'s REMOVE that rests on a thief\'s LEAVE does not save that LEAVE from the UNLINK of the thief', () => {
    const tale = new Tale('Alice')
    tale.admit('Alice.1', tale.invite('Alice.1', 'admin'), 'Dave')
    tale.admit('Alice.1', tale.invite('Alice.1', 'writer'), 'Bob')
    const linked = tale.link('Bob.1', 'Bob.2')
    const leave = tale.say('Bob.2', 'LEAVE', {}, [linked], 'Bob')
    const promotion = tale.say('Alice.1', 'SET_ROLE', { person: 'Bob', role: 'admin' }, [linked])
    const remove = tale.say('Dave.1', 'REMOVE', { person: 'Bob' }, [leave, promotion])

    expect(tale.roles()).toEqual({ Alice: 'owner', Dave: 'admin' })

    tale.say('Bob.1', 'UNLINK', { key: 'Bob.2' }, [linked])

    // each of the two would be in effect if the other were: words of the REMOVE's own level do not count for it
    expect([leave, remove].map(name => tale.isInEffect(name))).toEqual([false, false])
    expect(tale.roles()).toEqual({ Alice: 'owner', Dave: 'admin', Bob: 'admin' })
  })

  it('Bob, demoted, cannot erase by an UNLINK of his own laptop what Alice had seen him do', () => {
    const tale = new Tale('Alice')
    tale.admit('Alice.1', tale.invite('Alice.1', 'owner'), 'Bob')
    tale.admit('Alice.1', tale.invite('Alice.1', 'writer'), 'Carol')
    const linked = tale.link('Bob.1', 'Bob.2')
    const promotion = tale.say('Bob.2', 'SET_ROLE', { person: 'Carol', role: 'admin' }, [linked], 'Bob')
    tale.say('Alice.1', 'SET_ROLE', { person: 'Bob', role: 'reader' })
    const unlink = tale.say('Bob.1', 'UNLINK', { key: 'Bob.2' }, [linked])

    expect([promotion, unlink].map(name => tale.isInEffect(name))).toEqual([true, true])
    expect(tale.stands('Bob', 'Bob.2')).toBe(false)
    expect(tale.roles()).toEqual({ Alice: 'owner', Bob: 'reader', Carol: 'admin' })
  })

  it('a thief of all of Anna\'s devices lets her leave: her words void that, and take the seat back', () => {
    const tale = new Tale('Alice', 'Anna')
    const linked = tale.link('Anna.1', 'Anna.2')
    const leave = tale.say('Anna.2', 'LEAVE', {}, [linked], 'Anna')

    expect(tale.roles()).toEqual({ Alice: 'owner' })

    tale.say('Anna.words', 'UNLINK', { key: 'Anna.1' }, [linked])
    tale.say('Anna.words', 'UNLINK', { key: 'Anna.2' })
    tale.link('Anna.words', 'Anna.3')

    expect(tale.isInEffect(leave)).toBe(false)
    expect(['Anna.1', 'Anna.2', 'Anna.3'].filter(key => tale.stands('Anna', key))).toEqual(['Anna.3'])
    expect(tale.roles()).toEqual({ Alice: 'owner', Anna: 'owner' })
  })

  it('a laptop with a seat of its own is linked into Bob\'s: who unlinks it there leaves the other alone', () => {
    const tale = new Tale('Alice')
    tale.admit('Alice.1', tale.invite('Alice.1', 'admin'), 'Bob')
    const admit = tale.admit('Alice.1', tale.invite('Alice.1', 'reader'), 'Bobbie')
    const linked = tale.link('Bob.1', 'Bob.2')
    const asBob = tale.say('Bob.2', 'SET_ROLE', { person: 'Bobbie', role: 'writer' }, [linked], 'Bob')
    const asBobbie = tale.say('Bob.2', 'LINK', { key: 'Bob.4' }, [asBob], 'Bobbie')
    tale.say('Bob.1', 'UNLINK', { key: 'Bob.2' }, [linked])

    expect([admit, asBob, asBobbie].map(name => tale.isInEffect(name))).toEqual([true, false, true])
    expect([tale.stands('Bob', 'Bob.2'), tale.stands('Bobbie', 'Bob.2'), tale.stands('Bobbie', 'Bob.4')]).toEqual([false, true, true])
    expect(tale.roles()).toEqual({ Alice: 'owner', Bob: 'admin', Bobbie: 'reader' })
  })

  it('Dave is an owner again when what voided that is void: Carol, beside whom he then stands, had no right to demote him', () => {
    const tale = new Tale('Alice')
    tale.admit('Alice.1', tale.invite('Alice.1', 'owner'), 'Bob')
    tale.admit('Bob.1', tale.invite('Bob.1', 'owner'), 'Carol')
    tale.admit('Alice.1', tale.invite('Alice.1', 'writer'), 'Dave')
    const linked = tale.link('Alice.1', 'Alice.2')
    const promotion = tale.say('Bob.1', 'SET_ROLE', { person: 'Dave', role: 'owner' })
    const theft = tale.say('Alice.2', 'SET_ROLE', { person: 'Bob', role: 'reader' }, [linked], 'Alice')
    const demotion = tale.say('Carol.1', 'SET_ROLE', { person: 'Dave', role: 'reader' }, [promotion, theft])

    expect(tale.roles()).toEqual({ Alice: 'owner', Bob: 'reader', Carol: 'owner', Dave: 'reader' })

    tale.say('Alice.1', 'UNLINK', { key: 'Alice.2' }, [linked])

    expect([promotion, theft, demotion].map(name => tale.isInEffect(name))).toEqual([true, false, false])
    expect(tale.roles()).toEqual({ Alice: 'owner', Bob: 'owner', Carol: 'owner', Dave: 'owner' })
  })

  it('of what two founders give Carol apart the lowest counts, also of writer and reader', () => {
    const tale = new Tale('Alice', 'Anna')
    const joined = tale.admit('Alice.1', tale.invite('Alice.1', 'writer'), 'Carol')
    const admin = tale.say('Alice.1', 'SET_ROLE', { person: 'Carol', role: 'admin' }, [joined])
    const owner = tale.say('Anna.1', 'SET_ROLE', { person: 'Carol', role: 'owner' }, [joined])

    expect(tale.roles()).toEqual({ Alice: 'owner', Anna: 'owner', Carol: 'admin' })

    const writer = tale.say('Alice.1', 'SET_ROLE', { person: 'Carol', role: 'writer' }, [admin, owner])
    tale.say('Anna.1', 'SET_ROLE', { person: 'Carol', role: 'reader' }, [admin, owner])

    expect(tale.isInEffect(writer)).toBe(true)
    expect(tale.roles()).toEqual({ Alice: 'owner', Anna: 'owner', Carol: 'reader' })
  })

  it('a door that Carol opened admits nobody beside her demotion: the host needs her to be an admin', () => {
    const tale = new Tale('Alice')
    tale.admit('Alice.1', tale.invite('Alice.1', 'admin'), 'Carol')
    tale.admit('Alice.1', tale.invite('Alice.1', 'writer'), 'Dave')
    const invite = tale.invite('Carol.1', 'reader', undefined, { hosts: ['Dave'] })
    const admit = tale.admit('Dave.1', invite, 'Eve')

    expect(tale.roles()).toEqual({ Alice: 'owner', Carol: 'admin', Dave: 'writer', Eve: 'reader' })

    tale.say('Alice.1', 'SET_ROLE', { person: 'Carol', role: 'writer' }, [invite])

    expect([invite, admit].map(name => tale.isInEffect(name))).toEqual([true, false])
    expect(tale.roles()).toEqual({ Alice: 'owner', Carol: 'writer', Dave: 'writer' })
  })

  it('Eve left after an admission that became void: who had seen that cannot take her in by it again', () => {
    const tale = new Tale('Alice')
    const joined = tale.admit('Alice.1', tale.invite('Alice.1', 'admin'), 'Bob')
    const invite = tale.invite('Bob.1', 'writer')
    const admit = tale.admit('Bob.1', invite, 'Eve')
    const leave = tale.say('Eve.1', 'LEAVE', {})
    const removal = tale.say('Alice.1', 'REMOVE', { person: 'Bob' }, [joined])

    tale.refuses('Alice.1', 'READOPT', { admit }, [leave, removal])
    expect(tale.roles()).toEqual({ Alice: 'owner' })

    // who had not seen her leave may; it ends that, too
    const readopt = tale.say('Alice.1', 'READOPT', { admit }, [admit, removal])
    expect([leave, readopt].map(name => tale.isInEffect(name))).toEqual([true, true])
    expect(tale.roles()).toEqual({ Alice: 'owner' })
  })

  it('who is gone is removed again only where it had left, and from above what it was', () => {
    const tale = new Tale('Alice')
    tale.admit('Alice.1', tale.invite('Alice.1', 'admin'), 'Bob')
    tale.admit('Alice.1', tale.invite('Alice.1', 'admin'), 'Carol')
    const joined = tale.admit('Alice.1', tale.invite('Alice.1', 'writer'), 'Dave')
    const removal = tale.say('Bob.1', 'REMOVE', { person: 'Dave' }, [joined])

    tale.refuses('Alice.1', 'REMOVE', { person: 'Dave' }, [removal])
    tale.refuses('Alice.1', 'REMOVE', { person: 'Eve' }, [removal])

    const leave = tale.say('Carol.1', 'LEAVE', {}, [removal])
    tale.refuses('Bob.1', 'REMOVE', { person: 'Carol' }, [leave])
    tale.say('Alice.1', 'REMOVE', { person: 'Carol' }, [leave])
    expect(tale.roles()).toEqual({ Alice: 'owner', Bob: 'admin' })
  })

  it('a REVOKE beside an ADMIT voids it, but not one by a lower level', () => {
    const tale = new Tale('Alice')
    const joined = tale.admit('Alice.1', tale.invite('Alice.1', 'admin'), 'Bob')
    const invite = tale.invite('Alice.1', 'writer', [joined], { uses: 2 })
    const admit = tale.admit('Alice.1', invite, 'Carol')
    tale.say('Bob.1', 'REVOKE', { invite, reason: '' }, [invite])

    expect(tale.roles()).toEqual({ Alice: 'owner', Bob: 'admin', Carol: 'writer' })
    tale.refuses('Alice.1', 'ADMIT', { invite, ...CAST.Dave, transcript: '', after: 0 }, tale.heads())

    tale.say('Alice.1', 'REVOKE', { invite, reason: '' }, [invite])

    expect(tale.isInEffect(admit)).toBe(false)
    expect(tale.roles()).toEqual({ Alice: 'owner', Bob: 'admin' })
  })

  it('whom a host alone let in is no host before an owner or admin gave it a role', () => {
    const tale = new Tale('Alice')
    tale.admit('Alice.1', tale.invite('Alice.1', 'writer'), 'Bob')
    tale.admit('Bob.1', tale.invite('Alice.1', 'writer', undefined, { hosts: ['Bob'] }), 'Carol')
    const invite = tale.invite('Alice.1', 'writer', undefined, { hosts: ['Carol'] })

    tale.refuses('Carol.1', 'ADMIT', { invite, ...CAST.Dave, transcript: '', after: 0 }, [invite])

    tale.say('Alice.1', 'SET_ROLE', { person: 'Carol', role: 'reader' })
    tale.admit('Carol.1', invite, 'Dave')
    expect(tale.roles()).toEqual({ Alice: 'owner', Bob: 'writer', Carol: 'reader', Dave: 'writer' })
  })

  it('who left as an admin, by one of two LEAVEs, is not removed by an admin', () => {
    const tale = new Tale('Alice')
    tale.admit('Alice.1', tale.invite('Alice.1', 'admin'), 'Bob')
    const joined = tale.admit('Alice.1', tale.invite('Alice.1', 'writer'), 'Carol')
    const asWriter = tale.say('Carol.1', 'LEAVE', {})
    const promotion = tale.say('Alice.1', 'SET_ROLE', { person: 'Carol', role: 'admin' }, [joined])
    const asAdmin = tale.say('Carol.1', 'LEAVE', {}, [promotion])

    tale.refuses('Bob.1', 'REMOVE', { person: 'Carol' }, [asWriter, asAdmin])
    const removal = tale.say('Bob.1', 'REMOVE', { person: 'Carol' }, [asWriter])
    expect(tale.isInEffect(removal)).toBe(false)
    expect(tale.roles()).toEqual({ Alice: 'owner', Bob: 'admin' })
  })

  it('a removed member returns by an invitation that was made after that, and by no older one', () => {
    const tale = new Tale('Alice')
    const invite = tale.invite('Alice.1', 'writer', undefined, { uses: 3 })
    const first = tale.admit('Alice.1', invite, 'Bob')
    const second = tale.admit('Alice.1', invite, 'Carol')
    tale.say('Alice.1', 'REMOVE', { person: 'Bob' })

    tale.refuses('Alice.1', 'ADMIT', { invite, ...CAST.Bob, transcript: '', after: 0 })
    tale.refuses('Alice.1', 'ADMIT', { invite, ...CAST.Carol, transcript: '', after: 0 })
    tale.admit('Alice.1', tale.invite('Alice.1', 'reader'), 'Bob')

    expect([first, second].map(name => tale.isInEffect(name))).toEqual([true, true])
    expect(tale.roles()).toEqual({ Alice: 'owner', Bob: 'reader', Carol: 'writer' })
  })
})
