/** Invitations as mounted components make them: a page that is mounted again finds the one that it made before. */
import type { Invitation, InvitationCallbacks, InviteOptions } from '../interface/index.js'

/** A party, or a person of its devices. */
export interface Inviter {
  invite: (options: InviteOptions) => Promise<Invitation>
}

/** Terms and callbacks, without what one call alone takes. */
export type Wanted = Omit<InviteOptions, 'signal'>

/** How far apart two pages' times may lie and be the same, ms: `Date.now() + 600_000` is another number at each render. */
const SAME_TIME = 60_000

interface Terms {
  /** All but the time. */
  text: string
  /** ms since 1970; undefined: never, or the default. */
  end: number | undefined
  /** ms that it was to live. */
  span: number | undefined
}

/** Those that no component shows now. */
const left = new WeakMap<Inviter, Set<Made>>()

export class Made {
  readonly inviter: Inviter
  /** undefined: its time was over before it was made. */
  readonly promise: Promise<Invitation | undefined>
  /** Whose callbacks are told: the component's that shows it, or showed it last. */
  told: { readonly current: Wanted }
  readonly #terms: Terms
  /** undefined: it is being made. */
  #result: Invitation | 'none' | undefined

  /** @param before - The one that this renews */
  constructor (inviter: Inviter, told: { readonly current: Wanted }, before?: Made) {
    this.inviter = inviter
    this.told = told
    this.#terms = termsOf(told.current, Date.now())
    this.promise = this.#make(before)
    this.promise.then((invitation) => { this.#result = invitation ?? 'none' }, () => { this.#result = 'none' })
  }

  /** Leaves it to the next component that wants the like. */
  leave (): void {
    left.set(this.inviter, (left.get(this.inviter) ?? new Set()).add(this))
  }

  /** Takes it for the component whose options these are. */
  take (told: { readonly current: Wanted }): void {
    left.get(this.inviter)?.delete(this)
    this.told = told
  }

  /** Does it go on? */
  get isOpen (): boolean {
    return this.#result == null || (this.#result !== 'none' && this.#result.status === 'pending')
  }

  suits (wanted: Wanted): boolean {
    const mine = this.#terms
    const { text, end, span } = termsOf(wanted, Date.now())

    return mine.text === text && (isNear(mine.end, end) || isNear(mine.span, span))
  }

  async #make (before: Made | undefined): Promise<Invitation | undefined> {
    const { role, expiration, uses, attempts, pin, approval, to, data, label } = this.told.current
    const callbacks = this.#callbacks(this.told.current.approve != null)

    try {
      const invitation = await before?.promise.catch(() => undefined)

      if (invitation != null) {
        return await invitation.renew(callbacks)
      }

      if (expiration != null && expiration !== 'never' && Number(expiration) <= Date.now()) {
        callbacks.onExpiration?.()

        return undefined
      }

      return await this.inviter.invite({ role, expiration, uses, attempts, pin, approval, to, data, label, ...callbacks })
    } catch (err) {
      callbacks.onError?.(err as Error)
      throw err
    }
  }

  #callbacks (approves: boolean): InvitationCallbacks {
    return {
      onDone: join => { this.told.current.onDone?.(join) },
      onJoin: join => { this.told.current.onJoin?.(join) },
      onError: error => { this.told.current.onError?.(error) },
      onExpiration: () => { this.told.current.onExpiration?.() },
      onAttemptFailed: event => { this.told.current.onAttemptFailed?.(event) },
      onDecline: event => { this.told.current.onDecline?.(event) },
      onShortCode: shortCode => { this.told.current.onShortCode?.(shortCode) },
      ...(approves ? { approve: async (candidate, options) => this.told.current.approve?.(candidate, options) } : {})
    }
  }
}

/** One on these terms that was left and goes on; undefined: there is none. */
export function findLeft (inviter: Inviter, wanted: Wanted): Made | undefined {
  const all = [...left.get(inviter) ?? []]
  all.filter(({ isOpen }) => !isOpen).forEach(made => left.get(inviter)?.delete(made))

  return all.find(made => made.isOpen && made.suits(wanted))
}

function termsOf (wanted: Wanted, now: number): Terms {
  const { role, expiration, uses, attempts, pin, approval, to, data, label } = wanted
  const end = expiration == null || expiration === 'never' ? undefined : Number(expiration)

  return {
    text: JSON.stringify([role, uses, attempts, pin, approval, wanted.approve != null, label, to?.toString(), data == null ? undefined : [...data], end == null ? expiration : 'then']),
    end,
    span: end == null ? undefined : end - now
  }
}

function isNear (a: number | undefined, b: number | undefined): boolean {
  return a === b || Math.abs(Number(a) - Number(b)) < SAME_TIME
}
