/**
 * Writes test/vectors/*.json as the sources make them now: `npm run vectors`. What changes is a change of the wire, or of the disk (docs/wire.md, "Promises").
 *
 * `npm run vectors -- --mutate` writes nothing: it changes each label of docs/wire.md in the sources, one at a time, and tells which change no vector notices.
 */
import { existsSync, globSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { build } from 'esbuild'

/** Inside node_modules, so that the bundles find the packages that they leave out. */
const OUT = 'node_modules/.cache/vectors'

/**
 * @typedef {{ makers: Record<string, () => Promise<object>>, textOf: (vectors: object) => string }} Making
 * @typedef {{ file: string, literal: string, changed: string }} Mutation
 */

/**
 * @param {string} name
 * @param {Mutation} [mutation] Of one string of one source
 * @returns {Promise<Map<string, string>>} Texts by file
 */
async function make (name, mutation) {
  const outfile = `${OUT}/${name}.js`

  await build({
    entryPoints: ['test/vectors/make/index.ts'],
    bundle: true,
    packages: 'external',
    format: 'esm',
    outfile,
    logLevel: 'warning',
    plugins: mutation == null ? [] : [{
      name: 'mutation',
      setup (builder) {
        builder.onLoad({ filter: /[\\/]src[\\/].*\.ts$/ }, ({ path }) => path.replaceAll('\\', '/').endsWith(`/${mutation.file}`)
          ? { contents: readFileSync(path, 'utf8').replace(mutation.literal, () => mutation.changed), loader: 'ts' }
          : undefined)
      }
    }]
  })

  /** @type {Making} */
  const { makers, textOf } = await import(`../${outfile}`)
  const texts = new Map()

  for (const [file, vectors] of Object.entries(makers)) {
    texts.set(`test/vectors/${file}.json`, textOf(await vectors()))
  }

  return texts
}

/** Each label where it stands in src/: strings, and ids of protocols that are bound. @returns {Mutation[]} */
function mutations () {
  const [, section = ''] = readFileSync('docs/wire.md', 'utf8').split('\n## Labels\n')
  const rows = [...(section.split('\n## ')[0] ?? '').matchAll(/^\| (`.*`) \|.*\| `.*` \|$/gm)]
  const labels = rows.flatMap(([, cell = '']) => [...cell.matchAll(/`([^`]+)`/g)].map(([, label = '']) => label))

  return globSync('src/**/*.ts', { exclude: ['**/pb/*.ts'] }).flatMap((path) => {
    const file = path.replaceAll('\\', '/')
    const source = readFileSync(file, 'utf8')

    return labels.flatMap((label) => {
      // a name that others are made of, and a name that a hash takes as bytes
      const forms = [`'${label}'`, `utf8ToBytes('${label}')`, `\`${label}$`, ...label.startsWith('/plus-one/') ? [label.replace('/plus-one/', '`/${PREFIX}/')] : []]
      const isWord = /^(inviter|invitee)$/.test(label)
      const literal = forms.find((form, i) => (!isWord || i === 1) && source.includes(form))

      return literal == null ? [] : [{ file, literal, changed: literal.replace(/\w(?=\W*$)/, last => last === '0' ? '0~' : last === 'x' ? 'y' : `${last}~`) }]
    })
  })
}

if (process.argv.includes('--mutate')) {
  const unnoticed = []
  const all = mutations()

  for (const [i, mutation] of all.entries()) {
    const changed = await make(`mutated-${i}`, mutation).then(texts => [...texts].filter(([file, text]) => text !== readFileSync(file, 'utf8')).map(([file]) => file), () => ['an error'])
    console.info(changed.length > 0 ? 'noticed  ' : 'UNNOTICED', mutation.file, mutation.literal, changed.join(' '))

    if (changed.length === 0) {
      unnoticed.push(mutation)
    }
  }

  rmSync(OUT, { recursive: true })
  console.info(`${all.length - unnoticed.length} of ${all.length} noticed`)
  process.exit(unnoticed.length > 0 ? 1 : 0)
}

for (const [file, text] of await make('make')) {
  if (!existsSync(file) || readFileSync(file, 'utf8') !== text) {
    console.info(file)
    writeFileSync(file, text)
  }
}
