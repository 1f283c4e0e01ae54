/** One inviter in a process of its own, over TCP: how many it admits a second, and what many guests, many invitations and strangers cost it. */
import { generateKeyPair } from '@libp2p/crypto/keys'
import { multiaddr } from '@multiformats/multiaddr'
import { FLOOR, guest, runFloor } from './load-node.js'
import { inviterProcess, membersProcess, Other, strangersProcess } from './load-process.js'
import { quantile, table } from './measure.js'
import type { Node } from './load-node.js'
import type { Asked, Told } from './load-process.js'
import type { Print } from './measure.js'
import type { PrivateKey } from '@libp2p/interface'

export { inviterProcess, membersProcess, strangersProcess }

/** Guests of the rate, in rounds: floor and admissions in turn, so that what slows the machine down for a while slows both; and how many of them are at the door at once. */
const GUESTS = 300
const AT_ONCE = 8
const ROUNDS = 10

const CROWD = 500
const OPEN = 1_000
const STRANGERS = 200
/** Members that stay connected with the inviter, and guests that it admits beside them. */
const CONNECTED = 300
const BESIDE = 100
const HONEST = 30
/** Guests before anything is measured: what is loaded and compiled with the first is not what the others cost. */
const WARM = 10

class Inviter extends Other {
  constructor () {
    super(import.meta.url, 'inviterProcess')
  }

  async tell (asked: Asked = { do: 'tell' }): Promise<Told> {
    return this.ask<Told>(asked)
  }

  async invite (count: number, uses: number): Promise<Told> {
    return this.tell({ do: 'invite', count, uses })
  }
}

export default async function load (print: Print): Promise<void> {
  const parts: { [name: string]: (print: Print) => Promise<void> } = { rate, crowd, open, strangers, connected }

  for (const [name, part] of Object.entries(parts)) {
    if ((process.env.PART ?? name) === name) {
      await part(print)
    }
  }
}

interface Guest {
  node: Node
  privateKey: PrivateKey
}

interface Rate {
  perSecond: number
  /** ms of the inviter's processor, each. */
  processor: number
  /** ms of the processor of the process that all guests share, each. */
  guests: number
}

/** So many at once, until all are through. */
async function through <T> (items: T[], work: (item: T) => Promise<void>, atOnce = AT_ONCE): Promise<void> {
  const waiting = items.values()
  await Promise.all(Array.from({ length: atOnce }, async () => {
    for (const item of waiting) {
      await work(item)
    }
  }))
}

async function timed (inviter: Inviter, count: number, work: () => Promise<void>): Promise<Rate> {
  const before = await inviter.tell()
  const own = process.cpuUsage()
  const begun = performance.now()
  await work()
  const ms = performance.now() - begun
  const { user, system } = process.cpuUsage(own)
  const after = await inviter.ask<Told>({ do: 'count' })

  return { perSecond: count / ms * 1000, processor: (after.processor - before.processor) / count, guests: (user + system) / 1000 / count }
}

/** By the medians of the rounds: one that something else slowed down counts as one. */
function typical (rounds: Rate[]): Rate {
  const of = (what: keyof Rate): number => quantile(rounds.map(round => round[what]), 0.5)

  return { perSecond: of('perSecond'), processor: of('processor'), guests: of('guests') }
}

/** Each with a key of its own. */
async function guests (count: number): Promise<Guest[]> {
  const made: Guest[] = []
  await through(Array.from({ length: count }), async () => {
    const privateKey = await generateKeyPair('Ed25519')
    made.push({ node: await guest(privateKey), privateKey })
  })

  return made
}

async function join ({ node }: Guest, { code, pin }: { code: string, pin: string }): Promise<void> {
  await node.services.parties.redeem(code).setPin(pin)
}

async function rate (print: Print): Promise<void> {
  const inviter = new Inviter()
  const { address } = await inviter.tell()
  const to = multiaddr(address)
  await latencies(await guests(WARM), (await inviter.invite(WARM, 1)).invitations)
  const measured = new Map<string, Rate[]>()
  const bare = async ({ node, privateKey }: Guest): Promise<void> => {
    const connection = await node.dial(to)
    await runFloor(node, privateKey, await connection.newStream(FLOOR), connection.remotePeer)
  }

  for (let round = 0; round < ROUNDS; round++) {
    for (const name of ['floor, new connections', 'floor, reused connections', 'admissions'].filter(name => name.includes(process.env.ONLY ?? ''))) {
      const isReused = name.includes('reused')
      const count = GUESTS / ROUNDS
      const all = await guests(isReused ? AT_ONCE : count)
      const { invitations: [invitation] } = await inviter.invite(1, count)
      const leaving: Array<Promise<void>> = []

      if (isReused) {
        await Promise.all(all.map(async ({ node }) => node.dial(to)))
      }

      const turns = isReused ? Array.from({ length: count }, (_, nth) => all[nth % AT_ONCE] as Guest) : all
      const one = await timed(inviter, count, async () => through(turns, async (guest) => {
        if (name === 'admissions') {
          await join(guest, invitation as Told['invitations'][0])
        } else {
          await bare(guest)
        }

        if (!isReused) {
          leaving.push(Promise.resolve(guest.node.stop()))
        }
      }))
      measured.set(name, [...measured.get(name) ?? [], one])
      await Promise.all([...leaving, ...all.map(async ({ node }) => node.stop())])
    }
  }

  const floors = measured.get('floor, new connections') ?? []
  const rows = [...measured].map(([name, rounds]) => {
    const { perSecond, processor, guests } = typical(rounds)
    // of each round and its own floor
    const ratio = (of: (rate: Rate) => number): string => quantile(rounds.map((round, nth) => of(round) / of(floors[nth] ?? round)), 0.5).toFixed(2)

    return [name, perSecond.toFixed(0), ratio(rate => rate.perSecond), `${processor.toFixed(1)} ms`, ratio(rate => rate.processor), `${guests.toFixed(1)} ms`]
  })
  print(`${table([['', 'a second', 'of the floor', 'the inviter\'s processor, each', 'of the floor', 'the guests\' process, each'], ...rows])}\n`)
  await inviter.stop()
}

/** All come at once. */
async function crowd (print: Print): Promise<void> {
  const inviter = new Inviter()
  const [warm, all] = [await guests(WARM), await guests(CROWD)]
  await latencies(warm, (await inviter.invite(WARM, 1)).invitations)
  const { invitations: [invitation] } = await inviter.invite(1, CROWD)
  const before = await inviter.tell()
  const begun = performance.now()
  const came = await Promise.allSettled(all.map(async guest => join(guest, invitation as Told['invitations'][0])))
  const ms = performance.now() - begun
  came.filter(({ status }) => status === 'rejected').slice(0, 3).forEach((one) => { print(String((one as PromiseRejectedResult).reason)) })
  await Promise.all(all.map(async ({ node }) => node.stop()))
  const after = await inviter.tell()
  print(`${table([
    [`${CROWD} at once on one invitation`, ''],
    ['admitted', String(came.filter(({ status }) => status === 'fulfilled').length)],
    ['members, as the inviter counts', String(after.members - before.members)],
    ['until the last was in', `${(ms / 1000).toFixed(1)} s`],
    ['told its end', String((after.ends['done'] ?? 0) - (before.ends['done'] ?? 0))],
    ['heap more, a member', `${((after.heap - before.heap) / CROWD).toFixed(0)} bytes`]
  ])}\n`)
  await inviter.stop()
}

/** Many invitations wait at one node. */
async function open (print: Print): Promise<void> {
  const inviter = new Inviter()
  const [warm, alone, among] = [await guests(WARM), await guests(HONEST), await guests(HONEST)]
  await latencies(warm, (await inviter.invite(WARM, 1)).invitations)
  const before = await inviter.tell()
  const unloaded = await latencies(alone, (await inviter.invite(HONEST, 1)).invitations)
  const begun = performance.now()
  const { invitations } = await inviter.invite(OPEN, 1)
  const ms = performance.now() - begun
  const held = await inviter.tell()
  const loaded = await latencies(among, invitations.slice(-HONEST))
  await inviter.tell({ do: 'cancel' })
  const after = await inviter.tell()
  print(`${table([
    [`${OPEN} open invitations`, ''],
    ['made', `${(ms / OPEN).toFixed(1)} ms each`],
    ['heap while they are open', `${((held.heap - before.heap) / OPEN).toFixed(0)} bytes each`],
    ['heap once they have ended: INVITE and REVOKE stay', `${((after.heap - before.heap) / OPEN).toFixed(0)} bytes each`],
    ['joining by one of them, median', `${quantile(loaded, 0.5).toFixed(0)} ms`],
    ['without the others', `${quantile(unloaded, 0.5).toFixed(0)} ms`]
  ])}\n`)
  await inviter.stop()
}

/** Guests come and go while many members stay connected with the inviter. */
async function connected (print: Print): Promise<void> {
  const inviter = new Inviter()
  await latencies(await guests(WARM), (await inviter.invite(WARM, 1)).invitations)
  const alone = await admitted(inviter)
  const members = new Other(import.meta.url, 'membersProcess')
  const { invitations: [invitation] } = await inviter.invite(1, CONNECTED)
  const before = await inviter.tell()
  await members.ask({ do: 'join', ...invitation, count: CONNECTED })
  const { connections } = await inviter.tell()
  const beside = await admitted(inviter)
  await members.stop()
  print(`${table([
    [`${BESIDE} admissions of guests who leave again`, 'a second', 'the inviter\'s processor, each'],
    ['nobody is connected', alone.perSecond.toFixed(0), `${alone.processor.toFixed(1)} ms`],
    [`${connections - before.connections} members are`, beside.perSecond.toFixed(0), `${beside.processor.toFixed(1)} ms`],
    ['ratio', (beside.perSecond / alone.perSecond).toFixed(2), (beside.processor / alone.processor).toFixed(2)]
  ])}\n`)
  await inviter.stop()
}

async function admitted (inviter: Inviter): Promise<Rate> {
  const all = await guests(BESIDE)
  const { invitations: [invitation] } = await inviter.invite(1, BESIDE)
  const leaving: Array<Promise<void>> = []
  const rate = await timed(inviter, BESIDE, async () => through(all, async (guest) => {
    await join(guest, invitation as Told['invitations'][0])
    leaving.push(Promise.resolve(guest.node.stop()))
  }))
  await Promise.all(leaving)

  return rate
}

/** ms from `redeem` to the party, one after the other; who has joined leaves again. */
async function latencies (guests: Guest[], invitations: Told['invitations']): Promise<number[]> {
  const times: number[] = []

  for (const [nth, guest] of guests.entries()) {
    const begun = performance.now()
    await join(guest, invitations[nth] as Told['invitations'][0])
    times.push(performance.now() - begun)
    await guest.node.stop()
  }

  return times
}

/** Strangers at the door, beside honest guests. */
async function strangers (print: Print): Promise<void> {
  const inviter = new Inviter()
  const { address } = await inviter.tell()
  const [warm, alone, beside] = [await guests(WARM), await guests(HONEST), await guests(HONEST)]
  await latencies(warm, (await inviter.invite(WARM, 1)).invitations)
  const unloaded = await latencies(alone, (await inviter.invite(HONEST, 1)).invitations)
  const before = await inviter.tell()
  const others = new Other(import.meta.url, 'strangersProcess')
  await others.ask({ do: 'come', address, count: STRANGERS })
  const loaded = await latencies(beside, (await inviter.invite(HONEST, 1)).invitations)
  const held = await inviter.tell()
  await others.stop()
  await new Promise(resolve => setTimeout(resolve, 12_000))
  const after = await inviter.tell()
  const median = quantile(loaded, 0.5)
  const bare = quantile(unloaded, 0.5)
  print(`${table([
    [`${STRANGERS} strangers: wrong codes, and half a word for ever`, ''],
    ['honest guests admitted beside them', `${loaded.length} of ${HONEST}`],
    ['their median', `${median.toFixed(0)} ms`],
    ['without strangers', `${bare.toFixed(0)} ms`],
    ['ratio', (median / bare).toFixed(2)],
    ['connections while they are there', String(held.connections)],
    ['heap while they are there', `${((held.heap - before.heap) / 1024).toFixed(0)} KiB more`],
    [`heap once they have gone, with ${HONEST} members more`, `${((after.heap - before.heap) / 1024).toFixed(0)} KiB more`]
  ])}\n`)
  await inviter.stop()
}
