/** The numbers of meeting; docs/meeting.md tells others of them. */
import { PROTOCOLS } from '../../network/protocols.js'

/** The meeting protocol's id. */
export const MEET_PROTOCOL = PROTOCOLS.meet

/** Links of a party that a node keeps, at most: an op costs it no more sends. */
export const MAX_LINKS = 6

/** Links of a party that a node opens by itself: the places above it are for those who ask. A random graph of degree 4 is in one piece. */
export const TARGET_LINKS = 4

/** With fewer links than this a node may take the place of another one: no piece of one or two stays alone. */
export const ALONE = 2

/** Members that a node has links with, at most, over all parties. */
export const MAX_MEMBERS = 32

/** Places of a party that go to siblings, at most: those of one person must not keep to themselves. */
export const SIBLING_PLACES = 2

/** Places of a party that go to owners and admins, at most. */
export const HOST_PLACES = 2

/** Members for each owner and admin who try to have a link with one, about: in a larger party lots are drawn, or all would ask the same few. */
export const ASKERS_PER_HOST = 12

/** Dials and asks that are under way at once, at most. */
export const MAX_OPENING = 8

/** The longest first wait after a failure, ms, and the longest of all: it doubles from one to the other. */
export const BACKOFF = [1_000, 300_000] as const

/** A link is drawn anew after the first of these, and at most as much as the second later, ms: what came apart meets again, and idle members cost little. */
export const REDRAW = [3_600_000, 7_200_000] as const

/** A full party gives one link for who is alone in so long, ms: else many who can be dialled by nobody take it from each other all the time. */
export const GIVE_WAY = 5_000

/** After a network change one is drawn anew within this, ms. */
export const REFRESH = 30_000

/** Bytes of a member's signed record, at most: some eight addresses through relays. */
export const MAX_RECORD = 1_024

/** Addresses of a record, at most: what one dial tries. */
export const MAX_ADDRESSES = 16

/** Members of a party whose records are kept, at most. */
export const MAX_OF_PARTY = 128

/** Records that are kept in all, at most, and their bytes. */
export const MAX_RECORDS = 512
export const MAX_BYTES = 262_144

/** Keys of one person whose records are kept: as many as have wraps made for them. */
export const MAX_KEYS = 8

/** A node that knows fewer members of a party than this asks for more. */
export const ENOUGH = 24

/** Records in an answer, at most, beside the answering node's own. */
export const MAX_GIVEN = 8

/** Records of owners and admins, and of the asking person's other keys, that come first among them, at most, of each. */
export const GIVEN_FIRST = 2

/** Bytes of one frame: its records, and what is around them. */
export const MAX_FRAME = (MAX_GIVEN + 1) * (MAX_RECORD + 8) + 64

/** How long an ask may take, ms. */
export const ASK_TIMEOUT = 10_000

/** How long a dial may take, ms: as libp2p's own. */
export const DIAL_TIMEOUT = 10_000

/** Asks of one connection in a minute: of a member one for each party and more; of who is none in that party far less. */
export const MAX_ASKS = 256
export const MAX_STRANGERS_ASKS = 16

/** Asks of one connection that are being waited for. */
export const MAX_WAITING_ASKS = 16

/** Streams of one peer, at most: a link for each of its parties. */
export const MAX_INBOUND_STREAMS = 256

/** How long a connection that meeting opened stays without a link, ms: sync ends what it began. */
export const LINGER = 30_000

/** How long after members came it is planned anew, ms: by then who was admitted knows it, and most have asked by themselves; and of many newcomers one plan is made. */
export const NEWCOMERS_DELAY = 1_000

/** Names under which a party is found, at most: of its newest epochs. */
export const MAX_NAMES = 8

/** How long a name is served that is not the newest any more, ms, 90 days: who was away that long finds the others. */
export const NAME_LIFETIME = 7_776_000_000

/** Waits before members are asked for more records, ms: they double from the first up to the second. */
export const LOOK = [60_000, 3_600_000] as const
