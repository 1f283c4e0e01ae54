/** Other processes of the benchmark of load: the inviter alone in one, strangers in another. They are asked by messages, and answer each. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { lpStream } from '@libp2p/utils'
import { multiaddr } from '@multiformats/multiaddr'
import { randomBytes } from '@noble/hashes/utils.js'
import { encodeBody, encodeFrame } from '../../src/invitation/machines.js'
import { INVITE_PROTOCOL } from '../../src/invitation/index.js'
import { Intent } from '../../src/invitation/pb/message.js'
import { guest, host, serveFloor, stranger } from './load-node.js'
import type { ChildProcess } from 'node:child_process'
import type { Invitation, Parties } from '../../src/index.js'

export type Asked =
  /** So many invitations of so many uses each. */
  | { do: 'invite', count: number, uses: number }
  /** Those that are pending are taken back. */
  | { do: 'cancel' }
  /** How much it has worked, and what it holds. */
  | { do: 'tell' }

export interface Told {
  address: string
  /** Codes and PINs. */
  invitations: Array<{ code: string, pin: string }>
  /** Processor time since the start, ms. */
  processor: number
  /** Bytes of heap after a collection. */
  heap: number
  connections: number
  members: number
  /** What of its invitations is over, by how. */
  ends: { [end: string]: number }
}

export class Other {
  readonly #child: ChildProcess

  /** @param url - The bundle's; @param name - What it exports */
  constructor (url: string, name: string, env: { [name: string]: string } = {}) {
    const profile = process.env.PROFILE === name ? ['--cpu-prof', '--cpu-prof-dir=node_modules/.cache/bench/profile'] : []
    this.#child = spawn(process.execPath, [...profile, '--expose-gc', '--enable-source-maps', '--input-type=module', '--eval', `import { ${name} } from '${url}'; await ${name}()`], {
      env: { ...process.env, ...env }, stdio: ['ignore', 'inherit', 'inherit', 'ipc']
    })
  }

  async ask <T> (asked: object): Promise<T> {
    const answer = new AbortController()
    const { signal } = answer
    this.#child.send(asked)

    try {
      const [told] = await Promise.race([once(this.#child, 'message', { signal }), once(this.#child, 'exit', { signal }).then(() => { throw new Error('The other process ended') })]) as [T]

      return told
    } finally {
      answer.abort()
    }
  }

  async stop (): Promise<void> {
    this.#child.send({ do: 'stop' })
    await once(this.#child, 'exit')
  }
}

/** Answers each message; `stop` ends the process. */
function answering (answer: (asked: never) => Promise<object>): void {
  // who asked is gone
  process.on('disconnect', () => { process.exit() })
  process.on('message', (asked: { do: string }) => {
    if (asked.do === 'stop') {
      process.exit()
    }

    answer(asked as never).then(told => process.send?.(told), (err: unknown) => {
      console.error(err)
      process.exit(1)
    })
  })
}

/** Alice. */
export async function inviterProcess (): Promise<void> {
  const privateKey = await generateKeyPair('Ed25519')
  const node = await host(privateKey)
  await serveFloor(node, privateKey)
  const party = await node.services.parties.create({ name: 'Book club', kind: 'community' })
  const pending = new Set<Invitation>()
  const ends: { [end: string]: number } = {}

  answering(async (asked: Asked) => {
    const invitations: Told['invitations'] = []

    if (asked.do === 'invite') {
      for (let nth = 0; nth < asked.count; nth++) {
        const end = (name: string) => (): void => { ends[name] = (ends[name] ?? 0) + 1 }
        const invitation = await party.invite({ uses: asked.uses, onDone: end('done'), onError: end('error'), onExpiration: end('expiration') })
        const { code, pin } = invitation
        pending.add(invitation)
        invitations.push({ code, pin })
      }
    } else if (asked.do === 'cancel') {
      await Promise.all([...pending].map(async invitation => invitation.cancel()))
      pending.clear()
    }

    if (asked.do === 'tell') {
      await new Promise(resolve => setTimeout(resolve, 500))
      globalThis.gc?.()
      globalThis.gc?.()
    }

    const { user, system } = process.cpuUsage()

    return {
      address: node.getMultiaddrs()[0]?.toString() ?? '',
      invitations,
      processor: (user + system) / 1000,
      heap: process.memoryUsage().heapUsed,
      connections: node.getConnections().length,
      members: party.members.length,
      ends
    } satisfies Told
  })
}

/** Members who have joined, and stay. */
export async function membersProcess (): Promise<void> {
  answering(async ({ code, pin, count }: { code: string, pin: string, count: number }) => {
    const joined: Parties[] = []

    for (let nth = 0; nth < count; nth++) {
      const node = await guest(await generateKeyPair('Ed25519'))
      await node.services.parties.redeem(code).setPin(pin)
      joined.push(node.services.parties)
    }

    return { count: joined.length }
  })
}

/** Between two knocks of one who has a wrong code, ms. */
const PAUSE = 500

/** Half of them knock with wrong codes again and again; the others say half a word, and stay. */
export async function strangersProcess (): Promise<void> {
  let knocks = 0

  answering(async ({ address, count }: { address: string, count: number }) => {
    const inviter = multiaddr(address)
    const ready: Array<Promise<void>> = []

    for (let nth = 0; nth < count; nth++) {
      const node = await stranger()
      const knock = async (): Promise<void> => {
        const body = encodeBody('KNOCK', { version: 1, lookupId: own(randomBytes(16)), intent: Intent.REDEEM, nonce: own(randomBytes(32)) })
        const frames = lpStream(await node.dialProtocol(inviter, INVITE_PROTOCOL))
        await frames.write(encodeFrame('KNOCK', body, randomBytes(32)))
        await frames.read()
        knocks++
      }
      const again = (): void => {
        setTimeout(() => { knock().catch(() => {}).finally(again) }, PAUSE)
      }
      const idle = async (): Promise<void> => {
        const stream = await node.dialProtocol(inviter, INVITE_PROTOCOL)
        // a frame of 200 bytes, of which two come; as the inviter hangs up, another
        stream.send(Uint8Array.of(200, 1, 8))
        stream.addEventListener('close', () => { idle().catch(() => {}) })
      }
      ready.push(nth % 2 === 0 ? persisting(knock).then(again) : persisting(idle))
    }

    await Promise.all(ready)

    return { knocks }
  })
}

/** Where all come at once, and the machine is busy, libp2p gives some dials up. */
async function persisting (come: () => Promise<void>): Promise<void> {
  await come().catch(async () => {
    await new Promise(resolve => setTimeout(resolve, PAUSE))
    await persisting(come)
  })
}

function own (bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes)
}
