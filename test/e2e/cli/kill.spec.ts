import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { Terminals } from './process.js'
import type { PlusOne } from './process.js'

/** All but the default addresses: ports are kept over the restart. */
const INVITE = ['invite', '--name', 'Book club', '--as', 'Alice']

interface Shown {
  code: string
  pin: string
  attemptsLeft: number
}

/** Alice's invitation as her terminal showed it. */
async function shown (alice: PlusOne): Promise<Shown> {
  return await alice.until('invitation') as unknown as Shown
}

/** Bob and Alice are in, each once, and both know it. */
async function expectBothIn (terminals: Terminals, alice: PlusOne): Promise<void> {
  await alice.kill('SIGTERM')
  const members = await terminals.members('alice')

  expect(members.map(member => member.split(' ')[0])).toEqual(['owner', 'writer'])
  expect(await terminals.members('bob')).toEqual(members)
}

describe('Alice\'s process is killed (kill -9) and started again', { concurrent: true }, () => {
  it('before Bob comes: her code still holds, its PIN and its attempts as they were', async () => {
    await using terminals = await Terminals.open()
    const alice = terminals.run('alice', INVITE)
    const { code, pin } = await shown(alice)
    await alice.kill('SIGKILL')

    const again = terminals.run('alice', ['serve'])
    expect(await shown(again)).toMatchObject({ code, pin, attemptsLeft: 3, resumed: true })

    expect((await terminals.resultHere('bob', ['join', code, '--yes'], { PLUS_ONE_PIN: pin })).code).toBe(0)
    await again.until('done')
    await expectBothIn(terminals, again)
  })

  it.each([
    ['TCP', (port: string) => !port.endsWith('/ws')],
    ['WebSockets', (port: string) => port.endsWith('/ws')]
  ])('a neighbour took her port of %s meanwhile: her code leads to the other', async (_, isTaken) => {
    await using terminals = await Terminals.open()
    const alice = terminals.run('alice', INVITE)
    const { code, pin } = await shown(alice)
    await alice.kill('SIGKILL')
    const { listen } = JSON.parse(await readFile(join(terminals.data('alice'), 'listen.json'), 'utf8')) as { listen: string[] }
    const port = /\/tcp\/(\d+)/.exec(listen.find(isTaken) ?? '')?.[1]
    const neighbour = createServer(socket => { socket.destroy() }).listen(Number(port))
    await once(neighbour, 'listening')

    const again = terminals.run('alice', ['serve'])
    await shown(again)
    await again.untilSaid('A port of the last time is taken')
    const bob = await terminals.resultHere('bob', ['join', code, '--yes'], { PLUS_ONE_PIN: pin })
    expect(bob.code, bob.stderr).toBe(0)
    neighbour.close()
  })

  it('after a wrong PIN: it stays counted, and Bob goes on where he was', async () => {
    await using terminals = await Terminals.open()
    const alice = terminals.run('alice', INVITE)
    const { code, pin } = await shown(alice)
    const bob = terminals.runHere('bob', ['join', code, '--yes'])
    bob.type(wrong(pin))
    await alice.until('attempt-failed')
    await alice.kill('SIGKILL')

    const again = terminals.run('alice', ['serve'])
    expect((await shown(again)).attemptsLeft).toBe(2)

    await bob.until('wrong-pin')
    bob.type(pin)
    expect(await bob.ended(), bob.stderr).toBe(0)
    await expectBothIn(terminals, again)
  })

  it('once Bob is in her log: he gets the same admission, and needs no PIN for it', async () => {
    await using terminals = await Terminals.open()
    const alice = terminals.run('alice', INVITE)
    const { code, pin } = await shown(alice)
    const bob = terminals.runHere('bob', ['join', code, '--yes'])
    bob.type(pin)
    await alice.until('joined')
    await alice.kill('SIGKILL')

    const again = terminals.run('alice', ['serve'])
    expect(await bob.ended(), bob.stderr).toBe(0)
    await again.until('online')
    await expectBothIn(terminals, again)
  })

  it('and Bob\'s too, once he is in her log: he joins with the same code, and needs no PIN for it', async () => {
    await using terminals = await Terminals.open()
    const alice = terminals.run('alice', INVITE)
    const { code, pin } = await shown(alice)
    const bob = terminals.run('bob', ['join', code, '--yes'])
    bob.type(pin)
    await alice.until('joined')
    await Promise.all([alice.kill('SIGKILL'), bob.kill('SIGKILL')])

    const again = terminals.run('alice', ['serve'])
    await again.until('online')
    expect((await terminals.resultHere('bob', ['join', code, '--yes'])).code).toBe(0)
    await expectBothIn(terminals, again)
  })

  // from before the Answer to after the Ack, which are some 20 ms apart: a different place each time
  it.each([
    ['at once', 0],
    ['10 ms', 10],
    ['20 ms', 20]
  ])('%s after Bob typed his PIN, or a little later: he is in once, and his guess cost one attempt at most', async (_, delay) => {
    await using terminals = await Terminals.open()
    const alice = terminals.run('alice', INVITE)
    const { code, pin } = await shown(alice)
    const bob = terminals.runHere('bob', ['join', code, '--yes'])
    await alice.until('guests')
    bob.type(pin)
    await new Promise(resolve => setTimeout(resolve, delay + 10 * Math.random()))
    await alice.kill('SIGKILL')

    const again = terminals.run('alice', ['serve'])
    // a crash between the count and the verdict leaves Bob to type it again
    bob.type(pin)
    expect(await bob.ended(), bob.stderr).toBe(0)
    await again.until('online')

    const open = again.events.find(({ event }) => event === 'invitation')
    expect(open?.attemptsLeft ?? 3).toBeGreaterThanOrEqual(2)
    await expectBothIn(terminals, again)
  })
})

/** One digit differs. */
function wrong (pin: string): string {
  return `${(Number(pin[0]) + 1) % 10}${pin.slice(1)}`
}
