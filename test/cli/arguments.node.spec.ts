import { describe, expect, it } from 'vitest'
import { parseCommandLine } from '../../src/cli/arguments.js'

const NOW = Date.UTC(2030, 0, 1)
const HOME = { XDG_DATA_HOME: '/home/alice/data' }

describe('The command line', () => {
  it('invites with nothing but the word', () => {
    const { command, common } = parseCommandLine(['invite'], HOME, NOW)

    expect(command).toEqual({ name: 'invite' })
    expect(common).toEqual({ json: false, verbose: false, data: '/home/alice/data/plus-one', dataGiven: false, announce: [], relay: [] })
  })

  it('takes all that an invitation can be told', () => {
    const { command } = parseCommandLine(['invite', '--name', 'Book club', '--kind=group', '--role', 'admin', '--expires', '10m', '--uses', '5'], {}, NOW)

    expect(command).toEqual({ name: 'invite', partyName: 'Book club', kind: 'group', role: 'admin', expiration: NOW + 600_000, uses: 5 })
  })

  it('takes a code that a chat has broken into words', () => {
    expect(parseCommandLine(['join', 'AEAB', 'CDEF', '--yes'], {}, NOW).command).toEqual({ name: 'join', code: 'AEAB CDEF', yes: true })
  })

  it('takes options before the command too', () => {
    const { command, common } = parseCommandLine(['--json', '--data', '/tmp/bob', 'members'], {}, NOW)

    expect(command.name).toBe('members')
    expect(common).toMatchObject({ json: true, data: '/tmp/bob', dataGiven: true })
  })

  it('listens, announces and relays where it is told to, several times over', () => {
    const { common } = parseCommandLine(['serve', '--listen', '/ip4/127.0.0.1/tcp/0', '--listen', '/ip4/127.0.0.1/tcp/0/ws', '--relay', '/dns4/relay.example/tcp/443/wss'], {}, NOW)

    expect(common.listen).toEqual(['/ip4/127.0.0.1/tcp/0', '/ip4/127.0.0.1/tcp/0/ws'])
    expect(common.relay).toEqual(['/dns4/relay.example/tcp/443/wss'])
  })

  it('ignores a relative XDG_DATA_HOME, as its specification says', () => {
    expect(parseCommandLine(['parties'], { XDG_DATA_HOME: 'data' }, NOW).common.data).toMatch(/^\/.*\/\.local\/share\/plus-one$/)
  })

  it('helps when asked, when told nothing, and in the middle of anything', () => {
    for (const argv of [[], ['help'], ['--help'], ['-h'], ['invite', '--help'], ['help', 'invite']]) {
      expect(parseCommandLine(argv, {}, NOW).command.name).toBe('help')
    }
  })

  it.each<[argv: string[], says: RegExp]>([
    [['invade'], /no command "invade": invite, /],
    [['constructor'], /no command "constructor"/],
    [['invite', '--pin', '123456'], /--pin/],
    [['members', '--uses', '2'], /members takes no --uses/],
    [['parties', 'all'], /parties takes no "all"/],
    [['join'], /join CODE/],
    [['invite', '--role', 'king'], /owner, admin, writer, reader, not "king"/],
    [['invite', '--kind', 'clan'], /community, group, contact/],
    [['invite', '--uses', '0'], /from 1 to 10000, not "0"/],
    [['invite', '--uses', '1e3'], /whole number/],
    [['invite', '--expires', 'tomorrow'], /10m, 1h30m, 2d/],
    [['invite', '--expires', '2029-12-31'], /is past/],
    [['invite', '--name'], /name/],
    [['serve', '--listen', 'localhost:80'], /multiaddr/],
    [['relay', '--port', '65535'], /from 0 to 65534/]
  ])('says what is wrong with %j', (argv, says) => {
    expect(() => parseCommandLine(argv, {}, NOW)).toThrow(expect.objectContaining({ name: 'UsageError', message: expect.stringMatching(says) as string }))
  })
})
