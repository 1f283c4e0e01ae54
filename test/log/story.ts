/** Stories of ops on chosen pasts. Each is told to replicas in several orders, which must all say what the reference says. */
import { expect } from 'vitest'
import { expected, said, take } from './agreement.js'
import { CAST, FAKES, fakeIdOf, keyNames } from './histories.js'
import { Narrator } from './narrator.js'
import type { Void } from '../../src/log/index.js'
import type { History } from '../../src/log/history.js'
import type { Kind, PartyKind, Role } from './reference-ops.js'

/** How a story ends. */
export interface End {
  roles: Record<string, Role>
  /** Ops without effect: why, and the op to blame, if there is one. */
  lost: Record<string, [Void['reason'], string?]>
}

export class Story extends Narrator {
  constructor (owners: string[], kind: PartyKind = 'group') {
    super(owners, kind)
  }

  override inviteTo (role: Role): object {
    return { ...inviteTo(role), lookupId: this.last }
  }

  override admissionOf (invite: string, person: string): object {
    return admission(invite, person)
  }

  override refuse (key: string, kind: Kind, payload: object, on?: string[], person?: string): string {
    const refused = super.refuse(key, kind, payload, on, person)
    this.told()

    return refused
  }

  /** Forward, backward and from the middle: all replicas agree with the reference, and on whom to blame. */
  told (): End {
    const { history } = this
    const [genesis, ...rest] = history.ops
    const middle = rest.length >> 1
    const ends = [rest, [...rest].reverse(), [...rest.slice(middle), ...rest.slice(0, middle)]].map((order) => {
      const log = take([genesis!, ...order])
      expect(said(log)).toEqual(expected(history))

      return this.#endOf(log)
    })

    expect(ends.slice(1)).toEqual([ends[0], ends[0]])

    return ends[0]!
  }

  roles (): End['roles'] {
    return this.told().roles
  }

  isInEffect (name: string): boolean {
    return this.told().lost[name] == null
  }

  /** Ops that no other one names as parent. */
  heads (): string[] {
    const kept = this.drafts.filter(({ id }) => this.memory.known.get(this.ids.get(id)!) != null)
    const taken = new Set(kept.flatMap(({ parents }) => parents))

    return kept.map(({ id }) => id).filter(id => !taken.has(id))
  }

  /** The level of a member. */
  level (person: string): number | undefined {
    return this.history.outcome.persons.get(fakeIdOf(person))?.level
  }

  /** Keys that stand for a person. */
  keys (person: string): string[] {
    const keys = this.history.outcome.keys.get(fakeIdOf(person)) ?? []

    return [...keys].filter(([, { stands }]) => stands).map(([key]) => keyNames.get(key)!).sort()
  }

  stands (person: string, key: string): boolean {
    return this.history.outcome.keys.get(fakeIdOf(person))?.get(FAKES.keyOf(key))?.stands === true
  }

  /** Keys that forked their chains. */
  forked (): string[] {
    return [...new Set(this.history.outcome.forks.map(({ author }) => keyNames.get(author)!))]
  }

  #endOf ({ view }: History): End {
    return {
      roles: Object.fromEntries(Object.keys(CAST).flatMap(name => [view.membershipOf(fakeIdOf(name))?.role ?? []].flat().map(role => [name, role]))),
      lost: Object.fromEntries([...view.lost].map(([{ id }, { reason, because }]) =>
        [this.names.get(id)!, because == null ? [reason] : [reason, this.names.get(because)!]]))
    }
  }
}

export function inviteTo (role: Role): object {
  return { role, uses: 1, hosts: [], lookupId: '', createdAt: 0, expiresAt: 0 }
}

export function admission (invite: string, person: string): object {
  return { invite, ...CAST[person], transcript: '', after: 0 }
}

/** A thief of Bob's laptop lets him leave, beside Alice's word that makes him an admin; the admin Dave removes him on top of both. */
export function thiefLeaves (): { story: Story, linked: string, leave: string, remove: string } {
  const story = new Story(['Alice'])
  story.admit('Alice.1', story.invite('Alice.1', 'admin'), 'Dave')
  story.admit('Alice.1', story.invite('Alice.1', 'writer'), 'Bob')
  const linked = story.link('Bob.1', 'Bob.2')
  const leave = story.say('Bob.2', 'LEAVE', {}, [linked], 'Bob')
  const promotion = story.say('Alice.1', 'SET_ROLE', { person: 'Bob', role: 'admin' }, [linked])
  const remove = story.say('Dave.1', 'REMOVE', { person: 'Bob' }, [leave, promotion])

  return { story, linked, leave, remove }
}
