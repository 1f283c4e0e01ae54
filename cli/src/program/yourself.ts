/** Commands for one's devices and recovery words. */
import { argument, choiceArgument, number, online, option, OptionalArgument, stored, yes } from '../options.js'
import { codeOf, expirationOf, required } from '../values.js'
import type { InviteValues } from './inviting.js'
import type { Define } from './page.js'

const YOURSELF = 'Your devices, and your recovery words:'
const DEVICE_ACTIONS = ['invite', 'unlink', 'name'] as const

export function defineYourself (define: Define, now: number): void {
  define<InviteValues & { yes?: true }>('devices', {
    group: YOURSELF,
    says: 'your devices; invite adds one by a code and a PIN, unlink DEVICE takes one out, name NAME names this one',
    words: [choiceArgument('ACTION', DEVICE_ACTIONS, new OptionalArgument('ACTION')), new OptionalArgument('DEVICE')],
    options: [
      option('--expires <when>', 'of invite: 10m, "2h 30m" or a date; default 1h').argParser(text => expirationOf(text, now)),
      number('--attempts <number>', 'of invite: wrong PINs until it locks; default 3', 1, 10),
      option('--approve', 'of invite: you say yes or no once both screens show the same'),
      option('--link <url>', 'of invite: where the link leads'),
      option('--short', 'of invite: four words, too'),
      yes('of unlink: do not ask whether to')
    ],
    common: online(),
    examples: [
      'plus-one devices',
      'plus-one devices invite',
      'plus-one devices unlink laptop',
      'plus-one devices name phone'
    ],
    more: 'On the new device: plus-one join CODE. Use the code there alone: whoever joins by it is you, in all of your parties.\nWhere unlinking takes the recovery words, a script gives them on stdin or as PLUS_ONE_WORDS.'
  }, async ({ expires, approve, link, attempts, short, yes = false }, action, device) => {
    const { linkOf } = await import('../terms.js')

    switch (action as typeof DEVICE_ACTIONS[number] | undefined) {
      case 'invite': return { name: 'devices', action: 'invite', expiration: expires, attempts, approval: approve, short, link: link == null ? undefined : linkOf(link) }
      case 'unlink': return { name: 'devices', action: 'unlink', device: required(device, 'Which one? plus-one devices unlink DEVICE, by a name or the end of a PeerId as plus-one devices shows them'), yes }
      case 'name': return { name: 'devices', action: 'name', deviceName: required(device, 'What is this device to be called? plus-one devices name NAME') }
      default: return { name: 'devices', action: 'list' }
    }
  })

  define('recovery', {
    group: YOURSELF,
    says: 'your 12 recovery words, to be written down; asks two back, and then wipes them from this device',
    common: stored(),
    examples: ['plus-one recovery']
  }, () => ({ name: 'recovery' }))

  define<{ backup?: string }>('recover', {
    group: YOURSELF,
    says: 'be yourself again on a new device, by your 12 words and the code of any invitation into one of your parties',
    words: [new OptionalArgument('CODE...')],
    options: [option('--backup <file>', 'what plus-one backup wrote, in place of a code or beside one')],
    common: online(),
    examples: ['plus-one recover AEBAGBAF…', 'plus-one recover --backup plus-one.backup'],
    more: 'Nothing of the invitation is used. A script gives the words as a\nline on stdin, or as PLUS_ONE_WORDS in the environment; never as\nan argument: others on this machine can read those.'
  }, ({ backup }, ...words) => ({ name: 'recover', code: codeOf(words), backup }))

  define('backup', {
    group: YOURSELF,
    says: 'write down, sealed to your recovery words, which parties you are in and where their members were last',
    words: [argument('FILE')],
    common: stored(),
    examples: ['plus-one backup plus-one.backup']
  }, (_, file) => ({ name: 'backup', file: required(file, 'Where to? plus-one backup FILE') }))
}
