/** Alice and Bob, each with a node, a clock and a store of their own; one message between them at which something goes wrong; and time, which passes when nothing else does. */
import { createNetwork, FailingStore, FakeClock } from '../../src/testing/index.js'
import { createBoard } from '../helpers/rendezvous.js'
import { LOG_PROTOCOL } from '../../src/sync/constants.js'
import { nameOf } from './messages.js'
import type { Fault } from './faults.js'
import type { NodeInit, TestNode } from '../../src/testing/index.js'

export type Side = 'alice' | 'bob'

/** A message's place: who sends it, what it is, and what came before it; which of two log streams speaks first is chance, and left out. */
export type Place = string

/** How long nothing must move until time passes, ms of the platform's clock: more than the 20 ms for which sync gathers what is new. */
const STILL = 40

/** What has not ended by then never does, ms: every wait is over, and no invitation has expired by itself. */
export const PATIENCE = 1_800_000

export class Stage {
  readonly clocks = { alice: new FakeClock(), bob: new FakeClock() }
  readonly stores = { alice: new FailingStore(), bob: new FailingStore() }
  readonly network = createNetwork({ clock: this.clocks.alice, meet: false })
  readonly board = createBoard()
  readonly nodes = {} as Record<Side, TestNode>
  /** Where each message that was sent stands, in order. */
  readonly places: Place[] = []
  /** Did what was to go wrong? */
  struck = false
  /** Who was killed, and resolves when it is back. */
  killed: { side: Side, back: Promise<void> } | undefined
  /** Called when who was killed is back. */
  onBack: (side: Side) => Promise<void> = async () => {}
  #before = ''
  #watching: string | undefined
  #fault: { place: Place, fault: Fault } | undefined
  #moves = 0

  /** Two nodes that know nothing of each other yet. */
  static async set (init: NodeInit = {}): Promise<Stage> {
    const stage = new Stage()
    const node = async (side: Side): Promise<TestNode> => stage.network.node({ clock: stage.clocks[side], datastore: stage.stores[side], rendezvous: [stage.board.rendezvous], ...init })
    const [alice, bob] = await Promise.all([node('alice'), node('bob')])
    Object.assign(stage.nodes, { alice, bob })
    stage.network.meddle((message) => {
      stage.#moves++
      const { protocol, from } = message
      const name = protocol === stage.#watching ? nameOf(message) : undefined

      if (name == null) {
        return undefined
      }

      const side: Side = from.equals(stage.nodes.alice.peerId) ? 'alice' : 'bob'
      const place = `${side}: ${name}${stage.#before === '' || protocol === LOG_PROTOCOL ? '' : ` after ${stage.#before}`}`
      stage.#before = name.split(' ')[1] ?? ''
      stage.places.push(place)

      if (stage.#fault?.place === place && !stage.struck) {
        stage.struck = true

        return stage.#fault.fault.strike(message, stage)
      }

      return undefined
    })

    return stage
  }

  /** From now on messages of this protocol are looked at; at one of them this goes wrong, once. */
  watch (protocol: string | undefined, fault?: { place: Place, fault: Fault }): void {
    this.#watching = protocol
    this.#fault = fault
    this.#before = ''
  }

  /** Stops a side as a power cut does, and has it come back. */
  kill (side: Side): void {
    this.network.kill(this.nodes[side])
    const back = async (): Promise<void> => {
      this.nodes[side] = await this.network.restart(this.nodes[side])
      await this.onBack(side)
      this.#moves++
    }
    this.killed = { side, back: back() }
  }

  /** Stops both, and lets time pass for what they wait for. */
  async end (): Promise<void> {
    let stopped = false
    this.network.stop().catch(() => {}).finally(() => { stopped = true }).catch(() => {})
    await this.until(() => stopped)
  }

  /** Resolves when so much time has passed, ms. */
  async passed (ms: number): Promise<void> {
    await new Promise<void>((resolve) => { this.clocks.alice.setTimeout(resolve, ms) })
  }

  /** Lets happen what happens, and time pass where nothing does. @returns Did it come to that? */
  async until (done: () => boolean): Promise<boolean> {
    let passed = 0
    await this.killed?.back

    while (!done()) {
      await this.#still(done)
      await this.killed?.back
      const { alice, bob } = this.clocks
      const next = Math.min(alice.next ?? Number.POSITIVE_INFINITY, bob.next ?? Number.POSITIVE_INFINITY)

      if (done()) {
        return true
      } else if (passed + next > PATIENCE) {
        return false
      }

      passed += next
      alice.advance(next)
      bob.advance(next)
    }

    return true
  }

  /** Until nothing has moved for a while. */
  async #still (done: () => boolean): Promise<void> {
    for (let still = 0, before = -1; still < STILL && !done(); still += 5) {
      const moves = this.#moves + this.stores.alice.writes + this.stores.bob.writes

      if (moves !== before) {
        still = 0
        before = moves
      }

      await new Promise(resolve => setTimeout(resolve, 5))
    }
  }
}
