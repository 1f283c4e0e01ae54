import { MemoryDatastore } from 'datastore-core'
import { createNetwork } from '../../src/testing/index.js'
import { checkGrant, MembershipLog, personIdOf } from '../../src/log/index.js'
import { measure, report, table } from './measure.js'
import { bare, Growing, keyOf, privateKeyOf, storeOf } from './signed.js'
import type { OpId } from '../../src/log/index.js'
import type { LocalParty } from '../../src/parties/party.js'
import type { Print } from './measure.js'

const SIZES = [10, 100, 1_000, 10_000, 30_000]

interface Subject {
  size: number
  party: Growing
  datastore: MemoryDatastore
  log: MembershipLog
}

async function subjectOf (size: number): Promise<Subject> {
  const party = new Growing().grow(size)
  const datastore = await storeOf(party.ops)

  return { size, party, datastore, log: await MembershipLog.open({ datastore, privateKey: privateKeyOf('Alice') }, party.genesis.id) }
}

/** Each is made once, and only where a part asks for it. */
const made = new Map<number, Promise<Subject>>()

async function subjectsOf (sizes: number[]): Promise<Subject[]> {
  const subjects: Subject[] = []

  for (const size of sizes) {
    const subject = made.get(size) ?? subjectOf(size)
    made.set(size, subject)
    subjects.push(await subject)
  }

  return subjects
}

/** Full check, open, one op, one join at each size; bytes a member. */
export const parts = { check, open, one, bytes, shown }

export default async function log (print: Print): Promise<void> {
  for (const part of Object.values(parts)) {
    await part(print)
  }
}

const rounds = (size: number): { runs: number, warmups: number } => size > 1000 ? { runs: 3, warmups: 1 } : { runs: 15, warmups: 5 }

/** What grows with the party. */
async function check (print: Print): Promise<void> {
  for (const { size, party, log } of await subjectsOf(SIZES)) {
    const floor = bare(party.genesis, party.ops)

    print(`\n${size} members: full check`)
    print(report(await measure([
      { name: 'floor: the same signatures, WebCrypto alone', prepare: () => floor },
      { name: 'verifyAll', prepare: () => async () => log.verifyAll() },
      {
        name: 'receive all',
        prepare: async () => {
          const copy = await MembershipLog.begin({ datastore: new MemoryDatastore(), privateKey: privateKeyOf('Alice') }, party.genesis.signed)
          const signed = party.ops.slice(1).map(op => op.signed)

          return async () => copy.receive(signed)
        }
      }
    ], rounds(size))))
  }
}

/** As a node starts: nothing that an earlier start has left warm. */
async function open (print: Print): Promise<void> {
  const privateKey = privateKeyOf('Alice')
  const subjects: Array<{ name: string, datastore: MemoryDatastore, key: OpId }> = (await subjectsOf(SIZES.slice(2))).map(({ size, datastore, party }) => ({ name: `${size} members`, datastore, key: party.genesis.id }))
  const { ops, genesis } = manyOps()
  subjects.push({ name: `1000 members, ${ops.length} ops`, datastore: await storeOf(ops), key: genesis.id })

  print('\nOpening from the store')
  print(report(await measure(subjects.map(({ name, datastore, key }) => ({ name, prepare: () => async () => MembershipLog.open({ datastore, privateKey }, key) })), { runs: 11, warmups: 3 })))
}

/** What must not. */
async function one (print: Print): Promise<void> {
  const subjects = await subjectsOf(SIZES)
  const rounds = { runs: 60, warmups: 20 }

  print('\nOne append (INVITE), at each size')
  print(report(await measure(subjects.map(({ size, log, party }) => ({ name: `${size} members`, prepare: () => async () => log.append('INVITE', party.invitation()) })), rounds)))

  print('\nOne received op (INVITE), at each size')
  print(report(await measure(subjects.map(({ size, log, party }) => ({
    name: `${size} members`,
    prepare: () => {
      const { signed } = party.op('INVITE', party.invitation(), log.heads)

      return async () => log.receive([signed])
    }
  })), rounds)))

  print('\nOne join: the Grant is checked, and a log begun with it')
  print(report(await measure(subjects.map(({ size, log, party }, at) => ({
    name: `${size} members`,
    prepare: () => {
      const name = `joiner ${at}`
      const invite = party.op('INVITE', party.invitation(), log.heads)
      const admit = party.op('ADMIT', party.admission(invite, name), [invite.id])
      const grant = { admit: admit.signed, authority: [party.genesis.signed, invite.signed] }

      return async () => MembershipLog.join({ datastore: new MemoryDatastore(), privateKey: privateKeyOf(name) }, await checkGrant(grant, { inviter: keyOf('Alice'), first: keyOf(name) }))
    }
  })), rounds)))
}

function manyOps (): Growing {
  const party = new Growing().grow(1_000)

  while (party.ops.length < 100_000) {
    const invite = party.put('INVITE', party.invitation())
    party.put('REVOKE', { invite: invite.id, reason: '' })
    party.put('SET_ROLE', { person: personIdOf(keyOf(`member ${1 + party.ops.length % 999}`)), role: party.ops.length % 2 === 0 ? 'writer' : 'reader' })
  }

  return party
}

async function bytes (print: Print): Promise<void> {
  const rows = [['bytes a member (INVITE and ADMIT)', 'in the log', 'in the store']]

  for (const recovery of [false, true]) {
    const { ops } = new Growing({ recovery }).grow(1_000)
    let stored = 0

    for await (const { key, value } of (await storeOf(ops)).query({})) {
      stored += key.toString().length + value.length
    }

    const inLog = ops.slice(1).reduce((sum, { signed }) => sum + signed.body.length + signed.sig.length, 0)
    rows.push([recovery ? 'with a recovery key' : 'without a recovery key', (inLog / 999).toFixed(0), (stored / 999).toFixed(0)])
  }

  print(`\n${table(rows)}`)
}

/** What an app reads after each change. */
async function shown (print: Print): Promise<void> {
  const network = createNetwork()
  const parties = await Promise.all((await subjectsOf(SIZES)).slice(1).map(async ({ size, party, datastore }, at) => {
    // another member's node each: one process has one node of a key
    const node = await network.node({ datastore, privateKey: privateKeyOf(`member ${at + 1}`) })
    const [local] = await node.services.parties.list() as LocalParty[]

    if (local == null) {
      throw new Error('the party is not there')
    }

    return { size, party, local, node }
  }))

  for (const [what, change] of [
    ['an INVITE', async ({ party, local }) => { await local.log.receive([party.op('INVITE', party.invitation(), local.log.heads).signed]) }],
    ['an ADMIT', async ({ party, local }, nth) => {
      const invite = party.op('INVITE', party.invitation(), local.log.heads)
      await local.log.receive([invite.signed, party.op('ADMIT', party.admission(invite, `guest ${nth}`), [invite.id]).signed])
    }],
    ['a profile', async ({ node }, nth) => { await node.services.parties.setProfile({ displayName: `Name ${nth}` }) }]
  ] satisfies Array<[string, (subject: typeof parties[0], nth: number) => Promise<void>]>) {
    let nth = 0
    print(`\nparty.members when ${what} came`)
    print(report(await measure(parties.map(subject => ({
      name: `${subject.size} members`,
      prepare: async () => {
        await change(subject, ++nth)

        return () => subject.local.members
      }
    })), { runs: 30, warmups: 10 })))
  }

  await network.stop()
}
