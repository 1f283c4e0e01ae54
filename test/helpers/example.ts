/** An example of a page, as a reader would use it: compiled strictly, and run. */
import { execFile } from 'node:child_process'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { build } from 'esbuild'

export class Example {
  readonly source: string
  readonly #outfile: string

  private constructor (folder: string) {
    this.source = `${folder}/example.ts`
    this.#outfile = `${folder}/example.mjs`
  }

  /** The first TypeScript of a page, or another one of it. */
  static async of (page: string, name: string, nth = 0): Promise<Example> {
    const [, source = ''] = [...(await readFile(page, 'utf8')).matchAll(/```ts\n([\s\S]*?)```/g)][nth] ?? []
    const folder = `node_modules/.cache/${name}`
    const example = new Example(folder)
    await mkdir(folder, { recursive: true })
    await writeFile(example.source, source)

    return example
  }

  /** What the compiler says against them; nothing where it is content. One program for all: it reads what libp2p declares once. */
  static async errors (examples: Example[]): Promise<string> {
    const project = 'node_modules/.cache/compiled/tsconfig.json'
    await writeFile(project, JSON.stringify({ extends: '../../../tsconfig.json', include: [], files: examples.map(({ source }) => resolve(source)) }))

    return promisify(execFile)(process.execPath, ['node_modules/typescript-7/bin/tsc', '--project', project]).then(({ stdout }) => stdout, (err: Error & { stdout?: string }) => err.message + (err.stdout ?? ''))
  }

  /** @returns What it prints */
  async run (): Promise<string> {
    await this.#build()
    // compiled by no other threads: on a busy machine, Node 24 at times waits for them for good as it ends, all of its output written
    const { stdout } = await promisify(execFile)(process.execPath, ['--single-threaded', this.#outfile])

    return stdout
  }

  /** @returns What it exports */
  async load <Exported> (): Promise<Exported> {
    await this.#build()

    return await import(pathToFileURL(this.#outfile).href) as Exported
  }

  async #build (): Promise<void> {
    await build({
      entryPoints: [this.source],
      outfile: this.#outfile,
      bundle: true,
      packages: 'external',
      format: 'esm',
      platform: 'node',
      alias: { 'plus-one': './src/index.ts', 'plus-one/testing': './src/testing/index.ts', 'plus-one/documents': './src/documents/index.ts', 'plus-one/yjs': './src/yjs/index.ts' }
    })
  }
}
