/** The file that the words open: what it says, its limits, and whom it tells nothing. */
import { x25519 } from '@noble/curves/ed25519.js'
import { bytesToHex, hexToBytes, randomBytes } from '@noble/hashes/utils.js'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encode } from '../../src/codec/index.js'
import { decodeContent, encodeContent, MAX_OF_PARTY, MAX_PARTIES } from '../../src/person/backup/content.js'
import { MAX_BACKUP, openBackup, sealBackup } from '../../src/person/backup/seal.js'
import type { EpochSecret } from '../../src/keys/index.js'

const secret = new Uint8Array(32).fill(5)
const to = x25519.getPublicKey(secret)
const id = (): string => bytesToHex(randomBytes(32))
const bytes32 = fc.uint8Array({ minLength: 32, maxLength: 32 })
const secrets = (count: number): EpochSecret[] => Array.from({ length: count }, () => ({ rekey: id(), secret: randomBytes(32) }))

describe('A backup', () => {
  it('says what was put in, to who has the words', () => {
    fc.assert(fc.property(fc.nat(), fc.array(fc.record({
      key: fc.uint8Array({ minLength: 32, maxLength: 32 }).map(bytesToHex), records: fc.array(fc.uint8Array({ minLength: 1, maxLength: 1024 }), { maxLength: MAX_OF_PARTY }),
      secrets: fc.array(fc.record({ rekey: bytes32.map(bytesToHex), secret: bytes32 }), { maxLength: 3 })
    }), { maxLength: 8 }), (at, parties) => {
      expect(decodeContent(openBackup(secret, sealBackup(to, encodeContent({ at, parties }))))).toEqual({ at, parties })
    }), { numRuns: 50 })
  })

  it('is opened by nobody else, and not after any change', () => {
    const sealed = sealBackup(to, encodeContent({ at: 1, parties: [{ key: id(), records: [], secrets: secrets(1) }] }))
    expect(() => openBackup(new Uint8Array(32).fill(6), sealed)).toThrow(expect.objectContaining({ name: 'InvalidBackupError', reason: 'words' }))

    for (let at = 1; at < sealed.length; at++) {
      const changed = sealed.slice()
      changed[at]! ^= 1
      expect(() => openBackup(secret, changed)).toThrow(expect.objectContaining({ reason: 'words' }))
    }
  })

  it('is another file each time', () => {
    const content = encodeContent({ at: 1, parties: [] })
    expect(sealBackup(to, content)).not.toEqual(sealBackup(to, content))
  })

  it.each<[what: string, file: Uint8Array, reason: string]>([
    ['empty', new Uint8Array(), 'layout'],
    ['too long', new Uint8Array(MAX_BACKUP + 1), 'layout'],
    ['of another version', Uint8Array.of(2, ...new Uint8Array(64)), 'version'],
    ['with a key of small order', Uint8Array.of(1, ...new Uint8Array(64)), 'words']
  ])('that is %s is refused by name', (_, file, reason) => {
    expect(() => openBackup(secret, file)).toThrow(expect.objectContaining({ name: 'InvalidBackupError', reason }))
  })

  it('whose content is anything is refused, or read', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (content) => {
      expect(() => decodeContent(content)).toThrow(expect.objectContaining({ name: 'InvalidBackupError' }))
    }))
  })

  it('that was written before parties had keys is read', () => {
    const key = id()
    expect(decodeContent(encode([1, [[hexToBytes(key), []]], []]))).toEqual({ at: 1, parties: [{ key, records: [], secrets: [] }] })
    expect(() => decodeContent(encode([1, [[hexToBytes(key), [], new Uint8Array(63)]], []]))).toThrow(expect.objectContaining({ name: 'InvalidBackupError' }))
  })

  it('of more than fits has all parties, a record of each before a second of any, and the newest secret of each before an older one of any', () => {
    const own = secrets(3)
    const parties = Array.from({ length: MAX_PARTIES }, () => ({ key: id(), records: Array.from({ length: 2 }, () => randomBytes(780)), secrets: own }))
    const sealed = sealBackup(to, encodeContent({ at: 1, parties }))
    const { parties: kept } = decodeContent(openBackup(secret, sealed))
    expect(sealed.length).toBeLessThanOrEqual(MAX_BACKUP)
    expect(kept.map(({ key }) => key)).toEqual(parties.map(({ key }) => key))
    expect(Math.min(...kept.map(({ records }) => records.length))).toBe(1)
    expect(kept.every(({ secrets }) => secrets[0]?.rekey === own[0]?.rekey)).toBe(true)
  })

  it('has a record that several parties share once', () => {
    const record = randomBytes(1000)
    const parties = Array.from({ length: 500 }, () => ({ key: id(), records: [record], secrets: [] }))
    expect(encodeContent({ at: 1, parties }).length).toBeLessThan(30_000)
    expect(decodeContent(encodeContent({ at: 1, parties }))).toEqual({ at: 1, parties })
  })
})
