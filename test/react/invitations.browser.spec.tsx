import { generateKeyPair } from '@libp2p/crypto/keys'
import { act, cleanup, fireEvent, render, screen, waitFor, within } from '@testing-library/react'
import { MemoryDatastore } from 'datastore-core'
import { StrictMode } from 'react'
import { renderToString } from 'react-dom/server'
import { hydrateRoot } from 'react-dom/client'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { PartiesProvider, useInvitations } from '../../src/react/index.js'
import { createNetwork, FakeClock } from '../../src/testing/index.js'
import { inviteMany } from '../helpers/invitations.js'
import { connect, wrongPin } from '../helpers/parties.js'
import './patience.js'
import type { UseInvitationsOptions, UseInvitationsResult } from '../../src/react/index.js'
import type { Party } from '../../src/index.js'
import type { LocalParty } from '../../src/parties/party.js'
import type { Network, TestNode } from '../../src/testing/index.js'
import type { ReactNode } from 'react'

const HOUR = 3_600_000

let network: Network
let clock: FakeClock
let alice: TestNode
let bob: TestNode
let party: Party

beforeEach(async () => {
  network = createNetwork()
  clock = new FakeClock()
  ;[alice, bob] = await Promise.all([network.node({ clock }), network.node({ clock })])
  party = await alice.services.parties.create({ name: 'Book club' })
})

afterEach(async () => {
  cleanup()
  vi.useRealTimers()
  await network.stop()
})

function At ({ node, children }: { node: TestNode, children: ReactNode }) {
  return <StrictMode><PartiesProvider node={node}>{children}</PartiesProvider></StrictMode>
}

/** What the hook of each list gave last. */
const results = new Map<string, UseInvitationsResult>()

function List ({ name, of = party.key, ...options }: UseInvitationsOptions & { name: string, of?: string }) {
  const result = useInvitations(of, options)
  const { invitations, loading, loadingMore, hasMore, error, fetchMore } = result
  results.set(name, result)

  return (
    <section aria-label={name}>
      <output>{loading ? 'loading' : loadingMore ? 'loading more' : hasMore ? 'more' : 'all'}</output>
      <em>{error?.name}</em>
      <ul>
        {invitations.map(({ id, status, usedBy }) => <li key={id} data-id={id}>{[status, ...usedBy.map(({ peerId, at }) => `${peerId.toString()} at ${at}`)].join(' ')}</li>)}
      </ul>
      <button onClick={() => { fetchMore().catch(() => {}) }}>more</button>
    </section>
  )
}

const list = (name: string) => within(screen.getByRole('region', { name }))
const rows = (name: string): string[] => list(name).queryAllByRole('listitem').map(({ dataset }) => dataset['id'] ?? '')
const texts = (name: string): string[] => list(name).queryAllByRole('listitem').map(({ textContent }) => textContent)
const state = (name: string): string => list(name).getByRole('status').textContent
const error = (name: string): string => screen.getByRole('region', { name }).querySelector('em')?.textContent ?? ''
const result = (name: string): UseInvitationsResult => results.get(name) as UseInvitationsResult
const more = (name: string): void => { fireEvent.click(list(name).getByRole('button')) }

async function join (node: TestNode, role: 'admin' | 'writer' = 'writer'): Promise<Party> {
  const { code, pin } = await party.invite({ role })
  const joined = await node.services.parties.redeem(code).setPin(pin)
  await vi.waitFor(() => { expect(joined.synced).toBeDefined() })

  return joined
}

describe('A page shows the invitations of a party', () => {
  it('an open code is used: it leaves the pending ones, and the used ones show who and when', async () => {
    const { id, code, pin } = await party.invite()
    render(
      <At node={alice}>
        <List name="pending" />
        <List name="used" status="used" />
      </At>
    )
    await waitFor(() => { expect(rows('pending')).toEqual([id]) })
    expect(result('pending').invitations[0]?.code).toBe(code)
    clock.advance(1000)
    await bob.services.parties.redeem(code).setPin(pin)

    await waitFor(() => { expect(texts('used')).toEqual([`used ${bob.peerId.toString()} at ${clock.now()}`]) })
    expect(rows('pending')).toEqual([])
  })

  it('one by another admin comes, is revoked by a third, declined, or locked: each at once', async () => {
    const carol = await network.node({ clock })
    const [bobs, carols] = [await join(bob, 'admin'), await join(carol, 'admin')]
    await connect(bob, carol)
    render(
      <At node={alice}>
        <List name="pending" />
        <List name="revoked" status="revoked" />
        <List name="declined" status="declined" />
        <List name="locked" status="locked" />
      </At>
    )

    const [revoked, declined, locked] = [await bobs.invite(), await bobs.invite(), await carols.invite()]
    await waitFor(() => { expect(rows('pending').sort()).toEqual([revoked.id, declined.id, locked.id].sort()) })
    const dave = await network.node({ clock })

    await vi.waitFor(async () => carols.revoke(revoked.id, { reason: 'full' }))
    await waitFor(() => { expect(rows('revoked')).toEqual([revoked.id]) })
    expect(result('revoked').invitations[0]).toMatchObject({ revokedBy: carol.peerId, reason: 'full' })

    await dave.services.parties.decline(declined.code, 'no')
    await waitFor(() => { expect(rows('declined')).toEqual([declined.id]) })

    const redemption = dave.services.parties.redeem(locked.code)

    for (const nth of [1, 2, 3]) {
      await redemption.setPin(wrongPin(locked, nth)).catch(() => {})
    }

    await waitFor(() => { expect(rows('locked')).toEqual([locked.id]) })
    expect(rows('pending')).toEqual([])
  })

  it('one expires: its row moves at that moment, by a timer', async () => {
    const [soon, later] = [await party.invite({ expiration: clock.now() + HOUR }), await party.invite({ expiration: clock.now() + 2 * HOUR })]
    render(
      <At node={alice}>
        <List name="pending" />
        <List name="expired" status="expired" />
      </At>
    )
    await waitFor(() => { expect(rows('pending')).toHaveLength(2) })

    act(() => { clock.advance(HOUR - 1) })
    expect(rows('expired')).toEqual([])
    await act(async () => { clock.advance(1) })
    await waitFor(() => { expect(rows('expired')).toEqual([soon.id]) })
    expect(rows('pending')).toEqual([later.id])
  })

  it('by pages; those that come between are shown above, and none twice', async () => {
    const ids: string[] = []

    for (let i = 0; i < 5; i++) {
      clock.advance(1)
      ids.unshift((await party.invite()).id)
    }

    render(<At node={alice}><List name="pending" limit={2} /></At>)
    await waitFor(() => { expect(rows('pending')).toEqual(ids.slice(0, 2)) })
    expect(state('pending')).toBe('more')
    clock.advance(1)
    await act(async () => { ids.unshift((await party.invite()).id) })
    await waitFor(() => { expect(rows('pending')).toEqual(ids.slice(0, 3)) })

    await act(async () => Promise.all([result('pending').fetchMore(), result('pending').fetchMore()]))
    expect(rows('pending')).toEqual(ids.slice(0, 5))
    more('pending')
    await waitFor(() => { expect(state('pending')).toBe('all') })
    expect(rows('pending')).toEqual(ids)
    await act(async () => result('pending').refetch())
    expect(rows('pending')).toEqual(ids.slice(0, 2))
  })

  it('a change is shown before it is made; taken back, what came meanwhile stays', async () => {
    const [one, two] = [await party.invite(), await party.invite()]
    render(<At node={alice}><List name="pending" /></At>)
    await waitFor(() => { expect(rows('pending')).toHaveLength(2) })
    const rollbacks: Array<() => void> = []
    act(() => { rollbacks.push(...[one, two].map(({ id }) => result('pending').applyOptimistic(rows => rows.filter(row => row.id !== id)))) })
    expect(rows('pending')).toEqual([])

    clock.advance(1)
    const three = await party.invite()
    await two.cancel()
    await waitFor(() => { expect(rows('pending')).toEqual([three.id]) })
    act(() => { rollbacks[0]?.() })
    expect(rows('pending')).toEqual([three.id, one.id])
    act(() => { rollbacks[1]?.() })
    expect(rows('pending')).toEqual([three.id, one.id])
  })
})

describe('Its subscription', () => {
  it('is one for all hooks of a party; another filter keeps it, another party has its own', async () => {
    const choir = await alice.services.parties.create({ name: 'Choir' })
    const { id } = await choir.invite()
    const mine = await party.invite()
    const ended = vi.fn()
    const began = [party, choir].map(({ invitations }) => {
      const subscribe = invitations.subscribe

      return vi.spyOn(invitations, 'subscribe').mockImplementation((listener) => {
        const end = subscribe(listener)

        return () => {
          ended()
          end()
        }
      })
    })
    const page = render(
      <At node={alice}>
        <List name="one" />
        <List name="two" status="all" limit={3} />
      </At>
    )
    await waitFor(() => { expect(rows('one')).toEqual([mine.id]) })
    expect(began[0]).toHaveBeenCalledOnce()

    page.rerender(
      <At node={alice}>
        <List name="one" status="revoked" />
        <List name="two" status="pending" limit={5} />
      </At>
    )
    expect(rows('one')).toEqual([])
    expect(rows('two')).toEqual([mine.id])
    await act(async () => mine.cancel())
    await waitFor(() => { expect(rows('one')).toEqual([mine.id]) })
    expect(began[0]).toHaveBeenCalledOnce()
    expect(ended).not.toHaveBeenCalled()

    page.rerender(
      <At node={alice}>
        <List name="one" of={choir.key} />
        <List name="two" of={choir.key} status="all" />
      </At>
    )
    await waitFor(() => { expect(rows('one')).toEqual([id]) })
    expect(began[1]).toHaveBeenCalledOnce()
    expect(ended).toHaveBeenCalledOnce()

    page.unmount()
    await vi.waitFor(() => { expect(ended).toHaveBeenCalledTimes(2) })
  })

  it('goes on when the node was stopped and started again', async () => {
    const one = await party.invite()
    render(<At node={alice}><List name="pending" /></At>)
    await waitFor(() => { expect(rows('pending')).toEqual([one.id]) })
    await act(async () => {
      await alice.stop()
      await alice.start()
    })
    clock.advance(1)
    const again = await alice.services.parties.open(party.key)
    expect(again).toBe(party)
    const two = await again.invite()
    await waitFor(() => { expect(rows('pending')).toEqual([two.id, one.id]) })
    expect(error('pending')).toBe('')
  })

  it('goes on with another node that has the same store', async () => {
    const [datastore, privateKey] = [new MemoryDatastore(), await generateKeyPair('Ed25519')]
    const first = await network.node({ clock, datastore, privateKey })
    const choir = await first.services.parties.create({ name: 'Choir' })
    const { id } = await choir.invite()
    const page = render(<At node={first}><List name="pending" of={choir.key} /></At>)
    await waitFor(() => { expect(rows('pending')).toEqual([id]) })
    await first.stop()

    const second = await network.node({ clock, datastore, privateKey })
    page.rerender(<At node={second}><List name="pending" of={choir.key} /></At>)
    await waitFor(() => { expect(rows('pending')).toEqual([id]) })
    await (await second.services.parties.open(choir.key)).revoke(id)
    await waitFor(() => { expect(rows('pending')).toEqual([]) })
  })

  it('a store that cannot be read is an error, beside what was shown; it is tried again and goes by itself', async () => {
    const one = await party.invite()
    render(<At node={alice}><List name="pending" /></At>)
    await waitFor(() => { expect(rows('pending')).toEqual([one.id]) })
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const failing = vi.spyOn(party.invitations, 'list').mockImplementation(() => { throw Object.assign(new Error('disk away'), { name: 'StorageError' }) })

    await act(async () => { await expect(result('pending').refetch()).resolves.toBeUndefined() })
    expect(error('pending')).toBe('StorageError')
    expect(rows('pending')).toEqual([one.id])
    await act(async () => vi.advanceTimersByTimeAsync(3_500))
    expect(error('pending')).toBe('StorageError')

    failing.mockRestore()
    await act(async () => vi.advanceTimersByTimeAsync(5_000))
    expect(error('pending')).toBe('')
    expect(rows('pending')).toEqual([one.id])
  })

  it('parties that cannot be loaded are an error, until they can', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const failing = vi.spyOn(bob.services.parties, 'list').mockRejectedValue(Object.assign(new Error('disk away'), { name: 'StorageError' }))
    const choir = await bob.services.parties.create({ name: 'Choir' })
    render(<At node={bob}><List name="pending" of={choir.key} /></At>)
    await act(async () => vi.advanceTimersByTimeAsync(0))
    expect(error('pending')).toBe('StorageError')
    failing.mockRestore()
    await act(async () => vi.advanceTimersByTimeAsync(1_000))
    expect(error('pending')).toBe('')
    expect(state('pending')).toBe('all')
  })

  it('a party that is not here is an error, until it is joined', async () => {
    render(<At node={bob}><List name="pending" /></At>)
    expect(state('pending')).toBe('loading')
    await waitFor(() => { expect(error('pending')).toBe('StorageError') })
    const { code, pin } = await party.invite({ role: 'admin' })
    const { id } = await party.invite()
    await bob.services.parties.redeem(code).setPin(pin)
    await waitFor(() => { expect(rows('pending')).toEqual([id]) })
    expect(error('pending')).toBe('')
  })
})

describe('On a server', () => {
  it('it renders as loading, and a browser goes on from there', async () => {
    const { id } = await party.invite()
    const page = <At node={alice}><List name="pending" /></At>
    const container = document.createElement('div')
    container.innerHTML = renderToString(page)
    expect(container.querySelector('output')?.textContent).toBe('loading')
    document.body.append(container)
    const onRecoverableError = vi.fn()
    const root = await act(async () => hydrateRoot(container, page, { onRecoverableError }))
    await waitFor(() => { expect(rows('pending')).toEqual([id]) })
    expect(onRecoverableError).not.toHaveBeenCalled()
    act(() => { root.unmount() })
    container.remove()
  })
})

describe('A party with 10,000 invitations', () => {
  it('shows a page, then the next: of those beyond, at most the next is ever made into an item', async () => {
    const privateKey = await generateKeyPair('Ed25519')
    const node = await network.node({ clock, privateKey })
    const large = await node.services.parties.create({ name: 'Fair', kind: 'community' })
    const ids = (await inviteMany((large as LocalParty).log, privateKey, 10_000, clock.now())).reverse()
    const made = new Set<string>()
    const list = large.invitations.list.bind(large.invitations)
    vi.spyOn(large.invitations, 'list').mockImplementation((options) => {
      const page = list(options)
      page.items.forEach(item => made.add(item.id))

      return page
    })

    render(<At node={node}><List name="pending" of={large.key} limit={50} /></At>)
    await waitFor(() => { expect(rows('pending')).toEqual(ids.slice(0, 50)) })
    expect(made.size).toBeLessThanOrEqual(51)
    expect(state('pending')).toBe('more')

    more('pending')
    await waitFor(() => { expect(rows('pending')).toEqual(ids.slice(0, 100)) })
    expect(made.size).toBeLessThanOrEqual(101)

    // one comes and one goes, far below: nothing else is made
    await act(async () => large.revoke(ids[9_000] ?? ''))
    clock.advance(1)
    await act(async () => { await large.invite() })
    await waitFor(() => { expect(rows('pending')).toHaveLength(101) })
    expect(made.size).toBeLessThanOrEqual(102)
  })
})
