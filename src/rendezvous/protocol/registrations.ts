/** What a rendezvous point holds: in memory to be read, in its datastore to outlive a restart. */
import { Key } from 'interface-datastore'
import { base32nopad } from '@scure/base'
import { utf8ToBytes } from '@noble/hashes/utils.js'
import { Shares } from '../../limits/shares.js'
import { Stored } from './pb/message.js'
import type { Holder } from '../../limits/shares.js'
import type { Datastore } from 'interface-datastore'

/** Its origin is that of the connection on which it came last. */
export interface Registration extends Holder {
  ns: string
  /** The envelope as it came. */
  record: Uint8Array
  /** Of the record: a peer's newest counts. */
  seqNumber: bigint
  /** ms since 1970 */
  expiresAt: number
  /** Grows with each registration of this run: cookies are made of it. */
  number: number
}

const PREFIX = new Key('/rendezvous/registration')

export class Registrations {
  readonly #datastore: Datastore
  /** By namespace, then by peer; each in the order of their numbers. */
  readonly #spaces = new Map<string, Map<string, Registration>>()
  readonly #shares = new Shares<Registration>()
  #number = 0

  constructor (datastore: Datastore) {
    this.#datastore = datastore
  }

  get size (): number { return this.#shares.size }

  countOf (peer: string): number {
    return this.#shares.ofPeer(peer)
  }

  get (ns: string, peer: string): Registration | undefined {
    return this.#spaces.get(ns)?.get(peer)
  }

  /** Which one makes room for a newcomer's (docs/rendezvous.md, "Who gives up a place"); undefined: none. */
  yielding (newcomer: Holder, connected: ReadonlySet<string>): Registration | undefined {
    return this.#shares.yielding(newcomer, ({ peer }) => !connected.has(peer))
  }

  /** Those of one namespace, or of all, past a number, oldest first. */
  * since (ns: string | undefined, number: number): Iterable<Registration> {
    if (ns == null) {
      yield * [...this.#spaces.values()].flatMap(space => [...space.values()]).filter(registration => registration.number > number).sort((a, b) => a.number - b.number)
      return
    }

    for (const registration of this.#spaces.get(ns)?.values() ?? []) {
      if (registration.number > number) {
        yield registration
      }
    }
  }

  /** Durable first, then visible. */
  async put (registration: Omit<Registration, 'number'>): Promise<void> {
    const { ns, peer, origin, record, expiresAt } = registration
    await this.#datastore.put(keyOf(ns, peer), Stored.encode({ ns, signedPeerRecord: record as Uint8Array<ArrayBuffer>, expiresAt, origin }))
    this.#set(registration)
  }

  async delete (ns: string, peer: string): Promise<void> {
    this.#unset(ns, peer)
    await this.#datastore.delete(keyOf(ns, peer))
  }

  /** Forgets what has lapsed. */
  async expire (now: number): Promise<void> {
    const lapsed = [...this.since(undefined, 0)].filter(({ expiresAt }) => expiresAt <= now)

    for (const { ns, peer } of lapsed) {
      await this.delete(ns, peer)
    }
  }

  /**
   * Reads what was stored.
   *
   * @param open - Whose record it is; throws for one that is damaged
   */
  async load (now: number, open: (record: Uint8Array) => Promise<{ peer: string, seqNumber: bigint }>): Promise<void> {
    const bad: Key[] = []

    for await (const { key, value } of this.#datastore.query({ prefix: PREFIX.toString() })) {
      try {
        const { ns, signedPeerRecord, expiresAt, origin } = Stored.decode(value)

        if (expiresAt <= now) {
          bad.push(key)
        } else {
          this.#set({ ns, record: signedPeerRecord, expiresAt, origin, ...await open(signedPeerRecord) })
        }
      } catch {
        bad.push(key)
      }
    }

    for (const key of bad) {
      await this.#datastore.delete(key)
    }
  }

  clear (): void {
    this.#spaces.clear()
    this.#shares.clear()
  }

  #set (registration: Omit<Registration, 'number'>): void {
    const { ns, peer } = registration
    // a registration that is renewed goes to the end
    this.#unset(ns, peer)
    const space = this.#spaces.get(ns) ?? new Map<string, Registration>()
    const numbered = { ...registration, number: ++this.#number }
    space.set(peer, numbered)
    this.#spaces.set(ns, space)
    this.#shares.add(numbered)
  }

  #unset (ns: string, peer: string): void {
    const space = this.#spaces.get(ns)
    const registration = space?.get(peer)

    if (space == null || registration == null) {
      return
    }

    this.#shares.delete(registration)
    space.delete(peer)

    if (space.size === 0) {
      this.#spaces.delete(ns)
    }
  }
}

function keyOf (ns: string, peer: string): Key {
  return PREFIX.child(new Key(`${base32nopad.encode(utf8ToBytes(ns))}/${peer}`))
}
