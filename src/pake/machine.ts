/**
 * How a side of the handshake is written: a generator that yields effects and is
 * resumed with what came of them. It has no clock, socket or store of its own, so
 * a test can stop either side at any message; `drive` joins it to real ones.
 */

/** Steps that both sides take. */
export type CommonEffect =
  /** Put this frame on the stream. */
  | { type: 'send', frame: Uint8Array }
  /** Wait for the other side's next frame: `step` is short, `person` waits for one to act. */
  | { type: 'receive', wait: 'step' | 'person' }

/** A side: yields effects `E`, ends with `R`; the type of each answer is told by the function that yields it. */
export type Handshake<E, R> = Generator<E, R, unknown>

/** Yields one effect and types its answer. */
export function * perform <T, E> (effect: E): Handshake<E, T> {
  return (yield effect) as T
}

/** The stream itself failed: there is nobody to tell. Thrown by whoever performs `send` and `receive`. */
export class StreamEnd extends Error {
  static override readonly name = 'StreamEnd'

  constructor (options?: ErrorOptions) {
    super('The stream to the other side was lost', options)
    this.name = 'StreamEnd'
  }
}

/** Runs a side: each effect is done by `handler`; what that throws is thrown at the yield. */
export async function drive <E, R> (side: Handshake<E, R>, handler: (effect: E) => unknown): Promise<R> {
  let step = side.next()

  while (step.done !== true) {
    let answer: unknown

    try {
      answer = await handler(step.value)
    } catch (err) {
      step = side.throw(err)
      continue
    }

    step = side.next(answer)
  }

  return step.value
}
