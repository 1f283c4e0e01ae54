/** What a member's CBOR may be, field by field: it can hold anything, also itself, and repositories encode again what they pass on. */
import { cbor } from '@automerge/automerge-repo/slim'
import type { PeerMetadata, RepoMessage } from '@automerge/automerge-repo/slim'

type Fields = Record<string, unknown>

/** A message of automerge-repo, with what such a message has and nothing else; who sent it is looked at for ephemeral ones alone. @throws {TypeError} It is none. */
export function messageOf (bytes: Uint8Array): RepoMessage {
  return read(fieldsOf(cbor.decode(bytes))) as unknown as RepoMessage
}

/** What a repository says of itself. @throws {TypeError} */
export function metadataOf (bytes: Uint8Array): PeerMetadata {
  const { storageId, isEphemeral } = fieldsOf(cbor.decode(bytes))

  return { ...storageId == null ? {} : { storageId: text(storageId) as PeerMetadata['storageId'] }, isEphemeral: isEphemeral === true }
}

function read ({ type, documentId, data, senderId, sessionId, count, add, remove, newHeads }: Fields): Fields {
  switch (type) {
    case 'sync':
    case 'request': return { type, documentId: text(documentId), data: need(data, data instanceof Uint8Array) }
    case 'doc-unavailable': return { type, documentId: text(documentId) }
    case 'ephemeral': return {
      type, documentId: text(documentId), data: need(data, data instanceof Uint8Array), senderId: text(senderId), sessionId: text(sessionId), count: need(count, Number.isSafeInteger(count))
    }
    case 'remote-subscription-change': return { type, ...add == null ? {} : { add: texts(add) }, ...remove == null ? {} : { remove: texts(remove) } }
    case 'remote-heads-changed': return { type, documentId: text(documentId), newHeads: Object.fromEntries(Object.entries(fieldsOf(newHeads)).map(([id, of]) => [id, headsOf(fieldsOf(of))])) }
    default: return need({}, false)
  }
}

function headsOf ({ heads, timestamp }: Fields): Fields {
  return { heads: texts(heads), timestamp: need(timestamp, Number.isFinite(timestamp)) }
}

function fieldsOf (value: unknown): Fields {
  return need(value as Fields, typeof value === 'object' && value !== null)
}

function text (value: unknown): string {
  return need(value as string, typeof value === 'string')
}

/** Each once: one that CBOR refers to many times costs its sender nothing. */
function texts (value: unknown): string[] {
  return [...new Set(need(value as unknown[], Array.isArray(value)).map(text))]
}

function need <T> (value: T, holds: boolean): T {
  if (!holds) {
    throw new TypeError('This is no message of automerge-repo')
  }

  return value
}
