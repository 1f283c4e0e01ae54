/** Members whom a backup leads to: at their last addresses, or at the party's rendezvous. */
import { raceDials } from '../admission/connection/dial-race.js'
import { timeout } from '../async/clock.js'
import { MemberUnreachableError } from '../errors.js'
import { epochOf } from '../keys/derive.js'
import { keyOf, peerIdOf } from '../log/terms.js'
import { openRecord } from '../meeting/links/addresses.js'
import { MAX_NAMES } from '../meeting/links/constants.js'
import { namespaceOf } from '../meeting/links/names.js'
import { MAX_OF_PARTY } from '../person/backup/content.js'
import type { Clock } from '../async/clock.js'
import type { PartiesComponents, RecoverProgress, Rendezvous } from '../interface/index.js'
import type { Key, OpId } from '../log/index.js'
import type { BackedUpParty } from '../person/backup/content.js'
import type { Source } from '../person/recover/recovering.js'
import type { Connection, PeerId, PeerInfo } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'

/** Members whom a backup names that are asked, at most: most of them may be somewhere else by now. */
const MAX_ASKED = 256

/** Who is found at a rendezvous that is asked, of each party: who was removed may be there, too. */
const MAX_FOUND_ASKED = 4

/** How long one of them is dialled, ms: as libp2p does. */
const DIAL_TIMEOUT = 10_000

export interface MembersInit {
  components: PartiesComponents
  clock: Clock
  rendezvous: readonly Rendezvous[]
  /** How long a member is tried to be reached, ms. */
  timeout: number
  onProgress: (event: RecoverProgress) => void
}

/** Whom to ask: first those whose records it has, one of each party first; then who is found where members of a party look for each other. */
export async function membersOf (parties: BackedUpParty[], init: MembersInit): Promise<Source[]> {
  const { components, clock, rendezvous, onProgress } = init
  const self = keyOf(components.peerId)
  const found = new Map<Key, Source & { parties: OpId[] }>()
  const dial = async (peer: PeerId, addresses: Multiaddr[], signal: AbortSignal): Promise<Connection> => raceDials(components, {
    peer, addresses, signal: AbortSignal.any([signal, timeout(clock, Math.min(init.timeout, DIAL_TIMEOUT))]), onProgress
  })

  for (let nth = 0; nth < MAX_OF_PARTY; nth++) {
    for (const { key: party, records } of parties) {
      const record = records[nth]
      // what does not hold of it leads nowhere
      const opened = record == null ? undefined : await openRecord(record).catch(() => undefined)
      const known = found.get(opened?.key ?? self)

      if (known != null) {
        known.parties.push(party)
      } else if (opened != null && opened.key !== self && found.size < MAX_ASKED) {
        const peer = peerIdOf(opened.key)
        found.set(opened.key, { parties: [party], connect: async ({ signal }) => dial(peer, opened.addresses, signal) })
      }
    }
  }

  const named = rendezvous.length === 0 ? [] : parties.filter(({ secrets }) => secrets.length > 0)

  return [...found.values(), ...named.flatMap(({ key, secrets }) => {
    const tried = new Set<string>()

    const connect: Source['connect'] = async ({ signal }) => {
      const failures: unknown[] = []

      // which of them are current together is in the log, which is not here: members are found under each alone, too
      for (const name of secrets.slice(0, MAX_NAMES).map(secret => namespaceOf(epochOf([secret]).meeting))) {
        for (const { id, multiaddrs } of await foundAt(rendezvous, name, signal, failures)) {
          if (!tried.has(id.toString())) {
            tried.add(id.toString())

            try {
              return await dial(id, multiaddrs, signal)
            } catch (err) {
              signal.throwIfAborted()
              failures.push(err)
            }
          }
        }
      }

      tried.clear()
      throw new MemberUnreachableError(undefined, { cause: failures[0] })
    }

    return Array.from({ length: MAX_FOUND_ASKED }, () => ({ parties: [key], connect }))
  })]
}

/** Who says that it is found under a name: it may be anybody who knew it once, and is believed in nothing but what it can prove. */
async function foundAt (rendezvous: readonly Rendezvous[], name: string, signal: AbortSignal, failures: unknown[]): Promise<PeerInfo[]> {
  const found: PeerInfo[] = []

  for (const one of rendezvous) {
    try {
      for await (const peer of one.find(name, { signal })) {
        found.push(peer)
      }
    } catch (err) {
      signal.throwIfAborted()
      failures.push(err)
    }
  }

  return found
}
