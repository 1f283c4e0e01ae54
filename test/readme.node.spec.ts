import { execFile } from 'node:child_process'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { build } from 'esbuild'
import ts from 'typescript'
import { beforeAll, describe, expect, it } from 'vitest'

const FOLDER = 'node_modules/.cache/readme'
const SOURCE = `${FOLDER}/example.ts`

describe('The README\'s example', () => {
  beforeAll(async () => {
    const readme = await readFile('README.md', 'utf8')
    const [, example] = /```ts\n([\s\S]*?)```/.exec(readme) ?? []
    await mkdir(FOLDER, { recursive: true })
    await writeFile(SOURCE, example ?? '')
  })

  it('compiles, strictly', () => {
    const { config } = ts.readConfigFile('tsconfig.json', path => ts.sys.readFile(path)) as { config: { compilerOptions: object } }
    const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, process.cwd())
    const program = ts.createProgram([SOURCE], { ...options, noEmit: true })
    const errors = ts.getPreEmitDiagnostics(program).map(({ messageText, file }) => (file?.fileName ?? '') + ' ' + ts.flattenDiagnosticMessageText(messageText, '\n'))

    expect(errors).toEqual([])
  }, 60_000)

  it('runs: Alice invites Bob over TCP', async () => {
    const outfile = `${FOLDER}/example.mjs`
    await build({ entryPoints: [SOURCE], outfile, bundle: true, packages: 'external', format: 'esm', platform: 'node', alias: { 'plus-one': './src/index.ts' } })
    const { stdout } = await promisify(execFile)(process.execPath, [outfile])

    expect(stdout).toContain('Bob: Alice invites me into Book club as writer')
    expect(stdout).toMatch(/Bob: members \[\s+'\S+ owner',\s+'\S+ writer'\s+\]/)
    expect(stdout).toContain('Alice: joined')
  })

  it('is not longer than thirty lines and the node\'s recipe', async () => {
    expect((await readFile(SOURCE, 'utf8')).trim().split('\n').length).toBeLessThan(48)
  })
})
