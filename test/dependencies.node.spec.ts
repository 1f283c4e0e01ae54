import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'

interface Manifest {
  dependencies: Record<string, string>
  devDependencies?: Record<string, string>
  peerDependencies?: Record<string, string>
  peerDependenciesMeta?: Record<string, { optional: boolean }>
}

const manifest = async (file: string): Promise<Manifest> => JSON.parse(await readFile(file, 'utf8')) as Manifest
const [library, cli] = await Promise.all([manifest('package.json'), manifest('cli/package.json')])
const [, ofLibrary = '', ofCli = '', ofWork = ''] = (await readFile('docs/dependencies.md', 'utf8')).split(/^## /m)

/** Packages in the first column of a section's tables. */
function named (section: string): string[] {
  return section.split('\n').filter(line => line.startsWith('| `')).flatMap(line => (line.split('|')[1] ?? '').match(/[^`, ]+/g) ?? []).sort()
}

describe('docs/dependencies.md', () => {
  it.each<[name: string, section: string, packages: Array<Record<string, string> | undefined>]>([
    ['the library', ofLibrary, [library.dependencies, library.peerDependencies]],
    ['the command line', ofCli, [cli.dependencies]],
    ['those who work on plus-one', ofWork, [library.devDependencies]]
  ])('says why each dependency of %s is there', (_, section, packages) => {
    expect(named(section)).toEqual(packages.flatMap(names => Object.keys(names ?? {})).sort())
  })

  it('is right that peers are optional', () => {
    expect(Object.keys(library.peerDependencies ?? {}).filter(name => library.peerDependenciesMeta?.[name]?.optional !== true)).toEqual([])
  })
})
