import { TypedEventEmitter } from 'main-event'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { on } from '../../src/index.js'
import { createNetwork } from '../../src/testing/index.js'
import { join } from '../helpers/parties.js'
import type { Network } from '../../src/testing/index.js'

interface Ticks {
  tick: CustomEvent<number>
  tock: CustomEvent<string>
}

const tick = (clock: TypedEventEmitter<Ticks>, detail: number): void => { clock.safeDispatchEvent('tick', { detail }) }

describe('Events in a loop', () => {
  let network: Network

  beforeEach(() => { network = createNetwork({ meet: false }) })

  afterEach(async () => network.stop())

  it('tell of those who join, in order, and end with the loop', async () => {
    const [alice, bob, carol] = await Promise.all([network.node(), network.node(), network.node()])
    const party = await alice.services.parties.create({ name: 'Book club' })
    const joins = on(alice.services.parties, 'member:join')
    await join(party, bob)
    await join(party, carol)
    const seen: string[] = []

    for await (const { detail: { member } } of joins) {
      seen.push(member.peerId.toString())

      if (seen.length === 2) {
        break
      }
    }

    expect(seen).toEqual([bob.peerId.toString(), carol.peerId.toString()])
    expect(alice.services.parties.listenerCount('member:join')).toBe(0)
  })

  it('are of one type, from the call on; what comes before the loop does waits for it', async () => {
    const clock = new TypedEventEmitter<Ticks>()
    tick(clock, 0)
    const ticks = on(clock, 'tick')
    tick(clock, 1)
    clock.safeDispatchEvent('tock', { detail: 'not this one' })
    tick(clock, 2)
    expect((await ticks.next()).value?.detail).toBe(1)
    expect((await ticks.next()).value?.detail).toBe(2)
    const third = ticks.next()
    tick(clock, 3)
    expect((await third).value?.detail).toBe(3)
    await ticks.return?.()
    tick(clock, 4)
    expect(await ticks.next()).toMatchObject({ done: true })
    expect(clock.listenerCount('tick')).toBe(0)
  })

  it('end with the signal\'s reason, at once, while the loop waits or does not', async () => {
    const clock = new TypedEventEmitter<Ticks>()
    const reason = new Error('enough')
    const waiting = new AbortController()
    const ticks = on(clock, 'tick', { signal: waiting.signal })
    const next = ticks.next()
    waiting.abort(reason)
    await expect(next).rejects.toBe(reason)

    const busy = new AbortController()
    const more = on(clock, 'tick', { signal: busy.signal })
    tick(clock, 1)
    busy.abort(reason)
    await expect(more.next()).rejects.toBe(reason)
    expect(clock.listenerCount('tick')).toBe(0)
    expect(() => on(clock, 'tick', { signal: AbortSignal.abort(reason) })).toThrow(reason)
  })

  it('wait in no more than the places that there are: who is too slow is told, and not left with a gap', async () => {
    const clock = new TypedEventEmitter<Ticks>()
    const ticks = on(clock, 'tick', { maxWaiting: 3 })

    for (let nth = 1; nth <= 3; nth++) {
      tick(clock, nth)
    }

    expect((await ticks.next()).value?.detail).toBe(1)
    tick(clock, 4)
    expect((await ticks.next()).value?.detail).toBe(2)
    tick(clock, 5)
    tick(clock, 6)
    await expect(ticks.next()).rejects.toMatchObject({ name: 'EventsLostError', code: 'ERR_EVENTS_LOST' })
    expect(clock.listenerCount('tick')).toBe(0)
  })
})
