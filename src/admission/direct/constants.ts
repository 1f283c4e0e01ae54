/** How many direct invitations, and for how long. */
import { PREFIX } from '../../log/terms.js'

/** Where direct invitations are kept. */
export const RECEIVED = `${PREFIX}/received`

/** Invitations of one peer that may await an answer here. */
export const MAX_OF_PEER = 3

/** And of all: for more, who has most gives one up. */
export const MAX_RECEIVED = 64

/** Declined ones whose inviter has yet to hear it. */
export const MAX_DECLINED = 64

/** How long one is kept that says no earlier end, ms: 30 days. Until it ends it comes again. */
export const MAX_KEPT = 30 * 86_400_000

/** How long handing over may take, ms. */
export const HANDING_TIMEOUT = 10_000

/** Streams of one connection on which something is handed over at once: an inviter opens one after the other. */
export const MAX_STREAMS = 2
