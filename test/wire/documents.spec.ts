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

      return { listener, teller, greeting: readGreeting(first), said: rest.flat().map(message => readYjs(message)) }
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
      [{ client: 2, clock: 0, state: {} }, { client: 2, clock: 1, state: { name: 'Bob', writes: roles.Bob === 'writer' } }],
      [{ client: 1, clock: 0, state: {} }, { client: 1, clock: 1, state: { name: 'Alice' } }]
    ])
  })

  it('a message that is none means nothing', () => {
    expect(readYjs(unhex('0700'))).toBeUndefined()
  })

  it('messages that are sent together are one text of pieces, each answered; much is told of ahead; other frames are none', () => {
    const said = (...frames: Array<[from: string, frame: string]>): string[][] => messagesOf(frames.map(([from, frame]) => ({ from, frame }))).map(messages => messages.map(message => hex(message)))
    const taken: [string, string] = ['teller', '0102']

    // 00000003 010203 00000001 04, in two pieces
    expect(said(['listener', '0701000000030102'], taken, ['listener', '0700030000000104'], taken, ['teller', '0100'], ['listener', '0102'])).toEqual([['010203', '04'], []])
    // 64 KiB and a byte, lengths included
    const much = `0000fffd${'07'.repeat(0xfffd)}`
    expect(said(['listener', '050300010001'], ['listener', `82800400${much}`], taken)[0]![0]!.length).toBe(2 * 0xfffd)
    expect(() => said(['listener', `82800400${much}`], taken)).toThrow('how much comes')
    expect(() => said(['listener', '0201ff'], ['listener', '0200ff'])).toThrow(RangeError)
    expect(() => said(['listener', '0204ff'], taken)).toThrow('a piece')
    expect(() => said(['teller', '0100'])).toThrow('the listener greets')
  })
})

describe('Streams of Automerge, by the page alone', () => {
  it('begin with the repository\'s name and metadata; a message names its sender\'s PeerId', () => {
    const told = automerge.streams.map(({ frames }) => messagesOf(frames))
    const greetings = told.map(([first]) => readGreeting(first))
    expect(greetings.map(({ name, rest }) => [name, readCbor(rest)])).toEqual([[automerge.repository, automerge.peerMetadata], [automerge.repository, {}]])

    // at first the other end says nothing
    expect(told.map(([, answer]) => answer)).toEqual([[], []])
    const { data, ...said } = automerge.said
    expect(told.map(([, ...rest]) => rest.flat().map(message => readCbor(message)))).toEqual([[], [{ ...said, data: unhex(data) }]])
    expect([said.senderId, said.targetId]).toEqual([peers.Alice, peers.Bob])
  })
})
