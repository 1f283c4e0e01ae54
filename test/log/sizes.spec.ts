import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { describe, expect, it } from 'vitest'
import { decodeOp, encodeOpBody, personIdOf } from '../../src/log/index.js'
import { encodeRecord } from '../../src/log/record.js'
import { History } from '../../src/log/history.js'
import type { AnyOp, Key, Op, OpId, OpKind, Payloads, Role } from '../../src/log/index.js'

let made = 0

function fresh (bytes: number): string {
  return bytesToHex(sha256(utf8ToBytes(`${++made}`)).subarray(0, bytes))
}

/** A history alone: who signed is not asked here. */
class Chronicle {
  readonly history: History
  readonly genesis: AnyOp<'GENESIS'>

  constructor (owner: Key, recovery?: Key) {
    const owners = [{ first: owner, ...(recovery == null ? {} : { recovery }) }]
    this.genesis = decodeOp({ body: encodeOpBody('GENESIS', { parents: [], author: owner }, { name: 'x', kind: 'group', owners, nonce: fresh(16) }), sig: new Uint8Array(64) }) as AnyOp<'GENESIS'>
    this.history = new History(this.genesis)
  }

  put <K extends OpKind> (author: Key, kind: K, payload: Payloads[K], parents: OpId[]): OpId {
    const { graph } = this.history
    const previous = graph.chains.newestBy(author, graph.ancestorsOf(parents.map(id => graph.get(id)!)))?.id
    const op = decodeOp({ body: encodeOpBody(kind, { parents, author, previous }, payload), sig: new Uint8Array(64) }) as Op
    const judged = this.history.judge(op)

    if (typeof judged === 'string') {
      throw new Error(judged)
    }

    this.history.take(judged)

    return op.id
  }

  /** Bytes of an op on top of all, its signature with it. */
  sizeOf (id: OpId): number {
    const { body, sig } = this.history.graph.get(id)?.signed ?? { body: [], sig: [] }

    return body.length + sig.length
  }

  invite (author: Key, role: Role, uses: number, parents: OpId[]): OpId {
    return this.put(author, 'INVITE', { lookupId: fresh(16), role, uses, hosts: [], createdAt: 0, expiresAt: 0 }, parents)
  }

  admit (author: Key, invite: OpId, parents: OpId[], first = fresh(32), recovery?: Key): OpId {
    return this.put(author, 'ADMIT', { invite, first, recovery, acceptance: new Uint8Array(64), transcript: fresh(32), after: 600_000 }, parents)
  }
}

describe('In a large party', () => {
  it('a member takes at most 460 bytes, told times and all; 495 with a recovery key, and 850 in the store', () => {
    for (const [recovery, most] of [[undefined, 460], [fresh(32), 495]] as const) {
      const alice = fresh(32)
      const tale = new Chronicle(alice, recovery)
      const createdAt = Date.UTC(2026, 10, 21)
      let last = tale.genesis.id

      for (let i = 0; i < 64; i++) {
        const invite = tale.put(alice, 'INVITE', { lookupId: fresh(16), role: 'writer', uses: 1, hosts: [], createdAt, expiresAt: createdAt + 3_600_000 }, [last])
        last = tale.admit(alice, invite, [invite], fresh(32), recovery)
        expect(tale.sizeOf(invite) + tale.sizeOf(last)).toBeLessThanOrEqual(most)
      }

      const record = encodeRecord(tale.history.graph.entries.slice(64, 128), 0xffffffff)
      expect(record.length / 32).toBeLessThanOrEqual(recovery == null ? 850 : 890)
    }
  })

  it('two work concurrently, one forks and is demoted: thousands of ops are judged anew, and nobody waits', () => {
    const [alice, bob] = [fresh(32), fresh(32)]
    const tale = new Chronicle(alice)
    const bobs = tale.invite(alice, 'admin', 1, [tale.genesis.id])
    let last = tale.admit(alice, bobs, [bobs], bob)
    const many = tale.invite(alice, 'writer', 10_000, [last])
    last = tale.invite(bob, 'writer', 2_100, [many])
    const bobsMany = last

    for (let i = 0; i < 2_000; i++) {
      last = tale.admit(bob, bobsMany, [last])
    }

    const start = last
    let hers = start
    let his = start

    for (let i = 0; i < 200; i++) {
      hers = tale.admit(alice, many, [hers])
      his = tale.invite(bob, 'reader', 1, [his])
    }

    // forks: the last hundred are past the uses
    for (let i = 0; i < 200; i++) {
      tale.admit(bob, bobsMany, [start])
    }

    expect(tale.history.view.members.size).toBe(2 + 2_100 + 200)
    expect(tale.history.view.lost.size).toBe(100)

    // concurrent to all that Bob wrote since
    tale.put(alice, 'SET_ROLE', { person: personIdOf(bob), role: 'writer' }, [hers])
    expect(tale.history.view.members.size).toBe(2 + 2_000 + 200)
    expect(tale.history.view.lost.size).toBe(200 + 200)
  })
})
