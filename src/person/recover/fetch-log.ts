/** Gets a log from one member, who knows this device by its proof alone: over as many connections as it takes. */
import { raceSignal } from 'race-signal'
import { after } from '../../async/clock.js'
import { MemberUnreachableError } from '../../errors.js'
import { keyOf } from '../../log/terms.js'
import { RefusalCode } from '../../sync/refusal.js'
import { RETRIES, STANDSTILL } from './constants.js'
import { NothingHereError } from './errors.js'
import type { Clock } from '../../async/clock.js'
import type { Key, MembershipLog } from '../../log/index.js'
import type { LogSyncEvents } from '../../sync/index.js'
import type { Connection, TypedEventTarget } from '@libp2p/interface'

/** What the node does for it. */
export interface FetchingNode {
  clock: Clock
  sync: Pick<TypedEventTarget<LogSyncEvents>, 'addEventListener' | 'removeEventListener'>
  /** Syncs a log with one peer, as if it were a member, until the signal aborts. */
  fetch: (log: MembershipLog, from: Key, signal: AbortSignal) => Promise<void>
}

export interface FetchLogInit {
  node: FetchingNode
  log: MembershipLog
  /** To the member who is asked. */
  connection: Connection
  signal: AbortSignal
  /** Of how many ops are here. */
  onProgress: (done: number, all: number) => void
  /** Proves the recovery key anew, on a connection that may be new. @param nth - From 1: how often in a row */
  prove: (nth: number) => Promise<Connection>
}

/**
 * Resolves when all that the member has is here.
 *
 * @throws {MemberUnreachableError} It is not, and the member does not answer any more; what came is kept.
 * @throws the signal's reason
 */
export async function fetchLog ({ node, log, connection, signal, onProgress, prove }: FetchLogInit): Promise<void> {
  const from = keyOf(connection.remotePeer)
  const { sync, clock } = node
  const over = new AbortController()
  let standstill = (): void => {}
  let next = Promise.withResolvers<boolean>()
  let failures = 0
  const isOurs = ({ party, peer }: { party: string, peer: Key }): boolean => party === log.key && peer === from
  const moved = (): void => {
    standstill()
    standstill = after(clock, STANDSTILL, () => { next.resolve(false) })
  }
  const onAgreed = ({ detail }: LogSyncEvents['agreed']): void => { if (isOurs(detail)) { next.resolve(true) } }
  // that another node uses this one's key is no refusal of what is fetched: the stream goes on
  const onRefused = ({ detail }: LogSyncEvents['refused']): void => { if (isOurs(detail) && detail.code !== RefusalCode.IN_USE) { next.resolve(false) } }
  const onSyncProgress = ({ detail }: LogSyncEvents['progress']): void => {
    if (isOurs(detail)) {
      failures = 0
      moved()
      onProgress(detail.items.done, detail.items.all)
    }
  }

  // a stream that ended with nothing under way is not opened again by sync
  const watch = (connection: Connection): void => {
    const onClose = (): void => { next.resolve(false) }
    connection.addEventListener('close', onClose, { once: true, signal: over.signal })

    if (connection.status !== 'open') {
      onClose()
    }
  }

  sync.addEventListener('agreed', onAgreed)
  sync.addEventListener('refused', onRefused)
  sync.addEventListener('progress', onSyncProgress)

  try {
    moved()
    watch(connection)
    await node.fetch(log, from, AbortSignal.any([signal, over.signal]))

    while (!await raceSignal(next.promise, signal)) {
      // it forgot the proof in a restart, or the connection was lost
      for (let proved = false; !proved;) {
        next = Promise.withResolvers()

        if (++failures > RETRIES) {
          throw new MemberUnreachableError()
        }

        proved = await prove(failures).then((another) => {
          watch(another)

          return true
        }, (err: unknown) => {
          signal.throwIfAborted()

          if (err instanceof NothingHereError) {
            throw err
          }

          return false
        })
      }

      moved()
    }
  } finally {
    standstill()
    over.abort()
    sync.removeEventListener('agreed', onAgreed)
    sync.removeEventListener('refused', onRefused)
    sync.removeEventListener('progress', onSyncProgress)
  }
}
