/** A record that a member signs beside the log: libp2p's envelope (RFC 0002), a domain of its own, dag-cbor within. */
import { RecordEnvelope } from '@libp2p/peer-record'
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'
import { equals } from 'uint8arrays/equals'
import { decodeStrict, encode } from '../codec/index.js'
import { ProtocolError } from '../errors.js'
import type { Key } from './kinds.js'
import type { PrivateKey, Record } from '@libp2p/interface'

/** What tells one kind of record from another. */
export interface RecordKind {
  /** In messages: a profile, a display name. */
  what: string
  domain: string
  /** The envelope's payload type. */
  codec: string
  /** Bytes of the payload, at most. */
  max: number
}

class SignedRecord implements Record {
  readonly domain: string
  readonly codec: Uint8Array
  readonly #bytes: Uint8Array

  constructor ({ domain, codec }: RecordKind, bytes: Uint8Array) {
    this.domain = domain
    this.codec = utf8ToBytes(codec)
    this.#bytes = bytes
  }

  marshal (): Uint8Array {
    return this.#bytes
  }

  equals (other: Record): boolean {
    return equals(this.#bytes, other.marshal())
  }
}

/** A record as its member signs it. @throws {RangeError} It could not be read again. */
export async function sealRecord (kind: RecordKind, value: unknown, privateKey: PrivateKey): Promise<Uint8Array> {
  let payload: Uint8Array

  try {
    payload = encode(value)
    decodeStrict(payload, kind.max)
  } catch (err) {
    throw new RangeError(`${kind.what} is too long or too deep, or holds what dag-cbor cannot say, such as undefined: ${(err as Error).message}`, { cause: err })
  }

  const envelope = await RecordEnvelope.seal(new SignedRecord(kind, payload), privateKey)

  return envelope.marshal()
}

/**
 * What a signed record says.
 *
 * @param member - The raw Ed25519 key that must have signed it, 32 bytes
 * @throws {ProtocolError} It did not, or it is a record of another kind.
 */
export async function openRecord ({ what, domain, codec, max }: RecordKind, sealed: Uint8Array, member: Uint8Array): Promise<unknown> {
  let payload: Uint8Array

  try {
    const envelope = await RecordEnvelope.openAndCertify(sealed, domain)

    if (!equals(envelope.payloadType, utf8ToBytes(codec)) || !equals(envelope.publicKey.raw, member)) {
      throw new ProtocolError(`${what} is not signed by its member`)
    }

    payload = envelope.payload
  } catch (err) {
    throw err instanceof ProtocolError ? err : new ProtocolError(`${what} is not signed by its member`, { cause: err })
  }

  return decodeStrict(payload.subarray(), max)
}

/** The member that a record says to be signed by, hex; undefined where it is no record. Nothing is verified. */
export function signerOf (sealed: Uint8Array): Key | undefined {
  try {
    const { publicKey } = RecordEnvelope.createFromProtobuf(sealed)

    return publicKey.type === 'Ed25519' ? bytesToHex(publicKey.raw) : undefined
  } catch {
    return undefined
  }
}
