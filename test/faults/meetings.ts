/** Two members meet over log sync: what it came to, and what must never be. */
import { LOG_PROTOCOL } from '../../src/sync/constants.js'
import { Stage } from './stage.js'
import type { LocalParty } from '../../src/parties/party.js'
import type { TestNode } from '../../src/testing/index.js'
import type { Outcome, Played, Scenario, Strike } from './scenarios.js'
import type { Side } from './stage.js'

interface Meeting {
  name: string
  /** What each wrote while they were apart. Carol is an admin, and a member for Alice and Bob. */
  apart: (alice: LocalParty, bob: LocalParty) => Promise<void>
  /** Bob was admitted by Carol, and Alice has not heard of it. */
  stranger?: boolean
  /** Bob is no member any more. */
  removed?: boolean
}

async function join (stage: Stage, from: LocalParty, guest: TestNode, role: 'admin' | 'writer'): Promise<LocalParty> {
  const { code, pin } = await from.invite({ role })

  const joined = await guest.services.parties.redeem(code).setPin(pin) as LocalParty
  // what its admission rests on is more than the Grant shows: the first REKEY
  await stage.until(() => joined.log.synced)

  return joined
}

/** Until all that happens by itself has happened. */
async function play ({ apart, stranger = false, removed = false }: Meeting, strike?: Strike): Promise<Played> {
  const stage = await Stage.set()
  const { network, nodes } = stage
  const told: string[] = []
  const listen = (side: Side): void => {
    nodes[side].services.parties.addEventListener('fork', () => { told.push(`${side} was told of a fork`) })
    nodes[side].services.parties.addEventListener('void', () => { told.push(`${side} was told of a void op`) })
  }

  try {
    const key = (await nodes.alice.services.parties.create({ name: 'Book club' })).key
    const partyOf = async (side: Side): Promise<LocalParty> => await nodes[side].services.parties.open(key) as LocalParty
    const alice = await partyOf('alice')

    if (stranger) {
      const carol = await network.node({ clock: stage.clocks.bob })
      const hers = await join(stage, alice, carol, 'admin')
      network.partition([nodes.alice])
      await join(stage, hers, nodes.bob, 'writer')
      await carol.stop()
    } else {
      await join(stage, alice, nodes.bob, 'admin')
      network.partition([nodes.alice])
    }

    await apart(alice, await partyOf('bob'))
    listen('alice')
    listen('bob')
    stage.onBack = async (side) => { listen(side) }
    stage.watch(LOG_PROTOCOL, strike)
    network.partition()

    const inStep = async (): Promise<boolean> => {
      const [one, two] = await Promise.all([partyOf('alice'), partyOf('bob')])

      return removed
        ? two.log.member(two.log.self) == null
        : one.log.size === two.log.size && String([...one.log.heads].sort()) === String([...two.log.heads].sort())
    }
    const settled = async (): Promise<boolean> => {
      let now = false
      const look = (): void => { inStep().then((is) => { now = is }).catch(() => {}) }
      const looking = setInterval(look, 5)

      try {
        return await stage.until(() => now)
      } finally {
        clearInterval(looking)
      }
    }
    const dial = async (): Promise<void> => {
      await stage.killed?.back
      await nodes.bob.dial(nodes.alice.getMultiaddrs())
    }
    await dial()
    let outcome: Outcome = 'as ever'
    const together = await settled()

    if (strike != null && !stage.struck) {
      return { outcome: undefined, said: '', stage }
    }

    stage.stores.alice.recover()
    stage.stores.bob.recover()

    if (!together) {
      outcome = 'next connection'
      nodes.bob.getConnections().forEach((connection) => { connection.abort(new Error('They part, and meet again')) })
      await dial()

      if (!await settled()) {
        throw new Error(`They never come to the same log: Alice has ${(await partyOf('alice')).log.size} ops, Bob ${(await partyOf('bob')).log.size}`)
      }
    }

    if (told.length > 0) {
      throw new Error(told.join('; '))
    }

    return { outcome, said: '', stage }
  } finally {
    await stage.end()
  }
}

const meetings: Meeting[] = [
  { name: 'Alice and Bob wrote while they were apart', apart: async (alice, bob) => {
    await alice.invite()
    await bob.invite()
  } },
  { name: 'Alice has never heard of Bob', stranger: true, apart: async (alice) => { await alice.invite() } },
  { name: 'Alice removed Bob while he was away', removed: true, apart: async (alice, bob) => { await alice.remove(bob.self) } }
]

export const syncs: Scenario[] = meetings.map(meeting => ({ name: meeting.name, play: async strike => play(meeting, strike) }))
