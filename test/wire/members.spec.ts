/** test/vectors/records.json, meeting.json and keys.json, by the pages alone. */
import { describe, expect, it } from 'vitest'
import keys from '../vectors/keys.json' with { type: 'json' }
import meeting from '../vectors/meeting.json' with { type: 'json' }
import records from '../vectors/records.json' with { type: 'json' }
import { hex, unhex, utf8 } from './bytes.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { commitmentOf, epochOf, open, openGranted, predecessorsOf, readAsking, readWrapSet, unwrap } from './keys.js'
import { cidOf, nameOf, namespaceOfCode, namespaceOfId, namespaceOfNameplate, namespaceOfParty, readAnswer, readMeetFrame, readPointFrame, readQuestion } from './meeting.js'
import { readDisplayName, readPeerRecord, readProfile } from './records.js'

describe('Records, by the pages alone', () => {
  const { signer, profiles, displayNames, peerRecords, registered } = records

  it('profiles and display names are their member\'s', () => {
    expect(profiles.map(profile => readProfile(unhex(profile.record), unhex(signer.key)))).toEqual(profiles.map(({ profile }) => profile))
    expect(displayNames.map(({ record }) => readDisplayName(unhex(record), unhex(signer.key)))).toEqual(displayNames.map(({ record, ...named }) => named))
  })

  it('peer records are of who signed them; as rust-libp2p has them, too', () => {
    expect(peerRecords.map(({ record }) => readPeerRecord(unhex(record)))).toEqual(peerRecords.map(({ record, ...said }) => said))

    for (const { form, record, ...said } of registered) {
      expect(form === 'standard' ? readPeerRecord(unhex(record)) : readPeerRecord(unhex(record), 'libp2p-routing-state', utf8('/libp2p/routing-state-record'))).toEqual(said)
    }
  })
})

describe('Meeting, by the pages alone', () => {
  const { opener, listener, party, streams, frames, names, points } = meeting

  it('the first frame of a guarded stream, and what answers it', () => {
    expect(`20${hex(nameOf(unhex(party), unhex(opener.key), unhex(listener.key)))}`).toBe(streams.first)
    expect(readQuestion(unhex(streams.question.bytes))).toEqual({ name: streams.first.slice(2), protocol: streams.question.protocol })
    expect(streams.answers.map(({ bytes }) => readAnswer(unhex(bytes)))).toEqual(streams.answers.map(({ means }) => means))
  })

  it('asks and answers', () => {
    expect(frames.map(({ frame }) => readMeetFrame(unhex(frame)))).toEqual(frames.map(({ frame, ...said }) => said))
  })

  it('names at a rendezvous', () => {
    const { shortCode, code, party: withKey, partyWithoutKey } = names

    expect(namespaceOfNameplate(shortCode.nameplate)).toBe(shortCode.namespace)
    expect(namespaceOfCode(unhex(code.secret))).toBe(code.namespace)
    expect([shortCode, code].map(({ namespace }) => cidOf(namespace))).toEqual([shortCode.cid, code.cid])
    expect(namespaceOfParty(withKey.secrets)).toBe(withKey.namespace)
    expect(namespaceOfId(partyWithoutKey.party)).toBe(partyWithoutKey.namespace)
    expect(points.map(({ frame }) => readPointFrame(unhex(frame)))).toEqual(points.map(({ frame, ...said }) => said))
  })
})

describe('The party\'s key, by the pages alone', () => {
  const { members, genesis, sets, epochs, sealed, grant, asking } = keys

  it.each(sets)('a wrap set for $recipients.length', ({ rekeying, secret, ephemeral: _, recipients, predecessors, commitment, wraps, bytes }) => {
    const set = readWrapSet(unhex(bytes))

    expect(hex(sha256(unhex(bytes)))).toBe(wraps)
    expect(hex(commitmentOf(unhex(secret), rekeying))).toBe(commitment)
    expect(set.wraps.map(({ tag }) => tag)).toEqual(recipients.map(key => key.slice(0, 16)).sort())
    expect(members.filter(({ key }) => recipients.includes(key)).map(({ seed }) => hex(unwrap(set, rekeying, unhex(seed))))).toEqual(recipients.map(() => secret))
    expect(predecessorsOf(set, rekeying, unhex(secret))).toEqual(predecessors)
  })

  it('epochs of one REKEY, and of two concurrent ones', () => {
    expect(epochs.map(({ secrets }) => epochOf(secrets)).map(({ id, sealing, meeting }) => [id, sealing, meeting].map(hex))).toEqual(epochs.map(({ id, sealing, meeting }) => [id, sealing, meeting]))
  })

  it.each(sealed)('sealed bytes, with $associatedData beside them', ({ epoch, plain, associatedData, nonce, bytes }) => {
    expect(hex(open(unhex(bytes), epochOf(epochs[epoch]!.secrets), genesis, unhex(associatedData)))).toBe(plain)
    expect(bytes.slice(34, 82)).toBe(nonce)
  })

  it('asks for it, and answers', () => {
    expect(asking.map(({ frame }) => readAsking(unhex(frame)))).toEqual(asking.map(({ frame, ...said }) => said))
  })

  it('a Grant\'s', () => {
    expect(openGranted(unhex(grant.sealed), { codeSecret: unhex(grant.codeSecret), isk: unhex(grant.isk), transcript: unhex(grant.transcript), admit: grant.admit })).toEqual(grant.secrets)
  })
})
