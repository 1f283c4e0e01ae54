/** A redemption under the eyes of the invitee: the PIN, the wait for approval, the party. */
import { setTimeout } from 'node:timers/promises'
import { DEFAULT_PIN, WrongPinError } from 'plus-one'
import { raceSignal } from 'race-signal'
import { UsageError } from './exit.js'
import { foreign } from './output.js'
import { partyFields, showMembers } from './members.js'
import { describePin } from './preview.js'
import type { Context } from './context.js'
import type { Output } from './output.js'
import type { Party, PinShape, Redemption, RedemptionState } from 'plus-one'

/** How long to wait for the rest of the log after joining, ms: it also comes later. */
const SYNC_PATIENCE = 10_000

/** A PIN for scripts. Not an option: every user of a machine sees the arguments of all its processes. */
const PIN_VARIABLE = 'PLUS_ONE_PIN'

/** Waits until a PIN can be given, or none is needed: an admission that was lost is repeated without. @throws What ended it. */
export async function untilPinRequired (redemption: Redemption, signal: AbortSignal): Promise<Party | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<Party | undefined>()
  const check = (): void => {
    const { state, party, error } = redemption.getSnapshot()

    if (state === 'pin-required' || state === 'admitted') {
      resolve(party)
    } else if (ENDS.includes(state)) {
      reject(error ?? new Error(`The redemption ended: ${state}`))
    }
  }
  const unsubscribe = redemption.subscribe(check)
  check()

  try {
    return await raceSignal(promise, signal)
  } finally {
    unsubscribe()
  }
}

/** Sees a redemption through: the PIN, the approval, the rest of the log. @throws What ends it. */
export async function completeRedemption (redemption: Redemption, context: Context): Promise<Party> {
  const { out, signal } = context
  const party = await untilAdmitted(redemption, context)
  out.status('')
  out.event('joined', { party: partyFields(party), role: party.role })

  if (party.kind === 'person') {
    out.line(`${out.style('green', '✓')} This is a device of yours now. Your parties come as your devices meet: plus-one parties shows them.`)

    return party
  }

  out.line(`${out.style('green', '✓')} You are in.`)
  await untilSynced(party, signal)
  out.line()
  showMembers(party, out)

  return party
}

async function untilAdmitted (redemption: Redemption, context: Context): Promise<Party> {
  const { out, signal } = context
  const unsubscribe = reportWaiting(redemption, out)

  try {
    const admitted = await untilPinRequired(redemption, signal)

    if (admitted != null) {
      out.line('No PIN is needed: you were admitted before, and only the answer was lost.')

      return admitted
    }

    const shape = redemption.getSnapshot().preview?.pin

    if (shape === false) {
      out.line('No PIN is needed.')

      return await redemption.accept({ signal })
    }

    return await redeemWithPin(redemption, shape ?? DEFAULT_PIN, context)
  } finally {
    unsubscribe()
  }
}

/** Someone at the inviter's side decides: the two compare what both screens show. */
function reportWaiting (redemption: Redemption, out: Output): () => void {
  let told: string | undefined

  return redemption.subscribe(() => {
    const { state, comparison } = redemption.getSnapshot()

    if (state === 'waiting' && comparison != null && comparison !== told) {
      told = comparison
      out.status('')
      out.event('waiting', { comparison })
      out.line(`Waiting for approval: compare ${out.style(['bold', 'inverse'], ` ${comparison} `)} with what your inviter's screen shows.`)
      out.status('Waiting for approval …')
    }
  })
}

/** Asks for PINs until one is right. @throws What ends the redemption. */
async function redeemWithPin (redemption: Redemption, shape: PinShape, { out, prompt, signal, env }: Context): Promise<Party> {
  const question = out.style('bold', `PIN (${describePin(shape)}): `)
  const ended = endOf(redemption)
  // set but empty is not set
  const given = env[PIN_VARIABLE] === '' ? undefined : env[PIN_VARIABLE]
  let last: Error = new UsageError(`No PIN came: type it, pipe it in, or set ${PIN_VARIABLE}`)

  while (true) {
    const pin = given ?? await prompt.ask(question, { moot: ended })

    if (pin == null) {
      throw last
    }

    if (pin === '') {
      continue
    }

    try {
      out.status('Checking …')

      return await redemption.setPin(pin, { signal })
    } catch (err) {
      out.status('')

      if (!isRepeatable(err) || given != null) {
        throw err
      }

      last = err
      out.event(err instanceof WrongPinError ? 'wrong-pin' : 'invalid-pin', err instanceof WrongPinError ? { attemptsLeft: err.attemptsLeft } : { message: err.message })
      out.line(`${out.style('red', '✗')} ${foreign(err.message)}`)
    } finally {
      out.status('')
    }
  }
}

/** Aborts when the redemption ends by itself, as when the inviter takes the invitation back while the PIN is typed. */
function endOf (redemption: Redemption): AbortSignal {
  const controller = new AbortController()
  redemption.subscribe(() => {
    const { state, error } = redemption.getSnapshot()

    if (error != null && ENDS.includes(state)) {
      controller.abort(error)
    }
  })

  return controller.signal
}

const ENDS: RedemptionState[] = ['declined', 'cancelled', 'expired', 'failed']

/** Can another PIN be tried? A malformed one was not even sent. */
function isRepeatable (err: unknown): err is Error {
  return err instanceof WrongPinError ? err.attemptsLeft > 0 : (err as Error).name === 'InvalidPinError'
}

async function untilSynced (party: Party, signal: AbortSignal): Promise<void> {
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(SYNC_PATIENCE)])

  while (party.synced == null && !deadline.aborted) {
    await setTimeout(50, undefined, { signal: deadline }).catch(() => {})
  }
}
