/** Whom one invitation tells what becomes of it: of its end exactly once. */
import { quietly } from '../interface/observable.js'
import type { InvitationCallbacks, InvitationJoin } from '../interface/index.js'

/** How it ended, or that the node stopped. */
export type End = { type: 'done', join: InvitationJoin } | { type: 'error', error: Error } | { type: 'expiration' }

const NOBODY: readonly InvitationCallbacks[] = []

export class Callbacks {
  /** Of one, or nobody, most of them. */
  #all: readonly InvitationCallbacks[] = NOBODY
  #end: (() => End) | undefined

  /** One that is added after the end is told of it at once. @returns What takes them away; undefined: it is over */
  add (callbacks: InvitationCallbacks): (() => void) | undefined {
    if (this.#end != null) {
      tellEnd(callbacks, this.#end())
      return undefined
    }

    this.#all = [...this.#all.filter(other => other !== callbacks), callbacks]

    return () => { this.#all = this.#all.filter(other => other !== callbacks) }
  }

  /** Was its end told? */
  get isSettled (): boolean { return this.#end != null }

  list (): InvitationCallbacks[] {
    return [...this.#all]
  }

  tell (what: (callbacks: InvitationCallbacks) => void): void {
    this.#all.forEach(callbacks => { quietly(() => { what(callbacks) }) })
  }

  /** It goes on after all: who is added from now on is told of its next end. Who was told of one is told no more. */
  reopen (): void {
    this.#end = undefined
  }

  /** Tells the end; a second one is told to nobody. @param again - Makes its error anew, so that it is not held */
  settle (end: End, again?: () => Error): void {
    if (this.#end == null) {
      this.#end = end.type === 'error' && again != null ? remade(again) : kept(end)
      this.#all.forEach(callbacks => { tellEnd(callbacks, end) })
      this.#all = NOBODY
    }
  }
}

// apart from each other: closures of one function hold what any of them holds
function kept (end: End): () => End {
  return () => end
}

function remade (again: () => Error): () => End {
  return () => ({ type: 'error', error: again() })
}

function tellEnd (callbacks: InvitationCallbacks, end: End): void {
  quietly(() => {
    switch (end.type) {
      case 'done': callbacks.onDone?.(end.join); break
      case 'error': callbacks.onError?.(end.error); break
      case 'expiration': callbacks.onExpiration?.(); break
    }
  })
}
