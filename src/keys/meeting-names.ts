/** By which names a party's members find each other at a rendezvous (docs/meeting.md, "Rendezvous"): those of its newest epochs. */
import { epochOf } from './derive.js'
import type { EpochSecret } from './derive.js'
import type { MembershipLog, OpId } from '../log/index.js'

/**
 * Of each epoch its own, and where several concurrent REKEYs are current also those of each alone: who was on one side
 * of a partition knows one of these. Epochs whose secrets are not here are left out.
 *
 * @param most - Steps back
 * @returns 16 bytes each, newest first; those of now where `isCurrent` says so
 */
export function meetingNames (log: Pick<MembershipLog, 'rekeys' | 'rekeysBefore'>, secretsOf: (rekeys: readonly OpId[]) => readonly EpochSecret[], most: number): { names: Uint8Array[], isCurrent: boolean } {
  const names: Uint8Array[] = []
  let rekeys = log.rekeys().map(({ id }) => id)
  let isCurrent = false

  for (let step = 0; step < most && rekeys.length > 0; step++) {
    const secrets = secretsOf(rekeys)

    if (secrets.length === rekeys.length) {
      isCurrent ||= step === 0
      names.push(epochOf(secrets).meeting)
    }

    if (rekeys.length > 1) {
      names.push(...secrets.map(secret => epochOf([secret]).meeting))
    }

    rekeys = log.rekeysBefore(rekeys)
  }

  return { names, isCurrent }
}
