/** Hostile nodes and hands on the wire, for the stories of attacks. */
import { noise } from '@libp2p/noise'
import { yamux } from '@libp2p/yamux'
import { identify } from '@libp2p/identify'
import { memory } from '@libp2p/memory'
import { lpStream } from '@libp2p/utils'
import { bytesToHex, randomBytes } from '@noble/hashes/utils.js'
import { createLibp2p } from 'libp2p'
import { expect } from 'vitest'
import { encodeCode, parseCode } from '../../src/codec/index.js'
import { decodeFrame } from '../../src/invitation/frames.js'
import { drive, StreamEnd } from '../../src/pake/machine.js'
import { inviter } from '../../src/invitation/machines.js'
import { INVITE_PROTOCOL, lookupIdOf } from '../../src/invitation/index.js'
import { acceptanceBytes, keyOf, previewHash } from '../../src/log/index.js'
import { parties } from '../../src/parties/index.js'
import type { Shown } from '../../src/log/index.js'
import type { Party } from '../../src/index.js'
import type { DecodedFrame } from '../../src/invitation/frames.js'
import type { Ends } from '../../src/pake/index.js'
import type { Admitted, GrantFrame, InviterEffect, Session } from '../../src/invitation/index.js'
import type { Network, NodeInit, TestNode } from '../../src/testing/index.js'
import type { ComponentLogger, ConnectionEncrypter, Libp2p, PeerId, PrivateKey, Stream } from '@libp2p/interface'

let strangers = 0

/** A node without plus-one: whatever key and encryption it likes. */
export async function stranger (init: { privateKey?: PrivateKey, connectionEncrypters?: Array<(components: never) => ConnectionEncrypter> } = {}): Promise<Libp2p> {
  return createLibp2p({
    ...(init.privateKey == null ? {} : { privateKey: init.privateKey }),
    addresses: { listen: [`/memory/stranger-${++strangers}`] },
    transports: [memory()],
    connectionEncrypters: (init.connectionEncrypters ?? [noise()]) as [],
    streamMuxers: [yamux()],
    connectionGater: { denyDialMultiaddr: () => false },
    services: { identify: identify() }
  })
}

/** A node with plus-one whose log lines go to `logger`. */
export async function watched (logger: ComponentLogger, init: NodeInit = {}): Promise<TestNode> {
  const { datastore, ...rest } = init

  return createLibp2p({
    logger,
    ...(datastore == null ? {} : { datastore }),
    addresses: { listen: [`/memory/watched-${++strangers}`] },
    transports: [memory()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    connectionGater: { denyDialMultiaddr: () => false },
    services: { identify: identify(), parties: parties(rest) }
  })
}

/** How a redemption ended: `joined`, or its error. */
export const nameOf = async (promise: Promise<unknown>): Promise<string> => promise.then(() => 'joined', (err: unknown) => (err as Error).name)

export const idOf = (peer: PeerId): Uint8Array => peer.toMultihash().bytes

/** Frames on a stream, by hand. */
export class Hand {
  readonly stream: Stream
  readonly #frames: ReturnType<typeof lpStream>

  constructor (stream: Stream) {
    this.stream = stream
    this.#frames = lpStream(stream, { maxDataLength: 1 << 20 })
  }

  async send (frame: Uint8Array): Promise<void> {
    await this.#frames.write(frame)
  }

  async raw (): Promise<Uint8Array> {
    return (await this.#frames.read({ signal: AbortSignal.timeout(30_000) })).slice()
  }

  async receive (): Promise<DecodedFrame> {
    return decodeFrame(await this.raw())
  }

  /** Resolves once the other side has ended the stream, and nothing more comes. */
  async ended (): Promise<string> {
    try {
      return `a ${(await this.receive()).type}`
    } catch (err) {
      return (err as Error).name === 'TimeoutError' ? 'still open' : 'ended'
    }
  }
}

/** A stream to Alice's invitation. */
export async function knockAt (guest: Libp2p, alice: Libp2p): Promise<Hand> {
  const connection = guest.getConnections(alice.peerId)[0] ?? await guest.dial(alice.getMultiaddrs())

  return new Hand(await connection.newStream(INVITE_PROTOCOL))
}

/** Puts Eve's own hands in place of plus-one's. */
export async function takeOver (eve: Libp2p, handler: (hand: Hand, guest: PeerId) => Promise<unknown>): Promise<void> {
  await eve.unhandle(INVITE_PROTOCOL).catch(() => {})
  await eve.handle(INVITE_PROTOCOL, (stream, connection) => {
    handler(new Hand(stream), connection.remotePeer).catch(() => {}).finally(() => { stream.close().catch(() => {}) })
  })
}

/** The code that names another inviter; the same secret unless told. */
export function codeNaming (inviter: Libp2p, code: string, secret: Uint8Array = parseCode(code).secret): string {
  return encodeCode({ secret, inviter: inviter.peerId, addresses: inviter.getMultiaddrs() })
}

export interface LiarInit {
  secret: Uint8Array
  attemptsLeft?: number
  /** What Eve hopes the PIN to be. */
  pin?: string
  grant?: (effect: { acceptance: Uint8Array, transcript: Uint8Array, recovery: Uint8Array }, guest: PeerId) => GrantFrame | Promise<GrantFrame>
  repeat?: () => GrantFrame | undefined
  preview?: Partial<Session['offer']['preview']>
  offer?: Partial<Session['offer']>
}

/** Eve serves with plus-one's own machine, but says what she likes. Gives the Answers that she collects. */
export async function lies (eve: Libp2p, { secret, attemptsLeft = 99, pin = '000000', grant, repeat, preview, offer }: LiarInit): Promise<DecodedFrame[]> {
  const answers: DecodedFrame[] = []

  await takeOver(eve, async (hand, guest) => {
    const ends: Ends = { inviter: idOf(eve.peerId), invitee: idOf(guest) }
    await drive(inviter({ ends, random: randomBytes }), async (effect: InviterEffect): Promise<unknown> => {
      switch (effect.type) {
        case 'send': return hand.send(effect.frame)
        case 'receive': {
          const frame = await hand.raw().catch((err: unknown) => { throw new StreamEnd({ cause: err }) })
          const received = decodeFrame(frame)
          if (received.type === 'ANSWER') {
            answers.push(received)
          }
          return frame
        }
        case 'find': return { secret }
        case 'repeat': return repeat?.()
        case 'preview':
        case 'begin': return {
          attemptsLeft,
          offer: {
            genesis: new Uint8Array(32).fill(1), invite: new Uint8Array(32).fill(2), lookupId: lookupIdOf(secret), secret, pin,
            preview: { name: 'Book club', kind: 1, memberCount: 2, profile: new Uint8Array(), role: 2, expiresAt: 0n, pinLength: 6, pinAlphabet: '0123456789', approval: false, picture: '', member: false, ...preview },
            ...offer
          }
        } satisfies Session
        case 'accepted': return true
        case 'spend': return attemptsLeft
        case 'admit': return grant == null ? undefined : { grant: await grant(effect, guest), secrets: [] } satisfies Admitted
        default: return undefined
      }
    })
  })

  return answers
}

/** The acceptance that a guest signs with its own key, whoever it is. */
export async function accept (guest: { peerId: PeerId, privateKey: PrivateKey }, alice: Libp2p, genesis: Uint8Array, invite: Uint8Array, transcript: Uint8Array, shown: Shown = { name: 'Book club', kind: 'group' }): Promise<Uint8Array> {
  return guest.privateKey.sign(acceptanceBytes({
    genesis: bytesToHex(genesis), invite: bytesToHex(invite), first: keyOf(guest.peerId), inviter: keyOf(alice.peerId), role: 'writer', preview: previewHash(shown), transcript: bytesToHex(transcript)
  }))
}

/** After whatever Eve did: a new guest is admitted by Alice, and both agree on the members. */
export async function unharmed (network: Network, party: Party): Promise<void> {
  const before = party.members.length
  const guest = await network.node()
  const invitation = await party.invite()
  const joined = await guest.services.parties.redeem(invitation.code).setPin(invitation.pin)
  expect(joined.key).toBe(party.key)
  expect(party.members.length).toBe(before + 1)
  expect(party.members.some(({ peerId }) => peerId.equals(guest.peerId))).toBe(true)
}
