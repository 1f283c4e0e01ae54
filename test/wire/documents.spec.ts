/** test/vectors/documents.json, by docs/documents.md alone; what is inside is Yjs' own, and automerge-repo's. */
import { describe, expect, it } from 'vitest'
import * as Y from 'yjs'
import vectors from '../vectors/documents.json' with { type: 'json' }
import { hex, unhex } from './bytes.js'
import { messagesOf, readAwareness, readCbor, readGreeting, readYjs } from './documents.js'

const { peers, yjs, automerge } = vectors

describe('Streams of Yjs, by the page alone', () => {
  it.each(yjs)('Bob is $roles.Bob', ({ roles, document, text, streams }) => {
    const told = streams.map(({ listener, teller, frames }) => {
      const [first, ...rest] = messagesOf(frames)

      return { listener, teller, greeting: readGreeting(first!), said: rest.map(message => readYjs(message)) }
    })
    const [hers, his] = told

    expect(told.map(({ listener, teller, greeting: { name } }) => [listener, teller, name])).toEqual([['Alice', 'Bob', document], ['Bob', 'Alice', document]])
    // she has something when she listens, he has nothing; a reader sends no update
    expect(told.map(({ greeting: { rest } }) => [...Y.decodeStateVector(rest)])).toEqual([[[1, 4]], []])
    expect(hers!.said.some(message => message?.is === 'update')).toBe(roles.Bob === 'writer')

    const bobs = new Y.Doc()
    const updates = (said: typeof told[number]['said']): Uint8Array[] => said.flatMap(message => message?.is === 'update' ? [message.body] : [])
    ;[...updates(his!.said), ...updates(hers!.said)].forEach((update) => { Y.applyUpdate(bobs, update) })
    expect(bobs.getText('notes').toJSON()).toBe(text)
    expect(told.map(({ said }) => said.flatMap(message => message?.is === 'awareness' ? readAwareness(message.body) : []))).toEqual([
      [{ client: 2, clock: 41, state: { name: 'Bob', writes: roles.Bob === 'writer' } }],
      [{ client: 1, clock: 41, state: { name: 'Alice' } }]
    ])
  })

  it('a message that is none means nothing', () => {
    expect(readYjs(unhex('0700'))).toBeUndefined()
  })

  it('pieces are one message, in order, each answered; other frames are none', () => {
    const [piece, last, taken] = ['03010102', '020003', '0102']
    const said = (...frames: Array<[from: string, frame: string]>): string[] => messagesOf(frames.map(([from, frame]) => ({ from, frame }))).map(hex)

    expect(said(['listener', piece], ['teller', taken], ['listener', last], ['teller', taken], ['teller', last], ['listener', taken])).toEqual(['010203', '03'])
    expect(() => said(['listener', piece], ['listener', last])).toThrow(RangeError)
    expect(() => said(['listener', '020303'], ['teller', taken])).toThrow(RangeError)
    expect(() => said(['teller', last])).toThrow(RangeError)
  })
})

describe('Streams of Automerge, by the page alone', () => {
  it('begin with the repository\'s name, and hello; a message names its sender\'s PeerId', () => {
    const told = automerge.streams.map(({ frames }) => messagesOf(frames))
    expect(told.map(([first]) => readGreeting(first!))).toEqual(told.map(() => ({ name: automerge.repository, rest: new Uint8Array() })))

    const [bobs, alices] = told.map(([, ...rest]) => rest.map(readCbor))
    const { data, ...said } = automerge.said
    expect(bobs).toEqual([{ type: 'hello', peerMetadata: {} }])
    expect(alices).toEqual([{ type: 'hello', peerMetadata: automerge.peerMetadata }, { ...said, data: unhex(data) }])
    expect([said.senderId, said.targetId]).toEqual([peers.Alice, peers.Bob])
  })
})
