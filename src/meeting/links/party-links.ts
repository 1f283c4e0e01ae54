/**
 * The links of one party: with whom this node has them, whom it asks for one, and
 * which goes (docs/meeting.md, "Whom a node keeps"). Times are those of `Clock.elapsed`. Pure.
 */
import { ALONE, ASKERS_PER_HOST, HOST_PLACES, MAX_LINKS, REDRAW, REFRESH, SIBLING_PLACES, TARGET_LINKS } from './constants.js'
import type { Key, OpId } from '../../log/index.js'

/** What a member's key is to this node: of the same person; of an owner or admin; of anybody else. */
export type Kin = 'sibling' | 'host' | 'other'

/** A member who is connected, or of whom it is known where to dial. */
export interface Candidate {
  key: Key
  is: Kin
}

/** Who is in the party. */
export interface Roster {
  readonly party: OpId
  /** Members, this node's among them. */
  readonly size: number
  /** Owners and admins. */
  readonly hosts: number
  /** Without this node's own key. */
  candidates (): readonly Candidate[]
}

export class PartyLinks {
  readonly roster: Roster
  /** When a link may go for one who is alone, again, ms. */
  givesWayAt = 0
  readonly #random: () => number
  readonly #links = new Set<Key>()
  /** Those that are being asked. */
  readonly #opening = new Set<Key>()
  /** Links no longer, and their other ends are still to be told. */
  readonly #leaving = new Set<Key>()
  /** Does this node try to have owners or admins among its links? */
  #seeksHosts = false
  #redrawAt = 0
  /** The one that was drawn to take another's place. */
  #drawn: Key | undefined

  /** @param random - 0 ≤ x < 1 */
  constructor (roster: Roster, random: () => number, now: number) {
    this.roster = roster
    this.#random = random
    this.#draw(now)
  }

  get links (): ReadonlySet<Key> { return this.#links }

  /** Those that are being asked. */
  get opening (): ReadonlySet<Key> { return this.#opening }

  /** Links that are there, or asked for. */
  get engaged (): number { return this.#links.size + this.#opening.size }

  /** Has this node hardly any? */
  get isAlone (): boolean { return this.#links.size < ALONE }

  /** When one is drawn anew, ms; undefined: not before there are enough. */
  get redrawAt (): number | undefined {
    return this.#links.size < TARGET_LINKS ? undefined : this.#redrawAt
  }

  /** Is one more to be asked? It lacks links, or one is to be drawn anew. */
  seeks (now: number): boolean {
    return this.engaged < TARGET_LINKS || (this.redrawAt ?? Number.POSITIVE_INFINITY) <= now
  }

  /** Who of these is asked next. */
  choose (free: readonly Candidate[], now: number): Candidate | undefined {
    const isRedrawn = this.engaged >= TARGET_LINKS

    if (isRedrawn) {
      this.#draw(now)
    }

    const kin = isRedrawn ? undefined : this.#wanted(free)
    const ofKin = free.filter(({ is }) => kin == null || is === kin)
    const chosen = ofKin[Math.floor(this.#random() * ofKin.length)]
    this.#drawn = isRedrawn && chosen != null ? chosen.key : this.#drawn

    return chosen
  }

  asked (key: Key): void {
    this.#opening.add(key)
  }

  /** One that was asked gave none, or could not be reached. */
  unlinked (key: Key): void {
    this.#opening.delete(key)
  }

  /** One that was asked gave a link. */
  linked (key: Key): void {
    this.#opening.delete(key)
    this.#links.add(key)

    if ((this.#drawn === key && this.#links.size > TARGET_LINKS) || this.#links.size > MAX_LINKS) {
      this.release(key)
    }
  }

  /** This node gave one. */
  given (key: Key): void {
    this.#links.add(key)
    this.#leaving.delete(key)
  }

  /** A link ended. */
  ended (key: Key): void {
    this.#links.delete(key)
    this.#leaving.delete(key)
  }

  /** One link goes, by lot: of one who is neither sibling nor host, where there is one. */
  release (but = this.#drawn): void {
    const kin = new Map(this.roster.candidates().map(({ key, is }) => [key, is]))
    const all = [...this.#links].filter(key => key !== but)
    const others = all.filter(key => (kin.get(key) ?? 'other') === 'other')
    const from = others.length > 0 ? others : all
    const gone = from[Math.floor(this.#random() * from.length)]

    if (gone != null) {
      this.#links.delete(gone)
      this.#leaving.add(gone)
    }
  }

  /** Links that went, told of once. */
  left (): Key[] {
    const keys = [...this.#leaving]
    this.#leaving.clear()

    return keys
  }

  /** The party may have come apart: one is drawn anew soon. */
  refresh (now: number): void {
    this.#redrawAt = Math.min(this.#redrawAt, now + this.#random() * REFRESH)
  }

  /** Of whom the next one is; undefined: anybody. */
  #wanted (free: readonly Candidate[]): Kin | undefined {
    const has = (kin: Kin): number => this.roster.candidates().filter(({ key, is }) => is === kin && (this.#links.has(key) || this.#opening.has(key))).length
    const isThere = (kin: Kin): boolean => free.some(({ is }) => is === kin)

    if (isThere('sibling') && has('sibling') < SIBLING_PLACES) {
      return 'sibling'
    }

    return this.#seeksHosts && isThere('host') && has('host') < HOST_PLACES ? 'host' : undefined
  }

  /** Lots for the next while. */
  #draw (now: number): void {
    const { size, hosts } = this.roster
    this.#seeksHosts = this.#random() * size < ASKERS_PER_HOST * hosts
    this.#redrawAt = now + REDRAW[0] + this.#random() * REDRAW[1]
    this.#drawn = undefined
  }
}
