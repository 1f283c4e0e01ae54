import { describe, expect, it } from 'vitest'
import { Terminals } from './process.js'

const LOCAL = ['--listen', '/ip4/127.0.0.1/tcp/0']

interface Shown {
  code: string
  pin: string
}

interface Device {
  name: string
  self: boolean
  missing: string[]
}

describe('Alice at her terminals', { concurrent: true }, () => {
  it('adds her laptop by a code and a PIN, loses it, and unlinks it; once the phone is gone too, her words and a code from Bob bring her back', async () => {
    await using terminals = await Terminals.open()
    const ok = async (who: string, argv: string[], env: Record<string, string> = {}): Promise<Array<Record<string, unknown>>> => {
      const { code, events, stderr } = await terminals.resultHere(who, argv, env)
      expect(code, stderr).toBe(0)

      return events
    }
    const devices = async (who: string): Promise<Device[]> => (await ok(who, ['devices'])).find(({ event }) => event === 'devices')?.devices as Device[]

    const inviting = terminals.run('phone', ['invite', '--name', 'Book club', '--role', 'admin', '--as', 'Alice', ...LOCAL])
    const forBob = await inviting.until('invitation') as unknown as Shown
    await ok('bob', ['join', forBob.code, '--yes', '--as', 'Bob'], { PLUS_ONE_PIN: forBob.pin })
    expect(await inviting.ended()).toBe(0)
    await ok('phone', ['devices', 'name', 'phone'])

    const adding = terminals.run('phone', ['devices', 'invite', ...LOCAL])
    const forLaptop = await adding.until('invitation') as unknown as Shown
    const joined = await ok('laptop', ['join', forLaptop.code, '--yes'], { PLUS_ONE_PIN: forLaptop.pin })
    expect(joined.find(({ event }) => event === 'preview')).toMatchObject({ party: { kind: 'person' } })
    expect([await adding.ended(), adding.stderr]).toEqual([0, expect.stringContaining('is a device of yours now')])
    await ok('laptop', ['devices', 'name', 'laptop'])
    expect((await ok('laptop', ['parties'])).filter(({ event }) => event === 'party')).toMatchObject([{ party: { name: 'Book club' }, role: 'owner' }])
    expect(await devices('phone')).toMatchObject([{ name: 'phone', self: true, missing: [] }, { self: false, missing: [] }])

    // by the end of its key: the phone has not met it since it has a name
    const [, { peerId }] = await devices('phone') as unknown as [unknown, { peerId: string }]
    await ok('phone', ['devices', 'unlink', peerId.slice(-8), '--yes'])
    expect(await devices('phone')).toMatchObject([{ name: 'phone' }])

    const shown = (await ok('phone', ['recovery'])).find(({ event }) => event === 'recovery')
    expect(shown).toMatchObject({ confirmed: false, words: { length: 12 } })
    const words = (shown?.words as string[]).join(' ')

    const asked = terminals.run('bob', ['invite', '--name', 'Book club', ...LOCAL])
    const { code } = await asked.until('invitation') as unknown as Shown
    const wrong = await terminals.result('tablet', ['recover', code], { PLUS_ONE_WORDS: words.split(' ').reverse().join(' ') })
    expect([18, 20]).toContain(wrong.code)
    const recovered = await ok('tablet', ['recover', code], { PLUS_ONE_WORDS: words })
    expect(recovered.find(({ event }) => event === 'recovered')).toMatchObject({ parties: [{ name: 'Book club' }], missing: [] })
    expect((await ok('tablet', ['parties'])).filter(({ event }) => event === 'party')).toMatchObject([{ role: 'owner', members: 2 }])
    expect(JSON.stringify([wrong.events, wrong.stderr, recovered])).not.toContain(words)
  })

  it('is told what is missing: which device, the code, the words', async () => {
    await using terminals = await Terminals.open()
    expect((await terminals.result('phone', ['devices', 'unlink', 'laptop'])).code).toBe(2)
    expect((await terminals.result('phone', ['devices', 'paint'])).code).toBe(2)
    expect((await terminals.resultHere('phone', ['recover'])).code).toBe(2)
    expect((await terminals.resultHere('phone', ['recover', 'no code at all'], { PLUS_ONE_WORDS: Array.from({ length: 12 }, () => 'zoo').join(' ') })).code).toBe(18)
    expect((await terminals.resultHere('phone', ['backup'])).code).toBe(2)
  })
})
