/** One call, and what becomes of one of the writes that it leads to; then the same call again, and a restart. */
import { createNetwork, FailingStore } from '../../src/testing/index.js'
import { shownBy, tell } from './calls.js'
import type { Call } from './calls.js'
import type { Key } from 'interface-datastore'

/** What becomes of the write: nothing of it is written; its first entry is; the process is killed in its place, or right after it. */
export const ENDS = ['fails', 'half done', 'killed before', 'killed after'] as const

export type End = typeof ENDS[number]

export interface Played {
  /** Was there such a write? */
  isMet: boolean
  /** What must never be. */
  problem?: string
}

/** A store that tells of a write before and after it. */
class ToldStore extends FailingStore {
  onWrite: () => void = () => {}

  protected override decide (keys: Key[]): ReturnType<FailingStore['decide']> {
    if (keys.some(key => key.toString().startsWith('/plus-one/'))) {
      this.onWrite()
    }

    return super.decide(keys)
  }
}

/** Resolves once nothing is written for a while: some turns of the event loop. */
async function quiet (store: FailingStore): Promise<void> {
  for (let turns = 0, before = -1; turns < 20; turns++) {
    if (store.writes !== before) {
      [before, turns] = [store.writes, 0]
    }

    await new Promise(resolve => setTimeout(resolve, 0))
  }
}

/** @param nth - Of the call's writes, from 0 */
export async function play (call: Call, nth: number, end: End): Promise<Played> {
  const network = createNetwork({ meet: false })
  const store = new ToldStore()

  try {
    let alice = await network.node({ datastore: store })
    const told = await tell(network, alice)
    const before = await call.before?.(told)
    await quiet(store)
    let left = nth
    let isMet = false
    const killed = new Promise<void>((resolve) => {
      store.onWrite = () => {
        if (left-- === 0) {
          isMet = true

          if (end === 'killed before' || end === 'killed after') {
            const kill = (): void => {
              network.kill(alice)
              resolve()
            }

            if (end === 'killed before') {
              kill()
            } else {
              queueMicrotask(kill)
            }
          }
        }
      }
    })

    if (end === 'fails' || end === 'half done') {
      store.fail({ below: '/plus-one/', after: nth, times: 1, applied: end === 'fails' ? 0 : 1 })
    }

    const made = call.make(told, before).then(() => 'done', (err: Error) => err.name)
    const how = await Promise.race([made, killed.then(() => 'killed')])
    await (how === 'killed' ? undefined : quiet(store))
    store.recover()
    store.onWrite = () => {}

    if (end.startsWith('killed')) {
      // also where it has not come to that: then what was told to be done is there
      network.kill(alice)
      alice = await network.restart(alice)
    }

    const [party] = (await alice.services.parties.list()).filter(({ key }) => key === told.party.key)
    const again = how === 'done' ? how : await call.make({ ...told, alice: alice.services.parties, party: party ?? told.party }, before).then(() => 'done', (err: Error) => err.name)
    await quiet(store)
    const shown = await shownBy(alice)
    alice = await network.restart(alice)
    const after = await shownBy(alice)
    const problem = again !== 'done'
      ? `${how}; the same call again ended with ${again}`
      : alice.services.parties.damaged.length > 0
        ? `damaged: ${alice.services.parties.damaged.map(({ message }) => message).join('; ')}`
        : after !== shown ? `before the restart ${shown}, then ${after}` : undefined

    return { isMet, ...problem == null ? {} : { problem } }
  } finally {
    await network.stop()
  }
}

/** Each call, and each of its writes, with each end. @param most - Writes of a call */
export async function playAll (calls: Call[], ends: readonly End[], most: number, onPlayed: (title: string, played: Played) => void): Promise<void> {
  for (const call of calls) {
    for (const end of ends) {
      for (let nth = 0, isMet = true; isMet && nth < most; nth++) {
        const played = await play(call, nth, end)
        isMet = played.isMet
        onPlayed(`${call.name}, write ${nth + 1} ${end}`, played)
      }
    }
  }
}
