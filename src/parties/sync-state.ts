/** What sync told of one party: how far its log has come in, who agreed with it, who refused this node. */
import { peerIdOf } from '../log/terms.js'
import { RefusalCode } from '../sync/refusal.js'
import type { Agreement, Refused, SyncProgress } from '../interface/index.js'
import type { Key } from '../log/index.js'
import type { RefusalInit } from '../sync/index.js'

export class SyncState {
  #progress: SyncProgress | undefined
  #agreement: Agreement | undefined
  /** Who refused this node, and why, since it became a member. */
  readonly #refusals = new Set<string>()
  #isTaken = false

  /** While the log comes in. */
  get progress (): SyncProgress | undefined { return this.#progress }
  /** The last time that all that a member had was here. */
  get agreement (): Agreement | undefined { return this.#agreement }

  progressed ({ done, all }: SyncProgress): void {
    this.#progress = done < all ? { done, all } : undefined
  }

  /** @param at - ms */
  agreed (peer: Key, at: number): void {
    this.#agreement = { at, peer: peerIdOf(peer) }
  }

  /** Nobody keeps the log together with others now. */
  ended (): void {
    this.#progress = undefined
    this.#agreement = undefined
    this.#isTaken = false
  }

  /** Another node uses this one's key. Is it news, since this one started? */
  taken (): boolean {
    const isNews = !this.#isTaken
    this.#isTaken = true

    return isNews
  }

  /** This node is a member anew: what it was refused before counts no more. */
  rejoined (): void {
    this.#refusals.clear()
  }

  /** Another member refused this node: what an app is told of that, once. */
  refused ({ code, because = '', ops = [] }: RefusalInit, by: Key): Refused | undefined {
    const reason = code === RefusalCode.REMOVED ? 'removed' : code === RefusalCode.VOID ? 'void' : undefined
    const said = `${by} ${reason}`

    // who does not know this node yet, or has a stream already, says nothing of its membership
    if (reason == null || this.#refusals.has(said)) {
      return undefined
    }

    this.#refusals.add(said)

    return { member: peerIdOf(by), reason, ops, ...(reason === 'void' && /^[a-z-]+$/.test(because) ? { because } : {}) }
  }
}
