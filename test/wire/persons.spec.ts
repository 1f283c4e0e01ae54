/** test/vectors/persons.json and short-codes.json, by docs/persons.md and docs/short-codes.md alone. */
import { describe, expect, it } from 'vitest'
import shortCodes from '../vectors/short-codes.json' with { type: 'json' }
import vectors from '../vectors/persons.json' with { type: 'json' }
import { unhex } from './bytes.js'
import { isSigned } from './ops.js'
import { followRecovery, isBackupOf, keysOf, openBackup, readDeviceRecord } from './persons.js'
import { follow, readFrame, wordsOf } from './short-codes.js'

const { words, devices, recovery, backup } = vectors

describe('Persons, by the page alone', () => {
  it.each(words)('what comes of: $words', ({ words, recovery, backup: { signature, ...backup }, home: { sig, ...home } }) => {
    expect(keysOf(words)).toEqual({ recovery, backup, home })
    expect(isBackupOf(unhex(recovery.key), unhex(backup.publicKey), unhex(signature))).toBe(true)
    expect(isSigned(home.genesis, recovery.key, { body: unhex(home.body), sig: unhex(sig) })).toBe(true)
  })

  it.each(devices.records)('a device says $fact.kind', ({ fact, sequence, slot, record }) => {
    expect(readDeviceRecord(unhex(record), devices.home)).toEqual({ device: devices.device.key, sequence, slot, fact })
  })

  it('a recovery: Challenge, Proof, Seats', () => {
    const { proof, key, seats, frames, device, member } = recovery

    expect(followRecovery(frames.map(({ frame }) => unhex(frame)), unhex(device.multihash), unhex(member.multihash))).toEqual({ proof, key, seats })
  })

  it('a backup opens by the words', () => {
    expect(openBackup(unhex(backup.sealed), unhex(backup.secret))).toEqual({ at: backup.at, parties: backup.parties })
    expect(words.map(({ backup: { secret } }) => secret)).toContain(backup.secret)
  })
})

describe('Short codes, by the page alone', () => {
  const { inviter, invitee, drawn, text, nameplate, words, code, runs } = shortCodes

  it('four words, each of two bytes', () => {
    expect([wordsOf(unhex(drawn)), `${nameplate}-${words}`]).toEqual([text, text])
  })

  it.each(runs)('$name', ({ name, typed, frames, draws }) => {
    const scalar = (side: string): Uint8Array => unhex(draws.find(({ by, bytes }) => by === side && bytes.length === 128)?.bytes ?? '')
    const all = frames.map(({ frame }) => unhex(frame))
    const refused: { [name: string]: number } = { 'other words': 2, 'no such nameplate': 0, 'it is locked': 1 }

    expect(all.map(frame => readFrame(frame).type)).toEqual(frames.map(({ type }) => type))
    expect(follow(all, {
      ends: { inviter: unhex(inviter.multihash), invitee: unhex(invitee.multihash) }, inviterKey: unhex(inviter.key), nameplate, words, typed,
      drawn: { inviter: scalar('inviter'), invitee: scalar('invitee') }
    })).toEqual(name in refused ? { refused: refused[name] } : { code })
  })
})
