import { Message } from './pb/message.js'

const { ResponseStatus: all } = Message

/** Why a point refuses, as the specification numbers it. */
export const ResponseStatus = all
/** One of them. */
export type ResponseStatus = Message.ResponseStatus

/** A rendezvous point answered with another status than OK. */
export class RendezvousStatusError extends Error {
  static override readonly name = 'RendezvousStatusError'
  readonly code = 'ERR_RENDEZVOUS_STATUS'
  /** As the spec names it: E_INVALID_TTL, … */
  readonly status: ResponseStatus
  /** What the point says of it; may be empty. */
  readonly text: string

  constructor (status: ResponseStatus, text = '') {
    super(`The rendezvous point answered ${status}${text === '' ? '' : `: ${text}`}`)
    this.name = 'RendezvousStatusError'
    this.status = status
    this.text = text
  }
}
