import { describe, expect, it } from 'vitest'
import { portOf } from '../../demo/ports.js'
import { parseCommandLine } from '../../cli/src/parse.js'
import type { Command, Screen } from '../../cli/src/command.js'

const NOW = Date.UTC(2030, 0, 1)
const HOME = { XDG_DATA_HOME: '/home/alice/data' }

const commandOf = async (argv: string[], screen?: Screen): Promise<Command> => (await parseCommandLine(argv, {}, NOW, screen)).command
const helpOf = async (argv: string[], screen?: Screen): Promise<string> => {
  const command = await commandOf(argv, screen)

  return command.name === 'help' ? command.text : ''
}

describe('The command line', () => {
  it('invites with nothing but the word', async () => {
    const { command, common } = await parseCommandLine(['invite'], HOME, NOW)

    expect(command).toEqual({ name: 'invite' })
    expect(common).toEqual({ json: false, verbose: false, data: '/home/alice/data/plus-one', dataGiven: false, announce: [], relay: [], rendezvous: [] })
  })

  it('takes all that an invitation can be told', async () => {
    const { command } = await parseCommandLine(['invite', '--name', 'Book club', '--kind=group', '--role', 'admin', '--expires', '10m', '--uses', '5'], {}, NOW)

    expect(command).toEqual({ name: 'invite', partyName: 'Book club', kind: 'group', role: 'admin', expiration: NOW + 600_000, uses: 5 })
  })

  it('takes what is asked of the invitee, and whom it is for', async () => {
    const { command } = await parseCommandLine(['invite', '--to', 'Bob', '--approve', '--pin', '8', '--pin-alphabet', 'ABCDEF', '--attempts', '5', '--link', 'https://app.example/join', '--label', 'for Bob'], {}, NOW)

    expect(command).toEqual({ name: 'invite', to: 'Bob', approval: true, pin: { length: 8, alphabet: 'ABCDEF' }, attempts: 5, link: 'https://app.example/join', label: 'for Bob' })
    expect(await commandOf(['invite', '--no-pin'])).toMatchObject({ pin: false })
  })

  it('serves metrics where it is told to', async () => {
    expect(await commandOf(['serve', '--metrics', '9464'])).toEqual({ name: 'serve', metrics: 9464 })
    expect(await commandOf(['serve'])).toEqual({ name: 'serve' })
  })

  it('takes bytes for the app, as text', async () => {
    expect(await commandOf(['invite', '--app', 'notes/é', '--invite-data', 'page 7'])).toEqual({ name: 'invite', app: new TextEncoder().encode('notes/é'), data: new TextEncoder().encode('page 7') })
    await expect(commandOf(['invite', '--app', 'é'.repeat(257)])).rejects.toThrow('--app has at most 512 bytes')
    await expect(commandOf(['invite', '--invite-data', 'x'.repeat(513)])).rejects.toThrow('--invite-data has at most 512 bytes')
  })

  it('manages what is there: lists, revokes, removes, gives roles, declines, blocks', async () => {
    const commands = await Promise.all([
      ['list'],
      ['list', '--status', 'all', '--name', 'Book club', '--limit', '5', '--cursor', 'abc'],
      ['revoke', '3FA9'],
      ['remove', 'Bob', '-y'],
      ['role', 'Bob', 'admin', '--party', '12ab'],
      ['role', 'Bob', 'owner', '-y'],
      ['leave', '--insist', '--yes', '--name', 'Book club'],
      ['forget', '--party', '12ab'],
      ['reset', '-y'],
      ['decline', 'AEAB', 'CDEF', '--reason', 'No time'],
      ['block'],
      ['block', 'Eve'],
      ['unblock', 'Eve']
    ].map(async argv => commandOf(argv)))

    expect(commands).toEqual([
      { name: 'list', status: 'pending', limit: 20 },
      { name: 'list', status: 'all', partyName: 'Book club', limit: 5, cursor: 'abc' },
      { name: 'revoke', id: '3fa9' },
      { name: 'remove', member: 'Bob', yes: true },
      { name: 'role', member: 'Bob', role: 'admin', yes: false, party: '12ab' },
      { name: 'role', member: 'Bob', role: 'owner', yes: true },
      { name: 'leave', insist: true, yes: true, partyName: 'Book club' },
      { name: 'forget', insist: false, yes: false, party: '12ab' },
      { name: 'reset', yes: true },
      { name: 'decline', code: 'AEAB CDEF', reason: 'No time' },
      { name: 'block' },
      { name: 'block', peer: 'Eve' },
      { name: 'unblock', peer: 'Eve' }
    ])
  })

  it('does not repeat what may be a PIN, typed where its length belongs', async () => {
    for (const typed of ['204958', '99']) {
      await expect(parseCommandLine(['invite', '--pin', typed], {}, NOW)).rejects.toThrow(expect.objectContaining({ message: expect.not.stringContaining(typed) as string }))
    }
  })

  it('takes a code that a chat has broken into words', async () => {
    expect(await commandOf(['join', 'AEAB', 'CDEF', '--yes'])).toEqual({ name: 'join', code: 'AEAB CDEF', yes: true })
  })

  it('takes four words, and where they are found; no code at all is asked for', async () => {
    const { command, common } = await parseCommandLine(['join', 'maple', 'orbit', 'ostrich', 'violin', '--rendezvous', '/ip4/127.0.0.1/tcp/4101'], {}, NOW)

    expect(command).toMatchObject({ code: 'maple orbit ostrich violin' })
    expect(common.rendezvous).toEqual(['/ip4/127.0.0.1/tcp/4101'])
    expect(await commandOf(['lookup'])).toEqual({ name: 'lookup' })
    expect(await commandOf(['invite', '--short'])).toEqual({ name: 'invite', short: true })
  })

  it('takes options before the command too', async () => {
    const { command, common } = await parseCommandLine(['--json', '--data', '/tmp/bob', 'members'], {}, NOW)

    expect(command.name).toBe('members')
    expect(common).toMatchObject({ json: true, data: '/tmp/bob', dataGiven: true })
  })

  it('listens, announces and relays where it is told to, several times over', async () => {
    const { common } = await parseCommandLine(['serve', '--listen', '/ip4/127.0.0.1/tcp/0', '--listen', '/ip4/127.0.0.1/tcp/0/ws', '--relay', '/dns4/relay.example/tcp/443/wss'], {}, NOW)

    expect(common.listen).toEqual(['/ip4/127.0.0.1/tcp/0', '/ip4/127.0.0.1/tcp/0/ws'])
    expect(common.relay).toEqual(['/dns4/relay.example/tcp/443/wss'])
  })

  it('ignores a relative XDG_DATA_HOME, as its specification says', async () => {
    expect((await parseCommandLine(['parties'], { XDG_DATA_HOME: 'data' }, NOW)).common.data).toMatch(/^\/.*\/\.local\/share\/plus-one$/)
  })

  it('helps when asked, when told nothing, and in the middle of anything', async () => {
    for (const argv of [[], ['help'], ['--help'], ['-h'], ['invite', '--help'], ['help', 'invite']]) {
      expect(await commandOf(argv)).toMatchObject({ name: 'help' })
    }
  })

  it('helps with one command by its options and examples, laid out for the screen', async () => {
    expect(await helpOf(['help', 'role'])).toMatch(/^Usage: plus-one role MEMBER ROLE \[options\]\n[^]*--yes [^]*Examples:\n {2}plus-one role Bob admin\n {2}plus-one role Bob owner\n\nOwners make [^\n]*$/)
    expect(await helpOf(['role', '--help'])).toBe(await helpOf(['help', 'role']))
    expect((await helpOf(['invite', '-h'], { columns: 72, hasColour: false })).split('\n').filter(line => line.length > 72 && !line.startsWith('  plus-one'))).toEqual([])
    expect(await helpOf([])).toMatch(/join \[CODE\] [^]*revoke ID [^]*completion SHELL [^]*Exit codes:[^]*130 /)
  })

  it('shows a command with an example that it understands', async () => {
    const text = await helpOf(['help'])
    const names = [...text.matchAll(/^ {2}([a-z]+)(?: \[?[A-Z]+\]?)* {2,}\S/gm)].flatMap(([, name = '']) => name === 'help' || name === 'completion' ? [] : [name])
    expect(names).toHaveLength(22)

    for (const name of names) {
      const text = await helpOf(['help', name])
      const examples = [...text.matchAll(/^ {2}(?:echo .* \| )?plus-one (.*)$/gm)].map(([, line = '']) => [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain = '']) => quoted ?? plain))
      expect(examples.length).toBeGreaterThan(0)

      for (const argv of examples) {
        expect(await commandOf(argv.map(word => word.replace('/p2p/12D3KooW…', '')))).toMatchObject({ name })
        // whoever tries it in a browser gets there
        argv.filter(word => /^\d{4,5}$/.test(word)).forEach(port => { expect(portOf(port)).toBe(Number(port)) })
      }
    }
  })

  it('makes a shell complete it, and answers the shell', async () => {
    expect(await commandOf(['completion', 'bash'])).toEqual({ name: 'completion', shell: 'bash' })
    expect(await commandOf(['complete', '--', 'invite', '--role', ''])).toEqual({ name: 'complete', words: ['invite', '--role', ''] })
  })

  it('gives its version, to scripts too', async () => {
    const { command, common } = await parseCommandLine(['--version', '--json'], {}, NOW)

    expect(command).toEqual({ name: 'version' })
    expect(common.json).toBe(true)
  })

  it('asks whether another command or option was meant', async () => {
    await expect(commandOf(['invit'])).rejects.toThrow(/did you mean invite\?/)
    await expect(commandOf(['invite', '--expire', '1h'])).rejects.toThrow(/takes no --expire; did you mean --expires\?/)
  })

  it.each<[argv: string[], says: RegExp]>([
    [['--relay', '/ip4/127.0.0.1/tcp/1', 'parties'], /parties takes no --relay/],
    [['completion'], /completion SHELL/],
    [['completion', 'tcsh'], /SHELL is one of bash, zsh, fish/],
    [['invade'], /no command "invade": invite, /],
    [['constructor'], /no command "constructor"/],
    [['invite', '--pin', '123456'], /how many characters .* drawn, never given/],
    [['invite', '--pin', '3'], /from 4 to 32/],
    [['invite', '--pin-alphabet', 'AAB'], /different characters/],
    [['invite', '--no-pin', '--pin', '8'], /no other option about the PIN/],
    [['invite', '--attempts', '11'], /from 1 to 10/],
    [['invite', '--link', 'not a link'], /--link: .*base/],
    [['invite', '--label', 'é'.repeat(129)], /--label has at most 256 bytes/],
    [['invite', '--party', 'ab', '--name', 'Choir'], /not both/],
    [['list', '--status', 'open'], /pending, used, /],
    [['revoke'], /revoke ID/],
    [['revoke', 'ab', 'cd'], /no "cd"/],
    [['remove'], /remove MEMBER/],
    [['role', 'Bob'], /role MEMBER ROLE/],
    [['role', 'Bob', 'king'], /ROLE is one of owner/],
    [['decline', 'AEAB', '--reason', 'x'.repeat(257)], /256 bytes/],
    [['members', '--uses', '2'], /members takes no --uses/],
    [['parties', 'all'], /parties takes no "all"/],
    [['invite', '--role', 'king'], /owner, admin, writer, reader, not "king"/],
    [['invite', '--kind', 'clan'], /community, group, contact/],
    [['invite', '--uses', '0'], /from 1 to 10000, not "0"/],
    [['invite', '--uses', '1e3'], /whole number/],
    [['invite', '--expires', 'tomorrow'], /10m, 1h30m, 2d/],
    [['invite', '--expires', '2029-12-31'], /is past/],
    [['invite', '--name'], /name/],
    [['serve', '--listen', 'localhost:80'], /multiaddr/],
    [['relay', '--port', '65535'], /from 0 to 65534/]
  ])('says what is wrong with %j', async (argv, says) => {
    await expect(parseCommandLine(argv, {}, NOW)).rejects.toThrow(expect.objectContaining({ name: 'UsageError', message: expect.stringMatching(says) as string }))
  })
})
