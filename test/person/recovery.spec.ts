import fc from 'fast-check'
import { bytesToHex } from '@noble/hashes/utils.js'
import { MemoryDatastore } from 'datastore-core'
import { Key } from 'interface-datastore'
import { describe, expect, it } from 'vitest'
import { InvalidWordsError, NotStartedError, ProtocolError, StorageError, WordsConfirmedError, WrongWordsError } from '../../src/errors.js'
import { keyOf } from '../../src/log/index.js'
import { LocalRecovery } from '../../src/person/index.js'
import { isBackupOf, publicOf, recoveryKeysOf } from '../../src/person/recovery-keys.js'
import { entropyOf, wordsOf } from '../../src/person/words.js'
import { writeBatch } from '../../src/storage/records.js'
import { Disk, DiskDatastore } from '../helpers/disk.js'
import type { Datastore } from 'interface-datastore'

const RECORD = new Key('/plus-one/person/recovery')

async function recovery (datastore: Datastore = new MemoryDatastore()): Promise<LocalRecovery> {
  const made = new LocalRecovery(datastore)
  expect(await made.load()).toEqual([])

  return made
}

/** The two words that Alice is asked for, as she wrote them down. */
async function askedFor (made: LocalRecovery): Promise<[string, string]> {
  const words = await made.words()
  const [one = 0, other = 0] = made.asked ?? []

  return [words[one - 1] ?? '', words[other - 1] ?? '']
}

/** All that is on disk, as text. */
async function contentOf (datastore: Datastore): Promise<string> {
  const found: string[] = []

  for await (const { key, value } of datastore.query({})) {
    found.push(`${key.toString()} ${bytesToHex(value)}`)
  }

  return found.join('\n')
}

function errorOf (text: string): InvalidWordsError {
  try {
    entropyOf(text)
  } catch (err) {
    return err as InvalidWordsError
  }

  throw new TypeError('these are words')
}

describe('Recovery words', () => {
  const entropy = new Uint8Array(16).fill(0x7f)
  const words = 'legal winner thank year wave sausage worth useful legal winner thank yellow'

  it('are those of BIP-39, and the keys that come of them are the same everywhere', async () => {
    // the words: BIP-39's test vectors; the keys: computed apart, by Python's hmac and cryptography
    expect(wordsOf(entropy).join(' ')).toBe(words)
    const keys = await recoveryKeysOf(entropyOf(words))
    const { key, backup } = await publicOf(keys)
    expect(key).toBe('61d48eba1321fbadcc9e60c43bc15d205d251e91c74b55394c7a532c7e282eaf')
    expect(bytesToHex(keys.backup)).toBe('cd9496067d1dd1949fdd8a5923a04a54bf9c6a77c30dad518fc1acd472fbd645')
    expect(bytesToHex(backup.publicKey)).toBe('cdfdadd6c562b5acfe438807d83f2904794dd87d88af6f7c4ccb2d1d1bcff97f')
    expect(await isBackupOf(key, backup)).toBe(true)
    expect(await isBackupOf('00'.repeat(32), backup)).toBe(false)
  })

  it('are read in any case, with whatever between them, by their first four letters', () => {
    fc.assert(fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), fc.constantFrom(' ', '-', ', ', '\u00a0', '\n3. '), fc.boolean(), fc.boolean(), (entropy, between, short, loud) => {
      const typed = wordsOf(entropy).map(word => short ? word.slice(0, 4) : word).join(between)
      expect(entropyOf(` ${loud ? typed.toUpperCase() : typed} `)).toEqual(entropy)
    }))
  })

  it.each<[string, string, Partial<InvalidWordsError>]>([
    ['eleven', words.slice(0, words.lastIndexOf(' ')), { reason: 'count', place: undefined }],
    ['thirteen', `${words} zoo`, { reason: 'count' }],
    ['nothing', '', { reason: 'count' }],
    ['a word that is none of them', words.replace('sausage', 'sxusage'), { reason: 'word', place: 6 }],
    ['two that changed places', words.replace('winner thank', 'thank winner'), { reason: 'checksum', place: undefined }],
    ['another word of the list', words.replace('yellow', 'zoo'), { reason: 'checksum' }]
  ])('%s: told apart, and none is quoted', (_, text, expected) => {
    const error = errorOf(text)

    expect(error).toBeInstanceOf(InvalidWordsError)
    expect(error).toMatchObject(expected)
    expect(words.split(' ').filter(word => word.length > 4 && error.message.includes(word))).toEqual([])
  })
})

describe('Alice\'s device draws words at its first start', () => {
  it('and has the same after a restart', async () => {
    const datastore = new MemoryDatastore()
    const first = await recovery(datastore)
    const words = await first.words()
    expect(words).toHaveLength(12)
    expect(first.isConfirmed).toBe(false)
    expect(first.asked?.[0]).toBeGreaterThanOrEqual(1)
    expect(first.asked?.[1]).toBeGreaterThan(first.asked?.[0] ?? 0)
    expect(first.asked?.[1]).toBeLessThanOrEqual(12)

    const again = await recovery(datastore)
    expect(await again.words()).toEqual(words)
    expect([again.key, again.asked, again.backupKey]).toEqual([first.key, first.asked, first.backupKey])
    expect(keyOf((await recoveryKeysOf(entropyOf(words.join(' ')))).privateKey)).toBe(first.key)
  })

  it('others than any other device', async () => {
    expect((await recovery()).key).not.toBe((await recovery()).key)
  })

  it('which it asks for by two places, any two of the twelve', async () => {
    const all = await Promise.all(Array.from({ length: 64 }, async () => (await recovery()).asked ?? [0, 0]))
    expect(all.every(([one, other]) => one >= 1 && one < other && other <= 12)).toBe(true)
    expect(new Set(all.flat()).size).toBe(12)
  })

  it('and has none before it is loaded', async () => {
    const made = new LocalRecovery(new MemoryDatastore())
    expect(made.key).toBeUndefined()
    await expect(made.words()).rejects.toThrow(NotStartedError)
  })
})

describe('Alice writes them down', () => {
  it('shows two of them, and they are gone from the device: the public halves stay, after a restart too', async () => {
    const datastore = new MemoryDatastore()
    const made = await recovery(datastore)
    const { key, backupKey } = made
    const entropy = bytesToHex(entropyOf((await made.words()).join(' ')))
    expect(await contentOf(datastore)).toContain(entropy)
    let told = 0
    made.subscribe(() => { told++ })

    const [one, other] = await askedFor(made)
    await made.confirm([` ${one.toUpperCase()}`, other.slice(0, 4)])

    for (const after of [made, await recovery(datastore)]) {
      expect(after.isConfirmed).toBe(true)
      expect(after.asked).toBeUndefined()
      expect([after.key, after.backupKey]).toEqual([key, backupKey])
      expect(await after.keys()).toBeUndefined()
      await expect(after.words()).rejects.toThrow(WordsConfirmedError)
      await expect(after.confirm([one, other])).rejects.toThrow(WordsConfirmedError)
    }

    expect(told).toBe(1)
    expect(await contentOf(datastore)).not.toContain(entropy)
  })

  it('types two others, or the right two the wrong way round: nothing is changed, and she is asked for the same', async () => {
    const made = await recovery()
    const { asked } = made
    const [one, other] = await askedFor(made)
    await expect(made.confirm([other, `${one}x`])).rejects.toThrow(WrongWordsError)
    await expect(made.confirm([one, ''])).rejects.toThrow(WrongWordsError)
    await expect(made.confirm(['', ''])).rejects.toThrow(WrongWordsError)
    expect(made.asked).toEqual(asked)
    expect(await made.words()).toHaveLength(12)
  })

  it('on a disk that fails: the words are still there, and can be confirmed again', async () => {
    const disk = new Disk()
    const made = await recovery(new DiskDatastore(disk))
    const words = await made.words()
    disk.isFull = true
    await expect(made.confirm(await askedFor(made))).rejects.toThrow(StorageError)
    expect(await made.words()).toEqual(words)

    disk.isFull = false
    await made.confirm(await askedFor(made))
    expect((await recovery(new DiskDatastore(disk))).isConfirmed).toBe(true)
  })
})

describe('Alice\'s laptop becomes a device of hers', () => {
  it('and drops the words that it drew for itself', async () => {
    const datastore = new MemoryDatastore()
    const [phone, laptop] = [await recovery(), await recovery(datastore)]
    await laptop.adopt({ key: phone.key ?? '', backup: phone.backupKey })

    for (const after of [laptop, await recovery(datastore)]) {
      expect([after.key, after.backupKey, after.isConfirmed]).toEqual([phone.key, phone.backupKey, true])
      await expect(after.words()).rejects.toThrow(WordsConfirmedError)
    }
  })

  it('hears of the backup key later, and of none that the words did not sign', async () => {
    const [phone, laptop, eve] = [await recovery(), await recovery(), await recovery()]
    const key = phone.key ?? ''
    await laptop.adopt({ key })
    expect(laptop.backupKey).toBeUndefined()
    await expect(laptop.adopt({ key, backup: eve.backupKey })).rejects.toThrow(ProtocolError)
    expect(laptop.backupKey).toBeUndefined()
    await laptop.adopt({ key, backup: phone.backupKey })
    expect(laptop.backupKey).toEqual(phone.backupKey)
  })

  it('a device that made the words keeps them, whatever it hears of its own', async () => {
    const phone = await recovery()
    await phone.adopt({ key: phone.key ?? '' })
    expect(await phone.words()).toHaveLength(12)
    expect(phone.backupKey).toBeDefined()
  })
})

describe('A damaged record', () => {
  it.each([
    ['is told of, and new words are drawn for what comes', undefined],
    ['takes no home away: its recovery key is that of the home, whose words are on paper or nowhere', '11'.repeat(32)]
  ])('%s', async (_, home) => {
    const datastore = new MemoryDatastore()
    const before = await recovery(datastore)
    const bytes = await datastore.get(RECORD)
    await datastore.put(RECORD, bytes.map((byte, i) => i === 9 ? byte ^ 1 : byte))

    const after = new LocalRecovery(datastore)
    expect((await after.load(home)).map(({ key }) => key)).toEqual([RECORD.toString()])
    expect(after.key).not.toBe(before.key)
    expect(after.isConfirmed).toBe(home != null)
    expect(home ?? after.key).toBe(after.key)
    expect((await recovery(datastore)).key).toBe(after.key)
  })

  it('whole, but of another layout, is one too', async () => {
    const datastore = new MemoryDatastore()
    await writeBatch(datastore, (batch) => { batch.put(RECORD, Uint8Array.of(0x80)) })
    expect(await new LocalRecovery(datastore).load()).toHaveLength(1)
  })
})
