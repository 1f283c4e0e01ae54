/** Histories that a simpler reading of the rules of docs/membership-log.md gets wrong, each by name. */
import { describe, expect, it } from 'vitest'
import { Story } from './story.js'

describe('What a simpler reading of the rules gets wrong', () => {
  it('a REVOKE that was void when Carol admitted Dave comes into effect again, and voids the ADMIT after it', () => {
    const story = new Story(['Alice'])
    story.admit('Alice.1', story.invite('Alice.1', 'owner'), 'Bob')
    story.admit('Alice.1', story.invite('Alice.1', 'owner'), 'Carol')
    story.link('Alice.1', 'Alice.2')
    const invite = story.invite('Carol.1', 'writer')
    const revoke = story.say('Bob.1', 'REVOKE', { invite, reason: '' })
    const demotion = story.say('Alice.2', 'SET_ROLE', { person: 'Bob', role: 'reader' }, [invite])
    const admit = story.admit('Carol.1', invite, 'Dave', [revoke, demotion])

    expect(story.isInEffect(revoke)).toBe(false)
    expect(story.roles()).toEqual({ Alice: 'owner', Bob: 'reader', Carol: 'owner', Dave: 'writer' })

    story.say('Alice.1', 'UNLINK', { key: 'Alice.2' }, [invite])

    expect([demotion, revoke, admit].map(name => story.isInEffect(name))).toEqual([false, true, false])
    expect(story.roles()).toEqual({ Alice: 'owner', Bob: 'owner', Carol: 'owner' })
  })

  it('an admin\'s REMOVE that rests on a thief\'s LEAVE does not save that LEAVE from the UNLINK of the thief', () => {
    const story = new Story(['Alice'])
    story.admit('Alice.1', story.invite('Alice.1', 'admin'), 'Dave')
    story.admit('Alice.1', story.invite('Alice.1', 'writer'), 'Bob')
    const linked = story.link('Bob.1', 'Bob.2')
    const leave = story.say('Bob.2', 'LEAVE', {}, [linked], 'Bob')
    const promotion = story.say('Alice.1', 'SET_ROLE', { person: 'Bob', role: 'admin' }, [linked])
    const remove = story.say('Dave.1', 'REMOVE', { person: 'Bob' }, [leave, promotion])

    expect(story.roles()).toEqual({ Alice: 'owner', Dave: 'admin' })

    story.say('Bob.1', 'UNLINK', { key: 'Bob.2' }, [linked])

    // each of the two would be in effect if the other were: words of the REMOVE's own level do not count for it
    expect([leave, remove].map(name => story.isInEffect(name))).toEqual([false, false])
    expect(story.roles()).toEqual({ Alice: 'owner', Dave: 'admin', Bob: 'admin' })
  })

  it('Bob, demoted, cannot erase by an UNLINK of his own laptop what Alice had seen him do', () => {
    const story = new Story(['Alice'])
    story.admit('Alice.1', story.invite('Alice.1', 'owner'), 'Bob')
    story.admit('Alice.1', story.invite('Alice.1', 'writer'), 'Carol')
    const linked = story.link('Bob.1', 'Bob.2')
    const promotion = story.say('Bob.2', 'SET_ROLE', { person: 'Carol', role: 'admin' }, [linked], 'Bob')
    story.say('Alice.1', 'SET_ROLE', { person: 'Bob', role: 'reader' })
    const unlink = story.say('Bob.1', 'UNLINK', { key: 'Bob.2' }, [linked])

    expect([promotion, unlink].map(name => story.isInEffect(name))).toEqual([true, true])
    expect(story.stands('Bob', 'Bob.2')).toBe(false)
    expect(story.roles()).toEqual({ Alice: 'owner', Bob: 'reader', Carol: 'admin' })
  })

  it('a thief of all of Anna\'s devices lets her leave: her words void that, and take the seat back', () => {
    const story = new Story(['Alice', 'Anna'])
    const linked = story.link('Anna.1', 'Anna.2')
    const leave = story.say('Anna.2', 'LEAVE', {}, [linked], 'Anna')

    expect(story.roles()).toEqual({ Alice: 'owner' })

    story.say('Anna.words', 'UNLINK', { key: 'Anna.1' }, [linked])
    story.say('Anna.words', 'UNLINK', { key: 'Anna.2' })
    story.link('Anna.words', 'Anna.3')

    expect(story.isInEffect(leave)).toBe(false)
    expect(['Anna.1', 'Anna.2', 'Anna.3'].filter(key => story.stands('Anna', key))).toEqual(['Anna.3'])
    expect(story.roles()).toEqual({ Alice: 'owner', Anna: 'owner' })
  })

  it('a laptop with a seat of its own is linked into Bob\'s: who unlinks it there leaves the other alone', () => {
    const story = new Story(['Alice'])
    story.admit('Alice.1', story.invite('Alice.1', 'admin'), 'Bob')
    const admit = story.admit('Alice.1', story.invite('Alice.1', 'reader'), 'Bobbie')
    const linked = story.link('Bob.1', 'Bob.2')
    const asBob = story.say('Bob.2', 'SET_ROLE', { person: 'Bobbie', role: 'writer' }, [linked], 'Bob')
    const asBobbie = story.say('Bob.2', 'LINK', { key: 'Bob.4' }, [asBob], 'Bobbie')
    story.say('Bob.1', 'UNLINK', { key: 'Bob.2' }, [linked])

    expect([admit, asBob, asBobbie].map(name => story.isInEffect(name))).toEqual([true, false, true])
    expect([story.stands('Bob', 'Bob.2'), story.stands('Bobbie', 'Bob.2'), story.stands('Bobbie', 'Bob.4')]).toEqual([false, true, true])
    expect(story.roles()).toEqual({ Alice: 'owner', Bob: 'admin', Bobbie: 'reader' })
  })
})
