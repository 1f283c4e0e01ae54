import { describe, expect, it, vi } from 'vitest'
import { wordsOf } from '../../src/elements/strings.js'
import { en } from '../../src/elements/languages/en.js'
import type { Words } from '../../src/elements/strings.js'

/** A language's words, once they have come. */
async function loaded (tag: string): Promise<Words> {
  return new Promise((resolve) => {
    const now = wordsOf(tag, () => { resolve(wordsOf(tag, () => {})) })

    if (now.language === tag) {
      resolve(now)
    }
  })
}

/** Each sentence by its path; of those that a number decides, `other`. */
function sentences (table: object, path = ''): Array<[string, string]> {
  return Object.entries(table).flatMap(([key, value]) => typeof value === 'string' ? [[`${path}${key}`, value] as [string, string]] : sentences(value as object, `${path}${key}.`))
    .filter(([key]) => !/\.(zero|one|two|few|many)$|^errors\./.test(key))
}

const places = (sentence: string): string[] => [...new Set(sentence.match(/\{\w+\}/g))].sort()

describe('The languages of the elements', () => {
  it('are English until another has come, and where there is no other', async () => {
    // loaded anew: other tests of this page have had German
    const anew: string = '../../src/elements/strings.js?anew'
    const { wordsOf: first } = await import(/* @vite-ignore */ anew) as { wordsOf: typeof wordsOf }
    expect(first('de-CH', () => {}).language).toBe('en')
    await vi.waitFor(() => { expect(first('de-CH', () => {}).language).toBe('de') })
    expect(wordsOf('tlh', () => {}).language).toBe('en')
  })

  it.each(['de', 'ja', 'ar'])('%s says all that English says, with the same places to fill in', async (tag) => {
    const { strings } = await loaded(tag)
    expect(sentences(strings).map(([key, sentence]) => [key, places(sentence)])).toEqual(sentences(en).map(([key, sentence]) => [key, places(sentence)]))
    expect(sentences(strings).filter(([, sentence]) => sentence.trim() === '')).toEqual([])
  })

  it('know the same errors', async () => {
    const [names, ...others] = await Promise.all(['de', 'ja', 'ar'].map(async tag => Object.keys((await loaded(tag)).strings.errors)))
    expect(others).toEqual([names, names])
  })

  it('count as their speakers do', async () => {
    const [german, arabic] = [await loaded('de'), await loaded('ar')]
    expect([1, 3].map(n => german.count(german.strings.attemptsLeft, n))).toEqual(['noch 1 Versuch', 'noch 3 Versuche'])
    expect([1, 2, 3].map(n => arabic.count(arabic.strings.attemptsLeft, n))).toEqual(['بقيت محاولة واحدة', 'بقيت محاولتان', expect.stringMatching(/محاولات/)])
    expect(arabic.dir).toBe('rtl')
  })

  it('tell an error in its own words where they have none', async () => {
    const words = await loaded('de')
    expect(words.error(Object.assign(new Error('told by the library'), { name: 'InvitationExpiredError' }))).toMatch(/abgelaufen/)
    expect(words.error(Object.assign(new Error('Something of the app’s'), { name: 'AppError' }))).toBe('Something of the app’s.')
  })
})
