import { execFile } from 'node:child_process'
import { mkdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { MAIN, PlusOne, Terminals } from './process.js'

const ALICE = ['--listen', '/ip4/127.0.0.1/tcp/0', '--as', 'Alice']

describe('Two terminals', { concurrent: true }, () => {
  it('do the whole main job: a wrong PIN, the right PIN, the same members on both', async () => {
    await using terminals = await Terminals.open()
    const alice = terminals.run('alice', ['invite', '--name', 'Book club', '--role', 'admin', ...ALICE])
    const { code, pin } = await alice.until('invitation') as unknown as { code: string, pin: string }
    const bob = terminals.run('bob', ['join', code, '--yes'])

    expect(await bob.until('preview')).toMatchObject({ party: { name: 'Book club', kind: 'group' }, inviter: { displayName: 'Alice' }, role: 'admin', attemptsLeft: 3, memberCount: 1 })

    bob.type(wrong(pin))
    expect(await bob.until('wrong-pin')).toMatchObject({ attemptsLeft: 2 })
    expect(await alice.until('attempt-failed')).toMatchObject({ attemptsLeft: 2 })

    bob.type(`${pin.slice(0, 3)} ${pin.slice(3)}`)
    expect(await bob.ended()).toBe(0)
    expect(await alice.ended()).toBe(0)

    const members = await terminals.members('alice')
    expect(members.map(member => member.split(' ')[0])).toEqual(['owner', 'admin'])
    expect(await terminals.members('bob')).toEqual(members)
    expect(alice.stderr).toContain(`${pin.slice(0, 3)} ${pin.slice(3)}`)
    expect(bob.stderr).not.toContain(pin)
    // names first, the end of the key behind
    expect(bob.stderr).toMatch(new RegExp(`^ {2}Alice +owner +…${members[0]?.slice(-8) ?? ''}`, 'm'))
    expect((await terminals.result('bob', ['members', '--verbose'])).stderr).toMatch(new RegExp(`^ {2}Alice +${members[0]?.replace(' ', ' +') ?? ''}$`, 'm'))
  })

  it('take code and PIN from stdin alone: nothing of them is among the arguments', async () => {
    await using terminals = await Terminals.open()
    const alice = terminals.run('alice', ['invite', ...ALICE])
    const { code, pin } = await alice.until('invitation') as unknown as { code: string, pin: string }
    const bob = terminals.run('bob', ['join'])
    bob.type(code)
    bob.type(pin)
    expect(await bob.ended()).toBe(0)
    expect(await alice.ended()).toBe(0)
  })

  it('end alike after three wrong PINs: locked', async () => {
    await using terminals = await Terminals.open()
    const alice = terminals.run('alice', ['invite', ...ALICE])
    const { code, pin } = await alice.until('invitation') as unknown as { code: string, pin: string }
    const mallory = terminals.run('mallory', ['join', code, '--yes'])

    for (let tries = 0; tries < 3; tries++) {
      mallory.type(wrong(pin))
    }

    expect([await mallory.ended(), await alice.ended()]).toEqual([8, 8])
    expect(alice.events.at(-1)).toMatchObject({ event: 'error', name: 'InvitationLockedError', code: 'ERR_INVITATION_LOCKED' })
  })

  it('take the PIN from the environment, once', async () => {
    await using terminals = await Terminals.open()
    const alice = terminals.run('alice', ['invite', ...ALICE])
    const { code, pin } = await alice.until('invitation') as unknown as { code: string, pin: string }

    expect((await terminals.result('bob', ['join', code, '-y'], { PLUS_ONE_PIN: wrong(pin) })).code).toBe(10)
    expect((await terminals.resultHere('bob', ['join', code, '-y'], { PLUS_ONE_PIN: pin })).code).toBe(0)
    expect(await alice.ended()).toBe(0)
  })

  it('tell Bob what became of an invitation that Alice took back with Ctrl-C', async () => {
    await using terminals = await Terminals.open()
    const alice = terminals.run('alice', ['invite', ...ALICE])
    const { code, pin } = await alice.until('invitation') as unknown as { code: string, pin: string }
    const bob = terminals.run('bob', ['join', code, '--yes'])
    await alice.until('guests')

    expect(await alice.kill('SIGINT')).toBe(130)
    bob.type(pin)
    expect(await bob.ended()).toBe(6)

    const again = terminals.run('alice', ['serve', '--metrics', '0', ...ALICE])
    const { metrics } = await again.until('online') as unknown as { metrics: string }
    expect(await (await fetch(metrics)).text()).toMatch(/^plus_one_parties 1$/m)
    expect(again.events.some(({ event }) => event === 'invitation')).toBe(false)
    expect(await again.kill('SIGTERM')).toBe(0)
  })

  it('let Bob go with Ctrl-C, and Alice waits on', async () => {
    await using terminals = await Terminals.open()
    const alice = terminals.run('alice', ['invite', ...ALICE])
    const { code, pin } = await alice.until('invitation') as unknown as { code: string, pin: string }
    const bob = terminals.run('bob', ['join', code, '--yes'])
    await bob.until('preview')

    expect(await bob.kill('SIGINT')).toBe(130)
    expect((await terminals.resultHere('carol', ['join', code, '--yes'], { PLUS_ONE_PIN: pin })).code).toBe(0)
    expect(await alice.ended()).toBe(0)
  })

  it('end by Ctrl-C wherever they wait: Bob for a yes, Alice with her question, and with a code for a device; nothing is left open', async () => {
    await using terminals = await Terminals.open()
    const alice = terminals.run('alice', ['invite', '--approve', ...ALICE])
    const { code, pin } = await alice.until('invitation') as unknown as { code: string, pin: string }
    const bob = terminals.run('bob', ['join', code, '--yes'], { PLUS_ONE_PIN: pin })
    await Promise.all([alice.until('candidate'), bob.until('waiting')])
    expect(await bob.kill('SIGINT')).toBe(130)
    await alice.until('candidate-gone')

    const again = terminals.run('bob', ['join', code, '--yes'], { PLUS_ONE_PIN: pin })
    await alice.until('candidate', 2)
    expect(await alice.kill('SIGINT')).toBe(130)
    expect(await again.ended()).toBe(6)

    const device = terminals.run('alice', ['devices', 'invite', '--listen', '/ip4/127.0.0.1/tcp/0'])
    await device.until('invitation')
    expect(await device.kill('SIGINT')).toBe(130)
    expect([alice, bob, again, device].map(({ stderr }) => stderr).join('\n')).not.toMatch(/^ +at /m)
    // and its folder is free
    expect((await terminals.resultHere('alice', ['parties'])).events).toEqual([expect.objectContaining({ event: 'party', pending: 0 })])
  })
})

describe('plus-one', { concurrent: true }, () => {
  it('says what is wrong with a code before it starts anything', async () => {
    await using terminals = await Terminals.open()
    const { code, events } = await terminals.result('bob', ['join', 'AEAB-CDEF', '--yes'])

    expect(code).toBe(3)
    expect(events).toEqual([expect.objectContaining({ event: 'error', name: 'InvalidCodeError', code: 'ERR_INVALID_CODE' })])
    await expect(stat(terminals.data('bob'))).rejects.toThrow()
  })

  it('says that nobody is there when the inviter has gone', async () => {
    await using terminals = await Terminals.open()
    const alice = terminals.run('alice', ['invite', ...ALICE])
    const { code } = await alice.until('invitation') as unknown as { code: string }
    await alice.kill('SIGKILL')

    expect((await terminals.resultHere('bob', ['join', code, '--yes'], { PLUS_ONE_PIN: '000000' })).code).toBe(11)
  })

  it('lets one process at a time into a data directory, and says so to the other', async () => {
    await using terminals = await Terminals.open()
    const alice = terminals.run('alice', ['invite', ...ALICE])
    await alice.until('invitation')
    const { code, events } = await terminals.result('alice', ['members'])

    expect(code).toBe(14)
    expect(events[0]).toMatchObject({ name: 'StorageError', message: expect.stringContaining('Another plus-one uses the data directory') as string })
  })

  it('keeps the key and what lies beside it from other users', async () => {
    await using terminals = await Terminals.open()
    await terminals.resultHere('alice', ['parties'])

    expect((await stat(terminals.data('alice'))).mode & 0o777).toBe(0o700)
    expect((await stat(join(terminals.data('alice'), 'key'))).mode & 0o777).toBe(0o600)
  })

  it('never overwrites a key that it cannot read', async () => {
    await using terminals = await Terminals.open()
    await mkdir(terminals.data('alice'))
    await writeFile(join(terminals.data('alice'), 'key'), 'half a key')
    const { code, events } = await terminals.result('alice', ['parties'])

    expect(code).toBe(14)
    expect(events[0]?.message).toContain('restore it from a backup')
  })

  it('asks for --yes and for a PIN where nobody can be asked', async () => {
    await using terminals = await Terminals.open()
    const alice = terminals.run('alice', ['invite', ...ALICE])
    const { code } = await alice.until('invitation') as unknown as { code: string }

    const [unasked, pinless] = await Promise.all([terminals.result('bob', ['join', code]), terminals.resultHere('carol', ['join', code, '--yes'])])
    expect([unasked.code, pinless.code]).toEqual([2, 2])
    expect(pinless.stderr).toContain('PLUS_ONE_PIN')
  })

  it('asks which party is meant where there are two', async () => {
    await using terminals = await Terminals.open()

    for (const name of ['Book club', 'Choir']) {
      const alice = terminals.run('alice', ['invite', '--name', name, ...ALICE])
      await alice.until('invitation')
      await alice.kill('SIGINT')
    }

    const { code, stderr } = await terminals.resultHere('alice', ['members'])
    expect(code).toBe(2)
    expect(stderr).toMatch(/Which party\?.*Book club.*Choir|Which party\?.*Choir.*Book club/)
  })

  it('completes in a shell: commands, options, and what they take', async () => {
    const run = promisify(execFile)
    const plusOne = async (...args: string[]): Promise<string> => (await run(process.execPath, [MAIN, ...args])).stdout

    for (const shell of ['bash', 'zsh', 'fish']) {
      expect(await plusOne('completion', shell)).toContain('plus-one complete --')
    }

    const script = await plusOne('completion', 'bash')
    // bash-completion's part, for a line without quotes; plus-one is the one under test
    const line = ['invite', '--role', 'w']
    const { stdout } = await run('bash', ['-c', `
      plus-one () { '${process.execPath}' '${MAIN}' "$@"; }
      _get_comp_words_by_ref () { words=("\${COMP_WORDS[@]}"); cword=$COMP_CWORD; cur=\${COMP_WORDS[COMP_CWORD]}; }
      compopt () { :; }
      ${script}
      COMP_WORDS=(plus-one ${line.join(' ')}); COMP_CWORD=${line.length}
      __plus_one_complete; echo "\${COMPREPLY[*]}"`])
    expect(stdout).toBe('writer\n')
  })

  it('runs its main job by itself, from both sides', async () => {
    const demo = new PlusOne(['demo'])

    expect(await demo.ended()).toBe(0)
    expect(demo.stderr).toContain('The same members on both sides')
  })

  it('stops its demo cleanly at Ctrl-C', async () => {
    const demo = new PlusOne(['demo'])
    await demo.untilSaid('says the PIN on the phone')

    expect(await demo.kill('SIGINT')).toBe(130)
    expect(demo.stderr).not.toContain('Error')
  })

  it('relays for those who cannot be dialled, tells of its health, and stops cleanly', async () => {
    await using terminals = await Terminals.open()
    const relay = terminals.run('relay', ['relay', '--port', '0', '--metrics', '0'])
    const { addresses, metrics } = await relay.until('relay') as unknown as { addresses: string[], metrics: string }

    const alice = terminals.run('alice', ['invite', ...UNDIALLABLE, '--relay', onLoopback(addresses)])
    const { code, pin } = await alice.until('invitation') as unknown as { code: string, pin: string }
    expect((await terminals.resultHere('bob', ['join', code, '--yes'], { PLUS_ONE_PIN: pin })).code).toBe(0)
    expect(await alice.ended()).toBe(0)

    expect(await (await fetch(metrics.replace('/metrics', '/health'))).json()).toMatchObject({ status: 'ok' })
    expect(await (await fetch(metrics)).text()).toContain('libp2p_')
    expect(await relay.kill('SIGINT')).toBe(0)
  })

  it('keeps an invitation open over the death of its relay: its code is good again when the relay is', async () => {
    await using terminals = await Terminals.open()
    const relay = terminals.run('relay', ['relay', '--port', '0'])
    const { addresses } = await relay.until('relay') as unknown as { addresses: string[] }
    const address = onLoopback(addresses)

    const alice = terminals.run('alice', ['invite', ...UNDIALLABLE, '--relay', address])
    const { code, pin } = await alice.until('invitation') as unknown as { code: string, pin: string }
    await relay.kill('SIGKILL')
    expect(await alice.until('reservation', 2)).toMatchObject({ reserved: false })

    const [listen] = address.split('/p2p/') as [string]
    terminals.run('relay', ['relay', '--listen', listen])
    expect(await alice.until('reservation', 3)).toMatchObject({ reserved: true })
    expect((await terminals.resultHere('bob', ['join', code, '--yes'], { PLUS_ONE_PIN: pin })).code).toBe(0)
    expect(await alice.ended()).toBe(0)
  })
})

/** TEST-NET-1: nobody is there. */
const UNDIALLABLE = ['--listen', '/ip4/127.0.0.1/tcp/0', '--announce', '/ip4/192.0.2.1/tcp/1']

/** The relay's WebSocket on this machine. */
function onLoopback (addresses: string[]): string {
  return addresses.find(text => text.includes('/127.0.0.1/') && text.includes('/ws/')) ?? ''
}

/** One digit differs. */
function wrong (pin: string): string {
  return `${(Number(pin[0]) + 1) % 10}${pin.slice(1)}`
}
