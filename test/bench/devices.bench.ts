import { createNetwork } from '../../src/testing/index.js'
import { keyOf, linkBytes, signingBytes, verify } from '../../src/log/index.js'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { randomBytes } from '@noble/hashes/utils.js'
import { measure, report } from './measure.js'
import type { Print } from './measure.js'
import type { LocalParty } from '../../src/parties/party.js'
import type { Network, TestNode } from '../../src/testing/index.js'

const PARTIES = 50

/** Bytes of a LINK and its signature; then a device that comes into 50 parties, from its PIN on, beside the signatures that this cannot do without. */
export default async function devices (print: Print): Promise<void> {
  const network = createNetwork()
  const phone = await network.node()
  const parties: LocalParty[] = []

  for (let i = 0; i < PARTIES; i++) {
    parties.push(await phone.services.parties.create({ name: `Party ${i}` }) as LocalParty)
  }

  print(report(await measure([
    { name: `floor: ${PARTIES} acceptances and LINKs, signed and verified at both`, prepare: async () => floor() },
    { name: `from setPin until the laptop is in all ${PARTIES} parties`, prepare: async () => linking(network, phone) }
  ], { runs: 5, warmups: 1 })))

  const sizes = parties.flatMap(({ log }) => log.since([]).filter(({ kind }) => kind === 'LINK').map(({ signed: { body, sig } }) => body.length + sig.length))
  print(`\nLINK: ${Math.min(...sizes)} to ${Math.max(...sizes)} bytes with its signature`)
  await network.stop()
}

async function floor (): Promise<() => unknown> {
  const [one, other] = await Promise.all([generateKeyPair('Ed25519'), generateKeyPair('Ed25519')])
  const genesis = keyOf(one)
  const acceptance = linkBytes(genesis, genesis, genesis)
  const op = signingBytes(genesis, randomBytes(210))

  return async () => {
    for (let i = 0; i < PARTIES; i++) {
      const [accepted, signed] = await Promise.all([other.sign(acceptance), one.sign(op)])
      await Promise.all([
        verify(other.publicKey.raw, acceptance, accepted), verify(one.publicKey.raw, op, signed),
        verify(other.publicKey.raw, acceptance, accepted), verify(one.publicKey.raw, op, signed)
      ])
    }
  }
}

let last: TestNode | undefined

/** A new laptop; the one before is unlinked, and gone. */
async function linking (network: Network, phone: TestNode): Promise<() => unknown> {
  const { person } = phone.services.parties

  if (last != null) {
    await person.unlink(last.peerId)
    await last.stop()
  }

  const laptop = last = await network.node()
  const { code, pin } = await person.invite()
  const redemption = laptop.services.parties.redeem(code)
  await redemption.ready()

  return async () => {
    const all = new Promise<void>((resolve) => {
      let left = PARTIES
      laptop.services.parties.addEventListener('party', () => { left--; if (left === 0) { resolve() } })
    })
    await redemption.setPin(pin)
    await all
  }
}
