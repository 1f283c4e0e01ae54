import { MemoryDatastore } from 'datastore-core'
import { defaultLogger } from '@libp2p/logger'
import { Keyring } from '../../src/keys/index.js'
import { MembershipLog, personIdOf } from '../../src/log/index.js'
import { Rotations } from '../../src/parties/rotations.js'
import { FakeClock } from '../../src/testing/index.js'
import { Party, SHAPES } from '../log/flood-shapes.js'
import { table } from './measure.js'
import { keyOf, privateKeyOf, signWith } from './signed.js'
import type { SignedOp } from '../../src/log/index.js'
import type { Print } from './measure.js'

/** Ops of each flood. */
const FLOOD = 16_000

/** Of those whose cost is to be seen to grow no faster than they do. */
const LENGTHS = [1_000, 4_000, FLOOD]

/** Ops taken in at once, as they come by sync. */
const BATCH = 300

/** What one member can sign to be a burden, checked and taken in, beside a straight history of as many ops and signatures. */
export default async function floods (print: Print): Promise<void> {
  await compare(print, Object.keys(SHAPES), [['ops whose parents never come', flood('straight INVITEs', 1), junk(FLOOD)]])
}

/** One shape alone, beside the straight ones; and all of REKEYs, by length. */
export const parts = {
  ...Object.fromEntries(Object.keys(SHAPES).map(name => [name, async (print: Print) => compare(print, [...new Set(['straight INVITEs', 'straight ADMITs of many', name])])])),
  rekeys: async (print: Print): Promise<void> => {
    for (const length of LENGTHS) {
      await compare(print, ['straight INVITEs', ...Object.keys(SHAPES).filter(name => name.includes('REKEY'))], [], length)
    }
  }
}

/** @param others - Parties, and ops that come last and wait */
async function compare (print: Print, names: string[], others: Array<[string, Party, SignedOp[]]> = [], length = FLOOD): Promise<void> {
  const rows = [['', 'kept', 'ms an op', 'ratio', 'heap an op', 'ratio', 'after REMOVE']]
  const straight = new Map<boolean, Cost>()
  const add = (name: string, brings: boolean, cost: Cost): void => {
    const base = straight.get(brings) ?? cost
    straight.set(brings, base)
    rows.push([name, `${cost.kept}`, cost.time.toFixed(3), (cost.time / base.time).toFixed(2), `${cost.heap.toFixed(0)} B`, (cost.heap / base.heap).toFixed(2), `${cost.after.toFixed(0)} B`])
  }
  // untimed: the first is as warm as the others
  await costOf(flood('straight ADMITs of many', length / 4))

  for (const name of names) {
    const party = flood(name, length)
    const brings = party.ops.filter(({ kind }) => kind === 'ADMIT' || kind === 'LINK').length > length / 3
    add(name, brings, await costOf(party))
  }

  for (const [name, party, pending] of others) {
    add(name, false, await costOf(party, pending))
  }

  print(`\n${length} ops by one member, signatures checked; ratios to a straight row of INVITEs, or of ADMITs where ops bring keys that sign too`)
  print(table(rows))
}

function flood (name: string, length: number): Party {
  const party = new Party({ keyOf, sign: signWith })
  SHAPES[name]?.(party, length)

  return party
}

/** By Bob, on parents that nobody has. */
function junk (length: number): SignedOp[] {
  const party = flood('straight INVITEs', 1)

  for (let nth = 0; nth < length; nth++) {
    party.invite(party.bob, [nth.toString(16).padStart(64, 'f')])
  }

  return party.ops.slice(-length).map(op => op.signed)
}

interface Cost {
  /** Ops. */
  kept: number
  /** ms */
  time: number
  /** Bytes. */
  heap: number
  /** Bytes, once the member was removed. */
  after: number
}

/** @param pending - Ops that come last and wait */
async function costOf (party: Party, pending: SignedOp[] = []): Promise<Cost> {
  const signed = [...party.ops.map(op => op.signed), ...pending]
  const { length } = signed
  const before = heapUsed()
  const [datastore, privateKey] = [new MemoryDatastore(), privateKeyOf('Alice')]
  const log = await MembershipLog.begin({ datastore, privateKey }, party.genesis.signed)
  // as a node has it: the key, and what is owed of it
  const keyring = await Keyring.open({ datastore, log, privateKey })
  const rotations = new Rotations({ log, keyring, clock: new FakeClock(), catchUp: async () => {}, onRotation: () => {}, logger: defaultLogger().forComponent('bench') })
  const begun = performance.now()

  for (let at = 1; at < length; at += BATCH) {
    await log.receive(signed.slice(at, at + BATCH), { from: 'Bob' })
  }

  const time = (performance.now() - begun) / length
  const heap = (heapUsed() - before) / length
  const kept = log.size
  await log.append('REMOVE', { person: personIdOf(keyOf('Bob')) })
  rotations.stop()
  await keyring.close()

  return { kept, time, heap, after: (heapUsed() - before) / length }
}

function heapUsed (): number {
  globalThis.gc?.()

  return process.memoryUsage().heapUsed
}
