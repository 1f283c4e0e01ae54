/** test/vectors/documents.json, by docs/wire.md alone; what is inside is Yjs' own, and automerge-repo's. */
import { describe, expect, it } from 'vitest'
import * as Y from 'yjs'
import vectors from '../vectors/documents.json' with { type: 'json' }
import { hex, unhex } from './bytes.js'
import { readAwareness, readCbor, readGreeting, readYjs, togetherOf } from './documents.js'

const { peers, yjs, automerge } = vectors

describe('Streams of Yjs, by the page alone', () => {
  it.each(yjs)('Bob is $roles.Bob', ({ roles, document, text, streams }) => {
    const told = streams.map(({ listener, teller, frames }) => {
      const [first, ...rest] = togetherOf(frames)

      return { listener, teller, greeting: readGreeting(first!), said: rest.flat().map(message => readYjs(message)) }
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

  it('pieces are what went together, in order, each answered; other frames are none', () => {
    const [piece, last, whole, nothing, taken] = ['0701000000030102', '020003', '06000000000103', '0100', '0102']
    const said = (...frames: Array<[from: string, frame: string]>): string[][] => togetherOf(frames.map(([from, frame]) => ({ from, frame }))).map(messages => messages.map(hex))
    const greeted: Array<[string, string]> = [['listener', piece], ['teller', taken], ['listener', last], ['teller', taken]]

    expect(said(...greeted, ['teller', whole], ['listener', taken], ['teller', nothing], ['listener', taken])).toEqual([['010203'], ['03'], []])
    expect(() => said(['listener', piece], ['listener', last])).toThrow(RangeError)
    expect(() => said(['listener', '020303'], ['teller', taken])).toThrow(RangeError)
    expect(() => said(['teller', last])).toThrow(RangeError)
    expect(() => said(...greeted, ['teller', last], ['listener', taken])).toThrow(RangeError)
    expect(() => said(...greeted, ['teller', '050300010001'], ['teller', whole], ['listener', taken])).toThrow(RangeError)
  })

  it('of much it is told ahead how much', () => {
    const piece = `86800400${'00010001'}${'00'.repeat(65_537)}`
    const said = (...frames: string[]): number[][] => togetherOf([{ from: 'listener', frame: '0100' }, { from: 'teller', frame: '0102' }, ...frames.map(frame => ({ from: frame === '0102' ? 'listener' : 'teller', frame }))]).map(messages => messages.map(({ length }) => length))

    expect(said('050300010005', piece, '0102')).toEqual([[], [65_537]])
    expect(() => said(piece, '0102')).toThrow(RangeError)
    expect(() => said('050300010004', piece, '0102')).toThrow(RangeError)
  })
})

describe('Streams of Automerge, by the page alone', () => {
  it('begin with the repository\'s name, and what it says of itself; a message names its sender\'s PeerId', () => {
    const told = automerge.streams.map(({ frames }) => togetherOf(frames))
    const greetings = told.map(([first]) => readGreeting(first!))
    expect(greetings.map(({ name, rest }) => [name, readCbor(rest)])).toEqual([[automerge.repository, automerge.peerMetadata], [automerge.repository, {}]])
    // each says nothing first
    expect(told.map(([, second]) => second)).toEqual([[], []])

    const [bobs, alices] = told.map(([, ...rest]) => rest.flat().map(readCbor))
    const { data, ...said } = automerge.said
    expect(bobs).toEqual([])
    expect(alices).toEqual([{ ...said, data: unhex(data) }])
    expect([said.senderId, said.targetId]).toEqual([peers.Alice, peers.Bob])
  })
})
