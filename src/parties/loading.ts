/** What every call waits for: the node's parties are loaded, anew where that failed. And what a stop waits for. */
import { obeying } from '../async/obeying.js'
import { SerialQueue } from '../async/serial-queue.js'
import { NotStartedError } from '../errors.js'
import type { AbortOptions, Logger } from '@libp2p/interface'

export class Loading {
  readonly #load: () => Promise<void>
  readonly #log: Logger
  #loaded: Promise<void> | undefined
  /** A load that failed, as on a full disk: the next call goes on with it. */
  #failed: Promise<void> | undefined
  /** Parties that are being made, joined or forgotten. */
  readonly #changes = new Set<Promise<unknown>>()
  #running = new AbortController()
  readonly #turns = new SerialQueue()

  /** @param load - Goes on where one before it failed */
  constructor (load: () => Promise<void>, log: Logger) {
    this.#load = load
    this.#log = log
  }

  get isStarted (): boolean { return this.#loaded != null }

  /** Aborts when the node stops, or is reset. */
  get signal (): AbortSignal { return this.#running.signal }

  /** From here on calls wait. @returns Who settles it has them go on, or fail */
  hold (): PromiseWithResolvers<void> {
    const held = Promise.withResolvers<void>()
    this.#becomes(held.promise)

    return held
  }

  /** The node starts: what it had begun before has ended. */
  start (): PromiseWithResolvers<void> {
    this.#running = new AbortController()

    return this.hold()
  }

  /** What was begun ends; what begins from here on lives. */
  renew (reason: string): void {
    this.#end(reason)
    this.#running = new AbortController()
  }

  async load (): Promise<void> {
    const loaded = this.#load()
    this.#becomes(loaded)
    loaded.catch(() => { this.#failed = loaded })

    return loaded
  }

  /** @throws {NotStartedError} @throws What loading threw */
  async ready (options?: AbortOptions): Promise<void> {
    options?.signal?.throwIfAborted()

    if (this.#loaded == null) {
      throw new NotStartedError()
    }

    if (this.#loaded === this.#failed) {
      this.load().catch(() => {})
    }

    await this.#loaded
  }

  /** A call that waits until the parties are loaded. */
  async call <T = void> (options: AbortOptions | undefined, work?: () => Promise<T>): Promise<T> {
    return obeying(options, async () => {
      await this.ready(options)
      options?.signal?.throwIfAborted()

      return work?.() as T
    })
  }

  /** Makes a party, or several, or forgets one; a stop waits for it. */
  async changing <T> (change: () => Promise<T>): Promise<T> {
    const changed = change()
    this.#changes.add(changed)

    try {
      return await changed
    } finally {
      this.#changes.delete(changed)
    }
  }

  /** The same, one after the other: each log is open once, and there is one home, though a code be redeemed twice at once. */
  async inTurn <T> (change: () => Promise<T>): Promise<T> {
    return this.changing(async () => this.#turns.add(change))
  }

  /** What was being changed is. */
  async idle (): Promise<void> {
    await Promise.allSettled(this.#changes)
  }

  /** Calls fail from here on. @returns Once what was loading has ended */
  async stop (): Promise<void> {
    const loaded = this.#loaded
    this.#loaded = undefined
    this.#end('The node stopped')
    await loaded?.catch(() => {})
  }

  /** A failure is told to whoever waits: a damaged party must not keep the node down. */
  #becomes (loaded: Promise<void>): void {
    this.#loaded = loaded
    loaded.catch(err => { this.#log('the parties are not loaded - %e', err) })
  }

  #end (reason: string): void {
    this.#running.abort(new DOMException(reason, 'AbortError'))
  }
}
