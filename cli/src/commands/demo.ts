import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { WrongPinError } from 'plus-one'
import { startNode } from '../node.js'
import { groupPin } from '../output.js'
import { memberLines, nameOf } from '../members.js'
import { previewLines } from '../preview.js'
import type { Context } from '../context.js'
import type { Style } from '../output.js'
import type { Party } from 'plus-one'

/** Time to read between two steps, ms; none where nobody reads along. */
const PACE = 900

/** How long the invitation of the demo lives, ms. */
const LIFETIME = 600_000

/** The main job in one terminal: two real nodes, TCP, LevelDB, nothing pretended. */
export async function demo ({ out, signal }: Context): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'plus-one-demo-'))
  const stops: Array<() => Promise<void>> = []

  const say = (who: string, style: Style, text: string): void => { out.line(`${out.style(['bold', style] as Style, who.padEnd(6))} ${text}`) }
  const alice = (text: string): void => { say('Alice', 'magenta', text) }
  const bob = (text: string): void => { say('Bob', 'blue', text) }
  const pause = async (): Promise<void> => {
    await setTimeout(out.isTerminal ? PACE : 0, undefined, { signal }).catch(() => {})
    signal.throwIfAborted()
  }

  try {
    out.line(out.style('bold', 'plus-one: Alice invites Bob'))
    out.line(out.style('dim', 'Two libp2p nodes in this process: TCP on loopback, LevelDB in temporary folders.'))
    out.line(out.style('dim', 'No server: whatever passes between them passes between them alone.'))
    out.line()

    const start = async (name: string, listen: string[]): Promise<Awaited<ReturnType<typeof startNode>>> => {
      const running = await startNode({ data: join(folder, name), listen, as: name })
      stops.push(running.stop)

      return running
    }

    const { node: nodeA } = await start('Alice', ['/ip4/127.0.0.1/tcp/0'])
    const { node: nodeB } = await start('Bob', [])
    alice(`is ${nodeA.peerId.toString()}`)
    bob(`is ${nodeB.peerId.toString()}`)
    await pause()

    const party = await nodeA.services.parties.create({ name: 'Book club' }, { signal })
    const invitation = await party.invite({
      role: 'writer',
      expiration: Date.now() + LIFETIME,
      onAttemptFailed: ({ attemptsLeft }) => { alice(`is told: someone tried a wrong PIN, ${attemptsLeft} attempts are left.`) }
    })
    const whole = Promise.withResolvers<void>()
    // the node's stop ends it too, when nobody waits for it any more
    whole.promise.catch(() => {})
    invitation.on({ onDone: () => { whole.resolve() }, onError: error => { whole.reject(error) } })

    out.line()
    alice('makes the party "Book club" and invites a writer:')
    out.line(`         code ${invitation.code.slice(0, 24)}… (${invitation.code.length} characters: a link, or a QR code)`)
    out.line(`         PIN  ${out.style(['bold', 'inverse'], ` ${groupPin(invitation.pin)} `)}`)
    alice('sends the code by chat, and says the PIN on the phone.')
    await pause()

    out.line()
    bob('looks at the code before he says yes; that costs no attempt:')
    previewLines(await nodeB.services.parties.lookup(invitation.code, { signal }), Date.now(), out).forEach(line => { out.line(`       ${line}`) })
    await pause()

    out.line()
    const redemption = nodeB.services.parties.redeem(invitation.code, { signal })
    await redemption.ready({ signal })
    const wrong = otherPin(invitation.pin)
    bob(`mishears, and types ${groupPin(wrong)}.`)
    await redemption.setPin(wrong, { signal }).catch((err: unknown) => {
      if (!(err instanceof WrongPinError)) {
        throw err
      }

      bob(`${out.style('red', '✗')} ${err.message}.`)
    })
    await pause()

    bob(`types ${groupPin(invitation.pin)}.`)
    const typed = performance.now()
    const pin = invitation.pin
    const joined = await redemption.setPin(pin, { signal })
    const took = performance.now() - typed
    bob(`${out.style('green', '✓')} is in, ${took.toFixed(0)} ms after he pressed Enter.`)
    await whole.promise
    alice(`${out.style('green', '✓')} is told that ${nameOf(party.members.find(({ peerId }) => peerId.equals(nodeB.peerId)) ?? { peerId: nodeB.peerId, profile: {} })} joined.`)
    await pause()

    out.line()
    show('Alice', party)
    show('Bob', joined)

    if (rolesOf(party) !== rolesOf(joined)) {
      throw new Error('The lists differ: that is a bug; please report it')
    }

    out.line(`${out.style('green', '✓')} The same members on both sides, each checked against signatures, offline.`)
    out.line()
    out.line(`Now with two terminals: ${out.style('bold', 'npx plus-one invite')}, and in the other`)
    out.line(out.style('bold', 'npx plus-one join CODE --data /tmp/bob'))
  } finally {
    await Promise.all(stops.map(async stop => stop()))
    await rm(folder, { recursive: true, force: true })
  }

  function show (who: string, party: Party): void {
    out.line(`${out.style('bold', `${who}'s list`)}`)
    memberLines(party.members, out).forEach(line => { out.line(line) })
  }
}

function rolesOf (party: Party): string {
  return party.members.map(({ peerId, role }) => `${role} ${peerId.toString()}`).join()
}

/** A PIN that is wrong for certain: one digit differs. */
function otherPin (pin: string): string {
  return `${(Number(pin[0]) + 1) % 10}${pin.slice(1)}`
}
