/** The worked examples of docs/membership-log.md: what ops come to that did not know of each other. */
import { describe, expect, it } from 'vitest'
import { Story, admission, inviteTo } from './story.js'

describe('Removals, and what is concurrent to them', () => {
  it('Bob, an admin, admits Carol while Alice removes him: Carol is out, and it is told why', () => {
    const story = new Story(['Alice'])
    const joined = story.join('Alice.1', 'Bob', 'admin')
    const removal = story.remove('Alice.1', 'Bob')
    const invite = story.invite('Bob.1', 'writer', [joined])
    const admit = story.admit('Bob.1', invite, 'Carol')

    expect(story.told()).toEqual({ roles: { Alice: 'owner' }, lost: { [invite]: ['author-removed', removal], [admit]: ['author-removed', removal] } })

    story.say('Alice.1', 'READOPT', { admit }, [removal, admit])
    expect(story.roles()).toEqual({ Alice: 'owner', Carol: 'writer' })
  })

  it('what Bob did before Alice removed him, and she saw, stands', () => {
    const story = new Story(['Alice'])
    story.join('Alice.1', 'Bob', 'admin')
    story.join('Bob.1', 'Carol', 'writer')
    story.remove('Alice.1', 'Bob')

    expect(story.told()).toEqual({ roles: { Alice: 'owner', Carol: 'writer' }, lost: {} })
  })

  it('what Bob back-dates to before Carol joined cannot name her', () => {
    const story = new Story(['Alice'])
    const joined = story.join('Alice.1', 'Bob', 'admin')
    story.remove('Alice.1', 'Bob')
    story.join('Alice.1', 'Carol', 'writer')
    story.refuse('Bob.1', 'REMOVE', { person: 'Carol' }, [joined])
    story.refuse('Bob.1', 'SET_ROLE', { person: 'Carol', role: 'reader' }, [joined])

    expect(story.roles()).toEqual({ Alice: 'owner', Carol: 'writer' })
  })

  it('Bob and Carol, made admins by two owners apart, remove each other: neither may, both stay', () => {
    const story = new Story(['Alice', 'Anna'])
    story.join('Alice.1', 'Bob', 'writer')
    const start = story.join('Anna.1', 'Carol', 'writer')
    const bobUp = story.setRole('Alice.1', 'Bob', 'admin', [start])
    const carolUp = story.setRole('Anna.1', 'Carol', 'admin', [start])
    // each acts on a past in which the other is a writer still
    const one = story.remove('Bob.1', 'Carol', [bobUp])
    const other = story.remove('Carol.1', 'Bob', [carolUp])
    const { roles, lost } = story.told()

    expect(roles).toMatchObject({ Bob: 'admin', Carol: 'admin' })
    expect(lost).toEqual({ [one]: ['above-concurrent', carolUp], [other]: ['above-concurrent', bobUp] })
  })

  it('a ring of three who remove each other: all stay', () => {
    const story = new Story(['Alice'])
    const ring = ['Bob', 'Carol', 'Dave']
    ring.forEach(person => { story.join('Alice.1', person, 'writer') })
    const start = story.last
    const ups = ring.map(person => story.setRole('Alice.1', person, 'admin', [start]))
    ring.forEach((person, i) => { story.remove(`${person}.1`, ring[(i + 1) % 3]!, [ups[i]!]) })

    expect(story.roles()).toEqual({ Alice: 'owner', Bob: 'admin', Carol: 'admin', Dave: 'admin' })
    expect(story.forked()).toEqual(['Alice.1'])
  })

  it('Bob, demoted, writes on from old parents: void', () => {
    const story = new Story(['Alice'])
    const joined = story.join('Alice.1', 'Bob', 'admin')
    const down = story.setRole('Alice.1', 'Bob', 'writer')
    const admit = story.join('Bob.1', 'Eve', 'writer', [joined])
    const { roles, lost } = story.told()

    expect(roles).toEqual({ Alice: 'owner', Bob: 'writer' })
    expect(lost[admit]).toEqual(['author-demoted', down])
  })

  it('one owner demotes Bob while the other promotes him: the lower role holds', () => {
    const story = new Story(['Alice', 'Anna'])
    const joined = story.join('Alice.1', 'Bob', 'writer')
    const down = story.setRole('Alice.1', 'Bob', 'reader', [joined])
    const up = story.setRole('Anna.1', 'Bob', 'admin', [joined])
    const admit = story.join('Bob.1', 'Carol', 'reader', [up])
    const { roles, lost } = story.told()

    expect(roles).toEqual({ Alice: 'owner', Anna: 'owner', Bob: 'reader' })
    expect(lost[admit]).toEqual(['author-demoted', down])
  })

  it('the honest removal of Eve by Bob is lost, because Alice retired Bob concurrently: Eve is there again, and it is told', () => {
    const story = new Story(['Alice'])
    story.join('Alice.1', 'Eve', 'writer')
    const joined = story.join('Alice.1', 'Bob', 'admin')
    const removal = story.remove('Bob.1', 'Eve', [joined])
    const retired = story.setRole('Alice.1', 'Bob', 'writer', [joined])

    expect(story.told()).toEqual({ roles: { Alice: 'owner', Bob: 'writer', Eve: 'writer' }, lost: { [removal]: ['author-demoted', retired] } })
  })

  it('Dave, an admin, removes Carol after Bob, an owner, demoted her: Alice removes Bob concurrently, so Carol is an admin still, and not below Dave', () => {
    const story = new Story(['Alice'])
    story.join('Alice.1', 'Bob', 'owner')
    story.join('Alice.1', 'Dave', 'admin')
    story.join('Alice.1', 'Carol', 'writer')
    const up = story.setRole('Alice.1', 'Carol', 'admin')
    const down = story.setRole('Bob.1', 'Carol', 'writer')
    const removal = story.remove('Dave.1', 'Carol')
    expect(story.roles()).toEqual({ Alice: 'owner', Bob: 'owner', Dave: 'admin' })

    const bobs = story.remove('Alice.1', 'Bob', [up])
    expect(story.told()).toEqual({ roles: { Alice: 'owner', Carol: 'admin', Dave: 'admin' }, lost: { [down]: ['author-removed', bobs], [removal]: ['person-above', up] } })
  })

  it('Bob back-dates a REMOVE of Carol, and a REVOKE, to before Alice made her an admin: the REMOVE is void, and READOPT mends the other', () => {
    const story = new Story(['Alice'])
    story.join('Alice.1', 'Bob', 'admin')
    const before = story.join('Alice.1', 'Carol', 'writer')
    const up = story.setRole('Alice.1', 'Carol', 'admin')
    const invite = story.invite('Carol.1', 'writer')
    const admit = story.admit('Carol.1', invite, 'Dave')
    const removal = story.remove('Bob.1', 'Carol', [before])
    expect(story.told()).toEqual({ roles: { Alice: 'owner', Bob: 'admin', Carol: 'admin', Dave: 'writer' }, lost: { [removal]: ['above-concurrent', up] } })

    // to just after the INVITE: that is no other than an honest one
    const revoke = story.revoke('Bob.1', invite, [invite])
    expect(story.told().lost[admit]).toEqual(['revoked', revoke])
    story.say('Alice.1', 'READOPT', { admit }, [revoke, admit])
    expect(story.roles()).toEqual({ Alice: 'owner', Bob: 'admin', Carol: 'admin', Dave: 'writer' })
  })
})

describe('Leaving', () => {
  it('Carol leaves while Alice removes her: gone; invited after both, she is back', () => {
    const story = new Story(['Alice'])
    const joined = story.join('Alice.1', 'Carol', 'writer')
    const left = story.say('Carol.1', 'LEAVE', {}, [joined])
    const removed = story.remove('Alice.1', 'Carol', [joined])
    expect(story.roles()).toEqual({ Alice: 'owner' })

    story.join('Alice.1', 'Carol', 'reader', [left, removed])
    expect(story.roles()).toEqual({ Alice: 'owner', Carol: 'reader' })
  })

  it('two LEAVEs, a readmission that saw one of them, an INVITE that merges, two sibling ADMITs: all replicas agree', () => {
    for (const seen of [0, 1]) {
      const story = new Story(['Alice'])
      const joined = story.join('Alice.1', 'Bob', 'writer')
      const other = story.invite('Alice.1', 'reader')
      const leaves = [joined, other].map(on => story.say('Bob.1', 'LEAVE', {}, [on]))
      const back = story.join('Alice.1', 'Bob', 'reader', [leaves[seen]!])
      expect(story.roles()).toEqual({ Alice: 'owner' })

      const again = story.invite('Alice.1', 'writer', [back, leaves[1 - seen]!, other])
      const siblings = [1, 2].map(after => story.say('Alice.1', 'ADMIT', { ...admission(again, 'Bob'), after }, [again]))

      expect(story.told()).toEqual({ roles: { Alice: 'owner', Bob: 'writer' }, lost: {} })
      // each of the two was kept
      expect(siblings.every(id => story.history.outcome.known.has(story.ids.get(id)!))).toBe(true)
    }
  })

  it('Bob, an admin, leaves and goes on signing, until Alice removes him', () => {
    const story = new Story(['Alice'])
    const joined = story.join('Alice.1', 'Bob', 'admin')
    const left = story.say('Bob.1', 'LEAVE', {})
    const cheat = story.join('Bob.1', 'Eve', 'reader', [joined])
    const carols = story.join('Alice.1', 'Carol', 'admin', [left])
    // he left as an admin: it takes an owner
    story.refuse('Carol.1', 'REMOVE', { person: 'Bob' })
    expect(story.roles()).toEqual({ Alice: 'owner', Carol: 'admin', Eve: 'reader' })

    const late = story.join('Bob.1', 'Frank', 'reader', [joined])
    const removal = story.remove('Alice.1', 'Bob', [carols, cheat])
    const { roles, lost } = story.told()
    expect(roles).toEqual({ Alice: 'owner', Carol: 'admin', Eve: 'reader' })
    expect(lost[late]).toEqual(['author-removed', removal])
  })

  it('nobody who left or was removed is back against their will', () => {
    const story = new Story(['Alice', 'Anna'])
    const invite = story.invite('Alice.1', 'writer', undefined, { uses: 5 })
    const revoke = story.revoke('Anna.1', invite, [invite])
    const admit = story.admit('Alice.1', invite, 'Carol', [invite])
    const back = story.say('Alice.1', 'READOPT', { admit }, [admit, revoke])
    expect(story.roles()).toMatchObject({ Carol: 'writer' })

    const left = story.say('Carol.1', 'LEAVE', {}, [back])
    story.refuse('Alice.1', 'READOPT', { admit })
    // nor by the invitation that she once accepted, were it still open
    const open = story.invite('Anna.1', 'reader', [back], { uses: 5 })
    story.refuse('Anna.1', 'ADMIT', admission(open, 'Carol'), [open, left])
    expect(story.roles()).toEqual({ Alice: 'owner', Anna: 'owner' })
  })

  it('after a removal Carol can be invited again, and removed again', () => {
    const story = new Story(['Alice'])
    const old = story.invite('Alice.1', 'writer', undefined, { uses: 5 })
    story.admit('Alice.1', old, 'Carol')
    story.remove('Alice.1', 'Carol')
    story.refuse('Alice.1', 'ADMIT', admission(old, 'Carol'))
    story.refuse('Alice.1', 'REMOVE', { person: 'Carol' })
    story.join('Alice.1', 'Carol', 'reader')
    expect(story.roles()).toEqual({ Alice: 'owner', Carol: 'reader' })

    story.remove('Alice.1', 'Carol')
    expect(story.roles()).toEqual({ Alice: 'owner' })
  })
})

describe('Invitations, and what is concurrent to their admissions', () => {
  it('Alice revokes Bob\'s invitation while he admits Carol by it: revoked; READOPT brings her in', () => {
    const story = new Story(['Alice'])
    story.join('Alice.1', 'Bob', 'admin')
    const invite = story.invite('Bob.1', 'writer')
    const revoke = story.revoke('Alice.1', invite, [invite])
    const admit = story.admit('Bob.1', invite, 'Carol', [invite])
    expect(story.told()).toEqual({ roles: { Alice: 'owner', Bob: 'admin' }, lost: { [admit]: ['revoked', revoke] } })

    story.say('Bob.1', 'READOPT', { admit }, [revoke, admit])
    expect(story.roles()).toEqual({ Alice: 'owner', Bob: 'admin', Carol: 'writer' })
  })

  it('Carol hangs on Bob, whose own admission is void: both are out, then both readopted', () => {
    const story = new Story(['Alice', 'Anna'])
    const invite = story.invite('Alice.1', 'admin')
    const revoke = story.revoke('Anna.1', invite, [invite])
    const bobs = story.admit('Alice.1', invite, 'Bob', [invite])
    const carols = story.join('Bob.1', 'Carol', 'writer', [bobs])
    const { roles, lost } = story.told()

    expect(roles).toEqual({ Alice: 'owner', Anna: 'owner' })
    expect(lost[bobs]).toEqual(['revoked', revoke])
    expect(lost[carols]).toEqual(['author-void', bobs])

    story.say('Alice.1', 'READOPT', { admit: bobs }, [revoke, carols])
    story.say('Alice.1', 'READOPT', { admit: carols })
    expect(story.roles()).toMatchObject({ Bob: 'admin', Carol: 'writer' })
  })

  it('Bob forks his chain and spends one use twice, long after Carol was promoted: Alice\'s word about her holds, one of the others goes', () => {
    const story = new Story(['Alice'])
    story.join('Alice.1', 'Bob', 'admin')
    const invite = story.invite('Bob.1', 'writer')
    story.admit('Bob.1', invite, 'Carol')
    story.setRole('Alice.1', 'Carol', 'admin')
    story.join('Carol.1', 'Dave', 'writer')
    story.admit('Bob.1', invite, 'Eve', [invite])
    const { roles, lost } = story.told()

    expect(roles).toMatchObject({ Carol: 'admin', Dave: 'writer' })
    expect(Object.values(lost)).toEqual([['uses']])
    expect(story.forked()).toEqual(['Bob.1'])
  })

  it('Alice\'s backup is restored, and she signs on from there: both sides stand, and the fork is told', () => {
    const story = new Story(['Alice'])
    const saved = story.join('Alice.1', 'Bob', 'writer')
    const lost = story.join('Alice.1', 'Carol', 'writer')
    story.setRole('Alice.1', 'Bob', 'admin')
    const restored = story.join('Alice.1', 'Dave', 'writer', [saved])
    const merged = story.setRole('Alice.1', 'Carol', 'reader', [story.last, lost])

    expect(story.told()).toEqual({ roles: { Alice: 'owner', Bob: 'admin', Carol: 'reader', Dave: 'writer' }, lost: {} })
    expect(story.forked()).toEqual(['Alice.1'])
    expect([restored, merged].every(name => story.isInEffect(name))).toBe(true)
  })
})

describe('A contact', () => {
  it('either may leave; nobody else can be brought in', () => {
    const story = new Story(['Alice'], 'contact')
    story.join('Alice.1', 'Bob', 'owner')
    story.say('Alice.1', 'LEAVE', {})
    expect(story.roles()).toEqual({ Bob: 'owner' })

    story.refuse('Bob.1', 'INVITE', inviteTo('owner'))
    story.refuse('Bob.1', 'REMOVE', { person: 'Alice' })
  })

  it('a revoked invitation makes room for one other', () => {
    const story = new Story(['Alice'], 'contact')
    const first = story.invite('Alice.1', 'owner')
    story.refuse('Alice.1', 'INVITE', inviteTo('owner'))
    story.revoke('Alice.1', first)
    story.join('Alice.1', 'Bob', 'owner')

    expect(story.roles()).toEqual({ Alice: 'owner', Bob: 'owner' })
  })

  it('Alice forks hers for two others: one of them is the contact, the same on every replica', () => {
    const story = new Story(['Alice'], 'contact')
    story.join('Alice.1', 'Bob', 'owner', ['o0'])
    story.join('Alice.1', 'Carol', 'owner', ['o0'])
    const { roles, lost } = story.told()

    expect(Object.keys(roles).length).toBe(2)
    expect(Object.values(lost)).toEqual([['uses']])
  })
})
