/** The worked examples of docs/membership-log.md: owners of several levels, the keys of a person, hosts, and a home. */
import { describe, expect, it } from 'vitest'
import { Story, admission, inviteTo } from './story.js'

describe('Owners whom owners made', () => {
  /** Alice made Bob an owner, Bob Carol, Carol Dave. */
  function inARow (): Story {
    const story = new Story(['Alice'])
    story.join('Alice.1', 'Bob', 'owner')
    story.join('Bob.1', 'Carol', 'owner')
    story.join('Carol.1', 'Dave', 'owner')

    return story
  }

  it('each is above whom it made, and cannot be removed by them', () => {
    const story = inARow()
    expect(['Alice', 'Bob', 'Carol', 'Dave'].map(name => story.level(name))).toEqual([0, 1, 2, 3])

    for (const [one, other] of [['Bob', 'Alice'], ['Carol', 'Bob'], ['Dave', 'Alice'], ['Dave', 'Dave']] as const) {
      story.refuse(`${one}.1`, 'REMOVE', { person: other })
      story.refuse(`${one}.1`, 'SET_ROLE', { person: other, role: 'reader' })
    }

    story.remove('Bob.1', 'Dave')
    expect(story.roles()).toEqual({ Alice: 'owner', Bob: 'owner', Carol: 'owner' })
  })

  it('two whom Alice made are equals: neither removes the other, and what one gives is not the other\'s to take', () => {
    const story = new Story(['Alice'])
    story.join('Alice.1', 'Bob', 'owner')
    story.join('Alice.1', 'Anna', 'owner')
    story.refuse('Bob.1', 'REMOVE', { person: 'Anna' })
    const joined = story.join('Bob.1', 'Carol', 'owner')
    const removal = story.remove('Anna.1', 'Carol', [joined])
    expect(story.roles()).toEqual({ Alice: 'owner', Anna: 'owner', Bob: 'owner' })

    // Anna is above Carol, as Bob is: of their words neither counts more, and the removal wins
    story.setRole('Bob.1', 'Carol', 'admin', [joined])
    expect(story.told()).toEqual({ roles: { Alice: 'owner', Anna: 'owner', Bob: 'owner' }, lost: {} })
    expect(story.isInEffect(removal)).toBe(true)
  })

  it('Alice removes Bob: Carol, whom he had made an owner before, stays; Eve, whom he makes one concurrently, does not', () => {
    const story = inARow()
    const start = story.last
    const removal = story.remove('Alice.1', 'Bob')
    const eves = story.join('Bob.1', 'Eve', 'owner', [start])
    const { roles, lost } = story.told()

    expect(roles).toEqual({ Alice: 'owner', Carol: 'owner', Dave: 'owner' })
    expect(lost[eves]).toEqual(['author-removed', removal])
  })

  it('Carol removes Dave while Bob makes her an admin: her REMOVE is void', () => {
    const story = inARow()
    const start = story.last
    const removal = story.remove('Carol.1', 'Dave', [start])
    const down = story.setRole('Bob.1', 'Carol', 'admin', [start])

    expect(story.told()).toEqual({ roles: { Alice: 'owner', Bob: 'owner', Carol: 'admin', Dave: 'owner' }, lost: { [removal]: ['author-demoted', down] } })
  })

  it('founder Alice leaves: Bob goes on with the party, and takes her back below himself', () => {
    const story = inARow()
    story.say('Alice.1', 'LEAVE', {})
    expect(story.roles()).toEqual({ Bob: 'owner', Carol: 'owner', Dave: 'owner' })
    // she left from level 0: nobody is above that
    story.refuse('Bob.1', 'REMOVE', { person: 'Alice' })

    story.join('Bob.1', 'Alice', 'owner')
    expect(story.roles()).toMatchObject({ Alice: 'owner' })
    expect(story.level('Alice')).toBe(2)
    story.refuse('Alice.1', 'REMOVE', { person: 'Bob' })
  })

  it('Alice, a founder, left and goes on signing on old parents with what she had, until her words unlink the key', () => {
    const story = inARow()
    const start = story.last
    const left = story.say('Alice.1', 'LEAVE', {})
    const late = story.remove('Alice.1', 'Bob', [start])
    expect(story.roles()).toEqual({ Carol: 'owner', Dave: 'owner' })

    story.unlink('Alice.words', 'Alice.1', [start])
    // what the key signed since is void, the LEAVE too
    expect(story.told()).toEqual({
      roles: { Alice: 'owner', Bob: 'owner', Carol: 'owner', Dave: 'owner' },
      lost: { [left]: ['key-unlinked', story.last], [late]: ['key-unlinked', story.last] }
    })
  })
})

describe('The keys of a person', () => {
  it('the phone links the laptop, and unlinks it: what the laptop signed concurrently is void, what the phone had seen stands', () => {
    const story = new Story(['Alice'])
    story.join('Alice.1', 'Bob', 'admin')
    story.link('Bob.1', 'Bob.2')
    const seen = story.join('Bob.2', 'Carol', 'writer')
    const late = story.join('Bob.2', 'Dave', 'writer')
    const unlink = story.unlink('Bob.1', 'Bob.2', [seen])
    const { roles, lost } = story.told()

    expect(roles).toEqual({ Alice: 'owner', Bob: 'admin', Carol: 'writer' })
    expect(lost[late]).toEqual(['key-unlinked', unlink])
    expect(story.keys('Bob')).toEqual(['Bob.1', 'Bob.words'])
  })

  it('a key unlinks those that are further from the words, never the other way, and an unlinked one never returns', () => {
    const story = new Story(['Alice'])
    story.join('Alice.1', 'Bob', 'reader')
    story.link('Bob.1', 'Bob.2')
    story.link('Bob.2', 'Bob.3')
    story.refuse('Bob.2', 'UNLINK', { key: 'Bob.1' })
    story.refuse('Bob.2', 'UNLINK', { key: 'Bob.2' })
    story.refuse('Bob.3', 'UNLINK', { key: 'Bob.2' })
    story.refuse('Bob.1', 'UNLINK', { key: 'Bob.4' })
    story.unlink('Bob.1', 'Bob.2')

    // the tablet stays: the phone had seen it
    expect(story.keys('Bob')).toEqual(['Bob.1', 'Bob.3', 'Bob.words'])
    story.refuse('Bob.1', 'LINK', { key: 'Bob.2' })
    story.link('Bob.1', 'Bob.4')
    expect(story.keys('Bob')).toEqual(['Bob.1', 'Bob.3', 'Bob.4', 'Bob.words'])
  })

  it('an unlinked key goes on signing on old parents, and links others there: nothing changes', () => {
    const story = new Story(['Alice'])
    story.join('Alice.1', 'Bob', 'admin')
    const linked = story.link('Bob.1', 'Bob.2')
    const carols = story.join('Alice.1', 'Carol', 'writer')
    story.unlink('Bob.1', 'Bob.2')
    const before = { roles: story.roles(), keys: story.keys('Bob') }
    const late = [
      story.link('Bob.2', 'Bob.3', [linked]), story.remove('Bob.3', 'Carol', [story.last, carols]), story.say('Bob.3', 'LEAVE', {}),
      story.join('Bob.2', 'Eve', 'writer', [linked])
    ]

    expect({ roles: story.roles(), keys: story.keys('Bob') }).toEqual(before)
    expect(late.map(name => story.told().lost[name]?.[0])).toEqual(['key-unlinked', 'key-unlinked', 'key-unlinked', 'key-unlinked'])
  })

  it('the words outrank every device: they unlink the stolen phone, which cannot unlink the new one', () => {
    const story = new Story(['Alice'])
    const joined = story.join('Alice.1', 'Bob', 'admin')
    const theft = story.join('Bob.1', 'Eve', 'writer', [joined])
    story.unlink('Bob.words', 'Bob.1', [joined])
    story.link('Bob.words', 'Bob.2')
    expect(story.keys('Bob')).toEqual(['Bob.2', 'Bob.words'])
    expect(story.told().lost[theft]?.[0]).toBe('key-unlinked')

    // both are of class 1
    story.refuse('Bob.1', 'UNLINK', { key: 'Bob.2' }, [story.last, theft])
    story.join('Bob.2', 'Carol', 'writer')
    expect(story.roles()).toEqual({ Alice: 'owner', Bob: 'admin', Carol: 'writer' })
  })

  it('the words speak of keys and of leaving alone', () => {
    const story = new Story(['Alice'])
    story.join('Alice.1', 'Bob', 'admin')

    for (const key of ['Alice.words', 'Bob.words']) {
      story.refuse(key, 'INVITE', inviteTo('writer'))
      story.refuse(key, 'REMOVE', { person: 'Bob' })
    }

    story.say('Bob.words', 'LEAVE', {})
    expect(story.roles()).toEqual({ Alice: 'owner' })
  })

  it('Mallory names Dave\'s key as her words: he is admitted all the same, and neither speaks for the other but of keys', () => {
    const story = new Story(['Alice'])
    story.join('Alice.1', 'Mallory', 'admin')
    story.join('Alice.1', 'Dave', 'admin')
    expect(story.roles()).toEqual({ Alice: 'owner', Mallory: 'admin', Dave: 'admin' })
    story.invite('Dave.1', 'reader')
    story.refuse('Dave.1', 'INVITE', { ...inviteTo('reader'), lookupId: 'x' }, undefined, 'Mallory')
    story.remove('Alice.1', 'Mallory')
    story.setRole('Alice.1', 'Dave', 'writer')
    expect(story.roles()).toEqual({ Alice: 'owner', Dave: 'writer' })
  })

  it('who is invited again with other words is another person', () => {
    const story = new Story(['Alice'])
    story.join('Alice.1', 'Eve', 'writer')
    // the same first key, without words: it stands for a member already
    story.refuse('Alice.1', 'ADMIT', admission(story.invite('Alice.1', 'admin'), 'Eva'))
    story.remove('Alice.1', 'Eve')
    story.join('Alice.1', 'Eva', 'reader')

    expect(story.roles()).toEqual({ Alice: 'owner', Eva: 'reader' })
    // Eve's words have no say in it
    story.refuse('Eve.words', 'UNLINK', { key: 'Eve.1' }, undefined, 'Eva')
  })
})

describe('Hosts', () => {
  /** Alice invites to writer, with Bob, a writer, as host. */
  function hosted (uses = 1): { story: Story, invite: string } {
    const story = new Story(['Alice'])
    story.join('Alice.1', 'Bob', 'writer')

    return { story, invite: story.invite('Alice.1', 'writer', undefined, { hosts: ['Bob'], uses }) }
  }

  it('Bob, a writer, admits in Alice\'s place, to writer and reader alone', () => {
    const { story, invite } = hosted()
    story.admit('Bob.1', invite, 'Carol')
    expect(story.roles()).toEqual({ Alice: 'owner', Bob: 'writer', Carol: 'writer' })

    story.refuse('Bob.1', 'ADMIT', admission(invite, 'Dave'))
    story.refuse('Bob.1', 'INVITE', inviteTo('reader'))
    story.refuse('Alice.1', 'INVITE', { ...inviteTo('admin'), hosts: ['Bob'] })
    story.refuse('Alice.1', 'INVITE', { ...inviteTo('owner'), hosts: ['Bob'] })
  })

  it('a host who is removed, or whose invitation is revoked, concurrently: who it admits is out', () => {
    for (const end of ['REMOVE', 'REVOKE'] as const) {
      const { story, invite } = hosted()
      const ended = end === 'REMOVE' ? story.remove('Alice.1', 'Bob', [invite]) : story.revoke('Alice.1', invite, [invite])
      const admit = story.admit('Bob.1', invite, 'Carol', [invite])

      expect(story.told().lost).toEqual({ [admit]: [end === 'REMOVE' ? 'author-removed' : 'revoked', ended] })
    }
  })

  it('a host admits while its inviter is removed: who it admits is out', () => {
    const story = new Story(['Alice'])
    story.join('Alice.1', 'Bob', 'writer')
    story.join('Alice.1', 'Dave', 'admin')
    const invite = story.invite('Dave.1', 'reader', undefined, { hosts: ['Bob'] })
    const removal = story.remove('Alice.1', 'Dave')
    const admit = story.admit('Bob.1', invite, 'Carol', [invite])

    expect(story.told()).toEqual({ roles: { Alice: 'owner', Bob: 'writer' }, lost: { [admit]: ['author-removed', removal] } })
  })

  it('in a partition Alice and Bob may each reach the uses', () => {
    const { story, invite } = hosted()
    story.admit('Alice.1', invite, 'Carol', [invite])
    story.admit('Bob.1', invite, 'Dave', [invite])
    expect(story.told()).toEqual({ roles: { Alice: 'owner', Bob: 'writer', Carol: 'writer', Dave: 'writer' }, lost: {} })

    // Bob alone no further
    story.admit('Bob.1', invite, 'Eve', [invite])
    expect(Object.values(story.told().lost)).toEqual([['uses']])
  })

  it('whom a host let in is no host itself, until an owner or an admin gives it a role', () => {
    const { story, invite } = hosted(2)
    story.admit('Bob.1', invite, 'Carol')
    const hers = story.invite('Alice.1', 'reader', undefined, { hosts: ['Carol'] })
    story.refuse('Carol.1', 'ADMIT', admission(hers, 'Dave'))
    story.setRole('Alice.1', 'Carol', 'reader')
    story.admit('Carol.1', hers, 'Dave')

    expect(story.roles()).toMatchObject({ Carol: 'reader', Dave: 'reader' })
  })
})

describe('A home', () => {
  it('has one member, whose keys are the devices: linked by the words, and then by invitation', () => {
    const story = new Story(['Home'], 'person')
    story.say('Alice.words', 'LINK', { key: 'Alice.1' }, undefined, 'Home')
    const invite = story.say('Alice.1', 'INVITE', inviteTo('owner'), undefined, 'Home')
    story.refuse('Alice.1', 'ADMIT', admission(invite, 'Bob'), undefined, 'Home')
    story.say('Alice.1', 'LINK', { key: 'Alice.2', invite }, undefined, 'Home')
    // its one use is spent
    story.refuse('Alice.1', 'LINK', { key: 'Alice.3', invite }, undefined, 'Home')

    expect(story.roles()).toEqual({ Home: 'owner' })
    expect(story.keys('Home')).toEqual(['Alice.1', 'Alice.2', 'Alice.words'])
  })

  it('a device that is linked twice concurrently takes one use', () => {
    const story = new Story(['Home'], 'person')
    story.say('Alice.words', 'LINK', { key: 'Alice.1' }, undefined, 'Home')
    const invite = story.say('Alice.1', 'INVITE', { ...inviteTo('owner'), uses: 2 }, undefined, 'Home')
    const one = story.say('Alice.1', 'LINK', { key: 'Alice.2', invite }, [invite], 'Home')
    const other = story.say('Alice.words', 'LINK', { key: 'Alice.2', invite }, [invite], 'Home')
    story.say('Alice.1', 'LINK', { key: 'Alice.3', invite }, [one, other], 'Home')
    story.refuse('Alice.1', 'LINK', { key: 'Alice.4', invite }, undefined, 'Home')

    expect(story.told().lost).toEqual({})
    expect(story.keys('Home')).toEqual(['Alice.1', 'Alice.2', 'Alice.3', 'Alice.words'])
  })

  it('a device whose LINK does not count takes no use of its invitation', () => {
    const story = new Story(['Home'], 'person')
    story.say('Alice.words', 'LINK', { key: 'Alice.1' }, undefined, 'Home')
    const invite = story.say('Alice.1', 'INVITE', inviteTo('owner'), undefined, 'Home')
    const unlink = story.say('Alice.words', 'UNLINK', { key: 'Alice.1' }, [invite], 'Home')
    const lost = story.say('Alice.1', 'LINK', { key: 'Alice.2', invite }, [invite], 'Home')
    story.say('Alice.words', 'LINK', { key: 'Alice.3', invite }, [unlink, lost], 'Home')
    story.refuse('Alice.words', 'LINK', { key: 'Alice.4', invite }, undefined, 'Home')

    expect(story.told().lost).toEqual({ [lost]: ['key-unlinked', unlink] })
    expect(story.keys('Home')).toEqual(['Alice.3', 'Alice.words'])
  })

  it('of other kinds invites members, not devices', () => {
    const story = new Story(['Alice'])
    const invite = story.invite('Alice.1', 'reader')
    story.refuse('Alice.1', 'LINK', { key: 'Alice.2', invite })
    story.link('Alice.1', 'Alice.2')

    expect(story.keys('Alice')).toEqual(['Alice.1', 'Alice.2', 'Alice.words'])
  })
})
