import { chmod, chown, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Key } from 'interface-datastore'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { erase, loadKey, openDirectory, openStore } from '../../cli/src/data.js'

/** Somebody else on this machine. */
const EVE = 65_534

let data = ''

const modeOf = async (path: string): Promise<number> => (await stat(path)).mode & 0o777

beforeEach(async () => { data = join(await mkdtemp(join(tmpdir(), 'plus-one-data-')), 'alice') })
afterEach(async () => { await rm(join(data, '..'), { recursive: true, force: true }) })

describe('A stolen laptop\'s store', () => {
  it('has in none of its files what was deleted or written over, once that was erased', async () => {
    await openDirectory(data)
    const store = await openStore(data)
    const [words, pin] = ['/plus-one/person/recovery', '/plus-one/invitation/x'].map(name => new Key(name)) as [Key, Key]
    const files = async (): Promise<string> => (await Promise.all((await readdir(join(data, 'store'))).map(async file => readFile(join(data, 'store', file), 'latin1')))).join()
    await store.put(words, Buffer.from('the entropy of 12 words'))
    await store.put(pin, Buffer.from('secret and PIN'))
    await store.put(words, Buffer.from('public keys'))
    await store.delete(pin)
    expect(await files()).toContain('the entropy of 12 words')
    await erase(store)
    expect(await files()).not.toMatch(/the entropy|secret and PIN/)
    expect(Buffer.from(await store.get(words)).toString()).toBe('public keys')
    await store.close()
  })
})

describe.runIf(process.getuid != null)('The data directory', () => {
  it('is its owner\'s alone where it is made', async () => {
    await openDirectory(data)
    await loadKey(data)
    await (await openStore(data)).close()
    expect([await modeOf(data), await modeOf(join(data, 'store')), await modeOf(join(data, 'key'))]).toEqual([0o700, 0o700, 0o600])
  })

  it('that everybody can read keeps its mode; its store and its key are taken from them', async () => {
    await mkdir(join(data, 'store'), { recursive: true })
    await writeFile(join(data, 'key'), '')
    await Promise.all([chmod(data, 0o755), chmod(join(data, 'store'), 0o755), chmod(join(data, 'key'), 0o644)])
    await openDirectory(data)
    expect([await modeOf(data), await modeOf(join(data, 'store')), await modeOf(join(data, 'key'))]).toEqual([0o755, 0o700, 0o600])
  })

  it.each([['', 0o770], ['store', 0o707], ['key', 0o620]])('is refused where others can write to it: "%s"', async (name, mode) => {
    await mkdir(join(data, 'store'), { recursive: true, mode: 0o700 })
    await writeFile(join(data, 'key'), '', { mode: 0o600 })
    await chmod(data, 0o700)
    await chmod(join(data, name), mode)
    await expect(openDirectory(data)).rejects.toMatchObject({ name: 'StorageError', message: expect.stringContaining(`chmod go-w ${join(data, name)}`) as string })
    expect(await modeOf(join(data, name))).toBe(mode)
  })

  it.runIf(process.getuid?.() === 0).each(['', 'store', 'key'])('is refused where another user owns it: "%s"', async (name) => {
    await mkdir(join(data, 'store'), { recursive: true, mode: 0o700 })
    await writeFile(join(data, 'key'), '', { mode: 0o600 })
    await chown(join(data, name), EVE, EVE)
    await expect(openDirectory(data)).rejects.toMatchObject({ name: 'StorageError', message: expect.stringContaining('--data') as string })
  })
})
