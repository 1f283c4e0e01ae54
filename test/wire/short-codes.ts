/** Four words, and the exchange, by docs/short-codes.md. */
import { wordlist } from '@scure/bip39/wordlists/english.js'
import { isSame, must, Reader, utf8 } from './bytes.js'
import { readCode } from './codes.js'
import { keysOf } from './cpace.js'
import { bytesOf, decode, encode } from './protobuf.js'
import type { Ends } from './codes.js'
import type { Message, Schema } from './protobuf.js'

const FRAME: Schema = { 1: ['type', 'number'], 2: ['body', 'bytes'] }
const TYPES = ['UNKNOWN', 'HELLO', 'OFFER', 'ANSWER', 'CODE', 'REFUSAL']

const BODIES: { [type: string]: Schema } = {
  HELLO: { 1: ['version', 'number'], 2: ['nameplate', 'text'], 3: ['nonce', 'bytes'] },
  OFFER: { 1: ['nonce', 'bytes'], 2: ['share', 'bytes'] },
  ANSWER: { 1: ['share', 'bytes'], 2: ['tag', 'bytes'] },
  CODE: { 1: ['tag', 'bytes'], 2: ['code', 'text'] },
  REFUSAL: { 1: ['code', 'number'] }
}

/** Each word of two drawn bytes, big-endian, mod the list. */
export function wordsOf (drawn: Uint8Array): string {
  const reader = new Reader(drawn)

  return Array.from({ length: 4 }, () => wordlist[reader.number(2) % 2048]).join('-')
}

export function readFrame (bytes: Uint8Array): { type: string, body: Message } {
  const frame = decode(FRAME, bytes)
  const type = TYPES[frame.type as number] ?? ''
  const schema = BODIES[type]
  must(schema != null, 'a type that is known')
  const body = decode(schema, bytesOf(frame, 'body'))
  must(isSame(encode(schema, body), bytesOf(frame, 'body')), 'fields by number')

  return { type, body }
}

export interface Given {
  ends: Ends
  /** The inviter's key. */
  inviterKey: Uint8Array
  nameplate: string
  /** The secret words: the inviter's, and those that were typed. */
  words: string
  typed: string
  /** 64 bytes by each side. */
  drawn: Ends
}

/** Follows an exchange. @returns The full code; undefined: it was refused, with this code */
export function follow (frames: Uint8Array[], { ends, inviterKey, nameplate, words, typed, drawn }: Given): { code?: string, refused?: number } {
  const [hello, offer, answer, reply] = frames.map(readFrame)
  must(hello?.type === 'HELLO' && hello.body.version === 1 && hello.body.nameplate === nameplate && bytesOf(hello.body, 'nonce', 32).length === 32, 'Hello')

  if (offer?.type === 'REFUSAL') {
    return { refused: offer.body.code as number }
  }

  must(offer?.type === 'OFFER' && answer?.type === 'ANSWER' && reply != null, 'Offer, Answer, and an end')
  const nonces = { inviter: bytesOf(offer.body, 'nonce', 32), invitee: bytesOf(hello.body, 'nonce') }
  const run = (password: string): ReturnType<typeof keysOf> => keysOf({ protocol: '/plus-one/code/1.0.0', ends, password, bound: [utf8(nameplate)], nonces }, drawn)
  const [theirs, ours] = [run(words), run(typed)]
  must(isSame(bytesOf(offer.body, 'share', 32), theirs.shares.inviter) && isSame(bytesOf(answer.body, 'share', 32), ours.shares.invitee), 'Ya and Yb')
  must(isSame(bytesOf(answer.body, 'tag', 64), theirs.tags.invitee) === (words === typed), 'Tb')

  if (reply.type === 'REFUSAL') {
    return { refused: reply.body.code as number }
  }

  must(reply.type === 'CODE' && isSame(bytesOf(reply.body, 'tag', 64), theirs.tags.inviter), 'Ta')
  must(isSame(readCode(reply.body.code as string).inviter, inviterKey), 'the code names who sent it')

  return { code: reply.body.code as string }
}
