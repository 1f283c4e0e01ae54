/** The streams that are links: while one of a link is open, the link is. */
import type { Key, OpId } from '../../log/index.js'
import type { LinkStream } from './exchange.js'

export class LinkStreams {
  /** By party and key; two where both ends asked at once. */
  readonly #open = new Map<string, Set<LinkStream>>()

  /** @returns Resolves when this stream has ended: with how, where the link ended by that */
  async hold (link: LinkStream): Promise<'closed' | 'lost' | undefined> {
    const name = nameOf(link.party, link.key)
    const streams = this.#open.get(name) ?? new Set()
    this.#open.set(name, streams.add(link))
    const how = await link.ended
    link.stream.abort(new DOMException('The link ended', 'AbortError'))
    streams.delete(link)

    if (streams.size > 0 || this.#open.get(name) !== streams) {
      return undefined
    }

    this.#open.delete(name)

    return how
  }

  /** Ends a link here and there. */
  close (party: OpId, key: Key): void {
    const streams = [...this.#open.get(nameOf(party, key)) ?? []]
    this.#open.delete(nameOf(party, key))
    streams.forEach(({ stream }) => { stream.close().catch((err: unknown) => { stream.abort(err as Error) }) })
  }
}

function nameOf (party: OpId, key: Key): string {
  return `${party} ${key}`
}
