/** Both packages as npm packs them, in an app of their own whose other packages are the checkout's. */
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { cp, mkdir, mkdtemp, readdir, rm, stat, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'

/** What packing takes: a copy, so that a build here disturbs nobody who runs the checkout's. */
const SOURCES = ['LICENSE', 'LICENSE-APACHE', 'LICENSE-MIT', 'README.md', 'SECURITY.md', 'cli', 'docs', 'package.json', 'scripts', 'src', 'tsconfig.json']

export interface Packed {
  /** Bytes of the tarball. */
  size: number
  /** Where it lies unpacked. */
  folder: string
  /** Paths in it. */
  files: string[]
}

export interface App {
  /** Its node_modules have both packages; its own files go here. */
  folder: string
  library: Packed
  cli: Packed
  /** Runs Node on one of its files. Gives what that said on stdout. */
  run: (...args: string[]) => Promise<string>
  remove: () => Promise<void>
}

export async function createApp (): Promise<App> {
  const root = await mkdtemp(join(tmpdir(), 'plus-one-app-'))
  const [checkout, folder] = [join(root, 'checkout'), join(root, 'app')]
  await mkdir(checkout)
  await Promise.all(SOURCES.map(async path => cp(path, join(checkout, path), { recursive: true, filter: source => !/[/\\](dist|node_modules)$/.test(source) })))
  await symlink(resolve('node_modules'), join(checkout, 'node_modules'), 'junction')
  await promisify(execFile)('npm', ['pack', '--workspaces', '--include-workspace-root', '--pack-destination', root], { cwd: checkout, shell: process.platform === 'win32' })
  await linkPackages(resolve('node_modules'), join(folder, 'node_modules'))

  const [library, cli] = [await unpack(root, 'plus-one', folder), await unpack(root, 'plus-one-cli', folder)]

  // what npm keeps beside the workspace, because another generation of it is at the root
  if (existsSync('cli/node_modules')) {
    await linkPackages(resolve('cli/node_modules'), join(cli.folder, 'node_modules'))
  }

  return {
    folder,
    library,
    cli,
    run: async (...args) => (await promisify(execFile)(process.execPath, args, { cwd: folder })).stdout,
    remove: async () => rm(root, { recursive: true, force: true })
  }
}

/** All that is installed but plus-one itself. */
async function linkPackages (from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true })
  const names = (await readdir(from)).filter(name => !/^\.|^plus-one/.test(name))
  await Promise.all(names.map(async name => symlink(join(from, name), join(to, name), 'junction')))
}

async function unpack (from: string, name: string, app: string): Promise<Packed> {
  const tarball = (await readdir(from)).find(file => new RegExp(`^${name}-\\d.*\\.tgz$`).test(file)) ?? ''
  const folder = join(app, 'node_modules', name)
  await mkdir(folder)
  await promisify(execFile)('tar', ['-xzf', join(from, tarball), '-C', folder, '--strip-components=1'])
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })

  return {
    size: (await stat(join(from, tarball))).size,
    folder,
    files: entries.filter(entry => entry.isFile()).map(entry => join(entry.parentPath, entry.name).slice(folder.length + 1))
  }
}
