/** What devices of one person tell each other (docs/persons.md, "What devices tell each other"): signed records, and their one encoding. */
import { RecordEnvelope } from '@libp2p/peer-record'
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, concatBytes, hexToBytes, utf8ToBytes } from '@noble/hashes/utils.js'
import { equals } from 'uint8arrays/equals'
import { decodeStrict, encode } from '../codec/index.js'
import { ProtocolError } from '../errors.js'
import type { BackupKey } from './recovery-keys.js'
import type { Key, OpId, SignedOp } from '../log/index.js'
import type { PrivateKey, Record } from '@libp2p/interface'

/** Bytes of a record, at most: what sync sends. */
export const MAX_RECORD = 8192

/** Bytes of UTF-8 in a device's name. */
export const MAX_DEVICE_NAME = 64

/** Acceptances in a record, at most: 64 take 6.3 KB. */
export const MAX_ACCEPTED = 64

const DOMAIN = 'plus-one-device/1'
const CODEC = utf8ToBytes('/plus-one/device/1')
const SLOT_PREFIX = utf8ToBytes('plus-one-device/1\0')

const KINDS = ['device', 'seat', 'awaited', 'gone'] as const

/** A device, as it shows itself to the others. */
export interface DeviceFacts {
  kind: 'device'
  /** At most 64 bytes of UTF-8; it may be empty. */
  name: string
  /** When it was linked, by its own clock, ms since 1970. */
  addedAt: number
  /** The person's backup key, if it knows it. */
  backup?: BackupKey
}

/** It stands in a party: what another device needs to begin that log. */
export interface Seat {
  kind: 'seat'
  party: OpId
  genesis: SignedOp
  /** The first key of the seat; the recovery key is the home's. */
  first: Key
}

/** It wants to come into a party: its acceptances of LINKs by others that stand there. */
export interface Awaited {
  kind: 'awaited'
  party: OpId
  /** By the key that is to sign the LINK: 64 bytes. */
  accepted: Map<Key, Uint8Array>
}

/** It was in that party, and is not any more. */
export interface Gone {
  kind: 'gone'
  party: OpId
}

export type DeviceFact = DeviceFacts | Seat | Awaited | Gone

export interface DeviceRecord {
  /** Who signed it. */
  device: Key
  /** The highest wins. */
  sequence: number
  fact: DeviceFact
}

class Payload implements Record {
  readonly domain = DOMAIN
  readonly codec = CODEC
  readonly #bytes: Uint8Array

  constructor (bytes: Uint8Array) {
    this.#bytes = bytes
  }

  marshal (): Uint8Array {
    return this.#bytes
  }

  equals (other: Record): boolean {
    return equals(this.#bytes, other.marshal())
  }
}

/** The key of a record in its set: one for each device, and one for each device and party. */
export function slotOf (device: Key, fact: DeviceFact): Key {
  return bytesToHex(sha256(concatBytes(SLOT_PREFIX, hexToBytes(device), fact.kind === 'device' ? new Uint8Array() : hexToBytes(fact.party))))
}

/**
 * @param home - The key of the home: a record says nothing in another
 * @throws {RangeError} It is too long to be sent.
 */
export async function sealDeviceRecord (home: OpId, fact: DeviceFact, sequence: number, privateKey: PrivateKey): Promise<Uint8Array> {
  const envelope = await RecordEnvelope.seal(new Payload(encode([KINDS.indexOf(fact.kind), hexToBytes(home), sequence, tupleOf(fact)])), privateKey)
  const sealed = envelope.marshal()

  if (sealed.length > MAX_RECORD) {
    throw new RangeError(`A device's record has at most ${MAX_RECORD} bytes`)
  }

  return sealed
}

/** @throws {ProtocolError} It is none of this home's, or its signature does not hold. */
export async function openDeviceRecord (home: OpId, sealed: Uint8Array): Promise<DeviceRecord> {
  try {
    const { payload, payloadType, publicKey } = await RecordEnvelope.openAndCertify(sealed, DOMAIN)
    need(equals(payloadType, CODEC) && publicKey.type === 'Ed25519')
    const [kind, of, sequence, tuple, ...rest] = decodeStrict(payload.subarray(), MAX_RECORD) as unknown[]
    need(of instanceof Uint8Array && bytesToHex(of) === home && Number.isSafeInteger(sequence) && (sequence as number) > 0 && Array.isArray(tuple) && rest.length === 0)

    return { device: bytesToHex(publicKey.raw), sequence: sequence as number, fact: factOf(KINDS[kind as number], tuple as unknown[]) }
  } catch (err) {
    throw err instanceof ProtocolError ? err : new ProtocolError('This is not a record of a device of this home', { cause: err })
  }
}

function tupleOf (fact: DeviceFact): unknown[] {
  switch (fact.kind) {
    case 'device': return [fact.name, fact.addedAt, fact.backup == null ? null : [fact.backup.publicKey, fact.backup.signature]]
    case 'seat': return [hexToBytes(fact.party), fact.genesis.body, fact.genesis.sig, hexToBytes(fact.first)]
    case 'awaited': return [hexToBytes(fact.party), [...fact.accepted].sort(([a], [b]) => a < b ? -1 : 1).map(([key, acceptance]) => [hexToBytes(key), acceptance])]
    case 'gone': return [hexToBytes(fact.party)]
  }
}

/** @throws {ProtocolError} */
function factOf (kind: typeof KINDS[number] | undefined, tuple: unknown[]): DeviceFact {
  switch (kind) {
    case 'device': {
      const [name, addedAt, backup] = sized(tuple, 3)
      need(typeof name === 'string' && utf8ToBytes(name).length <= MAX_DEVICE_NAME && Number.isSafeInteger(addedAt) && (addedAt as number) >= 0)
      const [publicKey, signature] = backup === null ? [] : sized(backup, 2)

      return { kind, name, addedAt: addedAt as number, ...(backup === null ? {} : { backup: { publicKey: bytes(publicKey, 32), signature: bytes(signature, 64) } }) }
    }
    case 'seat': {
      const [party, body, sig, first] = sized(tuple, 4)
      need(body instanceof Uint8Array && bytesToHex(sha256(body)) === hex(party))

      return { kind, party: hex(party), genesis: { body, sig: bytes(sig, 64) }, first: hex(first) }
    }
    case 'awaited': {
      const [party, all] = sized(tuple, 2)
      need(Array.isArray(all) && all.length <= MAX_ACCEPTED)
      const accepted = (all as unknown[]).map((one): [Key, Uint8Array] => {
        const [key, acceptance] = sized(one, 2)

        return [hex(key), bytes(acceptance, 64)]
      })
      need(accepted.every(([key], i) => i === 0 || key > (accepted[i - 1]?.[0] ?? '')))

      return { kind, party: hex(party), accepted: new Map(accepted) }
    }
    case 'gone': return { kind, party: hex(sized(tuple, 1)[0]) }
    default: throw new ProtocolError('This record is of a kind that this plus-one does not know')
  }
}

function sized (tuple: unknown, length: number): unknown[] {
  need(Array.isArray(tuple) && tuple.length === length)

  return tuple as unknown[]
}

function bytes (value: unknown, length: number): Uint8Array {
  need(value instanceof Uint8Array && value.length === length)

  return value
}

/** A key, or an op's id. */
function hex (value: unknown): string {
  return bytesToHex(bytes(value, 32))
}

function need (holds: boolean): asserts holds {
  if (!holds) {
    throw new ProtocolError('A device\'s record does not have the layout of one')
  }
}
