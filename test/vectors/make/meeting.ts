/** How members find each other, and begin streams (docs/meeting.md, docs/guarded-streams.md, docs/rendezvous.md, "Names"). */
import { concatBytes } from '@noble/hashes/utils.js'
import { multiaddr } from '@multiformats/multiaddr'
import { MemoryDatastore } from 'datastore-core'
import { rendezvousIdOf } from '../../../src/invitation/keys.js'
import { epochOf } from '../../../src/keys/index.js'
import { ROLES } from '../../../src/log/index.js'
import { Answer, encodeVerdict, nameOf, questionOf } from '../../../src/meeting/greeting.js'
import { sealRecord } from '../../../src/meeting/links/addresses.js'
import { encodeFrame } from '../../../src/meeting/links/frames.js'
import { PartyNames } from '../../../src/meeting/links/names.js'
import { Message } from '../../../src/rendezvous/protocol/pb/message.js'
import { cidOf } from '../../../src/rendezvous/content-routing.js'
import { namespaceOf } from '../../../src/rendezvous/namespace.js'
import { actor, bytesOf, hex, NOW, shown } from './cast.js'
import type { Actor } from './cast.js'
import type { EpochNames } from '../../../src/meeting/links/names.js'

export async function meeting () {
  const [alice, bob] = await Promise.all(['Alice', 'Bob'].map(async name => actor(name))) as [Actor, Actor]
  const party = hex(bytesOf('a party'))
  const record = await sealRecord([multiaddr('/ip4/192.0.2.7/tcp/4001')], BigInt(NOW), alice.privateKey)
  const name = nameOf(party, alice.key, bob.key)
  const protocol = '/book-club/notes/1.0.0'
  const question = questionOf(party, alice.key, bob.key, protocol)
  const ns = namespaceOf('conduct-hurdle')

  const frames = [
    { is: 'ask', party: hex(name), record: hex(record), link: 2, records: 8, frame: encodeFrame({ kind: 'ask', ask: { party: name, record, link: 2, records: 8 } }) },
    { is: 'ask', party: hex(name), record: '', link: 0, records: 0, frame: encodeFrame({ kind: 'ask', ask: { party: name, record: new Uint8Array(), link: 0, records: 0 } }) },
    { is: 'answer', linked: true, record: hex(record), records: [hex(record)], frame: encodeFrame({ kind: 'answer', answer: { linked: true, record, records: [record] } }) },
    { is: 'answer', linked: false, record: '', records: [], frame: encodeFrame({ kind: 'answer', answer: { linked: false, record: new Uint8Array(), records: [] } }) },
    { is: 'refusal', code: 1, frame: encodeFrame({ kind: 'refusal', code: 1 }) }
  ]

  return {
    page: 'docs/meeting.md',
    opener: shown(alice),
    listener: shown(bob),
    party,
    streams: {
      first: hex(concatBytes(Uint8Array.of(name.length), name)),
      question: { protocol, bytes: hex(concatBytes(Uint8Array.of(question.length), question)) },
      answers: [
        { means: 'yes', bytes: hex(encodeVerdict({ is: Answer.YES })) },
        { means: 'no member', bytes: hex(encodeVerdict({ is: Answer.NOT_A_MEMBER })) },
        ...ROLES.map(needed => ({ means: `at least ${needed}`, bytes: hex(encodeVerdict({ is: Answer.ROLE_TOO_LOW, needed })) })),
        { means: 'no handler', bytes: hex(encodeVerdict({ is: Answer.NOT_SERVED })) }
      ]
    },
    frames: frames.map(({ frame, ...said }) => ({ ...said, frame: hex(frame) })),
    names: await names(party),
    points: [
      { is: 'REGISTER', frame: hex(Message.encode({ type: Message.MessageType.REGISTER, register: { ns, signedPeerRecord: record as Uint8Array<ArrayBuffer> } })), ns, record: hex(record) },
      { is: 'UNREGISTER', frame: hex(Message.encode({ type: Message.MessageType.UNREGISTER, unregister: { ns } })), ns },
      { is: 'DISCOVER', frame: hex(Message.encode({ type: Message.MessageType.DISCOVER, discover: { ns, limit: 32 } })), ns, limit: 32 }
    ]
  }
}

async function names (party: string) {
  const secrets = [{ rekey: hex(bytesOf('the first REKEY')), secret: bytesOf('the secret of the first REKEY') }]
  const code = bytesOf('a code\'s secret', 16)
  const ofCode = rendezvousIdOf(code)

  return {
    shortCode: { nameplate: 'conduct-hurdle', namespace: namespaceOf('conduct-hurdle'), cid: cidOf('conduct-hurdle').toString() },
    code: { secret: hex(code), namespace: namespaceOf(ofCode), cid: cidOf(ofCode).toString() },
    party: { secrets: secrets.map(({ rekey, secret }) => ({ rekey, secret: hex(secret) })), namespace: await namespaceOfParty(party, { names: [epochOf(secrets).meeting], isCurrent: true }) },
    partyWithoutKey: { party, namespace: await namespaceOfParty(party) }
  }
}

async function namespaceOfParty (party: string, epochs?: EpochNames): Promise<string> {
  const names = await PartyNames.load({ datastore: new MemoryDatastore(), clock: { now: () => NOW }, party })
  await names.follow(epochs)

  // as it is handed to a rendezvous, where nameplates are, too
  return namespaceOf(names.all[0] ?? '')
}
