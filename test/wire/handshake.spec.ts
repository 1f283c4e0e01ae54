/** test/vectors/handshakes.json, by docs/handshake.md alone. */
import { describe, expect, it } from 'vitest'
import vectors from '../vectors/handshakes.json' with { type: 'json' }
import { unhex } from './bytes.js'
import { follow, readFrame } from './handshake.js'
import type { Given, Read } from './handshake.js'

const { inviter, invitee, runs } = vectors

function given ({ secret, pin, typed, draws }: typeof runs[number]): Given {
  // nonces have 32 bytes, scalars 64
  const drawn = (side: string): Uint8Array[] => draws.filter(({ by, bytes }) => by === side && bytes.length === 128).map(({ bytes }) => unhex(bytes))

  return {
    ends: { inviter: unhex(inviter.multihash), invitee: unhex(invitee.multihash) }, secret: unhex(secret), pin, typed,
    drawn: { inviter: drawn('inviter'), invitee: drawn('invitee') }, inviterKey: inviter.key, inviteeKey: invitee.key
  }
}

function read (run: typeof runs[number]): Read {
  return follow(run.frames.map(({ frame }) => unhex(frame)), given(run))
}

describe('Handshakes, by the page alone', () => {
  it.each(runs)('$name', (run) => {
    expect(run.frames.map(({ frame }) => readFrame(unhex(frame)).type)).toEqual(run.frames.map(({ type }) => type))
    expect(read(run)).toMatchObject({ transcripts: run.transcripts, comparisons: run.comparisons, secrets: run.granted, right: run.typed.map(pin => pin === run.pin) })
  })

  it('the last wrong PIN is answered by a Refusal, LOCKED, and not by a Retry', () => {
    const { frames } = runs.find(({ name }) => name === 'three wrong PINs')!

    expect(readFrame(unhex(frames.at(-1)!.frame)).body).toEqual({ code: 4 })
  })

  it.each(runs)('$name: each changed frame is noticed', (run) => {
    const unnoticed = run.frames.filter(({ type }) => ['KNOCK', 'WELCOME', 'RETRY', 'WAITING', 'GRANT', 'ANSWER'].includes(type)).filter((_, i) => {
      const frames = run.frames.map(({ frame }) => unhex(frame))
      frames[i]!.set([frames[i]!.at(-40)! ^ 1], frames[i]!.length - 40)

      return (() => {
        try {
          follow(frames, given(run))
          return true
        } catch {
          return false
        }
      })()
    })

    expect(unnoticed).toEqual([])
  })
})
