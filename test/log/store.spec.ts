import fc from 'fast-check'
import { MemoryDatastore } from 'datastore-core'
import { generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import { ed25519 } from '@noble/curves/ed25519.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, hexToBytes, utf8ToBytes } from '@noble/hashes/utils.js'
import { describe, expect, it } from 'vitest'
import { acceptanceBytes, decodeOp, encodeOpBody, linkBytes, MembershipLog, opIdOf, personIdOf, shownHash, signingBytes } from '../../src/log/index.js'
import { build, CAST, plans, shuffled, tell } from './histories.js'
import type { AnyOp, Key, Op, OpId, SignedOp } from '../../src/log/index.js'
import type { Draft, Plan } from './histories.js'
import type { Op as ReferenceOp } from './reference-ops.js'

/** `npm run fuzz COUNT` asks for more; `SEED=… npm run fuzz` repeats one. */
const RUNS = Math.ceil(Number(globalThis.process?.env.FUZZ ?? 40) / 2)
const TIMEOUT = Math.max(60_000, RUNS * 2000)
const MOST = 25

function settings (): fc.Parameters<unknown> {
  return { numRuns: RUNS, ...(globalThis.process?.env.SEED == null ? {} : { seed: Number(globalThis.process.env.SEED) }) }
}

const seedOf = (name: string): Uint8Array => sha256(utf8ToBytes(name))
const keys = new Map<string, Key>()

function keyOf (name: string): Key {
  const key = keys.get(name) ?? bytesToHex(ed25519.getPublicKey(seedOf(name)))
  keys.set(name, key)

  return key
}

const personOf = ({ first, recovery }: { first: string, recovery?: string }): string => personIdOf(keyOf(first), recovery == null ? undefined : keyOf(recovery))

/** A random history with signatures that hold, as far as one is willing. */
function signed (plan: Plan): { genesis: AnyOp<'GENESIS'>, ops: SignedOp[] } {
  const made = new Map<OpId, Op>()
  const genesis = (): AnyOp<'GENESIS'> => [...made.values()][0] as AnyOp<'GENESIS'>
  const ids: OpId[] = []

  build(tell(plan).drafts, {
    keyOf,
    acceptanceOf: (op, by) => {
      const name = [...keys].find(([, key]) => key === by)?.[0] ?? by
      const bytes = op.kind === 'ADMIT' ? admitBytes(op as ReferenceOp<'ADMIT'>) : linkBytes(genesis().id, speakerOf(op as ReferenceOp<'LINK'>), op.author)

      return bytesToHex(ed25519.sign(bytes, seedOf(name)))
    },
    idOf: (op, draft: Draft) => {
      const payload = { ...op.payload, ...('acceptance' in op.payload ? { acceptance: hexToBytes(op.payload.acceptance) } : {}) }
      // a home is a function of its recovery key
      const nonce = plan.kind === 'person' && op.kind === 'GENESIS' ? { nonce: '00'.repeat(16) } : {}
      const body = encodeOpBody(op.kind, op, { ...payload, ...nonce })
      const id = opIdOf(body)
      made.set(id, decodeOp({ body, sig: ed25519.sign(signingBytes(op.kind === 'GENESIS' ? id : genesis().id, body), seedOf(draft.author)) }) as Op)
      ids.push(id)

      return id
    }
  })

  function admitBytes ({ author, payload: { invite, first, recovery, transcript } }: ReferenceOp<'ADMIT'>): Uint8Array {
    const { role } = (made.get(invite) as AnyOp<'INVITE'>).payload

    return acceptanceBytes({ genesis: genesis().id, invite, first, recovery, inviter: author, role, preview: shownHash(genesis()), transcript })
  }

  function speakerOf ({ author, speaker }: ReferenceOp<'LINK'>): string {
    return speaker ?? Object.values(CAST).filter(({ first }) => keyOf(first) === author).map(personOf)[0] ?? ''
  }

  return { genesis: genesis(), ops: ids.slice(1).map(id => made.get(id)!.signed) }
}

function said (log: MembershipLog): object {
  return { state: log.stateHash(), members: [...log.members()].sort((a, b) => a.person < b.person ? -1 : 1), voids: new Map([...log.voids()].sort()), kept: log.since([]).map(({ id }) => id).sort() }
}

async function begin (genesis: AnyOp<'GENESIS'>, datastore: MemoryDatastore): Promise<MembershipLog> {
  return MembershipLog.begin({ datastore, privateKey: await generateKeyPairFromSeed('Ed25519', seedOf('somebody')) }, genesis.signed)
}

async function reopened (log: MembershipLog, datastore: MemoryDatastore): Promise<MembershipLog> {
  return MembershipLog.open({ datastore, privateKey: await generateKeyPairFromSeed('Ed25519', seedOf('somebody')) }, log.key)
}

describe('Whatever is signed, by whom, on which past', () => {
  it('a log says the same in every order of arrival, and after a restart', async () => {
    await fc.assert(fc.asyncProperty(plans(MOST), async (plan) => {
      const { genesis, ops } = signed(plan)
      const atOnce = await begin(genesis, new MemoryDatastore())
      await atOnce.receive(ops)

      const datastore = new MemoryDatastore()
      let bit = await begin(genesis, datastore)
      const mixed = shuffled(ops, plan.order)

      for (const [i, op] of mixed.entries()) {
        // twice now and then, as networks do
        await bit.receive(i % 5 === 0 ? [op, op] : [op])

        if (i === mixed.length >> 1) {
          const live = said(bit)
          bit = await reopened(bit, datastore)
          expect(said(bit)).toEqual(live)
        }
      }

      // what was pending at the restart is brought again by sync
      await bit.receive(mixed)
      expect(said(bit)).toEqual(said(atOnce))

      const again = await reopened(bit, datastore)
      expect(said(again)).toEqual(said(bit))
      await again.verifyAll()
    }), settings())
  }, TIMEOUT)

  it('a disk that fails in the middle changes nothing', async () => {
    await fc.assert(fc.asyncProperty(plans(MOST), async (plan) => {
      const { genesis, ops } = signed(plan)
      const datastore = new FailingDatastore()
      const log = await begin(genesis, datastore)
      const half = ops.length >> 1
      await log.receive(ops.slice(0, half))
      const before = said(log)

      datastore.fails = true
      await log.receive(ops.slice(half)).catch((err: Error) => { expect(err.name).toBe('StorageError') })
      expect(said(log)).toEqual(before)

      datastore.fails = false
      await log.receive(ops.slice(half))
      const atOnce = await begin(genesis, new MemoryDatastore())
      await atOnce.receive(ops)
      expect(said(log)).toEqual(said(atOnce))
    }), settings())
  }, TIMEOUT)
})

class FailingDatastore extends MemoryDatastore {
  fails = false

  override batch (): ReturnType<MemoryDatastore['batch']> {
    const batch = super.batch()

    return {
      ...batch,
      commit: async () => {
        if (this.fails) {
          throw new Error('disk full')
        }

        await batch.commit()
      }
    }
  }
}
