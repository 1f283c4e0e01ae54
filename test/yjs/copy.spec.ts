import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as Y from 'yjs'
import { Copy } from '../../src/documents/copy.js'
import { YJS } from '../../src/yjs/kind.js'

function written (): Y.Doc {
  const doc = new Y.Doc()
  doc.getText('text').insert(0, 'Emma and Persuasion')
  doc.getText('text').delete(4, 4)
  doc.getText('text').format(0, 4, { bold: true })
  doc.getArray('list').push([new Y.Map(Object.entries({ done: false })), 1, 'two'])
  doc.getMap('map').set('text', new Y.Text('nested'))

  return doc
}

/** A document says something of its own, and is told this; then it goes on. */
function told (bent: Uint8Array): void {
  const doc = new Y.Doc()
  doc.getText('mine').insert(0, 'Lady')
  const copy = new Copy({ doc, kind: YJS, onUpdate: () => {}, onRefused: () => {}, onUnsure: () => {}, onAccepted: () => {} })

  try {
    copy.accept(bent)
  } catch (err) {
    expect(err).toBeInstanceOf(Error)
  }

  expect(doc.getText('mine').toJSON()).toBe('Lady')
  doc.getText('mine').insert(0, 'The ')
  const other = new Y.Doc()
  Y.applyUpdate(other, copy.since(Y.encodeStateVector(other)))
  expect(other.getText('mine').toJSON()).toBe(doc.getText('mine').toJSON())
}

describe('What a member says', () => {
  it('may be bent in any way: the document stays what it was, can be written to, and others get it as it is', () => {
    const update = Y.encodeStateAsUpdate(written())

    fc.assert(fc.property(fc.array(fc.tuple(fc.nat(update.length - 1), fc.nat(255)), { minLength: 1, maxLength: 3 }), fc.nat(update.length), fc.boolean(), (changes, cut, whole) => {
      const bent = update.slice(0, whole ? update.length : cut)
      changes.filter(([at]) => at < bent.length).forEach(([at, value]) => { bent[at] = value })
      told(bent)
    }), { numRuns: 500 })
  })

  it('may be of no length, anywhere', () => {
    const update = Y.encodeStateAsUpdate(written())
    update.forEach((_, at) => { told(update.with(at, 0)) })
  })
})
