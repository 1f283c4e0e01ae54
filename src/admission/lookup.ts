/** A code's preview: who invites, into what, until when. Costs no attempt. */
import { randomBytes } from '@noble/hashes/utils.js'
import { InviterUnreachableError } from '../errors.js'
import { previewer } from '../invitation/machines.js'
import { MAX_INVITER_FRAME } from '../invitation/index.js'
import { drive, StreamEnd } from '../pake/machine.js'
import { NONCE_LENGTH } from '../pake/constants.js'
import { FrameStream } from '../streams/frame-stream.js'
import { openInviteStream } from './connection/open-stream.js'
import { previewOf } from './preview.js'
import type { Clock } from '../async/clock.js'
import type { InvitationCode } from '../codec/index.js'
import type { InvitationPreview } from '../interface/index.js'
import type { OpenStreamComponents, OpenStreamOptions } from './connection/open-stream.js'

export interface LookupInit extends Omit<OpenStreamOptions, 'signal'> {
  /** Invitations' id. */
  protocol: string
  clock: Clock
  /** ms */
  stepTimeout: number
  /** Ends the search for a connection. */
  deadline: AbortSignal
  /** Ends the whole. */
  signal: AbortSignal
}

/** @throws {InviterUnreachableError} Or what ended the invitation. */
export async function previewOfCode (components: OpenStreamComponents, code: InvitationCode, { clock, stepTimeout, deadline, signal, ...options }: LookupInit): Promise<InvitationPreview> {
  const { stream, connection } = await openInviteStream(components, code, { ...options, signal: deadline })
  const frames = new FrameStream(stream, MAX_INVITER_FRAME, clock)

  try {
    const welcomed = await drive(previewer({
      ends: { inviter: connection.remotePeer.toMultihash().bytes, invitee: components.peerId.toMultihash().bytes },
      secret: code.secret,
      random: randomBytes,
      profile: () => new Uint8Array(),
      nonce: randomBytes(NONCE_LENGTH)
    }), async (effect): Promise<unknown> => {
      switch (effect.type) {
        case 'send': return frames.send(effect.frame, signal)
        case 'receive': return frames.receive(stepTimeout, signal)
        default: throw new TypeError('A preview has no such step')
      }
    })

    return await previewOf(welcomed, code.inviter)
  } catch (err) {
    throw err instanceof StreamEnd ? new InviterUnreachableError(undefined, { cause: err }) : err
  } finally {
    await frames.close()
  }
}
