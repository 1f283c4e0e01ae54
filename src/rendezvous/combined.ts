/** Several rendezvous as one: the first good answer is enough, failures count only where all fail. */
import merge from 'it-merge'
import { RendezvousError } from '../errors.js'
import type { Publication, PublishOptions, Rendezvous } from './interface.js'
import type { AbortOptions, PeerInfo } from '@libp2p/interface'

/** Candidates that are told of one nameplate: more are squatters. */
const MAX_FOUND = 32

/** @param all - None: neither publishing nor finding works, and says so */
export function combine (all: Rendezvous[]): Rendezvous {
  return {
    name: all.map(({ name }) => name).join(', '),
    publish: async (nameplate, options) => publish(all, nameplate, options),
    find: (nameplate, options) => find(all, nameplate, options)
  }
}

async function publish (all: Rendezvous[], nameplate: string, options: PublishOptions = {}): Promise<Publication> {
  const publications: Publication[] = []
  let stopped: AbortOptions | undefined

  const each = all.map(async (rendezvous) => {
    const publication = await rendezvous.publish(nameplate, options)
    publications.push(publication)

    // published after all was withdrawn
    if (stopped != null) {
      await publication.stop(stopped)
    }
  })

  try {
    await Promise.any(each)
  } catch (err) {
    options.signal?.throwIfAborted()
    throw failed(all, err)
  }

  return {
    stop: async (options = {}) => {
      stopped = options
      await Promise.all(publications.map(async publication => publication.stop(options)))
    }
  }
}

async function * find (all: Rendezvous[], nameplate: string, { signal }: AbortOptions = {}): AsyncGenerator<PeerInfo> {
  const over = new AbortController()
  const until = signal == null ? over.signal : AbortSignal.any([signal, over.signal])
  const failures: unknown[] = []
  const found = new Set<string>()

  const quiet = async function * (rendezvous: Rendezvous): AsyncGenerator<PeerInfo> {
    try {
      yield * rendezvous.find(nameplate, { signal: until })
    } catch (err) {
      failures.push(err)
    }
  }

  try {
    for await (const peer of merge(...all.map(quiet))) {
      if (!found.has(peer.id.toString())) {
        found.add(peer.id.toString())
        yield peer
      }

      if (found.size === MAX_FOUND) {
        return
      }
    }
  } finally {
    over.abort()
  }

  signal?.throwIfAborted()

  if (failures.length === all.length) {
    throw failed(all, new AggregateError(failures))
  }
}

function failed (all: Rendezvous[], cause: unknown): RendezvousError {
  return all.length === 0
    ? new RendezvousError('Short codes need a rendezvous: give parties({ rendezvous }) one, or use the full code')
    : new RendezvousError(undefined, { cause })
}
