/** Texts of any letters, for properties. */
import fc from 'fast-check'

/** The first code point past the surrogates, and how many they are. */
const PAST_SURROGATES = 0xe000
const SURROGATES = 0x800

const LETTERS_AND_DIGITS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'

/** What a URL's path may have besides letters, digits and percents (RFC 3986 section 3.3), and its query and fragment (3.4 and 3.5). */
const IN_PATH = '-._~!$&\'()*+,;=:@'
const IN_QUERY = IN_PATH + '/?'

/**
 * What fast-check's own `unit: 'binary'` draws. That first makes a table of all 1.1 million, a second of each process that wants it, and keeps
 * it: as many objects more for every collection of garbage after it.
 */
export const codePoint = fc.nat({ max: 0x10ffff - SURROGATES }).map(nthCodePoint, (text) => {
  const point = typeof text === 'string' ? text.codePointAt(0) ?? 0 : 0
  const nth = point < PAST_SURROGATES ? point : point - SURROGATES

  // by this fast-check tells which texts that trouble JavaScript it can put in
  if (nthCodePoint(nth) !== text) {
    throw new Error('Not one code point')
  }

  return nth
})

/** Any code points, evenly drawn: nearly all are in no script that anybody writes. And fast-check's usual texts, which have what troubles JavaScript. */
export const anyText = fc.oneof(fc.array(codePoint, { maxLength: 10 }).map(points => points.join('')), fc.string())

/** The web addresses of `fc.webUrl`, with queries and fragments, without the table of `unit: 'binary'`. */
export const anyUrl = fc.tuple(
  fc.constantFrom('http', 'https'), fc.webAuthority(), fc.oneof(path('small', 'xsmall'), path('xsmall', 'small')), fc.option(urlText(IN_QUERY)), fc.option(urlText(IN_QUERY))
).map(([scheme, authority, segments, query, fragment]) => `${scheme}://${authority}${segments}${query == null ? '' : `?${query}`}${fragment == null ? '' : `#${fragment}`}`)

function nthCodePoint (nth: number): string {
  return String.fromCodePoint(nth < PAST_SURROGATES - SURROGATES ? nth : nth + SURROGATES)
}

function path (size: fc.Size, segments: fc.Size): fc.Arbitrary<string> {
  return fc.array(urlText(IN_PATH, size), { size: segments }).map(texts => texts.map(text => `/${text}`).join(''))
}

function urlText (others: string, size?: fc.Size): fc.Arbitrary<string> {
  const percented = codePoint.map((point) => {
    const encoded = encodeURIComponent(point)

    return encoded === point ? `%${point.charCodeAt(0).toString(16)}` : encoded
  })

  return fc.string({ unit: fc.oneof({ weight: 10, arbitrary: fc.constantFrom(...LETTERS_AND_DIGITS, ...others) }, { weight: 1, arbitrary: percented }), size })
}
