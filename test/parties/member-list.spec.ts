import { MemoryDatastore } from 'datastore-core'
import { describe, expect, it } from 'vitest'
import { MemberList } from '../../src/parties/member-list.js'
import { admit, inviteTo, party, people } from '../log/people.js'
import type { Person } from '../log/people.js'
import type { Profile } from '../../src/index.js'

function book (): { profiles: Map<string, Profile>, of: (speakers: { first: string }) => Profile } {
  const profiles = new Map<string, Profile>()

  return { profiles, of: ({ first }) => profiles.get(first) ?? {} }
}

describe('The list of members', () => {
  it('is what one made anew says, after each change, owners first', async () => {
    const names = ['Alice', 'Bob', 'Carol', 'Dave', 'Eve', 'Frank', 'Grace', 'Heidi']
    const [alice, ...others] = await people(...names) as [Person, ...Person[]]
    const log = await party(alice)
    const shown = book()
    const list = new MemberList(log, shown, () => false)
    const check = (): void => { expect(list.all).toEqual(new MemberList(log, shown, () => false).all) }
    check()

    for (const [i, other] of others.entries()) {
      await admit(log, other, i % 2 === 0 ? 'reader' : 'writer')

      // read after some, so that changes come alone and together
      if (i % 3 !== 0) {
        check()
      }
    }

    check()
    const [bob, carol, dave] = others as [Person, Person, Person]
    await log.append('SET_ROLE', { person: dave.id, role: 'admin' })
    check()
    expect(list.all.map(({ role }) => role).slice(0, 3)).toEqual(['owner', 'admin', 'writer'])
    await log.append('REMOVE', { person: bob.id })
    check()
    shown.profiles.set(carol.key, { displayName: 'Caro' })
    expect(list.showed(carol.key)).toBe(true)
    expect(list.showed(bob.key)).toBe(false)
    check()
    expect(list.all.filter(({ profile }) => profile.displayName === 'Caro')).toHaveLength(1)
  })

  it('stays the same array while no member changes, and the others stay the same objects when one does', async () => {
    const [alice, bob, carol] = await people('Alice', 'Bob', 'Carol') as [Person, Person, Person]
    const log = await party({ ...alice, datastore: new MemoryDatastore() })
    await admit(log, bob, 'writer')
    const list = new MemberList(log, book(), () => false)
    const before = list.all
    await log.append('INVITE', inviteTo('reader'))
    expect(list.all).toBe(before)
    await admit(log, carol, 'reader')
    expect(list.all).toHaveLength(3)
    expect(before).toHaveLength(2)
    expect(list.all[0]).toBe(before[0])
    expect(list.all[0]?.self).toBe(true)
  })
})
