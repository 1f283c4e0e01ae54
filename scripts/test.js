/** Builds, sees to it that there is a Chromium, and runs Vitest. */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from './build.js'
import { ensureChromium } from './chromium-install.js'
import { Failure } from './failure.js'
import { run } from './process.js'

/**
 * The last line on stdout is `N passed, N failed`.
 *
 * @param {string[]} args - Vitest's: files to run, `--project node`, …
 */
export async function test (args) {
  const folder = mkdtempSync(join(tmpdir(), 'plus-one-test-'))
  const counts = join(folder, 'counts.json')
  /** @type {Failure | undefined} */
  let failure

  try {
    await build()

    if (needsChromium(args)) {
      await ensureChromium()
    }

    await run('vitest', ['run', '--reporter=default', '--reporter=./scripts/count-reporter.js', ...args], { PLUS_ONE_COUNT: counts })
  } catch (error) {
    if (!(error instanceof Failure)) {
      throw error
    }

    failure = error
  }

  const { passed, failed } = read(counts)
  rmSync(folder, { recursive: true, force: true })

  if (failure == null && passed + failed === 0) {
    failure = new Failure('No test ran')
  }

  if (failure != null && failure.message !== '') {
    console.error(`\nplus-one: ${failure.message}`)
  }

  // what failed before any test, as the build, is one failure too
  console.info(`\n${passed} passed, ${failure != null ? Math.max(failed, 1) : failed} failed`)

  if (failure != null) {
    throw new Failure('', failure)
  }
}

/**
 * @param {string} counts - where count-reporter.js wrote them
 * @returns {{ passed: number, failed: number }}
 */
function read (counts) {
  try {
    return JSON.parse(readFileSync(counts, 'utf8'))
  } catch {
    // Vitest did not get that far
    return { passed: 0, failed: 0 }
  }
}

/**
 * @param {string[]} args
 */
function needsChromium (args) {
  const projects = args.flatMap((arg, i) =>
    arg === '--project' ? [args[i + 1]] : arg.startsWith('--project=') ? [arg.slice('--project='.length)] : [])

  return projects.length === 0 || projects.some(project => project !== 'node')
}
