/** Taking a device out: at home, and in all parties, there with the keys that it brought; loaded when that is asked for. */
import { NotLinkedError, NotPermittedError, WrongWordsError } from '../errors.js'
import { keyOf } from '../log/terms.js'
import { entropyOf } from './words.js'
import { homeSeatOf } from './home.js'
import { recoveryKeysOf } from './recovery-keys.js'
import { homeKeys, keysToUnlink, seatOf, seatWith } from './seats.js'
import type { UnlinkOptions } from '../interface/index.js'
import type { Household } from './household.js'
import type { PartyShelf, SeatedParty } from './interface.js'
import type { HomeKeys } from './seats.js'
import type { Key, MembershipLog, OpId, PersonId, VoidedOp } from '../log/index.js'
import type { AbortOptions, PeerId, PrivateKey } from '@libp2p/interface'

interface Step {
  log: MembershipLog
  /** undefined: the home. */
  party?: SeatedParty
  person: PersonId
  /** Keys that whoever signs may unlink there, and those that it may not. */
  may: Key[]
  mayNot: Key[]
}

export interface UnlinkingPlan {
  signer: PrivateKey | undefined
  without: readonly OpId[]
  steps: Step[]
}

/** @throws {NotLinkedError} @throws {InvalidWordsError} @throws {WrongWordsError} */
export async function planUnlinking (household: Household, shelf: PartyShelf, device: PeerId, { words, without = [] }: UnlinkOptions): Promise<UnlinkingPlan> {
  const { home } = household
  const keys = homeKeys(home)
  const key = device.type === 'Ed25519' ? keyOf(device) : ''
  const signer = words == null ? undefined : await signerOf(words, keys)

  // one of before a recovery is in parties alone
  if (!home.keyRecordsOf(homeSeatOf(keys.recovery)).some(other => other.key === key) && ![...shelf.parties()].some(({ log }) => seatWith(log, keys.recovery, key) != null)) {
    throw new NotLinkedError()
  }

  const lost = new Set([...keys.unlinked, key])
  const parties = [...shelf.parties()].flatMap((party) => {
    const seat = seatOf(party.log, home.self, keys.recovery) ?? (signer == null ? undefined : seatWith(party.log, keys.recovery, key))

    return seat == null ? [] : [stepIn(party.log, seat.person, keysToUnlink(party.log.keyRecordsOf(seat.person), lacking(keys, key), lost).map(record => record.key), signer, party)]
  })

  return { signer, without, steps: [stepIn(home, homeSeatOf(keys.recovery), keys.standing.has(key) ? [key] : [], signer), ...parties.filter(({ may, mayNot }) => may.length + mayNot.length > 0)] }
}

/** Does it. @throws {NotPermittedError} @throws {StorageError} Where it came that far; asked again it goes on. */
export async function carryOut ({ signer, without, steps }: UnlinkingPlan, options?: AbortOptions): Promise<VoidedIn[]> {
  assertPermitted(steps)
  const voided: VoidedIn[] = []

  // the home first: from there other devices follow, should this one be stopped
  for (const { log, party, person, may } of steps) {
    const remember = ({ detail }: CustomEvent<VoidedOp>): void => { voided.push({ party, log, voided: detail }) }
    log.addEventListener('void', remember)

    try {
      for (const key of may) {
        await party?.freshen()
        // one for all of them
        const rekey = key === may.at(-1) ? await party?.rotation() : undefined
        await log.append('UNLINK', { key }, { ...options, signer, speaker: person, without: without.filter(id => log.has(id)), rekey })
      }
    } finally {
      log.removeEventListener('void', remember)
    }
  }

  return voided
}

export interface VoidedIn {
  party?: SeatedParty
  log: MembershipLog
  voided: VoidedOp
}

/** What it would take the effect from. */
export function wouldBeVoid ({ signer, without, steps }: UnlinkingPlan): VoidedIn[] {
  return steps.flatMap(({ log, party, person, may }) => log.wouldVoid(may.map(key => ({ kind: 'UNLINK', payload: { key } })), { signer, speaker: person, without: without.filter(id => log.has(id)) })
    .map(voided => ({ party, log, voided })))
}

/** At home first of all: a device that stays there comes into each new party. @throws {NotPermittedError} */
function assertPermitted ([home, ...parties]: Step[]): void {
  const isAnywhere = [...home?.may ?? [], ...parties.flatMap(({ may }) => may)].length > 0

  // one that stands nowhere any more is asked for again: what came between was told as a failure
  if ((home?.mayNot.length ?? 0) > 0 || (!isAnywhere && parties.length > 0)) {
    throw new NotPermittedError('That device is as near to the recovery words as this one, or nearer; give the words, or use the device that linked it')
  }
}

function stepIn (log: MembershipLog, person: PersonId, keys: readonly Key[], signer: PrivateKey | undefined, party?: SeatedParty): Step {
  const records = log.keyRecordsOf(person)
  const classOf = (key: Key): number => records.find(record => record.key === key)?.class ?? Infinity
  const own = signer != null ? 0 : records.some(({ key, stands }) => key === log.self && stands) ? classOf(log.self) : Infinity
  const may = keys.filter(key => own < classOf(key))

  return { log, ...party == null ? {} : { party }, person, may, mayNot: keys.filter(key => !may.includes(key)) }
}

/** As the home is once this key is unlinked. */
function lacking (keys: HomeKeys, key: Key): HomeKeys {
  return { ...keys, standing: new Set([...keys.standing].filter(other => other !== key)) }
}

/** @throws {InvalidWordsError} @throws {WrongWordsError} */
async function signerOf (words: string, { recovery }: HomeKeys): Promise<PrivateKey> {
  const { privateKey } = await recoveryKeysOf(entropyOf(words))

  if (keyOf(privateKey) !== recovery) {
    throw new WrongWordsError()
  }

  return privateKey
}
