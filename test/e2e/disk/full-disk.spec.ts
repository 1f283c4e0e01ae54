import { execFile, execFileSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { build } from 'esbuild'
import { afterAll, describe, expect, it } from 'vitest'

/** Inside node_modules, so that it finds the packages that the bundle leaves out. */
const PROGRAM = 'node_modules/.cache/full-disk.mjs'
const directory = await mkdtemp(join(tmpdir(), 'plus-one-disk-'))

afterAll(async () => { await rm(directory, { recursive: true, force: true }) })

/** util-linux has it. */
function canLimit (): boolean {
  try {
    execFileSync('prlimit', ['--version'])
    return true
  } catch {
    return false
  }
}

describe.runIf(canLimit())('LevelDB on a disk that is full for a moment', () => {
  it('keeps all that was told to be stored afterwards, and gives no attempt back', async () => {
    await build({ entryPoints: ['test/e2e/disk/full-disk.ts'], outfile: PROGRAM, bundle: true, packages: 'external', platform: 'node', format: 'esm', logLevel: 'warning' })
    const { stdout } = await promisify(execFile)(process.execPath, [PROGRAM, join(directory, 'store')])

    expect(JSON.parse(stdout)).toEqual({ failed: 3, told: 220, there: 220, forks: 0, attempts: 1, attemptsThere: 1 })
  })
})
