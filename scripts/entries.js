/** The library's entries, as package.json's `exports` have them: where the build puts each, without its ending, and what it is made of. */
import { readFileSync } from 'node:fs'

const { exports } = JSON.parse(readFileSync('package.json', 'utf8'))
const names = Object.values(exports).flatMap(({ types }) => types == null ? [] : [types.replace(/^\.\/dist\/|\.d\.ts$/g, '')])

/** @type {Record<string, string>} */
export const entries = Object.fromEntries(names.map(name => [name, `./src/${name}.ts`]))

/** Every package; only paths are ours. */
export const packages = /^[@\w]/
