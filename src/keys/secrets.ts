/** The secrets of one party's epochs on this node, in memory: those that count, and those whose REKEYs are not here yet. */
import { SECRET_LENGTH } from './derive.js'
import { isSecretOf, rekeyIn } from './checks.js'
import type { EpochSecret } from './derive.js'
import type { MembershipLog, OpId } from '../log/index.js'

/** Secrets of REKEYs that are not here yet, at most: a Grant's, or a backup's. */
const MAX_AWAITED = 1024

/** Secrets that were put into batches which are not durable yet, at most: the newest. One batch brings some 1,000 ends together by 64 REKEYs. */
const MAX_STAGED = 4096

export class Secrets {
  readonly #log: MembershipLog
  /** Checked against their REKEYs. */
  readonly #checked = new Map<OpId, Uint8Array>()
  /** Of REKEYs that are not here: neither checked nor used. */
  readonly #awaited = new Map<OpId, Uint8Array>()
  /** In a batch with their REKEY. */
  readonly #staged = new Map<OpId, Uint8Array>()

  constructor (log: MembershipLog) {
    this.#log = log
  }

  /** What was stored and is of no use: a Grant's that turned out to be none. */
  uselessOf (stored: readonly EpochSecret[]): EpochSecret[] {
    return stored.filter(({ rekey, secret }) => secret.length !== SECRET_LENGTH || (rekeyIn(this.#log, rekey) != null && !isSecretOf(this.#log, rekey, secret)))
  }

  /** Begins anew with what is stored. */
  load (stored: readonly EpochSecret[]): void {
    this.#checked.clear()
    this.#awaited.clear()
    this.#staged.clear()
    stored.forEach(({ rekey, secret }) => { (rekeyIn(this.#log, rekey) == null ? this.#awaited : this.#checked).set(rekey, secret) })
  }

  /** Does it count? */
  has (rekey: OpId): boolean {
    return this.#checked.has(rekey)
  }

  /** Those of them that count. */
  of (rekeys: readonly OpId[]): EpochSecret[] {
    return rekeys.flatMap(rekey => secretIn(rekey, this.#checked))
  }

  /** All that count. */
  all (): EpochSecret[] {
    return [...this.#checked].map(([rekey, secret]) => ({ rekey, secret }))
  }

  /** Of REKEYs that one is made on: also those of its own batch. */
  before (rekeys: readonly OpId[]): EpochSecret[] {
    return rekeys.flatMap(rekey => secretIn(rekey, this.#checked, this.#staged))
  }

  /** Those that are new here and may be kept: each is its REKEY's, or that is not here yet. */
  fresh (secrets: readonly EpochSecret[]): EpochSecret[] {
    const fresh = new Map<OpId, Uint8Array>()

    for (const { rekey, secret } of secrets) {
      const isHere = rekeyIn(this.#log, rekey) != null

      if (isHere ? !this.#checked.has(rekey) && isSecretOf(this.#log, rekey, secret) : !this.#awaited.has(rekey) && secret.length === SECRET_LENGTH && this.#awaited.size + fresh.size < MAX_AWAITED) {
        fresh.set(rekey, secret.slice())
      }
    }

    return [...fresh].map(([rekey, secret]) => ({ rekey, secret }))
  }

  /** They are stored: each counts once its REKEY is here, and it is looked at. */
  add (secrets: readonly EpochSecret[]): void {
    secrets.forEach(({ rekey, secret }) => { this.#awaited.set(rekey, secret) })
  }

  /** The secret of a REKEY that is about to be written. */
  stage (rekey: OpId, secret: Uint8Array): void {
    this.#staged.set(rekey, secret.slice())

    for (const oldest of this.#staged.keys()) {
      if (this.#staged.size > MAX_STAGED) {
        this.#staged.delete(oldest)
      }
    }
  }

  /** Looks at secrets of these REKEYs that did not count. @returns Those of them that count from now on */
  count (rekeys: readonly OpId[]): OpId[] {
    const counted: OpId[] = []

    for (const rekey of rekeys) {
      const secret = this.#staged.get(rekey) ?? this.#awaited.get(rekey)

      if (secret != null && rekeyIn(this.#log, rekey) != null) {
        this.#staged.delete(rekey)
        this.#awaited.delete(rekey)

        if (isSecretOf(this.#log, rekey, secret)) {
          this.#checked.set(rekey, secret)
          counted.push(rekey)
        }
      }
    }

    return counted
  }
}

/** The first of these that has it. */
function secretIn (rekey: OpId, ...all: ReadonlyArray<ReadonlyMap<OpId, Uint8Array>>): EpochSecret[] {
  const secret = all.find(secrets => secrets.has(rekey))?.get(rekey)

  return secret == null ? [] : [{ rekey, secret }]
}
