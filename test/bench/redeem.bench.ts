import { generateKeyPair } from '@libp2p/crypto/keys'
import { lpStream } from '@libp2p/utils'
import { ristretto255, ristretto255_hasher } from '@noble/curves/ed25519.js'
import { bytesToHex, randomBytes } from '@noble/hashes/utils.js'
import { INVITE_PROTOCOL } from '../../src/invitation/index.js'
import { acceptanceBytes, keyOf, shownHash, verify } from '../../src/log/index.js'
import { createNetwork } from '../../src/testing/index.js'
import { measure, report, table } from './measure.js'
import type { Print } from './measure.js'
import type { Network, TestNode } from '../../src/testing/index.js'
import type { LocalParty } from '../../src/parties/party.js'

const SIZES = [10, 100, 1_000, 10_000]

/** The signatures of one admission: acceptance and ADMIT; and their checks: the acceptance, then GENESIS, INVITE and ADMIT. */
const SIGNED = 2
const VERIFIED = 4

export default async function redeem (print: Print): Promise<void> {
  await beside(print)
  print('')
  await bySize(print)
}

export const parts = { floor: beside, sizes: bySize }

/** From `redeem` to both sides done, beside what no such handshake can do without. */
async function beside (print: Print): Promise<void> {
  const network = createNetwork()
  const alice = await network.node()
  const party = await alice.services.parties.create({ name: 'Book club' }) as LocalParty

  print(report(await measure([
    { name: 'floor: dial, stream, CPace\'s group operations, signatures', prepare: async () => floor(network, alice) },
    { name: 'redeem, until both sides are done', prepare: async () => redemption(network, party) }
  ], { runs: 30, warmups: 10 })))
  await network.stop()
}

/** The same in parties of every size. */
async function bySize (print: Print): Promise<void> {
  const network = createNetwork()
  const alice = await network.node()
  const rows = [['members', 'median', 'ratio', 'frames', 'bytes']]
  const parties: LocalParty[] = []

  for (const size of SIZES) {
    const grown = await alice.services.parties.create({ name: 'Book club' }) as LocalParty
    await grow(grown, size)
    parties.push(grown)
  }

  // all sizes in turn in one run: the first is the measure of the others
  const measured = await measure(parties.map((party, i) => ({ name: String(SIZES[i]), prepare: async () => redemption(network, party) })), { runs: 15, warmups: 3 })

  for (const [i, { name, median, ratio }] of measured.entries()) {
    const { frames, bytes } = await traffic(network, parties[i] as LocalParty)
    rows.push([name, `${median.toFixed(1)} ms`, ratio.toFixed(2), String(frames), String(bytes)])
  }

  print(table(rows))
  await network.stop()
}

let last: TestNode | undefined

/** A new Bob; the one before has left, so that nobody listens but Alice and him. */
async function newcomer (network: Network): Promise<TestNode> {
  await last?.stop()
  last = await network.node()
  await new Promise(resolve => setTimeout(resolve, 50))

  return last
}

async function floor (network: Network, alice: TestNode) {
  const bob = await newcomer(network)
  const privateKey = await generateKeyPair('Ed25519')
  const message = randomBytes(200)
  const { Point } = ristretto255

  await alice.unhandle('/floor').catch(() => {})
  await alice.handle('/floor', async (stream) => {
    const frames = lpStream(stream)
    for (let round = 0; round < 2; round++) {
      await frames.write(await frames.read())
    }
  })

  return async () => {
    const frames = lpStream(await bob.dialProtocol(alice.getMultiaddrs(), '/floor'))
    for (let round = 0; round < 2; round++) {
      await frames.write(message)
      await frames.read()
      const scalar = Point.Fn.fromBytes(randomBytes(31).length === 31 ? Uint8Array.from([...randomBytes(31), 0]) : new Uint8Array(32))
      const base = ristretto255_hasher.deriveToCurve?.(randomBytes(64))
      base?.multiply(scalar).toBytes()
      base?.multiply(scalar).toBytes()
    }

    const key = privateKey.publicKey.raw
    let sig = new Uint8Array(64)

    for (let i = 0; i < SIGNED; i++) {
      sig = Uint8Array.from(await privateKey.sign(message))
    }

    await Promise.all(Array.from({ length: VERIFIED }, async () => verify(key, message, sig)))
  }
}

async function redemption (network: Network, party: LocalParty) {
  const bob = await newcomer(network)
  const done = Promise.withResolvers<unknown>()
  const invitation = await party.invite({ onDone: done.resolve, onError: done.reject })
  const { code, pin } = invitation

  return async () => {
    await Promise.all([bob.services.parties.redeem(code).setPin(pin), done.promise])
  }
}

/** Frames and bytes of one redemption on its own stream. */
async function traffic (network: Network, party: LocalParty): Promise<{ frames: number, bytes: number }> {
  const bob = await newcomer(network)
  const { code, pin } = await party.invite()
  let frames = 0
  let bytes = 0
  const connectionOpen = Promise.withResolvers<void>()

  bob.addEventListener('connection:open', ({ detail: connection }) => {
    const newStream = connection.newStream.bind(connection)
    connection.newStream = async (protocol, options) => {
      const stream = await newStream(protocol, options)

      if (protocol === INVITE_PROTOCOL) {
        const send = stream.send.bind(stream)
        stream.send = (data) => {
          frames++
          bytes += data.byteLength
          return send(data)
        }
        stream.addEventListener('message', ({ data }) => {
          frames++
          bytes += data.byteLength
        })
      }

      return stream
    }
    connectionOpen.resolve()
  })
  await bob.services.parties.redeem(code).setPin(pin)
  await connectionOpen.promise

  return { frames, bytes }
}

/** Gives a party this many members, by one invitation of many uses. */
async function grow (party: LocalParty, size: number): Promise<void> {
  const { log } = party
  const invite = await log.append('INVITE', { lookupId: bytesToHex(randomBytes(16)), role: 'reader', uses: size, hosts: [], createdAt: Date.now(), expiresAt: 0 })
  const transcript = bytesToHex(randomBytes(32))

  while (log.memberCount < size) {
    const privateKey = await generateKeyPair('Ed25519')
    const first = keyOf(privateKey)
    const acceptance = await privateKey.sign(acceptanceBytes({ genesis: log.key, invite: invite.id, first, inviter: log.self, role: 'reader', preview: shownHash(log.genesis), transcript }))
    await log.append('ADMIT', { invite: invite.id, first, acceptance, transcript, after: 600_000 })
  }
}
