/** Histories that a simpler reading of the rules of docs/membership-log.md gets wrong, each by name. */
import { describe, expect, it } from 'vitest'
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

  invite (key: string, role: string, on?: string[], besides: object = {}): string {
    return this.say(key, 'INVITE', { role, uses: 1, hosts: [], lookupId: '', createdAt: 0, expiresAt: 0, ...besides }, on)
  }

  admit (key: string, invite: string, person: string, on?: string[]): string {
    return this.say(key, 'ADMIT', { invite, ...CAST[person], transcript: '', after: 0 }, on)
  }

  link (key: string, added: string, on?: string[]): string {
    return this.say(key, 'LINK', { key: added }, on)
  }

  roles (): Record<string, string> {
    const { persons } = this.history.outcome
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
})
