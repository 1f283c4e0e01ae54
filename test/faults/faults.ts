/** What can go wrong at one message, and at which side. */
import { lengthLength } from './messages.js'
import type { Side, Stage } from './stage.js'
import type { Fate, Message } from '../../src/testing/index.js'

export interface Fault {
  name: string
  /** Whom it befalls, where it is not the message itself. */
  at?: Side
  /** Does it, as the message is sent; what becomes of that. */
  strike: (message: Message, stage: Stage) => Fate | Promise<Fate>
}

/** Longer than any side waits for the other or for a person, and shorter than the invitation lives, ms. */
const LATE = 660_000

/** How far a clock is set, ms: longer than the invitation lives. */
const JUMP = 86_400_000

const kill = (at: Side): Fault['strike'] => (_, stage) => {
  stage.kill(at)

  return 'lose'
}

const fail = (at: Side, applied: number): Fault['strike'] => (_, stage) => {
  stage.stores[at].fail({ times: 1, applied, below: '/plus-one' })

  return undefined
}

const jump = (at: Side, ms: number): Fault['strike'] => (_, stage) => {
  stage.clocks[at].jump(ms)

  return undefined
}

const SIDES: Side[] = ['alice', 'bob']

const atMessage: Fault[] = [
  { name: 'lost', strike: () => 'lose' },
  { name: 'lost, clocks back', strike: (message, stage) => {
    // while one waits for the other
    stage.passed(1).then(() => { SIDES.forEach((side) => { stage.clocks[side].jump(-JUMP) }) }).catch(() => {})

    return 'lose'
  } },
  { name: 'cut before', strike: () => 'cut' },
  { name: 'cut after', strike: () => 'cut-after' },
  { name: 'twice', strike: ({ data }) => [data, data] },
  { name: 'too late', strike: async (_, stage) => stage.passed(LATE).then(() => undefined) },
  { name: 'overtaken', strike: () => 'swap' },
  { name: 'truncated', strike: ({ data }) => [data.subarray(0, Math.ceil(data.length / 2))] },
  { name: 'bit flipped', strike: ({ data }) => {
    const flipped = data.slice()
    const length = lengthLength(data)
    const at = length + Math.floor((data.length - length) * 0.6)
    flipped[at] = (flipped[at] ?? 0) ^ 1

    return [flipped]
  } }
]

const atSide = (at: Side): Fault[] => [
  { name: 'killed', at, strike: kill(at) },
  { name: 'write fails', at, strike: fail(at, 0) },
  { name: 'write half done', at, strike: fail(at, 1) },
  { name: 'clock forth', at, strike: jump(at, JUMP) },
  { name: 'clock back', at, strike: jump(at, -JUMP) }
]

export const faults: Fault[] = [...atMessage, ...SIDES.flatMap(atSide)]
