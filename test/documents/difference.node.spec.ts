import * as fc from 'fast-check'
import { textDifference } from 'plus-one/documents'
import { describe, expect, it } from 'vitest'
import type { TextEdit, TextPiece } from 'plus-one/documents'

const pieces = fc.array(fc.record({
  insert: fc.oneof({ weight: 4, arbitrary: fc.constantFrom('a', 'ab', 'ba', '😀', '😁', 'a😀', '\n') }, { weight: 1, arbitrary: fc.record({ image: fc.nat(1) }) }),
  attributes: fc.constantFrom(undefined, { bold: true })
}), { maxLength: 12 }) as fc.Arbitrary<TextPiece[]>

const shown = (value: unknown): string => JSON.stringify(value) ?? ''

/** By characters, as they are seen. */
const letters = (all: TextPiece[]): TextPiece[] => all.flatMap(({ insert, attributes }) => (typeof insert === 'string' ? [...insert] : [insert]).map(insert => ({ insert, attributes })))
/** By what an editor counts: half characters. */
const units = (all: TextPiece[]): TextPiece[] => all.flatMap(({ insert, attributes }) => typeof insert === 'string' ? insert.split('').map(unit => ({ insert: unit, attributes })) : [{ insert, attributes }])

function edited (there: TextPiece[], edits: TextEdit[]): TextPiece[] {
  const before = units(there)
  const after: TextPiece[] = []

  for (const edit of edits) {
    if ('retain' in edit) {
      after.push(...before.splice(0, edit.retain))
    } else if ('delete' in edit) {
      before.splice(0, edit.delete)
    } else {
      after.push(...units([edit]))
    }
  }

  return [...after, ...before]
}

describe('How one text becomes another', () => {
  it('is an edit that begins behind what both begin with, and never within a character', () => {
    fc.assert(fc.property(pieces, pieces, (wanted, there) => {
      const edits = textDifference(wanted, there, shown)
      expect(edited(there, edits).map(shown)).toEqual(units(wanted).map(shown))

      const [one, two] = [letters(wanted), letters(there)]
      const first = one.findIndex((letter, at) => shown(letter) !== shown(two[at]))
      const same = first < 0 ? one.length : first
      const isSame = same === one.length && same === two.length
      expect(edits.find(edit => 'retain' in edit)?.retain ?? 0).toBe(isSame ? 0 : units(one.slice(0, same)).length)
      expect(edits.length === 0).toBe(isSame)
    }))
  })

  it('leaves what both end with', () => {
    expect(textDifference([{ insert: 'Emma 😀' }], [{ insert: 'Emmma 😀' }], shown)).toEqual([{ retain: 3 }, { delete: 1 }])
    expect(textDifference([{ insert: 'a😀' }], [{ insert: 'a😁' }], shown)).toEqual([{ retain: 1 }, { delete: 2 }, { insert: '😀' }])
    expect(textDifference([{ insert: 'Lady' }], [{ insert: 'L' }, { insert: 'ad', attributes: { bold: true } }, { insert: 'y' }], shown)).toEqual([{ retain: 1 }, { delete: 2 }, { insert: 'ad' }])
  })

  it('is no other in a long text, wherever it is', () => {
    const text = Array.from({ length: 4_000 }, (_, nth) => nth.toString(36)).join(' ')

    for (const at of [0, 1, 4_095, 4_096, 4_097, 8_191, 8_192, text.length - 4_096, text.length - 4_095, text.length - 1, text.length]) {
      const wanted = (what: string): TextPiece[] => [{ insert: text.slice(0, at) + what + text.slice(at) }]
      const retain = at === 0 ? [] : [{ retain: at }]
      expect(textDifference(wanted('😀'), wanted(''), shown)).toEqual([...retain, { insert: '😀' }])
      expect(textDifference(wanted(''), wanted('😀'), shown)).toEqual([...retain, { delete: 2 }])
      expect(textDifference(wanted('😀'), wanted('😁'), shown)).toEqual([...retain, { delete: 2 }, { insert: '😀' }])
      expect(textDifference(wanted('😀'), wanted('😀'), shown)).toEqual([])
    }
  })
})
