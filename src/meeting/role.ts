/** What role a peer has in a party, by any of its keys. */
import { ROLES } from '../interface/index.js'
import { keyOf } from '../log/terms.js'
import type { Role } from '../interface/index.js'
import type { MembershipLog } from '../log/index.js'
import type { PeerId } from '@libp2p/interface'

/** For who asks to be served: nobody is before the log is open (again), since what was known before a stop may be old. */
export function liveRoleOf (log: MembershipLog, peer: PeerId): Role | undefined {
  return log.isClosed ? undefined : roleOf(log, peer)
}

/** The highest of those for whom its key stands; undefined: it is no member. */
export function roleOf (log: MembershipLog, peer: PeerId): Role | undefined {
  if (peer.type !== 'Ed25519') {
    return undefined
  }

  const key = keyOf(peer)
  // until the log is here, also what the Grant shows
  const roles = new Set([...log.membersOf(key), log.member(key)].map(member => member?.role))

  return ROLES.find(role => roles.has(role))
}
