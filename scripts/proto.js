/**
 * Writes each `message.ts` from the `message.proto` beside it: `npm run proto`. Of what protons makes, reading a message field by field
 * (`stream`, half of the code, which bundlers cannot tell from what is used) is left out: nothing here reads so. So are `encode` and `decode` of messages that
 * stand within others alone: of those that no file of `src/` imports by value.
 */
import { execFileSync } from 'node:child_process'
import { globSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

const sources = globSync(['src/*/pb/*.proto', 'src/*/*/pb/*.proto'])

execFileSync('protons', sources, { stdio: 'inherit' })

for (const file of sources.map(source => source.replace(/proto$/, 'ts'))) {
  const made = readFileSync(file, 'utf8')
  const messages = made.split(' = message<').length - 1
  let left = 0
  const less = made
    // protons-runtime wants one
    .replace(/^( *)\}, function \* \(reader, length, prefix, opts = \{\}\) \{\n[\s\S]*?\n\1\}\)$/gm, (_, indent) => { left++; return `${indent}}, function * () {})` })
    .replace(/\n *export function stream \(.*\{\n.*\n *\}\n/g, () => { left++; return '' })
    .replace(/\n( *)export interface \w+FieldEvent \{\n[\s\S]*?\n\1\}\n/g, '')
    .replace(', streamMessage }', ' }')

  if (left !== 2 * messages || /stream|FieldEvent/i.test(less)) {
    throw new Error(`${file} reads otherwise than protons wrote it so far: see what leaves out its streams in scripts/proto.js`)
  }

  const used = usedOf(file)
  const wanted = less.replace(/\n *export function (?:encode|decode) \(.*(?:Partial|DecodeOptions)<([\w.]+)>.*\{\n.*\n *\}\n/g, (all, message) => used.has(message) ? all : '')

  writeFileSync(file, wanted)
}

/** What `src/` imports by value from a `message.ts`. @param {string} file @returns {Set<string>} */
function usedOf (file) {
  const imports = globSync('src/**/*.ts').flatMap(from => [...readFileSync(from, 'utf8').matchAll(/^import \{ (.+) \} from '(.+\/pb\/message)\.js'$/gm)]
    .filter(([,, path]) => join(dirname(from), `${path}.ts`) === file))

  return new Set(imports.flatMap(([, names = '']) => names.split(', ')))
}
