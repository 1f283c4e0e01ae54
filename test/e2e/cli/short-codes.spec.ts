import { describe, expect, it } from 'vitest'
import { Terminals } from './process.js'
import type { PlusOne } from './process.js'

/** A relay, and its address of TCP on this machine. */
async function relay (terminals: Terminals): Promise<string> {
  const { addresses } = await terminals.run('relay', ['relay', '--port', '0', '--listen', '/ip4/127.0.0.1/tcp/0']).until('relay') as unknown as { addresses: string[] }

  return addresses[0] ?? ''
}

async function shown (alice: PlusOne): Promise<{ code: string, shortCode: string, pin: string }> {
  return await alice.until('invitation') as unknown as { code: string, shortCode: string, pin: string }
}

describe('On the phone', { concurrent: true }, () => {
  it('Alice says four words, then the PIN; the relay has brought them together', async () => {
    await using terminals = await Terminals.open()
    const address = await relay(terminals)
    const alice = terminals.run('alice', ['invite', '--short', '--relay', address, '--as', 'Alice'])
    const { shortCode, pin } = await shown(alice)
    await alice.untilSaid('say these first')
    await alice.untilSaid('when they have told you that they see your name')
    const heard = shortCode.toUpperCase().split('-')

    const looked = await terminals.result('bob', ['lookup', ...heard, '--rendezvous', address])
    expect(looked.code, looked.stderr).toBe(0)
    expect(looked.events.find(({ event }) => event === 'preview')).toMatchObject({ inviter: { displayName: 'Alice' }, attemptsLeft: 3 })

    const bob = await terminals.resultHere('bob', ['join', ...heard, '--yes', '--as', 'Bob', '--rendezvous', address], { PLUS_ONE_PIN: pin })
    expect(bob.code, bob.stderr).toBe(0)
    expect(bob.events.filter(({ event }) => event === 'progress').map(({ type }) => type)).toEqual(expect.arrayContaining(['finding', 'dialing', 'connected']))
    expect(await alice.ended()).toBe(0)
    expect(await terminals.members('alice')).toHaveLength(2)
  })

  it('a word that was misheard is told at once; words that nobody published, too; three wrong guesses and there are new words', async () => {
    await using terminals = await Terminals.open()
    const address = await relay(terminals)
    expect((await terminals.resultHere('bob', ['join', 'maple', 'orbit', 'otter', 'violin', '-y', '--relay', address])).code).toBe(3)
    expect((await terminals.resultHere('bob', ['join', 'maple', 'orbit', 'ostrich', 'violin', '-y', '--rendezvous', address])).code).not.toBe(0)

    const alice = terminals.run('alice', ['invite', '--short', '--relay', address])
    const { shortCode } = await shown(alice)
    const [first = '', second = '', ...secret] = shortCode.split('-')

    for (const guess of ['zoo zoo', 'zone zoo', 'zero zoo'].filter(words => words !== secret.join(' '))) {
      expect((await terminals.resultHere('mallory', ['lookup', first, second, ...guess.split(' '), '--rendezvous', address])).code).not.toBe(0)
    }

    const fresh = await alice.until('short-code') as unknown as { shortCode: string }
    expect(fresh.shortCode).not.toBe(shortCode)
    expect((await terminals.resultHere('bob', ['lookup', fresh.shortCode, '--rendezvous', address])).code).toBe(0)
  })

  it('without a place to publish them, Alice is told what is missing', async () => {
    await using terminals = await Terminals.open()
    const alice = await terminals.result('alice', ['invite', '--short'])
    expect(alice.code).toBe(2)
    expect(alice.stderr).toContain('--relay or --rendezvous')
  })
})
