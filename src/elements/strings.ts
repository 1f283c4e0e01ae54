/** The words that the elements say: which language, and how its sentences are filled in. */
import { en } from './languages/en.js'
import type { Plural, Strings } from './languages/en.js'

export type { Plural, Strings } from './languages/en.js'

/** Loaded when they are used; English is there. */
const LOADERS: Record<string, () => Promise<Strings>> = {
  ar: async () => (await import('./languages/ar.js')).ar,
  de: async () => (await import('./languages/de.js')).de,
  en: async () => en,
  ja: async () => (await import('./languages/ja.js')).ja
}

const RIGHT_TO_LEFT = ['ar']

/** Those that are loaded. */
const tables = new Map<string, Strings>([['en', en]])

export interface Words {
  language: string
  dir: 'ltr' | 'rtl'
  strings: Strings
  /** A sentence, its places filled in; what is put there may be a template. */
  say: (text: string, values?: Record<string, unknown>) => unknown[]
  /** The same as text. */
  text: (text: string, values?: Record<string, string | number>) => string
  /** A sentence that a number decides, which fills `{n}`. */
  count: (forms: Plural, n: number) => string
  /** What happened, in this language where it has the error's name, else in the error's own words. */
  error: (error: Error) => string
}

/**
 * The language of a tag as `de-CH`, where the elements speak it; else English.
 *
 * @param loaded - Called when a language has come that was not here
 */
export function wordsOf (tag: string, loaded: () => void): Words {
  const wanted = tag.toLowerCase().split('-')[0] ?? ''
  const load = LOADERS[wanted]

  if (load != null && !tables.has(wanted)) {
    load().then((strings) => {
      tables.set(wanted, strings)
      loaded()
    }, () => {
      // English will do
    })
  }

  const language = tables.has(wanted) ? wanted : 'en'
  const strings = tables.get(language) ?? en
  const text: Words['text'] = (sentence, values = {}) => fill(sentence, values).join('')

  return {
    language,
    dir: RIGHT_TO_LEFT.includes(language) ? 'rtl' : 'ltr',
    strings,
    say: fill,
    text,
    count: (forms, n) => text(forms[new Intl.PluralRules(language).select(n)] ?? forms.other, { n: new Intl.NumberFormat(language).format(n) }),
    error: ({ name, message }) => strings.errors[name] ?? (/[.!?]$/.test(message) ? message : `${message}.`)
  }
}

function fill (sentence: string, values: Record<string, unknown> = {}): unknown[] {
  return sentence.split(/\{(\w+)\}/).map((part, i) => i % 2 === 0 ? part : values[part] ?? '')
}
