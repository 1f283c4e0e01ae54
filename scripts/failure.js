/** A task that ended badly for a reason that needs no stack trace. */
export class Failure extends Error {
  /**
   * @param {string} message - empty where what failed has said why itself
   * @param {{ exitCode?: number, signal?: NodeJS.Signals | null }} [how]
   */
  constructor (message, { exitCode = 1, signal = null } = {}) {
    super(message)
    this.exitCode = exitCode
    this.signal = signal
  }
}

/**
 * @param {string} message
 * @returns {never}
 */
export function fail (message) {
  throw new Failure(message)
}
