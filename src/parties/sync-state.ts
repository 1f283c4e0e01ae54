/** What sync told of one party: how far its log has come in, who agreed with it, who refused this node; and what an app is told of that. */
import { peerIdOf } from '../log/terms.js'
import { RefusalCode } from '../sync/refusal.js'
import type { Clock } from '../async/clock.js'
import type { Agreement, Refused, SyncProgress } from '../interface/index.js'
import type { Key } from '../log/index.js'
import type { RefusalInit } from '../sync/index.js'

export interface SyncStateInit {
  clock: Clock
  /** What is shown of it is something else. */
  onChange: () => void
  /** Another member refused this node: told once of each, and for each reason. */
  onRefused: (refused: Refused) => void
  /** Another node uses this one's key: told once after a start. */
  onInUse: () => void
}

export class SyncState {
  readonly #init: SyncStateInit
  #progress: SyncProgress | undefined
  #agreement: Agreement | undefined
  /** Who refused this node, and why, since it became a member. */
  readonly #refusals = new Set<string>()
  #isTaken = false

  constructor (init: SyncStateInit) {
    this.#init = init
  }

  /** While the log comes in. */
  get progress (): SyncProgress | undefined { return this.#progress }
  /** The last time that all that a member had was here. */
  get agreement (): Agreement | undefined { return this.#agreement }

  progressed ({ done, all }: SyncProgress): void {
    this.#progress = done < all ? { done, all } : undefined
    this.#init.onChange()
  }

  /** All that a member had is here. */
  agreed (peer: Key): void {
    this.#agreement = { at: this.#init.clock.now(), peer: peerIdOf(peer) }
    this.#init.onChange()
  }

  /** Nobody keeps the log together with others now. */
  ended (): void {
    this.#progress = undefined
    this.#agreement = undefined
    this.#isTaken = false
    this.#init.onChange()
  }

  /** Another node uses this one's key, and has its place. */
  taken (): void {
    if (!this.#isTaken) {
      this.#isTaken = true
      this.#init.onInUse()
    }
  }

  /** This node is a member anew: what it was refused before counts no more. */
  rejoined (): void {
    this.#refusals.clear()
  }

  /** Another member refused this node. */
  refused ({ code, because = '', ops = [] }: RefusalInit, by: Key): void {
    const reason = code === RefusalCode.REMOVED ? 'removed' : code === RefusalCode.VOID ? 'void' : undefined
    const said = `${by} ${reason}`

    if (code === RefusalCode.DUPLICATE || code === RefusalCode.IN_USE) {
      this.taken()
    } else if (reason != null && !this.#refusals.has(said)) {
      // who does not know this node yet says nothing of its membership
      this.#refusals.add(said)
      this.#init.onRefused({ member: peerIdOf(by), reason, ops, ...(reason === 'void' && /^[a-z-]+$/.test(because) ? { because } : {}) })
    }
  }
}
