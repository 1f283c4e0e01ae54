/** How a peer is reached of whom there are addresses, some maybe stale, and maybe more to come. */
import { raceSignal } from 'race-signal'
import { bestConnection } from '../../network/best-connection.js'
import { addressTo, endsInPeer } from '../../network/peer-address.js'
import { ProtocolError } from '../../errors.js'
import { delay, systemClock } from '../../async/clock.js'
import type { DialProgress } from '../../interface/index.js'
import type { Connection, ConnectionGater, PeerId } from '@libp2p/interface'
import type { ConnectionManager, TransportManager } from '@libp2p/interface-internal'
import type { Multiaddr } from '@multiformats/multiaddr'

/** How long a direct connection is tried before a relayed one will do, ms: WebRTC takes a second or two across continents. */
const DIRECT_TIMEOUT = 5_000

/** From one address to the next, ms, unless the last has failed by then (RFC 8305 section 5, "Connection Attempt Delay"). */
const ATTEMPT_DELAY = 250

/** How long the addresses at hand are tried alone, ms. */
const FIND_DELAY = 1_000

/** Addresses of one peer that are tried. */
const MAX_DIALS = 16

export interface DialRaceComponents {
  connectionManager: ConnectionManager
  transportManager: TransportManager
  connectionGater: ConnectionGater
}

export interface DialRaceInit {
  peer: PeerId
  addresses: Multiaddr[]
  /** Looks for more addresses, until the signal aborts. */
  more? (signal: AbortSignal): AsyncIterable<Multiaddr[]>
  /** The one deadline of all. */
  signal: AbortSignal
  onProgress? (event: DialProgress): void
}

/**
 * A connection to the peer. Its addresses are dialled side by side, one after the
 * other's start (libp2p's own queue takes the next when the last has failed: one
 * dead address of four would cost its whole timeout); the first direct connection
 * wins; a relayed one waits a little for one.
 *
 * @throws the last dial's error, or the signal's reason.
 */
export async function raceDials (components: DialRaceComponents, { peer, addresses, signal, ...init }: DialRaceInit): Promise<Connection> {
  const { connectionManager } = components
  const onProgress = (event: DialProgress): void => init.onProgress?.(event)
  const open = bestConnection(connectionManager, peer)
  const connected = (connection: Connection): Connection => {
    onProgress({ type: 'connected', peer, address: connection.remoteAddr })

    return connection
  }

  if (open != null && open.limits == null) {
    return connected(open)
  }

  const over = new AbortController()
  const direct = Promise.withResolvers<Connection>()
  const until = AbortSignal.any([signal, over.signal])
  const dials = dialler(components, peer, until, address => { onProgress({ type: 'dialing', peer, address }) })
  let relayed = open
  let failure: unknown
  let patience: unknown

  const made = (connection: Connection): void => {
    if (connection.limits == null) {
      direct.resolve(connection)
      // at once: a dial more would count against what the peer takes from one host
      over.abort()
    } else {
      relayed ??= connection
      patience ??= systemClock.setTimeout(() => { direct.reject(new Error('Only a relayed connection could be made')) }, DIRECT_TIMEOUT)
    }
  }

  if (relayed != null) {
    made(relayed)
  }

  const all = async (): Promise<void> => {
    const some = async (next: Multiaddr[]): Promise<void> => dials(next, made, (err) => { failure = err })
    const first = some(addresses)
    const rounds = [first]

    if (init.more != null) {
      // addresses that are good need no search
      await Promise.race([first, delay(systemClock, FIND_DELAY, until).catch(() => {})])
      until.throwIfAborted()
      onProgress({ type: 'finding', peer })

      try {
        for await (const found of init.more(until)) {
          rounds.push(some(found))
        }
      } catch (err) {
        // nobody to ask: who is slow to answer may still do
        failure ??= err
      }
    }

    await Promise.all(rounds)
  }

  all().catch((err: unknown) => { failure = err }).finally(() => { direct.reject(failure) }).catch(() => {})

  try {
    return connected(await raceSignal(direct.promise, signal))
  } catch (err) {
    signal.throwIfAborted()

    if (relayed != null) {
      return connected(relayed)
    }

    if (addresses.length === 0) {
      // the peer store, or a router, may know more
      return connected(await connectionManager.openConnection(peer, { signal }))
    }

    throw err
  } finally {
    over.abort()
    systemClock.clearTimeout(patience)
  }
}

type Dial = (addresses: Multiaddr[], made: (connection: Connection) => void, failed: (err: unknown) => void) => Promise<void>

/** Dials each address once, those of one call one after the other's start. */
function dialler ({ transportManager, connectionGater }: DialRaceComponents, peer: PeerId, signal: AbortSignal, onDial: (address: Multiaddr) => void): Dial {
  const tried = new Set<string>()

  const dial = async (address: Multiaddr): Promise<Connection> => {
    if (await connectionGater.denyDialPeer?.(peer) === true || await connectionGater.denyDialMultiaddr?.(address) === true) {
      throw new Error('The node\'s connection gater denies this address')
    }

    onDial(address)
    const connection = await unless(signal, async signal => transportManager.dial(address, { signal }))

    if (!connection.remotePeer.equals(peer)) {
      const error = new ProtocolError('Another peer answered than the code names; ask for a new code')
      connection.abort(error)
      throw error
    }

    return connection
  }

  return async (addresses, made, failed) => {
    const dials: Array<Promise<void>> = []

    for (const address of addresses.map(address => addressedTo(address, peer))) {
      const text = address.toString()

      if (tried.has(text) || tried.size >= MAX_DIALS || signal.aborted) {
        continue
      }

      tried.add(text)
      const next = new AbortController()
      dials.push(dial(address).then(made, failed).finally(() => { next.abort() }))
      await delay(systemClock, ATTEMPT_DELAY, AbortSignal.any([signal, next.signal])).catch(() => {})
    }

    await Promise.all(dials)
  }
}

/** A relay has to be told to whom: records of libp2p's and a DHT leave the peer's own id out. Of all other addresses whoever answers proves who it is. */
function addressedTo (address: Multiaddr, peer: PeerId): Multiaddr {
  const isRelayed = address.getComponents().some(({ name }) => name === 'p2p-circuit')

  return isRelayed && !endsInPeer(address) ? addressTo(address, peer) : address
}

/** Gives a dial a signal of its own: transports go on listening to it, and would close the connection that was chosen. */
async function unless (signal: AbortSignal, dial: (signal: AbortSignal) => Promise<Connection>): Promise<Connection> {
  const own = new AbortController()
  const abort = (): void => { own.abort(signal.reason) }
  signal.throwIfAborted()
  signal.addEventListener('abort', abort)

  try {
    return await dial(own.signal)
  } finally {
    signal.removeEventListener('abort', abort)
  }
}
