/**
 * The data directory: `key` (the private key, as libp2p's protobuf), `store/`
 * (LevelDB) and `listen.json` (where the node listened last). What is in it is
 * its owner's alone.
 */
import { chmod, mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { generateKeyPair, privateKeyFromProtobuf, privateKeyToProtobuf } from '@libp2p/crypto/keys'
import { LevelDatastore } from 'datastore-level'
import { StorageError } from 'plus-one'
import type { Ed25519PrivateKey, PrivateKey } from '@libp2p/interface'
import type { Stats } from 'node:fs'

/** Windows has no modes. */
const HAS_OWNERS = process.getuid != null

/** The owner's alone. */
const DIRECTORY_MODE = 0o700
const FILE_MODE = 0o600

/** Bits of a mode that let a group, or everybody, write; and that let them do anything. */
const OTHERS_WRITE = 0o022
const OTHERS = 0o077

/**
 * Makes the directory where it is missing, and keeps what is in it to its owner.
 *
 * @throws {StorageError} It cannot be made; it, its store or its key belong to another user, or can be written by others.
 */
export async function openDirectory (directory: string): Promise<void> {
  const store = join(directory, 'store')

  try {
    // undefined: it was there, and who may read it is its owner's choice
    if (await mkdir(directory, { recursive: true, mode: DIRECTORY_MODE }) != null) {
      await chmod(directory, DIRECTORY_MODE)
    }
  } catch (err) {
    throw new StorageError(`The data directory ${directory} cannot be made (${codeOf(err)}); choose another with --data`, { cause: err })
  }

  checkOwn(directory, await statOf(directory))

  try {
    await mkdir(store, { recursive: true, mode: DIRECTORY_MODE })
  } catch (err) {
    throw new StorageError(`The store in ${directory} cannot be made (${codeOf(err)}); check its permissions, or choose another with --data`, { cause: err })
  }

  await keepToOwner(store, DIRECTORY_MODE)
  await keepToOwner(join(directory, 'key'), FILE_MODE)
}

/** Takes from others what they may read. @throws {StorageError} They may write there, or own it. */
async function keepToOwner (path: string, mode: number): Promise<void> {
  const stats = await statOf(path)
  checkOwn(path, stats)

  if (stats != null && HAS_OWNERS && (stats.mode & OTHERS) !== 0) {
    try {
      await chmod(path, mode)
    } catch (err) {
      throw new StorageError(`Others can read ${path}, and that cannot be changed (${codeOf(err)}); choose another data directory with --data`, { cause: err })
    }
  }
}

/** @throws {StorageError} */
function checkOwn (path: string, stats: Stats | undefined): void {
  if (stats == null || !HAS_OWNERS) {
    return
  }

  if (stats.uid !== process.getuid?.()) {
    throw new StorageError(`${path} belongs to another user, who could take this node's key; choose another data directory with --data, or make it yours: chown ${userInfo().username} ${path}`)
  }

  if ((stats.mode & OTHERS_WRITE) !== 0) {
    throw new StorageError(`Others can write to ${path}, and could put another key or store there; if all in it is yours, take that from them: chmod go-w ${path}`)
  }
}

async function statOf (path: string): Promise<Stats | undefined> {
  try {
    return await stat(path)
  } catch (err) {
    if (codeOf(err) === 'ENOENT') {
      return undefined
    }

    throw new StorageError(`${path} cannot be read (${codeOf(err)}); check its permissions, or choose another data directory with --data`, { cause: err })
  }
}

/** Takes the key away, and where the node listened: the next start is another node. @throws {StorageError} */
export async function removeKey (directory: string): Promise<void> {
  try {
    await Promise.all(['key', 'listen.json'].map(async name => rm(join(directory, name), { force: true })))
  } catch (err) {
    throw new StorageError(`The key in ${directory} cannot be deleted (${codeOf(err)}); delete it by hand`, { cause: err })
  }
}

/**
 * LevelDB, open. One process at a time: LevelDB's own lock sees to it.
 *
 * @throws {StorageError}
 */
export async function openStore (directory: string): Promise<LevelDatastore> {
  const store = new LevelDatastore(join(directory, 'store'))

  try {
    // LevelDatastore.open() drops the cause, which tells a lock from damage
    await store.db.open({ createIfMissing: true, compression: false })
    await store.open()
  } catch (err) {
    const locked = codeOf((err as Error).cause) === 'LEVEL_LOCKED'

    throw new StorageError(locked
      ? `Another plus-one uses the data directory ${directory}; stop it first, or give this one its own with --data`
      : `The store in ${directory} cannot be opened (${codeOf((err as Error).cause ?? err)}); check the disk and the permissions, or restore it from a backup`, { cause: err })
  }

  return store
}

/**
 * Takes what was deleted off the disk: until LevelDB compacts, its files have it.
 *
 * @throws {StorageError}
 */
export async function erase ({ db }: LevelDatastore): Promise<void> {
  try {
    // around all others: a file is written anew only where something newer comes to it from above
    for (const write of [async (key: string) => db.put(key, new Uint8Array()), async (key: string) => db.del(key)]) {
      await Promise.all(AROUND.map(write))
      // in a browser, which has no such files, `Level` has no such method
      await (db as unknown as { compactRange: (start: string, end: string) => Promise<void> }).compactRange(...AROUND)
    }
  } catch (err) {
    throw new StorageError(`What was deleted is still in the files of the store (${codeOf(err)}); check the disk, and do it again`, { cause: err })
  }
}

/** Before and behind all keys of a datastore. */
const AROUND = ['/\u0001', '/\uffff'] as const

/**
 * The private key of this directory; a new one on first use. Never overwrites.
 * A file of its own, so that it can be backed up, and because libp2p's keychain
 * protects no better: its password would lie beside it.
 *
 * @throws {StorageError}
 */
export async function loadKey (directory: string): Promise<PrivateKey> {
  const file = join(directory, 'key')
  const bytes = await read(file)

  if (bytes != null) {
    try {
      return privateKeyFromProtobuf(bytes)
    } catch (err) {
      throw new StorageError(`The private key in ${file} cannot be read; restore it from a backup: without it this node is nobody's member`, { cause: err })
    }
  }

  const key: Ed25519PrivateKey = await generateKeyPair('Ed25519')
  await write(file, privateKeyToProtobuf(key))

  return key
}

/** Where a node was to be found. */
export interface Listening {
  /** Multiaddrs with their ports. */
  listen: string[]
  relay: string[]
  rendezvous: string[]
}

/** Where the node listened last, so that codes stay true over a restart; undefined: unknown. */
export async function loadListening (directory: string): Promise<Listening | undefined> {
  const isList = (value: unknown): value is string[] => Array.isArray(value) && value.every(item => typeof item === 'string')

  try {
    const { listen, relay, rendezvous = [] } = JSON.parse((await read(join(directory, 'listen.json')))?.toString() ?? '{}') as Partial<Listening>

    return isList(listen) && isList(relay) && isList(rendezvous) ? { listen, relay, rendezvous } : undefined
  } catch (err) {
    if (err instanceof StorageError) {
      throw err
    }

    // damaged: only ports are lost
    return undefined
  }
}

/** @throws {StorageError} */
export async function storeListening (directory: string, listening: Listening): Promise<void> {
  await write(join(directory, 'listen.json'), `${JSON.stringify(listening)}\n`)
}

async function read (file: string): Promise<Buffer | undefined> {
  try {
    return await readFile(file)
  } catch (err) {
    if (codeOf(err) === 'ENOENT') {
      return undefined
    }

    throw new StorageError(`${file} cannot be read (${codeOf(err)}); check its permissions`, { cause: err })
  }
}

/** Whole or not at all, whenever the process is killed. */
async function write (file: string, content: string | Uint8Array): Promise<void> {
  const part = `${file}.${process.pid}.part`

  try {
    const handle = await open(part, 'w', FILE_MODE)

    try {
      await handle.writeFile(content)
      await handle.sync()
    } finally {
      await handle.close()
    }

    await rename(part, file)
  } catch (err) {
    throw new StorageError(`${file} cannot be written (${codeOf(err)}); check the disk and its permissions`, { cause: err })
  }
}

function codeOf (err: unknown): string {
  return (err as NodeJS.ErrnoException | undefined)?.code ?? 'unknown cause'
}
