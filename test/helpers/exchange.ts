/** A stage for the exchange: no network, no storage; a test moves every frame itself. */
import { generateKeyPair } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { randomBytes } from '@noble/hashes/utils.js'
import { encodeCode } from '../../src/codec/index.js'
import { guesses, invitee, inviter } from '../../src/rendezvous/exchange/index.js'
import { Actor } from './handshake.js'
import type { InvitationCode } from '../../src/codec/index.js'
import type { Ends } from '../../src/pake/index.js'
import type { Guesses, InviteeEffect, InviterEffect } from '../../src/rendezvous/exchange/index.js'
import type { Ed25519PeerId } from '@libp2p/interface'

export const NAMEPLATE = 'maple-orbit'
export const WORDS = 'ostrich-violin'

export const peer = async (): Promise<Ed25519PeerId> => peerIdFromPrivateKey(await generateKeyPair('Ed25519'))

export const endsOf = (inviter: Ed25519PeerId, invitee: Ed25519PeerId): Ends => ({ inviter: inviter.toMultihash().bytes, invitee: invitee.toMultihash().bytes })

/** What Alice has between streams: one nameplate. */
export class AliceWorld {
  readonly code: string
  words = WORDS
  guesses: Guesses = guesses.INITIAL
  /** What was made durable, in order. */
  readonly durable: Guesses[] = []
  locked = 0
  /** Thrown by the next effect of this type. */
  fails: { [type: string]: Error } = {}

  constructor (alice: Ed25519PeerId) {
    this.code = encodeCode({ secret: new Uint8Array(16).fill(7), inviter: alice, addresses: [] })
  }

  serve (ends: Ends): Actor<InviterEffect, void> {
    return new Actor(inviter({ ends, random: randomBytes }), effect => this.#perform(effect))
  }

  #perform (effect: InviterEffect): unknown {
    const failure = this.fails[effect.type]

    if (failure != null) {
      throw failure
    }

    switch (effect.type) {
      case 'begin':
        if (effect.nameplate !== NAMEPLATE) {
          return undefined
        }

        guesses.assertUnlocked(this.guesses)
        return { words: this.words, code: this.code }
      case 'spend': return this.#write(guesses.spend(this.guesses))
      case 'right': return this.#write(guesses.right(this.guesses))
      case 'wrong':
        this.#write(guesses.wrong(this.guesses))
        this.locked += this.guesses.locked ? 1 : 0
        return undefined
      default: return undefined
    }
  }

  #write (next: Guesses): void {
    this.guesses = next
    this.durable.push(next)
  }
}

export class BobWorld {
  released = 0

  ask (ends: Ends, words = WORDS, nameplate = NAMEPLATE): Actor<InviteeEffect, InvitationCode> {
    return new Actor(invitee({ ends, nameplate, words, random: randomBytes }), (effect) => {
      this.released += effect.type === 'release' ? 1 : 0
    })
  }
}

export type AliceActor = ReturnType<AliceWorld['serve']>
export type BobActor = ReturnType<BobWorld['ask']>

export async function scene (words = WORDS): Promise<{ alice: AliceWorld, bob: BobWorld, ends: Ends, a: AliceActor, b: BobActor, peers: { alice: Ed25519PeerId, bob: Ed25519PeerId } }> {
  const peers = { alice: await peer(), bob: await peer() }
  const ends = endsOf(peers.alice, peers.bob)
  const alice = new AliceWorld(peers.alice)
  const bob = new BobWorld()

  return { alice, bob, ends, peers, a: alice.serve(ends), b: bob.ask(ends, words) }
}
