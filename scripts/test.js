/**
 * Builds, sees to it that there is a Chromium, and runs Vitest with the arguments given (files, `--project node`, …).
 * The last line on stdout is `N passed, N failed`; what fails before any test, as the build, is one failure.
 */
import { execSync } from 'node:child_process'
import { resolve } from 'node:path'
import { parseCLI, startVitest } from 'vitest/node'
import { ensureChromium } from './chromium.js'

// a hundred processes of Node that load the same files
process.env.NODE_COMPILE_CACHE ??= resolve('node_modules/.cache/compile')

async function test () {
  const { filter, options } = parseCLI(['vitest', 'run', ...process.argv.slice(2)])
  execSync('npm run --silent build:code', { stdio: 'inherit' })

  if (options.project == null || [options.project].flat().some(project => project !== 'node')) {
    ensureChromium()
  }

  const vitest = await startVitest('test', filter, options)
  const modules = vitest.state.getTestModules()
  const passed = modules.flatMap(module => [...module.children.allTests('passed')]).length
  // a file that does not load and an error that no test caught are failures, too
  const failed = modules.flatMap(module => [...module.children.allTests('failed'), ...module.errors()]).length + vitest.state.getUnhandledErrors().length
  await vitest.close()

  return { passed, failed: passed + failed === 0 || process.exitCode != null ? Math.max(failed, 1) : failed }
}

const { passed, failed } = await test().catch((/** @type {Error} */ error) => {
  console.error(`\nplus-one: ${error.message}`)

  return { passed: 0, failed: 1 }
})

console.info(`\n${passed} passed, ${failed} failed`)
process.exit(failed > 0 ? 1 : 0)
