/** The inviter's side of one stream: joins the pure machine to the invitation's counts and the wire. */
import { bytesToHex, hexToBytes, randomBytes } from '@noble/hashes/utils.js'
import { ProtocolError } from '../errors.js'
import { drive, StreamEnd } from '../pake/machine.js'
import { encodeBody, encodeFrame, inviter, refusalCode } from '../invitation/machines.js'
import { MAX_INVITEE_FRAME, NoAnswerError } from '../invitation/index.js'
import { verify } from '../log/ed25519.js'
import { keyOf, openProfile } from '../log/terms.js'
import { after } from '../async/clock.js'
import { originOf } from '../limits/origin.js'
import { assertSecure } from '../network/secure.js'
import { FrameStream } from '../streams/frame-stream.js'
import type { Clock } from '../interface/index.js'
import type { InvitationServer } from './invitation-server.js'
import type { Guest } from './places.js'
import type { InviterEffect, Verdict } from '../invitation/index.js'
import type { Key } from '../log/index.js'
import type { Connection, PeerId, Stream } from '@libp2p/interface'

export interface ServeInit {
  self: PeerId
  clock: Clock
  stepTimeout: number
  pinTimeout: number
  approvalTimeout: number
  /** Ends it when the node stops. */
  signal: AbortSignal
  find: (lookupId: string) => InvitationServer | undefined
  /** Keeps the guest's profile. */
  keepProfile: (sealed: Uint8Array, key: string) => Promise<void>
}

/** Serves a guest until its stream ends; rejects with what went wrong, after the guest was told. */
export async function serve (stream: Stream, connection: Connection, init: ServeInit): Promise<void> {
  try {
    assertSecure(connection)
  } catch (err) {
    stream.abort(err as Error)
    throw err
  }

  const frames = new FrameStream(stream, MAX_INVITEE_FRAME, init.clock)
  const ended = new AbortController()
  const signal = AbortSignal.any([init.signal, ended.signal])
  let server: InvitationServer | undefined
  let guest: Guest | undefined

  /** Until a person answers, the guest speaks or goes, the invitation ends, or nobody answered for too long. */
  const ask = async (server: InvitationServer, guest: Guest, { comparison, profile }: InviterEffect & { type: 'approve' }): Promise<Verdict> => {
    const over = new AbortController()
    const callOff = after(init.clock, init.approvalTimeout, () => { over.abort(new NoAnswerError()) })
    const candidate = { peerId: connection.remotePeer, profile: (await openProfile(profile, hexToBytes(guest.key)).catch(() => undefined))?.profile ?? {}, comparison }

    try {
      return await Promise.race([
        server.approve(guest, candidate, AbortSignal.any([signal, over.signal])).then(approved => ({ approved })),
        frames.peek().then(frame => ({ frame }))
      ])
    } finally {
      callOff()
      over.abort(new StreamEnd())
    }
  }

  const onInvitation = async (effect: Exclude<InviterEffect, { type: 'send' | 'receive' | 'find' }>): Promise<unknown> => {
    if (server == null || guest == null) {
      throw new ProtocolError()
    }

    switch (effect.type) {
      case 'preview': return server.preview(guest.key)
      case 'repeat': return server.repeat(guest.key)
      case 'begin': return server.begin(guest, effect.knock)
      case 'spend': return server.spend(guest)
      case 'wrong': return server.wrong(guest)
      case 'right': return server.right(guest)
      case 'approve': return ask(server, guest, effect)
      case 'declined': return server.decline(guest, effect.reason)
      case 'accepted': return verify(hexToBytes(guest.key), server.acceptedBytes(guest, { ...recoveryIn(effect), transcript: bytesToHex(effect.transcript) }), effect.acceptance)
      case 'admit': {
        // before, so that who joins is told of by name; a bad profile keeps nobody out
        await init.keepProfile(effect.profile, guest.key).catch(() => {})
        return server.admitGuest(guest, { ...recoveryIn(effect), acceptance: effect.acceptance, transcript: bytesToHex(effect.transcript) })
      }
    }
  }

  const handler = async (effect: InviterEffect): Promise<unknown> => {
    switch (effect.type) {
      case 'send': return frames.send(effect.frame)
      case 'receive': return frames.receive(effect.wait === 'step' ? init.stepTimeout : init.pinTimeout, signal)
      case 'find':
        server = init.find(bytesToHex(effect.lookupId))
        return server == null ? undefined : { secret: server.secret }
      default: return onInvitation(effect)
    }
  }

  try {
    guest = { key: keyOf(connection.remotePeer), peer: connection.remotePeer.toString(), origin: originOf(connection.remoteAddr), end: reason => { ended.abort(reason) } }
    await drive(inviter({ ends: { inviter: init.self.toMultihash().bytes, invitee: connection.remotePeer.toMultihash().bytes }, random: randomBytes }), handler)
  } catch (err) {
    if (guest == null) {
      await frames.send(encodeFrame('REFUSAL', encodeBody('REFUSAL', { code: refusalCode(err) })))
    }

    throw err
  } finally {
    if (guest != null) {
      server?.leave(guest)
    }

    await frames.close()
  }
}

/** The recovery key of a guest's seat, where it has one. */
function recoveryIn ({ recovery }: { recovery: Uint8Array }): { recovery?: Key } {
  return recovery.length === 0 ? {} : { recovery: bytesToHex(recovery) }
}
