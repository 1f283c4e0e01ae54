import { setTimeout } from 'node:timers/promises'
import { parseCode } from '../../codec/index.js'
import { InvitationDeclinedError, WrongPinError } from '../../errors.js'
import { UsageError } from '../exit.js'
import { startNode } from '../node.js'
import { foreign } from '../output.js'
import { partyFields, previewLines, showMembers } from '../people.js'
import { reserve } from '../relays.js'
import type { Command } from '../arguments.js'
import type { Context } from '../context.js'
import type { InvitationPreview, Party, Redemption, RedemptionState } from '../../parties/interface.js'

/** How long to wait for the rest of the log after joining, ms: it also comes later. */
const SYNC_PATIENCE = 10_000

/** A PIN for scripts. Not an option: every user of a machine sees the arguments of all its processes. */
const PIN_VARIABLE = 'PLUS_ONE_PIN'

export async function join ({ code, yes }: Extract<Command, { name: 'join' }>, context: Context): Promise<void> {
  const { out, prompt, signal, common, env } = context

  // before any node starts: a mistyped code is the commonest fault
  parseCode(code)

  if (!yes && !prompt.isInteractive) {
    throw new UsageError('Nobody is there to confirm; give --yes to join without being asked')
  }

  const { node, stop } = await startNode({ ...common, listen: common.listen ?? [] })

  try {
    await reserve(node, common.relay, out, signal)
    out.status('Looking for the inviter …')
    const preview = await node.services.parties.lookup(code, { signal })
    out.status('')
    out.event('preview', { party: preview.party, memberCount: preview.memberCount, inviter: { peerId: preview.inviter.peerId, ...preview.inviter.profile }, role: preview.role, expiresAt: preview.expiresAt, attemptsLeft: preview.attemptsLeft })
    out.line('You are invited:')
    previewLines(preview, Date.now(), out).forEach(line => { out.line(line) })
    out.line()

    const agreed = yes || await prompt.confirm('Join?')
    const redemption = node.services.parties.redeem(code, { signal })

    if (!agreed) {
      await redemption.ready({ signal })
      await redemption.decline('', { signal })
      throw new InvitationDeclinedError('You declined; the inviter was told')
    }

    const party = await untilAdmitted(redemption, preview, context, env[PIN_VARIABLE])
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

/** Asks for PINs until one is right. @throws What ends the redemption. */
async function untilAdmitted (redemption: Redemption, { pin: { length } }: InvitationPreview, { out, prompt, signal }: Context, given: string | undefined): Promise<Party> {
  let last: Error = new UsageError(`No PIN came: type it, pipe it in, or set ${PIN_VARIABLE}`)
  const ended = endOf(redemption)

  while (true) {
    const pin = given ?? await prompt.ask(`PIN (${length} characters, from the inviter): `, ended)

    if (pin == null || pin === '') {
      if (pin === '' && prompt.isInteractive) {
        continue
      }

      throw last
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
