/**
 * README.md and docs/ as they read inside the package: a link to what stays in the repository (tests, sources, screenshots, and
 * the pages for who changes plus-one, which package.json leaves out) becomes plain text. npm packs a README from its place and no other, so `npm pack` calls this before and, with `--restore`, after.
 */
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'

const ORIGINALS = 'node_modules/.cache/packed-docs'
/** @type {{ files: string[] }} */
const { files } = JSON.parse(readFileSync('package.json', 'utf8'))
const LEFT_OUT = files.filter(file => file.startsWith('!docs/')).map(file => basename(file, '.md'))
const PAGES = ['README.md', ...readdirSync('docs').filter(file => file.endsWith('.md') && !LEFT_OUT.includes(basename(file, '.md'))).map(file => `docs/${file}`)]

/** README.md is not docs/README.md. @param {string} page */
function originalOf (page) {
  return join(ORIGINALS, page.replaceAll('/', '-'))
}

/** @param {string} markdown */
function packed (markdown) {
  return markdown
    .replace(/^!\[[^\]]*\]\((?!\w+:)[^)]*\)\n\n?/gm, '')
    .replace(/\[([^\]]+)\]\((?!\w+:|#)(?![^)#]*\.md[)#])[^)]*\)/g, '$1')
    .replace(/\[([^\]]+)\]\((?:\.\.\/)?(?:CHANGELOG|CONTRIBUTING|cli\/README)\.md(?:#[^)]*)?\)/g, '$1')
    .replace(new RegExp(`\\[([^\\]]+)\\]\\((?:docs/)?(?:${LEFT_OUT.join('|')})\\.md(?:#[^)]*)?\\)`, 'g'), '$1')
}

/** A page that was edited since, as after a pack that was interrupted, stays as it is. */
function restore () {
  for (const page of PAGES) {
    const original = originalOf(page)

    if (existsSync(original) && readFileSync(page, 'utf8') === packed(readFileSync(original, 'utf8'))) {
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
    writeFileSync(page, packed(readFileSync(page, 'utf8')))
  }
}
