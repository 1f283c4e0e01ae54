/** Whole streams of the log protocol (docs/sync.md): what either side has, each frame, and what both have then. */
import { generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import { sha256 } from '@noble/hashes/sha2.js'
import { hexToBytes } from '@noble/hashes/utils.js'
import { MemoryDatastore } from 'datastore-core'
import { TypedEventEmitter } from 'main-event'
import { MembershipLog, openProfile, sealProfile, signerOf } from '../../../src/log/index.js'
import { KeptLog } from '../../../src/sync/kept.js'
import { encodeFrame } from '../../../src/sync/frames.js'
import { SyncedLog } from '../../../src/sync/synced-log.js'
import { admission, person } from '../../log/people.js'
import { sync as exchange } from '../../sync/replicas.js'
import { bytesOf, drawn, hex, NOW } from './cast.js'
import type { AnyOp, Role, SignedOp } from '../../../src/log/index.js'
import type { RecordEntry, RecordSet, RecordSetEvents } from '../../../src/sync/interface.js'
import type { Person } from '../../log/people.js'
import type { Meeting } from '../../sync/replicas.js'

/** Profiles of a party, as sync needs them. */
class Profiles extends TypedEventEmitter<RecordSetEvents> implements RecordSet {
  readonly number = 1
  readonly #records = new Map<string, { entry: RecordEntry, record: Uint8Array }>()

  entries (): RecordEntry[] {
    return [...this.#records.values()].map(({ entry }) => entry)
  }

  async get (key: string): Promise<Uint8Array | undefined> {
    return this.#records.get(key)?.record
  }

  async keep (records: Uint8Array[]): Promise<{ kept: number, refused: number }> {
    const changed: RecordEntry[] = []

    for (const record of records) {
      const key = signerOf(record) ?? ''
      const { seq: sequence } = await openProfile(record, hexToBytes(key))
      const entry = { key, sequence, id: hex(sha256(record)).slice(0, 32) }

      if ((this.#records.get(key)?.entry.sequence ?? -1) < sequence) {
        this.#records.set(key, { entry, record })
        changed.push(entry)
      }
    }

    this.safeDispatchEvent('records', { detail: { changed, gone: [] } })

    return { kept: changed.length, refused: 0 }
  }
}

interface Kept {
  ops: SignedOp[]
  records: Uint8Array[]
}

export async function sync () {
  const [alice, bob, carol] = await Promise.all(['Alice', 'Bob', 'Carol'].map(async name => person(name))) as [Person, Person, Person]
  const log = await MembershipLog.create(alice, { name: 'Book club', kind: 'group', nonce: '0e'.repeat(16) })
  const [genesis] = log.since([]).map(({ signed }) => signed) as [SignedOp]
  await join(log, bob, 'admin', 1)
  const withBob = signedOf(log)
  const bobs = await replica(bob, withBob)
  await join(log, carol, 'writer', 2)
  const withCarol = signedOf(log)
  const profiles = [await sealProfile({ displayName: 'Alice' }, 1, alice.privateKey), await sealProfile({ displayName: 'Bob' }, 1, bob.privateKey)]
  const newer = await sealProfile({ displayName: 'Bob', picture: 'ipfs://bafy' }, 2, bob.privateKey)
  const crowd = await Promise.all(Array.from({ length: 24 }, async (_, i) => sealProfile({ displayName: `${i}` }, 1, await generateKeyPairFromSeed('Ed25519', bytesOf(`one of a crowd ${i}`)))))

  await bobs.append('INVITE', inviteOf('reader', 3))
  const bobsOwn = signedOf(bobs)
  await log.append('REMOVE', { person: bob.id })
  const without = signedOf(log)

  const all = new Map([...without, ...bobsOwn].map(op => [hex(sha256(op.body)), op]))
  const places = new Map([...all.keys()].map((id, place) => [id, place]))
  const stream = async (name: string, dialler: Person, listener: Person, have: [Kept, Kept], during?: (meeting: Meeting) => void) => {
    const sides = await Promise.all([dialler, listener].map(async (who, i) => {
      const { ops, records } = have[i] as Kept
      const synced = new SyncedLog(await replica(who, ops))
      const set = new Profiles()
      await set.keep(records)

      return { log: synced, set, kept: new KeptLog(synced, [set]) }
    })) as [Side, Side]
    const { wire: { frames, senders } } = await drawn(`stream: ${name}`, async () => exchange(...sides, { during }))
    const placesOf = (ops: Iterable<{ id: string }>): number[] => [...ops].map(({ id }) => places.get(id) ?? -1).sort((a, b) => a - b)
    const idsOf = ({ ops }: Kept): Array<{ id: string }> => ops.map(({ body }) => ({ id: hex(sha256(body)) }))

    return {
      name,
      sides: sides.map(({ log, set }, i) => ({
        key: (i === 0 ? dialler : listener).key,
        before: { ops: placesOf(idsOf(have[i] as Kept)), records: (have[i] as Kept).records.map(hex) },
        after: { ops: placesOf(log.since([])), records: set.entries().map(({ key, sequence, id }) => ({ key, sequence, id })) }
      })),
      frames: frames.map((frame, i) => ({ from: senders[i] === 0 ? 'dialler' : 'listener', is: frame.kind, frame: hex(encodeFrame(frame)) }))
    }
  }
  const kept = (ops: SignedOp[], records: Uint8Array[] = []): Kept => ({ ops, records })

  return {
    page: 'docs/sync.md',
    party: log.key,
    ops: [...all.values()].map(({ body, sig }) => ({ body: hex(body), sig: hex(sig) })),
    streams: [
      await stream('nothing is new', bob, alice, [kept(withBob, profiles), kept(withBob, profiles)]),
      await stream('the listener has the GENESIS alone', alice, bob, [kept(withCarol, profiles), kept([genesis])]),
      await stream('ops and a profile are new at the listener', bob, alice, [kept(withBob, profiles), kept(withCarol, [profiles[0] as Uint8Array, newer])]),
      await stream('an op is new at the dialler', bob, alice, [kept(bobsOwn), kept(withBob)]),
      await stream('one profile of many', bob, alice, [kept(withBob, [...profiles, ...crowd]), kept(withBob, [...profiles, newer, ...crowd])]),
      await stream('who has not heard of the dialler is shown its admission', carol, bob, [kept(withCarol), kept(withBob)]),
      await stream('who was removed sees by what', bob, alice, [kept(withCarol), kept(without)]),
      await stream('another node uses the dialler\'s key', bob, alice, [kept(withBob), kept(withBob)], ({ sessions }) => { sessions[1]?.tellInUse() })
    ]
  }
}

type Side = Parameters<typeof exchange>[0] & { log: SyncedLog, set: Profiles, kept: KeptLog }

function signedOf (log: MembershipLog): SignedOp[] {
  return log.since([]).map(({ signed }) => signed)
}

async function replica (who: Person, [genesis, ...rest]: SignedOp[]): Promise<MembershipLog> {
  const log = await MembershipLog.begin({ datastore: new MemoryDatastore(), privateKey: who.privateKey }, genesis as SignedOp)
  await log.receive(rest)

  return log
}

function inviteOf (role: Role, nth: number) {
  return { lookupId: hex(bytesOf(`lookup id ${nth}`, 16)), role, uses: 1, hosts: [], createdAt: NOW, expiresAt: 0 }
}

async function join (log: MembershipLog, member: Person, role: Role, nth: number): Promise<AnyOp<'ADMIT'>> {
  const invite = await log.append('INVITE', inviteOf(role, nth))

  return log.append('ADMIT', await admission(log, invite, member))
}
