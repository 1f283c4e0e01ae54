import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as Y from 'yjs'
import { mirror } from '../../src/yjs/mirror.js'

/** One edit: where, and what; whatever does not fit does nothing. */
type Edit = [kind: number, at: number, word: string]

const edits = fc.array(fc.tuple(fc.nat(13), fc.nat(30), fc.constantFrom('a', 'bc', '😀', '😁', '\n', 'é')), { maxLength: 25 }) as fc.Arbitrary<Edit[]>

function edit (doc: Y.Doc, [kind, at, word]: Edit): void {
  const [text, list, map, xml] = [doc.getText('text'), doc.getArray<unknown>('list'), doc.getMap<unknown>('map'), doc.getXmlFragment('xml')]
  const nested = list.toArray().find(value => value instanceof Y.Map) as Y.Map<unknown> | undefined
  const element = xml.toArray().find(value => value instanceof Y.XmlElement)
  const place = (length: number): number => at % (length + 1)
  // never within a character: Yjs would put something else there
  const within = (of: Y.Text): number => [...of.toJSON()].slice(0, place([...of.toJSON()].length)).join('').length

  const ways: Array<() => void> = [
    () => { text.insert(within(text), word) },
    () => { if (text.length > 0) { const start = within(text); const [first = ''] = text.toJSON().slice(start); text.delete(start, /[\uD800-\uDBFF]/.test(first) ? 2 : first.length) } },
    () => { text.format(0, within(text), { bold: at % 2 === 0 ? true : null }) },
    () => { list.insert(place(list.length), [word, at]) },
    () => { if (list.length > 0) list.delete(at % list.length, 1) },
    () => { list.push([new Y.Map(Object.entries({ word, at }))]) },
    () => { nested?.set('done', at % 2 === 0) },
    () => { map.set(word, at) },
    () => { map.delete(word) },
    () => { map.set('text', new Y.Text(word)) },
    () => { const inner = map.get('text'); if (inner instanceof Y.Text) inner.insert(0, word, { at }) },
    () => { xml.insert(place(xml.length), [new Y.XmlElement(at % 2 === 0 ? 'p' : 'h1')]) },
    () => { element?.setAttribute('class', word) },
    () => { element?.insert(0, [new Y.XmlText(word)]) }
  ]

  ways[kind]?.()
}

/** By characters: Yjs may tell a text of one format in pieces. */
const lettersOf = (text: unknown): unknown[] => text instanceof Y.Text
  ? (text.toDelta() as Array<{ insert: string, attributes?: object }>).flatMap(({ insert, attributes }) => [...insert].map(letter => [letter, attributes]))
  : []

const shownOf = (doc: Y.Doc): unknown => [lettersOf(doc.getText('text')), doc.getArray('list').toJSON(), doc.getMap('map').toJSON(), lettersOf(doc.getMap('map').get('text')), doc.getXmlFragment('xml').toJSON()]

function copyOf (doc: Y.Doc): Y.Doc {
  const copy = new Y.Doc()
  Y.applyUpdate(copy, Y.encodeStateAsUpdate(doc))

  return copy
}

describe('A mirrored document', () => {
  it('shows the same, whatever was written into either, also after more has come', () => {
    fc.assert(fc.property(edits, edits, edits, (first, ours, theirs) => {
      const accepted = new Y.Doc()
      first.forEach((one) => { edit(accepted, one) })
      const copy = copyOf(accepted)
      ours.forEach((one) => { edit(copy, one) })
      mirror(accepted, copy)
      expect(shownOf(copy)).toEqual(shownOf(accepted))

      theirs.forEach((one) => { edit(accepted, one) })
      Y.applyUpdate(copy, Y.encodeStateAsUpdate(accepted))
      mirror(accepted, copy)
      expect(shownOf(copy)).toEqual(shownOf(accepted))

      // and then there is nothing to do
      const before = Y.encodeStateVector(copy)
      mirror(accepted, copy)
      expect(Y.encodeStateVector(copy)).toEqual(before)
    }))
  })

  it('keeps what is the same: types that an app follows, and a cursor behind what was written', () => {
    const accepted = new Y.Doc()
    accepted.getText('text').insert(0, 'Emma and Persuasion')
    accepted.getArray('list').push([new Y.Map(Object.entries({ done: false }))])
    const copy = copyOf(accepted)
    const item = copy.getArray<Y.Map<boolean>>('list').get(0)
    const cursor = Y.createRelativePositionFromTypeIndex(copy.getText('text'), 10)
    copy.getText('text').insert(2, 'xx')
    item.set('done', true)
    mirror(accepted, copy)
    expect(copy.getArray('list').get(0)).toBe(item)
    expect(item.get('done')).toBe(false)
    expect(Y.createAbsolutePositionFromRelativePosition(cursor, copy)?.index).toBe(10)
  })
})
