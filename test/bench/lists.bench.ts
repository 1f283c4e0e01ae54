import { generateKeyPair } from '@libp2p/crypto/keys'
import { MemoryDatastore } from 'datastore-core'
import { MembershipLog } from '../../src/log/index.js'
import { systemClock } from '../../src/async/clock.js'
import { LocalInvitations } from '../../src/admission/invitations.js'
import { inviteMany } from '../helpers/invitations.js'
import { measure, report } from './measure.js'
import type { Print } from './measure.js'
import type { InvitationList } from '../../src/index.js'
import type { Ed25519PrivateKey } from '@libp2p/interface'

const SIZES = [100, 1_000, 10_000]

interface Subject {
  size: number
  log: MembershipLog
  privateKey: Ed25519PrivateKey
  invitations: LocalInvitations
}

function listOf (log: MembershipLog): LocalInvitations {
  const invitations = new LocalInvitations({ log, clock: systemClock, ended: () => {} })
  invitations.begin()

  return invitations
}

async function subjectOf (size: number): Promise<Subject> {
  const privateKey = await generateKeyPair('Ed25519')
  const log = await MembershipLog.create({ datastore: new MemoryDatastore(), privateKey }, { name: 'Fair', kind: 'community', nonce: '00'.repeat(16) })
  const ids = await inviteMany(log, privateKey, size, Date.now())

  // one alone is not pending: the oldest
  await log.append('REVOKE', { invite: ids[0] ?? '', reason: '' })

  return { size, log, privateKey, invitations: listOf(log) }
}

/** What a page of 50 costs at each size, and what one op more does to it. A frame is 16.7 ms. */
export default async function lists (print: Print): Promise<void> {
  const subjects = await Promise.all(SIZES.map(subjectOf))

  for (const { size, log, privateKey, invitations } of subjects) {
    const middle = cursorAfter(invitations, size / 2)
    // as a server's database would have it: sorted, and by status
    const rows = invitations.list({ limit: 50 }).items.map(item => ({ ...item }))

    print(`\nA list of ${size} invitations, pages of 50`)
    print(report(await measure([
      { name: 'floor: 50 rows copied from an array', prepare: () => () => rows.map(row => ({ ...row })) },
      { name: 'first page', prepare: () => () => invitations.list({ status: 'pending' }) },
      { name: 'a page from the middle (fetchMore)', prepare: () => () => invitations.list({ status: 'pending', cursor: middle }) },
      { name: 'the one row that is revoked, the oldest', prepare: () => () => invitations.list({ status: 'revoked' }) },
      {
        name: 'first page, one invitation later',
        prepare: async () => {
          await inviteMany(log, privateKey, 1, Date.now())

          return () => invitations.list({ status: 'pending' })
        }
      },
      { name: 'the list as a node starts', prepare: () => () => { listOf(log) } }
    ], { runs: 60, warmups: 20 })))
  }
}

function cursorAfter (invitations: InvitationList, rows: number): string | undefined {
  let cursor: string | undefined

  for (let left = rows; left > 0; left -= 1000) {
    cursor = invitations.list({ limit: Math.min(left, 1000), cursor }).nextCursor
  }

  return cursor
}
