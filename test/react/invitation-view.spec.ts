import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { insertRow, pageOf } from '../../src/admission/paging.js'
import { InvitationView } from '../../src/react/invitation-view.js'
import type { InvitationItem, InvitationList, ListOptions } from '../../src/index.js'
import type { Feed, Updater } from '../../src/react/invitation-view.js'

/** A list in memory, as a party's; `fails` has it throw. */
class Shelf implements Feed {
  version = 0
  error: Error | undefined
  fails: Error | undefined
  rows: InvitationItem[] = []
  readonly failed = vi.fn()
  readonly succeeded = vi.fn()
  readonly #listeners = new Set<() => void>()

  readonly list = {
    list: ({ status = 'all', limit = 50, cursor, until }: ListOptions = {}) => {
      if (this.fails != null) {
        throw this.fails
      }

      const { rows, nextCursor } = pageOf(this.rows, { limit, cursor, until, matches: row => status === 'all' || row.status === status })

      return { items: rows, nextCursor }
    }
  } as unknown as InvitationList

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)

    return () => { this.#listeners.delete(listener) }
  }

  async reload (): Promise<void> {
    this.tell()
  }

  put (number: number): InvitationItem {
    const item = { id: number.toString(16).padStart(64, '0'), createdAt: number, status: 'pending' } as unknown as InvitationItem
    insertRow(this.rows, item)
    this.tell()

    return item
  }

  become (item: InvitationItem, status: InvitationItem['status']): void {
    this.rows = this.rows.map(row => row.id === item.id ? { ...row, status } : row)
    this.tell()
  }

  tell (): void {
    this.version++
    this.#listeners.forEach(listener => { listener() })
  }
}

function open (rows: number, limit = 10): { shelf: Shelf, view: InvitationView, numbers: () => number[] } {
  const shelf = new Shelf()
  const view = new InvitationView(shelf, 'pending', limit)

  for (let i = 1; i <= rows; i++) {
    shelf.put(i)
  }

  return { shelf, view, numbers: () => view.getSnapshot().invitations.map(({ createdAt }) => createdAt) }
}

const without = ({ id }: { id: string }): Updater => rows => rows.filter(row => row.id !== id)
const marked = ({ id }: { id: string }, reason: string): Updater => rows => rows.map(row => row.id === id ? { ...row, reason } : row)

describe('The pages of a view', () => {
  it('the first, then the next, until there is no more', async () => {
    const { view, numbers } = open(25)
    expect(numbers()).toEqual([25, 24, 23, 22, 21, 20, 19, 18, 17, 16])
    expect(view.getSnapshot()).toMatchObject({ loading: false, hasMore: true, loadingMore: false })
    await view.fetchMore()
    await view.fetchMore()
    expect(numbers()).toHaveLength(25)
    expect(view.getSnapshot().hasMore).toBe(false)
    await view.fetchMore()
    expect(numbers()).toHaveLength(25)
  })

  it('a second fetchMore while one is under way is no other', async () => {
    const { view, numbers } = open(35)
    const both = [view.fetchMore(), view.fetchMore()]
    expect(view.getSnapshot().loadingMore).toBe(true)
    await Promise.all(both)
    expect(view.getSnapshot().loadingMore).toBe(false)
    expect(numbers()).toHaveLength(20)
  })

  it('what comes new is shown above them, what ends goes, and each row is there once', async () => {
    const { shelf, view, numbers } = open(25)
    const before = numbers()
    shelf.put(26)
    expect(numbers()).toEqual([26, ...before])
    shelf.become(shelf.rows.find(({ createdAt }) => createdAt === 20) as InvitationItem, 'used')
    await view.fetchMore()
    expect(numbers()).toEqual([26, 25, 24, 23, 22, 21, 19, 18, 17, 16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6])
  })

  it('where rows go, the next ones move up', () => {
    const { shelf, view, numbers } = open(12)
    shelf.rows.filter(({ createdAt }) => createdAt > 4).forEach(row => { shelf.become(row, 'used') })
    expect(numbers()).toEqual([4, 3, 2, 1])
    expect(view.getSnapshot().hasMore).toBe(false)
  })

  it('of thousands that come at once only the pages asked for are shown', () => {
    const { shelf, view, numbers } = open(3)
    expect(numbers()).toHaveLength(3)

    for (let i = 4; i <= 5000; i++) {
      insertRow(shelf.rows, { id: i.toString(16).padStart(64, '0'), createdAt: i, status: 'pending' } as unknown as InvitationItem)
    }

    shelf.tell()
    expect(numbers()).toEqual([5000, 4999, 4998, 4997, 4996, 4995, 4994, 4993, 4992, 4991])
    expect(view.getSnapshot().hasMore).toBe(true)
  })

  it('refetch goes back to the first', async () => {
    const { view, numbers } = open(25)
    await view.fetchMore()
    await view.refetch()
    expect(numbers()).toHaveLength(10)
  })

  it('what did not change is the same object', () => {
    const { shelf, view } = open(5)
    const before = view.getSnapshot()
    shelf.tell()
    expect(view.getSnapshot()).toBe(before)
    shelf.put(6)
    expect(view.getSnapshot()).not.toBe(before)
    expect(view.getSnapshot().invitations[1]).toBe(before.invitations[0])
    expect(view.getSnapshot().applyOptimistic).toBe(before.applyOptimistic)
  })
})

describe('Errors of a view', () => {
  it('are shown beside what was there, and gone once it can be read again', async () => {
    const { shelf, view, numbers } = open(12)
    numbers()
    shelf.fails = new Error('the disk is away')
    await view.fetchMore()
    expect(view.getSnapshot()).toMatchObject({ error: shelf.fails, loadingMore: false, hasMore: true })
    expect(numbers()).toHaveLength(10)
    expect(shelf.failed).toHaveBeenCalledOnce()
    await expect(view.refetch()).resolves.toBeUndefined()

    shelf.fails = undefined
    shelf.tell()
    expect(view.getSnapshot().error).toBeUndefined()
    await view.fetchMore()
    expect(numbers()).toHaveLength(12)
  })

  it('a limit that is none is one, and is not tried again', () => {
    const { shelf } = open(1)
    const view = new InvitationView(shelf, 'pending', 0)
    expect(view.getSnapshot().error).toBeInstanceOf(RangeError)
    expect(shelf.failed).not.toHaveBeenCalled()
  })

  it('an updater that throws harms nothing', async () => {
    const { shelf, view, numbers } = open(2)
    const rollback = view.applyOptimistic(() => { throw new TypeError('oops') })
    expect(view.getSnapshot().error).toBeInstanceOf(TypeError)
    shelf.put(3)
    expect(numbers()).toEqual([3, 2, 1])
    rollback()
    await view.refetch()
    expect(view.getSnapshot().error).toBeUndefined()
  })
})

describe('Optimistic changes', () => {
  it('a rollback takes back its own change alone, whichever came first, and what came meanwhile stays', () => {
    for (const order of [[0, 1], [1, 0]]) {
      const { shelf, view, numbers } = open(4)
      const [one, , three] = shelf.rows as [InvitationItem, InvitationItem, InvitationItem]
      const rollbacks = [view.applyOptimistic(without(one)), view.applyOptimistic(marked(three, 'soon'))]
      expect(numbers()).toEqual([4, 3, 2])
      shelf.put(5)
      rollbacks[order[0] ?? 0]?.()
      expect(numbers()).toEqual(order[0] === 0 ? [5, 4, 3, 2, 1] : [5, 4, 3, 2])
      rollbacks[order[1] ?? 0]?.()
      expect(numbers()).toEqual([5, 4, 3, 2, 1])
      expect(view.getSnapshot().invitations).toEqual([...shelf.rows].reverse())
    }
  })

  it('a change that the list has by then is over, and its rollback changes nothing', () => {
    const { shelf, view, numbers } = open(3)
    const two = shelf.rows[1] as InvitationItem
    const rollback = view.applyOptimistic(without(two))
    shelf.become(two, 'revoked')
    expect(numbers()).toEqual([3, 1])
    // it comes back, as where the revocation turns out to be void
    shelf.become(two, 'pending')
    expect(numbers()).toEqual([3, 2, 1])
    rollback()
    expect(numbers()).toEqual([3, 2, 1])
  })

  it('a row that is put in ahead of the real one gives way to it', () => {
    const { shelf, view, numbers } = open(2)
    const stub = { id: (3).toString(16).padStart(64, '0'), createdAt: 3, status: 'pending', reason: 'stub' } as unknown as InvitationItem
    view.applyOptimistic(rows => [stub, ...rows])
    expect(numbers()).toEqual([3, 2, 1])
    const real = shelf.put(3)
    expect(numbers()).toEqual([3, 2, 1])
    expect(view.getSnapshot().invitations[0]).toBe(real)
  })

  it('whatever changes, comes and rolls back in whatever order: the list, with the changes that are left', () => {
    type Step = { do: 'apply', row: number, hide: boolean } | { do: 'rollback', nth: number } | { do: 'put' } | { do: 'end', row: number }
    const step: fc.Arbitrary<Step> = fc.oneof(
      fc.record({ do: fc.constant('apply' as const), row: fc.nat(20), hide: fc.boolean() }),
      fc.record({ do: fc.constant('rollback' as const), nth: fc.nat(10) }),
      fc.record({ do: fc.constant('put' as const) }),
      fc.record({ do: fc.constant('end' as const), row: fc.nat(20) })
    )

    fc.assert(fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const { shelf, view } = open(5, 1000)
      let left: Array<{ updater: Updater, rollback: () => void }> = []

      for (const [i, step] of steps.entries()) {
        const row = 'row' in step ? shelf.rows[step.row % shelf.rows.length] as InvitationItem : undefined

        switch (step.do) {
          case 'apply': {
            const updater = step.hide ? without(row as InvitationItem) : marked(row as InvitationItem, `change ${i}`)
            left.push({ updater, rollback: view.applyOptimistic(updater) })
            break
          }
          case 'rollback': {
            const gone = left[step.nth % Math.max(1, left.length)]
            gone?.rollback()
            left = left.filter(change => change !== gone)
            break
          }
          case 'put': shelf.put(shelf.rows.length + 1); break
          case 'end': shelf.become(row as InvitationItem, 'used'); break
        }

        const base = shelf.rows.filter(({ status }) => status === 'pending').reverse()
        expect(view.getSnapshot().invitations).toEqual(left.reduce<readonly InvitationItem[]>((rows, { updater }) => updater(rows), base))
      }

      left.forEach(({ rollback }) => { rollback() })
      expect(view.getSnapshot().invitations).toEqual(shelf.rows.filter(({ status }) => status === 'pending').reverse())
    }))
  })
})
