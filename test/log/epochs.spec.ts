/** What the log says of the party's key: which REKEYs are current, for whom they are, and when another is owed. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { currentRekeys, indebted, recipientsOf } from '../../src/log/epochs.js'
import { isAncestor } from '../../src/log/entry.js'
import { Evaluation } from '../../src/log/evaluation.js'
import { keyStands } from '../../src/log/keys.js'
import { membershipIn } from '../../src/log/standing.js'
import { take } from './agreement.js'
import { keyNames, plans, shuffled, tell } from './histories.js'
import { linking, party, people } from './people.js'
import { Story } from './story.js'
import type { Entry } from '../../src/log/entry.js'
import type { History } from '../../src/log/history.js'
import type { Person } from '../../src/log/person.js'

const RUNS = Number(globalThis.process?.env.FUZZ ?? 40)

class Keys extends Story {
  rekey (key: string, on?: string[]): string {
    return this.say(key, 'REKEY', { commitment: 'ab'.repeat(32), wraps: 'cd'.repeat(32) }, on)
  }

  get log (): History {
    return take(this.history.ops)
  }

  current (): string[] {
    return currentRekeys(this.log).map(({ id }) => this.names.get(id)!).sort()
  }

  /** Who may know the secret, and should not. */
  owed (): string | undefined {
    const key = indebted(this.log)

    return key == null ? undefined : keyNames.get(key)
  }

  recipients (rekey?: string): string[] {
    const { log } = this
    const entry = rekey == null ? undefined : log.graph.get(this.ids.get(rekey)!)

    return recipientsOf(log, entry).map(key => keyNames.get(key)!).sort()
  }
}

/** Alice made the key; Bob and Carol came after. */
function inThree (): Keys {
  const story = new Keys(['Alice'])
  story.rekey('Alice.1')
  story.join('Alice.1', 'Bob', 'admin')
  story.join('Alice.1', 'Carol', 'writer')

  return story
}

describe('Whose key it is', () => {
  it('nobody\'s before the first REKEY: nothing is current, and nothing owed', () => {
    const story = new Keys(['Alice'])
    story.remove('Alice.1', 'Bob', [story.join('Alice.1', 'Bob', 'writer')])

    expect([story.current(), story.owed()]).toEqual([[], undefined])
  })

  it('who came after it was made has it by their Grant, and is none of its recipients', () => {
    const story = inThree()
    const [first] = story.current()

    expect(story.recipients(first)).toEqual(['Alice.1'])
    expect(story.recipients()).toEqual(['Alice.1', 'Bob.1', 'Carol.1'])
    expect(story.owed()).toBeUndefined()
  })

  it('Carol is removed, leaves, or is removed elsewhere: one is owed until it is paid by an owner or an admin', () => {
    for (const [key, kind, payload] of [['Bob.1', 'REMOVE', { person: 'Carol' }], ['Carol.1', 'LEAVE', {}]] as const) {
      const story = inThree()
      story.say(key, kind, payload)
      expect(story.owed()).toBe('Carol.1')

      const paid = story.rekey('Bob.1')
      expect([story.owed(), story.current(), story.recipients(paid)]).toEqual([undefined, [paid], ['Alice.1', 'Bob.1']])
    }
  })

  it('who came back has it again, and owes nothing', () => {
    const story = inThree()
    story.remove('Bob.1', 'Carol')
    story.join('Alice.1', 'Carol', 'reader')

    expect(story.owed()).toBeUndefined()
  })

  it('a phone that was unlinked, whether it was there before or came since; and what it linked', () => {
    const story = inThree()
    story.link('Bob.1', 'Bob.2')
    story.link('Bob.2', 'Bob.3')
    expect(story.owed()).toBeUndefined()
    story.rekey('Alice.1')
    story.unlink('Bob.1', 'Bob.2')
    expect(story.owed()).toBe('Bob.2')
    story.unlink('Bob.1', 'Bob.3')
    story.rekey('Bob.1')
    expect([story.owed(), story.recipients()]).toEqual([undefined, ['Alice.1', 'Bob.1', 'Carol.1']])
  })

  it('Alice removes Bob, Bob removes Carol, concurrently: both keys together are current, and another is owed by who meets', () => {
    const story = inThree()
    const start = story.last
    const alices = story.rekey('Alice.1', [story.remove('Alice.1', 'Bob', [start])])
    const bobs = story.rekey('Bob.1', [story.remove('Bob.1', 'Carol', [start])])

    // Bob's are void: he was removed concurrently
    expect(story.current()).toEqual([alices])
    expect(story.isInEffect(bobs)).toBe(false)
    expect(story.owed()).toBeUndefined()
  })

  it('two admins remove each one: no key alone is current, and the two together lack nobody', () => {
    const story = inThree()
    story.join('Alice.1', 'Dave', 'admin')
    const start = story.join('Alice.1', 'Eve', 'writer')
    const bobs = story.rekey('Bob.1', [story.remove('Bob.1', 'Carol', [start])])
    const daves = story.rekey('Dave.1', [story.remove('Dave.1', 'Eve', [start])])

    // Carol has Dave's, Eve has Bob's; nobody has both
    expect(story.current()).toEqual([bobs, daves].sort())
    expect([story.recipients(bobs).includes('Eve.1'), story.recipients(daves).includes('Carol.1')]).toEqual([true, true])
    expect(story.owed()).toBeDefined()
    const both = story.rekey('Alice.1', [bobs, daves])
    expect([story.current(), story.owed()]).toEqual([[both], undefined])
  })

  it('who was admitted concurrently to a REKEY, by what turned out void, may have a secret', () => {
    const story = inThree()
    const start = story.last
    const removal = story.remove('Alice.1', 'Bob', [start])
    const eves = story.join('Bob.1', 'Eve', 'writer', [start])
    const paid = story.rekey('Alice.1', [removal])

    expect(story.isInEffect(eves)).toBe(false)
    expect([story.current(), story.owed()]).toEqual([[paid], 'Eve.1'])
    story.rekey('Alice.1', [paid, eves])
    expect(story.owed()).toBeUndefined()
  })

  it('of a member with many keys the first 8 are sealed to', async () => {
    const [alice, ...devices] = await people('Alice', 'Bob', 'Carol', 'Dave', 'Eve', 'Frank', 'Grace', 'Heidi', 'Alice\'s laptop')
    const log = await party(alice!)

    for (const device of devices) {
      await log.append('LINK', await linking(log, device, alice!))
    }

    expect(log.keysOf(alice!.id)).toHaveLength(9)
    expect(log.recipients()).toEqual(log.keysOf(alice!.id).slice(0, 8))
  })
})

describe('Whatever was signed', () => {
  it('the current ones, their recipients and what is owed are what the definitions say, in every order', () => {
    fc.assert(fc.property(plans(24), (plan) => {
      const [genesis, ...rest] = tell(plan).ops
      const log = take([genesis!, ...rest])
      const other = take([genesis!, ...shuffled(rest, plan.order)])

      expect(ids(currentRekeys(other))).toEqual(ids(currentRekeys(log)))
      expect(ids(currentRekeys(log))).toEqual(ids(slowCurrent(log)))
      expect([indebted(log), indebted(other)].map(key => key != null)).toEqual(Array.from({ length: 2 }, () => slowOwed(log).size > 0))

      if (indebted(log) != null) {
        expect(slowOwed(log)).toContain(indebted(log))
      }
    }), { numRuns: RUNS })
  })

  it('so they are after each op, and when they are asked for now and then alone', () => {
    fc.assert(fc.property(plans(24), fc.array(fc.boolean(), { minLength: 1, maxLength: 8 }), (plan, asked) => {
      const [genesis, ...rest] = tell(plan).ops

      take([genesis!, ...shuffled(rest, plan.order)], (log) => {
        if (asked[log.graph.end % asked.length] === true) {
          expect(ids(currentRekeys(log))).toEqual(ids(slowCurrent(log)))
          const owed = slowOwed(log)
          const key = indebted(log)
          expect(key == null ? owed.size === 0 : owed.has(key)).toBe(true)
        }
      })
    }), { numRuns: RUNS })
  })
})

function ids (entries: readonly Entry[]): string[] {
  return entries.map(({ id }) => id).sort()
}

function slowCurrent (log: History): Entry[] {
  const evaluation = new Evaluation(log.graph)
  const inEffect = log.graph.entries.filter(entry => entry.kind === 'REKEY' && evaluation.voidOf(entry) == null)

  return inEffect.filter(entry => !inEffect.some(other => isAncestor(entry, other)))
}

/** All keys of devices that stand for somebody, by the ops in some past alone. */
function slowStanding (log: History, before?: Entry): Set<string> {
  const evaluation = new Evaluation(log.graph, before?.ancestors)
  const isMember = (person: Person): boolean => membershipIn(evaluation, person) != null

  return new Set([...log.graph.persons()].filter(isMember).flatMap(person => [person.first, ...person.links?.keys() ?? []].filter(key => key !== person.recovery && keyStands(evaluation, person, key))))
}

function slowOwed (log: History): Set<string> {
  const now = slowStanding(log)
  const had = slowCurrent(log).flatMap((rekey) => {
    // a recovery key is no device of the same person's; another may have it as one
    const named = log.graph.entries.filter(entry => !isAncestor(entry, rekey) && (entry.kind === 'ADMIT' || entry.kind === 'LINK'))
      .flatMap(({ kind, key, person, speaker }) => key == null || log.graph.person((kind === 'LINK' ? speaker : person) ?? '')?.recovery === key ? [] : [key])

    return [...slowStanding(log, rekey), ...named]
  })
  // who is a member's recovery key stands for that member
  const words = new Set([...log.graph.persons()].flatMap(person => log.view.membershipOf(person.id) == null ? [] : person.recovery ?? []))

  return new Set(had.filter(key => !now.has(key) && !words.has(key)))
}
