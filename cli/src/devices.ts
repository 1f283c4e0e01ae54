/** A person's devices as text, which is meant by one, and the wait until all are linked. */
import { setTimeout } from 'node:timers/promises'
import { findNamed } from './members.js'
import { foreign, peerText, shortPeer } from './output.js'
import { cut, tableLines } from './table.js'
import type { Output } from './output.js'
import type { Device, Party, Person } from 'plus-one'

/** How long is waited for links in all parties, ms: they also come later. */
const PATIENCE = 10_000

/** Of a device that has none. */
const NO_NAME = 'no name'

/** What a line of 60 has for a device's name, and for that of the one that added it. */
const COLUMNS = { name: 14, adder: 10 }

/** How often is looked whether they are there, ms. */
const LOOK = 100

/** A device in JSON events. */
export function deviceFields ({ peerId, name, addedAt, addedBy, online, self, missing }: Device): Record<string, unknown> {
  return { peerId, name, addedAt, addedBy, online, self, missing }
}

/** What it calls itself, and the end of its key. */
export function deviceName ({ peerId, name }: Pick<Device, 'peerId' | 'name'>): string {
  return `${foreign(name) || NO_NAME} (${shortPeer(peerId)})`
}

/** The one that is meant. @throws {UsageError} None, or more than one. */
export function findDevice (text: string, devices: readonly Device[]): Device {
  return findNamed(text, devices, {
    called: ({ name }) => name,
    idsOf: ({ peerId }) => [peerId],
    shownAs: deviceName,
    none: wanted => `No device of yours is called ${wanted}; give a name or the end of a PeerId as plus-one devices shows them`
  })
}

/** One line for each, in 60 columns, and below it the parties in which it is not linked yet; with `--verbose` nothing is cut. */
export function deviceLines (devices: readonly Device[], parties: readonly Party[], out: Output): string[] {
  const fit = (name: string, columns: number): string => out.verbose ? foreign(name) : cut(foreign(name), columns)
  const adderOf = ({ addedBy }: Device): string => addedBy == null ? '' : `by ${fit(devices.find(({ peerId }) => peerId.equals(addedBy))?.name ?? '', COLUMNS.adder) || peerText(addedBy, out)}`
  const lines = tableLines(devices.map((device) => {
    const { peerId, name, addedAt, self } = device
    const since = addedAt == null ? '' : `since ${new Date(addedAt).toISOString().slice(0, 10)}`

    return [fit(name, COLUMNS.name) || out.style('dim', NO_NAME), peerText(peerId, out), self ? out.style('dim', 'this one') : out.style('dim', since), out.style('dim', adderOf(device))]
  }))

  return devices.flatMap(({ missing }, i) => {
    const absent = missing.map(key => foreign(parties.find(party => party.key === key)?.name ?? key.slice(0, 8)))

    return [`  ${lines[i] ?? ''}`, ...absent.length === 0 ? [] : [`      not yet in ${absent.join(', ')}: once it meets a device that is`]]
  })
}

/** Until the recovery words are written down. */
export function remind ({ recovery }: Person, out: Output): void {
  if (!recovery.isConfirmed) {
    out.line()
    out.line('Your recovery words are on this device only: write them down with plus-one recovery.')
    out.line('Without them, who loses this device, or has it stolen, cannot come back as the same person.')
  }
}

/** Waits, a little, until all devices are in all parties that this one knows of; on a new device, until it knows what another one does. */
export async function untilLinked (person: Person, home: Party | undefined, signal: AbortSignal): Promise<void> {
  const isDone = (): boolean => (home == null || home.synced != null) && person.devices.every(({ missing }) => missing.length === 0)
  const late = AbortSignal.any([signal, AbortSignal.timeout(PATIENCE)])

  while (!isDone() && !late.aborted) {
    await setTimeout(LOOK, undefined, { signal: late }).catch(() => {})
  }

  signal.throwIfAborted()
}
