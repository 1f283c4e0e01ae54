/** The parties of this node: how each comes to be here (made, joined, read back), and is kept with its members. They outlive a stop: the next start makes them live again. */
import { DamagedRecordError, NotPermittedError } from '../errors.js'
import type { JoinInit } from '../admission/joining.js'
import type { CreatePartyInit } from '../interface/index.js'
import type { AnyGrant, AnyOp, Key, MembershipLog, OpId } from '../log/index.js'
import type { RecordSet } from '../sync/index.js'
import type { MemberNetwork } from './member-network.js'
import type { PartyMaker, PartyMakerInit } from './party-maker.js'
import type { LocalParty, PartyInit } from './party.js'
import type { AbortOptions } from '@libp2p/interface'

export interface PartyTableInit extends PartyMakerInit {
  network: MemberNetwork
  /** Is this log, just opened, one that is not listed? @throws {StorageError} */
  isUnlisted: (log: MembershipLog) => Promise<boolean>
  /** There is one more. */
  onParty: () => void
}

export class PartyTable {
  readonly #init: PartyTableInit
  readonly #listed = new Map<OpId, LocalParty>()
  /** Those that this start has read back. */
  readonly #restored = new Set<OpId>()
  #maker: PartyMaker | undefined

  constructor (init: PartyTableInit) {
    this.#init = init
  }

  get (key: OpId): LocalParty | undefined { return this.#listed.get(key) }
  get all (): LocalParty[] { return [...this.#listed.values()] }
  get logs (): MembershipLog[] { return this.all.map(({ log }) => log) }

  /** A party of which this node's person is the owner. @throws {StorageError} */
  async create (init: CreatePartyInit, options?: AbortOptions): Promise<LocalParty> {
    const party = await this.add(await (await this.#load()).create(init, options), 'new')
    await party.beginKey()

    return party
  }

  /** What is lost here, and this node signed then, comes by sync, before it signs anything. @throws {StorageError} */
  async join (grant: AnyGrant | AnyOp<'GENESIS'>, init: JoinInit): Promise<LocalParty> {
    return this.#init.loading.inTurn(async () => this.#join(grant, init))
  }

  async #join (grant: AnyGrant | AnyOp<'GENESIS'>, { isReturn, secrets }: JoinInit): Promise<LocalParty> {
    const isWhole = 'genesis' in grant
    const known = this.#listed.get(isWhole ? grant.genesis.id : grant.id)

    if (known != null) {
      await (isWhole ? known.log.rejoin(grant) : undefined)
      await known.take(secrets)

      return known
    }

    const log = await (await this.#load()).join(grant, secrets)
    const party = await this.add(log, isReturn ? 'stored' : 'new')

    if (isReturn) {
      party.invitations.begin()
    }

    return party
  }

  /** A start begins: none is read back yet. */
  begin (): void {
    this.#restored.clear()
  }

  /** Those that are in the store, but for those that this start has read back already. @throws {StorageError} */
  async restore (keys: Iterable<OpId>, signal: AbortSignal): Promise<void> {
    for (const key of keys) {
      // the rest is loaded by the next start
      if (signal.aborted) {
        return
      }

      if (!this.#restored.has(key)) {
        await this.#restore(key).catch((err: unknown) => {
          // without its GENESIS it is no party; the others are
          if (!(err instanceof DamagedRecordError)) {
            throw err
          }

          this.#init.damaged([err])
        })
        this.#restored.add(key)
      }
    }
  }

  /** It is none of this node's any more. */
  delete ({ key }: LocalParty): void {
    this.#listed.delete(key)
    this.#restored.delete(key)
    this.#maker?.forgotten(key)
  }

  /** @param isKept - Members keep it together already */
  async add (log: MembershipLog, origin: PartyInit['origin'], isKept = false): Promise<LocalParty> {
    const { app, network, onParty } = this.#init
    const party = await (await this.#load()).listed(log, origin)

    if (origin === 'new') {
      party.invitations.begin()
    }

    this.#listed.set(log.key, party)

    if (isKept) {
      network.listed(log.key)
    } else {
      await this.keep(log, { isNew: origin === 'new' })
    }

    app.safeDispatchEvent('party', { detail: party })
    onParty()

    return party
  }

  /** A party that is in no list, and of which nobody is told; its invitations are served. @throws {StorageError} */
  async unlisted (log: MembershipLog, origin: PartyInit['origin']): Promise<LocalParty> {
    const onForget = async (): Promise<void> => { throw new NotPermittedError('The home of a person is not forgotten by itself; parties.reset() forgets all that is here') }
    const party = await (await this.#load()).make(log, origin, { onForget })

    if (origin === 'stored') {
      await this.#serve(party)
    } else {
      party.invitations.begin()
    }

    return party
  }

  /** One that this node had before goes on, and its invitations with it. @throws {StorageError} */
  async resume (party: LocalParty): Promise<void> {
    this.#init.damaged(await party.resume())
    await this.#serve(party)
  }

  /** Members keep it together, until the node stops. @param isNew, isSibling - See `MemberNetwork.keep` @param records - Beside the log and profiles; else what members are called there */
  async keep (log: MembershipLog, { records, ...how }: { isNew?: boolean, isSibling?: (key: Key) => boolean, records?: RecordSet[] } = {}): Promise<void> {
    const { loading: { signal }, network } = this.#init
    const maker = await this.#load()
    await network.keep(log, [maker.profiles(log), ...records ?? [await maker.names(log)]], signal, how)
  }

  /** The same object as before, where this node had it. */
  async #restore (key: OpId): Promise<void> {
    const known = this.#listed.get(key)

    if (known == null) {
      const log = await (await this.#load()).open(key)

      if (!await this.#init.isUnlisted(log)) {
        await this.#serve(await this.add(log, 'stored'))
      }
    } else {
      this.#init.damaged(await known.resume())
      await this.keep(known.log)
      await this.#serve(known)
    }
  }

  /** One that was stored: its invitations come back. */
  async #serve (party: LocalParty): Promise<void> {
    this.#init.damaged([...party.log.damaged, ...await this.#init.admission.load(party)])
    party.invitations.begin()
  }

  async #load (): Promise<PartyMaker> {
    const { PartyMaker } = await import('./first-party.js')

    return this.#maker ??= new PartyMaker(this.#init)
  }
}
