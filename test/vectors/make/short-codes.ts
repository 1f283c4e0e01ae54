/** Four words, and the exchange that makes a full code of them (docs/short-codes.md). */
import { hexToBytes } from '@noble/hashes/utils.js'
import { encodeCode } from '../../../src/codec/index.js'
import { decodeFrame } from '../../../src/rendezvous/exchange/frames.js'
import { invitee, inviter } from '../../../src/rendezvous/exchange/index.js'
import { NameplateLockedError } from '../../../src/rendezvous/exchange/refusals.js'
import { createShortCode, encodeShortCode } from '../../../src/rendezvous/words.js'
import { actor, bytesOf, drawing, hex, shown } from './cast.js'
import { converse } from './converse.js'
import type { Actor } from './cast.js'

export async function shortCodes () {
  const [alice, bob] = await Promise.all(['Alice', 'Bob'].map(async name => actor(name))) as [Actor, Actor]
  const drawn = drawing('four words')(8)
  const short = createShortCode(() => drawn)
  const code = encodeCode({ secret: bytesOf('the code behind the words', 16), inviter: alice.peerId, addresses: [] })

  const run = async (name: string, typed: string, { isThere = true, isLocked = false } = {}) => {
    const ends = { inviter: alice.peerId.toMultihash().bytes, invitee: bob.peerId.toMultihash().bytes }
    const { frames, draws, ends: ended } = await converse(name, {
      name: 'inviter',
      machine: random => inviter({ ends, random }),
      perform: (effect) => {
        if (effect.type === 'begin' && isLocked) {
          throw new NameplateLockedError()
        }

        return effect.type === 'begin' && isThere ? { words: short.words, code } : undefined
      }
    }, {
      name: 'invitee',
      machine: random => invitee({ ends, nameplate: short.nameplate, words: typed, random }),
      perform: () => undefined
    })

    return { name, typed, frames: frames.map(({ from, frame }) => ({ from, type: decodeFrame(hexToBytes(frame)).type, frame })), draws, ends: ended }
  }

  return {
    page: 'docs/short-codes.md',
    inviter: shown(alice),
    invitee: shown(bob),
    drawn: hex(drawn),
    text: encodeShortCode(short),
    ...short,
    code,
    runs: [
      await run('the words', short.words),
      await run('other words', 'abandon-zoo'),
      await run('no such nameplate', short.words, { isThere: false }),
      await run('it is locked', short.words, { isLocked: true })
    ]
  }
}
