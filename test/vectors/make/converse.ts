/** Two sides of an exchange, each a pure machine, until one of them is done; what they sent and drew is noted. */
import { drive, StreamEnd } from '../../../src/pake/machine.js'
import { drawing, hex } from './cast.js'
import type { CommonEffect, Handshake } from '../../../src/pake/index.js'

/** One side: its machine, and what comes of effects other than frames. */
export interface Side<E, R> {
  name: string
  machine: (random: (bytes: number) => Uint8Array) => Handshake<E, R>
  /** @param next - The other side's next frame: what a person who waits is told */
  perform: (effect: Exclude<E, CommonEffect>, next: () => Promise<Uint8Array>) => unknown
}

export interface Conversation {
  frames: Array<{ from: string, frame: string }>
  /** What each side drew, in order. */
  draws: Array<{ by: string, bytes: string }>
  /** How it ended for each: an outcome, or the error's name. */
  ends: { [side: string]: string }
}

class Frames {
  readonly #waiting: Array<PromiseWithResolvers<Uint8Array>> = []
  readonly #here: Uint8Array[] = []
  #hasEnded = false

  put (frame: Uint8Array): void {
    const next = this.#waiting.shift()

    if (next == null) {
      this.#here.push(frame)
    } else {
      next.resolve(frame)
    }
  }

  end (): void {
    this.#hasEnded = true
    this.#waiting.forEach(({ reject }) => { reject(new StreamEnd()) })
  }

  async take (): Promise<Uint8Array> {
    const frame = this.#here.shift()

    if (frame != null) {
      return frame
    } else if (this.#hasEnded) {
      throw new StreamEnd()
    }

    const next = Promise.withResolvers<Uint8Array>()
    this.#waiting.push(next)

    return next.promise
  }
}

/** @param run - Of its name all draws are made */
export async function converse <A extends { type: string }, B extends { type: string }> (run: string, one: Side<A, unknown>, other: Side<B, unknown>): Promise<Conversation> {
  const frames: Conversation['frames'] = []
  const draws: Conversation['draws'] = []
  const [toOne, toOther] = [new Frames(), new Frames()]

  const play = async <E extends { type: string }>({ name, machine, perform }: Side<E, unknown>, from: Frames, to: Frames): Promise<unknown> => {
    const draw = drawing(`${run}: ${name}`)
    const random = (bytes: number): Uint8Array => {
      const drawn = draw(bytes)
      draws.push({ by: name, bytes: hex(drawn) })

      return drawn
    }

    return drive(machine(random), async (effect) => {
      if (effect.type === 'send') {
        const { frame } = effect as unknown as CommonEffect & { type: 'send' }
        frames.push({ from: name, frame: hex(frame) })
        to.put(frame)

        return undefined
      }

      return effect.type === 'receive' ? from.take() : perform(effect as Exclude<E, CommonEffect>, async () => from.take())
    })
  }

  const ended = async <E extends { type: string }>(side: Side<E, unknown>, from: Frames, to: Frames): Promise<string> => {
    const end = await play(side, from, to).catch((err: unknown) => err)
    to.end()

    return end instanceof Error ? end.name : typeof end === 'string' ? end : (end as { type?: string } | undefined)?.type ?? 'done'
  }

  const [first, second] = await Promise.all([ended(one, toOne, toOther), ended(other, toOther, toOne)])

  return { frames, draws, ends: { [one.name]: first, [other.name]: second } }
}
