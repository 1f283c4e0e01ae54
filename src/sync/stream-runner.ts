/** Runs a stream on which two sides were introduced, until it ends, and tells what came of it. */
import { timeout } from '../async/clock.js'
import { EVIDENCE_TIMEOUT, HELLO_TIMEOUT, LIMITED_WINDOW, WINDOW } from './constants.js'
import { changedSince, refuse } from './greeting.js'
import { SyncMachine } from './machine.js'
import { RefusalCode, SyncRefusedError } from './refusal.js'
import { Session } from './session.js'
import type { Clock } from '../async/clock.js'
import type { Channel } from './channel.js'
import type { Frame } from './frames.js'
import type { Greeted } from './greeting.js'
import type { Key, LogSyncEvents } from './interface.js'
import type { KeptLog } from './kept.js'
import type { RefusalInit } from './refusal.js'
import type { Connection, Logger, Stream } from '@libp2p/interface'

/** A stream on which two sides were introduced. */
export interface Introduced {
  kept: KeptLog
  key: Key
  stream: Stream
  connection: Connection
  channel: Channel
}

export interface StreamRunnerInit {
  clock: Clock
  log: Logger
  /** Bytes of a Pull's window. @default 262144 */
  window?: number
  dispatch: <K extends keyof LogSyncEvents> (type: K, detail: LogSyncEvents[K]['detail']) => void
}

/** What a stream begins with on which nothing is compared. */
const NOTHING: Greeted = { salt: new Uint8Array(), differing: [], told: [] }

export class StreamRunner {
  readonly #init: StreamRunnerInit

  constructor (init: StreamRunnerInit) {
    this.#init = init
  }

  /**
   * @returns Was it cut off with something still to come? undefined: nothing came.
   * @throws {SyncRefusedError}
   */
  async run (introduced: Introduced, greeted: Greeted, listener: boolean): Promise<boolean | undefined> {
    const { kept, key, stream, connection } = introduced
    const session = this.#session(introduced, greeted, listener)
    const live = { session, stream, connection }
    const before = kept.live.get(key)
    kept.stands(key, live)
    before?.stream.abort(new DOMException('There is a better stream', 'AbortError'))

    try {
      await session.run({ signal: kept.signal })
      await stream.close()
    } catch (err) {
      if (err instanceof SyncRefusedError) {
        this.#refused(introduced, err.reason)
        throw err
      }

      this.end(stream, err as Error)
    } finally {
      if (kept.live.get(key) === live) {
        kept.live.delete(key)
        kept.retell()
      }
    }

    return session.progressed ? session.unfinished : undefined
  }

  /** Shows one whose membership ended what ended it, where `shows` lets it. @throws {SyncRefusedError} */
  async show (introduced: Introduced, { refusal, asked }: { refusal: RefusalInit, asked: Frame }): Promise<void> {
    const { kept, key, connection, channel } = introduced

    if (!kept.shows(key, connection)) {
      await refuse(channel, { code: RefusalCode.LIMIT }, { signal: kept.signal })
    }

    const session = this.#session(introduced, NOTHING, true)
    session.refuse(refusal, true, true)
    await session.run({ signal: this.#limited(kept.signal) }, asked)
    await introduced.stream.close()
  }

  /** Takes what a member who refused this node shows. @throws {SyncRefusedError} Always. */
  async takeRefusal (introduced: Introduced, refusal: RefusalInit): Promise<undefined> {
    this.#refused(introduced, refusal)
    await this.#session(introduced, NOTHING, false).run({ signal: this.#limited(introduced.kept.signal) }, { kind: 'refusal', refusal })
  }

  /** Ends a stream of one whose membership ended, when it had the time to see that. */
  limit (stream: Stream, signal: AbortSignal): void {
    const late = this.#limited(signal)
    late.addEventListener('abort', () => { stream.abort(late.reason as Error) }, { once: true })
  }

  end (stream: Stream, err: Error): void {
    const { log, clock } = this.#init
    log('a log stream ended - %e', err)

    if (err instanceof SyncRefusedError) {
      // what was said is still to be read
      stream.close({ signal: timeout(clock, HELLO_TIMEOUT) }).catch(() => {})
    } else {
      stream.abort(err)
    }
  }

  #session ({ kept, key, channel, connection }: Introduced, greeted: Greeted, listener: boolean): Session {
    const { window = WINDOW, dispatch } = this.#init
    const { log, sets, records } = kept
    const { salt, differing } = greeted
    const turn = kept.turns.turn()
    const machine = new SyncMachine({
      sets,
      salt,
      listener,
      turn,
      window: connection.limits == null ? window : LIMITED_WINDOW,
      size: () => log.size,
      evidence: (of, known) => [...log.evidence(of, known)].map(op => ({ op }))
    })
    machine.begin(differing)
    // from here on news are told; what came since the Hello is looked for
    changedSince(greeted, sets).forEach(set => { machine.look(set) })

    return new Session({
      log, sets, records, peer: key, machine, channel, turn,
      isTold: () => kept.tells(key),
      laters: kept.laters,
      onProgress: (progress) => { dispatch('progress', { ...progress, party: log.key, peer: key }) },
      onInUse: () => { dispatch('refused', { code: RefusalCode.IN_USE, party: log.key, peer: key }) },
      onAgreed: () => { dispatch('agreed', { party: log.key, peer: key }) }
    })
  }

  #refused ({ kept, key }: Introduced, reason: RefusalInit): void {
    if (kept.minds(key, reason)) {
      this.#init.dispatch('refused', { ...reason, party: kept.log.key, peer: key })
    }
  }

  #limited (signal: AbortSignal): AbortSignal {
    return AbortSignal.any([signal, timeout(this.#init.clock, EVIDENCE_TIMEOUT)])
  }
}
