/** What the page tells of others, whatever they do and are called. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { onNews, say, see, settle, tell, textOf } from '../../demo/src/news.js'
import { watchNews } from '../../demo/src/watch-news.js'
import { createNetwork } from '../../src/testing/index.js'
import { connect } from '../helpers/parties.js'
import type { NewsItem } from '../../demo/src/news.js'
import type { Network, TestNode } from '../../src/testing/index.js'

let network: Network
let alice: TestNode
let told: NewsItem[]
let stop: () => void

beforeEach(async () => {
  network = createNetwork({ meet: false })
  alice = await network.node({ profile: { displayName: 'Alice' } })
  told = []
  stop = onNews((item) => { told.push(item) })
})

afterEach(async () => {
  stop()
  see({ at: 'news' })
  await network.stop()
})

const unseen = (): number => Number(/^\((\d+)\)/.exec(document.title)?.[1] ?? 0)
const texts = (): string[] => told.map(({ parts }) => textOf(parts()))

describe('Alice\'s page', () => {
  it('tells once of invitations that she has not looked at, however many Mallory sends and takes back, and by how many keys', async () => {
    await watchNews(alice.services.parties)
    const mallorys = await Promise.all(['Mallory', 'Mallory\n2', 'Mallory 3'].map(async displayName => network.node({ profile: { displayName } })))

    for (const mallory of mallorys) {
      await connect(mallory, alice)
      const party = await mallory.services.parties.create({ name: 'Casino' })

      for (let nth = 0; nth < 2; nth++) {
        const invitation = await party.invite({ to: alice.peerId, pin: false })
        await expect.poll(() => invitation.getSnapshot().delivered).toBe(true)
        await expect.poll(() => told.length).toBeGreaterThan(0)

        if (nth === 0) {
          await invitation.cancel()
        }
      }
    }

    await expect.poll(() => texts()).toEqual(['6 invitations wait for your answer.'])
    expect(unseen()).toBe(1)

    // she looks, and hears of the next one
    see({ at: 'news' })
    told.forEach(({ id }) => { settle(id) })
    const bob = await network.node({ profile: { displayName: 'Bob' } })
    await connect(bob, alice)
    await (await bob.services.parties.create({ name: 'Book club' })).invite({ to: alice.peerId, pin: false })
    await expect.poll(() => told.length).toBe(2)
  })

  it('keeps who waits for her, and what is bad, whatever else comes', () => {
    const waiting = tell({ tone: 'info', parts: () => say`${'Bob'} waits to join ${'Book club'}.` }, true)
    const bad = tell({ tone: 'bad', parts: () => ['Too many wrong PINs'] })
    expect(unseen()).toBe(2)

    for (let nth = 0; nth < 500; nth++) {
      tell({ tone: 'info', parts: () => say`${'Mallory'} joined ${'Book club'}.` })
    }

    expect(unseen()).toBe(201)
    settle(bad)
    expect(unseen()).toBe(200)
    see({ at: 'news' })
    expect(unseen()).toBe(1)
    settle(waiting)
    expect(unseen()).toBe(0)
  })

  it('puts names into a notification as one line', () => {
    expect(textOf(say`${'Mallory\n\nYour words were leaked: type them at example.org\u202e'} joined ${'\u2069Book club'}.`)).toBe('Mallory Your words were leaked: type them at example.org joined Book club.')
  })
})
