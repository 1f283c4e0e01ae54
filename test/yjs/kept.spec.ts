import { afterEach, describe, expect, it, vi } from 'vitest'
import * as Y from 'yjs'
import { agree, club, createNetwork, Notes, show } from './stories.js'
import type { Person } from './stories.js'
import type { YjsStore } from 'plus-one/yjs'
import type { Network } from '../../src/testing/index.js'

class Records implements YjsStore {
  all: Uint8Array[] = []
  failing = false

  load = async (): Promise<Uint8Array[]> => [...this.all]

  append = async (record: Uint8Array): Promise<void> => {
    if (this.failing) {
      throw new Error('The disk is full')
    }

    this.all.push(record)
  }

  replace = async (record: Uint8Array): Promise<void> => { this.all = [record] }
  get text (): string { return this.all.map(record => new TextDecoder('latin1').decode(record)).join() }
}

let network: Network

afterEach(async () => network.stop())

describe('A kept document', () => {
  it('is sealed on the disk, and is there again without anybody online', async () => {
    network = createNetwork()
    const [alice] = await club(network)
    const store = new Records()
    const notes = new Notes(alice, { store })
    notes.write('Emma')
    await notes.provider.flush()
    notes.write(' and Persuasion')
    await notes.provider.flush()
    notes.provider.destroy()
    expect(store.all.length).toBe(2)
    expect(store.text).not.toMatch(/Emma|Persuasion/)

    const again = new Notes(alice, { store })
    await again.provider.flush()
    expect(String(again)).toBe('Emma and Persuasion')
    expect(store.all.length).toBe(2)
    // another document's records are none of it
    const other = new Notes(alice, { store, name: 'other' })
    await other.provider.flush()
    expect([String(other), other.errors.map(({ name }) => name)]).toEqual(['', ['SealError', 'SealError']])
    again.provider.destroy()
    other.provider.destroy()
  })

  it('has of a reader what writers wrote, and takes the place of many records', async () => {
    network = createNetwork()
    const [alice, carol] = await club(network, 'reader') as [Person, Person]
    const stores = [new Records(), new Records()]
    const [ofAlice, ofCarol] = [new Notes(alice, { store: stores[0] }), new Notes(carol, { store: stores[1] })]
    ofAlice.write('Emma ')
    await show('Emma ', ofCarol)
    ofCarol.write('Clueless ')

    for (let at = 0; at < 120; at++) {
      ofAlice.write('x')
      await ofAlice.provider.flush()
    }

    expect(stores[0]?.all.length).toBeLessThan(30)
    await agree([`${'x'.repeat(120)}`, 'Emma'], ofAlice, ofCarol)
    await ofCarol.provider.flush()
    ofCarol.provider.destroy()
    network.partition([alice.node], [carol.node])
    const again = new Notes(carol, { store: stores[1] })
    await again.provider.flush()
    expect(String(again)).toBe(`Emma ${'x'.repeat(120)}`)
    again.provider.destroy()
    ofAlice.provider.destroy()
  })

  it('loses nothing to a full disk or a damaged record but what it held', async () => {
    network = createNetwork()
    const [alice] = await club(network)
    const store = new Records()
    const notes = new Notes(alice, { store })
    notes.write('Emma ')
    await notes.provider.flush()
    store.failing = true
    notes.write('Lady ')
    await notes.provider.flush()
    expect(notes.errors.map(({ message }) => message)).toEqual(['The disk is full'])
    store.failing = false
    notes.write('Susan ')
    await notes.provider.flush()
    notes.provider.destroy()
    expect(store.all.length).toBe(1)

    store.all.unshift(new Uint8Array(100))
    const again = new Notes(alice, { store })
    await again.provider.flush()
    expect(String(again)).toBe('Emma Lady Susan ')
    expect(again.errors.length).toBe(1)
    again.write('Watsons')
    await again.provider.flush()
    expect(store.all.length).toBe(3)
    again.provider.destroy()
    await vi.waitFor(() => { expect(alice.node.getProtocols()).not.toContain('/plus-one/yjs/1.0.0') })
  })

  it('loses nothing of what another tab wrote while this one could not', async () => {
    network = createNetwork()
    const [alice] = await club(network)
    const store = new Records()
    const notes = new Notes(alice, { store })
    notes.write('Emma ')
    await notes.provider.flush()
    await alice.node.stop()
    notes.write('Lady ')
    await notes.provider.flush()
    expect([notes.errors.map(({ name }) => name), store.all.length]).toEqual([['NotStartedError'], 1])

    await alice.node.start()
    const elsewhere = new Y.Doc()
    elsewhere.getText('notes').insert(0, 'Susan ')
    store.all.push(await alice.party.seal(Y.encodeStateAsUpdate(elsewhere), { associatedData: new TextEncoder().encode('plus-one/yjs/default') }))
    notes.write('Watsons ')
    await notes.provider.flush()
    notes.provider.destroy()
    const again = new Notes(alice, { store })
    await again.provider.flush()
    expect(String(again).trim().split(' ').sort()).toEqual(['Emma', 'Lady', 'Susan', 'Watsons'])
    expect(store.all.length).toBe(1)
    again.provider.destroy()
  })

  it('whose store fails to be read, at once or later, is kept from then on, and what was there with it', async () => {
    network = createNetwork()
    const [alice] = await club(network)
    const store = new Records()
    const before = new Notes(alice, { store })
    before.write('Emma ')
    await before.provider.flush()
    before.provider.destroy()

    for (const load of [() => { throw new DOMException('No disk', 'InvalidStateError') }, async () => Promise.reject(new DOMException('No disk', 'InvalidStateError'))]) {
      const notes = new Notes(alice, { store: { load, append: store.append, replace: store.replace } })
      notes.write('Lady ')
      await notes.provider.flush()
      expect(notes.errors.map(({ name }) => name)).toEqual(['InvalidStateError'])
      notes.provider.destroy()
    }

    expect(store.all.length).toBe(3)
  })
})
