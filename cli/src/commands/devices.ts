/** `plus-one devices`: the devices of this node's person. */
import { NotPermittedError } from 'plus-one'
import { UsageError } from '../exit.js'
import { publishAndShow, waitForHangUp, watchInvitation } from '../invitation-progress.js'
import { startNode } from '../node.js'
import { count, foreign, shortPeer } from '../output.js'
import { assertFindable, reserve } from '../relays.js'
import { deviceFields, deviceLines, deviceName, findDevice, remind, untilLinked } from '../devices.js'
import { askForWords } from '../words.js'
import { confirmChange, onlineMembers, tellMembers } from '../party-change.js'
import { offline } from './parties.js'
import type { DevicesCommand } from '../command.js'
import type { Context } from '../context.js'
import type { Party, Person, Unlinking } from 'plus-one'

export async function devices (command: DevicesCommand, context: Context): Promise<void> {
  switch (command.action) {
    case 'list': return listDevices(context)
    case 'name': return nameDevice(command, context)
    case 'invite': return inviteDevice(command, context)
    case 'unlink': return unlinkDevice(command, context)
  }
}

/** `plus-one devices` */
async function listDevices (context: Context): Promise<void> {
  const { out, signal } = context

  await offline(context, async ({ services: { parties } }) => {
    const all = await parties.list({ signal })
    const { devices, recovery } = parties.person
    out.event('devices', { devices: devices.map(deviceFields), confirmed: recovery.isConfirmed })
    deviceLines(devices, all, out).forEach(line => { out.line(line) })
    remind(parties.person, out)
  })
}

/** `plus-one devices name NAME` */
async function nameDevice ({ deviceName: name }: Extract<DevicesCommand, { action: 'name' }>, context: Context): Promise<void> {
  const { out, signal } = context

  await offline(context, async ({ services: { parties } }) => {
    await parties.list({ signal })
    await parties.person.setDeviceName(name, { signal })
    out.event('devices', { devices: parties.person.devices.map(deviceFields) })
    out.line(`${out.style('green', '✓')} This device is called ${out.style('bold', foreign(name))} now.`)
  })
}

/** `plus-one devices invite`: adds one, by a code and a PIN. */
async function inviteDevice (command: Extract<DevicesCommand, { action: 'invite' }>, context: Context): Promise<void> {
  const { out, signal, common } = context

  assertFindable(command, common)
  const { node, stop } = await startNode(common)

  try {
    await reserve(node, common.relay, out, signal)
    const all = await node.services.parties.list({ signal })
    const { person } = node.services.parties
    const { expiration, attempts, pin, approval, link, short } = command
    const invitation = await person.invite({ expiration, attempts, pin, approval, signal })
    const options = { alone: true, short, linkBase: link }
    await publishAndShow(invitation, context, options)
    const joined = await watchInvitation(invitation, context, options)
    out.event('done', { id: invitation.id })
    out.status('Linking it in your parties …')
    await untilLinked(person, undefined, signal)
    out.status('')
    out.line()
    out.event('devices', { devices: person.devices.map(deviceFields) })
    deviceLines(person.devices, all, out).forEach(line => { out.line(line) })
    await waitForHangUp(node, joined.map(({ peerId }) => peerId), signal)
  } finally {
    out.status('')
    await stop()
  }
}

/** `plus-one devices unlink DEVICE` */
async function unlinkDevice (command: Extract<DevicesCommand, { action: 'unlink' }>, context: Context): Promise<void> {
  const { out, signal, common } = context
  const { node, stop } = await startNode({ ...common, listen: common.listen ?? [] })

  try {
    await reserve(node, common.relay, out, signal)
    const all = await node.services.parties.list({ signal })
    const { person } = node.services.parties
    const device = findDevice(command.device, person.devices)

    if (device.self) {
      throw new UsageError('That is this device: unlink it from another one, or give it away with plus-one reset')
    }

    out.status('Looking for other members …')
    await onlineMembers(all, { node, rendezvous: common.rendezvous, signal })
    out.status('')
    const would = await person.tryUnlink(device.peerId, { signal })
    describe(would, context)
    await confirmChange(`Unlink ${deviceName(device)}?`, command.yes, context)
    const words = would.needsWords.length > 0 ? await askForWords('Your 12 recovery words, or nothing to unlink it only where it takes none: ', context) : undefined
    const done = await unlink(person, device.peerId, words, context)
    out.event('unlinked', { device: device.peerId, parties: done.parties.map(({ key }) => key), needsWords: done.needsWords.map(({ key }) => key) })
    out.line(`${out.style('green', '✓')} ${deviceName(device)} is no device of yours any more, in ${count(done.parties.length, 'party', 'parties')}.`)

    if (done.needsWords.length > 0) {
      out.line(`It still is in ${namesOf(done.needsWords)}: there it takes the recovery words.`)
    }

    await tellMembers(all, context)
  } finally {
    out.status('')
    await stop()
  }
}

async function unlink (person: Person, device: Parameters<Person['unlink']>[0], words: string | undefined, { signal }: Context): Promise<Unlinking> {
  try {
    return await person.unlink(device, { ...(words == null ? {} : { words }), signal })
  } catch (err) {
    if (err instanceof NotPermittedError && words == null) {
      throw new UsageError('Nothing was changed: it takes the recovery words. A script gives them on stdin or as PLUS_ONE_WORDS')
    }

    throw err
  }
}

/** What it would do. */
function describe ({ parties, needsWords, voided }: Unlinking, { out }: Context): void {
  out.event('unlinking', { parties: parties.map(({ key }) => key), needsWords: needsWords.map(({ key }) => key), voided: voided.map(({ party, ...op }) => ({ party: party.key, ...op })) })

  if (parties.length > 0) {
    out.line(`This device may unlink it in ${namesOf(parties)}.`)
  }

  if (needsWords.length > 0) {
    out.line(`In ${namesOf(needsWords)} it takes the recovery words: that device came there before this one.`)
  }

  voided.forEach(({ party, kind, member }) => { out.line(`  without effect then: ${kind}${member == null ? '' : ` of ${shortPeer(member)}`} in ${foreign(party.name)}`) })
}

function namesOf (parties: readonly Party[]): string {
  return parties.map(({ name }) => foreign(name)).join(', ')
}
