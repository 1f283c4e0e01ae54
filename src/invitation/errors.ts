/** Errors that only a handshake has, each a Refusal of its own on the wire. */
import { InviterUnreachableError, NotPermittedError } from '../errors.js'

/** The inviter is there, but asks to come again: too many guests, or it is stopping. */
export class InviterBusyError extends InviterUnreachableError {
  constructor () {
    super('The inviter is busy with other guests; try again in a moment')
  }
}

/** A person had to approve, and did not answer. */
export class NoAnswerError extends InviterUnreachableError {
  constructor () {
    super('Nobody at the inviter\'s side has answered; ask them, and try again later')
  }
}

/** The device was one of that person's before, and was unlinked: its key is not linked again. */
export class UnlinkedError extends NotPermittedError {
  constructor () {
    super('This device was unlinked from that person, and its key never returns; give the device a new key, and use a fresh code')
  }
}

/** The invitation is for another key. */
export class NotForYouError extends NotPermittedError {
  constructor () {
    super('This invitation is for another person; ask the inviter for one of your own')
  }
}
