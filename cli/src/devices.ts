/** A person's devices as text, which is meant by one, and the wait until all are linked. */
import { setTimeout } from 'node:timers/promises'
import { findNamed } from './members.js'
import { foreign, shortPeer } from './output.js'
import type { Output } from './output.js'
import type { Device, Party, Person } from 'plus-one'

/** How long is waited for links in all parties, ms: they also come later. */
const PATIENCE = 10_000

/** How often is looked whether they are there, ms. */
const LOOK = 100

/** A device in JSON events. */
export function deviceFields ({ peerId, name, addedAt, addedBy, online, self, missing }: Device): Record<string, unknown> {
  return { peerId, name, addedAt, addedBy, online, self, missing }
}

/** What it calls itself, and the end of its key. */
export function deviceName ({ peerId, name }: Pick<Device, 'peerId' | 'name'>): string {
  return name === '' ? peerId.toString() : `${foreign(name)} (${shortPeer(peerId)})`
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

/** One line for each, and below it the parties in which it is not linked yet. */
export function deviceLines (devices: readonly Device[], parties: readonly Party[], out: Output): string[] {
  return devices.flatMap((device) => {
    const { peerId, name, addedAt, addedBy, self, missing } = device
    const parts = [
      shortPeer(peerId),
      foreign(name),
      self ? out.style('dim', 'this one') : '',
      addedAt == null ? '' : out.style('dim', `since ${new Date(addedAt).toISOString().slice(0, 10)}`),
      addedBy == null ? '' : out.style('dim', `by ${shortPeer(addedBy)}`)
    ]
    const absent = missing.map(key => foreign(parties.find(party => party.key === key)?.name ?? key.slice(0, 8)))

    return [`  ${parts.filter(part => part !== '').join('  ')}`, ...absent.length === 0 ? [] : [`    not yet in ${absent.join(', ')}: once it meets a device that is`]]
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
