/** Who has the words, on a device that has nothing: asks members, gets the logs, and links the device in each (docs/persons.md, "Recovering"). */
import { delay } from '../../async/clock.js'
import { AlreadyLinkedError, MemberUnreachableError, NoSeatError, PlusOneError, StorageError } from '../../errors.js'
import { decodeOp } from '../../log/op.js'
import { keyOf } from '../../log/terms.js'
import { homeKeyOf } from '../home.js'
import { askForSeats } from './ask.js'
import { MAX_AT_ONCE, RETRY_DELAY } from './constants.js'
import { NothingHereError } from './errors.js'
import { fetchLog } from './fetch-log.js'
import { isLinked, linkSelf, voidLeaves } from './links.js'
import { membersOf, seatOf } from './seats.js'
import type { RecoverProgress } from '../../interface/index.js'
import type { AnyOp, Key, MembershipLog, OpId, SignedOp, WriteOptions } from '../../log/index.js'
import type { FetchingNode } from './fetch-log.js'
import type { Seat } from './frames.js'
import type { Connection, PeerId, PrivateKey } from '@libp2p/interface'

/** A member who may know the person. */
export interface Source {
  /** Parties that it is known to be in; undefined: who knows. */
  parties?: OpId[]
  /** A connection, whatever it takes. */
  connect: (options: { signal: AbortSignal }) => Promise<Connection>
}

/** The node on which it happens. */
export interface RecoveringNode extends FetchingNode {
  /** By whose id members are asked. @default RECOVER_PROTOCOL */
  protocol?: string
  peerId: PeerId
  privateKey: PrivateKey
  /** These parties are brought by the words: nobody else begins their logs from now on, until the call ends. */
  coming: (parties: OpId[]) => void
  /** The log of a party that this node has, or has begun to recover. @throws {StorageError} */
  logOf: (party: OpId) => Promise<MembershipLog | undefined>
  /** Begins one that is not there; it is no party before `became`. @throws {ProtocolError} @throws {StorageError} */
  begin: (genesis: SignedOp) => Promise<MembershipLog>
  /** What is put into the batch of the op that makes it a party of this node. */
  linking: (party: OpId) => Pick<WriteOptions, 'with' | 'before'>
  /** It is one now. */
  became: (log: MembershipLog) => Promise<void>
  /** This node is a device of that person from now on: the home is theirs. */
  become: () => Promise<void>
}

export interface RecoveringInit {
  node: RecoveringNode
  /** The recovery key. */
  recovery: PrivateKey
  sources: Source[]
  /** Parties that are known of by a backup. */
  wanted: OpId[]
  /** Parties in which LEAVEs by the person's devices are to be made void. */
  retake: ReadonlySet<OpId>
  signal: AbortSignal
  onProgress: (event: RecoverProgress) => void
}

/** What came of it. */
export interface RecoveredLogs {
  /** This device stands for the person there now. */
  linked: MembershipLog[]
  /** It did already. */
  before: MembershipLog[]
  /** The person left them. */
  left: Array<{ key: OpId, name: string }>
  /** Known of by a backup or a member, and not recovered: why, by party. */
  missing: Map<OpId, Error>
}

/** A party, and who named it. */
interface Found {
  genesis: AnyOp<'GENESIS'>
  left: boolean
  source: Source
  connection: Connection
}

/**
 * @throws {NoSeatError} Nobody who answered has a party in which the recovery key has a seat.
 * @throws {MemberUnreachableError} Nobody answered, or not long enough.
 * @throws {AlreadyLinkedError}
 * @throws {DeviceUnlinkedError}
 * @throws {StorageError}
 * @throws the signal's reason
 */
export async function recover (init: RecoveringInit): Promise<RecoveredLogs> {
  const { node, recovery, wanted, retake } = init
  const found = await find(init)
  // another device of the person is among those who were asked
  const home = found.get(homeKeyOf(keyOf(recovery)))
  found.delete(home?.genesis.id ?? '')
  const result: RecoveredLogs = { linked: [], before: [], left: [], missing: new Map() }
  const coming: Found[] = []

  for (const one of found.values()) {
    const log = one.left && !retake.has(one.genesis.id) ? await node.logOf(one.genesis.id) : undefined

    // who is asked may not have heard of what brought the person back
    if (one.left && !retake.has(one.genesis.id) && (log == null || membersOf(log, keyOf(recovery)).length === 0)) {
      result.left.push({ key: one.genesis.id, name: one.genesis.payload.name })
    } else {
      coming.push(one)
    }
  }

  wanted.filter(party => !found.has(party)).forEach(party => { result.missing.set(party, new MemberUnreachableError()) })

  node.coming(coming.map(({ genesis }) => genesis.id))

  // the home alone is enough: a device of a person who is in no party, or left them
  if (coming.length > 0 || home != null) {
    await node.become()
  }

  if (home != null) {
    await fetch(init, await node.logOf(home.genesis.id) as MembershipLog, home)
  }

  await eachOf(coming, async (one) => {
    try {
      const { log, isNew } = await link(init, one)
      result[isNew ? 'linked' : 'before'].push(log)

      // beside a seat that somebody else may have named the key for
      if (hasLeft(log, recovery)) {
        result.left.push({ key: log.key, name: log.name })
      }

      init.onProgress({ type: 'linked', party: log.key, name: log.name })
    } catch (err) {
      init.signal.throwIfAborted()

      // of the disk all would fail
      if (err instanceof StorageError || !(err instanceof PlusOneError)) {
        throw err
      }

      result.missing.set(one.genesis.id, err)
    }
  })

  assertAny(result)

  return result
}

/** Something came of it. @throws What stood against it, else */
function assertAny ({ linked, before, left, missing }: RecoveredLogs): void {
  if (linked.length > 0 || left.length > 0) {
    return
  }

  if (before.length > 0 && missing.size === 0) {
    throw new AlreadyLinkedError()
  }

  const [failure] = missing.values()

  if (before.length === 0 && failure != null) {
    throw failure
  }
}

/** Asks members, until each party that is known of is named, or nobody is left to be asked. */
async function find (init: RecoveringInit): Promise<Map<OpId, Found>> {
  const { node, recovery, sources, wanted, signal, onProgress } = init
  const found = new Map<OpId, Found>()
  const failures: unknown[] = []

  await eachOf(sources, async (source) => {
    // another one named them all meanwhile
    if (source.parties?.every(party => found.has(party)) === true) {
      return
    }

    try {
      const connection = await source.connect({ signal })
      const seats = await askForSeats(connection, { protocol: node.protocol, self: node.peerId, recovery, clock: node.clock, signal })
      onProgress({ type: 'proved', peer: connection.remotePeer, parties: seats.length })

      for (const { genesis, left } of seats.flatMap(seat => genesisOf(seat, keyOf(recovery)) ?? [])) {
        const before = found.get(genesis.id)

        if (before == null || (before.left && !left)) {
          found.set(genesis.id, { genesis, left, source, connection })
        }
      }
    } catch (err) {
      signal.throwIfAborted()
      failures.push(err)
    }
  })

  if (found.size === 0) {
    throw failures.some(err => err instanceof NothingHereError) || (failures.length === 0 && wanted.length === 0)
      ? new NoSeatError()
      : new MemberUnreachableError(undefined, { cause: failures[0] })
  }

  return found
}

/** A party that is named, as far as its GENESIS is one: whether its signature holds is looked at when it is begun. */
function genesisOf ({ genesis, left }: Seat, recovery: Key): { genesis: AnyOp<'GENESIS'>, left: boolean } | undefined {
  try {
    const op = decodeOp(genesis)

    // of homes there is one, and it follows from the words
    return op.kind === 'GENESIS' && (op.payload.kind !== 'person' || op.id === homeKeyOf(recovery)) ? { genesis: op, left } : undefined
  } catch {
    return undefined
  }
}

function hasLeft (log: MembershipLog, recovery: PrivateKey): boolean {
  return (seatOf(log, keyOf(recovery))?.leaves ?? []).length > 0
}

/** Gets a log, and links this node's key in it. */
async function link (init: RecoveringInit, found: Found): Promise<{ log: MembershipLog, isNew: boolean }> {
  const { node, recovery, retake, signal } = init
  const { genesis } = found
  const log = await node.logOf(genesis.id) ?? await node.begin(genesis.signed)

  if (isLinked(log, keyOf(recovery)) && !(retake.has(log.key) && hasLeft(log, recovery))) {
    // it broke off just after that
    await node.became(log)

    return { log, isNew: false }
  }

  await fetch(init, log, found)

  if (retake.has(log.key)) {
    await voidLeaves(log, recovery, { signal })
  }

  await linkSelf(log, node.privateKey, recovery, { signal, ...node.linking(log.key) })
  await node.became(log)

  return { log, isNew: true }
}

async function fetch ({ node, recovery, signal, onProgress }: RecoveringInit, log: MembershipLog, { source, connection }: Found): Promise<void> {
  const { protocol, peerId: self, clock } = node

  await fetchLog({
    node,
    log,
    connection,
    signal,
    onProgress: (done, all) => { onProgress({ type: 'receiving', party: log.key, name: log.name, done, all }) },
    prove: async (nth) => {
      await delay(clock, RETRY_DELAY * 2 ** (nth - 1), signal)
      const another = await source.connect({ signal })
      await askForSeats(another, { protocol, self, recovery, clock, signal })

      return another
    }
  })
}

/** Some at once; what one of them throws ends all. */
async function eachOf <T> (items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const waiting = items.values()
  let failure: { reason: unknown } | undefined

  await Promise.all(Array.from({ length: MAX_AT_ONCE }, async () => {
    for (const item of waiting) {
      if (failure != null) {
        return
      }

      await work(item).catch((reason: unknown) => { failure ??= { reason } })
    }
  }))

  if (failure != null) {
    throw failure.reason
  }
}
