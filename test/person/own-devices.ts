/** Devices of one person that meet without a network: real logs, records and links on stores of their own, which can be started again at any point. */
import { MemoryDatastore } from 'datastore-core'
import { defaultLogger } from '@libp2p/logger'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { randomBytes } from '@noble/hashes/utils.js'
import { forgetLog } from '../../src/log/forget.js'
import { keyOf, linkBytes, MembershipLog, personIdOf } from '../../src/log/index.js'
import { Household } from '../../src/person/household.js'
import { homeGenesis, makeHome } from '../../src/person/home.js'
import { recoveryKeysOf } from '../../src/person/recovery-keys.js'
import { LocalRecovery } from '../../src/person/recovery.js'
import { carryOut, planUnlinking, wouldBeVoid } from '../../src/person/unlinking.js'
import { wordsOf } from '../../src/person/words.js'
import { FakeClock } from '../../src/testing/index.js'
import { signedOps } from '../log/people.js'
import type { UnlinkOptions } from '../../src/index.js'
import type { Key, OpId, PartyKind, PersonId } from '../../src/log/index.js'
import type { PartyShelf, SeatedParty } from '../../src/person/interface.js'
import type { UnlinkingPlan, VoidedIn } from '../../src/person/unlinking.js'
import type { PeerId, PrivateKey } from '@libp2p/interface'
import type { Datastore } from 'interface-datastore'

/** 12 words, and what comes of them. */
export interface Words {
  entropy: Uint8Array
  text: string
  privateKey: PrivateKey
  key: Key
}

export async function newWords (): Promise<Words> {
  const entropy = randomBytes(16)
  const { privateKey } = await recoveryKeysOf(entropy)

  return { entropy, text: wordsOf(entropy).join(' '), privateKey, key: keyOf(privateKey) }
}

export const clock = new FakeClock()

export class OwnDevice {
  readonly privateKey: PrivateKey
  readonly datastore: Datastore
  readonly parties = new Map<OpId, SeatedParty>()
  readonly awaited = new Map<OpId, MembershipLog>()
  household!: Household
  readonly shelf: PartyShelf
  #running = new AbortController()

  private constructor (privateKey: PrivateKey, datastore: Datastore) {
    this.privateKey = privateKey
    this.datastore = datastore
    this.shelf = {
      parties: () => this.parties.values(),
      awaited: () => this.awaited.keys(),
      await: async (genesis) => {
        const log = await MembershipLog.begin(this, genesis)
        this.awaited.set(log.key, log)
      },
      forget: async (party) => {
        this.awaited.delete(party)
        await forgetLog(this.datastore, party)
      },
      isBarred: async () => false,
      catchUp: async () => {}
    }
  }

  static async create (datastore: Datastore = new MemoryDatastore()): Promise<OwnDevice> {
    return new OwnDevice(await generateKeyPair('Ed25519'), datastore)
  }

  get key (): Key { return keyOf(this.privateKey) }
  get peerId (): PeerId { return peerIdFromPrivateKey(this.privateKey) }
  get home (): MembershipLog { return this.household.home }

  /** The first device makes the home. */
  async begin (words: Words): Promise<this> {
    await this.#live(await makeHome(this, words.privateKey))

    return this
  }

  /** Another one is linked there, as by a PIN. */
  async join (by: OwnDevice, words: Words): Promise<this> {
    const acceptance = Uint8Array.from(await this.privateKey.sign(linkBytes(by.home.key, personIdOf(words.key, words.key), by.key)))
    const home = await MembershipLog.begin(this, await homeGenesis(words.privateKey))
    await by.home.append('LINK', { key: this.key, acceptance })
    await home.receive(signedOps(by.home))
    await this.#live(home)

    return this
  }

  async found (name: string, words: Words | undefined, kind: PartyKind = 'group'): Promise<MembershipLog> {
    const log = await MembershipLog.create(this, { name, kind, nonce: '00'.repeat(16), owners: [{ first: this.key, ...words == null ? {} : { recovery: words.key } }] })
    this.list(log)

    return log
  }

  list (log: MembershipLog): void {
    this.parties.set(log.key, { log, freshen: async () => {}, rotation: async () => undefined } as SeatedParty)
    this.household.links.look()
  }

  log (party: OpId): MembershipLog | undefined {
    return this.parties.get(party)?.log
  }

  /** The keys that stand in a party for the person whose key this is. */
  keysIn (party: OpId, of: Key = this.key): Key[] {
    const log = this.log(party)
    const person: PersonId | undefined = log?.member(of)?.person

    return person == null ? [] : log?.keysOf(person) ?? []
  }

  /** What it has to do is done. */
  async settled (): Promise<void> {
    await this.household.links.idle()

    for (const [key, log] of this.awaited) {
      if (log.member(this.key) != null) {
        this.awaited.delete(key)
        this.list(log)
        await this.household.links.idle()
      }
    }
  }

  /** Killed, and started again with its store. */
  async restart (): Promise<void> {
    this.#running.abort()
    this.#running = new AbortController()
    const parties = [...this.parties.keys()]
    const awaited = [...this.awaited.keys()]
    const home = await MembershipLog.open(this, this.home.key)

    for (const key of parties) {
      this.parties.set(key, { log: await MembershipLog.open(this, key), freshen: async () => {}, rotation: async () => undefined } as SeatedParty)
    }

    for (const key of awaited) {
      this.awaited.set(key, await MembershipLog.open(this, key))
    }

    await this.#live(home)
  }

  async plan (device: OwnDevice, options: UnlinkOptions = {}): Promise<UnlinkingPlan> {
    return planUnlinking(this.household, this.shelf, device.peerId, options)
  }

  async unlink (device: OwnDevice, options?: UnlinkOptions): Promise<UnlinkingPlan> {
    const plan = await this.plan(device, options)
    await carryOut(plan)
    await this.settled()

    return plan
  }

  async tryUnlink (device: OwnDevice, options?: UnlinkOptions): Promise<VoidedIn[]> {
    return wouldBeVoid(await this.plan(device, options))
  }

  async #live (home: MembershipLog): Promise<void> {
    const recovery = new LocalRecovery(this.datastore)
    await recovery.load(home.genesis.payload.owners[0]?.first)
    this.household = new Household(home, {
      datastore: this.datastore,
      privateKey: this.privateKey,
      connectionManager: { getConnections: () => [] } as never,
      clock,
      recovery,
      shelf: this.shelf,
      log: defaultLogger().forComponent('test'),
      changed: () => {},
      signal: this.#running.signal
    })
    await this.household.load()
    this.household.links.look()
    await this.settled()
  }
}

/** Two meet until neither has anything new for the other. Each is served only where its key stands, or where it is a sibling that waits. */
export async function meet (one: OwnDevice, other: OwnDevice): Promise<void> {
  for (let before = ''; before !== stateOf(one) + stateOf(other);) {
    before = stateOf(one) + stateOf(other)

    for (const [from, to] of [[one, other], [other, one]] as const) {
      await from.settled()
      await give(from, to)
      await to.settled()
    }
  }
}

async function give (from: OwnDevice, to: OwnDevice): Promise<void> {
  if (from.home.standingOf(to.key).is !== 'stranger') {
    await to.home.receive(signedOps(from.home))
    const sealed = await Promise.all([...from.household.records.entries()].map(async ({ key }) => from.household.records.get(key)))
    await to.household.records.keep(sealed.flatMap(bytes => bytes ?? []))
  }

  for (const [key, { log }] of from.parties) {
    if (log.standingOf(to.key).is !== 'stranger') {
      await (to.log(key) ?? to.awaited.get(key))?.receive(signedOps(log))
    }
  }
}

/** What a device has and shows. */
function stateOf ({ home, household, parties, awaited }: OwnDevice): string {
  return JSON.stringify([home.size, [...household.records.entries()], [...parties.values()].map(({ log }) => [log.key, log.size]), [...awaited.values()].map(({ key, size }) => [key, size])])
}
