/** Whole handshakes (docs/handshake.md): every frame, and what was drawn. */
import { decodeFrame } from '../../../src/invitation/frames.js'
import { comparisonOf, transcriptHash } from '../../../src/invitation/binding.js'
import { commitmentOf } from '../../../src/keys/index.js'
import { MembershipLog } from '../../../src/log/index.js'
import { makeHome } from '../../../src/person/home.js'
import { recoveryKeysOf } from '../../../src/person/recovery-keys.js'
import { hexToBytes } from '@noble/hashes/utils.js'
import { rekeyOf } from '../../keys/rotating.js'
import { actor, bytesOf, hex, shown } from './cast.js'
import { converse } from './converse.js'
import { guestOf, Inviting } from './inviting.js'
import type { Actor } from './cast.js'
import type { Conversation } from './converse.js'
import type { InvitingInit } from './inviting.js'

const PIN = '204958'

export async function handshakes () {
  const [alice, bob] = [await actor('Alice'), await actor('Bob')]
  const { privateKey: words } = await recoveryKeysOf(bytesOf('Bob\'s words', 16))
  const recovery = words.publicKey.raw
  const pair = { host: alice, guest: bob, role: 'writer' } as const
  const party = await MembershipLog.create(alice, { name: 'Books', kind: 'group', nonce: '0b'.repeat(16), picture: 'https://books.example/cover.png', app: bytesOf('a document', 24) })
  await party.append('INFO', { name: 'Book club', picture: 'https://books.example/club.png' })
  const secret = bytesOf('the first epoch')
  const rekeying = { genesis: party.key, author: alice.key, previous: party.heads[0] }
  const { id: rekey } = await rekeyOf(party, { commitment: hex(commitmentOf(secret, rekeying)), wraps: hex(bytesOf('the hash of a wrap set')) })
  const usual = { ...pair, name: 'wrong, then right', pin: PIN, data: bytesOf('for Bob', 8), approval: true, secrets: [{ rekey, secret }] }
  const inviting = await Inviting.into(party, usual)

  // in this order: the second admits, and the third repeats what that granted
  return {
    page: 'docs/handshake.md',
    inviter: shown(alice),
    invitee: shown(bob),
    runs: [
      await run('a preview', inviting, usual, undefined),
      await run('wrong, then right, and a person approves', inviting, usual, ['204959', PIN], recovery),
      await run('the Grant was lost', inviting, usual, []),
      await fresh(alice, { ...pair, name: 'without a PIN', pin: '' }, ['']),
      await fresh(alice, { ...pair, name: 'three wrong PINs', pin: PIN }, ['000000', '111111', '222222']),
      await device(alice, bob)
    ]
  }
}

async function fresh (alice: Actor, init: InvitingInit, pins: string[]) {
  const log = await MembershipLog.create(alice, { name: 'Book club', kind: 'contact', nonce: '0c'.repeat(16) })

  return run(init.name, await Inviting.into(log, { ...init, role: 'owner' }), { ...init, role: 'owner' }, pins)
}

/** Alice's laptop comes into her home; here Bob's key is the laptop's. */
async function device (alice: Actor, bob: Actor) {
  const { privateKey: words } = await recoveryKeysOf(bytesOf('Alice\'s words', 16))
  const init = { host: alice, guest: bob, name: 'a device of one\'s own', pin: PIN, role: 'owner' } as const

  return run(init.name, await Inviting.into(await makeHome(alice, words), init), init, [PIN], bytesOf('a key that no device sends'))
}

async function run (name: string, inviting: Inviting, init: InvitingInit, pins: string[] | undefined, recovery?: Uint8Array) {
  const { frames, draws, ends } = await converse(name, inviting.side, await guestOf(inviting, init, pins, recovery))

  return {
    name,
    secret: hex(inviting.secret),
    pin: init.pin,
    typed: pins ?? [],
    frames: frames.map(({ from, frame }) => ({ from, type: decodeFrame(hexToBytes(frame)).type, frame })),
    draws,
    ...made(frames),
    granted: (pins == null || pins.length === 0 ? [] : init.secrets ?? []).map(({ rekey, secret }) => ({ rekey, secret: hex(secret) })),
    ends
  }
}

/** What both sides make of the frames alone. */
function made (frames: Conversation['frames']) {
  const decoded = frames.map(({ frame }) => decodeFrame(hexToBytes(frame)))
  const bodies: Uint8Array[] = []
  const transcripts: Uint8Array[] = []
  const comparisons: string[] = []

  for (const frame of decoded) {
    if (frame.type === 'KNOCK' || frame.type === 'WELCOME' || frame.type === 'RETRY') {
      bodies.push(frame.bytes)
    } else if (frame.type === 'ANSWER') {
      transcripts.push(transcriptHash(bodies, frame.body.share))
    } else if (frame.type === 'WAITING') {
      comparisons.push(comparisonOf(transcripts.at(-1) ?? new Uint8Array(), frame.body.nonce))
    }
  }

  return { transcripts: transcripts.map(hex), comparisons }
}
