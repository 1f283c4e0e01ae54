/** What outlives a restart beside the logs: an inviter's invitations, an invitee's guesses, profiles. */
import { utf8ToBytes } from '@noble/hashes/utils.js'
import { Key } from 'interface-datastore'
import { decodeStrict, encode } from '../codec/index.js'
import { MAX_NAME, ROLES } from '../log/terms.js'
import { PREFIX, readRecord, readRecords, setAside, stored, writeBatch } from '../storage/records.js'
import type { PinShape } from '../codec/index.js'
import type { Ledger, Status } from '../invitation/index.js'
import type { Key as PublicKey, OpId, Role } from '../log/index.js'
import type { AbortOptions } from '@libp2p/interface'
import type { DamagedRecordError } from '../errors.js'
import type { Fill } from '../storage/records.js'
import type { Datastore } from 'interface-datastore'

/** One invitation at its inviter. Holds secrets: the datastore is as private as the node's own key in it. */
export interface InvitationRecord {
  party: OpId
  /** The INVITE. */
  id: OpId
  /** 16 bytes; after the end what tells who holds it, and nothing else (`spentOf`). */
  secret: Uint8Array
  /** Empty after the end, and where none is asked for. */
  pin: string
  /** false: no PIN is asked for. */
  shape: PinShape | false
  /** Empty after the end. */
  code: string
  role: Role
  createdAt: number
  /** Wrong PINs that it allowed at first. */
  attempts: number
  /** Whom alone it is for. */
  target?: PublicKey
  /** A person has to approve. */
  approval: boolean
  /** The inviter's own words. */
  label: string
  /** What who declined it said. */
  reason: string
  ledger: Ledger
}

const INVITATIONS = `${PREFIX}/invitation`
const MAX_RECORD = 8192

/** @throws {RangeError} A label that is too long. */
export function checkedLabel (label: string): string {
  if (typeof label !== 'string' || utf8ToBytes(label).length > MAX_NAME) {
    throw new RangeError(`An invitation's label has at most ${MAX_NAME} bytes of UTF-8; shorten it`)
  }

  return label
}

export function invitationKey ({ party, id }: { party: OpId, id: OpId }): Key {
  return new Key(`${INVITATIONS}/${party}/${id}`)
}

export function encodeInvitation ({ party, id, secret, pin, shape, code, role, createdAt, attempts, target, approval, label, reason, ledger }: InvitationRecord): Uint8Array {
  const { status, attemptsLeft, uses, used, expiresAt } = ledger

  return encode([
    party, id, secret, pin, shape === false ? null : [shape.length, shape.alphabet], code, role, createdAt, attempts, target ?? null, approval,
    [status, attemptsLeft, uses, used, expiresAt ?? null], label, reason
  ])
}

function decodeInvitation (bytes: Uint8Array): InvitationRecord {
  const tuple = decodeStrict(bytes, MAX_RECORD) as unknown[]
  const [party, id, secret, pin, shape, code, role, createdAt, attempts, target, approval, counted, label, reason] = tuple
  const [status, attemptsLeft, uses, used, expiresAt] = counted as unknown[]

  if (!ROLES.includes(role as Role) || typeof attemptsLeft !== 'number') {
    throw new TypeError('not an invitation record')
  }

  return {
    party: party as string,
    id: id as string,
    secret: secret as Uint8Array,
    pin: pin as string,
    shape: shapeOf(shape as [number, string] | null),
    code: code as string,
    role: role as Role,
    createdAt: createdAt as number,
    attempts: attempts as number,
    target: (target ?? undefined) as PublicKey | undefined,
    approval: approval as boolean,
    // records of before they were kept have none
    label: (label ?? '') as string,
    reason: (reason ?? '') as string,
    ledger: {
      // attempts that a crash left at none stay spent
      status: (status === 'pending' && attemptsLeft <= 0 ? 'locked' : status) as Status,
      attemptsLeft,
      uses: uses as number,
      used: used as number,
      expiresAt: (expiresAt ?? undefined) as number | undefined
    }
  }
}

function shapeOf (stored: [number, string] | null): PinShape | false {
  return stored == null ? false : { length: stored[0], alphabet: stored[1] }
}

/** A party's invitations, oldest first, and records that cannot be read, which are set aside. @throws {StorageError} */
export async function loadInvitations (datastore: Datastore, party: OpId, options?: AbortOptions): Promise<{ invitations: InvitationRecord[], damaged: DamagedRecordError[] }> {
  const prefix = `${INVITATIONS}/${party}`
  const { records, damaged } = await readRecords(datastore, prefix, options)
  const invitations: InvitationRecord[] = []

  for (const [name, record] of records) {
    try {
      invitations.push(decodeInvitation(record))
    } catch {
      damaged.set(name, record)
    }
  }

  return {
    invitations: invitations.sort((a, b) => a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1)),
    damaged: await setAside(datastore, [...damaged.keys()].map(name => `${prefix}/${name}`))
  }
}

function guessesKey (lookupId: string): Key {
  return new Key(`${PREFIX}/redemption/${lookupId}`)
}

/** How many PINs this node has given away for a code. @throws {DamagedRecordError} That is not known any more: none is given away. @throws {StorageError} */
export async function loadGuesses (datastore: Datastore, lookupId: string): Promise<number> {
  const record = await readRecord(datastore, guessesKey(lookupId))

  return record == null ? 0 : stored(() => decodeStrict(record, 16) as number)
}

/** @throws {StorageError} */
export async function storeGuesses (datastore: Datastore, lookupId: string, guesses: number): Promise<void> {
  const put: Fill = (batch) => { batch.put(guessesKey(lookupId), encode(guesses)) }

  // a guess that was not given away, but may be counted on disk, stays counted
  await writeBatch(datastore, put, { before: put, sync: true })
}
