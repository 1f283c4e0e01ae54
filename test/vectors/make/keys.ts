/** The party's key (docs/keys.md): commitments, epochs, wrap sets, sealed bytes, and what a Grant brings. */
import { hexToBytes } from '@noble/hashes/utils.js'
import { commitmentOf, epochOf, openSecrets, predecessorsOf, seal, sealSecrets, secretOf, unwrap, wrap } from '../../../src/keys/index.js'
import { encodeAnswer, encodeAsk } from '../../../src/keys/asking/frames.js'
import { nameOf } from '../../../src/meeting/greeting.js'
import { actor, bytesOf, hex, shown } from './cast.js'
import type { EpochSecret } from '../../../src/keys/index.js'
import type { Actor } from './cast.js'

export async function keys () {
  const members = await Promise.all(['Alice', 'Bob', 'Carol'].map(async name => actor(name))) as [Actor, Actor, Actor]
  const [alice, bob] = members
  const genesis = hex(bytesOf('a party'))
  const [first, second] = ['the first REKEY', 'the second REKEY'].map(name => ({ rekey: hex(bytesOf(name)), secret: bytesOf(`the secret of ${name}`) })) as [{ rekey: string, secret: Uint8Array }, { rekey: string, secret: Uint8Array }]
  const sets = await Promise.all([
    { rekeying: { genesis, author: alice.key }, epoch: first, recipients: [alice.key], predecessors: [] },
    { rekeying: { genesis, author: bob.key, previous: hex(bytesOf('Bob\'s op before it')) }, epoch: second, recipients: members.map(({ key }) => key), predecessors: [first] }
  ].map(async ({ rekeying, epoch: { rekey, secret }, recipients, predecessors }, i) => {
    const ephemeral = bytesOf(`ephemeral ${i}`)
    const { payload, bytes } = await wrap({ secret, rekeying, recipients, predecessors, ephemeral })
    const [member] = members
    const opened = await unwrap({ bytes, rekeying, commitment: payload.commitment, key: member.key, own: await secretOf(member.seed) })

    if (hex(opened ?? new Uint8Array()) !== hex(secret) || payload.commitment !== hex(commitmentOf(secret, rekeying)) || predecessorsOf(bytes, secret, rekeying).length !== predecessors.length) {
      throw new Error('A wrap set does not hold what was put into it')
    }

    return { rekeying, rekey, secret: hex(secret), ephemeral: hex(ephemeral), recipients, predecessors: predecessors.map(({ rekey, secret }) => ({ rekey, secret: hex(secret) })), ...payload, bytes: hex(bytes) }
  }))
  const epochs = [[first], [first, second]].map((secrets) => {
    const { id, sealing, meeting } = epochOf(secrets)

    return { secrets: secrets.map(({ rekey, secret }) => ({ rekey, secret: hex(secret) })), id: hex(id), sealing: hex(sealing), meeting: hex(meeting) }
  })
  const granted = { codeSecret: bytesOf('a code\'s secret', 16), sessionKey: bytesOf('an ISK', 64), transcript: bytesOf('a transcript'), admit: hex(bytesOf('an ADMIT')) }
  const sealed = sealSecrets([first, second], granted)

  if (openSecrets(sealed, granted).length !== 2) {
    throw new Error('A Grant does not bring what was put into it')
  }

  return {
    page: 'docs/keys.md',
    members: members.map(shown),
    genesis,
    sets,
    epochs,
    sealed: [{ plain: '', associatedData: '' }, { plain: hex(bytesOf('a page', 70)), associatedData: hex(bytesOf('its place', 12)) }].map(({ plain, associatedData }, i) => {
      const nonce = bytesOf(`nonce ${i}`, 24)

      return { epoch: i, plain, associatedData, nonce: hex(nonce), bytes: hex(seal(hexToBytes(plain), epochOf(i === 0 ? [first] : [first, second]), { genesis, associatedData: hexToBytes(associatedData) }, nonce)) }
    }),
    grant: {
      codeSecret: hex(granted.codeSecret), isk: hex(granted.sessionKey), transcript: hex(granted.transcript), admit: granted.admit,
      secrets: [first, second].map(({ rekey, secret }) => ({ rekey, secret: hex(secret) })), sealed: hex(sealed)
    },
    asking: asking(nameOf(genesis, bob.key, alice.key), [first, second], sets[1]?.wraps ?? '', hexToBytes(sets[1]?.bytes ?? ''))
  }
}

/** Frames of /plus-one/keys/1.0.0. */
function asking (party: Uint8Array, secrets: EpochSecret[], wraps: string, set: Uint8Array) {
  const rekeys = secrets.map(({ rekey }) => rekey)
  const piece = set.subarray(64, 164)
  const frames = [
    { is: 'ask', party: hex(party), rekeys, frame: encodeAsk({ kind: 'secrets', party, rekeys }) },
    { is: 'secrets', secrets: secrets.map(({ rekey, secret }) => ({ rekey, secret: hex(secret) })), frame: encodeAnswer({ kind: 'secrets', secrets }) },
    { is: 'ask', party: hex(party), wraps, from: 64, length: 100, frame: encodeAsk({ kind: 'piece', party, wraps, from: 64, length: 100 }) },
    { is: 'piece', size: set.length, bytes: hex(piece), frame: encodeAnswer({ kind: 'piece', size: set.length, bytes: piece }) },
    { is: 'piece', size: 0, bytes: '', frame: encodeAnswer({ kind: 'piece', size: 0, bytes: new Uint8Array() }) },
    { is: 'refusal', code: 1, frame: encodeAnswer({ kind: 'refusal', code: 1 }) }
  ]

  return frames.map(({ frame, ...said }) => ({ ...said, frame: hex(frame) }))
}
