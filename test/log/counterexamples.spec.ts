/** Histories that a simpler reading of the rules of docs/membership-log.md gets wrong, each by name. */
import { describe, expect, it } from 'vitest'
import { Story, admission, thiefLeaves } from './story.js'

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
    const { story, linked, leave, remove } = thiefLeaves()

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

  it('Dave is an owner again when what voided that is void: Carol, beside whom he then stands, had no right to demote him', () => {
    const story = new Story(['Alice'])
    story.admit('Alice.1', story.invite('Alice.1', 'owner'), 'Bob')
    story.admit('Bob.1', story.invite('Bob.1', 'owner'), 'Carol')
    story.admit('Alice.1', story.invite('Alice.1', 'writer'), 'Dave')
    const linked = story.link('Alice.1', 'Alice.2')
    const promotion = story.say('Bob.1', 'SET_ROLE', { person: 'Dave', role: 'owner' })
    const theft = story.say('Alice.2', 'SET_ROLE', { person: 'Bob', role: 'reader' }, [linked], 'Alice')
    const demotion = story.say('Carol.1', 'SET_ROLE', { person: 'Dave', role: 'reader' }, [promotion, theft])

    expect(story.roles()).toEqual({ Alice: 'owner', Bob: 'reader', Carol: 'owner', Dave: 'reader' })

    story.say('Alice.1', 'UNLINK', { key: 'Alice.2' }, [linked])

    expect([promotion, theft, demotion].map(name => story.isInEffect(name))).toEqual([true, false, false])
    expect(story.roles()).toEqual({ Alice: 'owner', Bob: 'owner', Carol: 'owner', Dave: 'owner' })
  })

  it('of what two founders give Carol apart the lowest counts, also of writer and reader', () => {
    const story = new Story(['Alice', 'Anna'])
    const joined = story.admit('Alice.1', story.invite('Alice.1', 'writer'), 'Carol')
    const admin = story.say('Alice.1', 'SET_ROLE', { person: 'Carol', role: 'admin' }, [joined])
    const owner = story.say('Anna.1', 'SET_ROLE', { person: 'Carol', role: 'owner' }, [joined])

    expect(story.roles()).toEqual({ Alice: 'owner', Anna: 'owner', Carol: 'admin' })

    const writer = story.say('Alice.1', 'SET_ROLE', { person: 'Carol', role: 'writer' }, [admin, owner])
    story.say('Anna.1', 'SET_ROLE', { person: 'Carol', role: 'reader' }, [admin, owner])

    expect(story.isInEffect(writer)).toBe(true)
    expect(story.roles()).toEqual({ Alice: 'owner', Anna: 'owner', Carol: 'reader' })
  })

  it('a door that Carol opened admits nobody concurrently to her demotion: the host needs her to be an admin', () => {
    const story = new Story(['Alice'])
    story.admit('Alice.1', story.invite('Alice.1', 'admin'), 'Carol')
    story.admit('Alice.1', story.invite('Alice.1', 'writer'), 'Dave')
    const invite = story.invite('Carol.1', 'reader', undefined, { hosts: ['Dave'] })
    const admit = story.admit('Dave.1', invite, 'Eve')

    expect(story.roles()).toEqual({ Alice: 'owner', Carol: 'admin', Dave: 'writer', Eve: 'reader' })

    story.say('Alice.1', 'SET_ROLE', { person: 'Carol', role: 'writer' }, [invite])

    expect([invite, admit].map(name => story.isInEffect(name))).toEqual([true, false])
    expect(story.roles()).toEqual({ Alice: 'owner', Carol: 'writer', Dave: 'writer' })
  })

  it('Eve left after an admission that became void: who had seen that cannot take her in by it again', () => {
    const story = new Story(['Alice'])
    const joined = story.admit('Alice.1', story.invite('Alice.1', 'admin'), 'Bob')
    const invite = story.invite('Bob.1', 'writer')
    const admit = story.admit('Bob.1', invite, 'Eve')
    const leave = story.say('Eve.1', 'LEAVE', {})
    const removal = story.say('Alice.1', 'REMOVE', { person: 'Bob' }, [joined])

    story.refuse('Alice.1', 'READOPT', { admit }, [leave, removal])
    expect(story.roles()).toEqual({ Alice: 'owner' })

    // who had not seen her leave may; it ends that, too
    const readopt = story.say('Alice.1', 'READOPT', { admit }, [admit, removal])
    expect([leave, readopt].map(name => story.isInEffect(name))).toEqual([true, true])
    expect(story.roles()).toEqual({ Alice: 'owner' })
  })

  it('who is gone is removed again only where it had left, and from above what it was', () => {
    const story = new Story(['Alice'])
    story.admit('Alice.1', story.invite('Alice.1', 'admin'), 'Bob')
    story.admit('Alice.1', story.invite('Alice.1', 'admin'), 'Carol')
    const joined = story.admit('Alice.1', story.invite('Alice.1', 'writer'), 'Dave')
    const removal = story.say('Bob.1', 'REMOVE', { person: 'Dave' }, [joined])

    story.refuse('Alice.1', 'REMOVE', { person: 'Dave' }, [removal])
    story.refuse('Alice.1', 'REMOVE', { person: 'Eve' }, [removal])

    const leave = story.say('Carol.1', 'LEAVE', {}, [removal])
    story.refuse('Bob.1', 'REMOVE', { person: 'Carol' }, [leave])
    story.say('Alice.1', 'REMOVE', { person: 'Carol' }, [leave])
    expect(story.roles()).toEqual({ Alice: 'owner', Bob: 'admin' })
  })

  it('a REVOKE concurrent to an ADMIT voids it, but not one by a lower level', () => {
    const story = new Story(['Alice'])
    const joined = story.admit('Alice.1', story.invite('Alice.1', 'admin'), 'Bob')
    const invite = story.invite('Alice.1', 'writer', [joined], { uses: 2 })
    const admit = story.admit('Alice.1', invite, 'Carol')
    story.say('Bob.1', 'REVOKE', { invite, reason: '' }, [invite])

    expect(story.roles()).toEqual({ Alice: 'owner', Bob: 'admin', Carol: 'writer' })
    story.refuse('Alice.1', 'ADMIT', admission(invite, 'Dave'), story.heads())

    story.say('Alice.1', 'REVOKE', { invite, reason: '' }, [invite])

    expect(story.isInEffect(admit)).toBe(false)
    expect(story.roles()).toEqual({ Alice: 'owner', Bob: 'admin' })
  })

  it('whom a host alone let in is no host before an owner or admin gave it a role', () => {
    const story = new Story(['Alice'])
    story.admit('Alice.1', story.invite('Alice.1', 'writer'), 'Bob')
    story.admit('Bob.1', story.invite('Alice.1', 'writer', undefined, { hosts: ['Bob'] }), 'Carol')
    const invite = story.invite('Alice.1', 'writer', undefined, { hosts: ['Carol'] })

    story.refuse('Carol.1', 'ADMIT', admission(invite, 'Dave'), [invite])

    story.say('Alice.1', 'SET_ROLE', { person: 'Carol', role: 'reader' })
    story.admit('Carol.1', invite, 'Dave')
    expect(story.roles()).toEqual({ Alice: 'owner', Bob: 'writer', Carol: 'reader', Dave: 'writer' })
  })

  it('who left as an admin, by one of two LEAVEs, is not removed by an admin', () => {
    const story = new Story(['Alice'])
    story.admit('Alice.1', story.invite('Alice.1', 'admin'), 'Bob')
    const joined = story.admit('Alice.1', story.invite('Alice.1', 'writer'), 'Carol')
    const asWriter = story.say('Carol.1', 'LEAVE', {})
    const promotion = story.say('Alice.1', 'SET_ROLE', { person: 'Carol', role: 'admin' }, [joined])
    const asAdmin = story.say('Carol.1', 'LEAVE', {}, [promotion])

    story.refuse('Bob.1', 'REMOVE', { person: 'Carol' }, [asWriter, asAdmin])
    const removal = story.say('Bob.1', 'REMOVE', { person: 'Carol' }, [asWriter])
    expect(story.isInEffect(removal)).toBe(false)
    expect(story.roles()).toEqual({ Alice: 'owner', Bob: 'admin' })
  })

  it('a removed member returns by an invitation that was made after that, and by no older one', () => {
    const story = new Story(['Alice'])
    const invite = story.invite('Alice.1', 'writer', undefined, { uses: 3 })
    const first = story.admit('Alice.1', invite, 'Bob')
    const second = story.admit('Alice.1', invite, 'Carol')
    story.say('Alice.1', 'REMOVE', { person: 'Bob' })

    story.refuse('Alice.1', 'ADMIT', admission(invite, 'Bob'))
    story.refuse('Alice.1', 'ADMIT', admission(invite, 'Carol'))
    story.admit('Alice.1', story.invite('Alice.1', 'reader'), 'Bob')

    expect([first, second].map(name => story.isInEffect(name))).toEqual([true, true])
    expect(story.roles()).toEqual({ Alice: 'owner', Bob: 'reader', Carol: 'writer' })
  })

  it('an UNLINK of a laptop, whose author did not know that the words had linked it too, voids what it signed as further from the words, and nothing that it signed as near as its author', () => {
    const story = new Story(['Alice'])
    const joined = story.join('Alice.1', 'Bob', 'admin')
    const byPhone = story.link('Bob.1', 'Bob.2', [joined])
    const byWords = story.link('Bob.words', 'Bob.2', [joined])
    const further = story.invite('Bob.2', 'reader', [byPhone])
    story.invite('Bob.2', 'reader', [byWords])
    const unlink = story.unlink('Bob.1', 'Bob.2', [byPhone])

    expect(story.told().lost).toEqual({ [further]: ['key-unlinked', unlink] })
    expect(story.keys('Bob')).toEqual(['Bob.1', 'Bob.2', 'Bob.words'])
  })

  it('of two ADMITs on one use that which Bob signed as an owner counts, though the other, signed as an admin, is nearer to the GENESIS', () => {
    const story = new Story(['Alice'])
    story.join('Alice.1', 'Bob', 'owner')
    const invite = story.invite('Bob.1', 'writer')
    const down = story.setRole('Alice.1', 'Bob', 'admin')
    const up = story.setRole('Alice.1', 'Bob', 'owner', [down])
    story.admit('Bob.1', invite, 'Carol', [up])
    const other = story.admit('Bob.1', invite, 'Dave', [down])

    expect(story.told()).toEqual({ roles: { Alice: 'owner', Bob: 'owner', Carol: 'writer' }, lost: { [other]: ['uses'] } })
  })
})
