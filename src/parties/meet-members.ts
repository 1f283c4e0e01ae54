/** A party whose members are met from now on, under its names where the node has a rendezvous. Loaded with the first party. */
import { PartyMembers } from '../meeting/links/members.js'
import type { Clock } from '../async/clock.js'
import type { Rendezvous } from '../interface/index.js'
import type { Keyring } from '../keys/keyring.js'
import type { MembershipLog, OpId } from '../log/index.js'
import type { Meeting } from '../meeting/index.js'
import type { NamedParty } from './named-party.js'
import type { Logger } from '@libp2p/interface'
import type { Datastore } from 'interface-datastore'

export interface MeetMembersInit {
  datastore: Datastore
  clock: Clock
  rendezvous: Rendezvous[]
  /** The key of a party of this node. */
  keyring: (party: OpId) => Promise<Keyring | undefined>
  log: MembershipLog
  meeting: Meeting
  logger: Logger
  onNamed: (named: NamedParty) => void
  /** Ends it. */
  signal: AbortSignal
}

/** Resolves when it is kept where those are who are connected. */
export async function meetMembers (init: MeetMembersInit): Promise<void> {
  const { log, meeting, logger, signal } = init
  const named = await nameOf(init)

  // a stop may have come between
  if (signal.aborted) {
    return
  }

  const members = new PartyMembers(log, signal, () => named?.all ?? [])
  log.addEventListener('members', ({ detail }) => {
    // no device is behind a recovery key
    const keys = detail.flatMap(({ keys, member }) => keys.filter(key => key !== member?.recovery))
    meeting.review(log.key, keys).catch(err => { logger('records of who is no member are still here - %e', err) })
  }, { signal })
  await meeting.add(members)
}

async function nameOf ({ datastore, clock, rendezvous, keyring, log, meeting, logger, onNamed, signal }: MeetMembersInit): Promise<NamedParty | undefined> {
  if (rendezvous.length === 0 || signal.aborted) {
    return undefined
  }

  const { NamedParty } = await import('./named-party.js')
  const named = new NamedParty({
    datastore,
    clock,
    log,
    keyring: async () => keyring(log.key),
    onChange: () => { meeting.renamed(log.key) },
    onError: (err) => { logger('a party is found under the names that it had - %e', err) },
    signal
  })
  onNamed(named)

  return named
}
