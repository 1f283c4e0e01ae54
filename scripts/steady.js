/**
 * `npm run steady -- 5`: all tests so many times, beside processes that keep the machine busy (four, or `--hogs N`), and which failed.
 * What each run said is kept in node_modules/.cache/steady. The last line on stdout is `N runs, N failed`.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs, stripVTControlCharacters } from 'node:util'

const LOGS = 'node_modules/.cache/steady'

/** A test that failed, as Vitest names it, and how many passed and failed. */
const TOLD = /^ *FAIL |^\d+ passed, \d+ failed$/

const { values, positionals: [times = '5'] } = parseArgs({ allowPositionals: true, options: { hogs: { type: 'string', default: '4' } } })
const hogs = Array.from({ length: Number(values.hogs) }, () => spawn(process.execPath, ['-e', 'for (;;);'], { stdio: 'ignore' }))
process.once('exit', () => { hogs.forEach(hog => hog.kill('SIGKILL')) })
process.once('SIGINT', () => { process.exit(130) })
process.once('SIGTERM', () => { process.exit(143) })
mkdirSync(LOGS, { recursive: true })
let failed = 0

for (let nth = 1; nth <= Number(times); nth++) {
  const log = join(LOGS, `${nth}.log`)
  const said = createWriteStream(log)
  const begun = performance.now()
  const run = spawn(process.execPath, ['scripts/test.js'], { stdio: ['ignore', 'pipe', 'pipe'] })
  run.stdout.pipe(said, { end: false })
  run.stderr.pipe(said, { end: false })
  const [code] = await once(run, 'close')
  await new Promise(resolve => { said.end(resolve) })
  const lines = stripVTControlCharacters(readFileSync(log, 'utf8')).split('\n').filter(line => TOLD.test(line))
  console.info([`run ${nth}, ${Math.round((performance.now() - begun) / 1000)} s: ${log}`, ...new Set(lines)].join('\n  '))
  failed += code === 0 ? 0 : 1
}

console.info(`\n${times} runs, ${failed} failed`)
process.exit(failed > 0 ? 1 : 0)
