/** `plus-one recover CODE`: a new device comes back as the person whom the 12 words name. */
import { readFile } from 'node:fs/promises'
import { UsageError } from '../exit.js'
import { startNode } from '../node.js'
import { count, foreign, shortPeer } from '../output.js'
import { partyFields, partyTitle } from '../members.js'
import { progressReporter } from '../progress.js'
import { reserve } from '../relays.js'
import { askForWords } from '../words.js'
import { deviceFields, deviceLines } from '../devices.js'
import type { Command } from '../command.js'
import type { Context } from '../context.js'
import type { RecoverProgress } from 'plus-one'

export async function recover ({ code, backup: file }: Extract<Command, { name: 'recover' }>, context: Context): Promise<void> {
  const { out, signal, common } = context

  if (code == null && file == null) {
    throw new UsageError('From whom? plus-one recover CODE, with the code of any invitation into one of your parties, or --backup FILE')
  }

  const backup = file == null ? undefined : new Uint8Array(await readFile(file).catch((err: Error) => { throw new UsageError(`The backup cannot be read: ${err.message}`) }))
  const words = await askForWords('Your 12 recovery words: ', context)

  if (words == null) {
    throw new UsageError('No words came: type them, pipe them in, or set PLUS_ONE_WORDS')
  }

  const { node, stop } = await startNode({ ...common, listen: common.listen ?? [] })

  try {
    await reserve(node, common.relay, out, signal)
    const dialling = progressReporter(out)
    const onProgress = (event: RecoverProgress): void => {
      switch (event.type) {
        case 'proved':
          out.status('')
          out.line(`${shortPeer(event.peer)} knows you, in ${count(event.parties, 'party', 'parties')}.`)
          break
        case 'receiving':
          out.status(`${foreign(event.name)}: ${event.done} of ${event.all}`)
          break
        case 'linked':
          out.status('')
          out.line(`${out.style('green', '✓')} You are back in ${out.style('bold', foreign(event.name))}.`)
          break
        default: dialling(event)
      }
    }
    const { parties, left, missing } = await node.services.parties.recover(words, { ...(code == null ? {} : { code }), ...(backup == null ? {} : { backup }), signal, onProgress })
    const { person } = node.services.parties
    out.status('')
    out.event('recovered', { parties: parties.map(partyFields), left, missing, devices: person.devices.map(deviceFields) })
    out.line()
    parties.forEach(party => { out.line(partyTitle(party, out)) })
    left.forEach(({ name }) => { out.line(`  ${foreign(name)} was left by a device of yours.`) })

    if (missing.length > 0) {
      out.line(`  ${count(missing.length, 'party', 'parties')} could not be recovered yet: ask somebody else who is in.`)
    }

    out.line()
    out.line('Your devices:')
    deviceLines(person.devices, parties, out).forEach(line => { out.line(line) })
    out.line('Unlink those that you have lost: plus-one devices unlink DEVICE')
    await Promise.all(parties.map(async party => party.delivered({ signal })))
  } finally {
    out.status('')
    await stop()
  }
}
