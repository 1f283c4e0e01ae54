/** Runs the one bundled benchmark that is named on the command line, under the newer Node. */

import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

const { default: benchmark } = await import(pathToFileURL(resolve(process.argv[2] ?? '')).href)

await benchmark((/** @type {string} */ text) => { console.info(text) })

// a node that a benchmark left open must not hold up the next one
process.exit()
