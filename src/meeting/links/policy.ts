/**
 * With whom of its parties' members this node keeps links, over all parties (docs/meeting.md,
 * "Whom a node keeps"): a link is agreed by both ends, and what is new goes over links. Times are
 * those of `Clock.elapsed`: a clock that is set neither holds up a dial nor calls for one. Pure.
 */
import { Backoff } from './backoff.js'
import { GIVE_WAY, MAX_LINKS, MAX_MEMBERS, MAX_OPENING, TARGET_LINKS } from './constants.js'
import { PartyLinks } from './party-links.js'
import type { Key, OpId } from '../../log/index.js'
import type { Candidate, Roster } from './party-links.js'

export interface Choice {
  party: OpId
  key: Key
}

/** What is to be done now. */
export interface Plan {
  /** Ask these for a link, dialling them where they are not connected. `alone`: this node has hardly any. */
  open: Array<Choice & { alone: boolean }>
  /** Links to end. */
  drop: Choice[]
  /** Parties that lack links, and have asked all whom they know. */
  lacking: OpId[]
  /** When to plan again, by the same clock as `now`, ms; undefined: when something happens. */
  wakeAt: number | undefined
}

export class Policy {
  readonly #random: () => number
  readonly #backoff: Backoff
  readonly #parties = new Map<OpId, PartyLinks>()
  /** Those that are asked while something changed: that it failed says nothing of how it is now. */
  readonly #revived = new Set<Key>()

  /** @param random - 0 ≤ x < 1 */
  constructor (random: () => number = Math.random) {
    this.#random = random
    this.#backoff = new Backoff(random)
  }

  add (roster: Roster, now: number): void {
    this.#parties.set(roster.party, new PartyLinks(roster, this.#random, now))
  }

  remove (party: OpId): void {
    this.#parties.delete(party)
  }

  /** Those with whom this node has a link in this party. */
  linksOf (party: OpId): ReadonlySet<Key> {
    return this.#parties.get(party)?.links ?? new Set()
  }

  /** Has this node a link with this key, in any party? */
  isLinked (key: Key): boolean {
    return [...this.#parties.values()].some(({ links }) => links.has(key))
  }

  /** What to do now; those of `open` count as asked until `linked`, `refused` or `failed` is told of them. */
  plan (now: number): Plan {
    const plan: Plan = { open: [], drop: this.#left(), lacking: [], wakeAt: undefined }
    const ready = new Map([...this.#parties.values()].map(of => [of, this.#ready(of, now, plan)]))
    let waiting = [...ready.keys()]

    // one each, those with the fewest first, and again: so a node's places are shared
    while (waiting.length > 0) {
      waiting = shuffled(waiting, this.#random).sort((a, b) => a.engaged - b.engaged).filter((of) => {
        const key = this.#opening() < MAX_OPENING ? this.#next(of, ready.get(of) ?? [], now) : undefined

        if (key != null) {
          plan.open.push({ party: of.roster.party, key, alone: of.isAlone })
          of.asked(key)
        }

        return key != null
      })
    }

    for (const [{ engaged, redrawAt, roster }, candidates] of ready) {
      if (engaged < TARGET_LINKS && candidates.length === 0 && engaged < roster.size - 1) {
        plan.lacking.push(roster.party)
      }

      if (redrawAt != null) {
        plan.wakeAt = earlier(plan.wakeAt, Math.max(redrawAt, now + 1))
      }
    }

    return plan
  }

  /**
   * A member asks for a link: is it given? What goes in its place is in the next plan.
   *
   * @param alone - It has hardly any
   */
  offered (party: OpId, key: Key, alone: boolean, now: number): boolean {
    const asked = this.#parties.get(party)

    if (asked == null) {
      return false
    }

    const isFull = !asked.links.has(key) && asked.links.size >= MAX_LINKS
    const isOver = !this.isLinked(key) && this.#members().size >= MAX_MEMBERS

    if (isFull || isOver) {
      const from = isFull ? asked : this.#richest()

      if (!alone || from == null || now < from.givesWayAt) {
        return false
      }

      from.givesWayAt = now + GIVE_WAY
      from.release()
    }

    asked.given(key)
    this.#backoff.succeeded(key)

    return true
  }

  /** One that was asked gave a link. */
  linked (party: OpId, key: Key): void {
    this.#revived.delete(key)
    this.#backoff.succeeded(key)
    this.#parties.get(party)?.linked(key)
  }

  /** One that was asked gave none, for this party. */
  refused (party: OpId, key: Key, now: number): void {
    this.#parties.get(party)?.unlinked(key)
    this.#revived.delete(key)
    this.#backoff.succeeded(key)
    this.#backoff.failed(pairOf(party, key), now)
  }

  /** These are not asked for this party before, ms. */
  wait (party: OpId, keys: Key[], until: number, now: number): void {
    keys.forEach(key => { this.#backoff.wait(pairOf(party, key), until, now) })
  }

  /** One could not be reached. */
  failed (key: Key, now: number): void {
    this.#parties.forEach((of) => { of.unlinked(key) })

    if (!this.#revived.delete(key)) {
      this.#backoff.failed(key, now)
    }
  }

  /**
   * A link ended.
   *
   * @param dropped - The other side wanted it so: it is not asked again at once
   */
  ended (party: OpId, key: Key, now: number, dropped = false): void {
    this.#parties.get(party)?.ended(key)

    // who gives links and takes them away again has too many who ask
    if (dropped) {
      this.#backoff.failed(pairOf(party, key), now)
    } else {
      this.#backoff.succeeded(pairOf(party, key))
    }
  }

  /** Somebody may be where it was not: it is tried at once. */
  retry (key: Key): void {
    this.#backoff.succeeded(key)

    if ([...this.#parties.values()].some(({ opening }) => opening.has(key))) {
      this.#revived.add(key)
    }
  }

  /** The network is another one: all may be tried at once, and in each party a link is drawn anew soon, as the party may have come apart. */
  refresh (now: number): void {
    this.#backoff.clear()
    this.#parties.forEach((of) => {
      of.opening.forEach(key => this.#revived.add(key))
      of.refresh(now)
    })
  }

  /** Links that went, told of once. */
  #left (): Choice[] {
    return [...this.#parties].flatMap(([party, of]) => of.left().map(key => ({ party, key })))
  }

  /** Whom this party may ask now; when others may be, is told to the plan. */
  #ready (of: PartyLinks, now: number, plan: Plan): Candidate[] {
    const { roster, links, opening } = of

    if (!of.seeks(now)) {
      return []
    }

    return roster.candidates().filter(({ key }) => {
      const at = this.#backoff.readyAt(key, now) ?? this.#backoff.readyAt(pairOf(roster.party, key), now)
      const isFree = !links.has(key) && !opening.has(key)

      if (at != null && isFree) {
        plan.wakeAt = earlier(plan.wakeAt, at)
      }

      return at == null && isFree
    })
  }

  /** Who is asked next for a party; taken out of those that are ready. */
  #next (of: PartyLinks, ready: Candidate[], now: number): Key | undefined {
    if (!of.seeks(now)) {
      return undefined
    }

    const members = this.#members()
    const isFull = members.size >= MAX_MEMBERS
    // a member with whom there is a link for another party takes no further place
    const free = isFull ? ready.filter(({ key }) => members.has(key)) : ready
    const chosen = of.choose(free, now)

    if (chosen != null) {
      ready.splice(ready.indexOf(chosen), 1)
    } else if (isFull && of.engaged === 0 && ready.length > 0) {
      this.#makeRoom()
    }

    return chosen?.key
  }

  /** A party without any link needs a place: the one with the most gives one. */
  #makeRoom (): void {
    const richest = this.#richest()

    if (richest != null && richest.links.size > Math.max(1, Math.floor(MAX_MEMBERS / this.#parties.size))) {
      richest.release()
    }
  }

  #richest (): PartyLinks | undefined {
    return [...this.#parties.values()].filter(({ links }) => links.size > 0)
      .reduce<PartyLinks | undefined>((most, of) => most == null || of.links.size > most.links.size ? of : most, undefined)
  }

  #members (): Set<Key> {
    return new Set([...this.#parties.values()].flatMap(({ links, opening }) => [...links, ...opening]))
  }

  #opening (): number {
    return [...this.#parties.values()].reduce((sum, { opening }) => sum + opening.size, 0)
  }
}

function pairOf (party: OpId, key: Key): string {
  return `${party} ${key}`
}

function earlier (one: number | undefined, other: number): number {
  return one == null ? other : Math.min(one, other)
}

/** In an order by lot. */
function shuffled <T> (items: T[], random: () => number): T[] {
  return items.map(item => ({ item, lot: random() })).sort((a, b) => a.lot - b.lot).map(({ item }) => item)
}
