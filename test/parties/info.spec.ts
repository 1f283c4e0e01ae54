import { afterEach, describe, expect, it, vi } from 'vitest'
import { LOG_PROTOCOL } from '../../src/sync/constants.js'
import { join, story } from '../helpers/parties.js'
import type { Story } from '../helpers/parties.js'

let told: Story

afterEach(async () => told.network.stop())

describe('Alice gives the party another name and picture', () => {
  it('all see it as it comes: in snapshots, lists and previews, after a restart, and who joins by it at once', async () => {
    told = await story()
    const { network, alice, bob, party } = told
    const bobs = await join(party, bob, 'writer')
    const { code, pin } = await party.invite({ role: 'reader' })
    const seen: string[] = []
    bobs.subscribe(() => { seen.push(bobs.getSnapshot().name) })

    await party.setInfo({ name: 'Film club', picture: 'https://example.org/film.png' })
    expect(party.getSnapshot()).toMatchObject({ name: 'Film club', picture: 'https://example.org/film.png' })
    await vi.waitFor(() => { expect(bobs.getSnapshot()).toMatchObject({ name: 'Film club', picture: 'https://example.org/film.png' }) })
    expect(seen.at(-1)).toBe('Film club')
    expect((await bob.services.parties.list()).map(({ name }) => name)).toEqual(['Film club'])

    const carol = await network.node()
    const { party: previewed } = await carol.services.parties.lookup(code)
    expect(previewed).toMatchObject({ name: 'Film club', picture: 'https://example.org/film.png' })
    const held = Promise.withResolvers<undefined>()
    network.meddle(({ protocol }) => protocol === LOG_PROTOCOL ? held.promise : undefined)
    const carols = await carol.services.parties.redeem(code).setPin(pin)
    expect(carols.synced).toBeUndefined()
    expect(carols.name).toBe('Film club')
    expect(carols.picture).toBe('https://example.org/film.png')
    held.resolve(undefined)

    const restarted = await network.restart(alice)
    expect((await restarted.services.parties.open(party.key)).name).toBe('Film club')
  })

  it('what is left out stays; null takes the picture away', async () => {
    told = await story()
    const { party } = told
    await party.setInfo({ picture: 'cid' })
    expect([party.name, party.picture]).toEqual(['Book club', 'cid'])
    await party.setInfo({ name: 'Film club' })
    expect([party.name, party.picture]).toEqual(['Film club', 'cid'])
    await party.setInfo({ picture: null })
    expect([party.name, party.picture]).toEqual(['Film club', undefined])
  })

  it('of two owners the word of who is above is shown; who is no owner gets none', async () => {
    told = await story()
    const { alice, bob, party } = told
    const bobs = await join(party, bob, 'admin')
    await expect(bobs.setInfo({ name: 'Bob\'s club' })).rejects.toMatchObject({ name: 'NotPermittedError', message: 'Only owners give a party its name and picture; ask one of them' })
    await party.setRole(bob.peerId, 'owner')
    await vi.waitFor(() => { expect(bobs.role).toBe('owner') })
    await alice.hangUp(bob.peerId)
    await Promise.all([bobs.setInfo({ name: 'Bob\'s club' }), party.setInfo({ name: 'Alice\'s club' })])
    expect(bobs.name).toBe('Bob\'s club')
    await alice.dial(bob.getMultiaddrs())
    await vi.waitFor(() => { expect([bobs.name, party.name]).toEqual(['Alice\'s club', 'Alice\'s club']) })
  })

  it('lengths are told before anything is written', async () => {
    told = await story()
    const { party } = told

    for (const info of [{ name: '' }, { name: 'é'.repeat(129) }, { picture: '' }, { picture: 'x'.repeat(513) }, { name: 7 as unknown as string }]) {
      await expect(party.setInfo(info)).rejects.toThrow(RangeError)
    }

    await party.setInfo({ name: 'é'.repeat(128), picture: 'x'.repeat(512) })
    expect(party.name).toHaveLength(128)
  })
})
