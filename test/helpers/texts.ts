/** Texts of any letters, for properties. */
import fc from 'fast-check'

/** The first code point past the surrogates, and how many they are. */
const PAST_SURROGATES = 0xe000
const SURROGATES = 0x800

/** fast-check's own `unit: 'binary'` first makes a table of all 1.1 million, a second of each file that wants it. */
const codePoint = fc.nat({ max: 0x10ffff - SURROGATES }).map(nth => String.fromCodePoint(nth < PAST_SURROGATES - SURROGATES ? nth : nth + SURROGATES))

/** Any code points, evenly drawn: nearly all are in no script that anybody writes. And fast-check's usual texts, which have what troubles JavaScript. */
export const anyText = fc.oneof(fc.array(codePoint, { maxLength: 10 }).map(points => points.join('')), fc.string())
