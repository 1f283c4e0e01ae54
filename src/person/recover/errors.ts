/** What ends a stream of the recovery protocol: told there by a Refusal, and to an app by what follows from it. */

/** The key that was proved has no seat here, or was not proved: who asks cannot tell which. */
export class NothingHereError extends Error {
  override readonly name = 'NothingHereError'

  constructor () {
    super('No party here has a seat of that recovery key')
  }
}

/** Too many ask, or one asks too often. */
export class BusyError extends Error {
  override readonly name = 'BusyError'

  constructor () {
    super('Too many ask at once; try again in a minute')
  }
}
