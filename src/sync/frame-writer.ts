/** Writes what a stream's machine has to say, while the other side takes it: first what steers, then items. */
import { nextItems } from './items-frames.js'
import type { Channel } from './channel.js'
import type { RecordSet } from './interface.js'
import type { SyncMachine } from './machine.js'
import type { AbortOptions } from '@libp2p/interface'

export interface FrameWriterInit {
  machine: SyncMachine
  channel: Channel
  records: RecordSet[]
}

export class FrameWriter {
  readonly #init: FrameWriterInit
  #taken = 0
  #isWriting = false
  #wake = Promise.withResolvers<void>()

  constructor (init: FrameWriterInit) {
    this.#init = init
  }

  /** Is a frame being taken there? */
  get isWriting (): boolean { return this.#isWriting }

  /** Frames that were taken there. */
  get taken (): number { return this.#taken }

  /** There may be more to say, or nothing any more. */
  wake (): void {
    this.#wake.resolve()
  }

  /** Runs until nothing is left to be said, and nothing more will be. @param isOver - Will there be? */
  async run (isOver: () => boolean, options: AbortOptions): Promise<void> {
    const { machine, channel, records } = this.#init

    while (true) {
      options.signal?.throwIfAborted()
      const frame = machine.out.shift() ?? await nextItems(machine, records, options)

      if (frame != null) {
        this.#isWriting = true
        await channel.write(frame, options).finally(() => { this.#isWriting = false })
        this.#taken++
      } else if (isOver()) {
        return
      } else {
        await this.#wake.promise
        this.#wake = Promise.withResolvers()
      }
    }
  }
}
