/** Parties whose ops are signed for real and at once: by Node's own Ed25519, with keys made of names. */
import { createPrivateKey, createPublicKey, sign } from 'node:crypto'
import { privateKeyFromRaw } from '@libp2p/crypto/keys'
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, concatBytes, hexToBytes, utf8ToBytes } from '@noble/hashes/utils.js'
import { MemoryDatastore } from 'datastore-core'
import { History } from '../../src/log/history.js'
import { acceptanceBytes, decodeOp, encodeOpBody, opIdOf, shownHash, signingBytes } from '../../src/log/index.js'
import { LogStore } from '../../src/log/store.js'
import { checkVersion, writeBatch } from '../../src/storage/records.js'
import type { KeyObject } from 'node:crypto'
import type { AnyOp, Key, Op, OpId, OpKind, Payloads } from '../../src/log/index.js'
import type { PrivateKey } from '@libp2p/interface'

/** What PKCS #8 has before an Ed25519 seed (RFC 8410). */
const PKCS8 = hexToBytes('302e020100300506032b657004220420')

/** The parties' time of day. */
const CREATED_AT = Date.UTC(2026, 10, 21)

interface Pair {
  seed: Uint8Array
  key: Key
  secret: KeyObject
}

const pairs = new Map<string, Pair>()

function pairOf (name: string, seed: Uint8Array = sha256(utf8ToBytes(name))): Pair {
  let pair = pairs.get(name)

  if (pair == null) {
    const secret = createPrivateKey({ key: Buffer.from(concatBytes(PKCS8, seed)), format: 'der', type: 'pkcs8' })
    pair = { seed, secret, key: bytesToHex(createPublicKey(secret).export({ format: 'der', type: 'spki' }).subarray(-32)) }
    pairs.set(name, pair)
    pairs.set(pair.key, pair)
  }

  return pair
}

/** The public key of a name. */
export function keyOf (name: string): Key {
  return pairOf(name).key
}

/** Lets a key sign that is made of no name. @returns Its public half */
export function keyOfSeed (seed: Uint8Array): Key {
  return pairOf(`seed ${bytesToHex(seed)}`, seed).key
}

/** By the key of a name, which was asked for before. */
export function signWith (key: Key, bytes: Uint8Array): Uint8Array {
  return new Uint8Array(sign(null, bytes, pairOf(key).secret))
}

export function privateKeyOf (name: string): PrivateKey {
  const { seed, key } = pairOf(name)

  return privateKeyFromRaw(concatBytes(seed, hexToBytes(key)))
}

/** A party that grows by one op after another, all by Alice, or by who is told. */
export class Growing {
  readonly genesis: AnyOp<'GENESIS'>
  readonly ops: Op[]
  readonly #recovery: boolean
  readonly #author: Key
  #made = 0

  /** @param recovery - Whether members have a recovery key @param author - A key that was asked for before */
  constructor ({ recovery = false, author = keyOf('Alice') }: { recovery?: boolean, author?: Key } = {}) {
    this.#author = author
    const body = encodeOpBody('GENESIS', { parents: [], author }, { name: 'Book club', kind: 'community', owners: [{ first: author }], nonce: '00'.repeat(16) })
    this.genesis = decodeOp({ body, sig: signWith(author, signingBytes(opIdOf(body), body)) }) as AnyOp<'GENESIS'>
    this.ops = [this.genesis]
    this.#recovery = recovery
  }

  /** On top of these, or of all. */
  op <K extends OpKind> (kind: K, payload: Payloads[K], parents: OpId[] = [this.ops.at(-1)?.id ?? ''], previous = parents[0]): AnyOp<K> {
    const author = this.#author
    const body = encodeOpBody(kind, { parents, author, previous }, payload)

    return decodeOp({ body, sig: signWith(author, signingBytes(this.genesis.id, body)) }) as AnyOp<K>
  }

  put <K extends OpKind> (kind: K, payload: Payloads[K]): AnyOp<K> {
    const op = this.op(kind, payload)
    this.ops.push(op)

    return op
  }

  invitation (): Payloads['INVITE'] {
    return { lookupId: bytesToHex(sha256(utf8ToBytes(`lookup ${++this.#made}`)).subarray(0, 16)), role: 'writer', uses: 1, hosts: [], createdAt: CREATED_AT, expiresAt: CREATED_AT + 3_600_000 }
  }

  admission (invite: AnyOp<'INVITE'>, name: string, recovery = this.#recovery ? keyOf(`${name}'s words`) : undefined): Payloads['ADMIT'] {
    const first = keyOf(name)
    const transcript = bytesToHex(sha256(utf8ToBytes(`transcript of ${name}`)))
    const acceptance = signWith(first, acceptanceBytes({
      genesis: this.genesis.id, invite: invite.id, first, recovery, inviter: invite.author, role: invite.payload.role, preview: shownHash(this.genesis), transcript
    }))

    return { invite: invite.id, first, recovery, acceptance, transcript, after: 600_000 }
  }

  /** Invites and admits, until the party has so many members: Alice, and those named by their numbers. */
  grow (members: number): this {
    for (let nth = 1; nth < members; nth++) {
      this.put('ADMIT', this.admission(this.put('INVITE', this.invitation()), `member ${nth}`))
    }

    return this
  }
}

/** A store that holds these ops, as a log wrote them that had checked them. */
export async function storeOf (ops: Op[]): Promise<MemoryDatastore> {
  const datastore = new MemoryDatastore()
  await checkVersion(datastore)
  const history = new History(ops[0] as AnyOp<'GENESIS'>)
  const store = new LogStore(datastore, history.genesis.id)

  for (const op of ops.slice(1)) {
    const judged = history.judge(op)

    if (typeof judged === 'string') {
      throw new Error(judged)
    }

    history.take(judged)
  }

  await writeBatch(datastore, batch => { store.put(batch, history, 0, []) })

  return datastore
}

/** As many signatures as these ops hold, by WebCrypto alone: what no check can do without. */
export function bare (genesis: AnyOp<'GENESIS'>, ops: Op[]): () => Promise<void> {
  const preview = shownHash(genesis)
  const all = ops.flatMap(op => [
    { key: op.author, message: signingBytes(genesis.id, op.signed.body), signature: op.signed.sig },
    ...(op.kind === 'ADMIT'
      ? [{
          key: op.payload.first,
          message: acceptanceBytes({ genesis: genesis.id, invite: op.payload.invite, first: op.payload.first, recovery: op.payload.recovery, inviter: op.author, role: 'writer', preview, transcript: op.payload.transcript }),
          signature: op.payload.acceptance
        }]
      : [])
  ]).map(({ key, message, signature }) => ({ key: hexToBytes(key), message: new Uint8Array(message), signature: new Uint8Array(signature) }))
  const { subtle } = globalThis.crypto

  return async () => {
    for (let at = 0; at < all.length; at += 256) {
      const held = await Promise.all(all.slice(at, at + 256).map(async ({ key, message, signature }) =>
        subtle.verify('Ed25519', await subtle.importKey('raw', key, 'Ed25519', false, ['verify']), signature, message)))

      if (held.includes(false)) {
        throw new Error('a signature does not hold')
      }
    }
  }
}
