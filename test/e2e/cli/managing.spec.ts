import { describe, expect, it } from 'vitest'
import { Terminals } from './process.js'
import type { PlusOne } from './process.js'

const ALICE = ['--listen', '/ip4/127.0.0.1/tcp/0', '--as', 'Alice']

interface Shown {
  id: string
  code: string
  pin: string
}

async function shown (alice: PlusOne, nth = 1): Promise<Shown> {
  return await alice.until('invitation', nth) as unknown as Shown
}

/** Bob is in Alice's Book club, and knows where she is: her ports are kept. */
async function bobJoins (terminals: Terminals, role: string): Promise<void> {
  const alice = terminals.run('alice', ['invite', '--name', 'Book club', '--role', role, '--as', 'Alice'])
  const { code, pin } = await shown(alice)
  const bob = await terminals.resultHere('bob', ['join', code, '--yes', '--as', 'Bob'], { PLUS_ONE_PIN: pin })
  expect(bob.code, bob.stderr).toBe(0)
  expect(await alice.ended()).toBe(0)
}

/** The invitations of the Book club, as this person's log says. */
async function listed (terminals: Terminals, who: string, ...args: string[]): Promise<Array<Record<string, unknown>>> {
  const { code, events, stderr } = await terminals.resultHere(who, ['list', ...args])
  expect(code, stderr).toBe(0)

  return events.filter(({ event }) => event === 'item')
}

describe('An inviter in a terminal', { concurrent: true }, () => {
  it('approves: Alice refuses Mallory, who has the PIN too, and admits Bob, whose screen shows the same', async () => {
    await using terminals = await Terminals.open()
    const alice = terminals.run('alice', ['invite', '--approve', '--pin', '4', ...ALICE])
    const { code, pin } = await shown(alice)
    expect(pin).toMatch(/^\d{4}$/)

    const mallory = terminals.runHere('mallory', ['join', code, '--yes', '--as', 'Bob'], { PLUS_ONE_PIN: pin })
    const first = await alice.until('candidate')
    alice.type('yes')
    await alice.untilSaid('Answer "yes')
    alice.type(`no ${String(first.comparison)}`)
    expect(await mallory.ended()).toBe(9)

    const bob = terminals.runHere('bob', ['join', code, '--yes', '--as', 'Bob'], { PLUS_ONE_PIN: pin })
    expect(await bob.until('preview')).toMatchObject({ approval: true, pin: { length: 4 } })
    const second = await alice.until('candidate', 2)
    expect(second).toMatchObject({ displayName: 'Bob' })
    expect(await bob.until('waiting')).toMatchObject({ comparison: second.comparison })
    // meant for Mallory, come too late
    alice.type(`yes ${String(first.comparison)}`)
    alice.type(`yes ${String(second.comparison)}`)
    expect([await bob.ended(), await alice.ended()]).toEqual([0, 0])
    expect(await terminals.members('alice')).toHaveLength(2)
  })

  it('hears why Bob declines; the list keeps it', async () => {
    await using terminals = await Terminals.open()
    const alice = terminals.run('alice', ['invite', '--no-pin', '--link', 'https://app.example/join', ...ALICE])
    const { id, code, pin, link } = await shown(alice) as Shown & { link: string }
    expect(pin).toBeUndefined()
    expect(link).toMatch(/^https:\/\/app\.example\/join#/)

    expect((await terminals.result('bob', ['decline', code, '--reason', 'No time'])).code).toBe(0)
    expect(await alice.ended()).toBe(9)
    expect(alice.events).toContainEqual(expect.objectContaining({ event: 'declined', reason: 'No time' }))
    expect(await listed(terminals, 'alice', '--status', 'declined')).toMatchObject([{ id, status: 'declined' }])
  })

  it('blocks a peer, and lets it be again', async () => {
    await using terminals = await Terminals.open()
    const eve = '12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA'
    const blocked = async (...argv: string[]): Promise<unknown> => (await terminals.resultHere('alice', argv)).events.find(({ event }) => event === 'blocked')?.peers
    expect(await blocked('block', eve)).toEqual([eve])
    expect(await blocked('block')).toEqual([eve])
    expect(await blocked('unblock', eve)).toEqual([])
  })

  it('lists page by page, and revokes by the beginning of an id', async () => {
    await using terminals = await Terminals.open()
    const ids: string[] = []

    for (const role of ['writer', 'reader']) {
      const alice = terminals.run('alice', ['invite', '--name', 'Book club', '--role', role, ...ALICE])
      ids.push((await shown(alice)).id)
      await alice.kill('SIGTERM')
    }

    const { events } = await terminals.resultHere('alice', ['list', '--limit', '1'])
    expect(events).toMatchObject([{ event: 'item', id: ids[1], role: 'reader', status: 'pending', attemptsLeft: 3 }, { event: 'page' }])
    expect(events[0]).not.toHaveProperty('code')
    expect(await listed(terminals, 'alice', '--cursor', String(events[1]?.nextCursor))).toMatchObject([{ id: ids[0] }])

    const revoked = await terminals.resultHere('alice', ['revoke', String(ids[0]).slice(0, 12)])
    expect(revoked.code, revoked.stderr).toBe(0)
    expect(await listed(terminals, 'alice', '--status', 'revoked')).toMatchObject([{ id: ids[0] }])
  })
})

describe('Two admins in two terminals', { concurrent: true }, () => {
  it('hand the party over: Alice makes Bob an owner, leaves and forgets it; then nothing of her is left on the device', async () => {
    await using terminals = await Terminals.open()
    await bobJoins(terminals, 'writer')
    expect((await terminals.resultHere('alice', ['leave', '--yes'])).code).toBe(12)
    expect((await terminals.resultHere('alice', ['role', 'Bob', 'owner', '--yes'])).events).toContainEqual(expect.objectContaining({ event: 'role', before: 'writer' }))
    expect((await terminals.resultHere('alice', ['forget', '--yes'])).code).toBe(12)
    const left = await terminals.result('alice', ['leave', '--yes'])
    expect(left.code, left.stderr).toBe(0)
    expect(left.events).toContainEqual(expect.objectContaining({ event: 'left' }))
    expect((await terminals.resultHere('alice', ['forget', '-y'])).events).toContainEqual(expect.objectContaining({ event: 'forgotten' }))
    expect((await terminals.resultHere('alice', ['parties'])).events.filter(({ event }) => event === 'party')).toEqual([])
    expect((await terminals.resultHere('alice', ['reset'])).code).toBe(2)
    expect((await terminals.resultHere('alice', ['reset', '--yes'])).code).toBe(0)
  })

  it('overrule each other: what Bob revokes, Alice stops serving as soon as she hears; then she demotes him, and removes him', async () => {
    await using terminals = await Terminals.open()
    await bobJoins(terminals, 'admin')

    const open = terminals.run('alice', ['invite', '--name', 'Book club', '--role', 'reader', '--uses', '3'])
    const { id } = await shown(open)
    await open.kill('SIGTERM')

    const alice = terminals.run('alice', ['serve'])
    await alice.until('online')
    const bob = await terminals.result('bob', ['revoke', id])
    expect(bob.code, bob.stderr).toBe(0)
    expect(await alice.until('ended')).toMatchObject({ id, status: 'revoked' })
    expect(await alice.kill('SIGTERM')).toBe(0)

    expect((await terminals.resultHere('alice', ['role', 'Bob', 'writer'])).code).toBe(2)
    expect((await terminals.resultHere('alice', ['role', 'Bob', 'writer', '--yes'])).code).toBe(0)
    const removed = await terminals.resultHere('alice', ['remove', 'bob', '-y'])
    expect(removed.events).toContainEqual(expect.objectContaining({ event: 'removed', member: expect.objectContaining({ role: 'writer', displayName: 'Bob' }) as unknown }))
    expect(await terminals.members('alice')).toHaveLength(1)
  })

  it('hand over directly: Alice invites Bob, whom she knows, by name, and he is told', async () => {
    await using terminals = await Terminals.open()
    await bobJoins(terminals, 'writer')

    const alice = terminals.run('alice', ['invite', '--name', 'Choir', '--to', 'Bob', '--no-pin'])
    const { code } = await shown(alice)
    const bob = terminals.run('bob', ['serve'])
    await bob.until('online')
    expect(await bob.until('received')).toMatchObject({ preview: { party: { name: 'Choir' }, pin: false, inviter: { displayName: 'Alice' } } })
    await alice.until('delivered')
    await bob.kill('SIGTERM')

    expect((await terminals.resultHere('mallory', ['join', code, '--yes'])).code).toBe(12)
    expect((await terminals.resultHere('bob', ['join', code, '--yes'])).code).toBe(0)
    expect(await alice.ended()).toBe(0)
  })
})
