/** A new invitation: what may be asked for, its secrets, its INVITE and its record in one batch. */
import { bytesToHex, randomBytes } from '@noble/hashes/utils.js'
import { raceSignal } from 'race-signal'
import { createPin, DEFAULT_PIN, encodeCode, isPinShape } from '../codec/index.js'
import { NotPermittedError } from '../errors.js'
import { KIND_DEFAULTS } from '../interface/index.js'
import { DEFAULT_ATTEMPTS, DEFAULT_LIFETIME, lookupIdOf, MAX_INVITER_FRAME, SECRET_LENGTH } from '../invitation/index.js'
import { keyOf, mayInvite, NOBODY, ownData, whyNoInvite } from '../log/terms.js'
import { mostReachable } from './connection/open-stream.js'
import { checkedLabel, encodeInvitation, invitationKey } from './records.js'
import type { InviteOptions } from '../interface/index.js'
import type { InvitingParty } from './inviting-party.js'
import type { InvitationRecord } from './records.js'
import type { Multiaddr } from '@multiformats/multiaddr'

/** The last moment that a code can carry, ms since 1970: 48 bits. */
const LAST_MOMENT = 2 ** 48 - 1

/** Wrong PINs that an invitation may allow, at most: a 6-digit PIN falls to half a million. */
const MAX_ATTEMPTS = 10

const MAX_USES = 10_000

/**
 * Writes the INVITE, and with it the record. Where the signal aborts the caller is told
 * at once, and nothing is left: what was being written is taken back.
 *
 * @param addresses - Where this node can be dialled now
 * @param now - ms since 1970
 * @throws {RangeError} Terms that no invitation can have.
 * @throws {NotPermittedError} This node may not invite to that role, or what it rests on fits into no Grant.
 * @throws {StorageError}
 */
export async function createInvitation (party: InvitingParty, options: InviteOptions, addresses: Multiaddr[], now: number): Promise<InvitationRecord> {
  const { signal } = options
  signal?.throwIfAborted()
  const writing = writeInvitation(party, options, addresses, now)

  try {
    return await raceSignal(writing, signal)
  } catch (err) {
    writing.then(async record => takeBack(party, record)).catch(() => {
      // it was never written; or it was, and nobody has its code
    })
    throw err
  }
}

async function writeInvitation (party: InvitingParty, options: InviteOptions, addresses: Multiaddr[], now: number): Promise<InvitationRecord> {
  const { role = KIND_DEFAULTS[party.kind].role, attempts = DEFAULT_ATTEMPTS, approval = options.approve != null, signal } = options
  const uses = options.uses ?? (options.to == null ? KIND_DEFAULTS[party.kind].uses : 1)
  const shape = options.pin === false ? false : { ...DEFAULT_PIN, ...options.pin }
  const target = options.to == null ? undefined : keyOf(options.to)
  const expiresAt = deadlineOf(options.expiration, now)
  const data = ownData('An invitation\'s data', options.data)
  const label = checkedLabel(options.label ?? '')

  inRange('uses', uses, MAX_USES)
  inRange('attempts', attempts, MAX_ATTEMPTS)

  if (shape !== false && !isPinShape(shape)) {
    throw new RangeError('A PIN has 4 to 32 characters, of 2 to 64 different ones that stay as they are when typed; or pin: false')
  }

  if (target != null && (uses !== 1 || party.log.member(target) != null)) {
    throw new RangeError('An invitation to one peer has one use, and that peer is not a member yet; leave out `uses` or `to`, and see party.members')
  }

  const level = party.log.member(party.log.self)?.level ?? NOBODY

  if (!mayInvite(party.kind, level, role)) {
    throw new NotPermittedError(whyNoInvite(party.kind, level, role))
  }

  if (!party.log.canShow(MAX_INVITER_FRAME)) {
    throw new NotPermittedError('Too many steps lie between a founder and this member for an invitation that shows them all; ask an owner who is nearer to the founders')
  }

  await raceSignal(party.freshen(), signal)
  const secret = randomBytes(SECRET_LENGTH)
  const code = encodeCode({ secret, inviter: party.self, addresses: mostReachable(addresses), expiresAt })
  const written: InvitationRecord[] = []

  await party.log.append('INVITE', { lookupId: bytesToHex(lookupIdOf(secret)), role, uses, hosts: [], createdAt: now, expiresAt: expiresAt ?? 0, target, data }, {
    with: (batch, { id }) => {
      const record: InvitationRecord = {
        party: party.key, id, secret, pin: shape === false ? '' : createPin(shape), shape, code, role, createdAt: now, attempts, target, approval, label, reason: '',
        ledger: { status: 'pending', attemptsLeft: attempts, uses, used: 0, expiresAt }
      }
      batch.put(invitationKey(record), encodeInvitation(record))
      written.push(record)
    }
  })

  return written[0] as InvitationRecord
}

async function takeBack (party: InvitingParty, record: InvitationRecord): Promise<void> {
  await party.log.append('REVOKE', { invite: record.id, reason: '' }, { with: batch => { batch.delete(invitationKey(record)) } })
}

function inRange (what: string, value: number, max: number): void {
  if (!Number.isInteger(value) || value < 1 || value > max) {
    throw new RangeError(`An invitation's ${what} is a whole number from 1 to ${max}`)
  }
}

/** @throws {RangeError} A past or nonsensical date. */
function deadlineOf (expiration: InviteOptions['expiration'], now: number): number | undefined {
  if (expiration === 'never') {
    return undefined
  }

  const moment = expiration == null ? now + DEFAULT_LIFETIME : Math.floor(Number(expiration))

  if (!(moment > now && moment <= LAST_MOMENT)) {
    throw new RangeError('An invitation\'s expiration is a Date, or ms since 1970 as Date.now() gives, in the future; or \'never\'')
  }

  return moment
}
