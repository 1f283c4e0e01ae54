/** An op as it is kept, read again. */
import { decodeOp } from './op.js'
import { readable } from './datastore.js'
import type { Entry } from './entry.js'
import type { Op } from './op.js'

/** A kept op, whole. @throws {StorageError} The store does not hold what its id says. */
export function opOf ({ id, signed }: Entry): Op {
  return readable(() => {
    const op = decodeOp(signed)

    if (op.id !== id || op.kind === 'UNKNOWN') {
      throw new RangeError('A stored op is not what its id says')
    }

    return op
  })
}
