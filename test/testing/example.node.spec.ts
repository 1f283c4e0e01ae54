import { execFile } from 'node:child_process'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { build } from 'esbuild'
import ts from 'typescript'
import { beforeAll, describe, expect, it } from 'vitest'

const FOLDER = 'node_modules/.cache/testing'
const SOURCE = `${FOLDER}/example.ts`

describe('The example of docs/testing.md', () => {
  beforeAll(async () => {
    const [, example = ''] = /```ts\n([\s\S]*?)```/.exec(await readFile('docs/testing.md', 'utf8')) ?? []
    await mkdir(FOLDER, { recursive: true })
    await writeFile(SOURCE, example)
  })

  it('compiles, strictly', () => {
    const { config } = ts.readConfigFile('tsconfig.json', path => ts.sys.readFile(path)) as { config: { compilerOptions: object } }
    const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, process.cwd())
    const program = ts.createProgram([SOURCE], { ...options, noEmit: true })
    const errors = ts.getPreEmitDiagnostics(program).map(({ messageText, file }) => (file?.fileName ?? '') + ' ' + ts.flattenDiagnosticMessageText(messageText, '\n'))

    expect(errors).toEqual([])
  }, 60_000)

  it('runs, and tells what it says', async () => {
    const outfile = `${FOLDER}/example.mjs`
    await build({ entryPoints: [SOURCE], outfile, bundle: true, packages: 'external', format: 'esm', platform: 'node', alias: { 'plus-one/testing': './src/testing/index.ts', 'plus-one': './src/index.ts' } })
    const { stdout } = await promisify(execFile)(process.execPath, [outfile], { timeout: 50_000 })

    expect(stdout.trim().split('\n')).toEqual([
      'Bob joins all the same: Book club',
      'Alice is told: StorageError',
      'Members after the restart: 2',
      'Bob cannot reach Alice',
      'The invitation has expired',
      'It is expired'
    ])
  }, 60_000)
})
