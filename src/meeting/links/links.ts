/** Links as they begin and end: members are asked for one, or ask; the policy is told of each, and so is who listens. */
import { LinkStreams } from './link-streams.js'
import { Wanted } from './frames.js'
import type { Dials } from './dials.js'
import type { Exchange, LinkStream } from './exchange.js'
import type { Meetable } from './interface.js'
import type { Choice, Policy } from './policy.js'
import type { Clock } from '../../async/clock.js'
import type { OpId } from '../../log/index.js'
import type { Logger } from '@libp2p/interface'

export interface LinksInit {
  clock: Clock
  log: Logger
  policy: Policy
  exchange: Exchange
  dials: Dials
  /** A party of this node's, while members of it are met. */
  party: (id: OpId) => Meetable | undefined
  /** Takes what goes on meanwhile, and says what failed of it. */
  background: (work: Promise<void>) => void
  /** There may be something to do. */
  onChange: () => void
  /** A party's links are others. */
  onLinks: (party: OpId) => void
}

export class Links {
  readonly #init: LinksInit
  readonly #streams = new LinkStreams()

  constructor (init: LinksInit) {
    this.#init = init
  }

  /** Asks a member for a link, dialling it where it has to be. @param alone - This node has hardly any */
  async open ({ party: id, key }: Choice, alone: boolean, signal: AbortSignal): Promise<void> {
    const { clock, log, policy, exchange, dials, party: find, onChange } = this.#init
    const party = find(id)

    try {
      const connection = await dials.dial(key, { signal })

      try {
        // it may have been removed while it was dialled
        const link = party?.kinOf(key) == null ? undefined : await exchange.ask(connection, key, party, alone ? Wanted.ALONE : Wanted.LINK, { signal })

        if (link == null || find(id) !== party || party?.kinOf(key) == null) {
          link?.stream.abort(new DOMException('The link is wanted no more', 'AbortError'))
          policy.refused(id, key, clock.elapsed())
        } else {
          policy.linked(id, key)
          this.#hold(link)
        }
      } catch (err) {
        log('a member gave no link - %e', err)
        policy.refused(id, key, clock.elapsed())
      }
    } catch (err) {
      log('could not dial a member - %e', err)
      policy.failed(key, clock.elapsed())
    } finally {
      dials.letGo(key)
      onChange()
    }
  }

  /** A member asked. */
  answered (link: LinkStream | undefined): void {
    const { policy, onChange } = this.#init

    if (link != null && policy.linksOf(link.party).has(link.key)) {
      this.#hold(link)
    } else {
      // it was given, and went again meanwhile
      link?.stream.abort(new DOMException('The link is wanted no more', 'AbortError'))
    }

    onChange()
  }

  /** Ends a link that the policy has let go. */
  drop ({ party, key }: Choice): void {
    this.#streams.close(party, key)
    this.#init.dials.letGo(key)
    this.#told(party)
  }

  #hold (link: LinkStream): void {
    const { clock, policy, dials, background } = this.#init
    const { party, key } = link
    background(this.#streams.hold(link).then((how) => {
      if (how != null) {
        policy.ended(party, key, clock.elapsed(), how === 'closed')
        dials.letGo(key)
        this.#told(party)
      }
    }))
    this.#told(party)
  }

  #told (party: OpId): void {
    this.#init.onLinks(party)
    this.#init.onChange()
  }
}
