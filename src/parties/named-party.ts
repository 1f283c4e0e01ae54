/** Has a party found at its rendezvous under names that are made of its key (docs/meeting.md, "Rendezvous"). Loaded where the node has a rendezvous. */
import { SerialQueue } from '../async/serial-queue.js'
import { meetingNames } from '../keys/meeting-names.js'
import { MAX_NAMES } from '../meeting/links/constants.js'
import { PartyNames } from '../meeting/links/names.js'
import type { Keyring } from '../keys/keyring.js'
import type { MembershipLog } from '../log/index.js'
import type { PartyNamesInit } from '../meeting/links/names.js'

export interface NamedPartyInit extends Omit<PartyNamesInit, 'party'> {
  log: MembershipLog
  /** The party's key; undefined: it is none of this node's yet. */
  keyring: () => Promise<Keyring | undefined>
  /** It has other names. */
  onChange: () => void
  /** The store failed: it is found under the names that it had. */
  onError: (err: unknown) => void
  /** Ends it. */
  signal: AbortSignal
}

export class NamedParty {
  readonly #init: NamedPartyInit
  readonly #turns = new SerialQueue()
  readonly #ended = new AbortController()
  readonly #signal: AbortSignal
  #names: PartyNames | undefined
  #keyring: Keyring | undefined

  constructor (init: NamedPartyInit) {
    this.#init = init
    this.#signal = AbortSignal.any([init.signal, this.#ended.signal])
    // a party comes in, and this node becomes a member of it
    init.log.addEventListener('ops', () => {
      if (this.#keyring == null) {
        this.look()
      }
    }, { signal: this.#signal })
    this.look()
  }

  /** Newest first; none until it is known which, and where this node is no member any more. */
  get all (): readonly string[] {
    const { log } = this.#init

    return log.member(log.self) == null ? [] : this.#names?.all ?? []
  }

  /** What its key is may be known now. */
  look (): void {
    const { onError } = this.#init
    this.#turns.add(async () => this.#look()).catch(onError)
  }

  /** Nothing more is written when it resolves. */
  async stop (): Promise<void> {
    this.#ended.abort()
    await this.#turns.idle()
  }

  async #look (): Promise<void> {
    const { log, keyring, onChange, ...init } = this.#init

    const hasKey = log.rekeys().length > 0

    // who has only a Grant, or a GENESIS, does not know yet whether there is a key
    if (this.#signal.aborted || !log.synced || log.member(log.self) == null || (!hasKey && log.memberCount === 1)) {
      return
    }

    this.#names ??= await PartyNames.load({ ...init, party: log.key })
    this.#keyring ??= this.#follow(await keyring())

    if (this.#signal.aborted || this.#keyring == null) {
      return
    }

    const ring = this.#keyring
    const epochs = hasKey ? meetingNames(log, rekeys => ring.secretsOf(rekeys), MAX_NAMES) : undefined

    if (await this.#names.follow(epochs)) {
      onChange()
    }
  }

  #follow (keyring: Keyring | undefined): Keyring | undefined {
    const look = (): void => { this.look() }
    keyring?.addEventListener('epoch', look, { signal: this.#signal })
    keyring?.addEventListener('secrets', look, { signal: this.#signal })

    return keyring
  }
}
