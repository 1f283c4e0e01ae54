/** Asks connected members for the secrets of a party that are missing here: who made them first, then others, by turns (docs/keys.md, "Asking"). */
import { TypedEventEmitter } from 'main-event'
import { after, timeout } from '../async/clock.js'
import { BACKOFF, LIMITED_PIECE, LIMITED_WINDOW, MAX_ASKING, MAX_FRAME, PATIENCE, PIECE, STEP_TIMEOUT, WINDOW } from '../keys/asking/constants.js'
import { asker } from '../keys/asking/machines.js'
import { WantedSets } from '../keys/asking/wanted-sets.js'
import { keyOf, peerIdOf } from '../log/terms.js'
import { Backoff } from '../meeting/links/backoff.js'
import { nameOf } from '../meeting/greeting.js'
import { drive } from '../pake/machine.js'
import { assertSecure } from '../network/secure.js'
import { FrameStream } from '../streams/frame-stream.js'
import { Unanswered } from './unanswered.js'
import type { Clock } from '../async/clock.js'
import type { AskerEffect } from '../keys/asking/machines.js'
import type { Keyring } from '../keys/keyring.js'
import type { Key, MembershipLog, OpId } from '../log/index.js'
import type { Connection, Libp2pEvents, Logger, TypedEventTarget } from '@libp2p/interface'
import type { ConnectionManager } from '@libp2p/interface-internal'

export interface KeyAskerInit {
  log: MembershipLog
  keyring: Keyring
  /** Are newcomers given what was before them? */
  history: () => boolean
  clock: Clock
  /** Its id on this node. */
  protocol: string
  connectionManager: ConnectionManager
  events: TypedEventTarget<Libp2pEvents>
  logger: Logger
  /** Ends it. */
  signal: AbortSignal
  /** 0 ≤ x < 1. @default Math.random */
  random?: () => number
}

export interface KeyAskerEvents {
  /** `unanswered` is another. */
  'unanswered': CustomEvent<void>
}

/** How soon after it was last done all are asked again for who waits, ms. */
const HURRY = 5_000

export class KeyAsker extends TypedEventEmitter<KeyAskerEvents> {
  readonly #init: KeyAskerInit
  readonly #backoff: Backoff
  /** The same while nothing is missing but what is not current any more. */
  readonly #patience: Backoff
  /** Members who are being asked. */
  readonly #asking = new Set<Key>()
  readonly #sets: WantedSets
  readonly #unanswered: Unanswered
  /** Current REKEYs whose secrets are not here, as one text. */
  #missing = ''
  #callOff = (): void => {}
  #hurried = Number.NEGATIVE_INFINITY
  #isPlanned = false

  constructor (init: KeyAskerInit) {
    super()
    const { log, keyring, events, signal, random = Math.random } = init
    this.#init = init
    this.#sets = new WantedSets(log, keyring)
    this.#backoff = new Backoff(random, BACKOFF)
    this.#patience = new Backoff(random, PATIENCE)
    this.#unanswered = new Unanswered(init.clock, () => { this.#soon() })
    const plan = (): void => { this.#soon() }
    keyring.addEventListener('missing', plan, { signal })
    keyring.addEventListener('secrets', plan, { signal })
    log.addEventListener('members', plan, { signal })
    log.addEventListener('ops', ({ detail }) => {
      if (detail.some(({ kind }) => kind === 'REKEY')) {
        plan()
      }
    }, { signal })
    events.addEventListener('peer:connect', plan, { signal })
    events.addEventListener('peer:disconnect', plan, { signal })
    signal.addEventListener('abort', () => {
      this.#callOff()
      this.#unanswered.stop()
    }, { once: true })
    this.#soon()
  }

  /** Current REKEYs whose secrets nobody gave who can be reached: all were asked, or there has been nobody for a while. */
  get unanswered (): readonly OpId[] {
    return this.#unanswered.all
  }

  /** Somebody waits: who had nothing is asked again at once. */
  hurry (): void {
    const now = this.#init.clock.elapsed()

    if (now - this.#hurried >= HURRY) {
      this.#hurried = now
      this.#backoff.clear()
      this.#patience.clear()
      this.#soon()
    }
  }

  /** What a row of changes leads to is looked at once. */
  #soon (): void {
    if (!this.#isPlanned) {
      this.#isPlanned = true
      queueMicrotask(() => {
        this.#isPlanned = false

        if (!this.#init.signal.aborted) {
          this.#plan()
        }
      })
    }
  }

  #plan (): void {
    const { log, clock } = this.#init
    const wanted = log.member(log.self) == null ? [] : this.#wanted()
    const missing = wanted.length === 0 ? [] : this.#init.keyring.missing
    this.#missing = missing.join()
    this.#callOff()
    const now = clock.elapsed()
    const connected = wanted.length === 0 ? [] : this.#connected()
    const free = connected.filter(({ key }) => !this.#asking.has(key))
    const backoff = this.#backoffNow
    const ready = free.filter(({ key }) => backoff.isReady(this.#nameOf(key), now))

    for (const { key, connection } of this.#inTurn(ready).slice(0, Math.max(0, MAX_ASKING - this.#asking.size))) {
      this.#ask(key, connection, backoff).catch((err: unknown) => { this.#init.logger('could not ask %p for keys - %e', peerIdOf(key), err) })
    }

    const next = Math.min(...free.map(({ key }) => backoff.readyAt(this.#nameOf(key), now) ?? Number.POSITIVE_INFINITY))
    this.#callOff = after(clock, next - now, () => { this.#soon() })

    if (this.#unanswered.review(missing, connected.map(({ key }) => key), key => this.#asking.has(key))) {
      this.safeDispatchEvent('unanswered')
    }
  }

  /** All whose secrets this node may be given and has not: what is current first, then what is newest. */
  #wanted (): OpId[] {
    const { log, keyring, history } = this.#init
    const isGiven = log.givenTo(log.self, history())
    const others = log.allRekeys().filter(rekey => !keyring.has(rekey) && isGiven(rekey)).reverse()

    return [...new Set([...keyring.missing, ...others])]
  }

  /** Who had nothing of all this waits; of anything more it is asked at once. */
  #nameOf (key: Key): string {
    return `${key} ${this.#missing}`
  }

  /** Members with whom this node is connected, over the best connection. */
  #connected (): Array<{ key: Key, connection: Connection }> {
    const { log, connectionManager } = this.#init
    const best = new Map<Key, Connection>()

    for (const connection of connectionManager.getConnections()) {
      const { remotePeer, status, limits } = connection
      const key = remotePeer.type === 'Ed25519' && status === 'open' ? keyOf(remotePeer) : ''

      if (log.membersOf(key).length > 0 && (limits == null || !best.has(key))) {
        best.set(key, connection)
      }
    }

    return [...best].map(([key, connection]) => ({ key, connection }))
  }

  /** Who made what is missing first; then who was not asked yet; by lot. */
  #inTurn <T extends { key: Key }> (members: T[]): T[] {
    const { log, keyring, random = Math.random } = this.#init
    const authors = new Set(keyring.missing.map(rekey => log.get(rekey)?.author))
    const rank = (key: Key): number => authors.has(key) ? 0 : this.#unanswered.wasTried(key) ? 2 : 1

    return members.map(member => ({ member, rank: rank(member.key), lot: random() })).sort((a, b) => a.rank - b.rank || a.lot - b.lot).map(({ member }) => member)
  }

  /** What is not current may be known to nobody any more. */
  get #backoffNow (): Backoff {
    return this.#missing === '' ? this.#patience : this.#backoff
  }

  async #ask (key: Key, connection: Connection, backoff: Backoff): Promise<void> {
    const { log, keyring, clock, protocol, logger, signal } = this.#init
    const name = this.#nameOf(key)
    const came = { isOfUse: false }
    this.#asking.add(key)

    try {
      assertSecure(connection)
      const stream = await connection.newStream(protocol, { signal: AbortSignal.any([signal, timeout(clock, STEP_TIMEOUT)]), runOnLimitedConnection: true })
      const frames = new FrameStream(stream, MAX_FRAME, clock)
      const isLimited = connection.limits != null

      try {
        await drive(asker({ party: nameOf(log.key, log.self, key), piece: isLimited ? LIMITED_PIECE : PIECE, window: isLimited ? LIMITED_WINDOW : WINDOW }), async (effect: AskerEffect): Promise<unknown> => {
          switch (effect.type) {
            case 'send': return frames.send(effect.frame, signal, STEP_TIMEOUT)
            case 'receive': return frames.receive(STEP_TIMEOUT, signal)
            case 'missing': return this.#wanted()
            case 'next': return this.#sets.next(key, effect.small)
            case 'reset': return this.#sets.reset(key, effect.set.hash)
            case 'whole': return this.#sets.finish(effect.set, { signal })
            case 'piece': {
              this.#sets.take(key, effect.set.hash, effect.size, effect.bytes)
              came.isOfUse = true
              return undefined
            }
            case 'secrets': {
              const fresh = await keyring.add(effect.secrets, { signal })
              came.isOfUse ||= fresh.length > 0
              return undefined
            }
          }
        })
      } finally {
        await frames.close(signal)
      }
    } catch (err) {
      signal.throwIfAborted()
      logger('asking %p for keys ended - %e', peerIdOf(key), err)
      await (came.isOfUse ? this.#reconnect(key) : undefined)
    } finally {
      this.#asking.delete(key)
      this.#sets.release(key)
    }

    if (came.isOfUse) {
      backoff.succeeded(name)
    } else {
      backoff.failed(name, clock.elapsed())
    }

    // of what came to be missing meanwhile it may not have been asked
    if (name === `${key} ${keyring.missing.join()}`) {
      this.#unanswered.tried(key)
    }

    this.#soon()
  }

  /** A relay ends its connections: what came over one goes on over the next. */
  async #reconnect (key: Key): Promise<void> {
    const { connectionManager, keyring, clock, logger, signal } = this.#init
    const peer = peerIdOf(key)

    if (keyring.missing.length > 0 && !connectionManager.getConnections(peer).some(({ status }) => status === 'open')) {
      await connectionManager.openConnection(peer, { signal: AbortSignal.any([signal, timeout(clock, STEP_TIMEOUT)]) }).catch((err: unknown) => { logger('could not reach %p again - %e', peer, err) })
    }
  }
}
