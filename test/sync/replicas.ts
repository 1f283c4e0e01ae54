/** Two replicas and a wire between them that counts, and that a test cuts. */
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex } from '@noble/hashes/utils.js'
import { admit, greet, greetBack, readHello, refuse } from '../../src/sync/greeting.js'
import { decodeFrame, encodeFrame } from '../../src/sync/frames.js'
import { KeptLog } from '../../src/sync/kept.js'
import { SyncMachine } from '../../src/sync/machine.js'
import { Session } from '../../src/sync/session.js'
import { FakeLog, FakeRecords, keyOf, opOf } from './fake-log.js'
import type { Greeted } from '../../src/sync/greeting.js'
import type { Frame } from '../../src/sync/frames.js'
import type { Progress, SignedOp, SyncableLog } from '../../src/sync/index.js'
import type { Channel } from '../../src/sync/channel.js'

export const genesis = opOf(keyOf('Alice'), [], undefined, 'Book club')

/** One end of a meeting. */
export interface Side {
  log: SyncableLog
  kept: KeptLog
}

export interface Replica extends Side {
  log: FakeLog
  profiles: FakeRecords
}

/** A replica of the party; those named are members in its eyes. */
export function replica (self: string, members = ['Alice', 'Bob', 'Carol'], from: SignedOp = genesis): Replica {
  const log = new FakeLog(self, from)
  const profiles = new FakeRecords()
  members.forEach(name => log.standings.set(keyOf(name), { is: 'member' }))

  return { log, profiles, kept: new KeptLog(log, [profiles]) }
}

export interface Wire {
  ends: [Channel, Channel]
  /** Bytes with their length prefixes, and frames, that went over it. */
  bytes: number
  frames: Frame[]
  /** Who sent each: 0, the dialler, or 1. */
  senders: Array<0 | 1>
  close: () => void
}

/** A wire that breaks after so many frames, in both directions together. */
export function wire (cut = Number.POSITIVE_INFINITY): Wire {
  const queues: [Uint8Array[], Uint8Array[]] = [[], []]
  const wake = [Promise.withResolvers<void>(), Promise.withResolvers<void>()] as const
  const waiting: Array<PromiseWithResolvers<void>> = [...wake]
  let closed = false
  const end = (mine: 0 | 1): Channel => ({
    async read ({ signal }) {
      while (true) {
        signal?.throwIfAborted()
        const bytes = queues[mine].shift()

        if (bytes != null) {
          return decodeFrame(bytes)
        } else if (closed) {
          return undefined
        }

        const aborted = (): void => { waiting[mine]!.resolve() }
        signal?.addEventListener('abort', aborted, { once: true })
        await waiting[mine]!.promise
        signal?.removeEventListener('abort', aborted)
        waiting[mine] = Promise.withResolvers()
      }
    },
    async write (frame) {
      if (closed) {
        throw new Error('The wire is cut')
      }

      const bytes = encodeFrame(frame)
      made.bytes += bytes.length + (bytes.length < 128 ? 1 : bytes.length < 16_384 ? 2 : 3)
      made.frames.push(frame)
      made.senders.push(mine)
      queues[1 - mine as 0 | 1].push(bytes)
      waiting[1 - mine]!.resolve()

      if (made.frames.length >= cut) {
        made.close()
      }
    }
  })
  const made: Wire = {
    ends: [end(0), end(1)],
    bytes: 0,
    frames: [],
    senders: [],
    close () {
      closed = true
      waiting.forEach(({ resolve }) => { resolve() })
    }
  }

  return made
}

export interface Meeting {
  wire: Wire
  sessions: Session[]
  /** How the streams ended, the dialler's first. */
  over: Promise<Array<PromiseSettledResult<void>>>
  progress: Progress[]
}

/** The first dials the second; a mute one says Hello, and then what the test writes. */
export async function meet (dialler: Side, listener: Side, { cut, window, mute = false, stallTimeout, onInUse }: { cut?: number, window?: number, mute?: boolean, stallTimeout?: number, onInUse?: () => void } = {}): Promise<Meeting> {
  const made = wire(cut)
  const options = { signal: AbortSignal.timeout(5000) }
  const [to, from] = made.ends
  const sessions: Session[] = []
  const gone = new AbortController()
  const progress: Progress[] = []
  const session = ({ kept: { log, sets, records, turns } }: Side, peer: Side, channel: Channel, greeted: Greeted, listener: boolean): Session => {
    const turn = turns.turn()
    const machine = new SyncMachine({
      sets, salt: greeted.salt, listener, turn, window, size: () => log.size,
      evidence: (of, known) => [...log.evidence(of, known)].map(op => ({ op }))
    })
    machine.begin(greeted.differing)

    return new Session({ log, sets, records, peer: peer.log.self, machine, channel, turn, stallTimeout, onInUse, onProgress: (one) => { progress.push(one) } })
  }
  const nothing = { salt: new Uint8Array(), differing: [], told: [] }
  const asks = async (): Promise<void> => {
    const greeted = await greet(to, dialler.kept, options)

    if (mute) {
      return new Promise((_resolve, reject) => { gone.signal.addEventListener('abort', () => { reject(new Error('The other side has closed')) }) })
    }

    const mine = session(dialler, listener, to, 'code' in greeted ? nothing : greeted, false)
    sessions.unshift(mine)
    await mine.run(options, 'code' in greeted ? { kind: 'refusal', refusal: greeted } : undefined)
  }
  const answers = async (): Promise<void> => {
    const hello = await readHello(from, options)

    if (hello.party !== listener.log.key) {
      await refuse(from, { code: 1 }, options)
    }

    const former = await admit(from, listener.log, dialler.log.self, options)
    const mine = session(listener, dialler, from, former == null ? await greetBack(from, listener.kept.sets, hello, options) : nothing, true)
    sessions.push(mine)

    if (former != null) {
      mine.refuse(former.refusal, true, true)
    }

    await mine.run(options, former?.asked)
  }
  const over = Promise.allSettled([asks(), answers()].map(async side => side.finally(() => {
    made.close()
    gone.abort()
  })))
  await Promise.race([over, new Promise<void>((resolve) => {
    const look = (): void => { setTimeout(sessions.length === (mute ? 1 : 2) ? resolve : look, 0) }
    look()
  })])

  return { wire: made, sessions, over, progress }
}

/** They meet until nothing is missing on either side, and part. @param during - Once both streams run */
export async function sync (dialler: Side, listener: Side, { during, ...options }: { cut?: number, window?: number, during?: (meeting: Meeting) => void } = {}): Promise<Meeting> {
  const meeting = await meet(dialler, listener, options)
  during?.(meeting)
  await Promise.race([meeting.over, settled(meeting)])
  meeting.wire.close()
  await meeting.over

  return meeting
}

/** Until both sides have what the other had, and the wire is still. */
async function settled ({ sessions, wire }: Meeting): Promise<void> {
  for (let still = 0, frames = -1; still < 3;) {
    await Promise.all(sessions.map(async session => session.caughtUp()))
    await new Promise(resolve => setTimeout(resolve, 0))
    still = frames === wire.frames.length ? still + 1 : 0
    frames = wire.frames.length
  }
}

/** Equal on replicas that have the same. */
export function contentOf ({ log, profiles }: Replica): string {
  const names = [...log.ops.keys(), ...[...profiles.records.values()].map(({ entry }) => `${entry.key} ${entry.id}`)]

  return bytesToHex(sha256(new TextEncoder().encode(names.sort().join('\n'))))
}

/** Ops of one author, each on top of all before it. */
export async function grow ({ log }: Replica, author: string, count: number): Promise<void> {
  for (let nth = 0; nth < count; nth++) {
    await log.append(author, `${author}'s ${nth} of ${log.size} by ${log.self}`)
  }
}
