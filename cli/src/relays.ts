/** Relays that this node is to be reached through: reserved, lost, redialled, reserved again. */
import { setTimeout } from 'node:timers/promises'
import { multiaddr } from '@multiformats/multiaddr'
import { raceSignal } from 'race-signal'
import { RelayUnreachableError, UsageError } from './exit.js'
import { isRelayed } from './node.js'
import type { PlusOneNode } from './node.js'
import type { Output } from './output.js'

/** How long a reservation may take, ms. */
const RESERVATION_TIMEOUT = 10_000

/** The first wait before redialling, ms; it doubles up to the second. */
const BACKOFF = [1_000, 30_000] as const

/** @throws {UsageError} Four words are asked for, and there is no place where they could be found. */
export function assertFindable ({ short }: { short?: boolean }, { relay, rendezvous }: { relay: string[], rendezvous: string[] }): void {
  if (short === true && relay.length + rendezvous.length === 0) {
    throw new UsageError('--short needs a place where the words are found: give --relay or --rendezvous, as plus-one relay prints them')
  }
}

/**
 * Keeps a connection to each relay until the signal, or the node's stop: libp2p, listening on
 * `/p2p-circuit`, reserves on each relay that it is connected to.
 *
 * @returns Settles when the first reservation stands
 * @throws {RelayUnreachableError} None stands after 10 s; trying goes on.
 */
export async function reserve (node: PlusOneNode, relays: string[], out: Output, signal: AbortSignal): Promise<void> {
  if (relays.length === 0) {
    return
  }

  const stopped = new AbortController()
  node.addEventListener('stop', () => { stopped.abort() }, { once: true })
  const kept = AbortSignal.any([signal, stopped.signal])
  tellChanges(node, out, kept)

  for (const relay of relays) {
    keep(node, relay, out, kept).catch(() => { /* the node stopped */ })
  }

  const timeout = AbortSignal.timeout(RESERVATION_TIMEOUT)

  try {
    await reserved(node, AbortSignal.any([signal, timeout]))
  } catch (err) {
    signal.throwIfAborted()
    throw new RelayUnreachableError(relays.join(' or '), { cause: err })
  }
}

function hasReservation (node: PlusOneNode): boolean {
  return node.getMultiaddrs().some(isRelayed)
}

/** Calls `check` when relayed addresses may have come or gone. */
function onAddresses (node: PlusOneNode, check: () => void, signal: AbortSignal): void {
  node.addEventListener('transport:listening', check, { signal })
  node.addEventListener('transport:close', check, { signal })
  node.addEventListener('self:peer:update', check, { signal })
}

/** Tells when the last reservation is lost, and when there is one again. */
function tellChanges (node: PlusOneNode, out: Output, signal: AbortSignal): void {
  let was: boolean | undefined

  onAddresses(node, () => {
    const is = hasReservation(node)

    if (is !== (was ?? false)) {
      out.event('reservation', { reserved: is })

      if (was != null) {
        out.line(is ? `${out.style('green', '✓')} The relay is back` : `${out.style('red', '✗')} The relay is lost; trying to reach it again`)
      }

      was = is
    }
  }, signal)
}

/** Waits until this node has a relayed address. */
async function reserved (node: PlusOneNode, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const met = new AbortController()
  const check = (): void => {
    if (hasReservation(node)) {
      resolve()
    }
  }

  onAddresses(node, check, met.signal)
  check()

  try {
    await raceSignal(promise, signal)
  } finally {
    met.abort()
  }
}

async function keep (node: PlusOneNode, relay: string, out: Output, signal: AbortSignal): Promise<void> {
  let wait: number = BACKOFF[0]

  while (!signal.aborted) {
    try {
      const connection = await node.dial(multiaddr(relay), { signal })
      out.detail(`connected to relay ${relay}`)
      wait = BACKOFF[0]
      const closed = Promise.withResolvers<void>()
      connection.addEventListener('close', () => { closed.resolve() }, { once: true })

      if (connection.status === 'open') {
        await raceSignal(closed.promise, signal)
      }

      out.detail(`lost relay ${relay}`)
    } catch (err) {
      out.detail(`relay ${relay}: ${(err as Error).message}; next try in ${wait / 1000} s`)
    }

    await setTimeout(wait, undefined, { signal })
    wait = Math.min(2 * wait, BACKOFF[1])
  }
}
