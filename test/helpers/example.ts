/** An example of a page, as a reader would use it: compiled strictly, and run. */
import { execFile } from 'node:child_process'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { build } from 'esbuild'
import ts from 'typescript'

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

  /** What the compiler says against them. One program for all: it reads what libp2p declares once; and what they import is checked by `npm run check`. */
  static errors (examples: Example[]): string[] {
    const { config } = ts.readConfigFile('tsconfig.json', path => ts.sys.readFile(path)) as { config: { compilerOptions: object } }
    const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, process.cwd())
    const program = ts.createProgram(examples.map(({ source }) => source), { ...options, noEmit: true })

    const sources = examples.map(({ source }) => program.getSourceFile(source))
    const found = [...program.getOptionsDiagnostics(), ...program.getGlobalDiagnostics(), ...sources.flatMap(source => [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)])]

    return found.map(({ messageText, file }) => (file?.fileName ?? '') + ' ' + ts.flattenDiagnosticMessageText(messageText, '\n'))
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
