/**
 * With whom of its parties' members this node keeps links (docs/meeting.md, "Whom a
 * node keeps"): a link is agreed by both ends, and what is new goes over links. Times are
 * those of `Clock.elapsed`: a clock that is set neither holds up a dial nor calls for one. Pure.
 */
import { Backoff } from './backoff.js'
import { ALONE, ASKERS_PER_HOST, GIVE_WAY, HOST_PLACES, MAX_LINKS, MAX_MEMBERS, MAX_OPENING, REDRAW, REFRESH, SIBLING_PLACES, TARGET_LINKS } from './constants.js'
import type { Key, OpId } from '../../log/index.js'

/** What a member's key is to this node: of the same person; of an owner or admin; of anybody else. */
export type Kin = 'sibling' | 'host' | 'other'

/** A member who is connected, or of whom it is known where to dial. */
export interface Candidate {
  key: Key
  is: Kin
}

/** What the policy asks about a party. */
export interface Roster {
  readonly party: OpId
  /** Members, this node's among them. */
  readonly size: number
  /** Owners and admins. */
  readonly hosts: number
  /** Without this node's own key. */
  candidates (): readonly Candidate[]
}

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

interface PartyState {
  roster: Roster
  readonly links: Set<Key>
  /** Those that are being asked. */
  readonly opening: Set<Key>
  /** Links no longer, and their other ends are still to be told. */
  readonly leaving: Set<Key>
  /** Does this node try to have owners or admins among its links? */
  seeksHosts: boolean
  redrawAt: number
  /** The one that was drawn to take another's place. */
  drawn: Key | undefined
  /** When a link may go for one who is alone, again, ms. */
  givesWayAt: number
}

export class Policy {
  readonly #random: () => number
  readonly #backoff: Backoff
  readonly #parties = new Map<OpId, PartyState>()
  /** Those that are asked while something changed: that it failed says nothing of how it is now. */
  readonly #revived = new Set<Key>()

  /** @param random - 0 ≤ x < 1 */
  constructor (random: () => number = Math.random) {
    this.#random = random
    this.#backoff = new Backoff(random)
  }

  add (roster: Roster, now: number): void {
    const state = { roster, links: new Set<Key>(), opening: new Set<Key>(), leaving: new Set<Key>(), seeksHosts: false, redrawAt: 0, drawn: undefined, givesWayAt: 0 }
    this.#parties.set(roster.party, state)
    this.#draw(state, now)
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
    const plan: Plan = { open: [], drop: this.#leave(), lacking: [], wakeAt: undefined }
    const ready = new Map([...this.#parties.values()].map(state => [state, this.#ready(state, now, plan)]))
    let waiting = [...ready.keys()]

    // one each, those with the fewest first, and again: so a node's places are shared
    while (waiting.length > 0) {
      waiting = shuffled(waiting, this.#random).sort((a, b) => engaged(a) - engaged(b)).filter((state) => {
        const key = this.#opening() < MAX_OPENING ? this.#next(state, ready.get(state) ?? [], now) : undefined

        if (key != null) {
          plan.open.push({ party: state.roster.party, key, alone: state.links.size < ALONE })
          state.opening.add(key)
        }

        return key != null
      })
    }

    for (const [state, candidates] of ready) {
      if (engaged(state) < TARGET_LINKS && candidates.length === 0 && engaged(state) < state.roster.size - 1) {
        plan.lacking.push(state.roster.party)
      }

      if (state.links.size >= TARGET_LINKS) {
        plan.wakeAt = earlier(plan.wakeAt, Math.max(state.redrawAt, now + 1))
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
    const state = this.#parties.get(party)

    if (state == null) {
      return false
    }

    const isFull = !state.links.has(key) && state.links.size >= MAX_LINKS
    const isOver = !this.isLinked(key) && this.#members().size >= MAX_MEMBERS

    if (isFull || isOver) {
      const from = isFull ? state : this.#richest()

      if (!alone || from == null || now < from.givesWayAt) {
        return false
      }

      from.givesWayAt = now + GIVE_WAY
      this.#release(from)
    }

    state.links.add(key)
    state.leaving.delete(key)
    this.#backoff.succeeded(key)

    return true
  }

  /** One that was asked gave a link. */
  linked (party: OpId, key: Key): void {
    const state = this.#parties.get(party)
    this.#revived.delete(key)
    this.#backoff.succeeded(key)

    if (state != null) {
      state.opening.delete(key)
      state.links.add(key)

      if ((state.drawn === key && state.links.size > TARGET_LINKS) || state.links.size > MAX_LINKS) {
        this.#release(state, key)
      }
    }
  }

  /** One that was asked gave none, for this party. */
  refused (party: OpId, key: Key, now: number): void {
    this.#parties.get(party)?.opening.delete(key)
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
    this.#parties.forEach(({ opening }) => { opening.delete(key) })

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
    const state = this.#parties.get(party)

    if (state != null) {
      state.links.delete(key)
      state.leaving.delete(key)
    }

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
    this.#parties.forEach((state) => {
      state.opening.forEach(key => this.#revived.add(key))
      state.redrawAt = Math.min(state.redrawAt, now + this.#random() * REFRESH)
    })
  }

  /** Links that went, told of once. */
  #leave (): Choice[] {
    return [...this.#parties.values()].flatMap(({ roster: { party }, leaving }) => {
      const keys = [...leaving]
      leaving.clear()

      return keys.map(key => ({ party, key }))
    })
  }

  /** Whom this party may ask now; when others may be, is told to the plan. */
  #ready (state: PartyState, now: number, plan: Plan): Candidate[] {
    const { roster, links, opening } = state
    const isDue = state.links.size >= TARGET_LINKS && state.redrawAt <= now

    if (engaged(state) >= TARGET_LINKS && !isDue) {
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
  #next (state: PartyState, ready: Candidate[], now: number): Key | undefined {
    const isRedrawn = engaged(state) >= TARGET_LINKS

    if (isRedrawn) {
      if (state.redrawAt > now || state.links.size < TARGET_LINKS) {
        return undefined
      }

      this.#draw(state, now)
    }

    const members = this.#members()
    const isFull = members.size >= MAX_MEMBERS
    // a member with whom there is a link for another party takes no further place
    const free = isFull ? ready.filter(({ key }) => members.has(key)) : ready
    const kin = this.#wanted(state, free, isRedrawn)
    const ofKin = free.filter(({ is }) => kin == null || is === kin)
    const chosen = ofKin[Math.floor(this.#random() * ofKin.length)]

    if (chosen == null) {
      if (isFull && engaged(state) === 0 && ready.length > 0) {
        this.#makeRoom()
      }

      return undefined
    }

    ready.splice(ready.indexOf(chosen), 1)
    state.drawn = isRedrawn ? chosen.key : state.drawn

    return chosen.key
  }

  /** Of whom the next one is; undefined: anybody. */
  #wanted ({ roster, links, opening, seeksHosts }: PartyState, free: Candidate[], isRedrawn: boolean): Kin | undefined {
    if (isRedrawn) {
      return undefined
    }

    const has = (kin: Kin): number => roster.candidates().filter(({ key, is }) => is === kin && (links.has(key) || opening.has(key))).length
    const isThere = (kin: Kin): boolean => free.some(({ is }) => is === kin)

    if (isThere('sibling') && has('sibling') < SIBLING_PLACES) {
      return 'sibling'
    }

    return seeksHosts && isThere('host') && has('host') < HOST_PLACES ? 'host' : undefined
  }

  /** A party without any link needs a place: the one with the most gives one. */
  #makeRoom (): void {
    const richest = this.#richest()

    if (richest != null && richest.links.size > Math.max(1, Math.floor(MAX_MEMBERS / this.#parties.size))) {
      this.#release(richest)
    }
  }

  #richest (): PartyState | undefined {
    return [...this.#parties.values()].filter(({ links }) => links.size > 0)
      .reduce<PartyState | undefined>((most, state) => most == null || state.links.size > most.links.size ? state : most, undefined)
  }

  /** One link of a party goes, by lot: of one who is neither sibling nor host, where there is one. */
  #release ({ roster, links, leaving, drawn }: PartyState, but = drawn): void {
    const kin = new Map(roster.candidates().map(({ key, is }) => [key, is]))
    const all = [...links].filter(key => key !== but)
    const others = all.filter(key => (kin.get(key) ?? 'other') === 'other')
    const from = others.length > 0 ? others : all
    const gone = from[Math.floor(this.#random() * from.length)]

    if (gone != null) {
      links.delete(gone)
      leaving.add(gone)
    }
  }

  /** Lots for the next while. */
  #draw (state: PartyState, now: number): void {
    const { size, hosts } = state.roster
    state.seeksHosts = this.#random() * size < ASKERS_PER_HOST * hosts
    state.redrawAt = now + REDRAW[0] + this.#random() * REDRAW[1]
    state.drawn = undefined
  }

  #members (): Set<Key> {
    return new Set([...this.#parties.values()].flatMap(({ links, opening }) => [...links, ...opening]))
  }

  #opening (): number {
    return [...this.#parties.values()].reduce((sum, { opening }) => sum + opening.size, 0)
  }
}

/** Links that are there, or asked for. */
function engaged ({ links, opening }: PartyState): number {
  return links.size + opening.size
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
