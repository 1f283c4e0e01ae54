/**
 * README.md and the pages that package.json names, as they read inside the package: a link to what stays in the repository (tests,
 * sources, screenshots, other pages) becomes plain text. npm packs a README from its place and no other, so `npm pack` calls this before and, with `--restore`, after.
 */
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path/posix'

const ORIGINALS = 'node_modules/.cache/packed-docs'
/** @type {{ files: string[] }} */
const { files } = JSON.parse(readFileSync('package.json', 'utf8'))
const PAGES = ['README.md', ...files.filter(file => file.endsWith('.md'))]

/** README.md is not docs/README.md. @param {string} page */
function originalOf (page) {
  return join(ORIGINALS, page.replaceAll('/', '-'))
}

/**
 * @param {string} page
 * @param {string} markdown
 */
function packed (page, markdown) {
  return markdown
    .replace(/^!\[[^\]]*\]\((?!\w+:)[^)]*\)\n\n?/gm, '')
    .replace(/\[([^\]]+)\]\((?!\w+:|#)([^)#]*)[^)]*\)/g, (link, text, file) => PAGES.includes(join(dirname(page), file)) ? link : text)
}

/** A page that was edited since, as after a pack that was interrupted, stays as it is. */
function restore () {
  for (const page of PAGES) {
    const original = originalOf(page)

    if (existsSync(original) && readFileSync(page, 'utf8') === packed(page, readFileSync(original, 'utf8'))) {
      copyFileSync(original, page)
    }
  }

  rmSync(ORIGINALS, { recursive: true, force: true })
}

restore()

if (process.argv[2] !== '--restore') {
  mkdirSync(ORIGINALS, { recursive: true })

  for (const page of PAGES) {
    copyFileSync(page, originalOf(page))
    writeFileSync(page, packed(page, readFileSync(page, 'utf8')))
  }
}
