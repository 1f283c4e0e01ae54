import { setTimeout } from 'node:timers/promises'
import { raceSignal } from 'race-signal'
import { parseInvitation } from '../../codec/index.js'
import { InvitationDeclinedError, InvitationUsedError, WrongPinError } from '../../errors.js'
import { UsageError } from '../exit.js'
import { startNode } from '../node.js'
import { foreign } from '../output.js'
import { partyFields, previewLines, showMembers } from '../people.js'
import { reserve } from '../relays.js'
import type { Command } from '../arguments.js'
import type { Context } from '../context.js'
import type { PlusOneNode } from '../node.js'
import type { InvitationPreview, Party, Redemption, RedemptionState } from '../../parties/interface.js'

/** How long to wait for the rest of the log after joining, ms: it also comes later. */
const SYNC_PATIENCE = 10_000

/** A PIN for scripts. Not an option: every user of a machine sees the arguments of all its processes. */
const PIN_VARIABLE = 'PLUS_ONE_PIN'

export async function join ({ code, yes }: Extract<Command, { name: 'join' }>, context: Context): Promise<void> {
  const { out, prompt, signal, common } = context

  // before any node starts: a mistyped code is the commonest fault
  parseInvitation(code)

  if (!yes && !prompt.isInteractive) {
    throw new UsageError('Nobody is there to confirm; give --yes to join without being asked')
  }

  const { node, stop } = await startNode({ ...common, listen: common.listen ?? [] })

  try {
    await reserve(node, common.relay, out, signal)
    const preview = await look(node, code, context)
    const agreed = preview == null || yes || await prompt.confirm('Join?')
    const redemption = node.services.parties.redeem(code, { signal })

    if (!agreed) {
      await begun(redemption, signal)
      await redemption.decline('', { signal })
      throw new InvitationDeclinedError('You declined; the inviter was told')
    }

    const party = await untilAdmitted(redemption, context)
    out.event('joined', { party: partyFields(party), role: party.role })
    out.line(`${out.style('green', '✓')} You are in.`)
    await untilSynced(party, signal)
    out.line()
    showMembers(party, out)
  } finally {
    out.status('')
    await stop()
  }
}

/** Shows what the code leads to; undefined: it is used, which may have been by this node, whose admission was lost on its way. */
async function look (node: PlusOneNode, code: string, { out, signal }: Context): Promise<InvitationPreview | undefined> {
  out.status('Looking for the inviter …')

  try {
    const preview = await node.services.parties.lookup(code, { signal })
    const { party, memberCount, inviter, role, expiresAt, attemptsLeft } = preview
    out.status('')
    out.event('preview', { party, memberCount, inviter: { peerId: inviter.peerId, ...inviter.profile }, role, expiresAt, attemptsLeft })
    out.line('You are invited:')
    previewLines(preview, Date.now(), out).forEach(line => { out.line(line) })
    out.line()

    return preview
  } catch (err) {
    out.status('')

    if (err instanceof InvitationUsedError) {
      return undefined
    }

    throw err
  }
}

/** Waits until a PIN can be given, or none is needed: an admission that was lost is repeated without. @throws What ended it. */
async function begun (redemption: Redemption, signal: AbortSignal): Promise<Party | undefined> {
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

/** Asks for PINs until one is right. @throws What ends the redemption. */
async function untilAdmitted (redemption: Redemption, { out, prompt, signal, env }: Context): Promise<Party> {
  const admitted = await begun(redemption, signal)

  if (admitted != null) {
    return admitted
  }

  const shape = redemption.getSnapshot().preview?.pin

  if (shape === false) {
    return redemption.accept({ signal })
  }

  const { length, alphabet } = shape ?? { length: 0, alphabet: '' }
  const question = out.style('bold', `PIN (${length} ${/^\d+$/.test(alphabet) ? 'digits' : 'characters'}): `)
  const ended = endOf(redemption)
  // set but empty is not set
  const given = env[PIN_VARIABLE] === '' ? undefined : env[PIN_VARIABLE]
  let last: Error = new UsageError(`No PIN came: type it, pipe it in, or set ${PIN_VARIABLE}`)

  while (true) {
    const pin = given ?? await prompt.ask(question, ended)

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

  while (!party.getSnapshot().synced && !deadline.aborted) {
    await setTimeout(50, undefined, { signal: deadline }).catch(() => {})
  }
}
