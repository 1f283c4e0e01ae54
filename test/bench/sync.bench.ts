import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { circuitRelayServer, circuitRelayTransport } from '@libp2p/circuit-relay-v2'
import { identify } from '@libp2p/identify'
import { noise } from '@libp2p/noise'
import { tcp } from '@libp2p/tcp'
import { yamux } from '@libp2p/yamux'
import { multiaddr } from '@multiformats/multiaddr'
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js'
import { MemoryDatastore } from 'datastore-core'
import { createLibp2p } from 'libp2p'
import { checkGrant, decodeOp, MembershipLog, sealProfile } from '../../src/log/index.js'
import { parties } from '../../src/parties/index.js'
import { checkVersion } from '../../src/storage/records.js'
import { LOG_PROTOCOL } from '../../src/sync/index.js'
import { Key } from 'interface-datastore'
import { measure, quantile, table } from './measure.js'
import { bare, Growing, keyOf, privateKeyOf, storeOf } from './signed.js'
import type { ChildProcess } from 'node:child_process'
import type { AnyOp, Op, SignedOp } from '../../src/log/index.js'
import type { LocalParty } from '../../src/parties/party.js'
import type { Parties } from '../../src/index.js'
import type { Print } from './measure.js'
import type { Libp2p, Stream } from '@libp2p/interface'
import type { Datastore } from 'interface-datastore'

/** Members, how often they are synced, and whether each has a profile. */
const SYNCS = [
  { members: 1_000, runs: 5, profiles: false },
  { members: 10_000, runs: 3, profiles: false },
  { members: 30_000, runs: 2, profiles: false },
  { members: 10_000, runs: 2, profiles: true }
]

/** How long nothing is said until all is, ms. */
const QUIET = 1_000

/** What the other process is asked for, by its environment. */
interface Asked {
  members: number
  profiles: boolean
  /** Listens through this relay. */
  relay?: string
}

/** What the other process tells of itself. */
interface Told {
  address: string
  size: number
  /** GENESIS, INVITE, ADMIT. */
  grant: Array<{ body: string, sig: string }>
}

type Node = Libp2p<{ parties: Parties }>

/** First syncs over TCP between two processes, then through a relay; what a reconnection says. */
export default async function sync (print: Print): Promise<void> {
  for (const { members, runs, profiles } of SYNCS) {
    const other = await begin({ members, profiles })
    const times: number[] = []
    const processor: number[] = []
    let bytes = 0
    let floor = NaN

    for (let run = 0; run < runs; run++) {
      const joined = await join(other.told)
      const { log } = joined
      const before = process.cpuUsage()
      times.push(await joined.sync())
      const { user, system } = process.cpuUsage(before)
      processor.push((user + system) / 1000)
      bytes = joined.counted.bytes

      if (run === runs - 1) {
        const ops = log.since([]).map(op => decodeOp(op.signed) as Op)
        const verified = bare(ops[0] as AnyOp<'GENESIS'>, ops)
        const [measured] = await measure([{ name: '', prepare: () => verified }], { runs: members > 1_000 ? 2 : 5, warmups: 1 })
        floor = measured?.median ?? NaN

        if (members === 10_000) {
          await joined.quiet()
          print(await reconnections(joined, other, profiles))
        }
      }

      await joined.node.stop()
    }

    const median = quantile(times, 0.5)
    print(`\n${table([
      ['first sync, TCP, two processes', 'median', 'ratio', 'processor', 'bytes'],
      ['floor: the same signatures, WebCrypto alone', seconds(floor), '1.00', '', ''],
      [`${members} members${profiles ? ' with a profile each' : ''}`, seconds(median), (median / floor).toFixed(2), seconds(quantile(processor, 0.5)), String(bytes)]
    ])}`)
    other.child.kill()
  }

  await relayed(print)
}

function seconds (ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`
}

async function reconnections (joined: Joined, other: Other, profiles: boolean): Promise<string> {
  const rows = [[`reconnection at 10,000 members${profiles ? ' with a profile each' : ''}`, 'bytes', 'frames of libp2p']]
  const cost = async (name: string, made?: string): Promise<void> => {
    await joined.node.hangUp(multiaddr(other.told.address))

    if (made != null) {
      other.child.send(made)
      await once(other.child, 'message')
    }

    Object.assign(joined.counted, { bytes: 0, messages: 0, at: performance.now() })
    await joined.node.dial(multiaddr(other.told.address))
    await joined.quiet()
    rows.push([name, String(joined.counted.bytes), String(joined.counted.messages)])
  }

  await cost('nothing new')
  await cost('one op new', 'append')
  await cost('one profile new', 'profile')

  return `\n${table(rows)}`
}

/** A relay gives each connection 128 KiB and 2 minutes, as relays do if they are not told otherwise. */
async function relayed (print: Print): Promise<void> {
  const relay = await createLibp2p({ ...STACK, addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] }, transports: [tcp()], services: { identify: identify(), relay: circuitRelayServer() } })
  const other = await begin({ members: 1_000, profiles: false, relay: relay.getMultiaddrs()[0]?.toString() })
  const joined = await join(other.told)
  let connections = 0
  joined.node.addEventListener('connection:open', ({ detail }) => { connections += detail.limits == null ? 0 : 1 })
  const time = await joined.sync()

  print(`\n1000 members through a relay: ${(time / 1000).toFixed(2)} s over ${connections} limited connections, ${joined.counted.bytes} bytes`)
  await joined.node.stop()
  other.child.kill()
  await relay.stop()
}

interface Other {
  child: ChildProcess
  told: Told
}

/** Another process, in which Alice's node has the party. */
async function begin (asked: Asked): Promise<Other> {
  const child = spawn(process.execPath, ['--enable-source-maps', '--input-type=module', '--eval', `import { serve } from '${import.meta.url}'; await serve()`], {
    env: { ...process.env, ASKED: JSON.stringify(asked) }, stdio: ['ignore', 'inherit', 'inherit', 'ipc']
  })
  const [told] = await once(child, 'message') as [Told]

  return { child, told }
}

/** The other process: Alice, who invited Bob last. */
export async function serve (): Promise<void> {
  const { members, profiles, relay } = JSON.parse(process.env['ASKED'] ?? '') as Asked
  const party = new Growing().grow(members - 1)
  const invite = party.put('INVITE', party.invitation())
  const admit = party.put('ADMIT', party.admission(invite, 'Bob'))
  const datastore = await storeOf(party.ops)

  for (let nth = 1; profiles && nth < members - 1; nth++) {
    const name = `member ${nth}`
    await datastore.put(new Key(`/plus-one/profile/${keyOf(name)}`), await sealProfile({ displayName: name }, 1, privateKeyOf(name)))
  }

  const { node } = await start('Alice', datastore, relay == null ? ['/ip4/127.0.0.1/tcp/0'] : [`${relay}/p2p-circuit`])
  const [local] = await node.services.parties.list() as LocalParty[]

  while (node.getMultiaddrs().length === 0) {
    await new Promise(resolve => setTimeout(resolve, 20))
  }

  process.on('message', (asked) => {
    const change = asked === 'append' ? local?.log.append('INVITE', party.invitation()) : node.services.parties.setProfile({ displayName: 'Alice, renamed' })
    change?.then(() => process.send?.('done'), (err: unknown) => { console.error(err) })
  })
  process.send?.({
    address: node.getMultiaddrs()[0]?.toString() ?? '',
    size: party.ops.length,
    grant: [party.genesis, invite, admit].map(({ signed: { body, sig } }) => ({ body: bytesToHex(body), sig: bytesToHex(sig) }))
  } satisfies Told)
}

interface Counted {
  bytes: number
  messages: number
  at: number
}

interface Joined {
  node: Node
  log: MembershipLog
  counted: Counted
  /** Dials, and waits until all is here: ms. */
  sync: () => Promise<number>
  /** Waits until nothing is said any more. */
  quiet: () => Promise<void>
}

/** Bob's node, with nothing but what the invitation gave him. */
async function join ({ address, size, grant }: Told): Promise<Joined> {
  const [genesis, invite, admit] = grant.map(({ body, sig }) => ({ body: hexToBytes(body), sig: hexToBytes(sig) })) as [SignedOp, SignedOp, SignedOp]
  const datastore = new MemoryDatastore()
  await checkVersion(datastore)
  await MembershipLog.join({ datastore, privateKey: privateKeyOf('Bob') }, await checkGrant({ admit, authority: [genesis, invite] }, { inviter: keyOf('Alice'), first: keyOf('Bob') }))
  const { node, counted } = await start('Bob', datastore, [])
  const [local] = await node.services.parties.list() as LocalParty[]
  const { log } = local as LocalParty

  return {
    node,
    log,
    counted,
    async sync () {
      const all = Promise.withResolvers<void>()
      log.addEventListener('ops', () => {
        if (log.size === size) {
          all.resolve()
        }
      })
      const begun = performance.now()
      await node.dial(multiaddr(address))
      await all.promise

      return performance.now() - begun
    },
    async quiet () {
      do {
        await new Promise(resolve => setTimeout(resolve, QUIET / 4))
      } while (performance.now() - counted.at < QUIET)
    }
  }
}

const STACK = { connectionEncrypters: [noise()], streamMuxers: [yamux()], connectionGater: { denyDialMultiaddr: () => false } }

async function start (name: string, datastore: Datastore, listen: string[]): Promise<{ node: Node, counted: Counted }> {
  const counted: Counted = { bytes: 0, messages: 0, at: performance.now() }
  const node = await createLibp2p({
    ...STACK,
    datastore,
    privateKey: privateKeyOf(name),
    addresses: { listen },
    transports: [tcp(), circuitRelayTransport()],
    metrics: () => counting(counted) as never,
    services: { identify: identify(), parties: parties() }
  })

  return { node, counted }
}

/** Counts what goes over the log's streams, by either side. */
function counting (counted: Counted): object {
  const count = ({ byteLength }: { byteLength: number }): void => {
    counted.bytes += byteLength
    counted.messages++
    counted.at = performance.now()
  }
  const trackProtocolStream = (stream: Stream): void => {
    if (stream.protocol === LOG_PROTOCOL) {
      const send = stream.send.bind(stream)
      stream.send = (data) => {
        count(data)
        return send(data)
      }
      stream.addEventListener('message', ({ data }) => { count(data) })
    }
  }

  const ignore = (): void => {}
  const metric = { update: ignore, increment: ignore, decrement: ignore, reset: ignore, timer: () => ignore }
  const known: Record<string, unknown> = { trackProtocolStream, trackMultiaddrConnection: ignore, traceFunction: (_: string, traced: unknown) => traced }

  // what else libp2p measures is not asked for
  return new Proxy({}, { get: (_, name) => known[String(name)] ?? (String(name).startsWith('register') ? () => metric : undefined) })
}
