/** Events as an async iterator. */
import { pushable } from 'it-pushable'
import { EventsLostError } from '../errors.js'
import type { Parties, PartiesEvents } from './parties.js'
import type { AbortOptions, TypedEventTarget } from '@libp2p/interface'

/** How a loop over events ends, and what may wait. */
export interface OnOptions extends AbortOptions {
  /** Events that may wait for the loop, at most. @default 1000 */
  maxWaiting?: number
}

/**
 * The events of one type, in order, from this call on: `for await (const { detail } of on(parties, 'member:join', { signal })) …`.
 * Of any typed event target; of another one than this service name its events, `on<Events, 'tick'>(clock, 'tick')`. Leaving the loop ends it.
 *
 * @throws the signal's reason, once it aborts: what waits by then is dropped.
 * @throws {EventsLostError} The loop is too slow: more than `maxWaiting` events wait.
 */
export function on <Type extends keyof PartiesEvents> (target: Parties, type: Type, options?: OnOptions): AsyncGenerator<PartiesEvents[Type], undefined>
export function on <Events extends Record<keyof Events, Event>, Type extends keyof Events & string> (target: TypedEventTarget<Events>, type: Type, options?: OnOptions): AsyncGenerator<Events[Type], undefined>
export function on <Events extends Record<keyof Events, Event>, Type extends keyof Events & string> (
  target: TypedEventTarget<Events>, type: Type, { signal, maxWaiting = 1_000 }: OnOptions = {}
): AsyncGenerator<Events[Type], undefined> {
  signal?.throwIfAborted()
  const take = (event: Events[Type]): void => {
    if (events.readableLength < maxWaiting) {
      events.push(event)
    } else {
      events.end(new EventsLostError(`More than ${maxWaiting} events wait, and later ones would be lost: take them faster, or let more wait (maxWaiting)`))
    }
  }
  const abort = (): void => { events.end(signal?.reason as Error) }
  const events = pushable<Events[Type]>({
    objectMode: true,
    onEnd: () => {
      target.removeEventListener(type, take)
      signal?.removeEventListener('abort', abort)
    }
  })
  target.addEventListener(type, take)
  signal?.addEventListener('abort', abort, { once: true })

  return events as AsyncGenerator<Events[Type], undefined>
}
